// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_PORTAL_DUE_H
#define MEDINA_PORTAL_DUE_H

#include "portal/visit.h"

// What the citizen owes now: every instance with linked accounts is asked at once, within a budget.
// {"items": payable items with "instance" and "agency", "late": [{"agency"}]}; yours.
json_t *due_collect(struct visit *visit, struct snapshot *snapshot);

#endif
