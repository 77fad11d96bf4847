// SPDX-License-Identifier: Apache-2.0
#include "fold.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *folded(const char *text)
{
    static char memory[16][256];
    static int next;
    char *out = memory[next++ % 16];
    fold(text, strlen(text), out, sizeof memory[0]);
    return out;
}

#define assert_same(a, b) cr_assert_str_eq(folded(a), folded(b))

Test(fold, spellings_that_arabic_writers_exchange_are_one)
{
    assert_same("أحمد", "احمد");
    assert_same("إمارة", "امارة");
    assert_same("آفاق", "افاق");
    assert_same("صيدلية", "صيدليه");
    assert_same("مستشفى", "مستشفي");
    assert_same("مُسْتَشْفى", "مستشفي");
    assert_same("دبـــي", "دبي");
    assert_same("مؤسسة", "موسسة");
    assert_same("طوارئ", "طواري");
    cr_assert_str_neq(folded("البرشاء"), folded("البريد"));
}

Test(fold, case_accents_punctuation_and_spaces_do_not_count)
{
    cr_assert_str_eq(folded("  Café-Clinic,  DUBAI! "), "cafe clinic dubai");
    cr_assert_str_eq(folded("Za'tar & Co."), "zatar co");
    cr_assert_str_eq(folded("Straße"), "strase");
    cr_assert_str_eq(folded("\xE2\x80\x8F"), "");
}

Test(fold, digits_of_three_rows_are_one)
{
    cr_assert_str_eq(folded("٢٤ ساعة"), folded("24 ساعة"));
    cr_assert_str_eq(folded("۲۴"), "24");
}

Test(fold, broken_utf8_becomes_a_gap_and_is_never_read_past_its_end)
{
    char broken[] = {'a', (char)0xC3};
    char out[8];
    cr_assert_eq(fold(broken, sizeof broken, out, sizeof out), 1);
    cr_assert_str_eq(out, "a");
    cr_assert_str_eq(folded("a\xFF\xD8z"), "a z");
}

Test(fold, a_text_that_does_not_fit_is_cut_between_characters)
{
    char out[6];
    cr_assert_eq(fold("دبي", 6, out, sizeof out), 4);
    cr_assert_str_eq(out, "دب");
    cr_assert_eq(fold("ab cd ef", 8, out, sizeof out), 5);
    cr_assert_str_eq(out, "ab cd");
}

Test(fold, a_query_finds_the_beginnings_of_words_in_any_order)
{
    const char *text = folded("Ghaf Lane Pharmacy صيدلية درب الغاف Al Barsha البرشاء");
    cr_assert(fold_contains(text, folded("pharm ghaf")));
    cr_assert(fold_contains(text, folded("صيدليه الغاف")));
    cr_assert(fold_contains(text, folded("غاف")), "without the article");
    cr_assert(fold_contains(text, ""));
    cr_assert_not(fold_contains(text, folded("macy")), "the inside of a word");
    cr_assert_not(fold_contains(text, folded("ghaf clinic")));
}

Test(fold, the_article_of_a_name_can_be_left_out)
{
    cr_assert_str_eq(fold_without_article(folded("Al Barsha")), "barsha");
    cr_assert_str_eq(fold_without_article(folded("البرشاء")), folded("برشا"));
    cr_assert_str_eq(fold_without_article(folded("Alserkal")), "alserkal");
}
