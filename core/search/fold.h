// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_SEARCH_FOLD_H
#define MEDINA_SEARCH_FOLD_H

#include "base/buf.h"
#include "base/str.h"

// What two spellings of a word have in common, in both languages at once. It is a net for finding,
// not a transliteration: what is found is shown as it was written.
//
//   Arabic   vowel marks and tatweel go; every form of alif is ا, ؤ is و, ئ and ى are ي, ة is ه; a
//            hamza without a seat goes from words of more than three letters (كهرباء, كهربا);
//            letters as Persian and Urdu keyboards send them, and presentation forms (U+FB50…,
//            U+FE70…), are the Arabic letters they look like
//   Latin    lower case, without accents (Latin-1, Latin Extended-A, combining marks), full-width
//            forms as ASCII; an apostrophe goes, so that "car's" is "cars"
//   digits   of all three rows as ASCII
//
// Letters of other scripts stay as they are. Whatever is neither letter nor digit parts words:
// punctuation, blanks, control characters, NUL, and bytes that are not UTF-8. Marks of direction
// and of width (U+200B…) are nothing at all.
//
// The pharmacies plugin has a narrower folding of its own (plugins/pharmacies/fold.h): a plugin
// sees sdk/include alone.

enum {
    FOLD_WORD = 64 // bytes; what a longer word has more is left out, at a character's end
};

// Appends the folded words, each followed by one blank. Any bytes of any length are taken; the
// result is at most twice as long.
void fold_append(struct buf *out, struct str text);

// The characters of a folded word.
size_t fold_letters(struct str word);

// The character at text[0], and its length in bytes; 0 and 1 for a byte that begins none.
uint32_t fold_decode(struct str text, size_t *length);

// The first most bytes of the text, less the character that would be cut in two.
struct str fold_cut(struct str text, size_t most);

#endif
