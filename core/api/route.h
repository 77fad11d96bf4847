// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_API_ROUTE_H
#define MEDINA_API_ROUTE_H

#include "api/api.h"

// What the files of this room share: one request on its way through the gateway.

struct api_request {
    struct api *api;
    struct http_request *http;
    struct http_reply *reply;
    struct str part[2]; // the decoded parts of the path that stand for {…} in the table
    bool signed_in;
    struct auth_identity identity; // when signed in
    struct problem problem;
    const char *language;
};

// Each writes request->reply and returns 0, or fills request->problem and returns -1.
typedef int api_route(struct api_request *request);

api_route api_run_operation; // operation.c
api_route api_run_stream;    // stream.c
api_route api_sign_in_begin; // sign_in.c
api_route api_sign_in_finish;
api_route api_session_show;
api_route api_session_end;
api_route api_links_list;
api_route api_link_remove;
api_route api_services;       // catalogue.c
api_route api_search;         // search.c
api_route api_payment_create; // payment.c
api_route api_payment_show;
api_route api_payment_cancel;
api_route api_payments_list;
api_route api_wallet_show;
api_route api_wallet_top_up; // wallet.c
api_route api_wallet_redeem;
api_route api_cards_list; // card.c
api_route api_card_remove;
api_route api_provider_event; // payment.c
api_route api_file_put;       // file.c
api_route api_receipt_show;
api_route api_inbox_list; // inbox.c
api_route api_inbox_see;
api_route api_automatic_show; // automatic.c
api_route api_automatic_put;
api_route api_automatic_remove;
api_route api_activity_list; // activity.c
api_route api_sessions_list; // account.c
api_route api_session_remove;
api_route api_sessions_remove;
api_route api_profile_show;
api_route api_profile_put;
api_route api_favourites_list;
api_route api_favourite_put;
api_route api_favourite_remove;
api_route api_deletion_code;
api_route api_deletion_finish;
api_route api_openapi; // openapi.c

// Who asks, by the bearer token; again where a request lasts long.
int api_identify(struct api_request *request);

// The request's body as a JSON object; NULL and a problem when it is none. Yours.
json_t *api_body(struct api_request *request);

// A problem of the gateway with one fault: {"pointer", "keyword", "parameters": {}}.
int api_fault(struct api_request *request, const char *pointer, const char *keyword);

int api_problem(struct api_request *request, const char *code);
int api_problem_err(struct api_request *request, const struct err *err);

// What a code that was asked for is answered with: 202 and the challenge, or why none was sent (rc
// and err of whoever sends).
struct auth_challenge;
int api_reply_challenge(struct api_request *request, int rc, const struct auth_challenge *challenge,
                        const struct err *err);

#endif
