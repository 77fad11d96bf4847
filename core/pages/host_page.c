// SPDX-License-Identifier: Apache-2.0
// A host page's model is written in the values of results, so most of it only has to be put into
// the language; what a page adds to that is one function here.
#include "pages/host_page.h"

#include "pages/format.h"
#include "pages/host_page_account.h"
#include "pages/service_page.h"

#include <stdio.h>

static struct str string_of(const json_t *value)
{
    return (struct str){json_string_value(value), json_string_length(value)};
}

static void set_str(json_t *object, const char *name, struct str text)
{
    json_object_set_new(object, name,
                        text.size ? json_stringn(text.data, text.size) : json_false());
}

// {"error": "code-wrong"} names one of the error texts.
static void set_error(const struct view *view, json_t *out, const json_t *model)
{
    const char *name = json_string_value(json_object_get(model, "error"));
    json_t *error = json_false();
    if (name) {
        error = json_object();
        set_str(error, "title", phrases_of_group(view->phrases, "error", name, "title"));
        set_str(error, "next", phrases_of_group(view->phrases, "error", name, "next"));
    }
    json_object_set_new(out, "error", error);
}

// Agencies that have not answered in time: what is shown is old, or missing.
static json_t *late_lines(const struct view *view, const json_t *late)
{
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(late) && i < VIEW_ENTRIES; i++) {
        const json_t *entry = json_array_get(late, i);
        json_t *agency = view_text(view, json_object_get(entry, "agency"), NULL);
        struct buf time = {0}, line = {0};
        int64_t seconds;
        bool known = format_read_time(string_of(json_object_get(entry, "time")), &seconds);
        if (known)
            format_time(view->phrases, &time, seconds);
        struct phrase_value values[] = {{"agency", string_of(agency), true},
                                        {"time", buf_str(&time), false}};
        phrases_write(view->phrases, &line, known ? PHRASE_HOME_LATE : PHRASE_HOME_LATE_UNKNOWN, 0,
                      values, 2);
        json_array_append_new(out, json_stringn(line.data, line.size));
        buf_finish(&line);
        buf_finish(&time);
        json_decref(agency);
    }
    return out;
}

static void finish_home(const struct view *view, json_t *out, const json_t *model)
{
    const json_t *due = json_object_get(model, "due");
    struct view_total total = {0};
    int64_t count = json_integer_value(json_object_get(model, "count"));
    json_object_set_new(out, "all", json_false());
    if (service_page_categories(view, json_object_get(out, "categories")) && count)
        view_set_phrase(view, out, "all", PHRASE_SERVICES_ALL, count, NULL, 0);
    if (!json_is_object(due))
        return;
    json_t *shown = json_object();
    view_set_items(view, shown, json_object_get(due, "items"), &total);
    view_set_selectable(view, shown, &total);
    json_object_set_new(shown, "late", late_lines(view, json_object_get(due, "late")));
    json_object_set_new(out, "due", shown);
}

// An amount of the citizen's own that is not taken: the same form as where it was chosen.
static void ask_amount_again(const struct view *view, json_t *item, const json_t *given)
{
    json_t *payable = view_payable(view, json_object_get(given, "choose"), NULL);
    if (json_is_object(payable))
        json_object_set(item, "refused", json_object_get(payable, "range"));
    json_object_set_new(item, "payable", payable);
}

// What stands against an item of a review: {"refused": "already"}, "amount" with what may be chosen
// instead, or any other reason.
static void finish_review(const struct view *view, json_t *out, const json_t *model)
{
    const json_t *items = json_object_get(out, "items");
    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t *item = json_array_get(items, i);
        const json_t *refused = json_object_get(item, "refused");
        json_object_set_new(item, "payable", json_false());
        if (str_is(string_of(refused), "amount"))
            ask_amount_again(view, item, json_array_get(json_object_get(model, "items"), i));
        else if (json_is_string(refused))
            view_set_phrase(view, item, "refused",
                            str_is(string_of(refused), "already") ? PHRASE_REVIEW_ALREADY
                                                                  : PHRASE_REVIEW_REFUSED,
                            0, NULL, 0);
        else
            json_object_set_new(item, "refused", json_false());
    }
}

