/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MEDINA_PLUGIN_H
#define MEDINA_PLUGIN_H

#include <jansson.h>
#include <medina/abi.h>
#include <stdbool.h>

/*
 * What an agency's plugin is written against.
 *
 *     static void list_bills(medina_call *call)
 *     {
 *         const char *account = medina_input_string(call, "account");
 *         medina_http_reply *reply = medina_http_get(call, "/accounts/%s/bills", account);
 *         if (!medina_http_ok(reply)) {
 *             medina_fail(call, MEDINA_UPSTREAM, "bills.agency-unavailable");
 *             return;
 *         }
 *         medina_return(call, list_of(reply->json));
 *     }
 *     MEDINA_PLUGIN(.operations = MEDINA_OPERATIONS({"list-bills", list_bills}));
 *
 * A handler is straight-line C in a coroutine of its own: medina_http_get and its like let other
 * calls run until the answer is there. Exactly one of medina_return, medina_return_text and
 * medina_fail answers; a handler that returns without is answered for with MEDINA_FAILED.
 *
 * Everything a call hands out lives until the handler returns. Keep frames small (64 KB of stack).
 */

typedef struct medina_call medina_call;

typedef struct medina_operation {
    const char *id; /* as in the manifest */
    void (*handle)(medina_call *call);
} medina_operation;

/* An event: the call's input is the event. Answering (or returning without) acknowledges it;
   MEDINA_REFUSED says never, and what the citizen paid is refunded; any other failure brings it
   again later. It may come more than once: tell by its id, and take a repetition for success. */
typedef struct medina_event_handler {
    const char *type; /* "payment.captured" */
    void (*handle)(medina_call *call);
} medina_event_handler;

typedef struct medina_definition {
    /* Reads the configuration (borrowed until it returns); false after medina_start_failed. */
    bool (*start)(json_t *configuration);
    /* A data file, at start and whenever an operator brings a new one. Build the new state whole
       and switch to it, or write why not into reason and leave the old one. */
    bool (*take_data)(const char *data, size_t size, char *reason, size_t reason_size);
    /* A last look before traffic comes; false keeps the old version serving. */
    bool (*self_test)(char *reason, size_t reason_size);
    void (*stop)(void);
    const medina_operation *operations;
    size_t operation_count;
    const medina_event_handler *events;
    size_t event_count;
} medina_definition;

#define MEDINA_OPERATIONS(...)                                                                     \
    (const medina_operation[]){__VA_ARGS__},                                                       \
        .operation_count =                                                                         \
            sizeof((const medina_operation[]){__VA_ARGS__}) / sizeof(medina_operation)
#define MEDINA_EVENTS(...)                                                                         \
    (const medina_event_handler[]){__VA_ARGS__},                                                   \
        .event_count =                                                                             \
            sizeof((const medina_event_handler[]){__VA_ARGS__}) / sizeof(medina_event_handler)

/* Once per plugin, at file scope. */
#define MEDINA_PLUGIN(...) const medina_definition medina_definition_of_plugin = {__VA_ARGS__};

/* ---- what was asked ---- */

const char *medina_instance(void);
json_t *medina_input(medina_call *call); /* the whole input, an object */
const char *medina_input_string(medina_call *call, const char *name); /* NULL when absent */
/* These answer fallback when the member is absent. */
int64_t medina_input_integer(medina_call *call, const char *name, int64_t fallback);
double medina_input_number(medina_call *call, const char *name, double fallback);
bool medina_input_boolean(medina_call *call, const char *name, bool fallback);

/* The caller's pseudonym with this instance, NULL for an anonymous caller. Stable, and of no use
   to any other agency. */
const char *medina_citizen(medina_call *call);
/* Whether the caller has linked this account of the agency (see medina_link). */
bool medina_owns(medina_call *call, const char *account);
/* The linked accounts: an array of {"account", "label"}. */
json_t *medina_links(medina_call *call);

/* Milliseconds left to answer. */
uint32_t medina_budget(medina_call *call);

/* ---- the city's time ---- */

/* Milliseconds since 1970. Civil dates (due, discount, "open now") are never computed from it by
   hand: medina_civil_at knows the city's zone. With a host too old to say, that is UTC. */
int64_t medina_now(void);
struct medina_civil_time medina_civil_at(int64_t ms);

/* ---- answering ---- */

