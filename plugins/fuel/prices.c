// SPDX-License-Identifier: Apache-2.0
#include "prices.h"

#include "charge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_MONTHS = 600 };

const char *const prices_grades[PRICES_GRADES] = {"super-98", "special-95", "e-plus-91", "diesel"};

struct month {
    char name[PRICES_MONTH];
    int64_t price[PRICES_GRADES];
};

struct prices {
    bool sample;
    size_t count;
    struct month months[];
};

int prices_grade(const char *name)
{
    for (int i = 0; i < PRICES_GRADES; i++)
        if (name && strcmp(prices_grades[i], name) == 0)
            return i;
    return -1;
}

// Months since year 0; -1 for what is no month.
static int ordinal(const char *name)
{
    int year, month, used = 0;
    if (!name || strlen(name) != 7 || sscanf(name, "%4d-%2d%n", &year, &month, &used) != 2 ||
        used != 7 || year < 2000 || month < 1 || month > 12)
        return -1;
    return year * 12 + month - 1;
}

static bool read_month(const json_t *source, struct month *month, char *reason, size_t size)
{
    const char *name = json_string_value(json_object_get(source, "month"));
    if (ordinal(name) < 0) {
        snprintf(reason, size, "month: must be like \"2026-11\"");
        return false;
    }
    memcpy(month->name, name, PRICES_MONTH);
    for (int i = 0; i < PRICES_GRADES; i++) {
        const json_t *price = json_object_get(json_object_get(source, "prices"), prices_grades[i]);
        month->price[i] = json_integer_value(price);
        if (!json_is_integer(price) || month->price[i] <= 0 || month->price[i] > CHARGE_PRICE) {
            snprintf(reason, size, "%s, prices, %s: must be fils a litre, a whole number over 0",
                     name, prices_grades[i]);
            return false;
        }
    }
    return true;
}

static bool read_months(const json_t *list, struct prices *prices, char *reason, size_t size)
{
    size_t index;
    json_t *source;
    json_array_foreach((json_t *)list, index, source)
    {
        struct month *month = &prices->months[index];
        if (!read_month(source, month, reason, size))
            return false;
        if (index && ordinal(month->name) != ordinal(month[-1].name) + 1) {
            snprintf(reason, size, "%s: must be the month after %s", month->name, month[-1].name);
            return false;
        }
        prices->count++;
    }
    return true;
}

bool prices_load(const char *text, size_t size, struct prices **out, char *reason,
                 size_t reason_size)
{
    json_error_t error;
    json_t *document = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    const json_t *list = json_object_get(document, "months");
    size_t count = json_array_size(list);
    if (!document || count == 0 || count > MOST_MONTHS) {
        snprintf(reason, reason_size, "%s",
                 document ? "months: one or more are needed" : error.text);
        json_decref(document);
        return false;
    }
    struct prices *prices = calloc(1, sizeof *prices + count * sizeof *prices->months);
    if (!prices)
        abort();
    prices->sample = json_is_true(json_object_get(document, "sample"));
    bool good = read_months(list, prices, reason, reason_size);
    json_decref(document);
    if (good)
        *out = prices;
    else
        free(prices);
    return good;
}

void prices_destroy(struct prices *prices)
{
    free(prices);
}

bool prices_are_sample(const struct prices *prices)
{
    return prices->sample;
}

int64_t prices_at(const struct prices *prices, const char *month, int grade)
{
    int first = ordinal(prices->months[0].name), wanted = ordinal(month);
    if (wanted < first || wanted >= first + (int)prices->count || grade < 0)
        return 0;
    return prices->months[wanted - first].price[grade];
}

const char *prices_month_at(const struct prices *prices, size_t index)
{
    return index < prices->count ? prices->months[index].name : NULL;
}
