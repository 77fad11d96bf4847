// SPDX-License-Identifier: Apache-2.0
#include "day_hours.h"

#include <stdio.h>
#include <string.h>

enum { MIDNIGHT = 24 * 60, NOON = 12 * 60, STRETCHES_MAX = 24 };

struct line {
    char *text;
    size_t used;
};

struct stretches {
    struct opening_hours_stretch items[STRETCHES_MAX];
    size_t count;
};

static void append(struct line *line, const char *text)
{
    size_t size = strlen(text);
    if (line->used + size >= DAY_HOURS_TEXT) {
        size = DAY_HOURS_TEXT - 1 - line->used;
        while (size && ((unsigned char)text[size] & 0xC0) == 0x80)
            size--;
    }
    memcpy(line->text + line->used, text, size);
    line->used += size;
    line->text[line->used] = '\0';
}

static bool same_comment(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

// True when b goes on, past midnight and not beyond noon, what a began the day before.
static bool goes_on(const struct opening_hours_stretch *a, const struct opening_hours_stretch *b)
{
    return a && b && a->from > 0 && a->to == MIDNIGHT && b->from == 0 && b->to < NOON &&
           a->state == b->state && same_comment(a->comment, b->comment);
}

static void append_span(struct line *line, int from, int to)
{
    char span[32];
    snprintf(span, sizeof span, "%s%02d:%02d–%02d:%02d", line->used ? ", " : "", from / 60,
             from % 60, to == MIDNIGHT ? 24 : to / 60, to % 60);
    append(line, span);
}

static void append_comment(struct line *line, const char *comment)
{
    if (!comment)
        return;
    append(line, line->used ? " (" : "");
    bool bracket = line->used > 0;
    append(line, comment);
    append(line, bracket ? ")" : "");
}

enum day_hours_kind day_hours(const struct opening_hours *hours,
                              const struct opening_hours_calendar *calendar, int32_t day,
                              char text[DAY_HOURS_TEXT])
{
    struct stretches days[3]; // the day before, the day, the day after
    for (int i = 0; i < 3; i++)
        days[i].count =
            opening_hours_day(hours, calendar, day + i - 1, days[i].items, STRETCHES_MAX);
    const struct stretches *today = &days[1];
    struct opening_hours_stretch *last = days[0].count ? &days[0].items[days[0].count - 1] : NULL;
    struct opening_hours_stretch *next = days[2].count ? &days[2].items[0] : NULL;
    struct line line = {text, 0};
    text[0] = '\0';
    if (today->count == 1 && today->items[0].from == 0 && today->items[0].to == MIDNIGHT) {
        append_comment(&line, today->items[0].comment);
        return today->items[0].state == OPENING_HOURS_OPEN ? DAY_HOURS_ALL_DAY : DAY_HOURS_UNKNOWN;
    }
    for (size_t i = 0; i < today->count; i++) {
        const struct opening_hours_stretch *stretch = &today->items[i];
        if (i == 0 && goes_on(last, stretch))
            continue;
        append_span(&line, stretch->from, goes_on(stretch, next) ? next->to : stretch->to);
        bool more = i + 1 < today->count;
        if (!more || !same_comment(stretch->comment, today->items[i + 1].comment))
            append_comment(&line, stretch->comment);
    }
    return line.used ? DAY_HOURS_SPANS : DAY_HOURS_CLOSED;
}
