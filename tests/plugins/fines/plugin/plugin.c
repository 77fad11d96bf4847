// SPDX-License-Identifier: Apache-2.0
// The plugin as its callers see it: fines.so behind medina/abi.h, with a host whose department
// answers from a table and whose clock stands still.
#include "base/schema.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <jansson.h>
#include <medina/abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME(text) "{\"en\":\"" text "\",\"ar\":\"" text "\"}"
#define FINE(status, rest)                                                                         \
    "{\"number\":\"7000000101\",\"file\":\"10234567\",\"status\":\"" status                        \
    "\",\"date\":\"2026-01-09\",\"time\":\"2026-01-09T09:00:00+04:00\",\"offence\":\"belt\","      \
    "\"authority\":\"coast-police\",\"authority_name\":" NAME("Police") ",\"article\":" NAME(      \
        "Belt") ",\"place\":" NAME("Gate") ",\"amount\":40000,\"points\":4,\"hold_days\":3,"       \
                                           "\"photo\":true,\"plate\":\"AE-DU.private.A.1\"" rest   \
                                           "}"
#define PLAN                                                                                       \
    "{\"plan\":\"P00000001\",\"status\":\"running\",\"instalments\":[{\"id\":\"P00000001.1\","     \
    "\"due\":\"2026-03-01\",\"amount\":1000,\"status\":\"paid\"},{\"id\":\"P00000001.2\","         \
    "\"due\":\"2026-04-01\",\"amount\":1001,\"status\":\"due\"}]}"
#define OWNER                                                                                      \
    "{\"citizen\":\"c\",\"links\":[{\"account\":\"10234567\",\"label\":" NAME("Mariam") "}]}"

struct reply {
    const char *asked; // "GET /fines/7000000101"
    int status;
    const char *body;
};

struct request {
    uint32_t call, number;
    char asked[200];
    char body[1000];
};

static struct {
    const struct medina_plugin *plugin;
    uint32_t call, requests;
    uint32_t status;
    char code[80];
    json_t *body;
    struct request queue[8];
    unsigned queued;
    const struct reply *replies;
    unsigned posted; // payments
    char posting[1000];
    struct medina_civil_time today;
} seen = {.today = {2026, 3, 10, 12, 0, 0, 2, 240}};

static struct medina_bytes bytes_of(const char *text)
{
    return (struct medina_bytes){text, strlen(text)};
}

static void on_finish(void *context, uint32_t call, const struct medina_outcome *outcome)
{
    (void)context;
    cr_assert_eq(call, seen.call);
    seen.status = outcome->status;
    snprintf(seen.code, sizeof seen.code, "%.*s", (int)outcome->code.size,
             outcome->code.size ? outcome->code.data : "");
    json_decref(seen.body);
    seen.body =
        outcome->body.size ? json_loadb(outcome->body.data, outcome->body.size, 0, NULL) : NULL;
}

static void on_log(void *context, uint32_t level, struct medina_bytes text)
{
    (void)context;
    (void)level;
    (void)text;
}

static uint32_t queue(uint32_t call, struct medina_bytes method, struct medina_bytes path,
                      struct medina_bytes body)
{
    struct request *request = &seen.queue[seen.queued++];
    *request = (struct request){.call = call, .number = ++seen.requests};
    snprintf(request->asked, sizeof request->asked, "%.*s %.*s", (int)method.size, method.data,
             (int)path.size, path.data);
    snprintf(request->body, sizeof request->body, "%.*s", (int)body.size,
             body.size ? body.data : "");
    return request->number;
}

static uint32_t on_send(void *context, uint32_t call, uint32_t timeout_ms,
                        struct medina_bytes method, struct medina_bytes path,
                        struct medina_bytes fields, struct medina_bytes body)
{
    (void)context;
    (void)timeout_ms;
    (void)fields;
    return queue(call, method, path, body);
}

static uint32_t on_send_file(void *context, uint32_t call,
                             const struct medina_http_file_request *request)
{
    (void)context;
    return queue(call, request->method, request->path, request->file);
}

