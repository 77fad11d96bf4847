// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_RECEIPT_H
#define MEDINA_MONEY_RECEIPT_H

#include "store/store.h"

// Receipt numbers: "260301-01-000017-4" is the city's date, the node, the node's counter of that
// day and a check digit (Luhn over all digits), so that one misread digit is noticed. Issued in the
// transaction that captures, so a number that was taken back is used again.
enum { RECEIPT_NUMBER = 32, RECEIPT_CODE = 11 };

// date: "2026-03-01" as clock_format_date gives it. Part of a job.
int receipt_issue(struct store_db *db, int64_t node, const char *date, char out[RECEIPT_NUMBER],
                  struct err *err);

// Ten random characters of an alphabet without lookalikes (Crockford's base 32, 50 bits), printed
// beside the number: who holds a receipt can have it checked, who guesses numbers cannot.
void receipt_code_make(char out[RECEIPT_CODE]);

// As people type it: any case, O for 0, I or L for 1, spaces and dashes left out. False when that
// makes no code.
bool receipt_code_read(struct str text, char out[RECEIPT_CODE]);

// True for a number with a right check digit.
bool receipt_number_valid(struct str number);

#endif
