// SPDX-License-Identifier: Apache-2.0
// The commands about single payments: how one stands, refunds, events that no agency took.

#include "main/client.h"

#include <string.h>

static int on_payment(struct command *command, const char *below, const char *tail,
                      const char *method)
{
    buf_append_text(&command->url, below);
    add_segment(command, command->argv[2], strlen(command->argv[2]));
    buf_append_text(&command->url, tail);
    return ask_and_tell(command, method);
}

int money_payment_command(struct command *command)
{
    return on_payment(command, "/money/payments", "", "GET");
}

int money_refund_command(struct command *command)
{
    static const char *const needed[] = {"--seen", "--reason"};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!option_value(command, needed[i]))
            return fail(EXIT_USAGE,
                        "a refund needs %s; medina money payment %s tells what can be "
                        "refunded",
                        needed[i], command->argv[2]);
    buf_append_text(&command->url, "/money/refunds");
    add_pair(command, "payment", command->argv[2]);
    add_pair(command, "line", command->argv[3]);
    add_pair(command, "amount", command->argv[4]);
    add_pair(command, "seen", option_value(command, "--seen"));
    add_pair(command, "reason", option_value(command, "--reason"));
    return ask_and_tell(command, "POST");
}

int money_refunds_command(struct command *command)
{
    buf_append_text(&command->url, "/money/refunds");
    return ask_and_tell(command, "GET");
}

int money_approve_command(struct command *command)
{
    return on_payment(command, "/money/refunds", "/approve", "POST");
}

int money_decline_command(struct command *command)
{
    return on_payment(command, "/money/refunds", "/decline", "POST");
}

int money_events_command(struct command *command)
{
    buf_append_text(&command->url, "/money/events");
    return ask_and_tell(command, "GET");
}

int money_replay_command(struct command *command)
{
    if (strcmp(command->argv[2], "all") != 0)
        return on_payment(command, "/money/events", "", "POST");
    buf_append_text(&command->url, "/money/events");
    return ask_and_tell(command, "POST");
}
