// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_API_API_H
#define MEDINA_API_API_H

#include "auth/session.h"
#include "host/gate.h"
#include "host/problem.h"
#include "http/message.h"

// The JSON gateway. Its own resources stand in the table of api.c; below them every instance has
//
//     GET  /v1/<instance>/<operation>?input…   a safe operation
//     POST /v1/<instance>/<operation>          any operation, input as a JSON object
//     GET  /v1/<instance>/<operation>/stream?input…   a safe operation's result, live
//
// Every answer is JSON: a result, or a problem in the caller's language.

struct money;
struct sms;
struct directory;

struct api_settings {
    const char *currency;
    const char *provider;   // name of the card provider, NULL: none
    const char *public_url; // as browsers see the host
    bool wallet;            // may be used to pay
    bool top_up;            // may be filled by card
};

struct api {
    struct gate *gate; // of this loop
    struct auth *auth;
    struct money *money;
    struct store *store;
    const struct sms *sms;
    struct directory *directory;
    const struct api_settings *settings;
};

// True when the path belongs to the gateway.
bool api_owns(struct str path);

// Inside the request's task.
void api_handle(struct api *api, struct http_request *request, struct http_reply *reply);

// Words a refusal of the HTTP server itself (http_refusal).
void api_refuse(int status, struct http_reply *reply);

#endif
