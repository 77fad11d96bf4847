// SPDX-License-Identifier: Apache-2.0
// The operator's requests about money: the books as a whole, settlements, reconciliation, disputes.

#include "base/json.h"
#include "base/url.h"
#include "money/dispute.h"
#include "money/reconcile.h"
#include "money/verify.h"
#include "ops/admin_internal.h"

enum { MOST_DAYS = 400, MOST_DISPUTES = 1000 }; // closed by one request; listed

// ---- the books as a whole ----

static json_t *findings_json(const struct verify_report *report)
{
    json_t *list = json_array();
    for (size_t i = 0; i < report->count; i++) {
        const struct verify_finding *finding = &report->findings[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:s}", "check", finding->check,
                                              "rule", finding->what, "count",
                                              (json_int_t)finding->count, "first", finding->first));
    }
    return list;
}

static void verify(struct admin *admin, struct http_request *request, struct http_reply *reply)
{
    (void)request;
    struct verify_report report;
    struct err err;
    if (store_read(admin->metrics->store, money_verify, &report, &err) < 0) {
        admin_reply_err(reply, &err);
        return;
    }
    const struct ledger_report *ledger = &report.ledger;
    admin_reply(reply, 200,
                json_pack("{s:b, s:I, s:I, s:I, s:s, s:I, s:I, s:o}", "whole",
                          verify_whole(&report), "accounts", (json_int_t)ledger->accounts,
                          "transfers", (json_int_t)ledger->transfers, "differing",
                          (json_int_t)ledger->differing, "first", ledger->first, "sum",
                          (json_int_t)ledger->sum, "wallets_below_zero",
                          (json_int_t)ledger->negative_guarded, "findings",
                          findings_json(&report)));
}

// ---- settlement ----

static int settle_one(struct admin *admin, struct http_request *request, const char *day,
                      json_t *days, struct err *err)
{
    struct settlement_day *closed;
    struct settlement_order order = {.terms = &admin->terms,
                                     .day = day,
                                     .dry = admin_field(request, "dry_run") != NULL};
    int rc = settlement_close(admin->money, &order, &request->arena, &closed, err);
    if (rc == 0)
        json_array_append_new(days, settlement_json(closed));
    return rc;
}

// All days that are over, oldest first; a dry run cannot look past the first.
static int settle_due(struct admin *admin, struct http_request *request, json_t *days,
                      struct err *err)
{
    char day[CLOCK_DATE];
    int due = 1;
    for (int i = 0; i < MOST_DAYS && due > 0; i++) {
        due = settlement_due(admin->money, &admin->terms, day, err);
        if (due > 0 && settle_one(admin, request, day, days, err) < 0)
            return err->code;
        if (admin_field(request, "dry_run"))
            break;
    }
    return due < 0 ? due : 0;
}

static void settle(struct admin *admin, struct http_request *request, struct http_reply *reply)
{
    struct err err;
    const char *day = admin_field(request, "day");
    json_t *days = json_array();
    int rc =
        day ? settle_one(admin, request, day, days, &err) : settle_due(admin, request, days, &err);
    // What was closed before one was refused is closed, and has files to be fetched.
    if (rc == 0 || json_array_size(days)) {
        admin_reply(reply, 200,
                    json_pack("{s:o, s:s}", "days", days, "refused", rc < 0 ? err.message : ""));
        return;
    }
    json_decref(days);
    admin_reply_err(reply, &err);
}

// "2026-03-01/report.csv" below /money/settlements/.
static void get_file(struct admin *admin, struct str rest, struct http_request *request,
                     struct http_reply *reply)
{
    struct err err;
    const char *day = arena_string(&request->arena, str_cut(&rest, '/'));
    bool report = str_is(rest, "report.csv");
    if (!report && !str_is(rest, "pain.001.xml")) {
        admin_reply_error(reply, 404, "not-found", "a settlement has report.csv and pain.001.xml");
        return;
    }
    int rc = report ? settlement_report(admin->money, day, &reply->body, &err)
                    : settlement_pain(admin->money, day, &reply->body, &err);
    if (rc < 0)
        admin_reply_err(reply, &err);
    else
        http_reply_field(reply, "content-type", report ? STR("text/csv") : STR("application/xml"));
}

// ---- reconciliation ----

static int read_files(struct http_request *request, struct reconcile_order *order, struct err *err)
{
    int64_t size;
    if (!order->day ||
        !str_to_integer(url_find_pair(request->query, "report_bytes", &request->arena), 0,
                        (int64_t)request->body.size, &size))
        return err_set(err, ERR_INVALID,
                       "a reconciliation names a day and the size of the provider's report");
    order->report = (struct str){request->body.data, (size_t)size};
    order->statement = str_from_offset(request->body, (size_t)size);
    return 0;
}

static void reconcile(struct admin *admin, struct http_request *request, struct http_reply *reply)
{
    struct err err;
    struct reconciliation *result;
    struct reconcile_order order = {.day = admin_field(request, "day"),
                                    .provider = admin->provider,
                                    .currency = admin->currency,
                                    .report_bytes = admin->report_bytes,
                                    .bank = admin->statement,
                                    .post = admin_field(request, "post") != NULL};
    int rc = read_files(request, &order, &err);
    if (rc == 0)
        rc = money_reconcile(admin->money, &order, &request->arena, &result, &err);
    if (rc < 0)
        admin_reply_err(reply, &err);
    else
        admin_reply(reply, 200, reconcile_json(result));
}

// ---- disputes ----

static void list_disputes(struct admin *admin, struct http_request *request,
                          struct http_reply *reply)
{
    struct err err;
    json_t *list;
    (void)request;
    if (dispute_list(admin->money, MOST_DISPUTES, &list, &err) < 0)
        admin_reply_err(reply, &err);
    else
        admin_reply(reply, 200, json_pack("{s:o}", "disputes", list));
}

static void assign_dispute(struct admin *admin, struct str id, struct http_request *request,
                           struct http_reply *reply)
{
    struct err err;
    int64_t line;
    if (!str_to_integer(url_find_pair(request->query, "line", &request->arena), 1, 1000, &line)) {
        admin_reply_error(reply, 422, "invalid", "name the line of the payment, from 1");
        return;
    }
    const char *name = arena_string(&request->arena, id);
    if (dispute_assign(admin->money, admin->provider, name, line, &err) < 0)
        admin_reply_err(reply, &err);
    else
        list_disputes(admin, request, reply);
}

// ---- finding the verb ----

static const struct money_verb {
    const char *method;
    const char *path;
    void (*run)(struct admin *admin, struct http_request *request, struct http_reply *reply);
} verbs[] = {
    {"GET", "/money/verify", verify},
    {"POST", "/money/settle", settle},
    {"POST", "/money/reconcile", reconcile},
    {"GET", "/money/disputes", list_disputes},
};

bool admin_run_money(struct admin *admin, struct http_request *request, struct http_reply *reply)
{
    static const struct str settlements = {"/money/settlements/", 19};
    static const struct str disputes = {"/money/disputes/", 16};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (!str_is(request->path, verbs[i].path) || !str_is(request->method, verbs[i].method))
            continue;
        verbs[i].run(admin, request, reply);
        return true;
    }
    bool file = str_starts(request->path, settlements) && str_is(request->method, "GET");
    bool dispute = str_starts(request->path, disputes) && str_is(request->method, "POST");
    if (file)
        get_file(admin, str_from_offset(request->path, settlements.size), request, reply);
    else if (dispute)
        assign_dispute(admin, str_from_offset(request->path, disputes.size), request, reply);
    return file || dispute;
}
