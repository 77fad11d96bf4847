// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_NOTIFY_SMS_H
#define MEDINA_NOTIFY_SMS_H

#include "auth/auth.h"
#include "http/client.h"

// Text messages through a gateway that takes POST {"to", "text", "language"} with a bearer token.
// Messages leave at once: a code that waits in a queue is a code that expires.

struct sms {
    struct http_client *client;
    const char *url;   // "" when there is no gateway: every send is ERR_UNAVAILABLE
    const char *token; // "" for none
    uint64_t timeout_ms;
};

// The auth_send of the sign-in room; context is a struct sms. Words the code in the reader's
// language. 0: the gateway has it; ERR_UNKNOWN: perhaps; ERR_UNAVAILABLE: surely not.
int sms_send_code(void *context, const struct auth_message *message, struct err *err);

// Any other text, in these words; the same codes.
int sms_send_text(const struct sms *sms, const struct phone *phone, const char *text,
                  struct str language, struct err *err);

#endif
