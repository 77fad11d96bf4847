// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_API_REPLY_H
#define MEDINA_API_REPLY_H

#include "host/problem.h"
#include "http/message.h"

// How the gateway writes what it answers.

// "ar" or "en": the one that the Accept-Language field prefers, "en" when it names neither
// (RFC 9110 section 12.5.4).
const char *api_language(const struct http_request *request);

// application/problem+json in that language (RFC 9457), with Retry-After and Allow where they
// belong. Finishes the problem.
void api_reply_problem(struct http_reply *reply, struct problem *problem, const char *language);

// 200 application/json; the text is copied.
void api_reply_json(struct http_reply *reply, int status, struct str json);
void api_reply_value(struct http_reply *reply, int status, json_t *value); // takes the reference

// An instant (epoch ms) as RFC 3339. Yours.
json_t *api_time(int64_t ms);

// Adds an ETag of the body (RFC 9110 section 8.8.3) and turns the reply into a 304 when the
// request's If-None-Match names it.
void api_reply_revalidate(const struct http_request *request, struct http_reply *reply);

#endif
