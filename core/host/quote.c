// SPDX-License-Identifier: Apache-2.0
#include "host/quote.h"

#include "base/json.h"
#include "base/log.h"
#include "host/invoke.h"
#include "loop/task.h"

#include <stdio.h>

static struct str keep_member(const json_t *object, const char *name, struct arena *arena)
{
    const char *text = json_get_string(object, name);
    return text ? str_from(arena_string(arena, str_from(text))) : STR("");
}

static void choose(const struct quote_request *request, const json_t *pay, struct quote *quote)
{
    quote->least = json_get_integer(pay, "least", 0);
    quote->most = quote->hold ? 0 : json_get_integer(pay, "most", 0);
    if (request->amount > 0 && request->amount >= quote->least && request->amount <= quote->most)
        quote->amount = request->amount;
}

// The plugin's answer, of which nothing is taken on trust.
static bool read_answer(const json_t *answer, const struct quote_request *request,
                        struct arena *arena, struct quote *quote)
{
    const json_t *payable = json_object_get(answer, "payable");
    const json_t *title = json_object_get(payable, "title");
    const json_t *amount = json_object_get(payable, "amount");
    const char *id = json_get_string(payable, "id");
    const char *currency = json_get_string(amount, "currency");
    *quote = (struct quote){.owed = json_get_boolean(answer, "owed", true),
                            .hold = json_get_boolean(answer, "hold", false)};
    if (!quote->owed)
        return true;
    quote->title_en = keep_member(title, "en", arena);
    quote->title_ar = keep_member(title, "ar", arena);
    quote->account = keep_member(payable, "account", arena);
    quote->amount = json_get_integer(amount, "amount", 0);
    choose(request, json_object_get(payable, "pay"), quote);
    return id && str_is(request->item, id) && currency &&
           strcmp(currency, request->currency) == 0 && quote->amount > 0 && quote->title_en.size &&
           quote->title_ar.size;
}

// The result of the instance's operation with this role; input is taken over. The plugin's answer
// is yours, NULL with a problem.
static json_t *ask(const struct quote_request *request, enum operation_role role, json_t *input,
                   struct arena *arena, struct problem *problem)
{
    struct snapshot *snapshot = gate_pin(request->gate);
    struct invoke invoke = {.gate = request->gate,
                            .snapshot = snapshot,
                            .route = snapshot_find(snapshot, request->instance),
                            .caller = {.host = true},
                            .input = input,
                            .arena = arena};
    const struct manifest *manifest = invoke.route ? invoke.route->bundle->manifest : NULL;
    struct str result;
    json_t *answer = NULL;
    if (manifest && manifest->may_pay)
        invoke.operation = manifest_with_role(manifest, role);
    if (!invoke.operation)
        problem_set(problem, "not-found");
    else if (!input) // text that is none
        problem_set(problem, "bad-request");
    else if (invoke_operation(&invoke, &result, problem) == 0)
        answer = json_parse(result, NULL);
    json_decref(input);
    snapshot_release(snapshot);
    return answer;
}

static int fault(const struct quote_request *request, const char *what, struct problem *problem)
{
    log_line(LOG_LEVEL_ERROR, "host", STR_FORMAT " %s in a form nobody can charge",
             STR_ARGUMENTS(request->instance), what);
    problem_set(problem, "internal");
    return -1;
}

static bool can_accept(const struct quote_request *request)
{
    struct snapshot *snapshot = gate_pin(request->gate);
    const struct route *route = snapshot_find(snapshot, request->instance);
    bool can = route && manifest_with_role(route->bundle->manifest, ROLE_ACCEPT);
    snapshot_release(snapshot);
    return can;
}

int quote_item(const struct quote_request *request, struct arena *arena, struct quote *quote,
               struct problem *problem)
{
    json_t *input = json_pack("{s:s%}", "item", request->item.data, request->item.size);
    json_t *answer = ask(request, ROLE_QUOTE, input, arena, problem);
    if (!answer)
        return -1;
    int rc = 0;
    if (!read_answer(answer, request, arena, quote) || (quote->hold && !can_accept(request)))
        rc = fault(request, "quotes an item", problem);
    json_decref(answer);
    return rc;
}

