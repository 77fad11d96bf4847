// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MAIN_SETTLER_H
#define MEDINA_MAIN_SETTLER_H

#include "loop/task.h"
#include "money/settlement.h"

// What the treasury does by the clock, part of a tenure: it closes the city's days, where the
// configuration names a time of day for it (settlement.at; days that were missed are closed too, in
// order), and asks the card provider for disputes whose words were lost.
struct settler {
    struct loop *control;
    struct money *money;
    struct settlement_terms terms;
    int at_minute;        // of the day, in the city's zone; -1: only by hand
    const char *provider; // with disputes; NULL: none
    uint64_t poll_ms, next_poll;
    bool ending;
    bool running;
    struct signal hurry, over;
};

// Everything here on the control loop's thread.
struct settler_plan {
    struct settlement_terms terms;
    const char *at;       // "HH:MM", "": by hand
    const char *provider; // NULL: none
    uint64_t poll_ms;     // between two questions for disputes
};
void settler_init(struct settler *settler, struct money *money, const struct settler_plan *plan);

void settler_begin(struct settler *settler, struct loop *control);
void settler_end(struct settler *settler);  // inside a task: returns when it has ended
void settler_stop(struct settler *settler); // it ends when it has done its round

#endif
