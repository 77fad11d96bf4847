// SPDX-License-Identifier: Apache-2.0
// A year here begins in March: then the leap day is its last, and the days before a month are one
// linear expression (months of 31, 30, 31, 30, 31 days repeat every 153 days).
#include "day.h"

#include <stdio.h>
#include <string.h>

enum { ERA_DAYS = 146097, TO_1970 = 719468 }; // of 400 years; from 0000-03-01

int32_t day_number(int year, int month, int day)
{
    int y = month > 2 ? year : year - 1, m = (month + 9) % 12;
    int era = y / 400, of_era = y % 400;
    int of_year = (153 * m + 2) / 5 + day - 1;
    return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - TO_1970;
}

void day_write(int32_t day, char out[DAY_TEXT])
{
    int days = day + TO_1970, era = days / ERA_DAYS, of_era = days % ERA_DAYS;
    int y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year = of_era - (365 * y + y / 4 - y / 100);
    int m = (5 * of_year + 2) / 153;
    int month = m < 10 ? m + 3 : m - 9;
    snprintf(out, DAY_TEXT, "%04u-%02u-%02u", (unsigned)(era * 400 + y + (m >= 10)) % 10000,
             (unsigned)month % 100, (unsigned)(of_year - (153 * m + 2) / 5 + 1) % 100);
}

bool day_read(const char *text, int32_t *day)
{
    char again[DAY_TEXT];
    int year, month, date;
    if (!text || strlen(text) != DAY_TEXT - 1 || strspn(text, "0123456789-") != DAY_TEXT - 1 ||
        sscanf(text, "%4d-%2d-%2d", &year, &month, &date) != 3 || year < 1 || month < 1 ||
        month > 12 || date < 1 || date > 31)
        return false;
    *day = day_number(year, month, date);
    day_write(*day, again);
    return strcmp(text, again) == 0;
}
