// SPDX-License-Identifier: Apache-2.0
#include "host/quote.h"

#include "base/json.h"
#include "base/log.h"
#include "host/invoke.h"
#include "loop/task.h"

static struct str keep_member(const json_t *object, const char *name, struct arena *arena)
{
    const char *text = json_get_string(object, name);
    return text ? str_from(arena_string(arena, str_from(text))) : STR("");
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
    *quote = (struct quote){.owed = json_get_boolean(answer, "owed", true)};
    if (!quote->owed)
        return true;
    quote->title_en = keep_member(title, "en", arena);
    quote->title_ar = keep_member(title, "ar", arena);
    quote->account = keep_member(payable, "account", arena);
    quote->amount = json_get_integer(amount, "amount", 0);
    return id && str_is(request->item, id) && currency &&
           strcmp(currency, request->currency) == 0 && quote->amount > 0 && quote->title_en.size &&
           quote->title_ar.size;
}

static int ask(const struct quote_request *request, struct invoke *invoke, struct str *result,
               struct problem *problem)
{
    invoke->operation = manifest_with_role(invoke->route->bundle->manifest, ROLE_QUOTE);
    if (!invoke->operation || !invoke->route->bundle->manifest->may_pay) {
        problem_set(problem, "not-found");
        return -1;
    }
    invoke->input = json_pack("{s:s%}", "item", request->item.data, request->item.size);
    if (!invoke->input) {
        problem_set(problem, "bad-request");
        return -1;
    }
    int rc = invoke_operation(invoke, result, problem);
    json_decref(invoke->input);
    return rc;
}

int quote_item(const struct quote_request *request, struct arena *arena, struct quote *quote,
               struct problem *problem)
{
    struct snapshot *snapshot = gate_pin(request->gate);
    // The host itself asks: it may see what any citizen may.
    struct invoke invoke = {.gate = request->gate,
                            .snapshot = snapshot,
                            .route = snapshot_find(snapshot, request->instance),
                            .caller = {.signed_in = true, .verified = true},
                            .arena = arena};
    struct str result;
    int rc = -1;
    if (invoke.route)
        rc = ask(request, &invoke, &result, problem);
    else
        problem_set(problem, "not-found");
    if (rc == 0) {
        json_t *answer = json_parse(result, NULL);
        if (!read_answer(answer, request, arena, quote)) {
            log_line(LOG_LEVEL_ERROR, "host", "%s quotes an item in a form nobody can charge",
                     invoke.route->instance);
            problem_set(problem, "internal");
            rc = -1;
        }
        json_decref(answer);
    }
    snapshot_release(snapshot);
    return rc;
}

struct gate *quote_gate(const struct quote_desk *desk)
{
    for (unsigned i = 0; i < desk->count; i++)
        if (gate_loop(desk->gates[i]) == task_loop())
            return desk->gates[i];
    return NULL;
}

int quote_for_money(void *context, const struct payment *payment, const struct payment_line *line,
                    struct money_quote *out, struct err *err)
{
    const struct quote_desk *desk = context;
    struct quote_request request = {quote_gate(desk), line->instance, line->item,
                                    payment->currency};
    struct arena arena = {0};
    struct problem problem = {0};
    struct quote quote;
    int rc = request.gate ? quote_item(&request, &arena, &quote, &problem) : -1;
    if (rc == 0)
        *out = (struct money_quote){quote.owed, quote.amount};
    else if (problem.status >= 500 || !request.gate)
        rc = err_set(err, ERR_UNAVAILABLE, "the agency cannot say now");
    else
        rc = err_set(err, ERR_NOT_FOUND, "the agency does not know the item any more");
    problem_finish(&problem);
    arena_finish(&arena);
    return rc;
}
