// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_PROBLEM_H
#define MEDINA_HOST_PROBLEM_H

#include "base/err.h"
#include "base/str.h"
#include "wire/message.h"

#include <jansson.h>

// Why a request was not served, in a form that every front turns into its own: api into
// application/problem+json (RFC 9457), pages into HTML. code is stable and public; a host's own
// code has words in core/host/problems.json, a plugin's brings its words along.

struct problem {
    int status;             // HTTP (RFC 9110 section 15)
    struct str code;        // "not-found", "bills.not-yours"
    struct str text;        // {"en","ar"} as JSON when the plugin gave words; or empty
    json_t *errors;         // of the input, as schema_faults_json; owned, or NULL
    unsigned retry_after_s; // 0: not given
    const char *allow;      // of a 405
};

// Fills a problem with one of the host's own codes; returns its status.
int problem_set(struct problem *problem, const char *code);
void problem_finish(struct problem *problem);

// How a plugin's refusal, or a call that did not come back, reads to the caller.
void problem_from_wire(struct problem *problem, enum wire_status status, struct str code,
                       struct str text);
void problem_from_err(struct problem *problem, const struct err *err);

// The words of a host code: "title" and "detail" in "en" or "ar", NULL for an unknown code.
const char *problem_words(const char *code, const char *language, const char *part);

// Loads the words once, before any thread starts; a process without them cannot speak.
int problem_load(struct err *err);
void problem_unload(void);

#endif
