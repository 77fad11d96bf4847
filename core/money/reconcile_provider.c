// SPDX-License-Identifier: Apache-2.0
//
// The ledger's items and the provider's rows are matched by charge and kind: first those whose
// amounts agree, then the rest. Some days around the one asked for are looked at too, for what is
// on another day with one of both.
#include "money/reconcile.h"
#include "money/settlement.h"

#include <stdio.h>
#include <stdlib.h>

#define MARGIN_MS (INT64_C(3) * 24 * 60 * 60 * 1000)

// One charge, refund or dispute in the ledger, as the provider counts it: what it took is above
// zero.
struct item {
    enum report_kind kind;
    struct str charge, payment;
    int64_t amount, made;
    bool taken;
    int64_t order; // of time, for a stable order
};

struct items {
    struct item *at;
    size_t count;
};

STORE_SQL(reconcile_item_count,
          "SELECT count(*) FROM ledger_transfer AS t WHERE t.id >= $1 AND t.id < $2 "
          "AND t.made >= $3 AND t.made < $4 AND (t.debit = $5 OR t.credit = $5)");
// A capture of several lines is one charge at the provider.
STORE_SQL(reconcile_charges,
          "SELECT t.payment, coalesce(p.charge, ''), CAST(sum(t.amount) AS BIGINT), min(t.made) "
          "FROM ledger_transfer AS t JOIN payment AS p ON p.id = t.payment "
          "WHERE t.id >= $1 AND t.id < $2 AND t.made >= $3 AND t.made < $4 AND t.debit = $5 "
          "AND t.reason IN ('capture', 'fee') GROUP BY t.payment, p.charge");
STORE_SQL(reconcile_movements,
          "SELECT t.payment, coalesce(p.charge, ''), t.amount, t.made, t.reason "
          "FROM ledger_transfer AS t JOIN payment AS p ON p.id = t.payment "
          "WHERE t.id >= $1 AND t.id < $2 AND t.made >= $3 AND t.made < $4 "
          "AND (t.debit = $5 OR t.credit = $5) "
          "AND t.reason IN ('refund', 'dispute-opened', 'dispute-won') ORDER BY t.id");

static struct str keep(const struct store_cursor *row, int column, struct arena *arena)
{
    struct str text = cursor_text(row, column);
    return (struct str){arena_string(arena, text), text.size};
}

static void put_item(struct reconcile_job *job, struct items *items, const struct store_cursor *row,
                     enum report_kind kind)
{
    bool takes = kind == REPORT_CHARGE || kind == REPORT_REVERSAL;
    int64_t amount = cursor_int(row, 2);
    items->at[items->count] = (struct item){.kind = kind,
                                            .payment = keep(row, 0, job->arena),
                                            .charge = keep(row, 1, job->arena),
                                            .amount = takes ? amount : -amount,
                                            .made = cursor_int(row, 3),
                                            .order = (int64_t)items->count};
    items->count++;
}

static int by_charge(const void *left, const void *right)
{
    const struct item *a = left, *b = right;
    size_t size = a->charge.size < b->charge.size ? a->charge.size : b->charge.size;
    int order = size ? memcmp(a->charge.data, b->charge.data, size) : 0;
    if (order == 0)
        order = a->charge.size < b->charge.size ? -1 : a->charge.size > b->charge.size;
    return order ? order : a->order < b->order ? -1 : a->order > b->order;
}

static enum report_kind kind_of(struct str reason)
{
    return str_is(reason, "refund")           ? REPORT_REFUND
           : str_is(reason, "dispute-opened") ? REPORT_DISPUTE
                                              : REPORT_REVERSAL;
}

static int read_items(struct store_db *db, struct reconcile_job *job, struct items *items,
                      struct err *err)
{
    char account[LEDGER_NAME];
    int64_t from = job->began - MARGIN_MS, until = job->ended + MARGIN_MS;
    struct id low = id_edge(from - SETTLEMENT_ID_SLACK_MS);
    struct id high = id_edge(until + SETTLEMENT_ID_SLACK_MS);
    snprintf(account, sizeof account, "clearing:%s:%s", job->order->provider, job->order->currency);
    struct store_values range = BIND(bind_text(id_str(&low)), bind_text(id_str(&high)),
                                     bind_int(from), bind_int(until), bind_string(account));
    struct store_cursor row;
    int status = store_one(db, reconcile_item_count, range, &row, err);
    if (status < 0)
        return status;
    items->at = arena_alloc(job->arena, ((size_t)cursor_int(&row, 0) + 1) * sizeof *items->at);
    cursor_finish(&row);
    status = store_query(db, reconcile_charges, range, &row, err);
    while (status >= 0 && (status = cursor_next(&row, err)) == 1)
        put_item(job, items, &row, REPORT_CHARGE);
    if (status == 0)
        status = store_query(db, reconcile_movements, range, &row, err);
    while (status >= 0 && (status = cursor_next(&row, err)) == 1)
        put_item(job, items, &row, kind_of(cursor_text(&row, 4)));
    if (status == 0 && items->count)
        qsort(items->at, items->count, sizeof *items->at, by_charge);
    return status;
}

