// SPDX-License-Identifier: Apache-2.0
// Reads a tariff file. Rates are texts because JSON's numbers are floating point to most readers,
// and 4.6 fils must be 4.6 fils.
#include "tariff_rates.h"

#include <jansson.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    struct tariff *tariff;
    char place[64]; // "lines[3]" or "", for the reason
    char *reason;
    size_t reason_size;
};

__attribute__((format(printf, 3, 4))) static int refuse(const struct reader *reader,
                                                        const char *field, const char *format, ...)
{
    int used = snprintf(reader->reason, reader->reason_size, "%s%s%s: ", reader->place,
                        reader->place[0] ? "." : "", field);
    va_list arguments;
    va_start(arguments, format);
    if (used > 0 && (size_t)used < reader->reason_size)
        vsnprintf(reader->reason + used, reader->reason_size - (size_t)used, format, arguments);
    va_end(arguments);
    return -1;
}

static int read_text(const struct reader *reader, const json_t *object, const char *field,
                     const char **out)
{
    *out = json_string_value(json_object_get(object, field));
    if (!*out || !**out)
        return refuse(reader, field, "expected a text");
    return 0;
}

static int read_title(const struct reader *reader, const json_t *object, struct line *line)
{
    const json_t *title = json_object_get(object, "title");
    line->title_en = json_string_value(json_object_get(title, "en"));
    line->title_ar = json_string_value(json_object_get(title, "ar"));
    if (!line->title_en || !line->title_ar)
        return refuse(reader, "title", "expected texts in \"en\" and \"ar\"");
    return 0;
}

// A decimal text of at most `places` fractional digits as a whole number of 10^-places, at most
// most.
static bool parse_decimal(const char *text, int places, int64_t most, int64_t *out)
{
    int64_t value = 0;
    int fraction = -1; // digits after the point; -1 before it
    int digits = 0;
    for (; *text; text++) {
        if (*text == '.' && fraction < 0 && digits) {
            fraction = 0;
            continue;
        }
        if (*text < '0' || *text > '9' || fraction == places || value > most)
            return false;
        value = value * 10 + (*text - '0');
        digits++;
        fraction += fraction >= 0;
    }
    if (!digits || fraction == 0)
        return false;
    for (int i = fraction < 0 ? 0 : fraction; i < places && value <= most; i++)
        value *= 10;
    *out = value;
    return value <= most;
}

struct decimal { // what a field may be
    const char *field;
    int places;
    int64_t most;
};

static const struct decimal STEP_END = {"steps.to", 3, TARIFF_MOST_QUANTITY};
static const struct decimal STEP_RATE = {"steps.fils", 6, TARIFF_MOST_RATE};
static const struct decimal RATE = {"fils", 6, TARIFF_MOST_RATE};
static const struct decimal FACTOR = {"factor", 6, TARIFF_MOST_FACTOR};
static const struct decimal PERCENT = {"percent", 6, TARIFF_MOST_PERCENT};
static const struct decimal VAT_PERCENT = {"vat_percent", 6, TARIFF_MOST_PERCENT};

static int read_decimal(const struct reader *reader, const json_t *value,
                        const struct decimal *decimal, int64_t *out)
{
    const char *text = json_string_value(value);
    if (text && parse_decimal(text, decimal->places, decimal->most, out))
        return 0;
    int64_t one = decimal->places == 3 ? 1000 : 1000 * 1000;
    return refuse(reader, decimal->field,
                  "expected a decimal text of at most %lld, with at most %d digits after the point",
                  (long long)(decimal->most / one), decimal->places);
}

// "2025-03" as a month number.
static int read_month(const struct reader *reader, const json_t *value, const char *field, int *out)
{
    const char *text = json_string_value(value);
    int year;
    int month;
    int used = 0;
    if (!text || strlen(text) != 7 || sscanf(text, "%4d-%2d%n", &year, &month, &used) != 2 ||
        used != 7 || year < 1900 || month < 1 || month > 12)
        return refuse(reader, field, "expected a month, as \"2025-03\"");
    *out = year * 12 + month - 1;
    return 0;
}

static int read_steps(const struct reader *reader, const json_t *object, struct line *line)
{
    const json_t *steps = json_object_get(object, "steps");
    size_t count = json_array_size(steps);
    if (count < 1 || count > TARIFF_STEPS)
        return refuse(reader, "steps", "expected a list of 1 to %d steps", TARIFF_STEPS);
    int64_t below = 0;
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(steps, i);
        struct step *step = &line->steps[i];
        const json_t *to = json_object_get(item, "to");
        step->to = INT64_MAX;
        if (to && read_decimal(reader, to, &STEP_END, &step->to))
            return -1;
        if (!to != (i + 1 == count) || step->to <= below)
            return refuse(reader, "steps.to",
                          "each step but the last ends higher than the one "
                          "before");
        if (read_decimal(reader, json_object_get(item, "fils"), &STEP_RATE, &step->rate))
            return -1;
        below = step->to;
    }
    line->step_count = count;
    return 0;
}

static int read_dated_rate(const struct reader *reader, const json_t *pair, struct dated_rate *rate)
{
    if (json_array_size(pair) != 2)
        return refuse(reader, "fils", "expected pairs of a month and a decimal text");
    return read_month(reader, json_array_get(pair, 0), "fils", &rate->from) ||
                   read_decimal(reader, json_array_get(pair, 1), &RATE, &rate->rate)
               ? -1
               : 0;
}

