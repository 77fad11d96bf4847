// SPDX-License-Identifier: Apache-2.0
// The operator's command: turns its arguments into one request on the host's Unix socket (see
// ops/admin.h) and the answer into text. It holds no state and knows nothing the host does not say.

#include "base/buf.h"
#include "base/json.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_UNREACHABLE = 3 };

static const char usage[] =
    "usage: medina [--socket PATH] [--json] COMMAND\n"
    "\n"
    "  status                          how the host is\n"
    "  metrics                         its counters, as Prometheus text\n"
    "  upgrade [--program PATH]        replace the host by a new one without losing a request\n"
    "  plugin list                     every version of every instance\n"
    "  plugin load FILE [--as NAME] [--config FILE] [--signature FILE] [--allow-unsigned]\n"
    "                                  start a plugin and switch to it when it is warm; its\n"
    "                                  signature is FILE.minisig unless another is named\n"
    "  plugin check FILE [--config FILE] [--as NAME] [--configuration FILE] [--signature FILE]\n"
    "                                  all that a load checks, without a host; --config names\n"
    "                                  the host's settings, for the keys that it trusts\n"
    "  plugin use NAME@VERSION         switch to a version that was loaded before\n"
    "  plugin data NAME FILE           give an instance a new data file\n"
    "  plugin unload NAME              take an instance away\n"
    "  wallet credit ACCOUNT FILS REFERENCE\n"
    "                                  put money into a citizen's wallet, once a reference\n"
    "\n"
    "The socket is --socket, or $MEDINA_SOCKET, or data/medinad.sock.\n"
    "Exit codes: 0 done, 1 refused by the host, 2 wrong arguments, 3 no host there.\n";

struct command {
    const char *socket;
    bool json;
    int argc;
    char **argv; // after the options
    struct buf url;
    struct buf body;
    struct buf reply;
    long status;
};

static int fail(int code, const char *format, const char *what, const char *why)
{
    fprintf(stderr, "medina: ");
    fprintf(stderr, format, what, why);
    fprintf(stderr, "\n");
    return code;
}

// ---- asking ----

static size_t on_reply(char *data, size_t size, size_t count, void *argument)
{
    buf_append(argument, data, size * count);
    return size * count;
}

static int ask(struct command *command, const char *method)
{
    CURL *easy = curl_easy_init();
    struct curl_slist *fields = curl_slist_append(NULL, "Expect:");
    fields = curl_slist_append(fields, "Content-Type: application/octet-stream");
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, command->socket);
    curl_easy_setopt(easy, CURLOPT_URL, command->url.data);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fields);
    if (command->body.size || strcmp(method, "GET") != 0) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)command->body.size);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, command->body.size ? command->body.data : "");
    }
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_reply);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &command->reply);
    CURLcode rc = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &command->status);
    curl_easy_cleanup(easy);
    curl_slist_free_all(fields);
    if (rc == CURLE_OK)
        return 0;
    return fail(EXIT_UNREACHABLE, "no host answers on %s (%s); is medinad running?",
                command->socket, curl_easy_strerror(rc));
}

static void append_encoded(struct buf *out, const char *text, size_t size)
{
    char *encoded = curl_easy_escape(NULL, text, (int)size);
    buf_append_text(out, encoded);
    curl_free(encoded);
}

static int read_file(const char *path, struct buf *out)
{
    char piece[65536];
    FILE *file = fopen(path, "re");
    if (!file)
        return fail(EXIT_USAGE, "cannot read %s: %s", path, strerror(errno));
    for (size_t size; (size = fread(piece, 1, sizeof piece, file)) > 0;)
        buf_append(out, piece, size);
    bool bad = ferror(file);
    fclose(file);
    return bad ? fail(EXIT_USAGE, "cannot read %s: %s", path, strerror(errno)) : 0;
}

// ---- telling ----

static void print_value(const char *name, const json_t *value)
{
    if (json_is_string(value))
        printf("%-20s %s\n", name, json_string_value(value));
    else if (json_is_integer(value))
        printf("%-20s %lld\n", name, (long long)json_integer_value(value));
}

static void print_object(const json_t *object)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value) print_value(name, value);
}

