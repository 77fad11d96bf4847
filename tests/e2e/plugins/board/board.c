// SPDX-License-Identifier: Apache-2.0
// A board with a line of text on it, which people watch while others write.

#include <medina/plugin.h>
#include <string.h>

static const char topic[] = "board";

// The last line has no topic: nothing comes after it.
static json_t *board(const char *line, bool last)
{
    json_t *result = json_pack("{s:s, s:{s:s, s:s}, s:s, s:{s:s, s:s}}", "type", "message", "title",
                               "en", "The board", "ar", "اللوحة", "kind", "information", "body",
                               "en", line, "ar", line);
    if (!last)
        json_object_set_new(result, "live", json_string(topic));
    return result;
}

static void show(medina_call *call)
{
    struct medina_bytes line;
    if (medina_kv_get(call, "line", &line) == MEDINA_OK)
        medina_return(call, board(line.data, false));
    else
        medina_return(call, board("nothing yet", false));
}

static void own(medina_call *call)
{
    show(call);
}

static void still(medina_call *call)
{
    medina_return(call, board("never changes", true));
}

// Says it to those who look; what is kept is what people see who come later.
static void say(medina_call *call)
{
    const char *line = medina_input_string(call, "line");
    const char *under = medina_input_string(call, "topic");
    if (medina_input_boolean(call, "keep", true))
        medina_kv_put(call, "line", (struct medina_bytes){line, strlen(line)}, 0);
    enum medina_status status =
        medina_publish(call, under ? under : topic,
                       board(line, medina_input_boolean(call, "last", false)));
    if (status == MEDINA_OK)
        medina_return(call, json_pack("{s:s, s:{s:s}}", "type", "data", "title", "en", "Said"));
    else
        medina_fail(call, status, "board.not-said");
}

MEDINA_PLUGIN(.operations = MEDINA_OPERATIONS({"show", show}, {"own", own}, {"still", still},
                                              {"say", say}))
