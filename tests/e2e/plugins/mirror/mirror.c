/* SPDX-License-Identifier: Apache-2.0 */
/* Answers with the bytes that its back end gives, whatever they are: for results that no plugin
   of good will would make. */

#include <medina/plugin.h>

static void show(medina_call *call)
{
    medina_http_reply *reply = medina_http_get(call, "/result");
    medina_return_text(call, reply->body, reply->size);
}

MEDINA_PLUGIN(.operations = MEDINA_OPERATIONS({"show", show}))
