// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_SEARCH_INDEX_H
#define MEDINA_SEARCH_INDEX_H

#include "search/lexicon.h"

// An inverted index in memory over short texts in two languages at once, so that an Arabic word
// finds what is shown in English and the reverse. It is built once and never changes.
//
// A word finds by its stem, by the concepts it belongs to (lexicon.h), and where no document has
// it: as the beginning of a word when it is the query's last, or with one letter wrong, missing,
// too many or exchanged with its neighbour when it has SEARCH_TYPO_LETTERS. Documents are ranked by
// BM25 (Robertson, Zaragoza: The Probabilistic Relevance Framework, 2009) over weighted fields,
// times the share of the query that they answer.

enum {
    SEARCH_TYPO_LETTERS = 5,
    SEARCH_PREFIX_LETTERS = 2,
    SEARCH_WORDS_MOST = 32, // that search_limits may allow
};

enum search_field {
    SEARCH_TITLE,
    SEARCH_KEYWORDS,
    SEARCH_SUMMARY,
    SEARCH_AROUND,          // the title of what this is a part of
    SEARCH_AROUND_KEYWORDS, // its keywords
    SEARCH_AGENCY,
    SEARCH_FIELDS
};

struct search_builder;
struct search_index;

// The lexicon is borrowed for as long as the index lives.
struct search_builder *search_begin(const struct lexicon *lexicon);
// Begins the next document; its number, from 0 on.
uint32_t search_add_document(struct search_builder *builder);
// A text of the document begun last, in either language; any bytes.
void search_add_text(struct search_builder *builder, enum search_field field, struct str text);
// Takes the builder. Yours: search_destroy.
struct search_index *search_finish(struct search_builder *builder);

void search_destroy(struct search_index *index);
size_t search_bytes(const struct search_index *index); // of memory, about

// What of a query is looked at; the rest is left out, without a fault.
struct search_limits {
    size_t query_bytes;
    size_t query_words; // at most SEARCH_WORDS_MOST
};

struct search_hit {
    uint32_t document;
    float score;
    bool own; // something of the query is in its own title, keywords or summary
};

// hits and capacity are the caller's; the rest is filled in.
struct search_answer {
    struct search_hit *hits; // best first
    size_t capacity;
    size_t count;
    bool cut;       // the query was longer than the limits
    size_t words;   // that were looked for
    size_t unknown; // of them, found nowhere
};

// The best documents; those far below the best are left out. Any thread.
void search_find(const struct search_index *index, struct str query,
                 const struct search_limits *limits, struct search_answer *answer);

#endif
