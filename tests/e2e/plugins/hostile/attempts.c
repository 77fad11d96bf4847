// SPDX-License-Identifier: Apache-2.0
#include "hostile.h"

#include <string.h>
#include <unistd.h>

static const struct theme *const themes[] = {
    &files_theme,   &processes_theme, &memory_theme,
    &network_theme, &kernel_theme,    &exhaustion_theme,
#ifdef HOSTILE_SCRATCH
    &scratch_theme,
#endif
};

const struct attempt *attempt_at(size_t index)
{
    for (size_t i = 0; i < sizeof themes / sizeof *themes; i++) {
        if (index < themes[i]->count)
            return &themes[i]->attempts[index];
        index -= themes[i]->count;
    }
    return NULL;
}

const struct attempt *attempt_find(const char *name)
{
    const struct attempt *attempt;
    for (size_t i = 0; (attempt = attempt_at(i)); i++)
        if (strcmp(attempt->name, name) == 0)
            return attempt;
    return NULL;
}

long attempt_run(const struct attempt *attempt)
{
    const long *a = attempt->arguments;
    if (attempt->run)
        return attempt->run(attempt);
    return syscall(attempt->number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
