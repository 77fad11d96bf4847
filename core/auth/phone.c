// SPDX-License-Identifier: Apache-2.0
#include "auth/phone.h"

#include <stdio.h>
#include <string.h>

static const char *const mobile_prefixes[] = {"50", "52", "54", "55", "56", "57", "58", NULL};

const struct phone_plan phone_plan_emirates = {.country = "971",
                                               .trunk = "0",
                                               .national_length = 9,
                                               .prefixes = mobile_prefixes};

// The next code point; 0 at the end and for what is not UTF-8.
static uint32_t next_point(struct str *text)
{
    if (!text->size)
        return 0;
    const unsigned char *p = (const unsigned char *)text->data;
    size_t size = p[0] < 0x80 ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    if (size > text->size || !str_is_utf8((struct str){text->data, size}))
        return 0;
    uint32_t point = size == 1 ? p[0] : p[0] & (0xFFU >> (size + 1));
    for (size_t i = 1; i < size; i++)
        point = point << 6 | (p[i] & 0x3F);
    *text = str_from_offset(*text, size);
    return point;
}

static int digit_of(uint32_t point)
{
    static const uint32_t zeros[] = {'0', 0x0660, 0x06F0};
    for (size_t i = 0; i < sizeof zeros / sizeof *zeros; i++)
        if (point >= zeros[i] && point <= zeros[i] + 9)
            return (int)(point - zeros[i]);
    return -1;
}

// What people put between digits, and the direction marks that come along when Arabic is copied.
static bool is_filler(uint32_t point)
{
    return (point && point < 0x80 && strchr(" \t-().", (int)point)) || point == 0xA0 ||
           point == 0x202F || (point >= 0x2010 && point <= 0x2015) || point == 0x2212 ||
           point == 0x200E || point == 0x200F || point == 0x061C ||
           (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

// Digits of the text; *plus tells whether a plus stood first.
static int read_digits(struct str text, char *out, size_t size, bool *plus)
{
    size_t count = 0;
    *plus = false;
    while (text.size) {
        uint32_t point = next_point(&text);
        int digit = digit_of(point);
        if (digit >= 0 && count + 1 < size)
            out[count++] = (char)('0' + digit);
        else if (point == '+' && count == 0 && !*plus)
            *plus = true;
        else if (!is_filler(point))
            return -1;
    }
    out[count] = '\0';
    return (int)count;
}

int phone_digits(struct str text, char *out, size_t size)
{
    bool plus;
    int count = read_digits(text, out, size, &plus);
    return plus ? -1 : count;
}

static bool starts(const char *digits, const char *prefix)
{
    return strncmp(digits, prefix, strlen(prefix)) == 0;
}

// digits: what follows the home country's code, or its trunk prefix.
static int home_number(const char *digits, const struct phone_plan *plan, struct phone *out,
                       struct err *err)
{
    if (strlen(digits) != plan->national_length)
        return err_set(err, ERR_INVALID, "a number of this country has %u digits after +%s",
                       plan->national_length, plan->country);
    for (const char *const *prefix = plan->prefixes; *prefix; prefix++) {
        if (!starts(digits, *prefix))
            continue;
        snprintf(out->e164, sizeof out->e164, "+%s%s", plan->country, digits);
        return 0;
    }
    return err_set(err, ERR_INVALID, "not a mobile number, so no message can reach it");
}

static int international(const char *digits, const struct phone_plan *plan, struct phone *out,
                         struct err *err)
{
    if (starts(digits, plan->country)) {
        digits += strlen(plan->country);
        if (starts(digits, plan->trunk) && strlen(digits) > plan->national_length)
            digits += strlen(plan->trunk);
        return home_number(digits, plan, out, err);
    }
    size_t count = strlen(digits);
    if (count < 8 || count > 15 || digits[0] == '0')
        return err_set(err, ERR_INVALID, "an international number has 8 to 15 digits");
    snprintf(out->e164, sizeof out->e164, "+%s", digits);
    return 0;
}

int phone_parse(struct str text, const struct phone_plan *plan, struct phone *out, struct err *err)
{
    char digits[24];
    bool plus;
    *out = (struct phone){0};
    if (read_digits(text, digits, sizeof digits, &plus) <= 0)
        return err_set(err, ERR_INVALID, "not a telephone number");
    if (plus)
        return international(digits, plan, out, err);
    if (starts(digits, "00"))
        return international(digits + 2, plan, out, err);
    if (starts(digits, plan->trunk))
        return home_number(digits + strlen(plan->trunk), plan, out, err);
    if (starts(digits, plan->country))
        return international(digits, plan, out, err);
    return err_set(err, ERR_INVALID, "a number starts with %s, or with + and its country",
                   plan->trunk);
}

void phone_mask(const struct phone *phone, char out[PHONE_MASKED])
{
    size_t length = strlen(phone->e164), used = 0;
    for (size_t i = 0; i < length; i++)
        if (i < 4 || i + 2 >= length)
            out[used++] = phone->e164[i];
        else
            used += (size_t)snprintf(out + used, PHONE_MASKED - used, "•");
    out[used] = '\0';
}
