// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MAIN_TENURE_H
#define MEDINA_MAIN_TENURE_H

#include "auth/auth.h"
#include "host/automatic.h"
#include "host/delivery.h"
#include "host/retention.h"
#include "host/upload.h"
#include "loop/task.h"
#include "main/settler.h"

// What a city has once, however many hosts run for a moment: the delivery of events, the payments
// that are carried forward by the clock, the daily settlement, standing orders, the sweeps. A host
// that starts alone holds the tenure from the start; one that replaces another begins when the
// other has ended it, or has died. Whatever else must run once belongs in here, too.
struct tenure_options {
    struct loop *control;
    struct delivery *delivery;
    struct auth *auth;
    struct settler *settler;
    struct automatic *automatic;
    struct uploads *uploads;
    struct store *store;
    struct retention retention;
    uint64_t sweep_ms; // between two sweeps
};

struct tenure {
    struct tenure_options options;
    bool held;
    bool ending;
    bool over;       // for good
    unsigned sweeps; // tasks: 0 or 1
    struct signal hurry, swept;
};

// Everything here on the control loop's thread.
void tenure_init(struct tenure *tenure, const struct tenure_options *options);

void tenure_begin(struct tenure *tenure); // holding it already is fine

// Inside a task: returns when nothing of it runs any more. It may begin again.
void tenure_end(struct tenure *tenure);

void tenure_stop(struct tenure *tenure); // for good: its tasks end when they have done their round

#endif
