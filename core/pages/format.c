// SPDX-License-Identifier: Apache-2.0
#include "pages/format.h"

#include "base/digits.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { DAY = 86400 };

static bool read_digits(struct str *text, size_t count, int *out)
{
    int64_t value;
    struct str digits = {text->data, count};
    if (text->size < count || digits.data[0] == '-' || digits.data[0] == '+' ||
        !str_to_integer(digits, 0, INT32_MAX, &value))
        return false;
    *text = str_from_offset(*text, count);
    *out = (int)value;
    return true;
}

static bool take(struct str *text, char c)
{
    if (text->size == 0 || text->data[0] != c)
        return false;
    *text = str_from_offset(*text, 1);
    return true;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

static bool take_month(struct str *text, struct civil_date *out)
{
    return read_digits(text, 4, &out->year) && take(text, '-') &&
           read_digits(text, 2, &out->month) && out->month >= 1 && out->month <= 12;
}

static bool take_date(struct str *text, struct civil_date *out)
{
    return take_month(text, out) && take(text, '-') && read_digits(text, 2, &out->day) &&
           out->day >= 1 && out->day <= days_in(out->year, out->month);
}

bool format_read_date(struct str text, struct civil_date *out)
{
    return take_date(&text, out) && text.size == 0;
}

bool format_read_month(struct str text, struct civil_date *out)
{
    out->day = 1;
    return take_month(&text, out) && text.size == 0;
}

static bool take_offset(struct str *text, int *seconds)
{
    int hours, minutes;
    *seconds = 0;
    if (take(text, 'Z') || take(text, 'z'))
        return true;
    int sign = take(text, '+') ? 1 : -1;
    if (sign < 0 && !take(text, '-'))
        return false;
    if (!read_digits(text, 2, &hours) || !take(text, ':') || !read_digits(text, 2, &minutes))
        return false;
    *seconds = sign * (hours * 3600 + minutes * 60);
    return hours < 24 && minutes < 60;
}

bool format_read_time(struct str text, int64_t *seconds)
{
    struct civil_date date;
    int hour, minute, second, offset;
    if (!take_date(&text, &date) || !(take(&text, 'T') || take(&text, 't')) ||
        !read_digits(&text, 2, &hour) || !take(&text, ':') || !read_digits(&text, 2, &minute) ||
        !take(&text, ':') || !read_digits(&text, 2, &second))
        return false;
    if (take(&text, '.'))
        while (text.size && text.data[0] >= '0' && text.data[0] <= '9')
            text = str_from_offset(text, 1);
    if (!take_offset(&text, &offset) || text.size || hour > 23 || minute > 59 || second > 60)
        return false;
    struct tm parts = {.tm_year = date.year - 1900,
                       .tm_mon = date.month - 1,
                       .tm_mday = date.day,
                       .tm_hour = hour,
                       .tm_min = minute,
                       .tm_sec = second};
    *seconds = timegm(&parts) - offset;
    return true;
}

static struct tm civil_at(int64_t seconds)
{
    time_t time = (time_t)seconds;
    struct tm parts;
    localtime_r(&time, &parts);
    return parts;
}

struct civil_date format_date_at(int64_t seconds)
{
    struct tm parts = civil_at(seconds);
    return (struct civil_date){parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday};
}

static int64_t day_number(struct civil_date date)
{
    struct tm parts = {.tm_year = date.year - 1900, .tm_mon = date.month - 1, .tm_mday = date.day};
    return timegm(&parts) / DAY;
}

int64_t format_days_between(struct civil_date from, struct civil_date to)
{
    return day_number(to) - day_number(from);
}

// Digits in threes.
static void write_grouped(struct buf *out, const char *digits, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0)
            buf_append_char(out, ',');
        buf_append_char(out, digits[i]);
    }
}

void format_integer(struct buf *out, int64_t value)
{
    char digits[24];
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    if (value < 0)
        buf_append_text(out, FORMAT_MINUS);
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)size);
    write_grouped(out, digits, (size_t)length);
}

void format_number(struct buf *out, double value, int decimals)
{
    char text[400];
    bool exact = decimals >= 0;
    if (!isfinite(value))
        return;
    if (!exact || decimals > 6)
        decimals = exact ? 6 : 3;
    // Half away from zero, as people round; printf would round 0.125 to the even 0.12.
    double scale = pow(10, decimals);
    double rounded = fabs(value) < 1e15 ? round(fabs(value) * scale) / scale : fabs(value);
    snprintf(text, sizeof text, "%.*f", decimals, rounded);
    size_t whole = strcspn(text, "."), size = strlen(text);
    while (!exact && size > whole && (text[size - 1] == '0' || text[size - 1] == '.'))
        size--;
    if (value < 0 && rounded > 0)
        buf_append_text(out, FORMAT_MINUS);
    write_grouped(out, text, whole);
    if (size > whole)
        buf_append(out, text + whole, size - whole);
}

