// SPDX-License-Identifier: Apache-2.0
#include "host/invoke.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/url.h"
#include "host/broker.h"
#include "host/upload.h"
#include "http/message.h"

#include <stdio.h>

int invoke_find(const struct snapshot *snapshot, struct str instance, struct str operation,
                struct invoke *invoke, struct problem *problem)
{
    invoke->route = route_for(snapshot_find(snapshot, instance), invoke->citizen);
    if (invoke->route)
        invoke->operation = manifest_operation(invoke->route->bundle->manifest, operation);
    if (invoke->operation)
        return 0;
    problem_set(problem, "not-found");
    return -1;
}

// ---- input ----

static void refuse_repeated(struct problem *problem, struct str name)
{
    problem_set(problem, "invalid-input");
    struct buf pointer = {0};
    buf_append_char(&pointer, '/');
    buf_append_str(&pointer, name);
    problem->errors = json_pack("[{s:s, s:s, s:{}}]", "pointer", pointer.data, "keyword",
                                "repeated", "parameters");
    buf_finish(&pointer);
}

static int add_pair(json_t *input, const struct schema *schema, struct str name, struct str value,
                    struct problem *problem)
{
    json_t *item = schema_value_from_text(schema, name, value);
    json_t *old = json_object_getn(input, name.data, name.size);
    if (schema_property_is_array(schema, name)) {
        if (!old) {
            old = json_array();
            json_object_setn_new(input, name.data, name.size, old);
        }
        json_array_append_new(old, item);
        return 0;
    }
    if (old) {
        json_decref(item);
        refuse_repeated(problem, name);
        return -1;
    }
    json_object_setn_new(input, name.data, name.size, item);
    return 0;
}

json_t *invoke_input_from_pairs(const struct operation *operation, struct str pairs,
                                struct arena *arena, struct problem *problem)
{
    json_t *input = json_object();
    struct str name, value;
    int more;
    while ((more = url_next_pair(&pairs, arena, &name, &value)) == 1) {
        if (add_pair(input, operation->input, name, value, problem) < 0) {
            json_decref(input);
            return NULL;
        }
    }
    if (more == 0)
        return input;
    json_decref(input);
    problem_set(problem, "bad-request");
    return NULL;
}

static int check_input(const struct invoke *invoke, struct problem *problem)
{
    // Most input is right: look for the faults only when there are some.
    if (schema_validate(invoke->operation->input, invoke->input, NULL) == 0)
        return 0;
    struct schema_faults faults = {0};
    schema_validate(invoke->operation->input, invoke->input, &faults);
    problem_set(problem, "invalid-input");
    problem->errors = schema_faults_json(&faults);
    schema_faults_finish(&faults);
    return -1;
}

// ---- files ----

void invoke_fault(struct problem *problem, const char *name, const char *keyword)
{
    char pointer[160];
    snprintf(pointer, sizeof pointer, "/%s", name);
    problem_set(problem, "invalid-input");
    problem->errors =
        json_pack("[{s:s, s:s, s:{}}]", "pointer", pointer, "keyword", keyword, "parameters");
}

// A handle is good for whom and what it was made for, and for nothing else.
static int check_files(const struct invoke *invoke, struct problem *problem)
{
    const char *name;
    json_t *value;
    struct uploads *uploads = gate_broker(invoke->gate)->uploads;
    struct upload_place place = {invoke->caller.account, invoke->route->instance,
                                 invoke->operation->id};
    json_object_foreach(invoke->input, name, value)
    {
        struct upload_field field;
        struct err err = {0};
        if (!upload_field_find(invoke->operation, name, &field))
            continue;
        struct str handle = {json_string_value(value), json_string_length(value)};
        int rc = uploads && place.account.size ? uploads_check(uploads, &place, name, handle, &err)
                                               : ERR_NOT_FOUND;
        if (rc == ERR_NOT_FOUND)
            invoke_fault(problem, name, "file-unknown");
        else if (rc < 0)
            problem_from_err(problem, &err);
        if (rc < 0)
            return -1;
    }
    return 0;
}

