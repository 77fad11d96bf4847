// SPDX-License-Identifier: Apache-2.0
// A result that is a picture is answered as one, so that a page of the same service can show it:
// its type is what its own first bytes say, and browsers are told not to see anything else in it.

#include "base/json.h"
#include "host/upload_field.h"
#include "portal/visit.h"

static const char *media_of(struct str content)
{
    const char *media = upload_media(content);
    return media && str_starts(str_from(media), STR("image/")) ? media : NULL;
}

// The bytes of base64 text with padding (RFC 4648 section 4); size 0 when it is none.
static struct str decode(struct visit *visit, struct str text)
{
    size_t padding = 0, size = text.size / 4 * 3;
    while (padding < 2 && padding < text.size && text.data[text.size - 1 - padding] == '=')
        padding++;
    if (size <= padding)
        return (struct str){0};
    size -= padding;
    char *bytes = arena_alloc(visit->arena, size);
    return crypto_base64_decode(text, bytes, size) ? (struct str){bytes, size} : (struct str){0};
}

bool visit_show_image(struct visit *visit, const json_t *result)
{
    const char *type = json_get_string(result, "type"), *data = json_get_string(result, "data");
    if (!type || strcmp(type, "image") != 0)
        return false;
    struct str content = data ? decode(visit, str_from(data)) : (struct str){0};
    const char *media = media_of(content);
    if (!media) {
        visit_problem_code(visit, "agency-unavailable");
        return true;
    }
    struct http_reply *reply = visit->reply;
    buf_append_str(&reply->body, content);
    http_reply_field(reply, "content-type", str_from(media));
    http_reply_field(reply, "cache-control", STR("no-store"));
    http_reply_field(reply, "x-content-type-options", STR("nosniff"));
    http_reply_field(reply, "content-security-policy", STR("default-src 'none'"));
    http_reply_field(reply, "cross-origin-resource-policy", STR("same-origin"));
    return true;
}
