// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

int64_t clock_now(const struct clock *clock)
{
    int64_t fixed = clock ? atomic_load(&clock->fixed_ms) : 0;
    if (fixed)
        return fixed;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void clock_fix(struct clock *clock, int64_t ms)
{
    atomic_store(&clock->fixed_ms, ms);
}

uint64_t clock_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t clock_monotonic_ms(void)
{
    return clock_monotonic_ns() / 1000000;
}

// Whole seconds and the 0 to 999 ms above them, before 1970 too.
static time_t split(int64_t ms, int *rest)
{
    int64_t seconds = ms / 1000;
    *rest = (int)(ms % 1000);
    if (*rest < 0) {
        *rest += 1000;
        seconds--;
    }
    return (time_t)seconds;
}

static char *put_digits(char *at, int value, int count, char after)
{
    for (int i = count; i-- > 0; value /= 10)
        at[i] = (char)('0' + value % 10);
    at[count] = after;
    return at + count + 1;
}

// By hand: every payment and every event carries a few of these.
static int format_fields(const struct tm *tm, int rest, char out[CLOCK_TEXT])
{
    int year = tm->tm_year + 1900;
    if (year < 0 || year > 9999)
        return snprintf(out, CLOCK_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d", year, tm->tm_mon + 1,
                        tm->tm_mday, tm->tm_hour, tm->tm_min, tm->tm_sec);
    char *at = put_digits(out, year, 4, '-');
    at = put_digits(at, tm->tm_mon + 1, 2, '-');
    at = put_digits(at, tm->tm_mday, 2, 'T');
    at = put_digits(at, tm->tm_hour, 2, ':');
    at = put_digits(at, tm->tm_min, 2, ':');
    at = put_digits(at, tm->tm_sec, 2, rest ? '.' : '\0');
    if (rest)
        at = put_digits(at, rest, 3, '\0');
    return (int)(at - 1 - out);
}

void clock_format(int64_t ms, char out[CLOCK_TEXT])
{
    struct tm tm;
    int rest;
    time_t seconds = split(ms, &rest);
    gmtime_r(&seconds, &tm);
    int used = format_fields(&tm, rest, out);
    snprintf(out + used, CLOCK_TEXT - (size_t)used, "Z");
}

void clock_format_local(int64_t ms, char out[CLOCK_TEXT])
{
    struct tm tm;
    int rest;
    time_t seconds = split(ms, &rest);
    localtime_r(&seconds, &tm);
    int used = format_fields(&tm, rest, out);
    long minutes = tm.tm_gmtoff / 60;
    long size = minutes < 0 ? -minutes : minutes;
    snprintf(out + used, CLOCK_TEXT - (size_t)used, "%c%02ld:%02ld", minutes < 0 ? '-' : '+',
             size / 60, size % 60);
}

// Takes count digits off the front of *text; -1 when there are not so many.
static int take_number(struct str *text, size_t count)
{
    if (text->size < count)
        return -1;
    int value = 0;
    for (size_t i = 0; i < count; i++) {
        char c = text->data[i];
        if (c < '0' || c > '9')
            return -1;
        value = value * 10 + (c - '0');
    }
    *text = str_from_offset(*text, count);
    return value;
}

static bool take_char(struct str *text, const char *either)
{
    if (!text->size || !text->data[0] || !strchr(either, text->data[0]))
        return false;
    *text = str_from_offset(*text, 1);
    return true;
}

static bool take_date_time(struct str *text, struct tm *tm)
{
    *tm = (struct tm){.tm_year = take_number(text, 4) - 1900};
    bool ok = take_char(text, "-");
    tm->tm_mon = take_number(text, 2) - 1;
    ok = take_char(text, "-") && ok;
    tm->tm_mday = take_number(text, 2);
    ok = take_char(text, "Tt") && ok;
    tm->tm_hour = take_number(text, 2);
    ok = take_char(text, ":") && ok;
    tm->tm_min = take_number(text, 2);
    ok = take_char(text, ":") && ok;
    tm->tm_sec = take_number(text, 2);
    if (!ok || tm->tm_year < -1900 || tm->tm_mon < 0 || tm->tm_mon > 11 || tm->tm_mday < 1 ||
        tm->tm_hour < 0 || tm->tm_hour > 23 || tm->tm_min < 0 || tm->tm_min > 59 ||
        tm->tm_sec < 0 || tm->tm_sec > 60)
        return false;
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = tm->tm_year + 1900;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return tm->tm_mday <= days[tm->tm_mon] + (leap && tm->tm_mon == 1);
}

// Minutes east of UTC; false when the text does not start with an offset.
static bool take_offset(struct str *text, int *minutes)
{
    *minutes = 0;
    if (take_char(text, "Zz"))
        return true;
    bool west = text->size && text->data[0] == '-';
    if (!take_char(text, "+-"))
        return false;
    int hour = take_number(text, 2);
    bool ok = take_char(text, ":");
    int minute = take_number(text, 2);
    if (!ok || hour < 0 || hour > 23 || minute < 0 || minute > 59)
        return false;
    *minutes = (hour * 60 + minute) * (west ? -1 : 1);
    return true;
}

int clock_parse(struct str text, int64_t *ms, struct err *err)
{
    struct tm tm;
    int offset = 0, fraction = 0;
    bool ok = take_date_time(&text, &tm);
    if (ok && take_char(&text, ".")) {
        int scale = 100, digit = take_number(&text, 1);
        ok = digit >= 0;
        for (; digit >= 0; digit = take_number(&text, 1), scale /= 10)
            fraction += digit * scale;
    }
    if (!ok || !take_offset(&text, &offset) || text.size)
        return err_set(err, ERR_INVALID, "not a date and time as RFC 3339 writes them");
    *ms = ((int64_t)timegm(&tm) - offset * 60) * 1000 + fraction;
    return 0;
}

struct civil clock_civil(int64_t ms)
{
    struct tm tm;
    int rest;
    time_t seconds = split(ms, &rest);
    localtime_r(&seconds, &tm);
    return (struct civil){tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
                          tm.tm_min,         tm.tm_sec,     tm.tm_wday};
}

int64_t clock_from_civil(const struct civil *civil)
{
    struct tm tm = {.tm_year = civil->year - 1900,
                    .tm_mon = civil->month - 1,
                    .tm_mday = civil->day,
                    .tm_hour = civil->hour,
                    .tm_min = civil->minute,
                    .tm_sec = civil->second,
                    .tm_isdst = -1};
    return (int64_t)mktime(&tm) * 1000;
}

void clock_format_date(int64_t ms, char out[CLOCK_DATE])
{
    struct civil civil = clock_civil(ms);
    snprintf(out, CLOCK_DATE, "%04d-%02d-%02d", civil.year, civil.month, civil.day);
}
