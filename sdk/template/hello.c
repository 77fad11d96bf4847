/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest plugin: one public operation. Copy the folder and begin. */

#include <medina/plugin.h>

static void greet(medina_call *call)
{
    const char *name = medina_input_string(call, "name");
    medina_return(call, json_pack("{s:s, s:s, s:o, s:o}", "type", "message", "kind", "success",
                                  "title", medina_text("greeting", "name", name, NULL), "body",
                                  medina_text("welcome", NULL)));
}

MEDINA_PLUGIN(.operations = MEDINA_OPERATIONS({"greet", greet}))
