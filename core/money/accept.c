// SPDX-License-Identifier: Apache-2.0
#include "money/accept.h"

#include "loop/gather.h"
#include "money/money_internal.h"
#include "money/top_up.h"

#include <stdio.h>

struct inquiry {
    struct money_quote quote;
    int status;
};

struct inquiries {
    struct money *money;
    const struct money_config *config;
    const struct payment *payment;
    struct inquiry *of; // each line
};

static void inquire(void *context, size_t index)
{
    struct inquiries *inquiries = context;
    const struct money_config *config = inquiries->config;
    struct inquiry *inquiry = &inquiries->of[index];
    const struct payment_line *line = &inquiries->payment->lines[index];
    if (top_up_is(line)) {
        inquiry->quote.owed = top_up_fits(inquiries->money, inquiries->payment);
        inquiry->quote.amount = line->amount;
        snprintf(inquiry->quote.reason, sizeof inquiry->quote.reason, "wallet-full");
        return;
    }
    inquiry->status = config->quote(config->quote_context, inquiries->payment,
                                    &inquiries->payment->lines[index], &inquiry->quote, NULL);
}

static void refuse(struct payment_line *line, const char *reason, struct arena *arena)
{
    line->accepted = 0;
    line->reason = str_from(arena_string(arena, str_from(reason)));
}

// What the agency said of its line; false when it may say something else later.
static bool decide(const struct inquiry *inquiry, struct payment_line *line, bool hold,
                   bool patient, struct arena *arena)
{
    const struct money_quote *quote = &inquiry->quote;
    bool later = inquiry->status == ERR_UNAVAILABLE || inquiry->status == ERR_TIMEOUT ||
                 (inquiry->status == 0 && quote->wait_ms > 0);
    if (later && patient) {
        line->accepted = PAYMENT_UNDECIDED;
        return false;
    }
    if (later)
        refuse(line, quote->wait_ms > 0 ? "hold-expired" : "agency-unavailable", arena);
    else if (inquiry->status != 0 || !quote->owed)
        refuse(line, quote->reason[0] ? quote->reason : "not-owed", arena);
    else if (hold && quote->amount <= 0)
        refuse(line, "nothing-taken", arena);
    else if (!hold && quote->amount != line->amount - line->fee)
        refuse(line, "amount-changed", arena);
    else // never above what was authorized, whatever the agency says
        line->accepted = !hold || quote->amount > line->amount ? line->amount : quote->amount;
    return true;
}

static struct acceptance judge(const struct payment *payment)
{
    struct acceptance out = {.verdict = ACCEPT_RELEASE, .reason = "not-owed"};
    for (size_t i = payment->count; i-- > 0;) {
        out.amount += payment->lines[i].accepted;
        if (payment->lines[i].accepted == 0)
            out.reason = payment->lines[i].reason.data;
    }
    if (out.amount > 0)
        out.verdict = ACCEPT_CAPTURE;
    return out;
}

struct acceptance accept_ask(struct money *money, struct payment *payment, struct arena *arena)
{
    const struct money_config *config = &money->config;
    int64_t patience = payment->hold ? config->hold_ms : config->quote_patience_ms;
    bool patient = money_now(money) - payment->authorized_at < patience, decided = true;
    struct inquiry *of = arena_zero(arena, payment->count * sizeof *of);
    struct inquiries inquiries = {money, config, payment, of};
    struct acceptance later = {.verdict = ACCEPT_LATER};
    if (config->quote) // one slow agency does not add its time to the others'
        gather(payment->count, inquire, &inquiries);
    for (size_t i = 0; i < payment->count; i++) {
        if (!config->quote)
            of[i].quote = (struct money_quote){.owed = true, .amount = payment->lines[i].amount};
        decided = decide(&of[i], &payment->lines[i], payment->hold, patient, arena) && decided;
        if (of[i].status == 0 && of[i].quote.wait_ms > later.wait_ms)
            later.wait_ms = of[i].quote.wait_ms;
    }
    return decided ? judge(payment) : later;
}

int64_t accept_expected(const struct payment *payment)
{
    int64_t sum = 0;
    for (size_t i = 0; i < payment->count; i++) {
        const struct payment_line *line = &payment->lines[i];
        sum += line->accepted == PAYMENT_UNDECIDED ? line->amount : line->accepted;
    }
    return sum;
}

STORE_SQL(accept_line, "UPDATE payment_line SET accepted = $3, reason = $4 "
                       "WHERE payment = $1 AND line = $2 AND state = 'open'");

int accept_write(struct store_db *db, const struct payment *payment, struct err *err)
{
    int status = 0;
    for (size_t i = 0; status >= 0 && i < payment->count; i++) {
        const struct payment_line *line = &payment->lines[i];
        bool refused = line->accepted == 0 && line->reason.size;
        status = store_exec(db, accept_line,
                            BIND(bind_text(id_str(&payment->id)), bind_int(line->number),
                                 bind_int(line->accepted),
                                 refused ? bind_text(line->reason) : bind_null()),
                            err);
    }
    return status < 0 ? status : 0;
}
