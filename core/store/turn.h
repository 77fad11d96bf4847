// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_STORE_TURN_H
#define MEDINA_STORE_TURN_H

#include "base/err.h"

#include <stdatomic.h>
#include <stdbool.h>

// While a host replaces another, two processes write one database. SQLite's lock is not fair: who
// has just committed takes it again at once, while the other sleeps and looks now and then, for
// seconds. So their batches take turns:
//
//     lock "next" · lock "turn" · unlock "next" · BEGIN … COMMIT · unlock "turn"
//
// Whoever holds "next" is the one who gets the turn when it is free, and whoever has just had it
// finds "next" taken. Both are bytes of one empty file beside the database, locked by open file
// description (F_OFD_SETLKW, Linux fcntl(2)); the kernel frees the locks of a process that dies.
// This is about fairness alone: what is safe is SQLite's business, with or without turns.
struct turn {
    int fd;
    _Atomic bool shared; // another host writes too
    bool held;
};

// Opens or makes the file "<database>-turn". Turns are not shared at first. ERR_IO.
int turn_open(struct turn *turn, const char *database, struct err *err);
void turn_close(struct turn *turn);

// From any thread: from the next batch on. Both hosts share before the second one writes, and stop
// when one of them is gone.
void turn_share(struct turn *turn, bool shared);

// The writer's thread, around a batch. Waits for as long as the other host takes for one batch;
// costs nothing when turns are not shared.
void turn_take(struct turn *turn);
void turn_give(struct turn *turn);

#endif
