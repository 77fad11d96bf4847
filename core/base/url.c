// SPDX-License-Identifier: Apache-2.0
#include "base/url.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 32);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool url_decode(struct str text, bool plus_is_blank, struct arena *arena, struct str *out)
{
    char *decoded = arena_alloc(arena, text.size + 1);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == '%') {
            int high = i + 2 < text.size ? hex_digit(text.data[i + 1]) : -1;
            int low = i + 2 < text.size ? hex_digit(text.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_blank) {
            c = ' ';
        }
        if (c == '\0')
            return false;
        decoded[size++] = c;
    }
    decoded[size] = '\0';
    *out = (struct str){decoded, size};
    return str_is_utf8(*out);
}

void url_encode(struct str text, struct buf *out)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     c == '-' || c == '.' || c == '_' || c == '~';
        char encoded[] = {'%', hex[c >> 4], hex[c & 15]};
        if (plain)
            buf_append_char(out, (char)c);
        else
            buf_append(out, encoded, sizeof encoded);
    }
}

int url_next_pair(struct str *rest, struct arena *arena, struct str *name, struct str *value)
{
    while (rest->size) {
        struct str pair = str_cut(rest, '&');
        if (!pair.size)
            continue;
        struct str key = str_cut(&pair, '=');
        if (!pair.data)
            pair = STR("");
        return url_decode(key, true, arena, name) && url_decode(pair, true, arena, value) ? 1 : -1;
    }
    return 0;
}

struct str url_find_pair(struct str pairs, const char *name, struct arena *arena)
{
    struct str key, value;
    while (url_next_pair(&pairs, arena, &key, &value) == 1)
        if (str_is(key, name))
            return value;
    return (struct str){0};
}
