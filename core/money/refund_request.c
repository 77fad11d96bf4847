// SPDX-License-Identifier: Apache-2.0
#include "money/refund_request.h"

#include "money/money_internal.h"

#include <stdio.h>

STORE_SQL(request_make,
          "INSERT INTO refund_request (id, payment, line, amount, reason, seen, asked_by, asked, "
          "state, decided) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
STORE_SQL(request_end, "UPDATE refund_request SET state = $2, decided_by = $3, decided = $4 "
                       "WHERE id = $1 AND state = 'asked'");
STORE_SQL(request_find,
          "SELECT r.id, r.payment, r.line, r.amount, r.seen, r.reason, r.asked_by, r.asked, "
          "p.currency, l.instance FROM refund_request AS r JOIN payment AS p ON p.id = r.payment "
          "JOIN payment_line AS l ON l.payment = r.payment AND l.line = r.line "
          "WHERE r.state = 'asked' AND r.id = $1");
STORE_SQL(request_waiting,
          "SELECT r.id, r.payment, r.line, r.amount, r.seen, r.reason, r.asked_by, r.asked, "
          "p.currency, l.instance FROM refund_request AS r JOIN payment AS p ON p.id = r.payment "
          "JOIN payment_line AS l ON l.payment = r.payment AND l.line = r.line "
          "WHERE r.state = 'asked' ORDER BY r.id LIMIT $1");

static int insert(struct store_db *db, const struct id *id, const struct refund_asking *asking,
                  int64_t now, bool at_once, struct err *err)
{
    return store_exec(db, request_make,
                      BIND(bind_text(id_str(id)), bind_text(id_str(asking->payment)),
                           bind_int(asking->line), bind_int(asking->amount),
                           bind_string(asking->reason), bind_int(asking->seen),
                           bind_string(asking->by), bind_int(now),
                           bind_string(at_once ? "approved" : "asked"),
                           at_once ? bind_int(now) : bind_null()),
                      err);
}

int refund_decide(struct store_db *db, const struct refund_decision *decision, struct err *err)
{
    if (decision->asking)
        return insert(db, decision->request, decision->asking, decision->now, true, err);
    int rows = store_exec(db, request_end,
                          BIND(bind_text(id_str(decision->request)), bind_string("approved"),
                               bind_string(decision->by), bind_int(decision->now)),
                          err);
    return rows == 0 ? err_set(err, ERR_NOT_FOUND, "no refund with this id waits") : rows;
}

// --- asking --------------------------------------------------------------------------------------

static int check_asking(const struct refund_asking *asking, struct err *err)
{
    if (!asking->by[0] || strlen(asking->by) >= REFUND_PERSON)
        return err_set(err, ERR_INVALID, "who asks is 1 to %d bytes", REFUND_PERSON - 1);
    if (!asking->reason || !asking->reason[0] || strlen(asking->reason) >= REFUND_REASON)
        return err_set(err, ERR_INVALID, "a refund has a reason of up to %d bytes",
                       REFUND_REASON - 1);
    return asking->amount < 1 ? err_set(err, ERR_INVALID, "a refund is at least 1") : 0;
}

struct ask_job {
    const struct refund_asking *asking;
    struct arena *arena;
    struct id id;
    int64_t now;
};

static int ask_job(struct store_db *db, void *argument, struct err *err)
{
    struct ask_job *job = argument;
    const struct refund_asking *asking = job->asking;
    struct payment *payment;
    int status = payment_read(db, id_str(asking->payment), job->arena, &payment, err);
    if (status < 0)
        return status;
    status = refund_check(payment, asking->line, asking->amount, asking->seen, err);
    return status < 0 ? status : insert(db, &job->id, asking, job->now, false, err);
}

static int refund_now(struct money *money, const struct money_refund *refund, struct err *err)
{
    struct money_answer answer;
    int status = payment_refund(money, refund, &answer, err);
    buf_finish(&answer.body);
    return status;
}

// The request's id is the refund's key: approving it twice is approving it once.
static struct idempotency_key key_of(const struct id *request)
{
    return (struct idempotency_key){.caller = STR("operator"),
                                    .route = STR("refund request"),
                                    .key = id_str(request),
                                    .request = crypto_sha256(id_str(request))};
}

static int ask(struct money *money, struct ask_job *job, struct err *err)
{
    const struct refund_asking *asking = job->asking;
    struct refund_decision decision = {&job->id, NULL, asking, job->now};
    struct money_refund refund = {.key = key_of(&job->id),
                                  .payment = asking->payment,
                                  .line = asking->line,
                                  .amount = asking->amount,
                                  .seen = asking->seen,
                                  .reason = asking->reason,
                                  .decision = &decision};
    bool alone = asking->amount <= money->config.refund_alone;
    int status =
        alone ? refund_now(money, &refund, err) : store_run(money->config.store, ask_job, job, err);
    return status < 0 ? status : alone;
}

int refund_ask(struct money *money, const struct refund_asking *asking, struct id *id,
               struct err *err)
{
    struct arena arena = {0};
    struct ask_job job = {.asking = asking, .arena = &arena, .now = money_now(money)};
    int status = check_asking(asking, err);
    job.id = *id = money_id(money, job.now);
    if (status == 0)
        status = ask(money, &job, err);
    arena_finish(&arena);
    return status;
}

// --- deciding ------------------------------------------------------------------------------------

static void read_request(const struct store_cursor *row, struct refund_request *request)
{
    *request = (struct refund_request){.line = cursor_int(row, 2),
                                       .amount = cursor_int(row, 3),
                                       .seen = cursor_int(row, 4),
                                       .asked = cursor_int(row, 7)};
    request->id = id_from(cursor_text(row, 0));
    request->payment = id_from(cursor_text(row, 1));
    cursor_copy(row, 5, request->reason, sizeof request->reason);
    cursor_copy(row, 6, request->asked_by, sizeof request->asked_by);
    cursor_copy(row, 8, request->currency, sizeof request->currency);
    cursor_copy(row, 9, request->instance, sizeof request->instance);
}

struct find_job {
    struct str id;
    struct refund_request *out;
};

static int find_job(struct store_db *db, void *argument, struct err *err)
{
    struct find_job *job = argument;
    struct store_cursor row;
    int found = store_one(db, request_find, BIND(bind_text(job->id)), &row, err);
    if (found <= 0)
        return found < 0 ? found : err_set(err, ERR_NOT_FOUND, "no refund with this id waits");
    read_request(&row, job->out);
    cursor_finish(&row);
    return 0;
}

static int find(struct money *money, struct str id, const char *by, struct refund_request *out,
                struct err *err)
{
    struct find_job job = {id, out};
    if (!by[0] || strlen(by) >= REFUND_PERSON)
        return err_set(err, ERR_INVALID, "who decides is 1 to %d bytes", REFUND_PERSON - 1);
    return store_read(money->config.store, find_job, &job, err);
}

int refund_approve(struct money *money, struct str id, const char *by, struct err *err)
{
    struct refund_request request;
    int status = find(money, id, by, &request, err);
    if (status < 0)
        return status;
    if (strcmp(request.asked_by, by) == 0)
        return err_set(err, ERR_DENIED, "%s asked for it: somebody else has to approve it", by);
    struct refund_decision decision = {&request.id, by, NULL, money_now(money)};
    struct money_refund refund = {.key = key_of(&request.id),
                                  .payment = &request.payment,
                                  .line = request.line,
                                  .amount = request.amount,
                                  .seen = request.seen,
                                  .reason = request.reason,
                                  .decision = &decision};
    return refund_now(money, &refund, err);
}

struct decline_job {
    const struct id *id;
    const char *by;
    int64_t now;
};

// Whoever asked may take it back: then nobody decided.
static int decline_job(struct store_db *db, void *argument, struct err *err)
{
    const struct decline_job *job = argument;
    int rows = store_exec(db, request_end,
                          BIND(bind_text(id_str(job->id)), bind_string("declined"),
                               bind_string(job->by), bind_int(job->now)),
                          err);
    return rows == 0 ? err_set(err, ERR_NOT_FOUND, "no refund with this id waits") : rows;
}

int refund_decline(struct money *money, struct str id, const char *by, struct err *err)
{
    struct refund_request request;
    int status = find(money, id, by, &request, err);
    if (status < 0)
        return status;
    bool own = strcmp(request.asked_by, by) == 0;
    struct decline_job job = {&request.id, own ? NULL : by, money_now(money)};
    status = store_run(money->config.store, decline_job, &job, err);
    return status < 0 ? status : 0;
}

struct list_job {
    struct refund_request *requests;
    size_t limit, count;
};

static int list_job(struct store_db *db, void *argument, struct err *err)
{
    struct list_job *job = argument;
    struct store_cursor row;
    job->count = 0;
    int status = store_query(db, request_waiting, BIND(bind_int((int64_t)job->limit)), &row, err);
    while (status == 0 && (status = cursor_next(&row, err)) == 1) {
        read_request(&row, &job->requests[job->count++]);
        status = 0;
    }
    return status;
}

int refund_list(struct money *money, struct refund_request *requests, size_t limit, struct err *err)
{
    struct list_job job = {requests, limit, 0};
    int status = store_read(money->config.store, list_job, &job, err);
    return status < 0 ? status : (int)job.count;
}
