// SPDX-License-Identifier: Apache-2.0
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include "base/json.h"
#include "http/client.h"
#include "http/message.h"
#include "loop/loop.h"
#include "pages/mustache.h"

// The outside world on one machine: three agencies' back ends, a card provider in the shape of
// Stripe's API with its own pages, and a sink for text messages. One thread, one loop; the state is
// one JSON document, written to disk before a request that changed it is answered.

struct sandbox {
    struct loop loop;
    struct http_client *client; // for webhooks
    json_t *state;
    char *state_path;
    bool changed;
    char *provider_key;
    char *webhook_secret;
    char *webhook_url;                          // empty: none are sent
    char *public_url;                           // as browsers see the sandbox
    int64_t fee_permil, fee_fixed, fee_dispute; // what the provider takes, in fils
    json_t *documents;                          // data files that were read, by name
    json_t *faults;                             // target → {"mode", "delay_ms"}; not kept
    struct mustache *pages;
};

// One request: its parts of the path, its body when it was JSON or a form.
struct sandbox_request {
    struct sandbox *sandbox;
    struct http_request *http;
    struct http_reply *reply;
    struct str part[3];
    json_t *body; // object of the JSON body or of the form's fields; never NULL
};

typedef void sandbox_route(struct sandbox_request *request);

// ---- route.c ----

// The http_handler; context is the struct sandbox.
void sandbox_handle(void *context, struct http_request *request, struct http_reply *reply);
void sandbox_refuse(void *context, int status, const char *reason, struct http_reply *reply);

void sandbox_json(struct sandbox_request *request, int status, json_t *value); // takes value
void sandbox_error(struct sandbox_request *request, int status, const char *code);
void sandbox_redirect(struct sandbox_request *request, const char *url);
const char *sandbox_text(const struct sandbox_request *request, const char *name); // "" if absent

// Renders one of pages/*.mustache with the context, which is taken.
void sandbox_page(struct sandbox_request *request, int status, const char *name, json_t *context);

// ---- page.c ----

int sandbox_pages_load(struct sandbox *sandbox, struct err *err);

// ---- state.c ----

int sandbox_state_load(struct sandbox *sandbox, const char *folder, struct err *err);
int sandbox_state_save(struct sandbox *sandbox, struct err *err);

// The collection of that name, an object; made when it is not there.
json_t *sandbox_collection(struct sandbox *sandbox, const char *name);

// "cs_" and random letters: a name in one of the provider's collections.
void sandbox_new_id(const char *prefix, char out[40]);

// The stored answer of an earlier call with this Idempotency-Key, or NULL; and keeping one.
json_t *sandbox_replay(struct sandbox_request *request);
void sandbox_keep_answer(struct sandbox_request *request, json_t *answer);

// ---- the places ----

void sms_put(struct sandbox *sandbox, const char *to, const char *text);
void utility_seed(struct sandbox *sandbox);
void toll_seed(struct sandbox *sandbox);
void traffic_seed(struct sandbox *sandbox);
void provider_send_event(struct sandbox *sandbox, const char *type, const json_t *intent);

sandbox_route sms_receive, sms_list, sms_page;
sandbox_route utility_account, utility_send_code, utility_verify_code, utility_bills, utility_bill;
sandbox_route utility_pay, toll_account, toll_send_code, toll_verify_code, toll_top_up;
sandbox_route traffic_plate_fines, traffic_licence_fines, traffic_file_fines, traffic_show_fine;
sandbox_route traffic_photo;
sandbox_route traffic_send_code, traffic_verify_code, traffic_pay, traffic_pay_elsewhere;
sandbox_route traffic_plan_offer, traffic_make_plan, traffic_file_plans, traffic_show_plan;
sandbox_route traffic_take_evidence, traffic_dispute, traffic_decide;
sandbox_route traffic_nominate, traffic_driver_answers;
sandbox_route provider_open_session, provider_show_session, provider_expire_session;
sandbox_route provider_show_intent, provider_capture, provider_cancel, provider_refund;
sandbox_route provider_report, provider_disputes, provider_show_dispute;
sandbox_route provider_make_customer, provider_list_cards, provider_detach_card;
sandbox_route provider_open_dispute, provider_close_dispute;
sandbox_route provider_refunds, provider_page, provider_pay, provider_challenge, provider_settle;
sandbox_route fuel_stations, fuel_pump, fuel_prices, fuel_authorize, fuel_authorization,
    fuel_cancel;
sandbox_route fuel_settle, fuel_incident, fuel_drive;
sandbox_route fault_set, fault_list;

#endif