const struct operation *quote_follow(const struct payment *payment, const struct snapshot *snapshot)
{
    if (!payment->hold || payment->state != PAYMENT_AUTHORIZED)
        return NULL;
    const struct route *route = snapshot_find(snapshot, payment->lines[0].instance);
    return route ? manifest_with_role(route->bundle->manifest, ROLE_FOLLOW) : NULL;
}

struct gate *quote_gate(const struct quote_desk *desk)
{
    for (unsigned i = 0; i < desk->count; i++)
        if (gate_loop(desk->gates[i]) == task_loop())
            return desk->gates[i];
    return NULL;
}

// What was used of a hold. 0, or -1 and a problem.
static int accept_hold(const struct quote_request *request, const struct payment *payment,
                       const struct payment_line *line, struct money_quote *out,
                       struct problem *problem)
{
    enum { WAIT_LEAST_MS = 200, WAIT_MOST_MS = 60 * 1000, WAIT_MS = 1000 };
    struct arena arena = {0};
    json_t *input = json_pack("{s:s%, s:s, s:I, s:I}", "item", line->item.data, line->item.size,
                              "payment", payment->id.text, "line", (json_int_t)line->number,
                              "authorized", (json_int_t)line->amount);
    json_t *answer = ask(request, ROLE_ACCEPT, input, &arena, problem);
    const char *state = json_get_string(answer, "state");
    const json_t *amount = json_object_get(answer, "amount");
    const char *currency = json_get_string(amount, "currency");
    const char *reason = json_get_string(answer, "reason");
    int rc = 0;
    if (!answer) {
        rc = -1;
    } else if (state && strcmp(state, "waiting") == 0) {
        int64_t wait = json_get_integer(answer, "after_ms", WAIT_MS);
        out->owed = true;
        out->wait_ms = wait < WAIT_LEAST_MS  ? WAIT_LEAST_MS
                       : wait > WAIT_MOST_MS ? WAIT_MOST_MS
                                             : wait;
    } else if (state && strcmp(state, "refused") == 0) {
        snprintf(out->reason, sizeof out->reason, "%s", reason ? reason : "refused");
    } else if (state && strcmp(state, "accepted") == 0 && currency &&
               strcmp(currency, request->currency) == 0 &&
               json_get_integer(amount, "amount", -1) >= 0) {
        *out = (struct money_quote){.owed = true, .amount = json_get_integer(amount, "amount", 0)};
    } else {
        rc = fault(request, "accepts a payment", problem);
    }
    json_decref(answer);
    arena_finish(&arena);
    return rc;
}

static int quote_line(const struct quote_request *request, struct money_quote *out,
                      struct problem *problem)
{
    struct arena arena = {0};
    struct quote quote;
    int rc = quote_item(request, &arena, &quote, problem);
    if (rc == 0)
        *out = (struct money_quote){.owed = quote.owed, .amount = quote.amount};
    arena_finish(&arena);
    return rc;
}

int quote_for_money(void *context, const struct payment *payment, const struct payment_line *line,
                    struct money_quote *out, struct err *err)
{
    const struct quote_desk *desk = context;
    // What the citizen chose is owed as long as the agency would take it.
    struct quote_request request = {quote_gate(desk), line->instance, line->item, payment->currency,
                                    line->amount - line->fee};
    struct problem problem = {0};
    int rc = -1;
    if (request.gate)
        rc = payment->hold ? accept_hold(&request, payment, line, out, &problem)
                           : quote_line(&request, out, &problem);
    // A hold may have been used: only the agency's own word ends it, not a fault on the way.
    if (rc < 0 && (problem.status >= 500 || !request.gate || payment->hold))
        rc = err_set(err, ERR_UNAVAILABLE, "the agency cannot say now");
    else if (rc < 0)
        rc = err_set(err, ERR_NOT_FOUND, "the agency does not know the item any more");
    problem_finish(&problem);
    return rc;
}
