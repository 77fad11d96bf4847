/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MEDINA_SDK_CALL_H
#define MEDINA_SDK_CALL_H

#include <medina/plugin.h>

/* What the files of sdk/lib share; plugins do not see it. */

struct co;

struct medina_call {
    struct medina_call *next; /* in its bucket */
    uint32_t id;
    uint32_t kind;
    uint32_t budget_ms;
    char *operation;
    char *caller_text; /* "" for an anonymous caller */
    char *input_text;
    size_t input_size;
    json_t *input; /* parsed when first asked for */
    json_t *caller;
    void (*handle)(medina_call *call);
    struct co *co;
    struct medina_owned *owned; /* released when the handler has returned */
    uint32_t waits_for;         /* request number, 0 when running */
    struct medina_answer *answer;
    bool answered; /* finish() was called */
    bool cancelled;
};

/* An answer of the host, copied: it lives until the handler returns. */
struct medina_answer {
    enum medina_status status;
    uint32_t number;
    char *text;
    char *body;
    size_t size;
};

/* The process has one plugin, and a plugin one thread. */
struct medina_sdk {
    const struct medina_host *host;
    const struct medina_http_extension *http;
    const struct medina_http_file_extension *http_file; /* NULL with an older host */
    const struct medina_kv_extension *kv;
    const struct medina_kv_scan_extension *kv_scan; /* NULL with an older host */
    const struct medina_link_extension *link;
    const struct medina_live_extension *live;   /* NULL with an older host */
    const struct medina_clock_extension *clock; /* NULL with an older host */
    const medina_definition *definition;
    char *instance;
    json_t *strings[2]; /* en, ar */
    medina_call *calls[256];
};
extern struct medina_sdk medina_sdk __attribute__((visibility("hidden")));

/* Memory that goes with the call. */
void *medina_call_alloc(medina_call *call, size_t size);
/* Keeps a reference until the handler has returned; gives back the same value. */
json_t *medina_call_keep(medina_call *call, json_t *value);
/* Suspends the handler until request is answered; 0 stands for a request that was not taken. */
const struct medina_answer *medina_call_wait(medina_call *call, uint32_t request);
bool medina_strings_load(char *reason, size_t reason_size);

static inline struct medina_bytes medina_bytes_of(const char *text)
{
    size_t size = 0;
    while (text && text[size])
        size++;
    return (struct medina_bytes){text, size};
}

/* What the build embeds (sdk/lib/embed.S.in). */
extern const char medina_embedded_manifest[], medina_embedded_manifest_end[];
extern const char medina_embedded_en[], medina_embedded_en_end[];
extern const char medina_embedded_ar[], medina_embedded_ar_end[];
extern const char medina_embedded_data[], medina_embedded_data_end[];

#endif
