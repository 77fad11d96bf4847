/* SPDX-License-Identifier: Apache-2.0 */
/* Carries citizens' files to a back end: two operations that take a file, and one that tries to
   send any handle that it is told. */

#include <medina/plugin.h>
#include <stdio.h>

static void carry(medina_call *call, const char *file)
{
    char text[64];
    medina_http_reply *reply = medina_http_post_file(call, "/papers", file, "key-1");
    if (reply->status != MEDINA_OK) {
        medina_fail(call, reply->status, "courier.not-carried");
        return;
    }
    snprintf(text, sizeof text, "%d", reply->http_status);
    medina_return(call, json_pack("{s:s, s:o, s:s}", "type", "message", "title",
                                  medina_text_of("Carried", "تم"), "reference", text));
}

static void paper(medina_call *call)
{
    carry(call, medina_input_string(call, "paper"));
}

static void forward(medina_call *call)
{
    carry(call, medina_input_string(call, "handle"));
}

MEDINA_PLUGIN(.operations = MEDINA_OPERATIONS({"send", paper}, {"relay", paper},
                                              {"forward", forward}))
