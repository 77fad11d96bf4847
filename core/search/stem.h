// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_SEARCH_STEM_H
#define MEDINA_SEARCH_STEM_H

#include "search/fold.h"

// Light stemming of a folded word: what number, article and possession add comes off, no more.
// Stems are no words, they are only compared with each other.
//
//   Arabic   the article with what is joined to it (ال وال بال كال فال لل), then plural, feminine
//            and possessive endings (ات ون ين ه ي تي ها …), as long as three letters remain
//   English  -s -es -ies, -ing and -ed where enough remains, a silent -e
//
// A broken plural (فواتير) is a synonym (words.json), not a rule.

struct stem {
    char text[FOLD_WORD + 1];
    size_t size;
};

struct stem stem_of(struct str word);

// The stem without the one letter that Arabic joins to a word (و ف ب ل ك: "لسيارتي" for "my
// car"), which may as well be its root ("بطاقة"); size 0 when there is none, or too little remains.
struct stem stem_without_particle(struct str word);

static inline struct str stem_str(const struct stem *stem)
{
    return (struct str){stem->text, stem->size};
}

#endif