int format_money_decimals(struct str currency)
{
    static const char *const three[] = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};
    static const char *const none[] = {"JPY", "KRW", "VND", "CLP"};
    for (size_t i = 0; i < sizeof three / sizeof *three; i++)
        if (str_is(currency, three[i]))
            return 3;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (str_is(currency, none[i]))
            return 0;
    return 2;
}

static void write_amount(struct buf *out, uint64_t amount, int decimals, bool grouped)
{
    char digits[32];
    int length =
        snprintf(digits, sizeof digits, "%0*llu", decimals + 1, (unsigned long long)amount);
    size_t whole = (size_t)(length - decimals);
    if (grouped)
        write_grouped(out, digits, whole);
    else
        buf_append(out, digits, whole);
    if (decimals > 0) {
        buf_append_char(out, '.');
        buf_append(out, digits + whole, (size_t)decimals);
    }
}

static uint64_t magnitude(int64_t amount)
{
    return amount < 0 ? 0 - (uint64_t)amount : (uint64_t)amount;
}

static bool is_currency(struct str code)
{
    for (size_t i = 0; i < code.size; i++)
        if (code.data[i] < 'A' || code.data[i] > 'Z')
            return false;
    return code.size == 3;
}

struct str format_currency(const struct phrases *phrases, struct str currency)
{
    // A code that is none is not printed: it comes from outside.
    if (!is_currency(currency))
        return (struct str){0};
    const json_t *name =
        json_object_getn(json_object_get(phrases->document, "money"), currency.data, currency.size);
    return name ? (struct str){json_string_value(name), json_string_length(name)} : currency;
}

void format_money_number(struct buf *out, int64_t amount, struct str currency)
{
    write_amount(out, magnitude(amount), format_money_decimals(currency), true);
}

void format_money(const struct phrases *phrases, struct buf *out, int64_t amount,
                  struct str currency)
{
    struct buf number = {0};
    format_money_number(&number, amount, currency);
    struct phrase_value values[] = {{"number", buf_str(&number), false},
                                    {"currency", format_currency(phrases, currency), false}};
    if (amount < 0)
        buf_append_text(out, FORMAT_MINUS);
    phrases_write(phrases, out, PHRASE_MONEY_FORMAT, 0, values, 2);
    buf_finish(&number);
}

void format_money_plain(struct buf *out, int64_t amount, struct str currency)
{
    if (amount < 0)
        buf_append_char(out, '-');
    write_amount(out, magnitude(amount), format_money_decimals(currency), false);
}

bool format_read_money(struct str text, struct str currency, int64_t *amount)
{
    struct buf folded = {0};
    digits_fold(&folded, str_trim(text));
    struct str rest = buf_str(&folded);
    int decimals = format_money_decimals(currency), after = -1;
    int64_t value = 0;
    bool good = rest.size > 0 && rest.size < 32, digit = false;
    for (size_t i = 0; i < rest.size && good; i++) {
        char c = rest.data[i];
        if (c == '.' && after < 0) {
            after = 0;
        } else if (c >= '0' && c <= '9') {
            digit = true;
            after += after >= 0;
            good = after <= decimals && !__builtin_mul_overflow(value, 10, &value) &&
                   !__builtin_add_overflow(value, c - '0', &value);
        } else {
            good = (c == ',' || c == ' ') && after < 0;
        }
    }
    for (int i = after < 0 ? 0 : after; i < decimals && good; i++)
        good = !__builtin_mul_overflow(value, 10, &value);
    buf_finish(&folded);
    if (!good || !digit)
        return false;
    *amount = value;
    return true;
}

static struct str print_integer(char text[16], int value)
{
    int size = snprintf(text, 16, "%d", value);
    return (struct str){text, (size_t)size};
}

void format_date(const struct phrases *phrases, struct buf *out, struct civil_date date)
{
    char day[16], year[16];
    struct phrase_value values[] = {{"day", print_integer(day, date.day), false},
                                    {"month", phrases->months[date.month - 1], false},
                                    {"year", print_integer(year, date.year), false}};
    phrases_write(phrases, out, PHRASE_DATE_DAY, 0, values, 3);
}

