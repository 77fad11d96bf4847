// SPDX-License-Identifier: Apache-2.0
#ifndef SANDBOX_TRAFFIC_H
#define SANDBOX_TRAFFIC_H

#include "sandbox.h"

// The back end of a traffic department, in the collections "traffic" (files by number: owner,
// telephone, plates, licence), "fines", "traffic_disputes", "evidence", "nominations" and "plans".
// A fine's status is due, paid, cancelled, disputed or plan (its money is asked by the instalments
// of a plan).

json_t *traffic_fine(struct sandbox *sandbox, const char *number);     // NULL: no such fine
json_t *traffic_schedule(void);                                        // data/offences-2017.json
void traffic_set(json_t *object, const char *name, const char *value); // a text member
bool traffic_is(const json_t *fine, const char *status);

// A new name in a collection: the prefix and a number that counts up from first.
void traffic_number(json_t *collection, const char *prefix, int first, char out[24]);

// The fine that the path names, or NULL after answering 404.
json_t *traffic_find_fine(struct sandbox_request *request);

// A copy of the fine with its open dispute, nomination and plan.
json_t *traffic_fine_json(struct sandbox *sandbox, const json_t *fine);

#endif
