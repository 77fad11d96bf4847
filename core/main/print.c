// SPDX-License-Identifier: Apache-2.0
// The host's answers in words.

#include "main/client.h"

#include <stdio.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_get_string(object, name);
    return text ? text : "";
}

static long long number_of(const json_t *object, const char *name)
{
    return (long long)json_get_integer(object, name, 0);
}

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

static void print_log_line(const json_t *line)
{
    printf("%s %-11s %s %s\n", text_of(line, "time"), text_of(line, "level"),
           text_of(line, "source"), text_of(line, "text"));
}

void print_log_lines(const json_t *lines)
{
    size_t index;
    json_t *line;
    json_array_foreach((json_t *)lines, index, line) print_log_line(line);
    fflush(stdout);
}

void print_output(const char *output)
{
    for (const char *line = output; line && *line;) {
        size_t size = strcspn(line, "\n");
        fprintf(stderr, "    %.*s\n", (int)size, line);
        line += size + (line[size] == '\n');
    }
}

// ---- lists of versions ----

static void print_more(const char *label, const char *text)
{
    if (text[0])
        printf("    %s%s\n", label, text);
}

static void print_row(const json_t *version)
{
    const json_t *runners = json_object_get(version, "runners");
    char processes[32] = "";
    if (json_array_size(runners) > 1)
        snprintf(processes, sizeof processes, " (%zu processes)", json_array_size(runners));
    printf("%-24s %-10s %-12s %-8lld %6.2f%% %10lld %7lld  %s%s\n", text_of(version, "instance"),
           text_of(version, "version"), text_of(version, "state"), number_of(version, "pid"),
           json_number_value(json_object_get(version, "share_percent")),
           number_of(version, "calls"), number_of(version, "errors"), text_of(version, "plugin"),
           processes);
    print_more("", text_of(version, "reason"));
    print_more("waits for ", text_of(version, "waits_for"));
}

static void print_versions(const json_t *versions)
{
    size_t index;
    json_t *version;
    if (json_array_size(versions) == 0)
        printf("no plugin is loaded\n");
    else
        printf("%-24s %-10s %-12s %-8s %7s %10s %7s  %s\n", "INSTANCE", "VERSION", "STATE", "PID",
               "SHARE", "CALLS", "ERRORS", "PLUGIN");
    json_array_foreach((json_t *)versions, index, version) print_row(version);
}

static void print_pool(const json_t *version)
{
    size_t index;
    json_t *runner;
    json_array_foreach(json_object_get(version, "runners"), index, runner)
        printf("%-20s pid %lld, %s, %lld calls\n", index ? "" : "processes",
               number_of(runner, "pid"),
               json_is_true(json_object_get(runner, "serves")) ? "serves" : "starts",
               number_of(runner, "calls"));
}

static void show_version(const json_t *version)
{
    static const char *const left_out[] = {"instance", "plugin", "version", "pid"};
    const char *name;
    json_t *value;
    printf("%s@%s, plugin %s\n", text_of(version, "instance"), text_of(version, "version"),
           text_of(version, "plugin"));
    json_object_foreach((json_t *)version, name, value)
    {
        bool shown = !json_is_string(value) || json_string_length(value);
        for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
            shown = shown && strcmp(name, left_out[i]) != 0;
        if (shown)
            print_value(name, value);
    }
    printf("%-20s %.2f %% of the citizens\n", "serves",
           json_number_value(json_object_get(version, "share_percent")));
    print_pool(version);
    if (json_object_get(version, "last_lines")) {
        printf("its last lines:\n");
        print_log_lines(json_object_get(version, "last_lines"));
    }
}

static void show_versions(const json_t *versions)
{
    size_t index;
    json_t *version;
    json_array_foreach((json_t *)versions, index, version)
    {
        if (index)
            printf("\n");
        show_version(version);
    }
}

static void print_history(const json_t *events)
{
    size_t index;
    json_t *event;
    json_array_foreach((json_t *)events, index, event)
    {
        printf("%s %-10s %-10s %-10s %s\n", text_of(event, "time"), text_of(event, "actor"),
               text_of(event, "verb"), text_of(event, "version"), text_of(event, "outcome"));
        print_more("because ", text_of(event, "reason"));
    }
}

// ---- what a change did ----

static void print_change(const json_t *answer)
{
    size_t index;
    json_t *item;
    if (json_is_true(json_object_get(answer, "dry_run"))) {
        json_array_foreach(json_object_get(answer, "plan"), index, item)
            printf("would %s\n", json_string_value(item));
        return;
    }
    if (json_array_size(json_object_get(answer, "versions")) == 0)
        printf("%s is gone\n", text_of(answer, "instance"));
    json_array_foreach(json_object_get(answer, "versions"), index, item)
    {
        if (!number_of(item, "pid") && !json_is_true(json_object_get(item, "active")))
            continue;
        printf("%s@%s is %s\n", text_of(item, "instance"), text_of(item, "version"),
               text_of(item, "state"));
        print_more("", text_of(item, "reason"));
        print_more("waits for ", text_of(item, "waits_for"));
    }
}

void print_answer(const json_t *answer)
{
    if (json_object_get(answer, "draining"))
        printf("pid %lld serves; pid %lld drains\n", number_of(answer, "pid"),
               number_of(answer, "draining"));
    else if (json_object_get(answer, "plugins"))
        print_versions(json_object_get(answer, "plugins"));
    else if (json_object_get(answer, "plan"))
        print_change(answer);
    else if (json_object_get(answer, "versions"))
        show_versions(json_object_get(answer, "versions"));
    else if (json_object_get(answer, "history"))
        print_history(json_object_get(answer, "history"));
    else if (print_money(answer))
        return;
    else if (json_object_get(answer, "lines"))
        print_log_lines(json_object_get(answer, "lines"));
    else
        print_object(answer);
}