void medina_return(medina_call *call, json_t *result); /* takes the reference */
void medina_return_text(medina_call *call, const char *json,
                        size_t size); /* JSON already written */
/* code is a stable name like "bills.not-yours"; the citizen reads the manifest's string
   "problem.<code>" in both languages. */
void medina_fail(medina_call *call, enum medina_status status, const char *code);

/* A result that is a picture (type "image"); the title is taken and says what it shows. NULL when
   the bytes are neither a JPEG nor a PNG. */
json_t *medina_image(json_t *title, const void *bytes, size_t size);

/* ---- asking the host ---- */

typedef struct medina_http_reply {
    enum medina_status status; /* MEDINA_OK: the back end answered, with any HTTP status */
    int http_status;
    const char *body; /* NUL-terminated */
    size_t size;
    json_t *json; /* the body when it is JSON, else NULL */
} medina_http_reply;

/* path is a printf format whose results are percent-encoded where they stand for a %s. */
medina_http_reply *medina_http_get(medina_call *call, const char *path, ...)
    __attribute__((format(printf, 2, 3)));
/* body is JSON; takes the reference. idempotency_key may be NULL. */
medina_http_reply *medina_http_post(medina_call *call, const char *path, json_t *body,
                                    const char *idempotency_key);
/* The body is a file that the citizen sent with this call: file is the value of the input's field,
   a handle. MEDINA_DENIED when it is none of this call's. idempotency_key may be NULL. */
medina_http_reply *medina_http_post_file(medina_call *call, const char *path, const char *file,
                                         const char *idempotency_key);
static inline bool medina_http_ok(const medina_http_reply *reply)
{
    return reply->status == MEDINA_OK && reply->http_status >= 200 && reply->http_status < 300;
}

/* The instance's own key-value storage. */
enum medina_status medina_kv_get(medina_call *call, const char *key, struct medina_bytes *value);
enum medina_status medina_kv_put(medina_call *call, const char *key, struct medina_bytes value,
                                 uint64_t ttl_ms);
enum medina_status medina_kv_delete(medina_call *call, const char *key);
/* expected NULL means "absent"; MEDINA_CONFLICT when the value is another. */
enum medina_status medina_kv_compare_and_set(medina_call *call, const char *key,
                                             const struct medina_bytes *expected,
                                             struct medina_bytes value);

/* The pairs whose keys begin with prefix, in the order of the keys' bytes; after is the key to go
   on after, NULL to begin with the first. The host is asked for a piece at a time, so what changes
   meanwhile may or may not be seen.

       medina_kv_cursor *cursor = medina_kv_scan(call, "note:", NULL);
       for (medina_kv_pair pair; medina_kv_next(cursor, &pair);)
           use(pair.key, pair.value);
       if (medina_kv_scan_status(cursor) != MEDINA_OK)
           ...it ended early...
*/
typedef struct medina_kv_cursor medina_kv_cursor;
typedef struct medina_kv_pair {
    const char *key;           /* NUL-terminated */
    struct medina_bytes value; /* a NUL follows it */
} medina_kv_pair;
medina_kv_cursor *medina_kv_scan(medina_call *call, const char *prefix, const char *after);
bool medina_kv_next(medina_kv_cursor *cursor, medina_kv_pair *pair);
enum medina_status medina_kv_scan_status(const medina_kv_cursor *cursor);

/* Remembers that the caller owns this account with the agency; label is a text {"en","ar"} (takes
   the reference). Do so only when the agency has confirmed it, say by a code it sent. */
enum medina_status medina_link(medina_call *call, const char *account, json_t *label);
enum medina_status medina_unlink(medina_call *call, const char *account);

/* Shows this result (takes the reference) to whoever looks at one whose "live" member is topic, in
   place of it. Nobody may be looking: that is MEDINA_OK too. */
enum medina_status medina_publish(medina_call *call, const char *topic, json_t *result);

void medina_log(enum medina_log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- building results (sdk/docs/results.md) ---- */

/* {"en": …, "ar": …} from the plugin's strings, with {name} filled from name, value pairs that end
   with NULL: medina_text("bill.title", "month", "2026-11", NULL). The result is the caller's. */
json_t *medina_text(const char *key, ...) __attribute__((sentinel));
json_t *medina_text_of(const char *english, const char *arabic);
json_t *medina_money(int64_t minor_units); /* in the city's currency, fils in the samples */

#endif
