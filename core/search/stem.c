// SPDX-License-Identifier: Apache-2.0
// After the light10 stemmer (Larkey, Ballesteros, Connell: Light Stemming for Arabic Information
// Retrieval, 2007) and the S-stemmer (Harman: How effective is suffixing, 1991), each a little
// wider.
#include "search/stem.h"

enum { ARABIC_LEAST = 3, ARABIC_LETTER = 2 /* bytes */ };

static bool is_arabic(struct str word)
{
    return word.size >= 2 && (unsigned char)word.data[0] >= 0xD8 &&
           (unsigned char)word.data[0] <= 0xDB;
}

// Folded, so that ASCII is all there is to it; a number has no endings.
static bool is_latin(struct str word)
{
    for (size_t i = 0; i < word.size; i++)
        if ((unsigned char)word.data[i] >= 0x80)
            return false;
    return word.size && word.data[0] >= 'a';
}

static bool ends(struct str word, const char *ending)
{
    size_t size = strlen(ending);
    return word.size > size && memcmp(word.data + word.size - size, ending, size) == 0;
}

// ---- Arabic ----

static struct str without_article(struct str word)
{
    static const char *const articles[] = {"وبال", "وال", "بال", "كال", "فال", "ولل", "ال", "لل"};
    // Words that begin with these letters of their own.
    static const char *const roots[] = {"الكتر", "الغاء", "الغا", "التزام", "الماني", "الماس"};
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        if (str_starts(word, str_from(roots[i])))
            return word;
    for (size_t i = 0; i < sizeof articles / sizeof *articles; i++) {
        struct str article = str_from(articles[i]);
        size_t least = (article.size > 2 * ARABIC_LETTER ? ARABIC_LEAST : 2) * ARABIC_LETTER;
        if (str_starts(word, article) && word.size >= article.size + least)
            return str_from_offset(word, article.size);
    }
    return word;
}

static struct str without_endings(struct str word)
{
    static const char *const endings[] = {"اتها", "اتهم", "اتكم", "اتنا", "اتي", "اتك", "ياتي",
                                          "تها",  "تهم",  "تكم",  "تنا",  "يات", "تي",  "تك",
                                          "ات",   "ون",   "ين",   "ان",   "ها",  "هم",  "كم",
                                          "نا",   "يه",   "ه",    "ي",    "ت"};
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < sizeof endings / sizeof *endings && !again; i++) {
            size_t size = strlen(endings[i]);
            again = ends(word, endings[i]) && word.size - size >= ARABIC_LEAST * ARABIC_LETTER;
            word.size -= again ? size : 0;
        }
    }
    return word;
}

// ---- English ----

static bool is_vowel(char c)
{
    return memchr("aeiouy", c, 6) != NULL;
}

static bool has_vowel(struct str word)
{
    for (size_t i = 0; i < word.size; i++)
        if (is_vowel(word.data[i]))
            return true;
    return false;
}

static void drop_plural(struct stem *stem)
{
    struct str word = stem_str(stem);
    if (word.size > 4 && ends(word, "ies")) {
        stem->text[stem->size - 3] = 'y';
        stem->size -= 2;
    } else if (ends(word, "sses") || ends(word, "xes") || ends(word, "ches") ||
               ends(word, "shes") || ends(word, "uses")) {
        stem->size -= 2;
    } else if (word.size > 3 && ends(word, "s") && !ends(word, "ss") && !ends(word, "us") &&
               !ends(word, "is")) {
        stem->size--;
    }
}

// "-ing" and "-ed", and one of the two consonants that stood before ("topping", "top").
static void drop_verb_ending(struct stem *stem)
{
    struct str word = stem_str(stem);
    size_t size = word.size >= 6 && ends(word, "ing")                        ? 3
                  : word.size >= 6 && ends(word, "ed") && !ends(word, "eed") ? 2
                                                                             : 0;
    struct str rest = {word.data, word.size - size};
    if (!size || !has_vowel(rest))
        return;
    stem->size -= size;
    char last = stem->text[stem->size - 1];
    if (stem->size > 3 && last == stem->text[stem->size - 2] && !is_vowel(last) &&
        !memchr("lsz", last, 3))
        stem->size--;
}

static void stem_english(struct stem *stem)
{
    drop_plural(stem);
    drop_verb_ending(stem);
    if (stem->size >= 5 && stem->text[stem->size - 1] == 'e')
        stem->size--;
}

static struct stem copy(struct str word)
{
    struct stem stem = {.size = 0};
    word = fold_cut(word, FOLD_WORD);
    memcpy(stem.text, word.data, word.size);
    stem.size = word.size;
    return stem;
}

struct stem stem_of(struct str word)
{
    if (is_arabic(word))
        return copy(without_endings(without_article(word)));
    struct stem stem = copy(word);
    if (is_latin(word))
        stem_english(&stem);
    return stem;
}

struct stem stem_without_particle(struct str word)
{
    static const char *const particles[] = {"و", "ف", "ب", "ل", "ك"};
    struct stem none = {.size = 0};
    if (!is_arabic(word) || without_article(word).size != word.size)
        return none;
    for (size_t i = 0; i < sizeof particles / sizeof *particles; i++)
        if (str_starts(word, str_from(particles[i])) &&
            word.size >= (ARABIC_LEAST + 1) * ARABIC_LETTER)
            return stem_of(str_from_offset(word, ARABIC_LETTER));
    return none;
}
