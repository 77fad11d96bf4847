// SPDX-License-Identifier: Apache-2.0
#include "search/fold.h"

enum { GAP = ' ', DROP = 0, HAMZA = 0x621, LETTERS_WITH_HAMZA = 3 };

uint32_t fold_decode(struct str text, size_t *length)
{
    const unsigned char *bytes = (const unsigned char *)text.data;
    *length = bytes[0] < 0x80 ? 1 : bytes[0] < 0xE0 ? 2 : bytes[0] < 0xF0 ? 3 : 4;
    bool whole = *length <= text.size && (bytes[0] < 0x80 || (bytes[0] >= 0xC2 && bytes[0] < 0xF5));
    uint32_t character = bytes[0] < 0x80 ? bytes[0] : bytes[0] & (0xFFU >> (*length + 1));
    for (size_t i = 1; whole && i < *length; i++) {
        whole = (bytes[i] & 0xC0) == 0x80;
        character = character << 6 | (bytes[i] & 0x3FU);
    }
    if (whole)
        return character;
    *length = 1;
    return 0;
}

struct str fold_cut(struct str text, size_t most)
{
    if (text.size <= most)
        return text;
    // A character has at most three bytes after its first; broken bytes may be cut anywhere.
    size_t size = most;
    while (size && most - size < 3 && ((unsigned char)text.data[size] & 0xC0) == 0x80)
        size--;
    return (struct str){text.data, size};
}

size_t fold_letters(struct str word)
{
    size_t count = 0;
    for (size_t i = 0; i < word.size; i++)
        count += ((unsigned char)word.data[i] & 0xC0) != 0x80;
    return count;
}

static void append_character(struct buf *out, uint32_t c)
{
    size_t length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char first[] = {0, 0x00, 0xC0, 0xE0, 0xF0};
    char bytes[4];
    for (size_t i = length; i-- > 1; c >>= 6)
        bytes[i] = (char)(0x80 | (c & 0x3F));
    bytes[0] = (char)(first[length] | c);
    buf_append(out, bytes, length);
}

// ---- one character ----

static uint32_t fold_latin1(uint32_t c)
{
    // U+00C0 to U+00FF; a dot where the letter has no plain form.
    static const char plain[] = "aaaaaaaceeeeiiiidnooooo.ouuuuytsaaaaaaaceeeeiiiidnooooo.ouuuuyty";
    char letter = plain[c - 0xC0];
    return letter == '.' ? GAP : (uint32_t)letter;
}

static uint32_t fold_latin_extended(uint32_t c)
{
    // U+0100 to U+017F.
    static const char plain[] =
        "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkk"
        "llllllllllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
    _Static_assert(sizeof plain == 0x80 + 1, "a letter for each character");
    return (uint32_t)plain[c - 0x100];
}

static uint32_t fold_arabic(uint32_t c)
{
    if ((c >= 0x610 && c <= 0x61A) || (c >= 0x64B && c <= 0x65F) || c == 0x640 || c == 0x670 ||
        (c >= 0x6D6 && c <= 0x6ED) || c == 0x61C)
        return DROP; // vowel marks, tatweel, marks of recitation and of direction
    if (c >= 0x660 && c <= 0x669)
        return c - 0x660 + '0';
    if (c >= 0x6F0 && c <= 0x6F9)
        return c - 0x6F0 + '0';
    switch (c) {
    case 0x622: // alif with madda, with hamza above and below, wasla
    case 0x623:
    case 0x625:
    case 0x671:
        return 0x627;
    case 0x624: // waw with hamza
        return 0x648;
    case 0x626: // yaa with hamza, alif maqsura, Persian yaa
    case 0x649:
    case 0x6CC:
    case 0x6D2:
        return 0x64A;
    case 0x629: // taa marbuta; heh of Urdu and Persian
    case 0x6BE:
    case 0x6C0:
    case 0x6C1:
    case 0x6D5:
        return 0x647;
    case 0x6A9: // Persian kaf and gaf
    case 0x6AF:
        return 0x643;
    case 0x67E: // peh
        return 0x628;
    case 0x686: // tcheh
        return 0x62C;
    case 0x698: // jeh
        return 0x632;
    case 0x6A4: // veh
        return 0x641;
    default:
        return c < 0x620 || (c >= 0x66A && c <= 0x66D) || c == 0x6D4 || c == 0x6DD ? GAP : c;
    }
}