// ---- how often ----

// A citizen is counted as such, anybody else by address: a cookie can be thrown away.
static int check_limit(const struct invoke *invoke, struct problem *problem)
{
    const struct operation *operation = invoke->operation;
    struct limiter_rate rate = {operation->limit_calls, operation->limit_window_ms};
    struct str peer = invoke->client ? invoke->client->peer : (struct str){0};
    struct str caller = invoke->caller.account.size ? invoke->caller.account : peer;
    // The host itself asks for prices and for what is due; its callers were counted elsewhere.
    if (rate.calls == 0 || !invoke->client)
        return 0;
    struct str parts[] = {str_from(invoke->route->instance), str_from(operation->id), caller};
    uint64_t wait = limiter_take(gate_limiter(invoke->gate), parts, 3, &rate, clock_monotonic_ms());
    if (wait == 0)
        return 0;
    problem_set(problem, "too-many-requests");
    problem->retry_after_s = (unsigned)((wait + 999) / 1000);
    return -1;
}

// ---- calling ----

static int check_caller(const struct invoke *invoke, struct problem *problem)
{
    const struct invoke_caller *caller = &invoke->caller;
    enum operation_who who = invoke->operation->who;
    if (who == WHO_PUBLIC || caller->host)
        return 0;
    if (who == WHO_HOST)
        problem_set(problem, "not-found");
    else if (!caller->signed_in)
        problem_set(problem, "not-signed-in");
    else if (who == WHO_VERIFIED && !caller->verified)
        problem_set(problem, "verification-needed");
    else if (who == WHO_STAFF)
        problem_set(problem, "forbidden");
    else
        return 0;
    return -1;
}

static struct str caller_json(const struct invoke *invoke)
{
    const struct invoke_caller *caller = &invoke->caller;
    if (!caller->citizen.size)
        return (struct str){0};
    struct str links = caller->links.size ? caller->links : STR("[]");
    return str_from(arena_printf(invoke->arena,
                                 "{\"citizen\":\"" STR_FORMAT "\",\"links\":" STR_FORMAT "}",
                                 STR_ARGUMENTS(caller->citizen), STR_ARGUMENTS(links)));
}

static int ask_plugin(const struct invoke *invoke, struct str *result, struct problem *problem)
{
    struct buf input = {0};
    struct gate_result answer;
    struct err err;
    json_append_canonical(&input, invoke->input);
    struct gate_request request = {.snapshot = invoke->snapshot,
                                   .route = invoke->route,
                                   .kind = WIRE_CALL_OPERATION,
                                   .operation = invoke->operation,
                                   .caller = caller_json(invoke),
                                   .input = buf_str(&input),
                                   .account = invoke->caller.account,
                                   .citizen = invoke->citizen,
                                   .deadline = loop_now(gate_loop(invoke->gate)) +
                                               invoke->operation->deadline_ms,
                                   .client = invoke->client};
    int rc = gate_call(invoke->gate, &request, invoke->arena, &answer, &err);
    buf_finish(&input);
    if (rc < 0) {
        problem_from_err(problem, &err);
        if (rc == ERR_REFUSED)
            problem->retry_after_s = (unsigned)(answer.retry_ms / 1000 + 1);
        return -1;
    }
    if (answer.status != WIRE_OK) {
        problem_from_wire(problem, answer.status, answer.code, answer.body);
        return -1;
    }
    *result = answer.body;
    return 0;
}

int invoke_operation(const struct invoke *invoke, struct str *result, struct problem *problem)
{
    if (check_caller(invoke, problem) < 0 || check_limit(invoke, problem) < 0 ||
        check_input(invoke, problem) < 0)
        return -1;
    if (invoke->operation->takes_files && check_files(invoke, problem) < 0)
        return -1;
    return ask_plugin(invoke, result, problem);
}
