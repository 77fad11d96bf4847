// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_OPS_ADMIN_INTERNAL_H
#define MEDINA_OPS_ADMIN_INTERNAL_H

#include "ops/admin.h"

// What the files behind admin.h share.

void admin_reply(struct http_reply *reply, int status, json_t *value); // takes the reference
void admin_reply_error(struct http_reply *reply, int status, const char *name, const char *message);
void admin_reply_err(struct http_reply *reply, const struct err *err);

// plugins.c: answers a request below /plugins; false when it is none that is known.
bool admin_run_plugins(struct admin *admin, struct http_request *request, struct http_reply *reply);

// money.c: the same for those below /money.
bool admin_run_money(struct admin *admin, struct http_request *request, struct http_reply *reply);

#endif
