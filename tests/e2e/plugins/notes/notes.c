/* SPDX-License-Identifier: Apache-2.0 */
#include "notes.h"

#include <stdio.h>
#include <string.h>

const char *notes_key(char *key, const char *form, const char *name)
{
    snprintf(key, KEY, "%s%.*s", form, NAME, name);
    return key;
}

/* 1.0.0 knows the old form only. */
#ifndef NOTES_MOVE
enum medina_status notes_write_new(medina_call *call, const char *name, const char *text)
{
    (void)call, (void)name, (void)text;
    return MEDINA_OK;
}

const char *notes_read_new(medina_call *call, const char *name)
{
    (void)call, (void)name;
    return NULL;
}

enum medina_status notes_list_new(medina_call *call, json_t *notes)
{
    (void)call, (void)notes;
    return MEDINA_OK;
}

bool notes_are_final(medina_call *call)
{
    (void)call;
    return false;
}
#endif

static void write_note(medina_call *call)
{
    char key[KEY];
    const char *name = medina_input_string(call, "name"), *text = medina_input_string(call, "text");
    struct medina_bytes value = {text, strlen(text)};
    notes_key(key, OLD_FORM, name);
    enum medina_status status;
    if (notes_are_final(call)) {
        /* First the old form goes, which would be the note as long as it is there. */
        status = medina_kv_delete(call, key);
        status = status == MEDINA_NOT_FOUND ? MEDINA_OK : status;
    } else {
        status = medina_kv_put(call, key, value, 0);
    }
    if (status == MEDINA_OK)
        status = notes_write_new(call, name, text);
    if (status == MEDINA_OK)
        medina_return(call, json_pack("{s:s, s:s}", "type", "data", "name", name));
    else
        medina_fail(call, status, "notes.not-written");
}

static void read_note(medina_call *call)
{
    char key[KEY];
    struct medina_bytes value;
    const char *name = medina_input_string(call, "name"), *text = NULL;
    enum medina_status status = medina_kv_get(call, notes_key(key, OLD_FORM, name), &value);
    if (status == MEDINA_OK)
        text = value.data;
    else if (status == MEDINA_NOT_FOUND)
        text = notes_read_new(call, name);
    if (text)
        medina_return(call, json_pack("{s:s, s:s}", "type", "data", "text", text));
    else
        medina_fail(call, status, "notes.not-there");
}

static void list_notes(medina_call *call)
{
    json_t *notes = json_object();
    enum medina_status status = notes_list_new(call, notes);
    medina_kv_cursor *cursor = medina_kv_scan(call, OLD_FORM, NULL);
    for (medina_kv_pair pair; status == MEDINA_OK && medina_kv_next(cursor, &pair);)
        json_object_set_new(notes, pair.key + strlen(OLD_FORM), json_string(pair.value.data));
    if (status == MEDINA_OK)
        status = medina_kv_scan_status(cursor);
    json_t *result = json_pack("{s:s, s:o}", "type", "data", "notes", notes);
    if (status == MEDINA_OK) {
        medina_return(call, result);
        return;
    }
    json_decref(result);
    medina_fail(call, status, "notes.not-read");
}

MEDINA_PLUGIN(.operations = MEDINA_OPERATIONS({"write", write_note}, {"read", read_note},
                                              {"list", list_notes}),
#ifdef NOTES_MOVE
              .events = MEDINA_EVENTS({"upgrade.migrate", notes_migrate},
                                      {"upgrade.finalize", notes_finalize})
#endif
)
