// SPDX-License-Identifier: Apache-2.0
// Asking: the query's words become units (a word, or a phrase that means one thing); each unit has
// the terms that answer it, with how well they do; a document gets the best of each unit.
#include "search/index.h"

#include "base/mem.h"
#include "search/terms.h"

#include <math.h>
#include <stdlib.h>

enum { VARIANTS = 96, LETTERS = FOLD_WORD };

// How well a term answers a word that is not the same one.
static const float by_concept = 0.8f, by_part = 0.5f, by_prefix = 0.5f, by_typo = 0.6f,
                   by_small_word = 0.15f;
// Documents below this share of the best one's score are not shown.
static const float least_share = 0.22f;

struct word {
    struct str folded;
    struct stem stem;
    bool stop;
};

struct variant {
    uint32_t term;
    float factor;
};

struct unit {
    struct variant variants[VARIANTS];
    size_t count;
};

struct question {
    const struct search_index *index;
    struct buf folded;
    struct word words[SEARCH_WORDS_MOST];
    size_t word_count;
    struct unit unit; // the one that is looked at
    float *scores, *shares, *best;
    bool *own;
    uint32_t *touched; // documents of this unit,
    size_t touched_count;
    float asked; // weight of all units that are found anywhere
};

// ---- words ----

static bool read_words(struct question *question, struct str query,
                       const struct search_limits *limits)
{
    size_t most = limits->query_words < SEARCH_WORDS_MOST ? limits->query_words : SEARCH_WORDS_MOST;
    struct str kept = fold_cut(query, limits->query_bytes);
    fold_append(&question->folded, kept);
    struct str rest = buf_str(&question->folded);
    for (struct str folded; rest.size && (folded = str_cut(&rest, ' ')).size;) {
        if (question->word_count == most)
            return true;
        struct word *word = &question->words[question->word_count++];
        *word = (struct word){folded, stem_of(folded),
                              lexicon_is_stop(question->index->lexicon, folded)};
    }
    return kept.size < query.size;
}

// ---- the terms of a unit ----

static void add_postings(struct question *question, uint32_t term, float factor)
{
    struct unit *unit = &question->unit;
    if (!question->index->terms.items[term].count || unit->count == VARIANTS)
        return;
    unit->variants[unit->count++] = (struct variant){term, factor};
}

static void add_concepts(struct question *question, struct str phrase, float factor)
{
    uint32_t concepts[LEXICON_CONCEPTS];
    size_t count = lexicon_concepts(question->index->lexicon, phrase, concepts);
    for (size_t i = 0; i < count; i++)
        add_postings(question, concepts[i], factor);
}

static void add_term(struct question *question, uint32_t term, float factor)
{
    add_postings(question, term, factor);
    add_concepts(question, term_name(&question->index->terms.items[term]), factor * by_concept);
}

static void add_stem(struct question *question, const struct stem *stem, float factor)
{
    uint32_t term = stem->size ? terms_find(&question->index->terms, stem_str(stem)) : TERM_NONE;
    if (term != TERM_NONE)
        add_term(question, term, factor);
}

static void add_prefix(struct question *question, struct str prefix)
{
    const struct search_index *index = question->index;
    uint32_t low = 0, high = index->sorted_count;
    if (fold_letters(prefix) < SEARCH_PREFIX_LETTERS)
        return;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (term_compare(term_name(&index->terms.items[index->sorted[middle]]), prefix) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < index->sorted_count && question->unit.count < VARIANTS; low++) {
        uint32_t term = index->sorted[low];
        if (!str_starts(term_name(&index->terms.items[term]), prefix))
            return;
        add_term(question, term, by_prefix);
    }
}

// ---- one letter away ----

struct letters {
    uint32_t items[LETTERS];
    size_t count;
};

static struct letters letters_of(struct str word)
{
    struct letters letters = {.count = 0};
    for (size_t at = 0, length; at < word.size && letters.count < LETTERS; at += length)
        letters.items[letters.count++] =
            fold_decode((struct str){word.data + at, word.size - at}, &length);
    return letters;
}

static bool same_from(const struct letters *a, size_t i, const struct letters *b, size_t k)
{
    return a->count - i == b->count - k &&
           memcmp(a->items + i, b->items + k, (a->count - i) * sizeof *a->items) == 0;
}

// Whether one insertion, deletion, substitution or exchange of neighbours leads from a to b.
static bool is_near(const struct letters *a, const struct letters *b)
{
    size_t i = 0;
    while (i < a->count && i < b->count && a->items[i] == b->items[i])
        i++;
    if (a->count == b->count)
        return i == a->count || same_from(a, i + 1, b, i + 1) ||
               (i + 1 < a->count && a->items[i] == b->items[i + 1] &&
                a->items[i + 1] == b->items[i] && same_from(a, i + 2, b, i + 2));
    return a->count > b->count ? a->count == b->count + 1 && same_from(a, i + 1, b, i)
                               : b->count == a->count + 1 && same_from(a, i, b, i + 1);
}

static void add_typos(struct question *question, const struct word *word)
{
    const struct search_index *index = question->index;
    struct letters wanted = letters_of(stem_str(&word->stem));
    if (fold_letters(word->folded) < SEARCH_TYPO_LETTERS)
        return;
    for (uint32_t i = 0; i < index->sorted_count && question->unit.count < VARIANTS; i++) {
        const struct term *term = &index->terms.items[index->sorted[i]];
        if (term->letters + 1 < wanted.count || term->letters > wanted.count + 1 ||
            term->letters + 1 < SEARCH_TYPO_LETTERS)
            continue;
        struct letters found = letters_of(term_name(term));
        if (is_near(&wanted, &found))
            add_term(question, index->sorted[i], by_typo);
    }
}

