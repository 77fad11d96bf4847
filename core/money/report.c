// SPDX-License-Identifier: Apache-2.0
#include "money/report.h"

#include "base/clock.h"
#include "money/csv.h"
#include "money/decimal.h"

#include <stdio.h>

enum { MOST_CELLS = 128, NOWHERE = -1 };

enum column { ID, TYPE, SOURCE, INTENT, AMOUNT, FEE, NET, CURRENCY, CREATED, PAYMENT, COLUMNS };

static const struct {
    const char *names[4];
    bool needed;
} columns[COLUMNS] = {
    [ID] = {{"id", "balance_transaction_id"}, true},
    [TYPE] = {{"type", "reporting_category"}, true},
    [SOURCE] = {{"source", "source_id", "charge_id", "charge"}, true},
    [INTENT] = {{"payment_intent_id", "payment_intent"}, false},
    [AMOUNT] = {{"amount", "gross"}, true},
    [FEE] = {{"fee"}, true},
    [NET] = {{"net"}, true},
    [CURRENCY] = {{"currency"}, true},
    [CREATED] = {{"created_utc", "created (utc)"}, true},
    [PAYMENT] = {{"payment_metadata[payment]"}, false},
};

static const struct {
    const char *type;
    enum report_kind kind;
} kinds[] = {
    {"charge", REPORT_CHARGE},   {"payment", REPORT_CHARGE},
    {"refund", REPORT_REFUND},   {"payment_refund", REPORT_REFUND},
    {"dispute", REPORT_DISPUTE}, {"dispute_reversal", REPORT_REVERSAL},
    {"stripe_fee", REPORT_FEE},  {"fee", REPORT_FEE},
    {"payout", REPORT_PAYOUT},
};

const char *report_kind_name(enum report_kind kind)
{
    static const char *const names[REPORT_KINDS] = {"charge",  "refund",
                                                    "dispute", "dispute-reversal",
                                                    "fee",     "payout",
                                                    "other"};
    return names[kind];
}

struct reader {
    const char *currency;
    struct arena *arena;
    struct csv csv;
    int at[COLUMNS]; // cell of each column
    struct str cells[MOST_CELLS];
    size_t count;
};

static int refuse(const struct reader *reader, enum column column, const char *why, struct err *err)
{
    return err_set(err, ERR_INVALID, "the provider's report, line %lld, %s: %s",
                   (long long)reader->csv.line, columns[column].names[0], why);
}

// ---- the header ----

static int find_column(const struct reader *reader, enum column column)
{
    for (size_t k = 0; k < 4 && columns[column].names[k]; k++)
        for (size_t i = 0; i < reader->count; i++)
            if (str_equal_ignoring_case(str_trim(reader->cells[i]),
                                        str_from(columns[column].names[k])))
                return (int)i;
    return NOWHERE;
}

static int read_header(struct reader *reader, struct err *err)
{
    int status =
        csv_next(&reader->csv, reader->arena, reader->cells, MOST_CELLS, &reader->count, err);
    if (status <= 0)
        return status < 0 ? err_prefix(err, "the provider's report")
                          : err_set(err, ERR_INVALID, "the provider's report is empty");
    for (int i = 0; i < COLUMNS; i++) {
        reader->at[i] = find_column(reader, (enum column)i);
        if (reader->at[i] == NOWHERE && columns[i].needed)
            return err_set(err, ERR_INVALID, "the provider's report has no column \"%s\"",
                           columns[i].names[0]);
    }
    return 0;
}

// ---- a row ----

static struct str cell(const struct reader *reader, enum column column)
{
    int at = reader->at[column];
    return at == NOWHERE ? (struct str){0} : str_trim(reader->cells[at]);
}

static bool read_instant(struct str text, int64_t *out)
{
    char iso[40];
    bool blank = text.size == 19 && text.data[10] == ' ';
    if (!text.size || text.size > sizeof iso - 2)
        return false;
    snprintf(iso, sizeof iso, STR_FORMAT "%s", STR_ARGUMENTS(text), blank ? "Z" : "");
    if (blank)
        iso[10] = 'T';
    return clock_parse(str_from(iso), out, NULL) == 0;
}

static enum report_kind kind_of(struct str type, int64_t amount)
{
    // Stripe's older exports call both ways of a dispute an adjustment.
    if (str_is(type, "adjustment"))
        return amount < 0 ? REPORT_DISPUTE : REPORT_REVERSAL;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_is(type, kinds[i].type))
            return kinds[i].kind;
    return REPORT_OTHER;
}

static int read_amounts(const struct reader *reader, struct report_row *row, struct err *err)
{
    static const char wrong[] = "not an amount like 12.50";
    int64_t net;
    if (!decimal_read(cell(reader, AMOUNT), reader->currency, &row->amount))
        return refuse(reader, AMOUNT, wrong, err);
    if (!decimal_read(cell(reader, FEE), reader->currency, &row->fee))
        return refuse(reader, FEE, wrong, err);
    if (!decimal_read(cell(reader, NET), reader->currency, &net))
        return refuse(reader, NET, wrong, err);
    if (net != row->amount - row->fee)
        return refuse(reader, NET, "is not the amount less the fee", err);
    return 0;
}

static int read_row(const struct reader *reader, struct report_row *row, struct err *err)
{
    *row = (struct report_row){.line = reader->csv.line};
    row->id = cell(reader, ID);
    row->source = cell(reader, SOURCE);
    row->charge = cell(reader, INTENT).size ? cell(reader, INTENT) : row->source;
    row->payment = cell(reader, PAYMENT);
    if (!row->id.size || row->id.size > 128)
        return refuse(reader, ID, "1 to 128 characters", err);
    if (!str_is_utf8(row->id) || !str_is_utf8(row->source) || !str_is_utf8(row->charge))
        return refuse(reader, ID, "not UTF-8", err);
    if (!str_equal_ignoring_case(cell(reader, CURRENCY), str_from(reader->currency)))
        return refuse(reader, CURRENCY, "not the city's", err);
    if (!read_instant(cell(reader, CREATED), &row->created))
        return refuse(reader, CREATED, "not a time like 2026-03-01 08:30:00", err);
    int status = read_amounts(reader, row, err);
    row->kind = kind_of(cell(reader, TYPE), row->amount);
    return status;
}

static size_t count_lines(struct str text)
{
    size_t lines = 1;
    for (size_t i = 0; i < text.size; i++)
        lines += text.data[i] == '\n';
    return lines;
}

int report_read(struct str text, const char *currency, struct arena *arena, struct report *out,
                struct err *err)
{
    struct reader *reader = arena_zero(arena, sizeof *reader);
    reader->currency = currency;
    reader->arena = arena;
    csv_init(&reader->csv, text);
    *out = (struct report){0};
    int status = read_header(reader, err);
    size_t cells = reader->count;
    if (status < 0)
        return status;
    out->rows = arena_alloc(arena, count_lines(text) * sizeof *out->rows);
    while (status == 0 && (status = csv_next(&reader->csv, arena, reader->cells, MOST_CELLS,
                                             &reader->count, err)) == 1) {
        if (reader->count != cells)
            return err_set(err, ERR_INVALID,
                           "the provider's report, line %lld: %zu cells where the header has %zu",
                           (long long)reader->csv.line, reader->count, cells);
        status = read_row(reader, &out->rows[out->count++], err);
        if (status < 0)
            return status;
    }
    return status < 0 ? err_prefix(err, "the provider's report") : 0;
}
