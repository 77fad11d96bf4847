// SPDX-License-Identifier: Apache-2.0
#include "search/lexicon.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>

struct phrase {
    char *text; // stems, parted by blanks
    size_t size;
    uint32_t concepts[LEXICON_CONCEPTS];
    size_t concept_count;
};

struct table {
    struct phrase *items; // sorted by text, no two alike
    size_t count, capacity;
    uint32_t *slots; // hash table of them, number + 1; 0: free
    size_t slot_count;
};

struct lexicon {
    struct table stop; // folded words, without concepts
    struct table phrases;
    size_t concepts;
};

extern const char search_words[], search_words_end[];

// ---- a table of phrases ----

static int compare(struct str a, struct str b)
{
    int order = memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

static struct str text_of(const struct phrase *phrase)
{
    return (struct str){phrase->text, phrase->size};
}

static int by_text(const void *a, const void *b)
{
    return compare(text_of(a), text_of(b));
}

static void table_add(struct table *table, struct str text)
{
    if (table->count == table->capacity) {
        table->capacity = table->capacity ? 2 * table->capacity : 256;
        table->items = mem_resize(table->items, table->capacity * sizeof *table->items);
    }
    table->items[table->count++] =
        (struct phrase){.text = mem_copy(text.data, text.size), .size = text.size};
}

static uint32_t *slot_of(const struct table *table, struct str text)
{
    uint32_t hash = 2166136261u; // FNV-1a
    for (size_t i = 0; i < text.size; i++)
        hash = (hash ^ (unsigned char)text.data[i]) * 16777619u;
    size_t at = hash & (table->slot_count - 1);
    while (table->slots[at] && !str_equal(text_of(&table->items[table->slots[at] - 1]), text))
        at = (at + 1) & (table->slot_count - 1);
    return &table->slots[at];
}

// Every word of every document is looked up, several times: a search by halves would be most of
// the time that an index takes to make.
static void table_hash(struct table *table)
{
    table->slot_count = 64;
    while (table->slot_count < 4 * table->count)
        table->slot_count *= 2;
    table->slots = mem_zero(table->slot_count, sizeof *table->slots);
    for (size_t i = 0; i < table->count; i++)
        *slot_of(table, text_of(&table->items[i])) = (uint32_t)i + 1;
}

static void merge(struct phrase *into, struct phrase *from)
{
    for (size_t i = 0; i < from->concept_count && into->concept_count < LEXICON_CONCEPTS; i++)
        if (into->concepts[into->concept_count - 1] != from->concepts[i])
            into->concepts[into->concept_count++] = from->concepts[i];
    free(from->text);
}

static void table_sort(struct table *table)
{
    size_t kept = 0;
    if (table->count)
        qsort(table->items, table->count, sizeof *table->items, by_text);
    for (size_t i = 0; i < table->count; i++) {
        bool again = kept && by_text(&table->items[kept - 1], &table->items[i]) == 0;
        if (again && table->items[i].concept_count)
            merge(&table->items[kept - 1], &table->items[i]);
        else if (again)
            free(table->items[i].text);
        else
            table->items[kept++] = table->items[i];
    }
    table->count = kept;
    table_hash(table);
}

static const struct phrase *table_find(const struct table *table, struct str text)
{
    uint32_t number = *slot_of(table, text);
    return number ? &table->items[number - 1] : NULL;
}

static void table_finish(struct table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free(table->items[i].text);
    free(table->items);
    free(table->slots);
}

// ---- reading ----

static int read_stop(struct lexicon *lexicon, const json_t *words, struct err *err)
{
    struct buf folded = {0};
    for (size_t i = 0; i < json_array_size(words); i++) {
        const char *word = json_string_value(json_array_get(words, i));
        buf_clear(&folded);
        fold_append(&folded, str_from(word));
        struct str rest = buf_str(&folded);
        struct str first = folded.size ? str_cut(&rest, ' ') : (struct str){0};
        if (!first.size || rest.size) {
            buf_finish(&folded);
            return err_set(err, ERR_INVALID, "/stop/%zu: must be one word", i);
        }
        table_add(&lexicon->stop, first);
    }
    buf_finish(&folded);
    table_sort(&lexicon->stop);
    return 0;
}

// The stems of a phrase, parted by blanks, into *out; how many.
static size_t stems_of(struct str text, struct buf *out)
{
    struct buf folded = {0};
    size_t count = 0;
    fold_append(&folded, text);
    struct str rest = buf_str(&folded);
    for (struct str word; rest.size && (word = str_cut(&rest, ' ')).size;) {
        struct stem stem = stem_of(word);
        if (count++)
            buf_append_char(out, ' ');
        buf_append_str(out, stem_str(&stem));
    }
    buf_finish(&folded);
    return count;
}

static int read_group(struct lexicon *lexicon, const json_t *group, size_t number, struct err *err)
{
    struct buf stems = {0};
    for (size_t i = 0; i < json_array_size(group); i++) {
        const char *text = json_string_value(json_array_get(group, i));
        buf_clear(&stems);
        size_t count = stems_of(str_from(text), &stems);
        if (count == 0 || count > LEXICON_PHRASE) {
            buf_finish(&stems);
            return err_set(err, ERR_INVALID, "/same/%zu/%zu: must be 1 to %d words", number, i,
                           LEXICON_PHRASE);
        }
        table_add(&lexicon->phrases, buf_str(&stems));
        struct phrase *phrase = &lexicon->phrases.items[lexicon->phrases.count - 1];
        phrase->concepts[0] = (uint32_t)number;
        phrase->concept_count = 1;
    }
    buf_finish(&stems);
    return 0;
}

static int read_all(struct lexicon *lexicon, const json_t *document, struct err *err)
{
    const json_t *same = json_object_get(document, "same");
    int rc = read_stop(lexicon, json_object_get(document, "stop"), err);
    lexicon->concepts = json_array_size(same);
    for (size_t i = 0; i < lexicon->concepts && rc == 0; i++)
        rc = read_group(lexicon, json_array_get(same, i), i, err);
    table_sort(&lexicon->phrases);
    return rc;
}

struct lexicon *lexicon_parse(struct str json, struct err *err)
{
    json_t *document = json_parse(json, err);
    if (!document)
        return NULL;
    struct lexicon *lexicon = mem_zero(1, sizeof *lexicon);
    int rc = read_all(lexicon, document, err);
    json_decref(document);
    if (rc == 0)
        return lexicon;
    lexicon_destroy(lexicon);
    return NULL;
}

struct lexicon *lexicon_own(struct err *err)
{
    struct str text = {search_words, (size_t)(search_words_end - search_words)};
    struct lexicon *lexicon = lexicon_parse(text, err);
    if (!lexicon)
        err_prefix(err, "search/words.json");
    return lexicon;
}

void lexicon_destroy(struct lexicon *lexicon)
{
    if (!lexicon)
        return;
    table_finish(&lexicon->stop);
    table_finish(&lexicon->phrases);
    free(lexicon);
}

// ---- asking ----

bool lexicon_is_stop(const struct lexicon *lexicon, struct str word)
{
    return table_find(&lexicon->stop, word) != NULL;
}

size_t lexicon_concepts(const struct lexicon *lexicon, struct str phrase,
                        uint32_t out[static LEXICON_CONCEPTS])
{
    const struct phrase *found = table_find(&lexicon->phrases, phrase);
    for (size_t i = 0; found && i < found->concept_count; i++)
        out[i] = found->concepts[i];
    return found ? found->concept_count : 0;
}

size_t lexicon_concept_count(const struct lexicon *lexicon)
{
    return lexicon->concepts;
}

void lexicon_each_stem(const struct lexicon *lexicon, void (*each)(void *context, struct str stem),
                       void *context)
{
    for (size_t i = 0; i < lexicon->phrases.count; i++) {
        struct str text = text_of(&lexicon->phrases.items[i]);
        if (!memchr(text.data, ' ', text.size))
            each(context, text);
    }
}