// ---- units ----

static void read_word(struct question *question, size_t at)
{
    const struct word *word = &question->words[at];
    add_stem(question, &word->stem, 1);
    if (question->unit.count == 0) {
        struct stem other = stem_without_particle(word->folded);
        add_stem(question, &other, 0.9f);
    }
    if (question->unit.count == 0 && at + 1 == question->word_count)
        add_prefix(question, stem_str(&word->stem));
    if (question->unit.count == 0)
        add_typos(question, word);
}

// The longest phrase of several words that begins here and means something; how many words, or 1.
static size_t read_phrase(struct question *question, size_t at)
{
    char phrase[LEXICON_PHRASE * (FOLD_WORD + 1)];
    size_t ends[LEXICON_PHRASE], size = 0, count = 0;
    while (count < LEXICON_PHRASE && at + count < question->word_count) {
        const struct stem *stem = &question->words[at + count].stem;
        if (count)
            phrase[size++] = ' ';
        memcpy(phrase + size, stem->text, stem->size);
        ends[count++] = size += stem->size;
    }
    for (; count > 1; count--) {
        add_concepts(question, (struct str){phrase, ends[count - 1]}, 1);
        if (!question->unit.count)
            continue;
        for (size_t i = 0; i < count; i++)
            if (!question->words[at + i].stop)
                add_stem(question, &question->words[at + i].stem, by_part);
        return count;
    }
    return 1;
}

// ---- scores ----

static float rarity(const struct search_index *index, uint32_t term)
{
    float all = (float)index->documents, some = (float)index->terms.items[term].count;
    return logf(1 + (all - some + 0.5f) / (some + 0.5f));
}

static void score_variant(struct question *question, const struct variant *variant, bool counts)
{
    const struct term *term = &question->index->terms.items[variant->term];
    float factor = variant->factor * rarity(question->index, variant->term);
    for (uint32_t i = 0; i < term->count; i++) {
        uint32_t document = term->postings[i].document;
        float value = factor * term->postings[i].weight;
        if (question->best[document] == 0)
            question->touched[question->touched_count++] = document;
        question->own[document] |= counts && term->postings[i].own > 0;
        if (value > question->best[document])
            question->best[document] = value;
    }
}

// counts: what it asks counts for the share of the query that a document answers.
static void score_unit(struct question *question, bool counts)
{
    struct unit *unit = &question->unit;
    float weight = 0;
    question->touched_count = 0;
    for (size_t i = 0; i < unit->count; i++) {
        float own = rarity(question->index, unit->variants[i].term);
        weight = own > weight ? own : weight;
        score_variant(question, &unit->variants[i], counts);
    }
    for (size_t i = 0; i < question->touched_count; i++) {
        uint32_t document = question->touched[i];
        question->scores[document] += question->best[document];
        question->shares[document] += counts ? weight : 0;
        question->best[document] = 0;
    }
    question->asked += counts ? weight : 0;
    unit->count = 0;
}

// A word that says nothing by itself still tells "my fines" from "fines".
static void add_small_word(struct question *question, const struct word *word)
{
    uint32_t term = terms_find(&question->index->terms, stem_str(&word->stem));
    if (!word->stop || term == TERM_NONE)
        return;
    add_postings(question, term, by_small_word);
    score_unit(question, false);
}

static void score_all(struct question *question, bool stop_words, struct search_answer *answer)
{
    for (size_t at = 0, used = 1; at < question->word_count; at += used) {
        used = read_phrase(question, at);
        if (used == 1 && question->words[at].stop != stop_words) {
            add_small_word(question, &question->words[at]);
            continue;
        }
        if (used == 1)
            read_word(question, at);
        answer->words += used;
        answer->unknown += question->unit.count == 0;
        score_unit(question, true);
    }
}

static void keep(struct search_answer *answer, struct search_hit hit)
{
    if (answer->count == answer->capacity) {
        if (!answer->count || answer->hits[answer->count - 1].score >= hit.score)
            return;
        answer->count--;
    }
    size_t at = answer->count++;
    for (; at > 0 && answer->hits[at - 1].score < hit.score; at--)
        answer->hits[at] = answer->hits[at - 1];
    answer->hits[at] = hit;
}

static void rank(const struct question *question, struct search_answer *answer)
{
    for (uint32_t i = 0; i < question->index->documents; i++) {
        if (question->shares[i] == 0)
            continue;
        float share = question->shares[i] / question->asked;
        keep(answer, (struct search_hit){i, question->scores[i] * share, question->own[i]});
    }
    while (answer->count &&
           answer->hits[answer->count - 1].score < least_share * answer->hits[0].score)
        answer->count--;
}

void search_find(const struct search_index *index, struct str query,
                 const struct search_limits *limits, struct search_answer *answer)
{
    struct question *question = mem_zero(1, sizeof *question);
    size_t documents = index->documents ? index->documents : 1;
    float *numbers = mem_zero(3 * documents, sizeof *numbers);
    question->index = index;
    question->scores = numbers;
    question->shares = numbers + documents;
    question->best = numbers + 2 * documents;
    question->own = mem_zero(documents, sizeof *question->own);
    question->touched = mem_alloc(documents * sizeof *question->touched);
    answer->count = answer->words = answer->unknown = 0;
    answer->cut = read_words(question, query, limits);
    score_all(question, false, answer);
    if (!answer->words) // nothing but small words: then they are all there is to go by
        score_all(question, true, answer);
    rank(question, answer);
    buf_finish(&question->folded);
    free(question->touched);
    free(question->own);
    free(numbers);
    free(question);
}
