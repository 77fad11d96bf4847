// SPDX-License-Identifier: Apache-2.0
#include "search/index.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

static struct lexicon *lexicon;

static void read_words(void)
{
    struct err err = {0};
    lexicon = lexicon_own(&err);
    cr_assert(lexicon != NULL, "%s", err.message);
}

static void forget_words(void)
{
    lexicon_destroy(lexicon);
}

TestSuite(index, .init = read_words, .fini = forget_words);

static struct search_index *index_of(const char *const titles[], size_t count)
{
    struct search_builder *builder = search_begin(lexicon);
    for (size_t i = 0; i < count; i++) {
        search_add_document(builder);
        search_add_text(builder, SEARCH_TITLE, str_from(titles[i]));
    }
    return search_finish(builder);
}

static const struct search_limits limits = {200, 12};

// The first document, -1 for none.
static int first_of(const struct search_index *index, const char *query)
{
    struct search_hit hits[8];
    struct search_answer answer = {.hits = hits, .capacity = 8};
    search_find(index, str_from(query), &limits, &answer);
    return answer.count ? (int)hits[0].document : -1;
}

struct expectation {
    const char *query;
    int document;
};

Test(index, finds_by_spelling_stem_meaning_beginning_and_with_one_letter_wrong)
{
    static const char *const titles[] = {"Electricity bills", "Traffic fines", "صيدليات مفتوحة",
                                         "Vehicle registration", "وقود"};
    static const struct expectation expected[] = {
        {"electricity", 0},  {"ELECTRICITY!", 0}, {"electricty", 0}, {"elecrticity", 0},
        {"eelectricity", 0}, {"electrixity", 0},  {"electr", 0},     {"كهرباء", 0},
        {"الكهربا", 0},      {"فاتورة", 0},       {"الفواتير", 0},   {"power bill", 0},
        {"fine", 1},         {"مخالفاتي", 1},     {"speeding", 1},   {"ticket", 1},
        {"pharmacy", 2},     {"chemists", 2},     {"صيدليه", 2},     {"الصيدلية", 2},
        {"pharmcy", 2},      {"صيدلة", 2},        {"car", 3},        {"سيارتي", 3},
        {"لسيارتي", 3},      {"vehicel", 3},      {"petrol", 4},     {"بنزين", 4},
        {"gas station", 4},  {"xylophone", -1},   {"", -1},          {"؟؟؟ ...", -1},
        {"e", -1},           {"fnie", -1}, // too short to be a typing mistake
    };
    struct search_index *index = index_of(titles, 5);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        cr_expect(eq(int, first_of(index, expected[i].query), expected[i].document), "%s",
                  expected[i].query);
    search_destroy(index);
}

Test(index, ranks_what_answers_more_of_the_query_first)
{
    static const char *const titles[] = {"Pay a parking fee", "Parking permits", "Pay a water bill",
                                         "Permits for trees"};
    struct search_index *index = index_of(titles, 4);
    cr_expect(eq(int, first_of(index, "pay parking"), 0));
    cr_expect(eq(int, first_of(index, "permit to park"), 1));
    cr_expect(eq(int, first_of(index, "how do I pay my water bill please"), 2));
    cr_expect(eq(int, first_of(index, "tree permit"), 3));
    search_destroy(index);
}

Test(index, looks_at_no_more_of_a_query_than_its_limits)
{
    static const char *const titles[] = {"Water", "Fuel"};
    struct search_index *index = index_of(titles, 2);
    struct search_hit hits[4];
    struct search_answer answer = {.hits = hits, .capacity = 4};
    search_find(index, STR("water water water fuel"), &(struct search_limits){200, 3}, &answer);
    cr_expect(answer.cut);
    cr_expect(eq(sz, answer.count, 1));
    cr_expect(eq(u32, hits[0].document, 0));
    search_find(index, STR("water fuel"), &(struct search_limits){6, 12}, &answer);
    cr_expect(answer.cut);
    cr_expect(eq(sz, answer.count, 1));
    search_find(index, STR("water fuel"), &limits, &answer);
    cr_expect(not(answer.cut));
    cr_expect(eq(sz, answer.count, 2));
    search_destroy(index);
}

