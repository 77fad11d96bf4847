/* SPDX-License-Identifier: Apache-2.0 */
/* A picture as a result: base64 (RFC 4648 section 4) within JSON. */

#include "call.h"

#include <stdlib.h>
#include <string.h>

static const char *media_of(const unsigned char *bytes, size_t size)
{
    if (size > 3 && memcmp(bytes, "\xFF\xD8\xFF", 3) == 0)
        return "image/jpeg";
    return size > 8 && memcmp(bytes, "\x89PNG\r\n\x1A\n", 8) == 0 ? "image/png" : NULL;
}

static char *encode(const unsigned char *bytes, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *text = malloc((size + 2) / 3 * 4 + 1), *at = text;
    if (!text)
        abort();
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        unsigned long group = (unsigned long)bytes[i] << 16;
        group |= left > 1 ? (unsigned long)bytes[i + 1] << 8 : 0;
        group |= left > 2 ? bytes[i + 2] : 0;
        *at++ = digits[group >> 18];
        *at++ = digits[group >> 12 & 63];
        *at++ = left > 1 ? digits[group >> 6 & 63] : '=';
        *at++ = left > 2 ? digits[group & 63] : '=';
    }
    *at = '\0';
    return text;
}

json_t *medina_image(json_t *title, const void *bytes, size_t size)
{
    const char *media = media_of(bytes, size);
    if (!media) {
        json_decref(title);
        return NULL;
    }
    char *data = encode(bytes, size);
    json_t *image = json_pack("{s:s, s:o, s:s, s:s}", "type", "image", "title", title, "media",
                              media, "data", data);
    free(data);
    return image;
}
