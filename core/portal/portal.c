// SPDX-License-Identifier: Apache-2.0
//
// A request becomes a visit: language from the path, session and nonce from cookies, the form from
// body or query; then the table below finds its route. Every POST carries a CSRF token that is
// bound to the session, or before signing in to the nonce.

#include "portal/portal.h"

#include "auth/profile.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/url.h"
#include "http/multipart.h"
#include "pages/components.h"
#include "portal/visit.h"

#include <stdio.h>
#include <stdlib.h>

enum { NONCE_SECONDS = 86400 };

#define NONCE_COOKIE "__Host-visit"

// ---- reading the request ----

static bool read_pairs(struct visit *visit)
{
    bool post = str_is(visit->http->method, "POST");
    struct str rest = post ? visit->http->body : visit->http->query;
    visit->form = arena_alloc(visit->arena, VISIT_PAIRS * sizeof *visit->form);
    if (post && multipart_is(http_request_field(visit->http, "content-type")))
        return visit_read_multipart(visit);
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

void visit_identify(struct visit *visit)
{
    struct err err;
    struct str token = http_request_cookie(visit->http, SESSION_COOKIE);
    visit->signed_in = token.size && auth_identify(visit->portal->services.auth, AUTH_COOKIE, token,
                                                   &visit->identity, &err) == 0;
    if (visit->signed_in)
        visit->token = token;
}

static void identify(struct visit *visit)
{
    visit_identify(visit);
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
    visit->page =
        (struct page_context){.language = visit->language,
                              .path = "/",
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

// A citizen's own choice comes before the browser's.
static void choose_language(struct visit *visit)
{
    char chosen[AUTH_LANGUAGE] = "";
    struct err err;
    visit_identify(visit);
    if (visit->signed_in &&
        auth_language_of(visit->portal->services.auth, &visit->identity.account, chosen, &err) ==
            0 &&
        chosen[0])
        visit->language = pages_language_from(str_from(chosen));
}

// ---- routes ----

struct route_entry {
    const char *method;
    const char *path; // {} stands for one part
    visit_route *run;
    // Where what answers this POST can be read again: a path, the first {} is appended. NULL: at
    // the same path.
    const char *again;
};

static const struct route_entry routes[] = {
    {"GET", "/", visit_home, NULL},
    {"GET", "/search", visit_search, NULL},
    {"GET", "/services", visit_services, NULL},
    {"GET", "/services/{}", visit_category, NULL},
    {"GET", "/agencies", visit_agencies, NULL},
    {"GET", "/agencies/{}", visit_agency, NULL},
    {"GET", "/status", visit_service_status, NULL},
    {"GET", "/sign-in", visit_sign_in, NULL},
    {"POST", "/sign-in", visit_sign_in_send, NULL},
    {"GET", "/sign-in/code", visit_code, NULL},
    {"POST", "/sign-in/code", visit_code_send, NULL},
    {"POST", "/sign-out", visit_sign_out, "/account"},
    {"GET", "/account", visit_account, NULL},
    {"GET", "/account/links", visit_links, NULL},
    {"POST", "/account/unlink", visit_unlink, "/account/links"},
    {"GET", "/account/payments", visit_payments, NULL},
    {"GET", "/account/wallet", visit_wallet, NULL},
    {"POST", "/account/top-up", visit_top_up, "/account/wallet"},
    {"POST", "/account/redeem", visit_redeem, "/account/wallet"},
    {"GET", "/account/cards", visit_cards, NULL},
    {"POST", "/account/cards", visit_card_remove, NULL},
    {"GET", "/account/automatic", visit_automatic_page, NULL},
    {"POST", "/account/automatic", visit_automatic, NULL},
    {"GET", "/account/profile", visit_profile, NULL},
    {"POST", "/account/profile", visit_profile_save, NULL},
    {"GET", "/account/number", visit_number, NULL},
    {"POST", "/account/number", visit_number_send, NULL},
    {"GET", "/account/number/change", visit_number_change, NULL},
    {"POST", "/account/number/change", visit_number_change_send, NULL},
    {"GET", "/account/number/confirm", visit_number_confirm, NULL},
    {"POST", "/account/number/confirm", visit_number_finish, NULL},
    {"GET", "/account/devices", visit_devices, NULL},
    {"POST", "/account/devices", visit_devices_end, NULL},
    {"GET", "/account/delete", visit_delete, NULL},
    {"POST", "/account/delete", visit_delete_send, NULL},
    {"GET", "/account/delete/confirm", visit_delete_confirm, NULL},
    {"POST", "/account/delete/confirm", visit_delete_finish, NULL},
    {"GET", "/account/deleted", visit_deleted, NULL},
    {"POST", "/account/favourites", visit_favourite, "/account"},
    {"GET", "/activity", visit_activity, NULL},
    {"GET", "/activity.csv", visit_activity_file, NULL},
    {"GET", "/pay", visit_review, NULL},
    {"POST", "/pay", visit_pay, "/pay"},
    {"POST", "/pay/confirm", visit_pay_confirm, "/pay"},
    {"GET", "/payments/{}", visit_payment, NULL},
    {"GET", "/payments/{}/continue", visit_payment_continue, NULL},
    {"POST", "/payments/{}/cancel", visit_payment_cancel, "/payments/"},
    {"GET", "/payments/{}/receipt", visit_receipt, NULL},
    {"GET", "/payments/{}/receipt/file", visit_receipt_file, NULL},
    {"GET", "/inbox", visit_inbox, NULL},
    {"POST", "/inbox", visit_inbox_see, "/inbox"},
    {"GET", "/verify", visit_verify, NULL},
    {"GET", "/offline", visit_offline, NULL},
    {"GET", "/help", visit_help, NULL},
    {"GET", "/accessibility", visit_accessibility, NULL},
    {"GET", "/dev/components", visit_components, NULL},
    {"GET", "/dev/components/{}", visit_component, NULL},
    {"GET", "/{}", visit_service, NULL},
    {"GET", "/{}/{}", visit_operation, NULL},
    {"GET", "/{}/{}/done", visit_done, NULL},
    {"GET", "/{}/{}/stream", visit_stream, NULL},
    {"POST", "/{}/{}", visit_submit, NULL},
};

static bool matches(struct visit *visit, const char *pattern)
{
    struct str wanted = str_from(pattern), path = visit->path;
    size_t parts = 0;
    visit->part[0] = visit->part[1] = (struct str){0};
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

// A page tells other pages where it is: for the other language, to try again, to come back after
// signing in. Where a POST leads nobody can go with a link, so its page names another.
static void name_page(struct visit *visit, const struct route_entry *route)
{
    const char *path = arena_string(visit->arena, visit->path);
    if (route->again)
        path = arena_printf(visit->arena, "%s" STR_FORMAT, route->again,
                            STR_ARGUMENTS(visit->part[0]));
    if (visit->http->query.size)
        path =
            arena_printf(visit->arena, "%s?" STR_FORMAT, path, STR_ARGUMENTS(visit->http->query));
    visit->page.path = path;
}

// A POST comes from a page of ours. That of chosen items needs not: it only leads to the review.
static bool may_post(const struct visit *visit, const struct route_entry *route)
{
    return route->run == visit_pay ||
           auth_csrf_check(visit->portal->services.auth, csrf_binding(visit),
                           visit_field(visit, "csrf"));
}

static void run_route(struct visit *visit)
{
    const char *method = str_is(visit->http->method, "HEAD") ? "GET" : visit->http->method.data;
    const char *other = NULL;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        const struct route_entry *route = &routes[i];
        if (!matches(visit, route->path))
            continue;
        if (strcmp(route->method, method) != 0 && route->again) {
            // The address of what a POST answered, typed or reloaded.
            name_page(visit, route);
            visit_redirect(visit, visit->page.path);
            return;
        }
        if (strcmp(route->method, method) != 0) {
            other = other ? other : route->method;
            continue;
        }
        name_page(visit, route);
        if (strcmp(method, "POST") == 0 && !may_post(visit, route))
            route->run == visit_submit ? visit_submit_stale(visit) : visit_stale(visit);
        else
            route->run(visit);
        return;
    }
    struct problem problem = {0};
    problem_set(&problem, other ? "method-not-allowed" : "not-found");
    problem.allow = other;
    visit_problem(visit, &problem);
}

void visit_offline(struct visit *visit)
{
    visit->page.keep = PAGES_KEEP_PUBLIC;
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
        http_reply_field(reply, "vary", STR("Accept-Language, Cookie"));
        choose_language(&visit);
        visit_redirect(&visit, "/");
        return;
    }
    if (str_is(http->path, "/verify")) { // short enough to be typed from paper
        http_reply_field(reply, "vary", STR("Accept-Language"));
        visit_redirect(&visit, "/verify");
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

static int load_map(struct portal_site *site, struct err *err)
{
    const struct portal_settings *settings = &site->settings;
    struct arena arena = {0};
    const char *path = settings->map && settings->map[0]
                           ? settings->map
                           : arena_printf(&arena, "%s/map/city.geojson", settings->web);
    int rc = pages_load_map(site->pages, path, err);
    arena_finish(&arena);
    return rc;
}

int portal_site_load(struct portal_site **out, const struct portal_settings *settings,
                     struct err *err)
{
    struct portal_site *site = mem_zero(1, sizeof *site);
    site->settings = *settings;
    site->pages = pages_load(settings->web, err);
    int rc = site->pages ? assets_load(&site->assets, settings->web, err) : ERR_INVALID;
    if (rc == 0)
        rc = load_map(site, err);
    if (rc == 0 && settings->components) {
        site->components = components_load(settings->web, err);
        rc = site->components ? 0 : ERR_INVALID;
    }
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
    json_decref(site->components);
    free(site);
}

void portal_create(struct portal **out, struct portal_site *site,
                   const struct portal_services *services)
{
    struct portal *portal = mem_zero(1, sizeof *portal);
    portal->site = site;
    portal->services = *services;
    http_compressor_create(&portal->compressor, site->settings.compress_bytes);
    *out = portal;
}

void portal_destroy(struct portal *portal)
{
    for (int i = 0; portal && i < PORTAL_PAGES * PAGES_LANGUAGES; i++)
        json_decref(portal->prepared[i / PAGES_LANGUAGES][i % PAGES_LANGUAGES].view);
    if (portal)
        http_compressor_destroy(portal->compressor);
    free(portal);
}
