// SPDX-License-Identifier: Apache-2.0
// The formats that are asserted, each by the grammar of its RFC.
#include "base/schema_value.h"

#include <arpa/inet.h>

// What is left of the text being read; every take… moves it on only when it matched.
struct reader {
    const char *at;
    const char *end;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hexadecimal(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Empty text has no characters, so a NUL never matches.
static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static bool take(struct reader *r, const char *set)
{
    if (r->at == r->end || !is_one_of(*r->at, set))
        return false;
    r->at++;
    return true;
}

// Exactly `digits` digits with a value in [low, high].
static bool take_number(struct reader *r, int digits, int low, int high, int *out)
{
    int value = 0;
    if (r->end - r->at < digits)
        return false;
    for (int i = 0; i < digits; i++) {
        if (!is_digit(r->at[i]))
            return false;
        value = value * 10 + (r->at[i] - '0');
    }
    if (value < low || value > high)
        return false;
    r->at += digits;
    *out = value;
    return true;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

// RFC 3339 section 5.6: full-date.
static bool take_date(struct reader *r)
{
    int year, month, day;
    return take_number(r, 4, 0, 9999, &year) && take(r, "-") && take_number(r, 2, 1, 12, &month) &&
           take(r, "-") && take_number(r, 2, 1, days_in(year, month), &day);
}

// RFC 3339 section 5.6: full-time. A leap second ends a day in UTC and nowhere else (5.7).
static bool take_time(struct reader *r)
{
    int hour, minute, second, offset_hour = 0, offset_minute = 0, sign = 1;
    if (!take_number(r, 2, 0, 23, &hour) || !take(r, ":") || !take_number(r, 2, 0, 59, &minute) ||
        !take(r, ":") || !take_number(r, 2, 0, 60, &second))
        return false;
    if (take(r, ".")) {
        const char *start = r->at;
        while (r->at < r->end && is_digit(*r->at))
            r->at++;
        if (r->at == start)
            return false;
    }
    if (!take(r, "zZ")) {
        sign = take(r, "+") ? 1 : -1;
        if (sign < 0 && !take(r, "-"))
            return false;
        if (!take_number(r, 2, 0, 23, &offset_hour) || !take(r, ":") ||
            !take_number(r, 2, 0, 59, &offset_minute))
            return false;
    }
    int utc = (hour * 60 + minute - sign * (offset_hour * 60 + offset_minute) + 2 * 1440) % 1440;
    return second < 60 || utc == 1439;
}

static struct reader reader_of(struct str text)
{
    return (struct reader){text.data, text.data + text.size};
}

static bool is_date(struct str text)
{
    struct reader r = reader_of(text);
    return take_date(&r) && r.at == r.end;
}

static bool is_time(struct str text)
{
    struct reader r = reader_of(text);
    return take_time(&r) && r.at == r.end;
}

static bool is_date_time(struct str text)
{
    struct reader r = reader_of(text);
    return take_date(&r) && take(&r, "Tt") && take_time(&r) && r.at == r.end;
}

// RFC 9562 section 4.
static bool is_uuid(struct str text)
{
    if (text.size != 36)
        return false;
    for (size_t i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text.data[i] != '-' : !is_hexadecimal(text.data[i]))
            return false;
    }
    return true;
}

static bool is_address(struct str text, int family)
{
    char copy[64], binary[16];
    if (text.size >= sizeof copy || memchr(text.data, '\0', text.size))
        return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    return inet_pton(family, copy, binary) == 1;
}

// RFC 1123 section 2.1: labels of letters, digits and inner hyphens.
static bool is_domain(struct str text)
{
    if (text.size == 0 || text.size > 253)
        return false;
    struct str rest = text;
    while (rest.data) {
        struct str label = str_cut(&rest, '.');
        if (label.size == 0 || label.size > 63 || label.data[0] == '-' ||
            label.data[label.size - 1] == '-')
            return false;
        for (size_t i = 0; i < label.size; i++)
            if (!is_letter(label.data[i]) && !is_digit(label.data[i]) && label.data[i] != '-')
                return false;
    }
    return true;
}

static bool is_mail_host(struct str text)
{
    if (text.size < 2 || text.data[0] != '[' || text.data[text.size - 1] != ']')
        return is_domain(text);
    struct str literal = {text.data + 1, text.size - 2};
    if (str_starts(literal, STR("IPv6:")))
        return is_address(str_from_offset(literal, 5), AF_INET6);
    return is_address(literal, AF_INET);
}

static bool is_quoted_local(struct str text)
{
    if (text.size < 2 || text.data[0] != '"' || text.data[text.size - 1] != '"')
        return false;
    for (size_t i = 1; i + 1 < text.size; i++) {
        char c = text.data[i];
        if (c == '\\' && ++i + 1 >= text.size)
            return false;
        if (c == '"' || text.data[i] < ' ' || text.data[i] > '~')
            return false;
    }
    return true;
}

static bool is_dotted_local(struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == '.' && (i == 0 || i + 1 == text.size || text.data[i - 1] == '.'))
            return false;
        if (!is_letter(c) && !is_digit(c) && !is_one_of(c, ".!#$%&'*+-/=?^_`{|}~"))
            return false;
    }
    return text.size > 0;
}