struct payment_state {
    const char *name;
    const char *kind;
};

const char *host_page_payment_kind(struct str state)
{
    static const struct payment_state states[] = {
        {"succeeded", "success"},      {"waiting", "information"}, {"partly", "warning"},
        {"processing", "information"}, {"unfinished", "warning"},  {"underway", "warning"},
        {"declined", "error"},         {"unverified", "error"},    {"cancelled", "information"},
        {"expired", "warning"},        {"already", "information"}, {"refused", "warning"},
        {"unreachable", "error"},      {"failed", "error"},        {"refunded", "success"},
        {"unused", "information"}};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (str_is(state, states[i].name))
            return states[i].kind;
    return "information";
}

// Every item says how it stands: {"state": "accepted" | "waiting" | "released" | "refunded"}.
static void set_item_badges(const struct view *view, json_t *items)
{
    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t *item = json_array_get(items, i);
        const char *state = json_string_value(json_object_get(item, "state"));
        struct str text =
            state ? phrases_named(view->phrases, "payment.item", state) : (struct str){0};
        const char *kind = !state                           ? "neutral"
                           : strcmp(state, "accepted") == 0 ? "success"
                           : strcmp(state, "waiting") == 0  ? "information"
                                                            : "neutral";
        json_object_set_new(item, "badge",
                            text.size ? json_pack("{s:s%, s:s}", "title", text.data, text.size,
                                                  "kind", kind)
                                      : json_false());
        const char *reason = json_string_value(json_object_get(item, "reason"));
        set_str(item, "why",
                reason ? phrases_named(view->phrases, "payment.why", reason) : (struct str){0});
    }
}

static void finish_payment_status(const struct view *view, json_t *out, const json_t *model)
{
    const char *state = json_string_value(json_object_get(model, "state"));
    state = state ? state : "other";
    const char *kind = host_page_payment_kind(str_from(state));
    json_object_set_new(out, "kind", json_string(kind));
    json_object_set_new(out, "icon",
                        json_string(strcmp(state, "processing") == 0 ? "active" : kind));
    set_str(out, "title", phrases_of_group(view->phrases, "payment", state, "title"));
    set_str(out, "body", phrases_of_group(view->phrases, "payment", state, "body"));
    set_str(out, "next", phrases_of_group(view->phrases, "payment", state, "next"));
    json_object_set(out, "page_title", json_object_get(out, "title"));
    set_item_badges(view, json_object_get(out, "items"));
}

static void finish_stale(const struct view *view, json_t *out, const json_t *model)
{
    (void)view, (void)model;
    json_object_set(out, "page_title", json_object_get(json_object_get(out, "error"), "title"));
}

static void finish_verify(const struct view *view, json_t *out, const json_t *model)
{
    const char *state =
        json_string_value(json_object_get(json_object_get(model, "receipt"), "state"));
    json_t *receipt = json_object_get(out, "receipt");
    if (!state || !json_is_object(receipt))
        return;
    set_str(receipt, "title", phrases_named(view->phrases, "verify.state", state));
    json_object_set_new(receipt, "kind",
                        json_string(strcmp(state, "paid") == 0 ? "success" : "warning"));
}

struct host_page {
    const char *name;
    int title; // enum phrase, or NO_TITLE: the model's own
    host_page_finish *finish;
};

enum { NO_TITLE = -1 };

