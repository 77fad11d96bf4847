// SPDX-License-Identifier: Apache-2.0
// The letters that Arabic writers exchange freely are one here; it is a net for finding, not a
// transliteration, and what is found is shown as it was written.
#include "fold.h"

#include <stdint.h>
#include <string.h>

#define ALIF_LAM "\xD8\xA7\xD9\x84"

enum { SPACE = ' ', DROP = 0, BROKEN = 0xFFFFFFFF };

// The character at text, and its length; BROKEN and 1 for a byte that begins none.
static uint32_t decode(const unsigned char *text, size_t size, size_t *length)
{
    *length = text[0] < 0x80 ? 1 : text[0] < 0xE0 ? 2 : text[0] < 0xF0 ? 3 : 4;
    uint32_t character = text[0] < 0x80 ? text[0] : text[0] & (0xFFU >> (*length + 1));
    bool whole = *length <= size && (text[0] < 0x80 || text[0] >= 0xC2);
    for (size_t i = 1; whole && i < *length; i++) {
        whole = (text[i] & 0xC0) == 0x80;
        character = character << 6 | (text[i] & 0x3FU);
    }
    if (whole)
        return character;
    *length = 1;
    return BROKEN;
}

static size_t encode(uint32_t character, char out[4])
{
    size_t length = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    static const unsigned char first[] = {0, 0x00, 0xC0, 0xE0, 0xF0};
    for (size_t i = length; i-- > 1; character >>= 6)
        out[i] = (char)(0x80 | (character & 0x3F));
    out[0] = (char)(first[length] | character);
    return length;
}

static uint32_t fold_arabic(uint32_t c)
{
    if ((c >= 0x64B && c <= 0x65F) || c == 0x670 || c == 0x640 || c == 0x621)
        return DROP; // vowel marks, tatweel, a hamza without a seat
    if (c == 0x622 || c == 0x623 || c == 0x625 || c == 0x671)
        return 0x627; // alif with madda, hamza above, hamza below, wasla
    if (c == 0x624)
        return 0x648; // waw
    if (c == 0x626 || c == 0x649 || c == 0x6CC)
        return 0x64A; // yaa with hamza, alif maqsura, Persian yaa
    if (c == 0x629)
        return 0x647; // taa marbuta to haa
    if (c == 0x6A9)
        return 0x643; // Persian kaf
    if (c >= 0x660 && c <= 0x669)
        return c - 0x660 + '0';
    if (c >= 0x6F0 && c <= 0x6F9)
        return c - 0x6F0 + '0';
    return c >= 0x620 && c <= 0x6D3 && c != 0x66A && c != 0x66B && c != 0x66C && c != 0x66D ? c
                                                                                            : SPACE;
}

static uint32_t fold_latin(uint32_t c)
{
    // U+00C0 to U+00FF; a dot where the letter has no plain form.
    static const char plain[] = "aaaaaa.ceeeeiiii.nooooo.ouuuuy.saaaaaa.ceeeeiiii.nooooo.ouuuuy.y";
    char letter = plain[c - 0xC0];
    return letter != '.' ? (uint32_t)letter : c == 0xD7 || c == 0xF7 ? SPACE : c | 0x20;
}

static uint32_t fold_character(uint32_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c + 32;
    if (c < 0x80)
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : c == '\'' ? DROP : SPACE;
    if (c >= 0xC0 && c <= 0xFF)
        return fold_latin(c);
    if (c >= 0x600 && c <= 0x6FF)
        return fold_arabic(c);
    if ((c >= 0x300 && c <= 0x36F) || c == 0x2019 || (c >= 0x200B && c <= 0x200F))
        return DROP; // combining accents, an apostrophe, marks of direction and width
    return c < 0xC0 || (c >= 0x2000 && c <= 0x206F) || c == BROKEN ? SPACE : c;
}

size_t fold(const char *text, size_t size, char *folded, size_t capacity)
{
    size_t used = 0;
    bool gap = false;
    for (size_t at = 0, length; at < size; at += length) {
        uint32_t c = fold_character(decode((const unsigned char *)text + at, size - at, &length));
        char bytes[4];
        if (c == DROP)
            continue;
        if (c == SPACE) {
            gap = used > 0;
            continue;
        }
        size_t count = encode(c, bytes);
        if (used + gap + count >= capacity)
            break;
        if (gap)
            folded[used++] = ' ';
        gap = false;
        memcpy(folded + used, bytes, count);
        used += count;
    }
    folded[used] = '\0';
    return used;
}

static bool begins_word(const char *folded, const char *at)
{
    return at == folded || at[-1] == ' ';
}

// word is NUL-terminated.
static bool has_word(const char *folded, const char *word)
{
    const size_t article = strlen(ALIF_LAM);
    for (const char *at = folded; (at = strstr(at, word)); at++) {
        if (begins_word(folded, at))
            return true;
        if ((size_t)(at - folded) >= article && !memcmp(at - article, ALIF_LAM, article) &&
            begins_word(folded, at - article))
            return true;
    }
    return false;
}

bool fold_contains(const char *folded, const char *query)
{
    char word[64];
    while (*query) {
        size_t size = strcspn(query, " ");
        if (size >= sizeof word)
            return false;
        memcpy(word, query, size);
        word[size] = '\0';
        if (!has_word(folded, word))
            return false;
        query += size;
        query += *query == ' ';
    }
    return true;
}

const char *fold_without_article(const char *folded)
{
    if (!strncmp(folded, "al ", 3))
        return folded + 3;
    if (!strncmp(folded, ALIF_LAM, strlen(ALIF_LAM)) && folded[strlen(ALIF_LAM)])
        return folded + strlen(ALIF_LAM);
    return folded;
}

bool fold_is_arabic(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at; at++)
        if (at[0] >= 0xD8 && at[0] <= 0xDB && (at[1] & 0xC0) == 0x80)
            return true;
    return false;
}