// RFC 5321 section 4.1.2: Mailbox.
static bool is_email(struct str text)
{
    const char *at = text.size ? memrchr(text.data, '@', text.size) : NULL;
    if (!at)
        return false;
    struct str local = {text.data, (size_t)(at - text.data)};
    struct str host = str_from_offset(text, local.size + 1);
    return local.size <= 64 && (is_dotted_local(local) || is_quoted_local(local)) &&
           is_mail_host(host);
}

// RFC 3986: every character is unreserved, one of `more`, a sub-delimiter or a percent triplet.
static bool is_uri_text(struct str text, const char *more)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == '%') {
            if (i + 2 >= text.size || !is_hexadecimal(text.data[i + 1]) ||
                !is_hexadecimal(text.data[i + 2]))
                return false;
            i += 2;
        } else if (!is_letter(c) && !is_digit(c) && !is_one_of(c, "-._~!$&'()*+,;=") &&
                   !is_one_of(c, more)) {
            return false;
        }
    }
    return true;
}

static bool is_port(struct str text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!is_digit(text.data[i]))
            return false;
    return true;
}

// RFC 3986 section 3.2: [ userinfo "@" ] host [ ":" port ].
static bool is_authority(struct str text)
{
    const char *at = text.size ? memrchr(text.data, '@', text.size) : NULL;
    if (at) {
        struct str user = {text.data, (size_t)(at - text.data)};
        if (!is_uri_text(user, ":"))
            return false;
        text = str_from_offset(text, user.size + 1);
    }
    if (text.size && text.data[0] == '[') {
        const char *close = memchr(text.data, ']', text.size);
        if (!close)
            return false;
        struct str address = {text.data + 1, (size_t)(close - text.data) - 1};
        struct str rest = str_from_offset(text, address.size + 2);
        return is_address(address, AF_INET6) &&
               (rest.size == 0 || (rest.data[0] == ':' && is_port(str_from_offset(rest, 1))));
    }
    struct str host = str_cut(&text, ':');
    return is_uri_text(host, "") && is_port(text);
}

// RFC 3986 section 3: scheme ":" hier-part [ "?" query ] [ "#" fragment ].
static bool is_uri(struct str text)
{
    size_t scheme = 0;
    while (scheme < text.size &&
           (is_letter(text.data[scheme]) ||
            (scheme > 0 && (is_digit(text.data[scheme]) || is_one_of(text.data[scheme], "+-.")))))
        scheme++;
    if (scheme == 0 || scheme == text.size || text.data[scheme] != ':')
        return false;
    struct str fragment = str_from_offset(text, scheme + 1);
    struct str query = str_cut(&fragment, '#');
    struct str path = str_cut(&query, '?');
    if (str_starts(path, STR("//"))) {
        struct str authority = str_from_offset(path, 2);
        const char *slash = authority.size ? memchr(authority.data, '/', authority.size) : NULL;
        if (slash)
            authority.size = (size_t)(slash - authority.data);
        if (!is_authority(authority))
            return false;
        path = str_from_offset(path, 2 + authority.size);
    }
    return is_uri_text(path, ":@/") && is_uri_text(query, ":@/?") && is_uri_text(fragment, ":@/?");
}

const struct schema_format *schema_format_find(const char *name)
{
    static const struct schema_format formats[] = {
        {"date", is_date},   {"time", is_time}, {"date-time", is_date_time},
        {"email", is_email}, {"uri", is_uri},   {"uuid", is_uuid},
    };
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}
