/* SPDX-License-Identifier: Apache-2.0 */
/* The operation that the gateway's throughput is measured with: reads its input, writes about 1 KB.
 */

#include <inttypes.h>
#include <medina/plugin.h>
#include <stdio.h>

/* The part of the answer that does not depend on the input, made once. */
static char rows[1200];

static bool start(json_t *configuration)
{
    (void)configuration;
    int size = 0;
    for (int i = 0; i < 18; i++)
        size +=
            snprintf(rows + size, sizeof rows - (size_t)size,
                     "%s{\"month\":\"2026-%02d\",\"amount\":{\"amount\":%d,\"currency\":\"AED\"}}",
                     i ? "," : "", i % 12 + 1, 10000 + i * 37);
    return true;
}

static void kilobyte(medina_call *call)
{
    char text[2048];
    int size =
        snprintf(text, sizeof text,
                 "{\"type\":\"data\",\"account\":\"%s\",\"months\":%" PRId64 ",\"rows\":[%s]}",
                 medina_input_string(call, "account"), medina_input_integer(call, "months", 0),
                 rows);
    medina_return_text(call, text, (size_t)size);
}

static void quote(medina_call *call)
{
    char text[512];
    int size =
        snprintf(text, sizeof text,
                 "{\"type\":\"data\",\"owed\":true,\"payable\":{\"id\":\"%s\",\"title\":{\"en\":"
                 "\"Item\",\"ar\":\"بند\"},\"amount\":{\"amount\":100,\"currency\":\"AED\"}}}",
                 medina_input_string(call, "item"));
    medina_return_text(call, text, (size_t)size);
}

static void payment_captured(medina_call *call)
{
    medina_return_text(call, "{}", 2);
}

MEDINA_PLUGIN(.start = start,
              .operations = MEDINA_OPERATIONS({"kilobyte", kilobyte}, {"quote", quote}),
              .events = MEDINA_EVENTS({"payment.captured", payment_captured}))
