// SPDX-License-Identifier: Apache-2.0
// The operator's command: turns its arguments into a request on the host's Unix socket and the
// answer into text. It holds no state and knows nothing the host does not say.

#include "main/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: medina [--socket PATH] [--json] COMMAND\n"
    "\n"
    "  status                          how the host is\n"
    "  metrics                         its counters, as Prometheus text\n"
    "  upgrade [--program PATH]        replace the host by a new one without losing a request\n"
    "  plugin list                     every version of every instance, and what it waits for\n"
    "  plugin show NAME                all about one instance\n"
    "  plugin history NAME [--count N] who did what to it, when and why\n"
    "  plugin logs NAME [-f]           what its processes said; -f goes on\n"
    "  plugin load FILE [--as NAME] [--config FILE] [--runners N] [--signature FILE]\n"
    "                [--canary N% [--promote-after TIME] [--wait]] [--allow-unsigned]\n"
    "                                  start a plugin and switch to it when it is warm, or put it\n"
    "                                  on trial for a share of the citizens; its signature is\n"
    "                                  FILE.minisig unless another is named\n"
    "  plugin check FILE [--as NAME] [--config FILE] [--signature FILE] [--settings FILE]\n"
    "                                  all that a load checks, without a host; --settings names\n"
    "                                  medinad's configuration, for the keys that it trusts\n"
    "  plugin use NAME@VERSION         switch to a version that was loaded before, or end its\n"
    "                                  trial in its favour\n"
    "  plugin rollback NAME            end a trial, or go back to the version before\n"
    "  plugin discard NAME@VERSION     forget a version that does not serve\n"
    "  plugin data NAME FILE           give an instance a new data file\n"
    "  plugin unload NAME              take an instance away\n"
    "  wallet credit ACCOUNT FILS REFERENCE\n"
    "                                  put money into a citizen's wallet, once a reference\n"
    "  money verify                    hold all books against each other; exit 1 when they differ\n"
    "  money payment PAYMENT           how a payment stands, and what can be refunded of it\n"
    "  money refund PAYMENT LINE FILS --seen FILS --reason WORD\n"
    "                                  ask for a refund; --seen says what can be refunded now. "
    "Over\n"
    "                                  money.refund_alone another operator has to approve it\n"
    "  money refunds                   refunds that wait for approval\n"
    "  money approve REFUND            make one that somebody else asked for\n"
    "  money decline REFUND            end one without making it\n"
    "  money events                    what agencies have not taken, and what was given up\n"
    "  money replay EVENT|all          try again what was given up\n"
    "  money settle [--day YYYY-MM-DD] [--out FOLDER] [--dry-run]\n"
    "                                  close a day, or all that are over, and pay the agencies;\n"
    "                                  the reports and the bank's orders go into FOLDER\n"
    "  money reconcile --day YYYY-MM-DD --provider FILE --bank FILE [--post]\n"
    "                                  name each difference between ledger, provider's report "
    "(CSV)\n"
    "                                  and bank's statement (camt.053), exit 1 when there is one;\n"
    "                                  --post books the fees and payouts of what is right\n"
    "  money disputes                  payments that citizens' banks took back, newest first\n"
    "  money liable DISPUTE LINE       make the agency of another line of the payment bear it\n"
    "\n"
    "What changes plugins takes --reason TEXT, which is kept, and --dry-run, which only tells.\n"
    "The socket is --socket, or $MEDINA_SOCKET, or data/medinad.sock.\n"
    "Exit codes: 0 done, 1 refused by the host, 2 wrong arguments, 3 no host there.\n";

static int status(struct command *command)
{
    buf_append_text(&command->url, "/status");
    return ask_and_tell(command, "GET");
}

static int metrics(struct command *command)
{
    buf_append_text(&command->url, "/metrics");
    return ask_and_tell(command, "GET");
}