static void print_plugins(const json_t *versions)
{
    size_t index;
    json_t *version;
    if (json_array_size(versions) == 0)
        printf("no plugin is loaded\n");
    else
        printf("%-24s %-10s %-12s %-8s %s\n", "INSTANCE", "VERSION", "STATE", "PID", "PLUGIN");
    json_array_foreach((json_t *)versions, index, version)
    {
        printf("%-24s %-10s %-12s %-8lld %s\n", json_get_string(version, "instance"),
               json_get_string(version, "version"), json_get_string(version, "state"),
               (long long)json_get_integer(version, "pid", 0), json_get_string(version, "plugin"));
        const char *reason = json_get_string(version, "reason");
        if (reason && reason[0])
            printf("    %s\n", reason);
    }
}

// The last lines of a program that failed, indented under the reason.
static void print_output(const char *output)
{
    for (const char *line = output; line && *line;) {
        size_t size = strcspn(line, "\n");
        fprintf(stderr, "    %.*s\n", (int)size, line);
        line += size + (line[size] == '\n');
    }
}

static int tell(struct command *command)
{
    json_t *answer = json_parse(buf_str(&command->reply), NULL);
    bool refused = command->status >= 300;
    if (refused && !command->json) {
        const char *message = json_get_string(answer, "message");
        fail(0, "%s%s", message ? message : "the host refused", "");
        print_output(json_get_string(answer, "output"));
    } else if (command->json || !answer) {
        fwrite(command->reply.data, 1, command->reply.size, stdout);
    } else if (json_object_get(answer, "draining")) {
        printf("pid %lld serves; pid %lld drains\n", (long long)json_get_integer(answer, "pid", 0),
               (long long)json_get_integer(answer, "draining", 0));
    } else if (json_object_get(answer, "plugins")) {
        print_plugins(json_object_get(answer, "plugins"));
    } else if (json_object_get(answer, "instance") && json_object_get(answer, "version")) {
        printf("%s@%s is %s\n", json_get_string(answer, "instance"),
               json_get_string(answer, "version"), json_get_string(answer, "state"));
    } else {
        print_object(answer);
    }
    json_decref(answer);
    return refused ? EXIT_REFUSED : 0;
}

static int send_and_tell(struct command *command, const char *method)
{
    int rc = ask(command, method);
    return rc ? rc : tell(command);
}

// ---- the commands ----

static int get(struct command *command, const char *path)
{
    buf_append_text(&command->url, path);
    return send_and_tell(command, "GET");
}

// The body is the file; the query gets its signature: the one that is named, or FILE.minisig when
// there is one.
static int add_signed_file(struct command *command, const char *path, const char *signature)
{
    struct buf beside = {0}, text = {0};
    int rc = read_file(path, &command->body);
    buf_printf(&beside, "%s.minisig", path);
    if (!signature && access(beside.data, F_OK) == 0)
        signature = beside.data;
    if (rc == 0 && signature)
        rc = read_file(signature, &text);
    if (rc == 0 && signature) {
        buf_append_text(&command->url, "&signature=");
        append_encoded(&command->url, text.data ? text.data : "", text.size);
    }
    buf_finish(&beside);
    buf_finish(&text);
    return rc;
}

static int plugin_load(struct command *command)
{
    const char *instance = NULL, *configuration = NULL, *signature = NULL;
    bool allow_unsigned = false;
    for (int i = 3; i < command->argc; i++) {
        if (strcmp(command->argv[i], "--as") == 0 && i + 1 < command->argc)
            instance = command->argv[++i];
        else if (strcmp(command->argv[i], "--config") == 0 && i + 1 < command->argc)
            configuration = command->argv[++i];
        else if (strcmp(command->argv[i], "--signature") == 0 && i + 1 < command->argc)
            signature = command->argv[++i];
        else if (strcmp(command->argv[i], "--allow-unsigned") == 0)
            allow_unsigned = true;
        else
            return fail(EXIT_USAGE, "plugin load does not know \"%s\"%s", command->argv[i],
                        "; it takes --as NAME, --config FILE, --signature FILE, --allow-unsigned");
    }
    buf_append_text(&command->url, allow_unsigned ? "/plugins?allow_unsigned=1" : "/plugins?");
    int rc = add_signed_file(command, command->argv[2], signature);
    if (rc == 0 && instance) {
        buf_append_text(&command->url, "&instance=");
        append_encoded(&command->url, instance, strlen(instance));
    }
    if (rc == 0 && configuration) {
        struct buf text = {0};
        rc = read_file(configuration, &text);
        buf_append_text(&command->url, "&configuration=");
        if (rc == 0 && text.size)
            append_encoded(&command->url, text.data, text.size);
        buf_finish(&text);
    }
    return rc ? rc : send_and_tell(command, "POST");
}

