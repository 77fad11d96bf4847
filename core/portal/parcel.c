// SPDX-License-Identifier: Apache-2.0
#include "portal/parcel.h"

#include "base/json.h"

#include <stdlib.h>

bool parcel_send(struct visit *visit, const char *cookie, const json_t *value)
{
    struct buf encoded = {0};
    char *text = json_dumps(value, JSON_COMPACT);
    if (text)
        crypto_base64url(text, strlen(text), &encoded);
    bool fits = encoded.size > 0 && encoded.size <= PARCEL_BYTES;
    if (fits)
        visit_set_cookie(visit, cookie, encoded.data, PARCEL_SECONDS);
    free(text);
    buf_finish(&encoded);
    return fits;
}

json_t *parcel_open(const struct visit *visit, const char *cookie)
{
    struct str encoded = http_request_cookie(visit->http, cookie);
    size_t size = encoded.size / 4 * 3 + (encoded.size % 4 ? encoded.size % 4 - 1 : 0);
    char *text = arena_alloc(visit->arena, size + 1);
    if (!encoded.size || encoded.size > PARCEL_BYTES ||
        !crypto_base64url_decode(encoded, text, size))
        return NULL;
    return json_parse((struct str){text, size}, NULL);
}

void parcel_drop(struct visit *visit, const char *cookie)
{
    if (http_request_cookie(visit->http, cookie).size)
        visit_set_cookie(visit, cookie, "", 0);
}