// "fils": one rate for ever, or dated ones.
static int read_rates(const struct reader *reader, const json_t *object, struct line *line)
{
    struct tariff *tariff = reader->tariff;
    const json_t *fils = json_object_get(object, "fils");
    struct dated_rate *rates = &tariff->rates[tariff->rate_count];
    line->first_rate = tariff->rate_count;
    line->rate_count = json_is_array(fils) ? json_array_size(fils) : 1;
    if (line->rate_count < 1 || line->rate_count > TARIFF_DATES)
        return refuse(reader, "fils", "expected 1 to %d dated rates", TARIFF_DATES);
    for (size_t i = 0; json_is_array(fils) && i < line->rate_count; i++) {
        if (read_dated_rate(reader, json_array_get(fils, i), &rates[i]))
            return -1;
        if (i && rates[i].from <= rates[i - 1].from)
            return refuse(reader, "fils", "the months do not ascend");
    }
    rates[0].from = json_is_array(fils) ? rates[0].from : INT_MIN;
    if (!json_is_array(fils) && read_decimal(reader, fils, &RATE, &rates[0].rate))
        return -1;
    tariff->rate_count += line->rate_count;
    return 0;
}

static int read_per_unit(const struct reader *reader, const json_t *object, struct line *line)
{
    const json_t *factor = json_object_get(object, "factor");
    line->factor = 1000 * 1000;
    if (factor && read_decimal(reader, factor, &FACTOR, &line->factor))
        return -1;
    return read_rates(reader, object, line);
}

static int read_percent(const struct reader *reader, const json_t *object, struct line *line)
{
    return read_decimal(reader, json_object_get(object, "percent"), &PERCENT, &line->percent);
}

static const struct {
    const char *name;
    bool metered;
    int (*read)(const struct reader *reader, const json_t *object, struct line *line);
} kinds[] = {
    [LINE_STEPS] = {"steps", true, read_steps},
    [LINE_PER_UNIT] = {"per-unit", true, read_per_unit},
    [LINE_FIXED] = {"fixed", false, read_rates},
    [LINE_RENT] = {"rent", false, read_percent},
};

static int read_line(const struct reader *reader, const json_t *object, struct line *line)
{
    const char *kind;
    const json_t *vat = json_object_get(object, "vat");
    if (read_text(reader, object, "id", &line->id) || read_title(reader, object, line) ||
        read_text(reader, object, "settles_to", &line->settles_to) ||
        read_text(reader, object, "kind", &kind))
        return -1;
    if (!json_is_boolean(vat))
        return refuse(reader, "vat", "expected true or false");
    line->vat = json_is_true(vat);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].name, kind))
            continue;
        line->kind = (enum line_kind)i;
        if (kinds[i].metered && (read_text(reader, object, "meter", &line->meter) ||
                                 read_text(reader, object, "unit", &line->unit)))
            return -1;
        return kinds[i].read(reader, object, line);
    }
    return refuse(reader, "kind", "expected steps, per-unit, fixed or rent");
}

static int read_lines(struct reader *reader, const json_t *lines)
{
    struct tariff *tariff = reader->tariff;
    size_t count = json_array_size(lines);
    if (count < 1 || count > TARIFF_LINES)
        return refuse(reader, "lines", "expected a list of 1 to %d lines", TARIFF_LINES);
    for (; tariff->line_count < count; tariff->line_count++) {
        size_t at = tariff->line_count;
        snprintf(reader->place, sizeof reader->place, "lines[%zu]", at);
        if (read_line(reader, json_array_get(lines, at), &tariff->lines[at]))
            return -1;
        for (size_t i = 0; i < at; i++)
            if (!strcmp(tariff->lines[i].id, tariff->lines[at].id))
                return refuse(reader, "id", "%s is there twice", tariff->lines[at].id);
    }
    return 0;
}

static int read_tariff(struct reader *reader, const json_t *root)
{
    struct tariff *tariff = reader->tariff;
    const json_t *until = json_object_get(root, "until");
    tariff->until = INT_MAX;
    if (read_text(reader, root, "tariff", &tariff->name) ||
        read_month(reader, json_object_get(root, "from"), "from", &tariff->from) ||
        (until && read_month(reader, until, "until", &tariff->until)) ||
        read_decimal(reader, json_object_get(root, "vat_percent"), &VAT_PERCENT,
                     &tariff->vat_percent))
        return -1;
    if (tariff->until < tariff->from)
        return refuse(reader, "until", "before \"from\"");
    return read_lines(reader, json_object_get(root, "lines"));
}

int tariff_load(const char *json, size_t size, struct tariff **out, char *reason,
                size_t reason_size)
{
    *out = NULL;
    json_error_t error;
    json_t *root = json_loadb(json, size, JSON_REJECT_DUPLICATES, &error);
    if (!root) {
        snprintf(reason, reason_size, "not JSON: line %d, column %d: %s", error.line, error.column,
                 error.text);
        return -1;
    }
    struct tariff *tariff = calloc(1, sizeof *tariff);
    if (!tariff)
        abort();
    tariff->json = root;
    struct reader reader = {tariff, "", reason, reason_size};
    if (read_tariff(&reader, root)) {
        tariff_destroy(tariff);
        return -1;
    }
    *out = tariff;
    return 0;
}

void tariff_destroy(struct tariff *tariff)
{
    if (!tariff)
        return;
    json_decref(tariff->json);
    free(tariff);
}
