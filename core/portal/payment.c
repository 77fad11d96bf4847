// SPDX-License-Identifier: Apache-2.0
// Where a payment stands, the way back to the provider's page, giving up, and the receipt. The page
// survives reload, a closed tab and the back button: it always shows what the store holds.

#include "base/json.h"
#include "base/url.h"
#include "host/quote.h"
#include "money/pay.h"
#include "portal/payment_view.h"
#include "portal/visit.h"

enum { WAIT_MS = 2000 };

// The payment that the path names, when this browser may see it; otherwise a problem was answered.
static struct payment *find(struct visit *visit)
{
    struct err err;
    struct payment *payment;
    int rc =
        money_payment(visit->portal->services.money, visit->part[0], visit->arena, &payment, &err);
    if (rc < 0) {
        visit_problem_err(visit, &err);
        return NULL;
    }
    if (!payment->payer.text[0])
        return payment;
    if (!visit->signed_in) {
        visit_ask_to_sign_in(visit);
        return NULL;
    }
    if (str_equal(id_str(&payment->payer), id_str(&visit->identity.account)))
        return payment;
    visit_problem_code(visit, "not-found");
    return NULL;
}

// Whoever comes back from the provider need not wait for its webhook: the host asks.
static struct payment *find_advanced(struct visit *visit)
{
    struct err err;
    struct payment *payment = find(visit);
    if (!payment || !payment_is_open(payment))
        return payment;
    struct id id = payment->id;
    payment_wait(visit->portal->services.money, &id, WAIT_MS, &err);
    return find(visit);
}

// While what is taken is still being decided (a tank is being filled), the agency's own page shows
// how far it is.
static bool go_to_follow(struct visit *visit, const struct payment *payment)
{
    struct snapshot *snapshot = gate_pin(visit->portal->services.gate);
    const struct operation *follow = quote_follow(payment, snapshot);
    if (follow) {
        struct buf path = {0};
        buf_printf(&path, "/" STR_FORMAT "/%s?item=", STR_ARGUMENTS(payment->lines[0].instance),
                   follow->id);
        url_encode(payment->lines[0].item, &path);
        visit_redirect(visit, path.data);
        buf_finish(&path);
    }
    snapshot_release(snapshot);
    return follow != NULL;
}

// While money or an agency is still on the way the page has something to follow.
static unsigned refresh_of(const json_t *model)
{
    enum { PROCESSING_SECONDS = 3, WAITING_SECONDS = 5 };
    const char *state = json_get_string(model, "state");
    if (state && strcmp(state, "processing") == 0)
        return PROCESSING_SECONDS;
    return state && strcmp(state, "waiting") == 0 ? WAITING_SECONDS : 0;
}

void visit_payment(struct visit *visit)
{
    struct payment *payment = find(visit);
    if (!payment || go_to_follow(visit, payment))
        return;
    payment = find_advanced(visit);
    if (!payment || go_to_follow(visit, payment))
        return;
    struct snapshot *snapshot = gate_pin(visit->portal->services.gate);
    json_t *model = payment_status(payment, snapshot);
    snapshot_release(snapshot);
    visit->page.refresh = refresh_of(model);
    visit_show(visit, 200, "payment-status", model);
    json_decref(model);
}

void visit_payment_continue(struct visit *visit)
{
    struct payment *payment = find_advanced(visit);
    if (!payment)
        return;
    if (payment->state == PAYMENT_CREATED && payment->redirect.size)
        visit_leave(visit, arena_string(visit->arena, payment->redirect));
    else
        visit_redirect(visit, arena_printf(visit->arena, "/payments/%s", payment->id.text));
}

void visit_payment_cancel(struct visit *visit)
{
    struct err err;
    struct payment *payment = find(visit);
    if (!payment)
        return;
    struct id id = payment->id;
    if (payment_cancel(visit->portal->services.money, &id, &err) < 0)
        visit_problem_err(visit, &err);
    else
        visit_redirect(visit, arena_printf(visit->arena, "/payments/%s", id.text));
}

// What a receipt is rendered by: a page, or a file to keep.
typedef int receipt_renderer(const struct pages *pages, const struct page_context *context,
                             const struct page_operation *operation, const json_t *receipt,
                             struct buf *out, struct err *err);

// The payment when its receipt could be written; NULL when there is none, then that is answered.
static struct payment *write_receipt(struct visit *visit, receipt_renderer *render)
{
    struct err err;
    struct payment *payment = find(visit);
    if (payment && !payment->receipt.size) {
        visit_problem_code(visit, "not-found");
        payment = NULL;
    }
    if (!payment)
        return NULL;
    struct snapshot *snapshot = gate_pin(visit->portal->services.gate);
    json_t *receipt = payment_receipt(payment, snapshot, visit->portal->site->settings.public_url,
                                      pages_language_code(visit->language));
    json_object_set_new(receipt, "file_url",
                        json_sprintf("/payments/%s/receipt/file", payment->id.text));
    struct page_operation operation = {.instance = "payments",
                                       .operation = "receipt",
                                       .safe = true};
    int rc = render(visit->portal->site->pages, &visit->page, &operation, receipt,
                    &visit->reply->body, &err);
    json_decref(receipt);
    snapshot_release(snapshot);
    visit_rendered(visit, 200, rc, &err);
    return rc == 0 ? payment : NULL;
}

void visit_receipt(struct visit *visit)
{
    if (visit->signed_in)
        visit->page.keep = PAGES_KEEP_PERSONAL;
    write_receipt(visit, pages_render_result);
}

void visit_receipt_file(struct visit *visit)
{
    struct payment *payment = write_receipt(visit, pages_render_receipt_file);
    if (payment)
        http_reply_field(visit->reply, "content-disposition",
                         str_from(arena_printf(visit->arena,
                                               "attachment; filename=\"" STR_FORMAT ".html\"",
                                               STR_ARGUMENTS(payment->receipt))));
}
