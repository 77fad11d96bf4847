// SPDX-License-Identifier: Apache-2.0
#ifndef PHARMACIES_FOLD_H
#define PHARMACIES_FOLD_H

#include <stdbool.h>
#include <stddef.h>

// What two spellings of a name have in common, so that a search finds one by the other: lower case
// without accents; Arabic without vowel marks and tatweel, all forms of alif one letter, the hamza
// dropped from its seats, taa marbuta as haa and alif maqsura as yaa; digits of all three rows as
// ASCII; anything that is neither letter nor digit one space, none at the ends.

// Writes at most capacity - 1 bytes and a NUL (capacity > 0), never half a character; returns the
// length. The folded text is never longer than the text.
size_t fold(const char *text, size_t size, char *folded, size_t capacity);

// True when each word of the folded query begins a word of the folded text; the article of an
// Arabic word (ال) may be left out of the query. An empty query is in every text, a word of 64
// bytes or more in none.
bool fold_contains(const char *folded, const char *query);

// A folded text without the article it begins with ("al " or "ال").
const char *fold_without_article(const char *folded);

// True when the text has a letter of the Arabic block.
bool fold_is_arabic(const char *text);

#endif
