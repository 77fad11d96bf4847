/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BILLS_H
#define BILLS_H

#include <medina/plugin.h>

/*
 * One plugin, two trades. A postpaid agency (configuration "kind": "postpaid") bills months: its
 * payable items are "<account>.<yyyy-mm>". A prepaid one sells top-ups, numbered by the agency one
 * after the other: "<account>.<number>.<fils>". Both speak to the agency's back end alone.
 */

struct trade {
    void (*bills)(medina_call *call, const char *account);
    /* Adds what the account owes; false when the agency cannot say. */
    bool (*due)(medina_call *call, json_t *items, const char *account);
    void (*quote)(medina_call *call, const char *item);
    /* What to post to /payments for one paid line, or NULL when the item is none of ours. */
    json_t *(*posting)(const char *item, int64_t amount, const char *reference);
    /* Whether that answer says that the posting was taken; 2xx alone does not. */
    bool (*posted)(const json_t *answer, const json_t *posting);
};

extern const struct trade postpaid, prepaid;

/* The operation "bill": one month of a postpaid account (postpaid.c). */
void bills_show(medina_call *call);

/* The back end's answer if it has the member that is wanted, or NULL after the call was failed:
   with unknown after a 404, otherwise for an agency that does not answer as it should. */
json_t *bills_ask(medina_call *call, const medina_http_reply *reply, const char *wanted,
                  const char *unknown);

/* {"operation", "input", "title", "style"}; input is taken. */
json_t *bills_action(const char *operation, json_t *input, json_t *title, const char *style);

/* {"label": text, "value": value}; value is taken. */
json_t *bills_row(const char *label_key, json_t *value);

/* {"title": text, "kind": kind} */
json_t *bills_badge(const char *title_key, const char *kind);

#endif