Test(index, says_which_words_are_nowhere)
{
    static const char *const titles[] = {"Water"};
    struct search_index *index = index_of(titles, 1);
    struct search_hit hits[4];
    struct search_answer answer = {.hits = hits, .capacity = 4};
    search_find(index, STR("the water of zanzibar"), &limits, &answer);
    cr_expect(eq(sz, answer.words, 2));
    cr_expect(eq(sz, answer.unknown, 1));
    cr_expect(eq(sz, answer.count, 1));
    search_destroy(index);
}

Test(index, of_nothing_finds_nothing)
{
    struct search_index *index = index_of(NULL, 0);
    cr_expect(eq(int, first_of(index, "water"), -1));
    search_destroy(index);
}

// Bytes of every kind, as documents and as queries, from one seed; a fault is the sanitizers' to
// find, and a query that is whole still finds its document among them.
Test(index, stands_any_bytes)
{
    enum { ROUNDS = 3000, MOST = 400 };
    static const char *const pieces[] = {"\0",    "\xFF", "\xD9",     "\xD8\xA1", "ال", "ات", " ",
                                         "water", "ing",  "\xF0\x9F", "ﻻ",        "'",  "ß",  "s"};
    struct search_builder *builder = search_begin(lexicon);
    uint64_t state = 42;
    char text[MOST];
    for (int round = 0; round < ROUNDS; round++) {
        size_t size = 0;
        while (size < MOST - 16) {
            state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
            size_t pick = (size_t)(state >> 33) % (sizeof pieces / sizeof *pieces + 2);
            if (pick >= sizeof pieces / sizeof *pieces) {
                text[size++] = (char)(state >> 40);
                continue;
            }
            size_t length = pieces[pick][0] ? strlen(pieces[pick]) : 1;
            memcpy(text + size, pieces[pick], length);
            size += length;
        }
        if (round % 2)
            search_add_document(builder);
        else if (round == 0)
            search_add_document(builder);
        search_add_text(builder, (enum search_field)(round % SEARCH_FIELDS),
                        (struct str){text, size});
    }
    uint32_t wanted = search_add_document(builder);
    search_add_text(builder, SEARCH_TITLE, STR("zoological garden"));
    struct search_index *index = search_finish(builder);
    cr_expect(eq(int, first_of(index, "zoological garden"), (int)wanted));
    struct search_hit hits[8];
    struct search_answer answer = {.hits = hits, .capacity = 8};
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < sizeof text; i++)
            text[i] = (char)((state = state * UINT64_C(6364136223846793005) + 1) >> 56);
        search_find(index, (struct str){text, (size_t)(state >> 40) % sizeof text}, &limits,
                    &answer);
        cr_assert(le(sz, answer.count, 8));
    }
    search_destroy(index);
}

Test(index, stands_a_megabyte)
{
    enum { SIZE = 1 << 20 };
    char *text = mem_alloc(SIZE);
    memset(text, 'a', SIZE);
    for (size_t i = 6; i < SIZE; i += 7)
        text[i] = ' ';
    struct search_builder *builder = search_begin(lexicon);
    search_add_document(builder);
    search_add_text(builder, SEARCH_SUMMARY, (struct str){text, SIZE});
    struct search_index *index = search_finish(builder);
    struct search_hit hits[2];
    struct search_answer answer = {.hits = hits, .capacity = 2};
    search_find(index, (struct str){text, SIZE}, &limits, &answer);
    cr_expect(answer.cut);
    cr_expect(eq(sz, answer.count, 1));
    search_destroy(index);
    free(text);
}

Test(lexicon, refuses_what_it_cannot_mean)
{
    static const char *const wrong[] = {"{", "{\"stop\": [\"two words\"]}", "{\"stop\": [1]}",
                                        "{\"same\": [[\"one two three four\"]]}",
                                        "{\"same\": [[\"؟\"]]}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct err err = {0};
        cr_expect(lexicon_parse(str_from(wrong[i]), &err) == NULL, "%s", wrong[i]);
        cr_expect(err.message[0] != '\0');
    }
}
