// SPDX-License-Identifier: Apache-2.0
#include "base/digits.h"

void digits_fold(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        unsigned char d = i + 1 < text.size ? (unsigned char)text.data[i + 1] : 0;
        char folded = text.data[i];
        if (c == 0xD9 && ((d >= 0xA0 && d <= 0xA9) || d == 0xAB))
            folded = d == 0xAB ? '.' : (char)('0' + d - 0xA0), i++;
        else if (c == 0xDB && d >= 0xB0 && d <= 0xB9)
            folded = (char)('0' + d - 0xB0), i++;
        buf_append_char(out, folded);
    }
}
