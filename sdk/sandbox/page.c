// SPDX-License-Identifier: Apache-2.0
#include "sandbox.h"

extern const char page_pay[], page_pay_end[], page_challenge[], page_challenge_end[];
extern const char page_done[], page_done_end[], page_sms[], page_sms_end[];

enum { MOST_BYTES = 1024 * 1024 };

static struct mustache_source source(const char *name, const char *begin, const char *end)
{
    return (struct mustache_source){str_from(name), {begin, (size_t)(end - begin)}};
}

int sandbox_pages_load(struct sandbox *sandbox, struct err *err)
{
    struct mustache_source sources[] = {source("pay", page_pay, page_pay_end),
                                        source("challenge", page_challenge, page_challenge_end),
                                        source("done", page_done, page_done_end),
                                        source("sms", page_sms, page_sms_end)};
    sandbox->pages = mustache_compile(sources, 4, NULL, 0, err);
    return sandbox->pages ? 0 : ERR_INVALID;
}

void sandbox_page(struct sandbox_request *request, int status, const char *name, json_t *context)
{
    const struct mustache_template *page = mustache_find(request->sandbox->pages, str_from(name));
    const json_t *contexts[] = {context};
    struct err err;
    request->reply->status = status;
    buf_clear(&request->reply->body);
    if (mustache_render(page, contexts, 1, MOST_BYTES, &request->reply->body, &err) < 0)
        request->reply->status = 500;
    http_reply_field(request->reply, "content-type", STR("text/html; charset=utf-8"));
    http_reply_field(request->reply, "cache-control", STR("no-store"));
    http_reply_field(request->reply, "referrer-policy", STR("no-referrer"));
    json_decref(context);
}