static const struct host_page host_pages[] = {
    {"home", PHRASE_HOME_TITLE, finish_home},
    {"search", PHRASE_SEARCH_TITLE, service_page_search},
    {"service", NO_TITLE, service_page_service},
    {"services", PHRASE_SERVICES_TITLE, service_page_services},
    {"category", NO_TITLE, service_page_category},
    {"agencies", PHRASE_AGENCIES_TITLE, service_page_agencies},
    {"agency", NO_TITLE, service_page_agency},
    {"service-status", PHRASE_STATUS_TITLE, service_page_status},
    {"sign-in", PHRASE_SIGN_IN_TITLE, NULL},
    {"sign-in-code", PHRASE_SIGN_IN_CODE_TITLE, NULL},
    {"account", PHRASE_ACCOUNT_TITLE, finish_account},
    {"links", PHRASE_ACCOUNT_LINKED, NULL},
    {"payments", PHRASE_ACCOUNT_PAYMENTS, finish_payments},
    {"wallet", PHRASE_ACCOUNT_WALLET, NULL},
    {"cards", PHRASE_ACCOUNT_CARDS, NULL},
    {"automatic", PHRASE_ACCOUNT_AUTOMATIC, finish_automatic},
    {"activity", PHRASE_ACTIVITY_TITLE, finish_activity},
    {"profile", PHRASE_PROFILE_TITLE, finish_profile},
    {"number", PHRASE_NUMBER_TITLE, NULL},
    {"number-change", PHRASE_NUMBER_TITLE, NULL},
    {"number-confirm", PHRASE_NUMBER_TITLE, NULL},
    {"devices", PHRASE_DEVICES_TITLE, finish_devices},
    {"delete", PHRASE_DELETE_TITLE, finish_delete},
    {"delete-confirm", PHRASE_DELETE_TITLE, NULL},
    {"deleted", PHRASE_DELETE_DONE, NULL},
    {"review", PHRASE_REVIEW_TITLE, finish_review},
    {"payment-status", NO_TITLE, finish_payment_status},
    {"stale", NO_TITLE, finish_stale},
    {"inbox", PHRASE_INBOX_TITLE, finish_inbox},
    {"verify", PHRASE_VERIFY_TITLE, finish_verify},
    {"offline", PHRASE_OFFLINE_TITLE, NULL},
    {"help", PHRASE_HELP_TITLE, NULL},
    {"accessibility", PHRASE_ACCESSIBILITY_TITLE, NULL},
    {"components", PHRASE_COMPONENTS_TITLE, NULL},
};

json_t *host_page_view(const struct view *view, const char *name, const json_t *model)
{
    const struct host_page *page = NULL;
    for (size_t i = 0; i < sizeof host_pages / sizeof *host_pages; i++)
        if (strcmp(host_pages[i].name, name) == 0)
            page = &host_pages[i];
    if (!page)
        return NULL;
    json_t *out = json_is_object(model) ? view_localize(view, model) : json_object();
    set_error(view, out, model);
    if (page->title != NO_TITLE) {
        struct str title = phrases_text(view->phrases, (enum phrase)page->title);
        set_str(out, "page_title", title);
        if (!json_object_get(out, "title"))
            set_str(out, "title", title);
    } else {
        json_object_set(out, "page_title", json_object_get(out, "title"));
    }
    if (page->finish)
        page->finish(view, out, model);
    return out;
}

json_t *host_page_problem(const struct view *view, const struct page_problem *problem)
{
    char status[16];
    snprintf(status, sizeof status, "%d", problem->status);
    bool ours = problem->status >= 500;
    json_t *out =
        json_pack("{s:s, s:b, s:b, s:b}", "kind", ours ? "error" : "warning", "retry",
                  problem->status == 429 || ours, "sign_in", problem->status == 401, "wait", false);
    set_str(out, "title", phrases_of_group(view->phrases, "problem", status, "title"));
    set_str(out, "body", phrases_of_group(view->phrases, "problem", status, "body"));
    json_object_set(out, "page_title", json_object_get(out, "title"));
    json_t *detail = problem->detail ? json_string(problem->detail) : NULL;
    json_t *reference = problem->reference ? json_string(problem->reference) : NULL;
    json_object_set_new(out, "detail", detail ? view_string(detail) : json_false());
    json_object_set_new(out, "reference", reference ? view_string(reference) : json_false());
    json_decref(detail);
    json_decref(reference);
    unsigned seconds = problem->retry_after;
    if (seconds > 0 && seconds < 120)
        view_set_phrase(view, out, "wait", PHRASE_PROBLEM_WAIT, seconds, NULL, 0);
    else if (seconds > 0)
        view_set_phrase(view, out, "wait", PHRASE_PROBLEM_WAIT_MINUTES, (seconds + 59) / 60, NULL,
                        0);
    return out;
}
