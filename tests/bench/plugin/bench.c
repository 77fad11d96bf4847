/* SPDX-License-Identifier: Apache-2.0 */
/* The operation that the gateway's throughput is measured with: reads its input, writes about 1 KB.
 */

#include <inttypes.h>
#include <medina/plugin.h>
#include <stdio.h>

static void kilobyte(medina_call *call)
{
    char text[2048];
    const char *account = medina_input_string(call, "account");
    int64_t months = medina_input_integer(call, "months", 0);
    int size = snprintf(text, sizeof text,
                        "{\"type\":\"data\",\"account\":\"%s\",\"months\":%" PRId64 ",\"rows\":[",
                        account, months);
    for (int i = 0; i < 18; i++)
        size +=
            snprintf(text + size, sizeof text - (size_t)size,
                     "%s{\"month\":\"2026-%02d\",\"amount\":{\"amount\":%d,\"currency\":\"AED\"}}",
                     i ? "," : "", i % 12 + 1, 10000 + i * 37);
    size += snprintf(text + size, sizeof text - (size_t)size, "]}");
    medina_return_text(call, text, (size_t)size);
}

MEDINA_PLUGIN(.operations = MEDINA_OPERATIONS({"kilobyte", kilobyte}))