static int wallet_credit(struct command *command)
{
    buf_append_text(&command->url, "/wallets");
    add_segment(command, command->argv[2], strlen(command->argv[2]));
    add_pair(command, "amount", command->argv[3]);
    add_pair(command, "reference", command->argv[4]);
    return ask_and_tell(command, "POST");
}

// The host may stand in another folder than we do.
static int upgrade(struct command *command)
{
    const char *path = option_value(command, "--program");
    char *program = path ? realpath(path, NULL) : NULL;
    if (path && !program)
        return fail(EXIT_USAGE, "cannot find %s: %s", path, strerror(errno));
    buf_append_text(&command->url, "/upgrade");
    add_pair(command, "program", program);
    free(program);
    return ask_and_tell(command, "POST");
}

// Options by name; one that takes a value ends with '='.
#define CHANGES "--reason= --dry-run"

static const struct {
    const char *first;
    const char *second; // NULL: the command is one word
    int words;          // the command's own and its arguments
    const char *options;
    int (*run)(struct command *command);
} commands[] = {
    {"status", NULL, 1, "", status},
    {"metrics", NULL, 1, "", metrics},
    {"upgrade", NULL, 1, "--program=", upgrade},
    {"plugin", "list", 2, "", plugin_list},
    {"plugin", "show", 3, "", plugin_show},
    {"plugin", "history", 3, "--count=", plugin_history},
    {"plugin", "logs", 3, "-f", plugin_logs},
    {"plugin", "load", 3,
     "--as= --config= --runners= --signature= --canary= --promote-after= --wait "
     "--allow-unsigned " CHANGES,
     plugin_load},
    {"plugin", "check", 3, "--as= --config= --signature= --settings= --allow-unsigned",
     plugin_check},
    {"plugin", "use", 3, CHANGES, plugin_use},
    {"plugin", "rollback", 3, CHANGES, plugin_rollback},
    {"plugin", "discard", 3, CHANGES, plugin_discard},
    {"plugin", "data", 4, CHANGES, plugin_data},
    {"plugin", "unload", 3, CHANGES, plugin_unload},
    {"wallet", "credit", 5, "", wallet_credit},
    {"money", "verify", 2, "", money_verify_command},
    {"money", "disputes", 2, "", money_disputes},
    {"money", "liable", 4, "", money_liable},
    {"money", "reconcile", 2, "--day= --provider= --bank= --post", money_reconcile_command},
    {"money", "payment", 3, "", money_payment_command},
    {"money", "refund", 5, "--seen= --reason=", money_refund_command},
    {"money", "refunds", 2, "", money_refunds_command},
    {"money", "approve", 3, "", money_approve_command},
    {"money", "decline", 3, "", money_decline_command},
    {"money", "events", 2, "", money_events_command},
    {"money", "replay", 3, "", money_replay_command},
    {"money", "settle", 2, "--day= --out= --dry-run", money_settle},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

// ---- arguments ----

// 0: no such option here, 1: it stands alone, 2: a value follows.
static int option_words(const char *options, const char *name)
{
    size_t size = strlen(name);
    for (const char *at = options; *at;) {
        size_t length = strcspn(at, " ");
        bool valued = length && at[length - 1] == '=';
        if (length - valued == size && strncmp(at, name, size) == 0)
            return valued ? 2 : 1;
        at += length + strspn(at + length, " ");
    }
    return 0;
}

// "plugin load does not know "--force"; it takes --as VALUE, --dry-run, …"
static int refuse_option(int index, const char *word)
{
    struct buf known = {0};
    for (const char *at = commands[index].options; *at;) {
        size_t length = strcspn(at, " ");
        bool valued = at[length - 1] == '=';
        buf_printf(&known, "%s%.*s%s", known.size ? ", " : "", (int)(length - valued), at,
                   valued ? " VALUE" : "");
        at += length + strspn(at + length, " ");
    }
    fail(EXIT_USAGE, "%s%s%s does not know \"%s\"; it takes %s", commands[index].first,
         commands[index].second ? " " : "", commands[index].second ? commands[index].second : "",
         word, known.size ? known.data : "no options");
    buf_finish(&known);
    return EXIT_USAGE;
}

static int sort_out(struct command *command, int index, char **arguments)
{
    int kept = 0;
    for (int i = 0; i < command->argc; i++) {
        const char *word = arguments[i];
        if (word[0] != '-' || !word[1]) {
            arguments[kept++] = arguments[i];
            continue;
        }
        int words = option_words(commands[index].options, word);
        if (words == 0 || i + words > command->argc || command->option_count == MOST_OPTIONS)
            return words ? fail(EXIT_USAGE, "%s needs a value after it", word)
                         : refuse_option(index, word);
        if (option_value(command, word))
            return fail(EXIT_USAGE, "%s is given twice", word);
        command->options[command->option_count].name = word;
        command->options[command->option_count++].value = words == 2 ? arguments[++i] : "";
    }
    command->argc = kept;
    return 0;
}

static bool is_command(const struct command *command, int index)
{
    const char *second = commands[index].second;
    return command->argc > (second ? 1 : 0) &&
           strcmp(command->argv[0], commands[index].first) == 0 &&
           (!second || strcmp(command->argv[1], second) == 0);
}

// The commands of the usage that begin with these words, each with the lines that go with it.
static bool print_commands(const char *words)
{
    bool found = false, shown = false;
    size_t size = strlen(words);
    for (const char *line = strchr(usage, '\n'); line && line[1]; line = strchr(line + 1, '\n')) {
        const char *text = line + 1, *end = strchr(text, '\n');
        if (strncmp(text, "  ", 2) == 0 && text[2] != ' ')
            shown = strncmp(text + 2, words, size) == 0 && strchr(" \n", text[2 + size]);
        else if (text[0] != ' ')
            shown = false;
        if (shown)
            fprintf(stderr, "%s%.*s\n", found ? "       " : "usage: ", (int)(end - text - 2),
                    text + 2);
        found = found || shown;
    }
    return found;
}

// What is wrong with the words, as far as they make sense.
static void explain(const struct command *command)
{
    char words[64] = "";
    if (command->argc > 1)
        snprintf(words, sizeof words, "%.30s %.30s", command->argv[0], command->argv[1]);
    if (command->argc > 1 && print_commands(words))
        return;
    if (command->argc > 0 && print_commands(command->argv[0]))
        return;
    if (command->argc > 0)
        fail(EXIT_USAGE, "there is no command \"%s\"; medina --help lists what is",
             command->argv[0]);
    fputs(usage, stderr);
}

static int run(struct command *command)
{
    for (int i = 0; i < COMMANDS; i++) {
        if (!is_command(command, i))
            continue;
        int rc = sort_out(command, i, command->argv);
        if (rc)
            return rc;
        if (command->argc == commands[i].words)
            return commands[i].run(command);
    }
    explain(command);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    struct command command = {.socket = getenv("MEDINA_SOCKET")};
    char **words = calloc((size_t)argc + 1, sizeof *words);
    if (!words)
        return EXIT_UNREACHABLE;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            command.json = true;
        else if (strcmp(argv[i], "--socket") == 0 && i + 1 < argc)
            command.socket = argv[++i];
        else
            words[command.argc++] = argv[i];
    }
    command.argv = words;
    if (!command.socket)
        command.socket = "data/medinad.sock";
    if (command.argc == 1 && strcmp(words[0], "--help") == 0) {
        fputs(usage, stdout);
        free(words);
        return 0;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    buf_append_text(&command.url, "http://medinad");
    int rc = run(&command);
    buf_finish(&command.url);
    buf_finish(&command.body);
    buf_finish(&command.reply);
    free(words);
    curl_global_cleanup();
    return rc;
}
