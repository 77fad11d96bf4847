// SPDX-License-Identifier: Apache-2.0
#include "money/payment.h"

#include "base/clock.h"
#include "base/json.h"
#include "money/money_internal.h"

#include <stdio.h>

static const char *const states[PAYMENT_STATES] = {"created", "authorized", "captured", "voided",
                                                   "expired", "failed",     "refunded"};
static const char *const line_states[] = {"open", "paid", "released", "refunded"};

const char *payment_state_name(enum payment_state state)
{
    return states[state];
}

const char *payment_line_state_name(enum payment_line_state state)
{
    return line_states[state];
}

static int index_of(const char *const *names, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_is(name, names[i]))
            return (int)i;
    return 0; // the database's CHECK lets no other name in
}

bool payment_may_move(enum payment_state from, enum payment_state to)
{
    switch (to) {
    case PAYMENT_AUTHORIZED:
        return from == PAYMENT_CREATED;
    case PAYMENT_CAPTURED:
        return from == PAYMENT_AUTHORIZED;
    case PAYMENT_VOIDED:
    case PAYMENT_EXPIRED:
    case PAYMENT_FAILED:
        return from == PAYMENT_CREATED || from == PAYMENT_AUTHORIZED;
    case PAYMENT_REFUNDED:
        return from == PAYMENT_CAPTURED;
    default:
        return false;
    }
}

STORE_SQL(payment_set_state, "UPDATE payment SET state = $3 WHERE id = $1 AND state = $2");

int payment_move(struct store_db *db, const struct id *id, enum payment_state from,
                 enum payment_state to, struct err *err)
{
    if (!payment_may_move(from, to))
        return err_set(err, ERR_CONFLICT, "a payment never goes from %s to %s", states[from],
                       states[to]);
    int rows =
        store_exec(db, payment_set_state,
                   BIND(bind_text(id_str(id)), bind_string(states[from]), bind_string(states[to])),
                   err);
    return rows == 0 ? err_set(err, ERR_CONFLICT, "the payment is not %s", states[from]) : rows;
}

// --- writing -----------------------------------------------------------------------------------

STORE_SQL(
    payment_make,
    "INSERT INTO payment (id, payer, provider, currency, state, total, authorized, captured, "
    "refunding, refunded, language, receipt, created, expires, authorized_at, captured_at, "
    "next_check, checks, hold, receipt_code, device) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, "
    "$9, $10, $11, $12, $13, $14, $15, 0, $16, $17, $18)");
STORE_SQL(payment_make_line,
          "INSERT INTO payment_line (payment, line, instance, item, title_en, title_ar, reference, "
          "pseudonym, amount, refunding, refunded, state, fee, accepted) "
          "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, $10, $11, $12)");

static struct store_value bind_time(int64_t ms)
{
    return ms ? bind_int(ms) : bind_null();
}

static struct store_value bind_id(const struct id *id)
{
    return id->text[0] ? bind_text(id_str(id)) : bind_null();
}

static int insert_line(struct store_db *db, const struct payment *payment,
                       const struct payment_line *line, struct err *err)
{
    return store_exec(db, payment_make_line,
                      BIND(bind_text(id_str(&payment->id)), bind_int(line->number),
                           bind_text(line->instance), bind_text(line->item),
                           bind_text(line->title_en), bind_text(line->title_ar),
                           bind_text(line->reference), bind_text(line->pseudonym),
                           bind_int(line->amount), bind_string(line_states[line->state]),
                           bind_int(line->fee),
                           line->accepted < 0 ? bind_null() : bind_int(line->accepted)),
                      err);
}

int payment_insert(struct store_db *db, const struct payment *payment, int64_t next_check,
                   struct err *err)
{
    int status =
        store_exec(db, payment_make,
                   BIND(bind_text(id_str(&payment->id)), bind_id(&payment->payer),
                        bind_string(payment->provider), bind_string(payment->currency),
                        bind_string(states[payment->state]), bind_int(payment->total),
                        bind_int(payment->authorized), bind_int(payment->captured),
                        bind_string(payment->language),
                        payment->receipt.size ? bind_text(payment->receipt) : bind_null(),
                        bind_int(payment->created), bind_int(payment->expires),
                        bind_time(payment->authorized_at), bind_time(payment->captured_at),
                        bind_time(next_check), bind_int(payment->hold),
                        payment->receipt_code.size ? bind_text(payment->receipt_code) : bind_null(),
                        payment->device.size ? bind_text(payment->device) : bind_null()),
                   err);
    for (size_t i = 0; status >= 0 && i < payment->count; i++)
        status = insert_line(db, payment, &payment->lines[i], err);
    return status < 0 ? status : 0;
}

