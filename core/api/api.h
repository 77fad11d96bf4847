// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_API_API_H
#define MEDINA_API_API_H

#include "host/gate.h"
#include "http/message.h"

// The JSON gateway:
//
//     GET  /v1/<instance>/<operation>?input…   a safe operation
//     POST /v1/<instance>/<operation>          any operation, input as a JSON object
//
// Every answer is JSON: a typed result, or a problem.

struct api {
    struct gate *gate; // of this loop
};

// True when the path belongs to the gateway.
bool api_owns(struct str path);

// Inside the request's task.
void api_handle(struct api *api, struct http_request *request, struct http_reply *reply);

// Words a refusal of the HTTP server itself (http_refusal).
void api_refuse(int status, struct http_reply *reply);

#endif
