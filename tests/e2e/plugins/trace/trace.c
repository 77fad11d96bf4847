/* SPDX-License-Identifier: Apache-2.0 */
/* Leaves a trace as soon as it is loaded: a constructor runs inside dlopen, before anybody could
   ask the plugin anything. */

#include <medina/plugin.h>
#include <unistd.h>

static __attribute__((constructor)) void leave_trace(void)
{
    static const char line[] = "trace: the constructor ran\n";
    if (write(STDERR_FILENO, line, sizeof line - 1) < 0)
        _exit(1);
}

static void answer(medina_call *call)
{
    medina_return_text(call, "{\"type\":\"data\"}", 15);
}

MEDINA_PLUGIN(.operations = MEDINA_OPERATIONS({"answer", answer}))
