// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_SEARCH_LEXICON_H
#define MEDINA_SEARCH_LEXICON_H

#include "base/err.h"
#include "search/stem.h"

// What search knows of the two languages beside the letters: words that say nothing, and words and
// phrases that mean the same. All of it is data, words.json:
//
//   {"stop": ["the", "في", …],
//    "same": [["car", "vehicle", "سيارة", "مركبة"], ["near me", "nearby", "قريب مني"], …]}
//
// A group of "same" is a concept; a phrase of it has at most LEXICON_PHRASE words, and may be in
// several groups. Texts are taken as people write them: folding and stemming is done here.
//
// A lexicon never changes once read: any number of threads may use it.

enum { LEXICON_PHRASE = 3, LEXICON_CONCEPTS = 6 };

struct lexicon;

// NULL with ERR_INVALID and what is wrong.
struct lexicon *lexicon_parse(struct str json, struct err *err);
// The one that comes with the program; NULL as above.
struct lexicon *lexicon_own(struct err *err);
void lexicon_destroy(struct lexicon *lexicon);

bool lexicon_is_stop(const struct lexicon *lexicon, struct str word); // folded

// The concepts of a phrase of stems, parted by one blank, into out; how many.
size_t lexicon_concepts(const struct lexicon *lexicon, struct str phrase,
                        uint32_t out[static LEXICON_CONCEPTS]);

size_t lexicon_concept_count(const struct lexicon *lexicon);

// Every phrase that is one stem.
void lexicon_each_stem(const struct lexicon *lexicon, void (*each)(void *context, struct str stem),
                       void *context);

#endif
