// SPDX-License-Identifier: Apache-2.0
#ifndef FINES_PRESENT_H
#define FINES_PRESENT_H

#include "fines.h"

// Fines as results (sdk/docs/results.md). What is returned is the caller's reference.

struct price {
    int64_t full, net; // fils; net is what is owed today
    struct discount discount;
};

// False when what the back end sent is no fine that money may be asked for.
bool price_of(const json_t *fine, struct price *price);

bool fine_is(const json_t *fine, const char *status);

// The payable item, "id" to "pay"; without "pay" when it cannot be paid here now. titled: with the
// article, for the owner.
json_t *present_payable(const json_t *fine, const struct price *price, bool titled);

// An entry of a list: for the owner all of it, for anybody else amount and date.
json_t *present_item(const json_t *fine, const struct price *price, bool owner);

json_t *present_detail(const json_t *fine, const struct price *price);

json_t *present_action(const char *operation, json_t *input, const char *title_key,
                       const char *style);
json_t *present_number_action(const char *operation, const char *number, const char *title_key,
                              const char *style);
json_t *present_row(const char *label_key, json_t *value);
json_t *present_badge(const char *title_key, const char *kind);

// A message that says a thing was done, with one action that goes on from it.
json_t *present_done(const char *title_key, json_t *body, json_t *action);

#endif
