// SPDX-License-Identifier: Apache-2.0
// Building: every word of a document becomes its stem, and every phrase its concepts; what is
// posted is summed by field weight, and turned into the document's part of the BM25 score when all
// lengths are known.
#include "search/index.h"

#include "base/mem.h"
#include "search/terms.h"

#include <stdlib.h>

static const float field_weights[SEARCH_FIELDS] = {
    [SEARCH_TITLE] = 4,  [SEARCH_KEYWORDS] = 3,           [SEARCH_SUMMARY] = 1,
    [SEARCH_AROUND] = 1, [SEARCH_AROUND_KEYWORDS] = 0.5f, [SEARCH_AGENCY] = 1,
};

// How soon more of the same word says no more, and how much a long document is marked down.
static const float saturation = 1.2f, by_length = 0.4f;
// A word without the letter that Arabic joins to it: "بطاقة" (card) is seldom "طاقة" (energy).
static const float particle_weight = 0.4f;

struct search_builder {
    struct search_index *index;
    float *lengths; // of each document, in weight
    uint32_t capacity;
    struct buf folded;
    bool own; // the text is of a field of the document's own
};

static void add_word(void *context, struct str stem)
{
    struct search_index *index = context;
    terms_intern(&index->terms, stem);
}

struct search_builder *search_begin(const struct lexicon *lexicon)
{
    struct search_builder *builder = mem_zero(1, sizeof *builder);
    struct search_index *index = mem_zero(1, sizeof *index);
    index->lexicon = lexicon;
    terms_init(&index->terms, lexicon_concept_count(lexicon));
    // A word that no document has may yet lead to its concept, misspelt too.
    lexicon_each_stem(lexicon, add_word, index);
    builder->index = index;
    return builder;
}

uint32_t search_add_document(struct search_builder *builder)
{
    struct search_index *index = builder->index;
    if (index->documents == builder->capacity) {
        builder->capacity = builder->capacity ? 2 * builder->capacity : 256;
        builder->lengths =
            mem_resize(builder->lengths, builder->capacity * sizeof *builder->lengths);
    }
    builder->lengths[index->documents] = 0;
    return index->documents++;
}

// ---- one text ----

// The last stems of the text, oldest first, parted by blanks.
struct window {
    struct stem stems[LEXICON_PHRASE];
    size_t count;
};

static void window_add(struct window *window, const struct stem *stem)
{
    if (window->count == LEXICON_PHRASE)
        memmove(window->stems, window->stems + 1, --window->count * sizeof *window->stems);
    window->stems[window->count++] = *stem;
}

static void post(struct search_builder *builder, uint32_t term, float weight)
{
    struct posting posting = {builder->index->documents - 1, weight, builder->own ? weight : 0};
    terms_post(&builder->index->terms.items[term], posting);
}

// The concepts of every phrase that ends with the newest stem.
static void post_concepts(struct search_builder *builder, const struct window *window, float weight)
{
    char phrase[LEXICON_PHRASE * (FOLD_WORD + 1)];
    for (size_t first = 0; first < window->count; first++) {
        size_t size = 0;
        for (size_t i = first; i < window->count; i++) {
            if (i > first)
                phrase[size++] = ' ';
            memcpy(phrase + size, window->stems[i].text, window->stems[i].size);
            size += window->stems[i].size;
        }
        uint32_t concepts[LEXICON_CONCEPTS];
        size_t count =
            lexicon_concepts(builder->index->lexicon, (struct str){phrase, size}, concepts);
        for (size_t i = 0; i < count; i++)
            post(builder, concepts[i], weight);
    }
}

void search_add_text(struct search_builder *builder, enum search_field field, struct str text)
{
    struct search_index *index = builder->index;
    float weight = field_weights[field];
    builder->own = field < SEARCH_AROUND;
    struct window window = {.count = 0};
    buf_clear(&builder->folded);
    fold_append(&builder->folded, text);
    struct str rest = buf_str(&builder->folded);
    for (struct str word; rest.size && (word = str_cut(&rest, ' ')).size;) {
        struct stem stem = stem_of(word), other = stem_without_particle(word);
        window_add(&window, &stem);
        post(builder, terms_intern(&index->terms, stem_str(&stem)), weight);
        if (other.size)
            post(builder, terms_intern(&index->terms, stem_str(&other)), weight * particle_weight);
        post_concepts(builder, &window, weight);
        builder->lengths[index->documents - 1] += weight;
    }
}

// ---- the end ----

static void weigh(struct search_index *index, const float *lengths)
{
    float sum = 0;
    for (uint32_t i = 0; i < index->documents; i++)
        sum += lengths[i];
    float average = sum > 0 ? sum / (float)index->documents : 1;
    for (uint32_t i = 0; i < index->terms.count; i++) {
        struct term *term = &index->terms.items[i];
        for (uint32_t k = 0; k < term->count; k++) {
            struct posting *posting = &term->postings[k];
            float length = 1 - by_length + by_length * lengths[posting->document] / average;
            float part = 1 / (posting->weight + saturation * length);
            posting->weight *= part;
            posting->own *= part;
        }
    }
}

static int by_name(const void *a, const void *b, void *context)
{
    const struct term *items = context;
    const uint32_t *x = a, *y = b;
    return term_compare(term_name(&items[*x]), term_name(&items[*y]));
}

static void sort(struct search_index *index)
{
    index->sorted = mem_alloc((index->terms.count + 1) * sizeof *index->sorted);
    for (uint32_t i = 0; i < index->terms.count; i++)
        if (index->terms.items[i].name)
            index->sorted[index->sorted_count++] = i;
    qsort_r(index->sorted, index->sorted_count, sizeof *index->sorted, by_name, index->terms.items);
}

struct search_index *search_finish(struct search_builder *builder)
{
    struct search_index *index = builder->index;
    weigh(index, builder->lengths);
    sort(index);
    free(builder->lengths);
    buf_finish(&builder->folded);
    free(builder);
    return index;
}

void search_destroy(struct search_index *index)
{
    if (!index)
        return;
    terms_finish(&index->terms);
    free(index->sorted);
    free(index);
}

size_t search_bytes(const struct search_index *index)
{
    const struct terms *terms = &index->terms;
    size_t bytes = sizeof *index + terms->capacity * sizeof *terms->items +
                   terms->slot_count * sizeof *terms->slots +
                   index->sorted_count * sizeof *index->sorted;
    for (uint32_t i = 0; i < terms->count; i++)
        bytes += terms->items[i].size + terms->items[i].capacity * sizeof(struct posting);
    return bytes;
}
