// SPDX-License-Identifier: Apache-2.0
// The plugin process; spawned by medinad only.

#include "runner/runner.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "medina-runner is started by medinad, which gives it its sockets.\n");
        return 2;
    }
    return runner_main((unsigned)strtoul(argv[1], NULL, 10), atoi(argv[2]));
}
