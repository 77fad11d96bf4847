// SPDX-License-Identifier: Apache-2.0
// The plugin process; spawned by medinad only.

#include "runner/runner.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef MEDINA_SANITIZED
// LeakSanitizer stops the process from outside by ptrace, which the box forbids.
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}
#endif

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "medina-runner is started by medinad, which gives it its sockets.\n");
        return 2;
    }
    return runner_main((unsigned)strtoul(argv[1], NULL, 10), (uint32_t)strtoul(argv[2], NULL, 10));
}
