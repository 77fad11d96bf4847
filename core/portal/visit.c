// SPDX-License-Identifier: Apache-2.0
// How a visit is answered: a page with the headers that every page needs, a problem, a redirect.

#include "portal/visit.h"

#include "base/log.h"
#include "base/url.h"
#include "portal/parcel.h"

#include <stdio.h>

// What a service worker may keep of this page, for a time without a connection: of a page that says
// nothing, nothing. And until when the session lasts that it was made for, past which nothing
// personal stays on the device.
static void set_keep_fields(struct visit *visit)
{
    static const char *const words[] = {
        [PAGES_KEEP_PUBLIC] = "public", [PAGES_KEEP_PERSONAL] = "personal"};
    bool read = str_is(visit->http->method, "GET") && visit->reply->status == 200;
    if (read && words[visit->page.keep])
        http_reply_field(visit->reply, "medina-keep", str_from(words[visit->page.keep]));
    http_reply_field(visit->reply, "medina-session",
                     visit->signed_in
                         ? str_from(arena_printf(visit->arena, "%lld",
                                                 (long long)visit->identity.idle / 1000))
                         : STR("none"));
}

static void set_page_fields(struct visit *visit)
{
    struct http_reply *reply = visit->reply;
    const char *provider = visit->portal->site->settings.provider_origin;
    http_reply_field(reply, "content-type", STR("text/html; charset=utf-8"));
    http_reply_field(reply, "cache-control", STR("no-store"));
    http_reply_field(
        reply, "content-security-policy",
        str_from(arena_printf(visit->arena,
                              "default-src 'none'; style-src 'self'; script-src 'self'; font-src "
                              "'self'; img-src 'self'; connect-src 'self'; worker-src 'self'; "
                              "manifest-src 'self'; "
                              "form-action 'self' %s; base-uri 'none'; frame-ancestors 'none'",
                              provider)));
    http_reply_field(reply, "x-content-type-options", STR("nosniff"));
    http_reply_field(reply, "referrer-policy", STR("same-origin"));
    http_reply_field(reply, "cross-origin-opener-policy", STR("same-origin"));
    http_reply_field(reply, "permissions-policy", STR("geolocation=(self)"));
    http_reply_field(reply, "content-language", str_from(pages_language_code(visit->language)));
}

void visit_rendered(struct visit *visit, int status, int rc, const struct err *err)
{
    visit->reply->status = status;
    if (rc < 0) {
        log_line(LOG_LEVEL_ERROR, "portal", "a page does not render: %s", err->message);
        visit->reply->status = 500;
        buf_clear(&visit->reply->body);
        buf_append_text(&visit->reply->body, "<!doctype html><title>500</title><p>500");
    }
    set_page_fields(visit);
    set_keep_fields(visit);
    http_compress(visit->portal->compressor, visit->http, visit->reply);
}

void visit_show(struct visit *visit, int status, const char *page, const json_t *model)
{
    struct err err;
    int rc = pages_show(visit->portal->site->pages, &visit->page, page, model, &visit->reply->body,
                        &err);
    visit_rendered(visit, status, rc, &err);
}

static const char *problem_detail(struct visit *visit, const struct problem *problem)
{
    const char *language = pages_language_code(visit->language);
    if (problem->text.size) {
        json_t *text = json_loadb(problem->text.data, problem->text.size, 0, NULL);
        const char *own = json_string_value(json_object_get(text, language));
        const char *kept = own ? arena_string(visit->arena, str_from(own)) : NULL;
        json_decref(text);
        return kept;
    }
    char code[72];
    snprintf(code, sizeof code, STR_FORMAT, STR_ARGUMENTS(problem->code));
    return problem_words(code, language, "title");
}

void visit_problem(struct visit *visit, struct problem *problem)
{
    struct err err;
    if (problem->status == 401) {
        problem_finish(problem);
        visit_ask_to_sign_in(visit);
        return;
    }
    struct page_problem page = {.status = problem->status,
                                .detail = problem_detail(visit, problem),
                                .retry_after = problem->retry_after_s};
    buf_clear(&visit->reply->body);
    int rc = pages_render_problem(visit->portal->site->pages, &visit->page, &page,
                                  &visit->reply->body, &err);
    visit_rendered(visit, problem->status, rc, &err);
    if (problem->retry_after_s)
        http_reply_field(visit->reply, "retry-after",
                         str_from(arena_printf(visit->arena, "%u", problem->retry_after_s)));
    if (problem->allow)
        http_reply_field(visit->reply, "allow", str_from(problem->allow));
    problem_finish(problem);
}

