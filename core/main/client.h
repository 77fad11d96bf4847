// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MAIN_CLIENT_H
#define MEDINA_MAIN_CLIENT_H

#include "base/buf.h"
#include "base/json.h"

#include <stdbool.h>

// What the commands of medina share: its arguments, one request on the host's Unix socket (see
// ops/admin.h), and the answer as text.

enum { EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_UNREACHABLE = 3 };

enum { MOST_OPTIONS = 16 };

struct command {
    const char *socket;
    bool json;
    int argc;
    char **argv; // the command's words and arguments, without options
    struct {
        const char *name;  // "--reason"
        const char *value; // "" for one that takes none
    } options[MOST_OPTIONS];
    int option_count;
    struct buf url;
    struct buf body;
    struct buf reply;
    long status;
};

// Prints "medina: …" on standard error; returns code, so that a refusal is one line.
int fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

const char *option_value(const struct command *command, const char *name); // NULL: not given

// The request's address: path segments and query pairs, percent-encoded. A NULL value adds nothing.
void add_segment(struct command *command, const char *text, size_t size);
void add_pair(struct command *command, const char *name, const char *value);

// Reads a file; EXIT_USAGE with a line that names it when that fails.
int read_file(const char *path, struct buf *out);

// Sends the request. 0, or EXIT_UNREACHABLE. The answer is in command->reply and status.
int ask(struct command *command, const char *method);

// Prints the answer; EXIT_REFUSED when it is a refusal.
int tell(struct command *command);
int ask_and_tell(struct command *command, const char *method);

// print.c: the answer in words.
void print_answer(const json_t *answer);
bool print_money(const json_t *answer); // print_money.c; false: it is about something else
void print_log_lines(const json_t *lines);
void print_output(const char *output); // last lines of a program that failed, on standard error

// plugin.c: the commands about plugins.
int plugin_list(struct command *command);
int plugin_show(struct command *command);
int plugin_history(struct command *command);
int plugin_logs(struct command *command);
int plugin_check(struct command *command);
int plugin_load(struct command *command);
int plugin_use(struct command *command);
int plugin_rollback(struct command *command);
int plugin_discard(struct command *command);
int plugin_data(struct command *command);
int plugin_unload(struct command *command);

// money.c: the commands about money as a whole.
int money_verify_command(struct command *command);
int money_settle(struct command *command);
int money_disputes(struct command *command);
int money_liable(struct command *command);
int money_reconcile_command(struct command *command);

// refunds.c: the commands about single payments.
int money_payment_command(struct command *command);
int money_refund_command(struct command *command);
int money_refunds_command(struct command *command);
int money_approve_command(struct command *command);
int money_decline_command(struct command *command);
int money_events_command(struct command *command);
int money_replay_command(struct command *command);

#endif
