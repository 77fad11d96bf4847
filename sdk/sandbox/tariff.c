// SPDX-License-Identifier: Apache-2.0
// A line's exact amount is a fraction of a fils: a rate in millionths times a quantity in
// thousandths, so a count of 10^-9 fils, which 128 bits hold for every quantity and rate that is
// allowed. It is rounded once. The amounts of a line's steps are differences of rounded running
// sums, so that what the citizen sees adds up.
#include "tariff_rates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef __int128 wide;

static const int64_t THOUSAND = 1000;
static const int64_t MILLION = 1000 * 1000;

// Rounds half up; neither is negative.
static int64_t divide(wide amount, wide by)
{
    return (int64_t)((amount + by / 2) / by);
}

const char *tariff_name(const struct tariff *tariff)
{
    return tariff->name;
}

static int month_number(struct tariff_month month)
{
    return month.year * 12 + month.month - 1;
}

bool tariff_covers(const struct tariff *tariff, struct tariff_month month)
{
    int number = month_number(month);
    return number >= tariff->from && number <= tariff->until;
}

// The dated rate in force in a month, -1 when none has begun.
static int64_t rate_in(const struct tariff *tariff, const struct line *line, int month)
{
    int64_t rate = -1;
    for (size_t i = 0; i < line->rate_count; i++) {
        const struct dated_rate *dated = &tariff->rates[line->first_rate + i];
        if (dated->from <= month)
            rate = dated->rate;
    }
    return rate;
}

static void compute_steps(const struct line *rule, int64_t quantity, struct tariff_line *line)
{
    wide exact = 0;
    int64_t below = 0;
    for (size_t i = 0; i < rule->step_count && (below < quantity || i == 0); i++) {
        int64_t to = rule->steps[i].to < quantity ? rule->steps[i].to : quantity;
        exact += (wide)(to - below) * rule->steps[i].rate;
        int64_t sum = divide(exact, (wide)THOUSAND * MILLION);
        line->steps[line->step_count++] =
            (struct tariff_step){to - below, rule->steps[i].rate, sum - line->amount};
        line->amount = sum;
        below = to;
    }
}

static const struct tariff_use *use_of(const struct tariff_usage *usage, const char *meter)
{
    for (size_t i = 0; meter && i < usage->use_count; i++)
        if (!strcmp(usage->uses[i].meter, meter))
            return &usage->uses[i];
    return NULL;
}

// Fills the line's amount; false when the line is not on this bill.
static bool compute_amount(const struct line *rule, const struct tariff_usage *usage, int64_t rate,
                           struct tariff_line *line)
{
    const struct tariff_use *use = use_of(usage, rule->meter);
    if (rule->meter && !use)
        return false;
    line->quantity = use ? use->thousandths : 0;
    switch (rule->kind) {
    case LINE_STEPS:
        compute_steps(rule, line->quantity, line);
        return true;
    case LINE_PER_UNIT:
        line->rate = rate;
        line->amount =
            divide((wide)line->quantity * rate * rule->factor, (wide)THOUSAND * MILLION * MILLION);
        return true;
    case LINE_FIXED:
        line->amount = divide(rate, MILLION);
        return true;
    case LINE_RENT:
        line->amount = divide((wide)usage->yearly_rent * rule->percent, (wide)100 * 12 * MILLION);
        return usage->yearly_rent > 0;
    }
    return false;
}

static int check_usage(const struct tariff *tariff, const struct tariff_usage *usage, char *reason,
                       size_t reason_size)
{
    if (!tariff_covers(tariff, usage->month)) {
        snprintf(reason, reason_size, "%s does not cover %04d-%02d", tariff->name,
                 usage->month.year, usage->month.month);
        return -1;
    }
    for (size_t i = 0; i < usage->use_count; i++) {
        int64_t thousandths = usage->uses[i].thousandths;
        if (thousandths >= 0 && thousandths <= TARIFF_MOST_QUANTITY)
            continue;
        snprintf(reason, reason_size, "%s: the quantity is out of range", usage->uses[i].meter);
        return -1;
    }
    if (usage->yearly_rent < 0 || usage->yearly_rent > TARIFF_MOST_RENT) {
        snprintf(reason, reason_size, "the yearly rent is out of range");
        return -1;
    }
    return 0;
}

int tariff_compute(const struct tariff *tariff, const struct tariff_usage *usage,
                   struct tariff_bill *bill, char *reason, size_t reason_size)
{
    memset(bill, 0, sizeof *bill);
    if (check_usage(tariff, usage, reason, reason_size))
        return -1;
    for (size_t i = 0; i < tariff->line_count; i++) {
        const struct line *rule = &tariff->lines[i];
        struct tariff_line line = {.id = rule->id,
                                   .title_en = rule->title_en,
                                   .title_ar = rule->title_ar,
                                   .settles_to = rule->settles_to,
                                   .meter = rule->meter,
                                   .unit = rule->unit};
        int64_t rate = rule->rate_count ? rate_in(tariff, rule, month_number(usage->month)) : 0;
        if (rate < 0) {
            snprintf(reason, reason_size, "%s: no rate for %04d-%02d", rule->id, usage->month.year,
                     usage->month.month);
            return -1;
        }
        if (!compute_amount(rule, usage, rate, &line))
            continue;
        if (rule->vat)
            line.vat = divide((wide)line.amount * tariff->vat_percent, (wide)100 * MILLION);
        bill->amount += line.amount;
        bill->vat += line.vat;
        bill->lines[bill->line_count++] = line;
    }
    bill->total = bill->amount + bill->vat;
    return 0;
}

int64_t tariff_due_to(const struct tariff_bill *bill, const char *payee)
{
    int64_t due = 0;
    for (size_t i = 0; i < bill->line_count; i++)
        if (!strcmp(bill->lines[i].settles_to, payee))
            due += bill->lines[i].amount + bill->lines[i].vat;
    return due;
}
