// SPDX-License-Identifier: Apache-2.0
// What a closed day says, as files and as JSON. All of it is made anew from the rows and the
// transfers whenever it is asked for.
#include "money/settlement.h"

#include "money/decimal.h"
#include "money/money_internal.h"
#include "money/pain.h"

static const struct {
    const char *name;
    size_t offset;
} parts[] = {
    {"carried", offsetof(struct settlement, carried)},
    {"captured", offsetof(struct settlement, captured)},
    {"refunded", offsetof(struct settlement, refunded)},
    {"disputed", offsetof(struct settlement, disputed)},
    {"fees", offsetof(struct settlement, fees)},
    {"other", offsetof(struct settlement, other)},
    {"late", offsetof(struct settlement, late)},
    {"payable", offsetof(struct settlement, payable)},
    {"remainder", offsetof(struct settlement, remainder)},
};

enum { PARTS = sizeof parts / sizeof *parts };

static int64_t part(const struct settlement *s, size_t index)
{
    return *(const int64_t *)(const void *)((const char *)s + parts[index].offset);
}

// --- JSON ----------------------------------------------------------------------------------------

static json_t *text_json(struct str text)
{
    return json_stringn(text.data ? text.data : "", text.size);
}

static json_t *row_json(const struct settlement *s)
{
    json_t *row = json_pack("{s:o, s:o, s:s, s:o, s:s}", "instance", text_json(s->instance),
                            "agency", text_json(s->agency), "currency", s->currency, "iban",
                            text_json(s->iban), "reference", s->transfer.text);
    for (size_t i = 0; i < PARTS; i++)
        json_object_set_new(row, parts[i].name, json_integer(part(s, i)));
    return row;
}

json_t *settlement_json(const struct settlement_day *day)
{
    json_t *rows = json_array();
    char made[CLOCK_TEXT];
    int64_t payable = 0;
    clock_format_local(day->made, made);
    for (size_t i = 0; i < day->count; i++) {
        json_array_append_new(rows, row_json(&day->at[i]));
        payable += day->at[i].payable;
    }
    return json_pack("{s:s, s:s, s:s, s:b, s:I, s:o}", "day", day->day, "made", made, "execution",
                     day->execution, "planned", day->planned, "payable", (json_int_t)payable,
                     "settlements", rows);
}

// --- CSV -----------------------------------------------------------------------------------------

struct report_job {
    const char *day;
    struct arena *arena;
    struct buf *out;
};

STORE_SQL(settlement_transfers,
          "SELECT t.id, a.owner, t.reason, CASE WHEN t.credit = a.id THEN t.amount "
          "ELSE -t.amount END, t.payment, t.line, t.made, p.receipt "
          "FROM ledger_transfer AS t JOIN ledger_account AS a ON a.id IN (t.credit, t.debit) "
          "LEFT JOIN payment AS p ON p.id = t.payment "
          "WHERE t.id >= $1 AND t.id < $2 AND t.made >= $3 AND t.made < $4 "
          "AND a.kind = 'settlement' AND a.currency = $5 AND t.reason <> 'settlement' "
          "ORDER BY t.id, a.owner");

// A cell of RFC 4180: quoted where it has to be.
static void write_cell(struct buf *out, struct str text)
{
    bool plain = true;
    for (size_t i = 0; i < text.size; i++)
        plain = plain && !memchr(",\"\r\n", text.data[i], 4);
    if (plain) {
        buf_append_str(out, text);
        return;
    }
    buf_append_char(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"')
            buf_append_char(out, '"');
        buf_append_char(out, text.data[i]);
    }
    buf_append_char(out, '"');
}

static const struct settlement *find(const struct settlement_day *day, struct str instance,
                                     size_t *index)
{
    for (*index = 0; *index < day->count; ++*index)
        if (str_equal(day->at[*index].instance, instance))
            return &day->at[*index];
    return NULL;
}

static void write_start(struct buf *out, const struct settlement_day *day,
                        const struct settlement *s)
{
    buf_printf(out, "%s,", day->day);
    write_cell(out, s->agency);
    buf_append_char(out, ',');
    write_cell(out, s->instance);
    buf_append_char(out, ',');
}

