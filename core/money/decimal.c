// SPDX-License-Identifier: Apache-2.0
#include "money/decimal.h"

int decimal_digits(const char *currency)
{
    static const char *const three[] = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};
    static const char *const none[] = {"CLP", "ISK", "JPY", "KRW", "UGX", "VND", "XAF", "XOF"};
    for (size_t i = 0; i < sizeof three / sizeof *three; i++)
        if (strcmp(currency, three[i]) == 0)
            return 3;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (strcmp(currency, none[i]) == 0)
            return 0;
    return 2;
}

static int64_t scale_of(int digits)
{
    return digits == 3 ? 1000 : digits == 2 ? 100 : 1;
}

void decimal_write(struct buf *out, int64_t amount, const char *currency)
{
    int digits = decimal_digits(currency);
    int64_t scale = scale_of(digits);
    if (amount < 0)
        buf_append_char(out, '-');
    uint64_t size = amount < 0 ? 0 - (uint64_t)amount : (uint64_t)amount;
    buf_printf(out, "%llu", (unsigned long long)(size / (uint64_t)scale));
    if (digits)
        buf_printf(out, ".%0*llu", digits, (unsigned long long)(size % (uint64_t)scale));
}

bool decimal_read(struct str text, const char *currency, int64_t *amount)
{
    enum { MOST_WHOLE = 15 };
    int digits = decimal_digits(currency), seen = 0;
    bool minus = str_starts(text, STR("-"));
    struct str rest = minus ? str_from_offset(text, 1) : text;
    struct str whole = str_cut(&rest, '.');
    bool pointed = rest.data != NULL;
    int64_t sum = 0;
    if (!whole.size || whole.size > MOST_WHOLE || (pointed && !rest.size))
        return false;
    for (size_t i = 0; i < whole.size; i++) {
        if (whole.data[i] < '0' || whole.data[i] > '9')
            return false;
        sum = sum * 10 + (whole.data[i] - '0');
    }
    for (size_t i = 0; i < rest.size; i++) {
        char c = rest.data[i];
        if (c < '0' || c > '9' || (seen == digits && c != '0'))
            return false;
        if (seen < digits) {
            sum = sum * 10 + (c - '0');
            seen++;
        }
    }
    for (; seen < digits; seen++)
        sum *= 10;
    *amount = minus ? -sum : sum;
    return true;
}
