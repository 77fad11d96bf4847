/* SPDX-License-Identifier: Apache-2.0 */
/* The new form and the way there. Each step of a move looks at a bounded number of notes and may be
   cut short or repeated anywhere: what it has done stands, and what it does again comes out the
   same. */

#include "notes.h"

#include <string.h>

enum { STEP = 50 }; /* notes a step: an event has a deadline, and a call a number of requests */

static const char place[] = "migrated-to", given_up[] = "old-form-given-up";

static struct medina_bytes bytes_of(const char *text)
{
    return (struct medina_bytes){text, strlen(text)};
}

enum medina_status notes_write_new(medina_call *call, const char *name, const char *text)
{
    char key[KEY];
    return medina_kv_put(call, notes_key(key, NEW_FORM, name), bytes_of(text), 0);
}

const char *notes_read_new(medina_call *call, const char *name)
{
    char key[KEY];
    struct medina_bytes value;
    enum medina_status status = medina_kv_get(call, notes_key(key, NEW_FORM, name), &value);
    return status == MEDINA_OK ? value.data : NULL;
}

enum medina_status notes_list_new(medina_call *call, json_t *notes)
{
    medina_kv_cursor *cursor = medina_kv_scan(call, NEW_FORM, NULL);
    for (medina_kv_pair pair; medina_kv_next(cursor, &pair);)
        json_object_set_new(notes, pair.key + strlen(NEW_FORM), json_string(pair.value.data));
    return medina_kv_scan_status(cursor);
}

bool notes_are_final(medina_call *call)
{
    struct medina_bytes value;
    return medina_kv_get(call, given_up, &value) == MEDINA_OK;
}

static void end_step(medina_call *call, enum medina_status status, bool done)
{
    if (status == MEDINA_OK)
        medina_return(call, json_pack("{s:b}", "done", done));
    else
        medina_fail(call, status, "notes.not-moved");
}

/* Before 1.1.0 serves, and while 1.0.0 does: every note gets its new form beside the old one. How
   far the last step came is kept, so that the next goes on there. */
void notes_migrate(medina_call *call)
{
    struct medina_bytes from = {0};
    bool began = medina_kv_get(call, place, &from) == MEDINA_OK;
    medina_kv_cursor *cursor = medina_kv_scan(call, OLD_FORM, began ? from.data : NULL);
    enum medina_status status = MEDINA_OK;
    const char *last = NULL;
    medina_kv_pair pair;
    for (int i = 0; i < STEP && status == MEDINA_OK && medina_kv_next(cursor, &pair); i++) {
        status = notes_write_new(call, pair.key + strlen(OLD_FORM), pair.value.data);
        last = pair.key;
    }
    if (status == MEDINA_OK)
        status = medina_kv_scan_status(cursor);
    if (status == MEDINA_OK && last)
        status = medina_kv_put(call, place, bytes_of(last), 0);
    else if (status == MEDINA_OK)
        medina_kv_delete(call, place);
    end_step(call, status, !last);
}

/* One note, last written by either version, is left in its new form only. What somebody writes
   meanwhile wins: the old form is gone then, or the new one is another than it was. */
static enum medina_status finalize_note(medina_call *call, const char *name)
{
    char old_key[KEY], new_key[KEY];
    struct medina_bytes note, kept;
    notes_key(old_key, OLD_FORM, name);
    notes_key(new_key, NEW_FORM, name);
    bool there = medina_kv_get(call, new_key, &kept) == MEDINA_OK;
    enum medina_status status = medina_kv_get(call, old_key, &note);
    if (status == MEDINA_OK)
        status = medina_kv_compare_and_set(call, new_key, there ? &kept : NULL, note);
    if (status == MEDINA_OK)
        status = medina_kv_delete(call, old_key);
    return status == MEDINA_NOT_FOUND || status == MEDINA_CONFLICT ? MEDINA_OK : status;
}

/* When there is no way back to 1.0.0: the old form goes. */
void notes_finalize(medina_call *call)
{
    enum medina_status status = medina_kv_put(call, given_up, bytes_of("1"), 0);
    medina_kv_cursor *cursor = medina_kv_scan(call, OLD_FORM, NULL);
    bool any = false;
    medina_kv_pair pair;
    for (int i = 0; i < STEP && status == MEDINA_OK && medina_kv_next(cursor, &pair); i++) {
        status = finalize_note(call, pair.key + strlen(OLD_FORM));
        any = true;
    }
    end_step(call, status == MEDINA_OK ? medina_kv_scan_status(cursor) : status, !any);
}
