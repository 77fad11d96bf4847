// SPDX-License-Identifier: Apache-2.0
#ifndef FINES_FINES_H
#define FINES_FINES_H

#include "rules.h"

#include <medina/plugin.h>

// Traffic fines of a city's authorities. What is owed stands at the department's back end and is
// asked there each time; the discounts are this plugin's data (rules.h). A traffic file is what a
// citizen links: whoever got the code on the owner's telephone is its verified owner, and sees
// place, article and points. Anybody else who knows a plate sees amounts and dates.
//
// Payable items are a fine, by its number ("7000000101"), and an instalment of a plan, by its id
// ("P00000001.2").

// ---- look.c: finding fines, and one of them ----

void fines_plate(medina_call *call);
void fines_licence(medina_call *call);
void fines_file(medina_call *call);
void fines_mine(medina_call *call);
void fines_show(medina_call *call);
void fines_photo(medina_call *call);

// The fine of the input's "number" when the caller owns its file; NULL after the call was failed.
json_t *fines_own(medina_call *call);

// ---- owner.c ----

void fines_link(medina_call *call);
void fines_confirm(medina_call *call);
void fines_unlink(medina_call *call);

// ---- pay.c ----

void fines_due(medina_call *call);
void fines_quote(medina_call *call);
void fines_captured(medina_call *call);

// ---- dispute.c ----

void fines_dispute(medina_call *call);
void fines_dispute_status(medina_call *call);
void fines_driver(medina_call *call);

// ---- plan.c ----

void fines_offer(medina_call *call);
void fines_plan(medina_call *call);
void fines_plans(medina_call *call);

// Adds the next instalment of each running plan of the file; false when the agency cannot say.
bool fines_add_instalments(medina_call *call, json_t *items, const char *file);

// The instalment as a payable item, "id" to "pay". NULL: the answer makes no sense.
json_t *fines_instalment(const json_t *instalment);

// ---- fines.c ----

const struct rules *fines_rules(void);
int32_t fines_today(void); // the city's date, see day.h

// The back end's answer if it has the member that is wanted, or NULL after the call was failed:
// with unknown after a 404, otherwise for an agency that does not answer as it should.
json_t *fines_answer(medina_call *call, const medina_http_reply *reply, const char *wanted,
                     const char *unknown);

// Members of what a back end sends; "" and 0 when they are missing or of another type.
const char *fines_text(const json_t *object, const char *name);
int64_t fines_number(const json_t *object, const char *name);

#endif
