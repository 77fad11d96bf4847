// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_RUNNER_FILTER_H
#define MEDINA_RUNNER_FILTER_H

#include "base/err.h"

#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>

// The table of system calls (filter_table.c) and the two seccomp(2) filters made from it. The first
// is in force while the plugin is loaded, the second comes on top when it serves. A call that is in
// neither list ends the process (trap.h); one through another architecture's entry (int 0x80, x32)
// kills it.

enum { FILTER_MOST_CALLS = 45 }; // of the table; a test counts

enum filter_phase { FILTER_LOADING = 1, FILTER_SERVING = 2, FILTER_BOTH = 3 };

// One way in which a call is allowed.
struct filter_rule {
    unsigned phases; // enum filter_phase
    bool own;        // the first argument is this process; with own_thread the second too
    bool own_thread;
    unsigned count;
    struct scmp_arg_cmp compare[3];
};

enum { FILTER_RULES = 6 };

struct filter_call {
    int number;
    unsigned phases;                 // when it has no rules of its own: with any arguments
    bool scratch;                    // only for a process with a scratch folder
    unsigned char priority;          // of the hot ones; larger is looked at earlier
    const struct filter_rule *rules; // NULL, or FILTER_RULES of them, count 0 and phases 0 ends
    const char *arguments;           // what the rules say, for people; NULL: anything
    const char *reason;
};

// Calls that libc makes on its own and can do without: they fail with an error instead.
struct filter_refusal {
    int number;
    unsigned phases;
    int error; // errno
    unsigned count;
    struct scmp_arg_cmp compare[1];
    const char *reason;
};

extern const struct filter_call filter_calls[];
extern const size_t filter_call_count;
extern const struct filter_call filter_sanitizer_calls[]; // in force in sanitizer builds only
extern const size_t filter_sanitizer_call_count;
extern const struct filter_refusal filter_refusals[];
extern const size_t filter_refusal_count;

struct filter_program;

// Both filters, made while the process may still do everything. Yours.
int filter_make(enum filter_phase phase, bool scratch, struct filter_program **out,
                struct err *err);

// Puts it on this thread, for good.
int filter_load(const struct filter_program *program, struct err *err);
void filter_destroy(struct filter_program *program);

#endif
