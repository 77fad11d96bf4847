// SPDX-License-Identifier: Apache-2.0
// The commands about money as a whole.

#include "main/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// A date as the host wants it; whether it exists, the host knows.
static int check_day(const char *day)
{
    bool fits = strlen(day) == 10;
    for (int i = 0; fits && i < 10; i++)
        fits = i == 4 || i == 7 ? day[i] == '-' : day[i] >= '0' && day[i] <= '9';
    return fits ? 0 : fail(EXIT_USAGE, "a day is written like 2026-03-01, not \"%s\"", day);
}

int money_verify_command(struct command *command)
{
    buf_append_text(&command->url, "/money/verify");
    int rc = ask_and_tell(command, "GET");
    json_t *answer = rc == 0 ? json_parse(buf_str(&command->reply), NULL) : NULL;
    if (rc == 0 && !json_get_boolean(answer, "whole", false))
        rc = EXIT_REFUSED;
    json_decref(answer);
    return rc;
}

// ---- settlement ----

// Whole or not at all: a bank must not be given half a file.
static int write_file(const char *path, const struct buf *bytes)
{
    char draft[4096];
    snprintf(draft, sizeof draft, "%s.new", path);
    FILE *file = fopen(draft, "we");
    bool good = file &&
                fwrite(bytes->data ? bytes->data : "", 1, bytes->size, file) == bytes->size &&
                fflush(file) == 0 && fsync(fileno(file)) == 0;
    int why = errno;
    good = (!file || fclose(file) == 0) && good;
    if (good && rename(draft, path) == 0)
        return 0;
    why = good ? errno : why;
    unlink(draft);
    return fail(EXIT_REFUSED, "cannot write %s: %s", path, strerror(why));
}

static int fetch(struct command *command, const char *day, const char *name, const char *path)
{
    buf_clear(&command->url);
    buf_clear(&command->reply);
    buf_clear(&command->body);
    buf_printf(&command->url, "http://medinad/money/settlements/%s/%s", day, name);
    int rc = ask(command, "GET");
    if (rc == 0 && command->status == 200)
        return write_file(path, &command->reply);
    return rc ? rc : tell(command);
}

static int fetch_files(struct command *command, const char *folder, const json_t *day)
{
    char path[4096];
    const char *name = json_get_string(day, "day");
    if (json_get_boolean(day, "planned", false))
        return 0;
    snprintf(path, sizeof path, "%s/settlement-%s.csv", folder, name);
    int rc = fetch(command, name, "report.csv", path);
    if (rc || json_get_integer(day, "payable", 0) == 0)
        return rc; // nobody is paid: the bank gets no order
    snprintf(path, sizeof path, "%s/settlement-%s.pain.001.xml", folder, name);
    return fetch(command, name, "pain.001.xml", path);
}

int money_settle(struct command *command)
{
    const char *day = option_value(command, "--day"), *folder = option_value(command, "--out");
    int rc = day ? check_day(day) : 0;
    if (rc)
        return rc;
    if (folder && access(folder, W_OK) != 0)
        return fail(EXIT_USAGE, "cannot write into %s: %s", folder, strerror(errno));
    buf_append_text(&command->url, "/money/settle");
    add_pair(command, "day", day);
    add_pair(command, "dry_run", option_value(command, "--dry-run") ? "1" : NULL);
    rc = ask_and_tell(command, "POST");
    json_t *answer = rc == 0 ? json_parse(buf_str(&command->reply), NULL) : NULL, *at;
    size_t index;
    json_array_foreach(json_object_get(answer, "days"), index, at)
    {
        if (rc == 0 && folder)
            rc = fetch_files(command, folder, at);
    }
    const char *refused = json_get_string(answer, "refused");
    if (rc == 0 && refused && refused[0])
        rc = fail(EXIT_REFUSED, "%s", refused);
    json_decref(answer);
    return rc;
}

// ---- reconciliation ----

int money_reconcile_command(struct command *command)
{
    const char *day = option_value(command, "--day"), *report = option_value(command, "--provider");
    const char *bank = option_value(command, "--bank");
    char size[24];
    if (!day || !report || !bank)
        return fail(EXIT_USAGE, "money reconcile takes --day, --provider and --bank");
    int rc = check_day(day);
    if (rc == 0)
        rc = read_file(report, &command->body);
    snprintf(size, sizeof size, "%zu", command->body.size);
    if (rc == 0)
        rc = read_file(bank, &command->body);
    if (rc)
        return rc;
    buf_append_text(&command->url, "/money/reconcile");
    add_pair(command, "day", day);
    add_pair(command, "report_bytes", size);
    add_pair(command, "post", option_value(command, "--post") ? "1" : NULL);
    rc = ask_and_tell(command, "POST");
    json_t *answer = rc == 0 ? json_parse(buf_str(&command->reply), NULL) : NULL;
    if (rc == 0 && !json_get_boolean(answer, "agrees", false))
        rc = EXIT_REFUSED;
    json_decref(answer);
    return rc;
}

// ---- disputes ----

int money_disputes(struct command *command)
{
    buf_append_text(&command->url, "/money/disputes");
    return ask_and_tell(command, "GET");
}

int money_liable(struct command *command)
{
    buf_append_text(&command->url, "/money/disputes");
    add_segment(command, command->argv[2], strlen(command->argv[2]));
    add_pair(command, "line", command->argv[3]);
    return ask_and_tell(command, "POST");
}
