// SPDX-License-Identifier: Apache-2.0
#include "pages/view.h"

#include <qrencode.h>

enum { QUIET = 4 }; // ISO/IEC 18004: modules of white around the code

json_t *view_qr(const char *text)
{
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    if (!code)
        return json_false();
    struct buf path = {0};
    for (int y = 0; y < code->width; y++) {
        for (int x = 0; x < code->width; x++) {
            int start = x;
            while (x < code->width && (code->data[y * code->width + x] & 1))
                x++;
            if (x > start)
                buf_printf(&path, "M%d %dh%dv1h-%dz", start + QUIET, y + QUIET, x - start,
                           x - start);
        }
    }
    json_t *out = json_pack("{s:i}", "size", code->width + 2 * QUIET);
    view_set_buf(out, "path", &path);
    QRcode_free(code);
    return out;
}
