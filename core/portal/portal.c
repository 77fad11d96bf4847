// SPDX-License-Identifier: Apache-2.0
//
// A request becomes a visit: language from the path, session and nonce from cookies, the form from
// body or query; then the table below finds its route. Every POST carries a CSRF token that is
// bound to the session, or before signing in to the nonce.

#include "portal/portal.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/url.h"
#include "portal/visit.h"

#include <stdio.h>
#include <stdlib.h>

enum { NONCE_SECONDS = 86400 };

#define SESSION_COOKIE "__Host-session"
#define NONCE_COOKIE "__Host-visit"

// ---- answering ----

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
    set_page_fields(visit);
    if (rc == 0)
        return;
    log_line(LOG_LEVEL_ERROR, "portal", "a page does not render: %s", err->message);
    visit->reply->status = 500;
    buf_clear(&visit->reply->body);
    buf_append_text(&visit->reply->body, "<!doctype html><title>500</title><p>500");
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
    bool get = !str_is(visit->http->method, "POST");
    buf_append_text(&path, "/sign-in?next=");
    url_encode(visit->path, &path);
    if (get && visit->http->query.size) {
        buf_append_text(&path, "%3F");
        url_encode(visit->http->query, &path);
    }
    visit_redirect(visit, path.data);
    buf_finish(&path);
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

struct str visit_field(const struct visit *visit, const char *name)
{
    for (size_t i = 0; i < visit->form_count; i++)
        if (str_is(visit->form[i].name, name))
            return visit->form[i].value;
    return (struct str){0};
}

const json_t *visit_route_text(const struct route *route, const char *name)
{
    const json_t *own = json_object_get(route->configuration, name);
    return json_is_object(own) ? own : json_object_get(route->bundle->manifest->document, name);
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

// ---- reading the request ----

static bool read_pairs(struct visit *visit)
{
    bool post = str_is(visit->http->method, "POST");
    struct str rest = post ? visit->http->body : visit->http->query;
    visit->form = arena_alloc(visit->arena, VISIT_PAIRS * sizeof *visit->form);
    int more = 0;
    while (visit->form_count < VISIT_PAIRS) {
        struct page_pair *pair = &visit->form[visit->form_count];
        more = url_next_pair(&rest, visit->arena, &pair->name, &pair->value);
        if (more != 1)
            break;
        visit->form_count++;
    }
    return more == 0;
}

static void identify(struct visit *visit)
{
    struct err err;
    struct str token = http_request_cookie(visit->http, SESSION_COOKIE);
    if (token.size && auth_identify(visit->portal->services.auth, AUTH_COOKIE, token,
                                    &visit->identity, &err) == 0) {
        visit->signed_in = true;
        visit->token = token;
    }
    visit->nonce = http_request_cookie(visit->http, NONCE_COOKIE);
    if (visit->nonce.size == AUTH_TOKEN - 1)
        return;
    uint8_t random[32];
    struct buf text = {0};
    crypto_random(random, sizeof random);
    crypto_base64url(random, sizeof random, &text);
    visit->nonce = str_from(arena_string(visit->arena, buf_str(&text)));
    visit->nonce_is_new = true;
    buf_finish(&text);
}

static struct str csrf_binding(const struct visit *visit)
{
    return visit->signed_in ? visit->token : visit->nonce;
}

static void prepare_page(struct visit *visit)
{
    char *csrf = arena_alloc(visit->arena, AUTH_CSRF);
    auth_csrf_make(visit->portal->services.auth, csrf_binding(visit), csrf);
    const char *path = arena_string(visit->arena, visit->path);
    if (visit->http->query.size && str_is(visit->http->method, "GET"))
        path =
            arena_printf(visit->arena, "%s?" STR_FORMAT, path, STR_ARGUMENTS(visit->http->query));
    visit->page =
        (struct page_context){.language = visit->language,
                              .path = path,
                              .csrf = csrf,
                              .signed_in = visit->signed_in,
                              .demonstration = visit->portal->site->settings.demonstration,
                              .now = clock_now(NULL) / 1000};
}

// "/ar/water/bills" into the language and "/water/bills"; false for a path without a language.
static bool read_path(struct visit *visit)
{
    struct str path;
    if (!url_decode(visit->http->path, false, visit->arena, &path) || path.size < 3)
        return false;
    visit->language = pages_language_from((struct str){path.data + 1, 2});
    if (visit->language == PAGES_LANGUAGES || (path.size > 3 && path.data[3] != '/'))
        return false;
    visit->path = path.size > 3 ? str_from_offset(path, 3) : STR("/");
    return true;
}

static enum pages_language preferred_language(const struct http_request *http)
{
    struct str field = http_request_field(http, "accept-language");
    struct str first = str_trim(str_cut(&field, ','));
    return str_starts(first, STR("ar")) ? PAGES_ARABIC : PAGES_ENGLISH;
}

// ---- routes ----

static const struct {
    const char *method;
    const char *path; // {} stands for one part
    visit_route *run;
} routes[] = {
    {"GET", "/", visit_home},
    {"GET", "/search", visit_search},
    {"GET", "/sign-in", visit_sign_in},
    {"POST", "/sign-in", visit_sign_in_send},
    {"GET", "/sign-in/code", visit_code},
    {"POST", "/sign-in/code", visit_code_send},
    {"POST", "/sign-out", visit_sign_out},
    {"GET", "/account", visit_account},
    {"POST", "/pay", visit_pay},
    {"GET", "/pay", visit_review},
    {"POST", "/pay/confirm", visit_pay_confirm},
    {"GET", "/payments/{}", visit_payment},
    {"GET", "/payments/{}/continue", visit_payment_continue},
    {"POST", "/payments/{}/cancel", visit_payment_cancel},
    {"GET", "/payments/{}/receipt", visit_receipt},
    {"GET", "/offline", visit_offline},
    {"GET", "/{}", visit_service},
    {"GET", "/{}/{}", visit_operation},
    {"POST", "/{}/{}", visit_submit},
};

static bool matches(struct visit *visit, const char *pattern)
{
    struct str wanted = str_from(pattern), path = visit->path;
    size_t parts = 0;
    while (wanted.data && path.data) {
        struct str expected = str_cut(&wanted, '/'), found = str_cut(&path, '/');
        if (!str_is(expected, "{}")) {
            if (!str_equal(expected, found))
                return false;
        } else if (!found.size) {
            return false;
        } else {
            visit->part[parts++] = str_from(arena_string(visit->arena, found));
        }
    }
    return !wanted.data && !path.data;
}

static void run_route(struct visit *visit)
{
    const char *method = str_is(visit->http->method, "HEAD") ? "GET" : visit->http->method.data;
    const char *other = NULL;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (!matches(visit, routes[i].path))
            continue;
        if (strcmp(routes[i].method, method) != 0) {
            other = other ? other : routes[i].method;
            continue;
        }
        bool post = strcmp(method, "POST") == 0;
        if (post && !auth_csrf_check(visit->portal->services.auth, csrf_binding(visit),
                                     visit_field(visit, "csrf")))
            visit_problem_code(visit, "bad-csrf");
        else
            routes[i].run(visit);
        return;
    }
    struct problem problem = {0};
    problem_set(&problem, other ? "method-not-allowed" : "not-found");
    problem.allow = other;
    visit_problem(visit, &problem);
}

