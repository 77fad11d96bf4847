// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_INVOKE_H
#define MEDINA_HOST_INVOKE_H

#include "host/gate.h"
#include "host/problem.h"

// An operation as any front calls it: who may, is the input right, ask the plugin, and what came of
// it. The JSON API and the pages differ only in how they write the answer.

struct invoke_caller {
    bool signed_in;
    bool verified;
    bool host; // the host itself asks: it may see what any citizen may, and what only it may
    struct str account; // the host's name of the citizen; empty when anonymous
    struct str citizen; // the pseudonym that the plugin sees
    struct str links;   // JSON array of linked accounts with this instance; or empty
};

struct invoke {
    struct gate *gate;
    struct snapshot *snapshot; // pinned by the front, which found route and operation in it
    const struct route *route;
    const struct operation *operation;
    struct str citizen; // a lasting name of whoever asks, for a version on trial; or empty
    struct invoke_caller caller;
    json_t *input;               // borrowed
    struct http_request *client; // when it is gone the call is cancelled; NULL: it never is
    struct arena *arena;
};

// Inside a task. 0 and the result's JSON (in the arena), or -1 and the problem.
int invoke_operation(const struct invoke *invoke, struct str *result, struct problem *problem);

// Finds instance and operation in the snapshot; -1 and a problem when there is no such thing.
int invoke_find(const struct snapshot *snapshot, struct str instance, struct str operation,
                struct invoke *invoke, struct problem *problem);

// Input from a query string or form body, by the operation's schema: numbers become numbers, a
// repeated name fills an array. Yours; NULL and a problem when a pair is malformed or repeated.
json_t *invoke_input_from_pairs(const struct operation *operation, struct str pairs,
                                struct arena *arena, struct problem *problem);

// A problem with one fault of the input: {"pointer": "/name", "keyword", "parameters": {}}.
void invoke_fault(struct problem *problem, const char *name, const char *keyword);

#endif
