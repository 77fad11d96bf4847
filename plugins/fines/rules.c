// SPDX-License-Identifier: Apache-2.0
#include "rules.h"

#include "day.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_RULES = 500, MOST_DAYS = 36500 };

struct rule {
    const char *authority; // borrowed from the document, as is excluded
    const json_t *excluded;
    int32_t from, to;
    int days_from, days_to;
    int percent;
};

struct rules {
    json_t *document;
    size_t count;
    struct rule at[];
};

// ---- reading ----

struct reading {
    size_t index;
    char *reason;
    size_t reason_size;
};

__attribute__((format(printf, 2, 3))) static int fault(const struct reading *reading,
                                                       const char *format, ...)
{
    va_list arguments;
    int at = snprintf(reading->reason, reading->reason_size, "rules[%zu]", reading->index);
    if (at < 0 || (size_t)at >= reading->reason_size)
        return -1;
    va_start(arguments, format);
    vsnprintf(reading->reason + at, reading->reason_size - (size_t)at, format, arguments);
    va_end(arguments);
    return -1;
}

static int read_number(const struct reading *reading, const json_t *source, const char *name,
                       const int range[2], int *out)
{
    const json_t *value = json_object_get(source, name);
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < range[0] || number > range[1])
        return fault(reading, ".%s: must be a whole number from %d to %d", name, range[0],
                     range[1]);
    *out = (int)number;
    return 0;
}

static int read_day(const struct reading *reading, const json_t *source, const char *name,
                    int32_t *out)
{
    if (day_read(json_string_value(json_object_get(source, name)), out))
        return 0;
    return fault(reading, ".%s: must be a date that exists, like 2026-03-01", name);
}

static int check_members(const struct reading *reading, const json_t *source)
{
    static const char *const known[] = {"authority", "from",    "to",       "days_from",
                                        "days_to",   "percent", "excluded", "$comment"};
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)source, name, value)
    {
        size_t i = 0;
        while (i < sizeof known / sizeof *known && strcmp(known[i], name) != 0)
            i++;
        if (i == sizeof known / sizeof *known)
            return fault(reading, ".%s: is not known here", name);
    }
    return json_is_object(source) ? 0 : fault(reading, ": must be an object");
}

static int read_words(const struct reading *reading, const json_t *source, struct rule *rule)
{
    rule->authority = json_string_value(json_object_get(source, "authority"));
    rule->excluded = json_object_get(source, "excluded");
    if (!rule->authority || !rule->authority[0])
        return fault(reading, ".authority: must be the authority's code");
    if (rule->excluded && !json_is_array(rule->excluded))
        return fault(reading, ".excluded: must be a list of codes");
    for (size_t i = 0; i < json_array_size(rule->excluded); i++)
        if (!json_is_string(json_array_get(rule->excluded, i)))
            return fault(reading, ".excluded[%zu]: must be the code of an offence", i);
    return 0;
}

static int read_rule(const struct reading *reading, const json_t *source, struct rule *rule)
{
    static const int days[2] = {0, MOST_DAYS}, percents[2] = {1, 100};
    int rc = check_members(reading, source);
    if (rc == 0)
        rc = read_words(reading, source, rule);
    if (rc == 0)
        rc = read_day(reading, source, "from", &rule->from);
    if (rc == 0)
        rc = read_day(reading, source, "to", &rule->to);
    if (rc == 0)
        rc = read_number(reading, source, "days_from", days, &rule->days_from);
    if (rc == 0)
        rc = read_number(reading, source, "days_to", days, &rule->days_to);
    if (rc == 0)
        rc = read_number(reading, source, "percent", percents, &rule->percent);
    if (rc == 0 && rule->to < rule->from)
        rc = fault(reading, ".to: is before from");
    if (rc == 0 && rule->days_to < rule->days_from)
        rc = fault(reading, ".days_to: is before days_from");
    return rc;
}

int rules_load(const char *text, size_t size, struct rules **out, char *reason, size_t reason_size)
{
    json_error_t error;
    json_t *document = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    const json_t *list = json_object_get(document, "rules");
    size_t count = json_array_size(list);
    if (!json_is_array(list) || count > MOST_RULES) {
        snprintf(reason, reason_size, "%s",
                 !document            ? error.text
                 : count > MOST_RULES ? "rules: more than 500"
                                      : "rules: must be a list");
        json_decref(document);
        return -1;
    }
    struct rules *rules = calloc(1, sizeof *rules + count * sizeof *rules->at);
    if (!rules)
        abort();
    rules->document = document;
    rules->count = count;
    for (size_t i = 0; i < count; i++) {
        struct reading reading = {i, reason, reason_size};
        if (read_rule(&reading, json_array_get(list, i), &rules->at[i]) < 0) {
            rules_destroy(rules);
            return -1;
        }
    }
    *out = rules;
    return 0;
}

void rules_destroy(struct rules *rules)
{
    if (!rules)
        return;
    json_decref(rules->document);
    free(rules);
}

size_t rules_count(const struct rules *rules)
{
    return rules->count;
}

// ---- computing ----

static bool excludes(const struct rule *rule, const char *code)
{
    for (size_t i = 0; i < json_array_size(rule->excluded); i++)
        if (strcmp(json_string_value(json_array_get(rule->excluded, i)), code) == 0)
            return true;
    return false;
}

static bool holds(const struct rule *rule, const struct offence *offence, int32_t today)
{
    int64_t age = (int64_t)today - offence->day;
    return strcmp(rule->authority, offence->authority) == 0 && today >= rule->from &&
           today <= rule->to && age >= rule->days_from && age <= rule->days_to &&
           !excludes(rule, offence->code);
}

struct discount rules_discount(const struct rules *rules, const struct offence *offence,
                               int32_t today)
{
    struct discount best = {0};
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->at[i];
        if (!holds(rule, offence, today))
            continue;
        int64_t last = (int64_t)offence->day + rule->days_to;
        int32_t until = last < rule->to ? (int32_t)last : rule->to;
        // Of two alike the one that holds longer.
        if (rule->percent > best.percent || (rule->percent == best.percent && until > best.until))
            best = (struct discount){rule->percent, until};
    }
    return best;
}

int64_t rules_net(int64_t amount, int percent)
{
    return (amount * (100 - percent) + 50) / 100;
}
