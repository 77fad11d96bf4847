// SPDX-License-Identifier: Apache-2.0
// medina plugin …

#include "main/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct timespec poll_pause = {.tv_nsec = 250 * 1000 * 1000};

// ---- addresses ----

static void add_instance(struct command *command)
{
    buf_append_text(&command->url, "/plugins");
    add_segment(command, command->argv[2], strlen(command->argv[2]));
}

// NAME@VERSION
static int add_version(struct command *command, const char *verb)
{
    const char *name = command->argv[2], *at = strchr(name, '@');
    if (!at || at == name || !at[1])
        return fail(EXIT_USAGE, "plugin %s takes NAME@VERSION, not \"%s\"", verb, name);
    buf_append_text(&command->url, "/plugins");
    add_segment(command, name, (size_t)(at - name));
    add_segment(command, verb, strlen(verb));
    add_pair(command, "version", at + 1);
    return 0;
}

static int change(struct command *command, const char *method)
{
    add_pair(command, "reason", option_value(command, "--reason"));
    add_pair(command, "dry_run", option_value(command, "--dry-run") ? "1" : NULL);
    return ask_and_tell(command, method);
}

// ---- looking ----

int plugin_list(struct command *command)
{
    buf_append_text(&command->url, "/plugins");
    return ask_and_tell(command, "GET");
}

int plugin_show(struct command *command)
{
    add_instance(command);
    return ask_and_tell(command, "GET");
}

int plugin_history(struct command *command)
{
    add_instance(command);
    buf_append_text(&command->url, "/history");
    add_pair(command, "count", option_value(command, "--count"));
    return ask_and_tell(command, "GET");
}

static long long last_number(const json_t *lines, long long last)
{
    size_t size = json_array_size(lines);
    return size ? (long long)json_get_integer(json_array_get(lines, size - 1), "number", last)
                : last;
}

// Asks again for what is new until the reader goes away or the host does.
int plugin_logs(struct command *command)
{
    bool follow = option_value(command, "-f") != NULL;
    char after[24] = "0";
    add_instance(command);
    buf_append_text(&command->url, "/logs");
    size_t path = command->url.size;
    for (;;) {
        add_pair(command, "after", after);
        buf_clear(&command->reply);
        int rc = ask(command, "GET");
        if (rc || command->status >= 300 || !follow)
            return rc ? rc : tell(command);
        json_t *answer = json_parse(buf_str(&command->reply), NULL);
        const json_t *lines = json_object_get(answer, "lines");
        print_log_lines(lines);
        snprintf(after, sizeof after, "%lld", last_number(lines, atoll(after)));
        json_decref(answer);
        if (ferror(stdout))
            return 0;
        nanosleep(&poll_pause, NULL);
        command->url.data[command->url.size = path] = '\0';
    }
}

// ---- loading ----

// The body is the file; the query gets its signature: the one that is named, or FILE.minisig when
// there is one.
static int add_signed_file(struct command *command, const char *path)
{
    struct buf beside = {0}, text = {0};
    const char *signature = option_value(command, "--signature");
    int rc = read_file(path, &command->body);
    buf_printf(&beside, "%s.minisig", path);
    if (!signature && access(beside.data, F_OK) == 0)
        signature = beside.data;
    if (rc == 0 && signature)
        rc = read_file(signature, &text);
    if (rc == 0 && signature)
        add_pair(command, "signature", text.data ? text.data : "");
    buf_finish(&beside);
    buf_finish(&text);
    return rc;
}

static int add_configuration(struct command *command)
{
    const char *path = option_value(command, "--config");
    struct buf text = {0};
    int rc = path ? read_file(path, &text) : 0;
    if (path && rc == 0)
        add_pair(command, "configuration", text.data ? text.data : "");
    buf_finish(&text);
    return rc;
}

// "5%", "0.25 %": in 1/10000.
static int add_share(struct command *command)
{
    const char *text = option_value(command, "--canary");
    char number[16], *end;
    if (!text)
        return 0;
    double percent = strtod(text, &end);
    while (*end == ' ')
        end++;
    if (end == text || strcmp(end, "%") != 0 || !(percent >= 0.01 && percent < 100))
        return fail(EXIT_USAGE, "--canary takes a share of the citizens like 5%%, not \"%s\"",
                    text);
    snprintf(number, sizeof number, "%d", (int)(percent * 100 + 0.5));
    add_pair(command, "canary", number);
    return 0;
}

// "90s", "15m", "2h": in milliseconds.
static int add_promotion(struct command *command)
{
    static const char units[] = "smh";
    static const long long lengths[] = {1000, 60 * 1000, 3600 * 1000};
    const char *text = option_value(command, "--promote-after"), *unit;
    char number[24], *end;
    if (!text)
        return 0;
    long long count = strtoll(text, &end, 10);
    if (end == text || count < 1 || count > 1000000 || !*end || end[1] ||
        !(unit = strchr(units, *end)))
        return fail(EXIT_USAGE, "--promote-after takes a time like 90s, 15m or 2h, not \"%s\"",
                    text);
    if (!option_value(command, "--canary"))
        return fail(EXIT_USAGE, "--promote-after goes with --canary");
    snprintf(number, sizeof number, "%lld", count * lengths[unit - units]);
    add_pair(command, "promote_ms", number);
    return 0;
}

