// SPDX-License-Identifier: Apache-2.0
#include "host/problem.h"

#include "base/json.h"

extern const char problem_table[], problem_table_end[];

// Words that never change once loaded; read by every thread.
static json_t *table;

int problem_load(struct err *err)
{
    struct str text = {problem_table, (size_t)(problem_table_end - problem_table)};
    table = json_parse(text, err);
    return table ? 0 : err_prefix(err, "problems.json");
}

void problem_unload(void)
{
    json_decref(table);
    table = NULL;
}

int problem_set(struct problem *problem, const char *code)
{
    int status = (int)json_get_integer(json_object_get(table, code), "status", 500);
    json_decref(problem->errors);
    *problem = (struct problem){.status = status, .code = str_from(code)};
    return status;
}

void problem_finish(struct problem *problem)
{
    json_decref(problem->errors);
    problem->errors = NULL;
}

const char *problem_words(const char *code, const char *language, const char *part)
{
    return json_get_string(json_object_get(json_object_get(table, code), language), part);
}

void problem_from_wire(struct problem *problem, enum wire_status status, struct str code,
                       struct str text)
{
    static const char *const codes[WIRE_STATUSES] = {[WIRE_OK] = "internal",
                                                     [WIRE_REFUSED] = "invalid-input",
                                                     [WIRE_NOT_FOUND] = "not-found",
                                                     [WIRE_UPSTREAM] = "agency-unavailable",
                                                     [WIRE_DENIED] = "forbidden",
                                                     [WIRE_LIMITED] = "too-many-requests",
                                                     [WIRE_FAILED] = "internal",
                                                     [WIRE_CONFLICT] = "conflict",
                                                     [WIRE_UNKNOWN] = "outcome-unknown"};
    problem_set(problem, codes[status]);
    if (code.size && text.size) {
        problem->code = code;
        problem->text = text;
    }
}

void problem_from_err(struct problem *problem, const struct err *err)
{
    switch (err->code) {
    case ERR_LIMIT:
        problem_set(problem, "busy");
        problem->retry_after_s = 2;
        return;
    case ERR_UNAVAILABLE:
        problem_set(problem, "service-unavailable");
        problem->retry_after_s = 2;
        return;
    case ERR_REFUSED:
        problem_set(problem, "request-refused");
        return;
    case ERR_TIMEOUT:
        problem_set(problem, "timeout");
        return;
    case ERR_CANCELLED:
        problem_set(problem, "client-gone");
        return;
    case ERR_NOT_FOUND:
        problem_set(problem, "not-found");
        return;
    case ERR_DENIED:
        problem_set(problem, "forbidden");
        return;
    case ERR_CONFLICT:
        problem_set(problem, "conflict");
        return;
    case ERR_UNKNOWN:
        problem_set(problem, "outcome-unknown");
        return;
    default:
        problem_set(problem, "internal");
    }
}