void visit_offline(struct visit *visit)
{
    visit_show(visit, 200, "offline", NULL);
}

void portal_handle(struct portal *portal, struct http_request *http, struct http_reply *reply)
{
    if (assets_serve(portal->site->assets, http, reply))
        return;
    struct visit visit = {.portal = portal, .http = http, .reply = reply, .arena = &http->arena};
    bool has_language = read_path(&visit);
    if (!has_language)
        visit.language = preferred_language(http);
    if (str_is(http->path, "/")) {
        http_reply_field(reply, "vary", STR("Accept-Language"));
        visit_redirect(&visit, "/");
        return;
    }
    if (!has_language)
        visit.path = STR("/");
    identify(&visit);
    bool readable = read_pairs(&visit);
    prepare_page(&visit);
    if (!has_language)
        visit_problem_code(&visit, "not-found");
    else if (!readable)
        visit_problem_code(&visit, "bad-request");
    else
        run_route(&visit);
    if (visit.nonce_is_new)
        visit_set_cookie(&visit, NONCE_COOKIE, visit.nonce.data, NONCE_SECONDS);
}

// ---- making and ending ----

int portal_site_load(struct portal_site **out, const struct portal_settings *settings,
                     struct err *err)
{
    struct portal_site *site = mem_zero(1, sizeof *site);
    site->settings = *settings;
    site->pages = pages_load(settings->web, err);
    int rc = site->pages ? assets_load(&site->assets, settings->web, err) : ERR_INVALID;
    if (rc < 0) {
        portal_site_destroy(site);
        return rc;
    }
    *out = site;
    return 0;
}

void portal_site_destroy(struct portal_site *site)
{
    if (!site)
        return;
    pages_destroy(site->pages);
    assets_destroy(site->assets);
    free(site);
}

void portal_create(struct portal **out, struct portal_site *site,
                   const struct portal_services *services)
{
    struct portal *portal = mem_zero(1, sizeof *portal);
    portal->site = site;
    portal->services = *services;
    *out = portal;
}

void portal_destroy(struct portal *portal)
{
    for (int i = 0; portal && i < PAGES_LANGUAGES; i++)
        json_decref(portal->home[i]);
    free(portal);
}
