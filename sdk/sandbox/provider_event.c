// SPDX-License-Identifier: Apache-2.0
// Webhooks, signed as Stripe signs them: "t=<seconds>,v1=<HMAC-SHA256 of t.body>". One that is not
// answered with 2xx is sent again, a little later each time.

#include "sandbox.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/mem.h"
#include "loop/task.h"

#include <stdio.h>
#include <stdlib.h>

enum { TRIES = 8, FIRST_WAIT_MS = 500, TIMEOUT_MS = 20 * 1000 };

struct webhook {
    struct sandbox *sandbox;
    struct buf body;
};

static void sign(const struct sandbox *sandbox, struct str body, struct buf *signature)
{
    char second[24];
    snprintf(second, sizeof second, "%lld", (long long)(clock_now(NULL) / 1000));
    struct str parts[] = {str_from(second), STR("."), body};
    struct crypto_hash hash = crypto_hmac_sha256(str_from(sandbox->webhook_secret), parts, 3);
    buf_printf(signature, "t=%s,v1=", second);
    crypto_hex(hash.bytes, sizeof hash.bytes, signature);
}

static bool send_once(struct webhook *webhook)
{
    struct buf signature = {0};
    struct http_incoming in = {0};
    sign(webhook->sandbox, buf_str(&webhook->body), &signature);
    struct http_field fields[] = {{STR("content-type"), STR("application/json")},
                                  {STR("stripe-signature"), buf_str(&signature)}};
    struct http_outgoing out = {.method = "POST",
                                .url = webhook->sandbox->webhook_url,
                                .fields = fields,
                                .field_count = 2,
                                .body = buf_str(&webhook->body),
                                .timeout_ms = TIMEOUT_MS,
                                .reply_limit = 64 * 1024};
    int rc = http_client_send(webhook->sandbox->client, &out, &in, NULL);
    bool taken = rc == 0 && in.status >= 200 && in.status < 300;
    buf_finish(&in.body);
    buf_finish(&signature);
    return taken;
}

static void deliver(void *argument)
{
    struct webhook *webhook = argument;
    uint64_t wait = FIRST_WAIT_MS;
    for (int i = 0; i < TRIES && !webhook->sandbox->loop.stopping; i++, wait *= 2) {
        if (send_once(webhook))
            break;
        task_sleep(wait);
    }
    buf_finish(&webhook->body);
    free(webhook);
}

void provider_send_event(struct sandbox *sandbox, const char *type, const json_t *intent)
{
    char id[40];
    const json_t *fault = json_object_get(sandbox->faults, "webhooks");
    const char *mode = json_get_string(fault, "mode");
    if (!sandbox->webhook_url[0] || (mode && strcmp(mode, "down") == 0))
        return;
    struct webhook *webhook = mem_zero(1, sizeof *webhook);
    webhook->sandbox = sandbox;
    sandbox_new_id("evt", id);
    json_t *event = json_pack("{s:s, s:s, s:s, s:I, s:{s:o}}", "id", id, "object", "event", "type",
                              type, "created", (json_int_t)(clock_now(NULL) / 1000), "data",
                              "object", json_deep_copy(intent));
    json_append_canonical(&webhook->body, event);
    json_decref(event);
    if (task_spawn(&sandbox->loop, deliver, webhook) != 0)
        log_line(LOG_LEVEL_ERROR, "sandbox", "no memory for a webhook");
}