static uint32_t on_link(void *context, uint32_t call, uint32_t forget, struct medina_bytes account,
                        struct medina_bytes label)
{
    (void)context;
    (void)forget;
    (void)label;
    return queue(call, bytes_of("LINK"), account, (struct medina_bytes){0});
}

static int64_t on_now(void *context)
{
    (void)context;
    return 0;
}

static void on_civil(void *context, int64_t ms, struct medina_civil_time *out)
{
    (void)context;
    (void)ms;
    *out = seen.today;
}

static const void *extension(void *context, const char *name)
{
    static const struct medina_http_extension http = {sizeof http, on_send};
    static const struct medina_http_file_extension file = {sizeof file, on_send_file};
    static const struct medina_link_extension link = {sizeof link, on_link};
    static const struct medina_clock_extension clock = {sizeof clock, on_now, on_civil};
    (void)context;
    if (strcmp(name, MEDINA_HTTP_EXTENSION) == 0)
        return &http;
    if (strcmp(name, MEDINA_HTTP_FILE_EXTENSION) == 0)
        return &file;
    if (strcmp(name, MEDINA_LINK_EXTENSION) == 0)
        return &link;
    return strcmp(name, MEDINA_CLOCK_EXTENSION) == 0 ? &clock : NULL;
}

static const struct medina_host host = {.magic = MEDINA_ABI_MAGIC,
                                        .major = MEDINA_ABI_MAJOR,
                                        .size = sizeof host,
                                        .finish = on_finish,
                                        .log = on_log,
                                        .get_extension = extension};

static void start(const struct reply *replies)
{
    void *file = dlopen(PLUGIN_FILE, RTLD_NOW | RTLD_LOCAL);
    cr_assert_not_null(file, "%s", dlerror());
    medina_entry *entry = (medina_entry *)dlsym(file, MEDINA_ENTRY_SYMBOL);
    seen.plugin = entry();
    seen.replies = replies;
    char reason[512] = "";
    struct medina_start_info info = {.instance = bytes_of("fines"),
                                     .configuration = bytes_of("{}")};
    cr_assert_eq(seen.plugin->start(&host, &info, reason, sizeof reason), 0, "%s", reason);
}

static void stop(void)
{
    seen.plugin->stop();
    json_decref(seen.body);
}

TestSuite(fines_plugin, .fini = stop);

static const struct reply *reply_to(const struct request *request)
{
    static const struct reply none = {"", 404, "{}"}, linked = {"", 0, ""};
    if (strncmp(request->asked, "LINK", 4) == 0)
        return &linked;
    if (strcmp(request->asked, "POST /payments") == 0) {
        seen.posted++;
        strcpy(seen.posting, request->body);
    }
    for (const struct reply *reply = seen.replies; reply->asked; reply++)
        if (strcmp(reply->asked, request->asked) == 0)
            return reply;
    return &none;
}

// status 0 of a reply: the back end is not reached.
static void answer_all(void)
{
    while (seen.queued) {
        struct request request = seen.queue[0];
        memmove(seen.queue, seen.queue + 1, --seen.queued * sizeof *seen.queue);
        const struct reply *reply = reply_to(&request);
        bool reached = reply->status || strncmp(request.asked, "LINK", 4) == 0;
        struct medina_answer_info info = {.status = reached ? MEDINA_OK : MEDINA_UPSTREAM,
                                          .number = (uint32_t)reply->status,
                                          .text = bytes_of("application/json"),
                                          .body = bytes_of(reply->body)};
        seen.plugin->answered(request.call, request.number, &info);
    }
}

static json_t *ask(uint32_t kind, const char *operation, const char *caller, const char *input)
{
    struct medina_call_info info = {.call = ++seen.call,
                                    .kind = kind,
                                    .budget_ms = 1000,
                                    .operation = bytes_of(operation),
                                    .caller = bytes_of(caller),
                                    .input = bytes_of(input)};
    seen.status = UINT32_MAX;
    seen.plugin->call(&info);
    answer_all();
    cr_assert_neq(seen.status, UINT32_MAX, "%s answers", operation);
    return seen.body;
}

// ---- what is answered ----

