// SPDX-License-Identifier: Apache-2.0
#ifndef HOSTILE_H
#define HOSTILE_H

#include <medina/abi.h>
#include <stddef.h>

// One try to get out of the box. tests/e2e/escape.mjs says how each must fail.
struct attempt {
    const char *name;
    long number;       // of the system call that is made, and that the box names when it ends us
    long arguments[6]; // of it
    // Made instead of the bare call; its result and errno are reported. NULL: the call itself.
    long (*run)(const struct attempt *attempt);
};

struct theme {
    const struct attempt *attempts;
    size_t count;
};

extern const struct theme files_theme, processes_theme, memory_theme, network_theme, kernel_theme,
    exhaustion_theme;
#ifdef HOSTILE_SCRATCH
extern const struct theme scratch_theme;
#endif

#define THEME(name, attempts)                                                                      \
    const struct theme name = {attempts, sizeof(attempts) / sizeof *(attempts)}

#define ADDRESS(object) ((long)(object))

// What an attempt has to tell beside its result; reported as "text".
void attempt_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
// The host's table and the number of the call in which the attempt is made.
extern const struct medina_host *attempt_host;
extern uint32_t attempt_call;
// The path that the test gave, NULL when it gave none.
extern const char *attempt_path;

const struct attempt *attempt_find(const char *name);
const struct attempt *attempt_at(size_t index); // NULL behind the last one
long attempt_run(const struct attempt *attempt);

#endif
