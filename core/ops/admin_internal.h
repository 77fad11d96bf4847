// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_OPS_ADMIN_INTERNAL_H
#define MEDINA_OPS_ADMIN_INTERNAL_H

#include "ops/admin.h"

// What the files behind admin.h share.

void admin_reply(struct http_reply *reply, int status, json_t *value); // takes the reference
void admin_reply_error(struct http_reply *reply, int status, const char *name, const char *message);
void admin_reply_err(struct http_reply *reply, const struct err *err);

// A pair of the query, in the arena; NULL when it is not there.
const char *admin_field(struct http_request *request, const char *name);

// The user at the other end of the socket; a number when the machine knows no name. In the arena.
const char *admin_actor(struct http_request *request);

// refunds.c: whether the request is about payments and refunds.
bool admin_about_refunds(const struct http_request *request);

// refunds.c: the same as the two below, for single payments, refunds and events.
bool admin_run_refunds(struct admin *admin, struct http_request *request, struct http_reply *reply);

// plugins.c: answers a request below /plugins; false when it is none that is known.
bool admin_run_plugins(struct admin *admin, struct http_request *request, struct http_reply *reply);

// money.c: the same for those below /money.
bool admin_run_money(struct admin *admin, struct http_request *request, struct http_reply *reply);

#endif