static const struct {
    const char *operation, *caller, *input;
} questions[] = {
    {"plate", "", "{\"source\":\"AE-DU\",\"category\":\"private\",\"code\":\"a\",\"plate\":\"1\"}"},
    {"plate", OWNER,
     "{\"source\":\"AE-DU\",\"category\":\"private\",\"code\":\"a\",\"plate\":\"1\"}"},
    {"licence", "", "{\"licence\":\"123\"}"},
    {"file", "", "{\"account\":\"10234567\"}"},
    {"mine", OWNER, "{}"},
    {"fine", OWNER, "{\"number\":\"7000000101\"}"},
    {"fine", OWNER, "{\"number\":\"7000000102\"}"},
    {"photo", OWNER, "{\"number\":\"7000000101\"}"},
    {"link", OWNER, "{\"account\":\"10234567\"}"},
    {"confirm", OWNER, "{\"account\":\"10234567\",\"code\":\"123456\"}"},
    {"unlink", OWNER, "{\"account\":\"10234567\"}"},
    {"due", OWNER, "{}"},
    {"dispute", OWNER, "{\"number\":\"7000000101\",\"text\":\"not me\",\"evidence\":\"h\"}"},
    {"dispute-status", OWNER, "{\"number\":\"7000000102\"}"},
    {"dispute-status", OWNER, "{\"number\":\"7000000103\"}"},
    {"dispute-status", OWNER, "{\"number\":\"7000000104\"}"},
    {"driver", OWNER, "{\"number\":\"7000000101\",\"licence\":\"9\"}"},
    {"plan-offer", OWNER, "{\"account\":\"10234567\"}"},
    {"plan", OWNER, "{\"account\":\"10234567\"}"},
    {"plans", OWNER, "{\"account\":\"10234567\"}"},
};

enum { QUESTIONS = sizeof questions / sizeof *questions };

#define DISPUTE(state, rest)                                                                       \
    ",\"dispute\":{\"dispute\":\"D1\",\"state\":\"" state                                          \
    "\",\"received_at\":\"2026-01-10T09:00:00Z\"" rest "}"
#define DECIDED ",\"decided_at\":\"2026-01-11T09:00:00Z\",\"note\":\"because\""
#define FINES                                                                                      \
    "{\"fines\":[" FINE("due", "") "," FINE("paid", "") "," FINE(                                  \
        "disputed", ",\"nomination\":{\"state\":\"asked\"}") "]}"

static const struct reply department[] = {
    {"GET /plates/AE-DU.private.A.1/fines", 200, FINES},
    {"GET /licences/123/fines", 200, FINES},
    {"GET /files/10234567/fines", 200, FINES},
    {"GET /files/10234567/plans", 200, "{\"plans\":[" PLAN "]}"},
    {"GET /files/10234567/plan-offer", 200,
     "{\"possible\":true,\"total\":900000,\"least\":500000,\"instalments\":[{\"id\":\"P.1\","
     "\"due\":\"2026-03-01\",\"amount\":225000,\"status\":\"due\"}]}"},
    {"POST /files/10234567/plans", 201, PLAN},
    {"POST /files/10234567/codes", 202, "{\"sent\":true}"},
    {"POST /files/10234567/codes/verify", 200, "{\"name\":" NAME("Mariam") "}"},
    {"GET /fines/7000000101", 200, "{\"fine\":" FINE("due", "") "}"},
    {"GET /fines/7000000101/photo", 200, "\x89PNG\r\n\x1A\npicture"},
    {"GET /fines/7000000102", 200, "{\"fine\":" FINE("disputed", DISPUTE("received", "")) "}"},
    {"GET /fines/7000000103", 200,
     "{\"fine\":" FINE("cancelled", DISPUTE("accepted", DECIDED)) "}"},
    {"GET /fines/7000000104", 200, "{\"fine\":" FINE("due", DISPUTE("rejected", DECIDED)) "}"},
    {"POST /fines/7000000101/evidence", 201, "{\"evidence\":\"E1\"}"},
    {"POST /fines/7000000101/disputes", 201, "{\"dispute\":\"D1\"}"},
    {"POST /fines/7000000101/driver", 201, "{\"nomination\":\"N1\"}"},
    {NULL, 0, NULL},
};