// --- matching ------------------------------------------------------------------------------------

static size_t first_of(const struct items *items, struct str charge)
{
    struct item key = {.charge = charge, .order = -1};
    size_t low = 0, high = items->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_charge(&items->at[middle], &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

enum wanted { FREE_AND_EQUAL, FREE, TAKEN };

static bool on_day(const struct reconcile_job *job, int64_t instant)
{
    return instant >= job->began && instant < job->ended;
}

// An item of the row's charge and kind; of several the one of the same day.
static struct item *find_item(const struct reconcile_job *job, const struct items *items,
                              const struct report_row *row, enum wanted wanted)
{
    struct item *found = NULL;
    for (size_t i = first_of(items, row->charge);
         i < items->count && str_equal(items->at[i].charge, row->charge); i++) {
        struct item *item = &items->at[i];
        bool fits = item->kind == row->kind && item->taken == (wanted == TAKEN) &&
                    (wanted != FREE_AND_EQUAL || item->amount == row->amount);
        if (fits && (!found || (!on_day(job, found->made) && on_day(job, item->made))))
            found = item;
    }
    return found;
}

struct match {
    struct item *item; // NULL: none
    bool again;        // the row repeats another
};

static int by_id(const void *left, const void *right)
{
    const struct report_row *a = *(struct report_row *const *)left;
    const struct report_row *b = *(struct report_row *const *)right;
    size_t size = a->id.size < b->id.size ? a->id.size : b->id.size;
    int order = memcmp(a->id.data, b->id.data, size);
    if (order == 0)
        order = a->id.size < b->id.size ? -1 : a->id.size > b->id.size;
    return order ? order : a->line < b->line ? -1 : a->line > b->line;
}

// Rows with the id of an earlier one.
static void mark_repeated(struct reconcile_job *job, struct match *matches)
{
    struct report *report = &job->report;
    struct report_row **sorted = arena_alloc(job->arena, (report->count + 1) * sizeof *sorted);
    for (size_t i = 0; i < report->count; i++)
        sorted[i] = &report->rows[i];
    if (report->count)
        qsort(sorted, report->count, sizeof *sorted, by_id);
    for (size_t i = 1; i < report->count; i++)
        if (str_equal(sorted[i]->id, sorted[i - 1]->id))
            matches[sorted[i] - report->rows].again = true;
}

static bool is_matched(enum report_kind kind)
{
    return kind <= REPORT_REVERSAL;
}

static void match_rows(struct reconcile_job *job, struct items *items, struct match *matches)
{
    for (int pass = FREE_AND_EQUAL; pass <= TAKEN; pass++)
        for (size_t i = 0; i < job->report.count; i++) {
            struct report_row *row = &job->report.rows[i];
            if (matches[i].item || matches[i].again || !is_matched(row->kind))
                continue;
            struct item *item = find_item(job, items, row, (enum wanted)pass);
            if (item && pass == TAKEN)
                matches[i].again = true;
            else if (item)
                matches[i].item = item;
            if (item)
                item->taken = true;
        }
}

// --- naming --------------------------------------------------------------------------------------

static void name(struct reconcile_job *job, enum reconcile_kind kind, const struct item *item,
                 const struct report_row *row)
{
    struct reconcile_difference *d = reconcile_add(job, kind);
    d->about = report_kind_name(item ? item->kind : row->kind);
    d->payment = item ? item->payment : row->payment;
    d->reference = row ? row->id : item->charge;
    d->line = row ? row->line : 0;
    if (item) {
        d->ours = item->amount;
        clock_format_date(item->made, d->our_day);
    }
    if (row) {
        d->theirs = row->amount;
        clock_format_date(row->created, d->their_day);
    }
}

// Was the row right on another day already?
STORE_SQL(reconcile_known, "SELECT day FROM provider_transaction WHERE provider = $1 AND id = $2");
STORE_SQL(reconcile_known_elsewhere,
          "SELECT created FROM provider_transaction WHERE provider = $1 AND payment = $2 "
          "AND kind = $3 AND amount = $4 AND day <> $5");

static int seen_elsewhere(struct store_db *db, struct reconcile_job *job,
                          const struct report_row *row, bool *seen, struct err *err)
{
    struct store_cursor cursor;
    int found =
        store_one(db, reconcile_known, BIND(bind_string(job->order->provider), bind_text(row->id)),
                  &cursor, err);
    *seen = found == 1 && !str_is(cursor_text(&cursor, 0), job->order->day);
    cursor_finish(&cursor);
    return found < 0 ? found : 0;
}

static void add_good(struct reconcile_job *job, struct report_row *row)
{
    job->out->good[job->out->good_count++] = row;
}

static void count_row(struct reconcile_job *job, const struct report_row *row)
{
    struct reconciliation *out = job->out;
    int64_t *const sums[REPORT_KINDS] = {&out->provider.charged,
                                         &out->provider.refunded,
                                         &out->provider.disputed,
                                         &out->provider.disputed,
                                         NULL,
                                         NULL,
                                         NULL};
    out->fees += row->fee;
    if (row->kind == REPORT_FEE)
        out->fees -= row->amount;
    else if (row->kind == REPORT_PAYOUT)
        out->paid_out -= row->amount;
    else if (sums[row->kind])
        *sums[row->kind] += row->amount;
}

static int judge_row(struct store_db *db, struct reconcile_job *job, const struct match *match,
                     struct report_row *row, struct err *err)
{
    const struct item *item = match->item;
    bool theirs = on_day(job, row->created), ours = item && on_day(job, item->made);
    bool seen = false;
    int status = theirs ? seen_elsewhere(db, job, row, &seen, err) : 0;
    if (!theirs && !ours)
        return status; // another day's
    if (theirs)
        count_row(job, row);
    if (match->again || seen)
        name(job, DIFFERENCE_DUPLICATE, item, row);
    else if (row->kind == REPORT_OTHER || (is_matched(row->kind) && !item))
        name(job, DIFFERENCE_EXTRA, NULL, row);
    else if (item && item->amount != row->amount)
        name(job, DIFFERENCE_AMOUNT, item, row);
    else {
        // The day differs and nothing else: what the provider kept, it kept.
        if (item && theirs != ours)
            name(job, DIFFERENCE_DAY, item, row);
        if (theirs)
            add_good(job, row);
    }
    if (item)
        row->payment = item->payment;
    return status;
}

// An item that no row has: the provider may have had it on a day that is reconciled already.
static int judge_item(struct store_db *db, struct reconcile_job *job, const struct item *item,
                      struct err *err)
{
    struct store_cursor cursor;
    int found = store_one(db, reconcile_known_elsewhere,
                          BIND(bind_string(job->order->provider), bind_text(item->payment),
                               bind_string(report_kind_name(item->kind)), bind_int(item->amount),
                               bind_string(job->order->day)),
                          &cursor, err);
    if (found < 0)
        return found;
    name(job, found ? DIFFERENCE_DAY : DIFFERENCE_MISSING, item, NULL);
    struct reconcile_difference *d = &job->out->differences[job->out->count - 1];
    if (found) {
        d->theirs = item->amount;
        clock_format_date(cursor_int(&cursor, 0), d->their_day);
    }
    cursor_finish(&cursor);
    return 0;
}

static void count_item(struct reconcile_job *job, const struct item *item)
{
    struct reconcile_sums *sums = &job->out->ledger;
    int64_t *const sum[] = {&sums->charged, &sums->refunded, &sums->disputed, &sums->disputed};
    *sum[item->kind] += item->amount;
}

int reconcile_provider(struct store_db *db, struct reconcile_job *job, struct err *err)
{
    struct items items = {0};
    struct match *matches = arena_zero(job->arena, (job->report.count + 1) * sizeof *matches);
    job->out->good = arena_zero(job->arena, (job->report.count + 1) * sizeof *job->out->good);
    int status = read_items(db, job, &items, err);
    if (status < 0)
        return status;
    mark_repeated(job, matches);
    match_rows(job, &items, matches);
    for (size_t i = 0; status >= 0 && i < job->report.count; i++)
        status = judge_row(db, job, &matches[i], &job->report.rows[i], err);
    for (size_t i = 0; status >= 0 && i < items.count; i++) {
        if (!on_day(job, items.at[i].made))
            continue;
        count_item(job, &items.at[i]);
        if (!items.at[i].taken)
            status = judge_item(db, job, &items.at[i], err);
    }
    return status < 0 ? status : 0;
}
