// SPDX-License-Identifier: Apache-2.0
#include "search/fold.h"

#include "base/mem.h"
#include "search/stem.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

static char *folded(struct str text)
{
    struct buf out = {0};
    fold_append(&out, text);
    return buf_detach(&out);
}

struct pair {
    const char *written, *folded;
};

Test(fold, makes_spellings_of_one_word_alike)
{
    static const struct pair pairs[] = {
        {"كَهْرَبَاء", "كهربا "},    // vowel marks, hamza at the end
        {"كـهـربـاء", "كهربا "}, // tatweel
        {"كهربا", "كهربا "},     // as many write it
        {"أحمد إحمد آحمد ٱحمد", "احمد احمد احمد احمد "},
        {"مسؤول سائق", "مسوول سايق "},
        {"مخالفة مخالفه", "مخالفه مخالفه "},
        {"مستشفى مستشفي", "مستشفي مستشفي "},
        {"ماء", "ماء "},               // a short word keeps its hamza: ما is another word
        {"کهربا ی", "كهربا ي "},       // Persian keyboard
        {"گاز پارک", "كاز بارك "},     // letters that Arabic has not
        {"٢٤ ساعة ۱۲", "24 ساعه 12 "}, // both Arabic rows of digits
        {"ﻛﻬﺮﺑﺎﺀ", "كهربا "},          // presentation forms
        {"ﻻ", "لا "},                  // a ligature is two letters
        {"Électricité CAFÉ", "electricite cafe "},
        {"Straße Łódź naïve", "strasse lodz naive "},
        {"e\xCC\x81t\xC3\xA9", "ete "},   // a combining accent, and a letter that has one
        {"Ｐａｙ ＢＩＬＬ", "pay bill "}, // full width
        {"car's driver\xE2\x80\x99s", "cars drivers "},
        {"top-up, now! (24/7)", "top up now 24 7 "},
        {"pay\xE2\x80\x8F\xE2\x80\xAE bills", "pay bills "}, // marks of direction
        {"ادفع،الكهرباء؟", "ادفع الكهربا "},
        {"  \t\n ", ""},
        {"", ""},
        {"बिजली 电", "बिजली 电 "}, // other scripts stay as they are
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char *got = folded(str_from(pairs[i].written));
        cr_expect(eq(str, got, (char *)pairs[i].folded), "%s", pairs[i].written);
        free(got);
    }
}

Test(fold, parts_words_at_bytes_that_are_no_text)
{
    char *got = folded(STR("pay\0bill \xFF\xFE fine\xC3 \xE0\x80\x80 \xF5\x80\x80\x80 \xD9"));
    cr_expect(eq(str, got, "pay bill fine "));
    free(got);
}

Test(fold, takes_a_megabyte_of_anything)
{
    enum { SIZE = 1 << 20 };
    static const char *const pieces[] = {"a",  "\xD9\x83",     "\xF0", "\xC3",
                                         "a ", "\xEF\xBB\xBC", "\0"};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        size_t size = strlen(pieces[i]) ? strlen(pieces[i]) : 1;
        char *text = mem_alloc(SIZE);
        for (size_t at = 0; at < SIZE; at++)
            text[at] = pieces[i][at % size];
        struct buf out = {0};
        fold_append(&out, (struct str){text, SIZE});
        cr_expect(le(sz, out.size, (size_t)2 * SIZE));
        cr_expect(str_is_utf8(buf_str(&out)), "piece %zu", i);
        buf_finish(&out);
        free(text);
    }
}

Test(fold, cuts_a_word_at_a_characters_end)
{
    struct str word = fold_cut(STR("\xD9\x83\xD9\x87\xD8\xB1"), 3);
    cr_expect(eq(sz, word.size, 2));
    cr_expect(eq(sz, fold_cut(STR("abc"), 9).size, 3));
    cr_expect(eq(sz, fold_cut(STR("\x80\x80\x80\x80\x80\x80"), 5).size, 2));
}

// Words of one family have one stem.
Test(stem, is_one_for_the_forms_of_a_word)
{
    static const char *const families[][8] = {
        {"مخالفه", "مخالفات", "المخالفات", "مخالفتي", "مخالفاتي", "والمخالفه", "للمخالفات"},
        {"سياره", "سيارات", "سيارتي", "السياره", "بالسياره", "سيارتك"},
        {"صيدليه", "صيدليات", "الصيدليات"},
        {"مستشفي", "المستشفي", "مستشفيات"},
        {"عياده", "عيادات", "العيادات"},
        {"الكترونيه", "الكتروني", "الالكترونيه"},
        {"fine", "fines"},
        {"pharmacy", "pharmacies"},
        {"service", "services"},
        {"bus", "buses"},
        {"charge", "charges", "charging", "charged"},
        {"top", "topping"},
        {"park", "parks", "parking", "parked"},
        {"house", "houses", "housing"},
        {"box", "boxes"},
    };
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        struct stem first = stem_of(str_from(families[i][0]));
        for (size_t k = 1; k < 8 && families[i][k]; k++) {
            struct stem stem = stem_of(str_from(families[i][k]));
            cr_expect(str_equal(stem_str(&first), stem_str(&stem)), "%s: %s, %s", families[i][k],
                      stem.text, first.text);
        }
    }
}

Test(stem, leaves_words_apart_that_are_not_one)
{
    static const char *const apart[][2] = {{"بطاقه", "طاقه"}, {"وقود", "قود"}, {"bus", "business"},
                                           {"speed", "spe"},  {"king", "k"},   {"gas", "ga"},
                                           {"ring", "r"},     {"need", "ne"},  {"ماء", "ما"}};
    for (size_t i = 0; i < sizeof apart / sizeof *apart; i++) {
        struct stem a = stem_of(str_from(apart[i][0])), b = stem_of(str_from(apart[i][1]));
        cr_expect(not(str_equal(stem_str(&a), stem_str(&b))), "%s", apart[i][0]);
    }
}

Test(stem, knows_a_joined_letter_as_a_second_reading)
{
    struct stem own = stem_of(STR("سياره")), joined = stem_without_particle(STR("لسيارتي"));
    cr_expect(str_equal(stem_str(&own), stem_str(&joined)));
    cr_expect(eq(sz, stem_without_particle(STR("ليل")).size, 0));
    cr_expect(eq(sz, stem_without_particle(STR("pay")).size, 0));
}