// medinad checks a file by itself, with the code that a host runs; it stands beside this program.
static int plugin_check(struct command *command)
{
    char self[4096];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - sizeof "/medinad");
    char *slash = size > 0 ? memrchr(self, '/', (size_t)size) : NULL;
    if (!slash)
        return fail(EXIT_UNREACHABLE, "cannot find medinad beside this program%s%s", "", "");
    strcpy(slash, "/medinad");
    char **words = calloc((size_t)command->argc + 3, sizeof *words);
    if (!words)
        return EXIT_UNREACHABLE;
    size_t count = 0;
    words[count++] = self;
    words[count++] = "--check";
    for (int i = 2; i < command->argc; i++)
        words[count++] = command->argv[i];
    if (command->json)
        words[count++] = "--json";
    execv(self, words);
    free(words);
    return fail(EXIT_UNREACHABLE, "cannot start %s: %s", self, strerror(errno));
}

static int plugin_use(struct command *command)
{
    const char *name = command->argv[2], *at = strchr(name, '@');
    if (!at || !at[1])
        return fail(EXIT_USAGE, "plugin use takes NAME@VERSION, not \"%s\"%s", name, "");
    buf_append_text(&command->url, "/plugins/");
    append_encoded(&command->url, name, (size_t)(at - name));
    buf_append_text(&command->url, "/use?version=");
    append_encoded(&command->url, at + 1, strlen(at + 1));
    return send_and_tell(command, "POST");
}

static int plugin_data(struct command *command)
{
    int rc = read_file(command->argv[3], &command->body);
    buf_append_text(&command->url, "/plugins/");
    append_encoded(&command->url, command->argv[2], strlen(command->argv[2]));
    buf_append_text(&command->url, "/data");
    return rc ? rc : send_and_tell(command, "PUT");
}

static int plugin_unload(struct command *command)
{
    buf_append_text(&command->url, "/plugins/");
    append_encoded(&command->url, command->argv[2], strlen(command->argv[2]));
    return send_and_tell(command, "DELETE");
}

static int wallet_credit(struct command *command)
{
    buf_append_text(&command->url, "/wallets/");
    append_encoded(&command->url, command->argv[2], strlen(command->argv[2]));
    buf_append_text(&command->url, "?amount=");
    append_encoded(&command->url, command->argv[3], strlen(command->argv[3]));
    buf_append_text(&command->url, "&reference=");
    append_encoded(&command->url, command->argv[4], strlen(command->argv[4]));
    return send_and_tell(command, "POST");
}

static int status(struct command *command)
{
    return get(command, "/status");
}

// The host may stand in another folder than we do.
static int upgrade(struct command *command)
{
    buf_append_text(&command->url, "/upgrade");
    if (command->argc == 3 && strcmp(command->argv[1], "--program") == 0) {
        char *program = realpath(command->argv[2], NULL);
        if (!program)
            return fail(EXIT_USAGE, "cannot find %s: %s", command->argv[2], strerror(errno));
        buf_append_text(&command->url, "?program=");
        append_encoded(&command->url, program, strlen(program));
        free(program);
    } else if (command->argc != 1) {
        return fail(EXIT_USAGE, "upgrade does not know \"%s\"%s", command->argv[1],
                    "; it takes --program PATH");
    }
    return send_and_tell(command, "POST");
}

static int metrics(struct command *command)
{
    return get(command, "/metrics");
}

static int plugin_list(struct command *command)
{
    return get(command, "/plugins");
}

static const struct {
    const char *first;
    const char *second; // NULL: the command is one word
    int least, most;    // arguments, the command's words included
    int (*run)(struct command *command);
} commands[] = {
    {"status", NULL, 1, 1, status},
    {"metrics", NULL, 1, 1, metrics},
    {"upgrade", NULL, 1, 3, upgrade},
    {"plugin", "list", 2, 2, plugin_list},
    {"plugin", "load", 3, 10, plugin_load},
    {"plugin", "check", 3, 12, plugin_check},
    {"plugin", "use", 3, 3, plugin_use},
    {"plugin", "data", 4, 4, plugin_data},
    {"plugin", "unload", 3, 3, plugin_unload},
    {"wallet", "credit", 5, 5, wallet_credit},
};

static int run(struct command *command)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (command->argc < 1 || strcmp(command->argv[0], commands[i].first) != 0)
            continue;
        if (commands[i].second &&
            (command->argc < 2 || strcmp(command->argv[1], commands[i].second) != 0))
            continue;
        if (command->argc >= commands[i].least && command->argc <= commands[i].most)
            return commands[i].run(command);
    }
    fputs(usage, stderr);
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