static void write_transfer(struct buf *out, const struct settlement_day *day,
                           const struct settlement *s, const struct store_cursor *row)
{
    char made[CLOCK_TEXT];
    clock_format_local(cursor_int(row, 6), made);
    write_start(out, day, s);
    buf_append_str(out, cursor_text(row, 4));
    buf_append_char(out, ',');
    if (!cursor_null(row, 5))
        buf_append_integer(out, cursor_int(row, 5));
    buf_append_char(out, ',');
    buf_append_str(out, cursor_text(row, 7));
    buf_append_char(out, ',');
    write_cell(out, cursor_text(row, 2));
    buf_append_char(out, ',');
    decimal_write(out, cursor_int(row, 3), s->currency);
    buf_printf(out, ",%s,%s,", s->currency, made);
    buf_append_str(out, cursor_text(row, 0));
    buf_append_text(out, "\r\n");
}

static void write_totals(struct buf *out, const struct settlement_day *day)
{
    for (size_t i = 0; i < day->count; i++)
        for (size_t k = 0; k < PARTS; k++) {
            write_start(out, day, &day->at[i]);
            buf_printf(out, ",,,total %s,", parts[k].name);
            decimal_write(out, part(&day->at[i], k), day->at[i].currency);
            buf_printf(out, ",%s,,%s\r\n", day->at[i].currency,
                       strcmp(parts[k].name, "payable") == 0 ? day->at[i].transfer.text : "");
        }
}

// Every line, and what they add up to for each account.
static int write_transfers(struct store_db *db, struct report_job *job,
                           const struct settlement_day *day, int64_t *sums, struct err *err)
{
    struct id low = id_edge(day->began - SETTLEMENT_ID_SLACK_MS),
              high = id_edge(day->ended + SETTLEMENT_ID_SLACK_MS);
    struct store_cursor row;
    size_t index;
    int status =
        store_query(db, settlement_transfers,
                    BIND(bind_text(id_str(&low)), bind_text(id_str(&high)), bind_int(day->began),
                         bind_int(day->ended), bind_string(day->at[0].currency)),
                    &row, err);
    while (status == 0 && (status = cursor_next(&row, err)) == 1) {
        const struct settlement *s = find(day, cursor_text(&row, 1), &index);
        status =
            s ? 0 : err_set(err, ERR_CONFLICT, "an account opened after %s was settled", day->day);
        if (!s)
            break;
        sums[index] += cursor_int(&row, 3);
        write_transfer(job->out, day, s, &row);
    }
    cursor_finish(&row);
    return status;
}

static int check_sums(const struct settlement_day *day, const int64_t *sums, struct err *err)
{
    for (size_t i = 0; i < day->count; i++) {
        const struct settlement *s = &day->at[i];
        if (sums[i] == s->captured + s->refunded + s->disputed + s->fees + s->other)
            continue;
        return err_set(err, ERR_CONFLICT,
                       "transfers of " STR_FORMAT " came into %s after it was settled: its report "
                       "would not be what it was; they are \"late\" in the next day's",
                       STR_ARGUMENTS(s->instance), day->day);
    }
    return 0;
}

static int report_job(struct store_db *db, void *argument, struct err *err)
{
    struct report_job *job = argument;
    struct settlement_day *day;
    buf_clear(job->out);
    int status = settlement_load(db, job->day, job->arena, &day, err);
    if (status < 0)
        return status;
    int64_t *sums = arena_zero(job->arena, (day->count + 1) * sizeof *sums);
    buf_append_text(job->out, "day,agency,instance,payment,line,receipt,reason,amount,currency,"
                              "made,transfer\r\n");
    if (day->count)
        status = write_transfers(db, job, day, sums, err);
    if (status == 0)
        status = check_sums(day, sums, err);
    if (status == 0)
        write_totals(job->out, day);
    return status;
}

int settlement_report(struct money *money, const char *day, struct buf *out, struct err *err)
{
    struct arena arena = {0};
    struct report_job job = {day, &arena, out};
    int status = store_read(money->config.store, report_job, &job, err);
    arena_finish(&arena);
    return status;
}

int settlement_pain(struct money *money, const char *name, struct buf *out, struct err *err)
{
    struct arena arena = {0};
    struct settlement_day *day;
    int status = settlement_read(money, name, &arena, &day, err);
    if (status == 0)
        status = pain_write(day, out, err);
    arena_finish(&arena);
    return status;
}
