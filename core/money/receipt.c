// SPDX-License-Identifier: Apache-2.0
#include "money/receipt.h"

#include "base/crypto.h"

#include <ctype.h>
#include <stdio.h>

// Two statements: for RETURNING, SQLite makes and drops a table of its own each time.
STORE_SQL(receipt_count, "INSERT INTO receipt_counter (node, day, last) VALUES ($1, $2, 1) "
                         "ON CONFLICT (node, day) DO UPDATE SET last = receipt_counter.last + 1");
STORE_SQL(receipt_last, "SELECT last FROM receipt_counter WHERE node = $1 AND day = $2");

// Luhn's sum over the digits, the last one not doubled; 0 modulo 10 with a right check digit.
static int luhn(struct str text)
{
    int sum = 0;
    bool twice = false;
    for (size_t i = text.size; i-- > 0;) {
        if (text.data[i] < '0' || text.data[i] > '9')
            continue;
        int digit = (text.data[i] - '0') * (twice ? 2 : 1);
        sum += digit > 9 ? digit - 9 : digit;
        twice = !twice;
    }
    return sum % 10;
}

int receipt_issue(struct store_db *db, int64_t node, const char *date, char out[RECEIPT_NUMBER],
                  struct err *err)
{
    struct store_values day = BIND(bind_int(node), bind_string(date));
    struct store_cursor row;
    int found = store_exec(db, receipt_count, day, err);
    if (found > 0)
        found = store_one(db, receipt_last, day, &row, err);
    if (found <= 0)
        return found < 0 ? found : err_set(err, ERR_IO, "no receipt number");
    int64_t number = cursor_int(&row, 0);
    cursor_finish(&row);
    int used = snprintf(out, RECEIPT_NUMBER, "%.2s%.2s%.2s-%02d-%06lld-0", date + 2, date + 5,
                        date + 8, (int)node, (long long)number);
    int rest = luhn((struct str){out, (size_t)used});
    out[used - 1] = (char)('0' + (10 - rest) % 10);
    return 0;
}

bool receipt_number_valid(struct str number)
{
    if (number.size < 18 || number.size >= RECEIPT_NUMBER)
        return false;
    size_t dashes = 0;
    for (size_t i = 0; i < number.size; i++) {
        char c = number.data[i];
        bool dash = i == 6 || i == 9 || i == number.size - 2;
        if (dash ? c != '-' : c < '0' || c > '9')
            return false;
        dashes += dash;
    }
    return dashes == 3 && luhn(number) == 0;
}

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // Crockford's

void receipt_code_make(char out[RECEIPT_CODE])
{
    uint8_t random[RECEIPT_CODE - 1];
    crypto_random(random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++)
        out[i] = alphabet[random[i] & 31];
    out[RECEIPT_CODE - 1] = 0;
}

static char read_character(char c)
{
    c = (char)toupper((unsigned char)c);
    return c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
}

bool receipt_code_read(struct str text, char out[RECEIPT_CODE])
{
    size_t used = 0;
    for (size_t i = 0; i < text.size; i++) {
        char c = read_character(text.data[i]);
        if (c == ' ' || c == '-')
            continue;
        if (!c || !strchr(alphabet, c) || used == RECEIPT_CODE - 1)
            return false;
        out[used++] = c;
    }
    out[used] = 0;
    return used == RECEIPT_CODE - 1;
}
