// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MAIN_SETTLER_H
#define MEDINA_MAIN_SETTLER_H

#include "loop/task.h"
#include "money/settlement.h"

// Closes the city's days by itself, where the configuration names a time of day for it
// (settlement.at); part of a tenure. Days that were missed are closed too, in order.
struct settler {
    struct loop *control;
    struct money *money;
    struct settlement_terms terms;
    int at_minute; // of the day, in the city's zone; -1: only by hand
    bool ending;
    bool running;
    struct signal hurry, over;
};

// Everything here on the control loop's thread.
void settler_init(struct settler *settler, struct money *money,
                  const struct settlement_terms *terms, const char *at);

void settler_begin(struct settler *settler, struct loop *control);
void settler_end(struct settler *settler);  // inside a task: returns when it has ended
void settler_stop(struct settler *settler); // it ends when it has done its round

#endif
