// SPDX-License-Identifier: Apache-2.0
#include "search/terms.h"

#include "base/mem.h"

#include <stdlib.h>

static uint32_t hash_of(struct str name) // FNV-1a; the words are the plugins', not the citizens'
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < name.size; i++)
        hash = (hash ^ (unsigned char)name.data[i]) * 16777619u;
    return hash;
}

static struct term *add_term(struct terms *terms)
{
    if (terms->count == terms->capacity) {
        terms->capacity = terms->capacity ? 2 * terms->capacity : 1024;
        terms->items = mem_resize(terms->items, terms->capacity * sizeof *terms->items);
    }
    struct term *term = &terms->items[terms->count++];
    *term = (struct term){0};
    return term;
}

void terms_init(struct terms *terms, size_t concepts)
{
    *terms = (struct terms){.slot_count = 4096};
    terms->slots = mem_zero(terms->slot_count, sizeof *terms->slots);
    for (size_t i = 0; i < concepts; i++)
        add_term(terms);
}

void terms_finish(struct terms *terms)
{
    for (uint32_t i = 0; i < terms->count; i++) {
        free(terms->items[i].name);
        free(terms->items[i].postings);
    }
    free(terms->items);
    free(terms->slots);
}

// The slot that holds the name, or the free one where it would stand.
static uint32_t *slot_of(const struct terms *terms, struct str name)
{
    uint32_t at = hash_of(name) & (terms->slot_count - 1);
    while (terms->slots[at] && !str_equal(term_name(&terms->items[terms->slots[at] - 1]), name))
        at = (at + 1) & (terms->slot_count - 1);
    return &terms->slots[at];
}

uint32_t terms_find(const struct terms *terms, struct str name)
{
    return *slot_of(terms, name) - 1; // TERM_NONE for a free one
}

static void grow(struct terms *terms)
{
    free(terms->slots);
    terms->slot_count *= 2;
    terms->slots = mem_zero(terms->slot_count, sizeof *terms->slots);
    for (uint32_t i = 0; i < terms->count; i++)
        if (terms->items[i].name)
            *slot_of(terms, term_name(&terms->items[i])) = i + 1;
}

uint32_t terms_intern(struct terms *terms, struct str name)
{
    uint32_t *slot = slot_of(terms, name);
    if (*slot)
        return *slot - 1;
    struct term *term = add_term(terms);
    term->name = mem_copy(name.data, name.size);
    term->size = (uint32_t)name.size;
    term->letters = (uint32_t)fold_letters(name);
    uint32_t number = terms->count - 1;
    *slot = number + 1;
    if (2 * terms->count > terms->slot_count)
        grow(terms);
    return number;
}

void terms_post(struct term *term, struct posting posting)
{
    struct posting *last = term->count ? &term->postings[term->count - 1] : NULL;
    if (last && last->document == posting.document) {
        last->weight += posting.weight;
        last->own += posting.own;
        return;
    }
    if (term->count == term->capacity) {
        term->capacity = term->capacity ? 2 * term->capacity : 4;
        term->postings = mem_resize(term->postings, term->capacity * sizeof *term->postings);
    }
    term->postings[term->count++] = posting;
}