void visit_problem_code(struct visit *visit, const char *code)
{
    struct problem problem = {0};
    problem_set(&problem, code);
    visit_problem(visit, &problem);
}

void visit_problem_err(struct visit *visit, const struct err *err)
{
    struct problem problem = {0};
    problem_from_err(&problem, err);
    visit_problem(visit, &problem);
}

void visit_stale(struct visit *visit)
{
    json_t *model = json_pack("{s:s, s:s}", "error", "form", "url", visit->page.path);
    visit_show(visit, 403, "stale", model);
    json_decref(model);
}

void visit_leave(struct visit *visit, const char *url)
{
    visit->reply->status = 303;
    http_reply_field(visit->reply, "location", str_from(url));
    http_reply_field(visit->reply, "cache-control", STR("no-store"));
}

void visit_redirect(struct visit *visit, const char *path)
{
    visit_leave(visit,
                arena_printf(visit->arena, "/%s%s", pages_language_code(visit->language), path));
}

void visit_ask_to_sign_in(struct visit *visit)
{
    struct buf path = {0};
    buf_append_text(&path, "/sign-in?next=");
    url_encode(str_from(visit->page.path), &path);
    visit_redirect(visit, path.data);
    buf_finish(&path);
}

bool visit_is_stranger(struct visit *visit)
{
    if (!visit->signed_in)
        visit_ask_to_sign_in(visit);
    return !visit->signed_in;
}

void visit_forget_browser(struct visit *visit)
{
    visit_set_cookie(visit, SESSION_COOKIE, "", 0);
    visit_set_cookie(visit, PARCEL_DONE, "", 0);
    visit_set_cookie(visit, PARCEL_KEPT, "", 0);
    http_reply_field(visit->reply, "clear-site-data", STR("\"cache\", \"storage\""));
}

void visit_set_cookie(struct visit *visit, const char *name, const char *value, int64_t seconds)
{
    http_reply_field(visit->reply, "set-cookie",
                     str_from(arena_printf(visit->arena,
                                           "%s=%s; Path=/; Max-Age=%lld; Secure; HttpOnly; "
                                           "SameSite=Lax",
                                           name, value, (long long)seconds)));
}

const char *visit_safe_next(struct visit *visit, struct str next)
{
    bool safe = next.size > 0 && next.size < 1024 && next.data[0] == '/' &&
                (next.size == 1 || (next.data[1] != '/' && next.data[1] != '\\'));
    for (size_t i = 0; i < next.size && safe; i++)
        safe = (unsigned char)next.data[i] > 0x20 && (unsigned char)next.data[i] < 0x7F;
    return safe ? arena_string(visit->arena, next) : "/";
}

struct str visit_citizen(const struct visit *visit)
{
    return visit->signed_in ? id_str(&visit->identity.account) : visit->nonce;
}

bool visit_has_field(const struct visit *visit, const char *name)
{
    return visit_field(visit, name).data != NULL;
}

struct str visit_field(const struct visit *visit, const char *name)
{
    for (size_t i = 0; i < visit->form_count; i++)
        if (str_is(visit->form[i].name, name))
            return visit->form[i].value;
    return (struct str){0};
}

const json_t *visit_route_text(const struct route *route, const char *name)
{
    return route_text(route, name);
}

struct page_operation visit_page_operation(const struct route *route,
                                           const struct operation *operation, const json_t *input)
{
    return (struct page_operation){.instance = route->instance,
                                   .operation = operation->id,
                                   .service = visit_route_text(route, "title"),
                                   .agency = visit_route_text(route, "agency"),
                                   .title = json_object_get(operation->document, "title"),
                                   .summary = json_object_get(operation->document, "summary"),
                                   .schema = schema_document(operation->input),
                                   .input = input,
                                   .safe = operation->safe};
}