// U+FE80 to U+FEF4: each letter with the forms that it takes inside a word.
static uint32_t unpresent(uint32_t c)
{
    static const struct {
        uint16_t first, letter;
    } forms[] = {{0xFE80, 0x621}, {0xFE81, 0x627}, {0xFE85, 0x648}, {0xFE87, 0x627},
                 {0xFE89, 0x64A}, {0xFE8D, 0x627}, {0xFE8F, 0x628}, {0xFE93, 0x647},
                 {0xFE95, 0x62A}, {0xFE99, 0x62B}, {0xFE9D, 0x62C}, {0xFEA1, 0x62D},
                 {0xFEA5, 0x62E}, {0xFEA9, 0x62F}, {0xFEAB, 0x630}, {0xFEAD, 0x631},
                 {0xFEAF, 0x632}, {0xFEB1, 0x633}, {0xFEB5, 0x634}, {0xFEB9, 0x635},
                 {0xFEBD, 0x636}, {0xFEC1, 0x637}, {0xFEC5, 0x638}, {0xFEC9, 0x639},
                 {0xFECD, 0x63A}, {0xFED1, 0x641}, {0xFED5, 0x642}, {0xFED9, 0x643},
                 {0xFEDD, 0x644}, {0xFEE1, 0x645}, {0xFEE5, 0x646}, {0xFEE9, 0x647},
                 {0xFEED, 0x648}, {0xFEEF, 0x64A}, {0xFEF1, 0x64A}};
    uint32_t letter = forms[0].letter;
    for (size_t i = 0; i < sizeof forms / sizeof *forms && forms[i].first <= c; i++)
        letter = forms[i].letter;
    return letter;
}

static uint32_t fold_presented(uint32_t c)
{
    if (c >= 0xFE80 && c <= 0xFEF4)
        return unpresent(c);
    if (c >= 0xFE70 && c <= 0xFE7F)
        return DROP; // vowel marks that stand alone
    if (c >= 0xFB56 && c <= 0xFB59)
        return 0x628; // peh
    if (c >= 0xFB7A && c <= 0xFB7D)
        return 0x62C; // tcheh
    if ((c >= 0xFB8E && c <= 0xFB95))
        return 0x643; // Persian kaf and gaf
    if ((c >= 0xFBA4 && c <= 0xFBAD))
        return 0x647; // heh
    if ((c >= 0xFBAE && c <= 0xFBB1) || (c >= 0xFBFC && c <= 0xFBFF))
        return 0x64A; // Persian and Urdu yaa
    return GAP;
}

static bool parts_words(uint32_t c)
{
    return c < 0xC0 || (c >= 0x2000 && c <= 0x2BFF) || (c >= 0x3000 && c <= 0x303F) ||
           (c >= 0xE000 && c <= 0xF8FF) || (c >= 0xFE10 && c <= 0xFE6F) ||
           (c >= 0xFFE0 && c <= 0xFFFF) || (c >= 0x1F000 && c <= 0x1FAFF);
}

static uint32_t fold_character(uint32_t c)
{
    if (c >= 0xFF01 && c <= 0xFF5E)
        c -= 0xFEE0; // full-width ASCII
    if (c >= 'A' && c <= 'Z')
        return c + 32;
    if (c < 0x80)
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : c == '\'' ? DROP : GAP;
    if (c >= 0xC0 && c <= 0xFF)
        return fold_latin1(c);
    if (c >= 0x100 && c <= 0x17F)
        return fold_latin_extended(c);
    if (c >= 0x600 && c <= 0x6FF)
        return fold_arabic(c);
    if (c >= 0xFB50 && c <= 0xFEFC && !(c >= 0xFE00 && c <= 0xFE6F))
        return fold_presented(c);
    if ((c >= 0x300 && c <= 0x36F) || c == 0x2019 || c == 0x2018 || c == 0xAD || c == 0xFEFF ||
        (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
        (c >= 0x2060 && c <= 0x2069) || (c >= 0xFE00 && c <= 0xFE0F))
        return DROP; // combining accents, apostrophes, marks of direction, width and variation
    return parts_words(c) ? GAP : c;
}

// ---- words ----

// Takes the hamzas without a seat out of the word that begins at start, when enough is left.
static void drop_hamzas(struct buf *out, size_t start)
{
    struct str word = {out->data + start, out->size - start};
    size_t kept = start;
    if (fold_letters(word) <= LETTERS_WITH_HAMZA)
        return;
    for (size_t i = start; i < out->size; i++) {
        bool hamza = i + 1 < out->size && (unsigned char)out->data[i] == 0xD8 &&
                     (unsigned char)out->data[i + 1] == 0xA1;
        if (hamza)
            i++;
        else
            out->data[kept++] = out->data[i];
    }
    out->size = kept;
}

static void end_word(struct buf *out, size_t start)
{
    if (out->size == start)
        return;
    struct str word = fold_cut((struct str){out->data + start, out->size - start}, FOLD_WORD);
    out->size = start + word.size;
    drop_hamzas(out, start);
    buf_append_char(out, ' ');
}

void fold_append(struct buf *out, struct str text)
{
    size_t start = out->size;
    for (size_t at = 0, length; at < text.size; at += length) {
        struct str rest = {text.data + at, text.size - at};
        uint32_t c = fold_decode(rest, &length);
        bool lam_alif = c >= 0xFEF5 && c <= 0xFEFC;
        uint32_t folded = c == 0xDF ? 's' : lam_alif ? 0x644 : c ? fold_character(c) : GAP;
        if (folded == DROP)
            continue;
        if (folded == GAP) {
            end_word(out, start);
            start = out->size;
            continue;
        }
        append_character(out, folded);
        if (lam_alif || c == 0xDF) // one character that stands for two
            append_character(out, lam_alif ? 0x627 : 's');
    }
    end_word(out, start);
}
