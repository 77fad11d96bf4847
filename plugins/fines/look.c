// SPDX-License-Identifier: Apache-2.0
// Finding fines: by plate, licence or traffic file, for anybody; the citizen's own, with all there
// is to know.
#include "day.h"
#include "present.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

// Adds each fine; false when one of them makes no sense. Strangers see what they could pay.
static bool add_fines(medina_call *call, json_t *items, const json_t *answer)
{
    json_t *fine;
    size_t index;
    json_array_foreach(json_object_get(answer, "fines"), index, fine)
    {
        struct price price;
        bool owner = medina_owns(call, fines_text(fine, "file"));
        if (!price_of(fine, &price))
            return false;
        if (owner || fine_is(fine, "due"))
            json_array_append_new(items, present_item(fine, &price, owner));
    }
    return true;
}

static void return_list(medina_call *call, json_t *title, json_t *items)
{
    medina_return(call,
                  json_pack("{s:s, s:o, s:o, s:o, s:[o]}", "type", "list", "title", title, "empty",
                            medina_text("fines.empty", NULL), "items", items, "actions",
                            present_action("link", json_object(), "fines.link", "secondary")));
}

static void answer_list(medina_call *call, const medina_http_reply *reply, json_t *title,
                        const char *unknown)
{
    json_t *answer = fines_answer(call, reply, "fines", unknown);
    json_t *items = json_array();
    if (answer && add_fines(call, items, answer)) {
        return_list(call, title, items);
        return;
    }
    json_decref(items);
    json_decref(title);
    if (answer)
        medina_fail(call, MEDINA_UPSTREAM, "fines.agency-unavailable");
}

void fines_plate(medina_call *call)
{
    char plate[64], code[8] = "0";
    const char *given = medina_input_string(call, "code");
    for (size_t i = 0; given && i < sizeof code - 1; i++) {
        code[i] = (char)toupper((unsigned char)given[i]);
        code[i + 1] = '\0';
        if (!given[i])
            break;
    }
    snprintf(plate, sizeof plate, "%s.%s.%s.%s", medina_input_string(call, "source"),
             medina_input_string(call, "category"), code, medina_input_string(call, "plate"));
    answer_list(call, medina_http_get(call, "/plates/%s/fines", plate),
                medina_text("fines.of-plate", "plate", medina_input_string(call, "plate"), NULL),
                "fines.plate-unknown");
}

void fines_licence(medina_call *call)
{
    const char *licence = medina_input_string(call, "licence");
    answer_list(call, medina_http_get(call, "/licences/%s/fines", licence),
                medina_text("fines.of-licence", "licence", licence, NULL), "fines.licence-unknown");
}

void fines_file(medina_call *call)
{
    const char *file = medina_input_string(call, "account");
    answer_list(call, medina_http_get(call, "/files/%s/fines", file),
                medina_text("fines.of-file", "file", file, NULL), "fines.file-unknown");
}

// The linked files themselves, then everything of theirs.
void fines_mine(medina_call *call)
{
    json_t *items = json_array(), *actions = json_array(), *link;
    size_t index;
    json_array_foreach(medina_links(call), index, link)
    {
        const char *file = fines_text(link, "account");
        json_t *answer = fines_answer(call, medina_http_get(call, "/files/%s/fines", file), "fines",
                                      "fines.file-unknown");
        if (!answer || !add_fines(call, items, answer) ||
            !fines_add_instalments(call, items, file)) {
            json_decref(items);
            json_decref(actions);
            // After a refusal of its own this one changes nothing.
            medina_fail(call, MEDINA_UPSTREAM, "fines.agency-unavailable");
            return;
        }
        json_t *input = json_pack("{s:s}", "account", file);
        json_array_append_new(actions,
                              present_action("plan-offer", input, "plan.begin", "secondary"));
    }
    json_array_append_new(actions,
                          present_action("link", json_object(), "fines.link", "secondary"));
    medina_return(call,
                  json_pack("{s:s, s:o, s:o, s:o, s:o}", "type", "list", "title",
                            medina_text("fines.mine", NULL), "empty",
                            medina_text("fines.none", NULL), "items", items, "actions", actions));
}

json_t *fines_own(medina_call *call)
{
    const char *number = medina_input_string(call, "number");
    json_t *answer = fines_answer(call, medina_http_get(call, "/fines/%s", number), "fine",
                                  "fines.fine-unknown");
    json_t *fine = json_object_get(answer, "fine");
    if (!answer)
        return NULL;
    if (medina_owns(call, fines_text(fine, "file")))
        return fine;
    medina_fail(call, MEDINA_DENIED, "fines.not-yours");
    return NULL;
}

void fines_show(medina_call *call)
{
    struct price price;
    const json_t *fine = fines_own(call);
    if (!fine)
        return;
    if (price_of(fine, &price))
        medina_return(call, present_detail(fine, &price));
    else
        medina_fail(call, MEDINA_UPSTREAM, "fines.agency-unavailable");
}

void fines_photo(medina_call *call)
{
    const json_t *fine = fines_own(call);
    if (!fine)
        return;
    const medina_http_reply *reply =
        medina_http_get(call, "/fines/%s/photo", fines_text(fine, "number"));
    json_t *image = medina_http_ok(reply) ? medina_image(medina_text("fine.photo-shows", NULL),
                                                         reply->body, reply->size)
                                          : NULL;
    if (image)
        medina_return(call, image);
    else if (reply->status == MEDINA_OK && reply->http_status == 404)
        medina_fail(call, MEDINA_NOT_FOUND, "fines.no-photo");
    else
        medina_fail(call, MEDINA_UPSTREAM, "fines.agency-unavailable");
}