void format_month(const struct phrases *phrases, struct buf *out, struct civil_date date)
{
    char year[16];
    struct phrase_value values[] = {{"month", phrases->months[date.month - 1], false},
                                    {"year", print_integer(year, date.year), false}};
    phrases_write(phrases, out, PHRASE_DATE_MONTH, 0, values, 2);
}

void format_short_month(const struct phrases *phrases, struct buf *out, struct civil_date date)
{
    buf_append_str(out, phrases->short_months[date.month - 1]);
}

void format_clock(const struct phrases *phrases, struct buf *out, int64_t seconds)
{
    struct tm parts = civil_at(seconds);
    char hour[16], minute[16];
    int size = snprintf(minute, sizeof minute, "%02d", parts.tm_min);
    struct phrase_value values[] = {
        {"hour", print_integer(hour, (parts.tm_hour + 11) % 12 + 1), false},
        {"minute", {minute, (size_t)size}, false},
        {"half", phrases_text(phrases, parts.tm_hour < 12 ? PHRASE_DATE_AM : PHRASE_DATE_PM),
         false}};
    phrases_write(phrases, out, PHRASE_DATE_TIME, 0, values, 3);
}

void format_seconds(struct buf *out, int64_t seconds)
{
    struct tm parts = civil_at(seconds);
    buf_printf(out, "%02d:%02d:%02d", parts.tm_hour, parts.tm_min, parts.tm_sec);
}

void format_time(const struct phrases *phrases, struct buf *out, int64_t seconds)
{
    struct buf date = {0}, clock = {0};
    format_date(phrases, &date, format_date_at(seconds));
    format_clock(phrases, &clock, seconds);
    struct phrase_value values[] = {{"date", buf_str(&date), false},
                                    {"time", buf_str(&clock), false}};
    phrases_write(phrases, out, PHRASE_DATE_BOTH, 0, values, 2);
    buf_finish(&date);
    buf_finish(&clock);
}

void format_coming(const struct phrases *phrases, struct buf *out, int64_t seconds, int64_t now,
                   bool *today)
{
    int64_t days = format_days_between(format_date_at(now), format_date_at(seconds));
    struct tm parts = civil_at(seconds);
    // "Open until 2:00 am" is said of the night that begins today.
    *today = days == 0 || (days == 1 && parts.tm_hour < 5 && seconds - now < DAY / 2);
    if (*today) {
        format_clock(phrases, out, seconds);
        return;
    }
    if (days < 0 || days > 6) {
        format_time(phrases, out, seconds);
        return;
    }
    struct buf clock = {0};
    format_clock(phrases, &clock, seconds);
    struct phrase_value values[] = {{"time", buf_str(&clock), false},
                                    {"day", phrases->days[parts.tm_wday], false}};
    phrases_write(phrases, out, days == 1 ? PHRASE_DATE_TOMORROW : PHRASE_DATE_WEEKDAY, 0, values,
                  2);
    buf_finish(&clock);
}

void format_due(const struct phrases *phrases, struct buf *out, struct civil_date due, int64_t now,
                bool *overdue)
{
    enum { SOON = 14 };
    int64_t days = format_days_between(format_date_at(now), due);
    struct buf date = {0};
    format_date(phrases, &date, due);
    struct phrase_value value = {"date", buf_str(&date), false};
    *overdue = days < 0;
    enum phrase phrase = days < 0       ? PHRASE_PAY_OVERDUE
                         : days == 0    ? PHRASE_PAY_DUE_TODAY
                         : days <= SOON ? PHRASE_PAY_DUE_IN
                                        : PHRASE_PAY_DUE;
    phrases_write(phrases, out, phrase, days < 0 ? -days : days, &value, 1);
    buf_finish(&date);
}

void format_distance(const struct phrases *phrases, struct buf *out, int64_t metres)
{
    if (metres < 1000) {
        phrases_write(phrases, out, PHRASE_PLACES_METRES, metres < 10 ? metres : metres / 10 * 10,
                      NULL, 0);
        return;
    }
    struct buf number = {0};
    double kilometres = (double)metres / 1000;
    format_number(&number, metres < 10000 ? round(kilometres * 10) / 10 : round(kilometres), -1);
    struct phrase_value value = {"number", buf_str(&number), false};
    phrases_write(phrases, out, PHRASE_PLACES_KILOMETRES, 0, &value, 1);
    buf_finish(&number);
}