Test(fines_plugin, every_answer_is_a_result_as_the_sdk_describes_them)
{
    json_t *document = json_load_file(MEDINA_SOURCE_DIR "/sdk/docs/results.schema.json", 0, NULL);
    struct err err;
    struct schema *schema = schema_compile(document, &err);
    cr_assert_not_null(schema, "%s", err.message);
    start(department);
    for (size_t i = 0; i < QUESTIONS; i++) {
        json_t *result = ask(0, questions[i].operation, questions[i].caller, questions[i].input);
        cr_assert_eq(seen.status, MEDINA_OK, "%s: %s", questions[i].operation, seen.code);
        cr_assert_eq(schema_validate(schema, result, NULL), 0, "%s: %s", questions[i].operation,
                     json_dumps(result, 0));
    }
    schema_destroy(schema);
    json_decref(document);
}

// A back end that is down, or sends anything: a refusal with words, never a crash or a guess.
Test(fines_plugin, a_department_that_makes_no_sense_is_called_unavailable)
{
    static const struct reply bodies[] = {
        {"", 0, ""},
        {"", 503, "{}"},
        {"", 200, "<html>"},
        {"", 200, "[]"},
        {"", 200, "{}"},
        {"", 200, "{\"nonsense\":1}"},
        {"", 200,
         "{\"fines\":[{\"number\":7}],\"fine\":{\"file\":\"10234567\"},\"plans\":[{\"instalments\":"
         "[{\"status\":\"due\"}]}],\"instalments\":3}"},
    };
    struct reply replies[32];
    start(department);
    for (size_t k = 0; k < sizeof bodies / sizeof *bodies; k++) {
        for (size_t i = 0; i < sizeof department / sizeof *department; i++)
            replies[i] = department[i].asked
                             ? (struct reply){department[i].asked, bodies[k].status, bodies[k].body}
                             : department[i];
        seen.replies = replies;
        for (size_t i = 0; i < QUESTIONS; i++) {
            const char *operation = questions[i].operation;
            bool asks = strcmp(operation, "unlink") != 0;
            // What has no members to speak of cannot be told from an owner's other fine.
            bool odd = k == 6;
            ask(0, operation, questions[i].caller, questions[i].input);
            if (asks && !odd)
                cr_assert(seen.status == MEDINA_UPSTREAM || seen.status == MEDINA_DENIED,
                          "%s, body %zu: %u", operation, k, seen.status);
            if (asks && (strcmp(operation, "mine") == 0 || strcmp(operation, "due") == 0))
                cr_assert_eq(seen.status, MEDINA_UPSTREAM, "%s, body %zu", operation, k);
        }
    }
}

// ---- what it costs ----

static int64_t quoted(const char *item)
{
    char input[100];
    snprintf(input, sizeof input, "{\"item\":\"%s\"}", item);
    json_t *payable = json_object_get(ask(0, "quote", "", input), "payable");
    return json_integer_value(json_object_get(json_object_get(payable, "amount"), "amount"));
}

Test(fines_plugin, the_discount_ends_with_a_day_of_the_city)
{
    start(department);
    cr_assert_eq(quoted("7000000101"), 26000, "60 days after the offence");
    seen.today.day = 11;
    cr_assert_eq(quoted("7000000101"), 30000, "a day later");
    seen.today.year = 2027;
    cr_assert_eq(quoted("7000000101"), 40000, "more than a year");
}

Test(fines_plugin, only_what_is_an_item_is_asked_for)
{
    static const char *const wrong[] = {
        "",           "7",           "70000001011", "7000000101.1", "P00000001",   "P00000001.",
        "P0000001.1", "P00000001.x", "../payments", "P00000001.3",  "P00000002.1", "x000000101"};
    start(department);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_assert_eq(quoted(wrong[i]), 0);
        cr_assert_eq(seen.status, MEDINA_NOT_FOUND, "%s: %u", wrong[i], seen.status);
    }
}

// ---- a payment was captured ----

#define EVENT(amount)                                                                              \
    "{\"payment\":\"pay\",\"lines\":[{\"line\":1,\"item\":\"7000000101\",\"amount\":{"             \
    "\"amount\":" amount ",\"currency\":\"AED\"}}]}"