static const char *state_of(const json_t *versions, const char *version)
{
    size_t index;
    json_t *item;
    json_array_foreach((json_t *)versions, index, item)
    {
        if (strcmp(json_get_string(item, "version"), version) == 0)
            return json_get_string(item, "state");
    }
    return NULL;
}

// Until the trial that this load began has been decided.
static int await_verdict(struct command *command, const char *instance, const char *version)
{
    bool under_way = true;
    int rc = 0, settled = EXIT_REFUSED;
    while (under_way && rc == 0) {
        nanosleep(&poll_pause, NULL);
        buf_clear(&command->url);
        buf_clear(&command->reply);
        buf_clear(&command->body);
        buf_append_text(&command->url, "http://medinad/plugins");
        add_segment(command, instance, strlen(instance));
        rc = ask(command, "GET");
        json_t *answer = rc == 0 ? json_parse(buf_str(&command->reply), NULL) : NULL;
        const char *state = state_of(json_object_get(answer, "versions"), version);
        under_way = state && strcmp(state, "canary") == 0;
        settled = state && strcmp(state, "active") == 0 ? 0 : EXIT_REFUSED;
        json_decref(answer);
    }
    if (rc == 0)
        tell(command);
    return rc ? rc : settled;
}

static const char *trial_of(const json_t *answer)
{
    size_t index;
    json_t *item;
    json_array_foreach(json_object_get(answer, "versions"), index, item)
    {
        if (strcmp(json_get_string(item, "state"), "canary") == 0)
            return json_get_string(item, "version");
    }
    return NULL;
}

static int load_and_wait(struct command *command)
{
    int rc = ask(command, "POST");
    if (rc || command->status >= 300)
        return rc ? rc : tell(command);
    json_t *answer = json_parse(buf_str(&command->reply), NULL);
    const char *version = trial_of(answer);
    rc = version ? await_verdict(command, json_get_string(answer, "instance"), version)
                 : tell(command);
    json_decref(answer);
    return rc;
}

int plugin_load(struct command *command)
{
    buf_append_text(&command->url, "/plugins");
    add_pair(command, "instance", option_value(command, "--as"));
    add_pair(command, "runners", option_value(command, "--runners"));
    add_pair(command, "allow_unsigned", option_value(command, "--allow-unsigned") ? "1" : NULL);
    int rc = add_signed_file(command, command->argv[2]);
    if (rc == 0)
        rc = add_configuration(command);
    if (rc == 0)
        rc = add_share(command);
    if (rc == 0)
        rc = add_promotion(command);
    if (rc)
        return rc;
    if (!option_value(command, "--wait") || option_value(command, "--dry-run"))
        return change(command, "POST");
    add_pair(command, "reason", option_value(command, "--reason"));
    return load_and_wait(command);
}

// ---- checking ----

// medinad checks a file by itself, with the code that a host runs; it stands beside this program.
// There --config is the host's own.
int plugin_check(struct command *command)
{
    static const char *const names[][2] = {{"--as", "--as"},
                                           {"--config", "--configuration"},
                                           {"--signature", "--signature"},
                                           {"--settings", "--config"}};
    char self[4096], *words[16];
    int count = 0;
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - sizeof "/medinad");
    char *slash = size > 0 ? memrchr(self, '/', (size_t)size) : NULL;
    if (!slash)
        return fail(EXIT_UNREACHABLE, "cannot find medinad beside this program");
    strcpy(slash, "/medinad");
    words[count++] = self;
    words[count++] = "--check";
    words[count++] = command->argv[2];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = option_value(command, names[i][0]);
        if (!value)
            continue;
        words[count++] = (char *)names[i][1];
        words[count++] = (char *)value;
    }
    if (option_value(command, "--allow-unsigned"))
        words[count++] = "--allow-unsigned";
    if (command->json)
        words[count++] = "--json";
    words[count] = NULL;
    execv(self, words);
    return fail(EXIT_UNREACHABLE, "cannot start %s: %s", self, strerror(errno));
}

// ---- changing ----

int plugin_use(struct command *command)
{
    int rc = add_version(command, "use");
    return rc ? rc : change(command, "POST");
}

int plugin_discard(struct command *command)
{
    int rc = add_version(command, "discard");
    return rc ? rc : change(command, "POST");
}

int plugin_rollback(struct command *command)
{
    add_instance(command);
    buf_append_text(&command->url, "/rollback");
    return change(command, "POST");
}

int plugin_data(struct command *command)
{
    int rc = read_file(command->argv[3], &command->body);
    add_instance(command);
    buf_append_text(&command->url, "/data");
    return rc ? rc : change(command, "PUT");
}

int plugin_unload(struct command *command)
{
    add_instance(command);
    return change(command, "DELETE");
}
