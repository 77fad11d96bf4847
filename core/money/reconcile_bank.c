// SPDX-License-Identifier: Apache-2.0
//
// What is expected of the bank for a day: that it paid each settlement, known by its end-to-end id,
// and that each payout of the provider arrived, known by the provider's name of it somewhere in the
// entry.
#include "money/reconcile.h"
#include "money/settlement.h"

#include <stdio.h>

struct expected {
    const char *about;
    struct str reference;
    int64_t amount; // as the bank's account moves
    char day[CLOCK_DATE];
    bool any_day; // a payout arrives when it arrives
    struct report_row *row;
    size_t seen; // entries that are it
};

struct expectations {
    struct expected *at;
    size_t count;
};

static void expect_settlement(struct reconcile_job *job, const struct settlement_day *day,
                              struct expectations *all)
{
    for (size_t i = 0; i < day->count; i++) {
        const struct settlement *s = &day->at[i];
        if (!s->payable)
            continue;
        struct expected *expected = &all->at[all->count++];
        *expected = (struct expected){.about = "settlement",
                                      .reference = id_str(&s->transfer),
                                      .amount = -s->payable};
        memcpy(expected->day, day->execution, sizeof expected->day);
        job->out->settled += s->payable;
    }
}

static void expect_payouts(struct reconcile_job *job, struct expectations *all)
{
    for (size_t i = 0; i < job->out->good_count; i++) {
        struct report_row *row = job->out->good[i];
        if (row->kind != REPORT_PAYOUT)
            continue;
        struct expected *expected = &all->at[all->count++];
        *expected = (struct expected){.about = "payout",
                                      .reference = row->source.size ? row->source : row->id,
                                      .amount = -row->amount,
                                      .any_day = true,
                                      .row = row};
        clock_format_date(row->created, expected->day);
    }
}

// The day may not be settled yet: then nothing of it is expected.
static int expect(struct store_db *db, struct reconcile_job *job, struct expectations *all,
                  struct err *err)
{
    struct settlement_day *day = NULL;
    struct settlement_state state;
    int status = settlement_look(db, job->order->day, &state, err);
    if (status == 0 && state.closed)
        status = settlement_load(db, job->order->day, job->arena, &day, err);
    if (status < 0)
        return status;
    size_t most = job->out->good_count + (day ? day->count : 0) + 1;
    all->at = arena_zero(job->arena, most * sizeof *all->at);
    if (day)
        expect_settlement(job, day, all);
    expect_payouts(job, all);
    return 0;
}

static bool mentions(struct str text, struct str reference)
{
    return reference.size && text.size &&
           memmem(text.data, text.size, reference.data, reference.size) != NULL;
}

static struct expected *find(struct expectations *all, const struct bank_entry *entry)
{
    for (size_t i = 0; i < all->count; i++) {
        struct expected *expected = &all->at[i];
        if (str_equal(entry->reference, expected->reference) ||
            mentions(entry->text, expected->reference) ||
            (expected->row && str_equal(entry->number, expected->reference)))
            return expected;
    }
    return NULL;
}

static void name(struct reconcile_job *job, enum reconcile_kind kind,
                 const struct expected *expected, const struct bank_entry *entry)
{
    struct reconcile_difference *d = reconcile_add(job, kind);
    d->bank = true;
    d->about = expected ? expected->about : "entry";
    d->reference = expected                ? expected->reference
                   : entry->reference.size ? entry->reference
                                           : entry->number;
    if (expected) {
        d->ours = expected->amount;
        memcpy(d->our_day, expected->day, sizeof d->our_day);
    }
    if (entry) {
        d->theirs = entry->amount;
        d->line = entry->line;
        memcpy(d->their_day, entry->date, sizeof d->their_day);
    }
}

// Another day's settlement or payout is another day's business.
STORE_SQL(reconcile_settled_elsewhere, "SELECT day FROM settlement WHERE transfer = $1");
STORE_SQL(reconcile_paid_elsewhere,
          "SELECT day FROM provider_transaction WHERE reference = $1 AND kind = 'payout'");

static int is_known(struct store_db *db, struct str name, bool *out, struct err *err)
{
    struct store_value reference = bind_text(name);
    struct store_cursor row;
    int found = store_one(db, reconcile_settled_elsewhere, BIND(reference), &row, err);
    cursor_finish(&row);
    if (found == 0) {
        found = store_one(db, reconcile_paid_elsewhere, BIND(reference), &row, err);
        cursor_finish(&row);
    }
    *out = found == 1;
    return found < 0 ? found : 0;
}

// By its reference, or by any word that is said of it.
static int is_elsewhere(struct store_db *db, const struct bank_entry *entry, bool *out,
                        struct err *err)
{
    struct str rest = entry->text;
    *out = false;
    int status = entry->reference.size ? is_known(db, entry->reference, out, err) : 0;
    while (status == 0 && !*out && rest.data) {
        struct str word = str_cut(&rest, ' ');
        status = word.size ? is_known(db, word, out, err) : 0;
    }
    return status;
}

static int judge_entry(struct store_db *db, struct reconcile_job *job, struct expectations *all,
                       const struct bank_entry *entry, struct err *err)
{
    struct expected *expected = find(all, entry);
    bool elsewhere = false;
    int status = expected ? 0 : is_elsewhere(db, entry, &elsewhere, err);
    if (status < 0 || elsewhere)
        return status;
    if (!expected) {
        name(job, DIFFERENCE_EXTRA, NULL, entry);
        return 0;
    }
    *(entry->amount < 0 ? &job->out->spent : &job->out->received) +=
        entry->amount < 0 ? -entry->amount : entry->amount;
    if (expected->seen++)
        name(job, DIFFERENCE_DUPLICATE, expected, entry);
    else if (entry->amount != expected->amount)
        name(job, DIFFERENCE_AMOUNT, expected, entry);
    else if (!expected->any_day && strcmp(entry->date, expected->day) != 0)
        name(job, DIFFERENCE_DAY, expected, entry);
    else
        expected->row = NULL; // right
    return 0;
}

// A payout that the bank does not have as it should is not posted.
static void spoil(struct reconcile_job *job, const struct report_row *row)
{
    struct reconciliation *out = job->out;
    size_t kept = 0;
    for (size_t i = 0; i < out->good_count; i++)
        if (out->good[i] != row)
            out->good[kept++] = out->good[i];
    out->good_count = kept;
}

int reconcile_bank(struct store_db *db, struct reconcile_job *job, struct err *err)
{
    struct expectations all = {0};
    int status = expect(db, job, &all, err);
    for (size_t i = 0; status >= 0 && i < job->statement.count; i++)
        status = judge_entry(db, job, &all, &job->statement.entries[i], err);
    for (size_t i = 0; status >= 0 && i < all.count; i++) {
        if (!all.at[i].seen)
            name(job, DIFFERENCE_MISSING, &all.at[i], NULL);
        if (all.at[i].row)
            spoil(job, all.at[i].row);
    }
    return status < 0 ? status : 0;
}
