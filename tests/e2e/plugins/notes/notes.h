/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NOTES_H
#define NOTES_H

#include <medina/plugin.h>

/*
 * A note is a text under a name.
 *
 *     1.0.0   under the key "note:<name>"
 *     1.1.0   under the key "notes/<name>", beside the old one until that is dropped
 *
 * While a note has its old form, that is the note: 1.0.0 may have written it a moment ago.
 */
#define OLD_FORM "note:"
#define NEW_FORM "notes/"

enum { NAME = 40, KEY = NAME + sizeof NEW_FORM };

/* The key of a note; key has room for KEY bytes. */
const char *notes_key(char *key, const char *form, const char *name);

/* ---- what 1.1.0 has more (moved.c) ---- */

enum medina_status notes_write_new(medina_call *call, const char *name, const char *text);
/* The note in its new form, NULL when there is none; lives until the handler returns. */
const char *notes_read_new(medina_call *call, const char *name);
/* Adds the notes that have the new form to an object of texts by name. */
enum medina_status notes_list_new(medina_call *call, json_t *notes);
/* Whether the old form is given up: it is written no more. */
bool notes_are_final(medina_call *call);
void notes_migrate(medina_call *call);
void notes_finalize(medina_call *call);

#endif
