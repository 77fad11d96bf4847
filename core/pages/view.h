// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_PAGES_VIEW_H
#define MEDINA_PAGES_VIEW_H

#include "base/buf.h"
#include "base/str.h"
#include "pages/phrases.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

// Inside of pages/: from values of results (sdk/docs/results.md) to what templates print. A view is
// JSON in one language in which everything is already text. Builders read what plugins sent without
// trusting its shape: what is not as documented is left out, never a crash, never a half-shown
// value.
//
// Mustache looks a missing name up in the contexts around: a builder therefore sets every name that
// its template asks for, to false or "" when there is nothing.

enum {
    VIEW_TEXT = 4000,  // code points of a text
    VIEW_ENTRIES = 500 // entries of a list
};

struct base_map;

struct view {
    const struct phrases *phrases;
    const struct base_map *ground; // under maps; NULL: none
    int64_t now;                   // seconds since the epoch
    const char *instance;          // that the result comes from
    bool textual;                  // for a file on its own: no signs that are pictures
};

// A string without what could disturb the text around it (control characters, and the bidirectional
// controls that embed, override and isolate), cut at VIEW_TEXT; "" for NULL and for what is no
// string. Yours.
json_t *view_string(const json_t *value);

void view_set_string(json_t *object, const char *name, const json_t *value); // or false

// An https (or, with plain_http, http) address, or false for anything else.
void view_set_link(json_t *object, const char *name, const json_t *value, bool plain_http);

// A text in the language, in the other one when it is missing there (*language is then its code,
// else NULL; language may be NULL); NULL when it is no text. A bare string is taken as it is.
// Yours.
json_t *view_text(const struct view *view, const json_t *text, const char **language);

// Sets object[name] to the text, or false; and object[name_lang] to the code of another language.
void view_set_text(const struct view *view, json_t *object, const char *name, const json_t *text);
void view_set_title(const struct view *view, json_t *object, const char *name, const json_t *text);

// Sets object[name] to a written phrase.
void view_set_phrase(const struct view *view, json_t *object, const char *name, enum phrase phrase,
                     int64_t count, const struct phrase_value *values, size_t value_count);

// Takes the buffer's text.
void view_set_buf(json_t *object, const char *name, struct buf *text);

// A value as {text, money, datetime, id, foreign, lang, plain}, of which one of money, datetime,
// id, foreign and plain is not false; for the template value. Yours.
json_t *view_value(const struct view *view, const json_t *value);

// The value as plain text, for labels and attributes. Appends.
void view_write_value(const struct view *view, struct buf *out, const json_t *value);

// An amount that stands by itself, for the template money: {text, minus, number, currency, sign,
// after}. sign: it has the dirham's sign, and currency is what a screen reader says instead; after:
// the currency follows the number. text is all of it for a sentence. Yours.
json_t *view_money(const struct view *view, int64_t amount, struct str currency);

// The text of what view_money made. Borrowed; {0} for anything else.
struct str view_money_text(const json_t *shown);

// Sets object[name] to that, or false when it is no money.
void view_set_money(const struct view *view, json_t *object, const char *name, const json_t *money);

// {title, kind} or false. Yours.
json_t *view_badge(const struct view *view, const json_t *badge);

// One of success, information, warning, error, neutral; neutral for what is none.
const char *view_kind(const json_t *kind);

// The path "/instance/operation?input" of an action or false when it is none. Yours.
json_t *view_target(const struct view *view, const json_t *action);

// Sets actions and has_actions.
void view_set_actions(const struct view *view, json_t *object, const json_t *actions);

// Sets rows and has_rows.
void view_set_rows(const struct view *view, json_t *object, const json_t *rows);

// Sets cut: how many are shown of a list that is longer, or false.
void view_set_cut(const struct view *view, json_t *object, const json_t *list);

// Sets items, has_items and cut; adds up what can be ticked for payment in *total and counts it.
struct view_total {
    int64_t amount;
    size_t count;
    char currency[4];
};
void view_set_items(const struct view *view, json_t *object, const json_t *items,
                    struct view_total *total);

// Sets selectable: what the ticked items come to, or false when nothing can be ticked.
void view_set_selectable(const struct view *view, json_t *object, const struct view_total *total);

// A payable thing's price, due date, code and choices, or false. Yours.
json_t *view_payable(const struct view *view, const json_t *item, struct view_total *total);

// {title, columns, rows, total} for the template table, or false. Yours.
json_t *view_table(const struct view *view, const json_t *table, const char *title);

// Sets sections and has_sections; payable items in them are added to total.
void view_set_sections(const struct view *view, json_t *object, const json_t *sections,
                       struct view_total *total);

// A place of a places result, the number-th of its list. Yours.
json_t *view_place(const struct view *view, const json_t *place, size_t number);

// The geometry of a chart (view_chart.c) and of a map (view_map.c), or false. Yours.
json_t *view_chart(const struct view *view, const json_t *chart, const char *title);
json_t *view_map(const struct view *view, const json_t *places, const json_t *near);

// A QR code as {size, path} of an SVG, or false when the text is too long. Yours.
json_t *view_qr(const char *text);

// Appends "name=value" percent-encoded, with "?" or "&" before it.
void view_append_query(struct buf *url, bool *first, const char *name, const json_t *value);
void view_append_encoded(struct buf *out, struct str text); // RFC 3986: all but unreserved

// Everything in a model that is a value or a text becomes a string, but money what view_money makes
// of it, and every array NAME gets a boolean has_NAME beside it. For the host's own pages. Yours.
json_t *view_localize(const struct view *view, const json_t *model);

#endif