// --- reading -----------------------------------------------------------------------------------

STORE_SQL(
    payment_by_id,
    "SELECT p.payer, p.provider, p.currency, p.state, p.total, p.authorized, p.captured, "
    "p.refunding, p.refunded, p.language, p.session, p.charge, p.redirect, p.reason, "
    "p.receipt, p.created, p.expires, p.authorized_at, p.captured_at, p.checks, "
    "(SELECT count(*) FROM payment_line AS l WHERE l.payment = p.id), p.hold, p.receipt_code, "
    "p.device "
    "FROM payment AS p WHERE p.id = $1");
STORE_SQL(payment_lines, "SELECT line, instance, item, title_en, title_ar, reference, pseudonym, "
                         "amount, refunding, refunded, state, delivered, fee, accepted, reason "
                         "FROM payment_line "
                         "WHERE payment = $1 ORDER BY line");

static struct str keep_text(const struct store_cursor *row, int column, struct arena *arena)
{
    struct str text = cursor_text(row, column);
    return (struct str){arena_string(arena, text), text.size};
}

static void read_head(const struct store_cursor *row, struct arena *arena, struct payment *payment)
{
    payment->payer = id_from(cursor_text(row, 0));
    cursor_copy(row, 1, payment->provider, sizeof payment->provider);
    cursor_copy(row, 2, payment->currency, sizeof payment->currency);
    payment->state = (enum payment_state)index_of(states, PAYMENT_STATES, cursor_text(row, 3));
    payment->total = cursor_int(row, 4);
    payment->authorized = cursor_int(row, 5);
    payment->captured = cursor_int(row, 6);
    payment->refunding = cursor_int(row, 7);
    payment->refunded = cursor_int(row, 8);
    cursor_copy(row, 9, payment->language, sizeof payment->language);
    payment->session = keep_text(row, 10, arena);
    payment->charge = keep_text(row, 11, arena);
    payment->redirect = keep_text(row, 12, arena);
    payment->reason = keep_text(row, 13, arena);
    payment->receipt = keep_text(row, 14, arena);
    payment->created = cursor_int(row, 15);
    payment->expires = cursor_int(row, 16);
    payment->authorized_at = cursor_int(row, 17);
    payment->captured_at = cursor_int(row, 18);
    payment->checks = cursor_int(row, 19);
    payment->count = (size_t)cursor_int(row, 20);
    payment->hold = cursor_int(row, 21) != 0;
    payment->receipt_code = keep_text(row, 22, arena);
    payment->device = keep_text(row, 23, arena);
    payment->lines = arena_zero(arena, payment->count * sizeof *payment->lines);
}

static void read_line(const struct store_cursor *row, struct arena *arena,
                      struct payment_line *line)
{
    line->number = cursor_int(row, 0);
    line->instance = keep_text(row, 1, arena);
    line->item = keep_text(row, 2, arena);
    line->title_en = keep_text(row, 3, arena);
    line->title_ar = keep_text(row, 4, arena);
    line->reference = keep_text(row, 5, arena);
    line->pseudonym = keep_text(row, 6, arena);
    line->amount = cursor_int(row, 7);
    line->refunding = cursor_int(row, 8);
    line->refunded = cursor_int(row, 9);
    line->state = (enum payment_line_state)index_of(line_states, 4, cursor_text(row, 10));
    line->delivered = cursor_int(row, 11);
    line->fee = cursor_int(row, 12);
    line->accepted = cursor_null(row, 13) ? PAYMENT_UNDECIDED : cursor_int(row, 13);
    line->reason = keep_text(row, 14, arena);
    // An older host takes lines as a whole and does not say so.
    bool taken = line->state == LINE_PAID || line->state == LINE_REFUNDED;
    if (taken && line->accepted == PAYMENT_UNDECIDED)
        line->accepted = line->amount;
}

