// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_PORTAL_VISIT_H
#define MEDINA_PORTAL_VISIT_H

#include "auth/session.h"
#include "host/invoke.h"
#include "host/purchase.h"
#include "http/coding.h"
#include "pages/pages.h"
#include "portal/asset.h"
#include "portal/portal.h"

// What the files of this room share: one page view by one browser.

#define SESSION_COOKIE "__Host-session"

struct portal_site {
    struct portal_settings settings;
    struct pages *pages;
    struct assets *assets;
    json_t *components; // NULL: not shown here
};

// Pages that are the same for everybody, prepared once for each snapshot (catalogue.h).
enum portal_page { PORTAL_HOME, PORTAL_SERVICES, PORTAL_AGENCIES, PORTAL_STATUS, PORTAL_PAGES };

struct prepared {
    uint64_t snapshot;
    json_t *view;
};

struct portal {
    struct portal_site *site;
    struct portal_services services;
    struct http_compressor *compressor;
    struct prepared prepared[PORTAL_PAGES][PAGES_LANGUAGES];
};

enum { VISIT_PAIRS = 64, VISIT_FILES = 8 };

// A file of a form that was sent as multipart/form-data.
struct visit_file {
    struct str name, type, content;
};

struct visit {
    struct portal *portal;
    struct http_request *http;
    struct http_reply *reply;
    struct arena *arena;
    enum pages_language language;
    struct str path;    // below the language, decoded: "/water/bills"
    struct str part[2]; // what stands for {} in the route
    bool signed_in;
    struct auth_identity identity;
    struct str token; // of the session, when signed in
    struct str nonce; // the browser's own random name, before signing in too
    bool nonce_is_new;
    struct page_pair *form; // of a POST, or of the query
    size_t form_count;
    struct visit_file files[VISIT_FILES]; // of a POST; those that were chosen
    size_t file_count;
    struct page_context page;
};

typedef void visit_route(struct visit *visit);

// upload.c: reads a multipart body; false when it is malformed.
bool visit_read_multipart(struct visit *visit);
// Keeps the files that were sent for this operation and puts their handles into the input. False
// and the problem's errors when one is not taken.
bool visit_take_files(struct visit *visit, const struct invoke *invoke, struct problem *problem);

// image.c: answers with the picture when the result is one.
bool visit_show_image(struct visit *visit, const json_t *result);

// catalogue.c
visit_route visit_home, visit_service;
// search.c
visit_route visit_search;
// browse.c
visit_route visit_services, visit_category, visit_agencies, visit_agency, visit_service_status;
// service.c
visit_route visit_operation, visit_submit, visit_submit_stale, visit_done;
// live.c
visit_route visit_stream;
// sign_in.c
visit_route visit_sign_in, visit_sign_in_send, visit_code, visit_code_send, visit_sign_out;
// account.c
visit_route visit_account, visit_links, visit_unlink, visit_payments;
// wallet.c
visit_route visit_wallet, visit_top_up, visit_redeem;
// card.c
visit_route visit_cards, visit_card_remove;
// automatic.c
visit_route visit_automatic_page, visit_automatic;
// activity.c
visit_route visit_activity, visit_activity_file;
// profile.c, number.c
visit_route visit_profile, visit_profile_save;
visit_route visit_number, visit_number_send, visit_number_change, visit_number_change_send,
    visit_number_confirm, visit_number_finish;
// devices.c
visit_route visit_devices, visit_devices_end;
// deletion.c
visit_route visit_delete, visit_delete_send, visit_delete_confirm, visit_delete_finish,
    visit_deleted;
// favourite.c
visit_route visit_favourite;
// pay.c
visit_route visit_pay, visit_review, visit_pay_confirm;
// payment.c
visit_route visit_payment, visit_payment_continue, visit_payment_cancel, visit_receipt,
    visit_receipt_file;
// inbox.c
visit_route visit_inbox, visit_inbox_see;
// verify.c
visit_route visit_verify;
visit_route visit_offline;
// about.c
visit_route visit_help, visit_accessibility;
// components.c
visit_route visit_components, visit_component;

// Sends a stranger to the sign-in page: true when the visit is answered by that.
bool visit_is_stranger(struct visit *visit);

// Ends the browser's session and what it keeps of it.
void visit_forget_browser(struct visit *visit);

// Whether a session is behind the request's cookie; again where a visit lasts long.
void visit_identify(struct visit *visit);

// A lasting name of whoever visits: the account, or the browser.
struct str visit_citizen(const struct visit *visit);

bool visit_has_field(const struct visit *visit, const char *name);
// The value of a form's or the query's pair; data NULL when absent.
struct str visit_field(const struct visit *visit, const char *name);

// Answers: a page of the host (model borrowed), a problem, a redirect below the language, or to
// another site.
void visit_show(struct visit *visit, int status, const char *page, const json_t *model);
void visit_show_own(struct visit *visit, int status, const char *page, json_t *model); // takes it
void visit_problem(struct visit *visit, struct problem *problem); // finishes it
void visit_problem_code(struct visit *visit, const char *code);
// The form was made for another session: says so, and leads to a new one.
void visit_stale(struct visit *visit);
void visit_problem_err(struct visit *visit, const struct err *err);
void visit_redirect(struct visit *visit, const char *path);
void visit_leave(struct visit *visit, const char *url);

// Sends to the sign-in page and back to this page (page.path) afterwards.
void visit_ask_to_sign_in(struct visit *visit);

void visit_set_cookie(struct visit *visit, const char *name, const char *value, int64_t seconds);

// A path below the languages that a form may send the browser on to; "/" for anything else.
const char *visit_safe_next(struct visit *visit, struct str next);

// A new idempotency key for a form that pays (pay.c).
const char *visit_fresh_key(struct visit *visit);

// Appends an item to the query of /pay, with the amount that the citizen saw or chose: 0 for none,
// negative for one that could not be read.
void visit_append_item(struct buf *query, struct purchase_item item);

// The body has been rendered into reply->body, or rc says why not.
void visit_rendered(struct visit *visit, int status, int rc, const struct err *err);

// The operation's texts for the pages room; strings live as long as the snapshot.
struct page_operation visit_page_operation(const struct route *route,
                                           const struct operation *operation, const json_t *input);

// A text of the instance: its configuration's own, or the manifest's. Borrowed.
const json_t *visit_route_text(const struct route *route, const char *name);

#endif
