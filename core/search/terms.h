// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_SEARCH_TERMS_H
#define MEDINA_SEARCH_TERMS_H

#include "search/index.h"

// Inside of search/: the vocabulary of an index, and which documents have which of it.

struct posting {
    uint32_t document;
    float weight; // summed while building; then what the term adds to the document's score,
    float own;    // and how much of it is of the document's own texts
};

struct term {
    char *name; // a stem; NULL for a concept
    uint32_t size, letters;
    struct posting *postings; // by document
    uint32_t count, capacity;
};

enum { TERM_NONE = UINT32_MAX };

// Numbers below concepts are the lexicon's concepts, those from there on are words.
struct terms {
    struct term *items;
    uint32_t count, capacity;
    uint32_t *slots; // hash table of words, number + 1; 0: free
    uint32_t slot_count;
};

void terms_init(struct terms *terms, size_t concepts);
void terms_finish(struct terms *terms);

uint32_t terms_find(const struct terms *terms, struct str name); // or TERM_NONE
uint32_t terms_intern(struct terms *terms, struct str name);     // adds it when it is new
// Documents come in rising order.
void terms_post(struct term *term, struct posting posting);

struct search_index {
    const struct lexicon *lexicon;
    struct terms terms;
    uint32_t *sorted; // words with something behind them, by name
    uint32_t sorted_count;
    uint32_t documents;
};

static inline struct str term_name(const struct term *term)
{
    return (struct str){term->name, term->size};
}

static inline int term_compare(struct str a, struct str b)
{
    int order = memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

#endif