int payment_read(struct store_db *db, struct str id, struct arena *arena, struct payment **out,
                 struct err *err)
{
    struct store_cursor row;
    int status = store_one(db, payment_by_id, BIND(bind_text(id)), &row, err);
    if (status <= 0)
        return status < 0 ? status : err_set(err, ERR_NOT_FOUND, "no such payment");
    struct payment *payment = arena_zero(arena, sizeof *payment);
    payment->id = id_from(id);
    read_head(&row, arena, payment);
    cursor_finish(&row);
    status = store_query(db, payment_lines, BIND(bind_text(id)), &row, err);
    for (size_t i = 0; status >= 0 && i < payment->count; i++)
        if ((status = cursor_next(&row, err)) == 1)
            read_line(&row, arena, &payment->lines[i]);
    cursor_finish(&row);
    *out = payment;
    return status < 0 ? status : 0;
}

int64_t payment_line_left(const struct payment_line *line)
{
    return line->state == LINE_PAID ? line->accepted - line->refunded - line->refunding : 0;
}

// --- as JSON -----------------------------------------------------------------------------------

static void write_money(struct buf *out, const char *name, int64_t amount, const char *currency)
{
    buf_append_texts(out, "\"", name, "\":{\"amount\":", NULL);
    buf_append_integer(out, amount);
    buf_append_texts(out, ",\"currency\":\"", currency, "\"}", NULL);
}

static void write_text(struct buf *out, const char *name, struct str text)
{
    buf_append_texts(out, "\"", name, "\":", NULL);
    json_append_string(out, text);
}

static void write_time(struct buf *out, const char *name, int64_t ms)
{
    char text[CLOCK_TEXT];
    clock_format(ms, text);
    buf_append_texts(out, ",\"", name, "\":\"", text, "\"", NULL);
}

static void write_line(struct buf *out, const struct payment *payment,
                       const struct payment_line *line)
{
    buf_append_text(out, "{\"line\":");
    buf_append_integer(out, line->number);
    buf_append_char(out, ',');
    write_text(out, "instance", line->instance);
    buf_append_char(out, ',');
    write_text(out, "item", line->item);
    buf_append_text(out, ",\"title\":{");
    write_text(out, "en", line->title_en);
    buf_append_char(out, ',');
    write_text(out, "ar", line->title_ar);
    buf_append_text(out, "},");
    write_text(out, "reference", line->reference);
    buf_append_char(out, ',');
    write_money(out, "amount", line->amount, payment->currency);
    if (line->fee) {
        buf_append_char(out, ',');
        write_money(out, "fee", line->fee, payment->currency);
    }
    if (line->state != LINE_OPEN && line->state != LINE_RELEASED && line->accepted < line->amount) {
        buf_append_char(out, ',');
        write_money(out, "captured", line->accepted, payment->currency);
    }
    if (line->refunded) {
        buf_append_char(out, ',');
        write_money(out, "refunded", line->refunded, payment->currency);
    }
    buf_append_texts(out, ",\"state\":\"", line_states[line->state], "\"", NULL);
    if (line->reason.size) {
        buf_append_char(out, ',');
        write_text(out, "reason", line->reason);
    }
    if (line->state == LINE_PAID)
        buf_append_texts(out, ",\"delivered\":", line->delivered ? "true" : "false", NULL);
    buf_append_char(out, '}');
}

void payment_write_json(void *context, const struct payment *payment, struct buf *out)
{
    (void)context;
    buf_append_texts(out, "{\"payment\":\"", payment->id.text, "\",\"state\":\"",
                     states[payment->state], "\",\"provider\":\"", payment->provider, "\",", NULL);
    write_money(out, "total", payment->total, payment->currency);
    if (payment->hold)
        buf_append_text(out, ",\"hold\":true");
    if (payment->captured && payment->captured < payment->total) {
        buf_append_char(out, ',');
        write_money(out, "captured", payment->captured, payment->currency);
    }
    if (payment->refunded) {
        buf_append_char(out, ',');
        write_money(out, "refunded", payment->refunded, payment->currency);
    }
    const struct {
        const char *name;
        struct str text;
    } texts[] = {{"receipt", payment->receipt},
                 {"receipt_code", payment->receipt_code},
                 {"reason", payment->reason},
                 {"redirect", payment->redirect}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (!texts[i].text.size)
            continue;
        buf_append_char(out, ',');
        write_text(out, texts[i].name, texts[i].text);
    }
    write_time(out, "created", payment->created);
    if (payment->captured_at)
        write_time(out, "paid", payment->captured_at);
    buf_append_text(out, ",\"lines\":[");
    for (size_t i = 0; i < payment->count; i++) {
        if (i)
            buf_append_char(out, ',');
        write_line(out, payment, &payment->lines[i]);
    }
    buf_append_text(out, "]}");
}
