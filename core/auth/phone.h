// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_AUTH_PHONE_H
#define MEDINA_AUTH_PHONE_H

#include "base/err.h"
#include "base/str.h"

// One number, one text: E.164 with its plus, however a person wrote it.
enum { PHONE_LENGTH = 16, PHONE_MASKED = 40 };

struct phone {
    char e164[PHONE_LENGTH + 1];
};

// How numbers of the home country are written.
struct phone_plan {
    const char *country;         // "971"
    const char *trunk;           // before a national number: "0"
    unsigned national_length;    // digits after the country code
    const char *const *prefixes; // of mobile national numbers; NULL ends
};

extern const struct phone_plan phone_plan_emirates;

// Takes 05…, 971…, +971…, 00971… (a trunk 0 after the country code too), Western, Arabic-Indic and
// Persian digits, spaces, dashes, dots, brackets and direction marks; a foreign number needs + or
// 00 and 8 to 15 digits. ERR_INVALID says what is wrong without repeating the number.
int phone_parse(struct str text, const struct phone_plan *plan, struct phone *out, struct err *err);

// For the person who typed it: "+971•••••••67".
void phone_mask(const struct phone *phone, char out[PHONE_MASKED]);

// Western digits of a text in either numerals, blanks left out; -1 for anything else or when more
// than size - 1 would be written. For codes and numbers that people type.
int phone_digits(struct str text, char *out, size_t size);

#endif