#define PAID(reference) "{\"paid\":" FINE("paid", ",\"paid_reference\":\"" reference "\"") "}"

static const struct reply takes[] = {
    {"GET /fines/7000000101", 200, "{\"fine\":" FINE("due", "") "}"},
    {"POST /payments", 201, PAID("pay.1")},
    {NULL, 0, NULL},
};

Test(fines_plugin, what_was_captured_is_posted_with_the_discount_that_was_given)
{
    start(takes);
    seen.today.year = 2027; // told late: the discount of that day stands
    ask(MEDINA_CALL_EVENT, "payment.captured", "", EVENT("26000"));
    cr_assert_eq(seen.status, MEDINA_OK);
    cr_assert_eq(json_array_size(json_object_get(seen.body, "refused")), 0);
    json_t *posting = json_loads(seen.posting, 0, NULL);
    cr_assert_eq(json_integer_value(json_object_get(posting, "amount")), 26000);
    cr_assert_eq(json_integer_value(json_object_get(posting, "discount_percent")), 35);
    cr_assert_str_eq(json_string_value(json_object_get(posting, "reference")), "pay.1");
    json_decref(posting);
}

Test(fines_plugin, a_repeated_event_posts_nothing_twice)
{
    static const struct reply done[] = {
        {"GET /fines/7000000101", 200,
         "{\"fine\":" FINE("paid", ",\"paid_reference\":\"pay.1\"") "}"},
        {NULL, 0, NULL},
    };
    start(done);
    ask(MEDINA_CALL_EVENT, "payment.captured", "", EVENT("26000"));
    cr_assert_eq(seen.status, MEDINA_OK);
    cr_assert_eq(json_array_size(json_object_get(seen.body, "refused")), 0);
    cr_assert_eq(seen.posted, 0);
}

Test(fines_plugin, what_cannot_be_posted_any_more_is_refused_line_by_line)
{
    static const struct {
        struct reply fine, posting;
        bool later;
    } cases[] = {
        {{"GET /fines/7000000101", 200, "{\"fine\":" FINE("paid", ",\"paid_reference\":\"x\"") "}"},
         {"POST /payments", 500, ""},
         false},
        {{"GET /fines/7000000101", 404, "{}"}, {"POST /payments", 500, ""}, false},
        {{"GET /fines/7000000101", 200, "{\"fine\":" FINE("due", "") "}"},
         {"POST /payments", 409, "{}"},
         false},
        {{"GET /fines/7000000101", 200, "{\"fine\":" FINE("due", "") "}"},
         {"POST /payments", 503, "{}"},
         true},
        {{"GET /fines/7000000101", 200, "{\"fine\":" FINE("due", "") "}"},
         {"POST /payments", 200, "{\"nonsense\":1}"},
         true},
        {{"GET /fines/7000000101", 200, "{\"fine\":" FINE("due", "") "}"},
         {"POST /payments", 201, PAID("another")},
         true},
        {{"GET /fines/7000000101", 0, ""}, {"POST /payments", 500, ""}, true},
        {{"GET /fines/7000000101", 200, "{}"}, {"POST /payments", 500, ""}, true},
    };
    start(takes);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reply replies[] = {cases[i].fine, cases[i].posting, {NULL, 0, NULL}};
        seen.replies = replies;
        ask(MEDINA_CALL_EVENT, "payment.captured", "", EVENT("26000"));
        cr_assert_eq(seen.status, cases[i].later ? MEDINA_UPSTREAM : MEDINA_OK, "case %zu: %u", i,
                     seen.status);
        if (!cases[i].later) {
            json_t *refused = json_object_get(seen.body, "refused");
            cr_assert_eq(json_array_size(refused), 1, "case %zu", i);
            cr_assert_eq(json_integer_value(json_array_get(refused, 0)), 1);
        }
    }
    seen.replies = takes;
    ask(MEDINA_CALL_EVENT, "payment.captured", "", EVENT("12345"));
    cr_assert_eq(json_array_size(json_object_get(seen.body, "refused")), 1,
                 "no discount leads to that amount");
}
