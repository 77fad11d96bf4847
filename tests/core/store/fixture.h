// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include "store/store.h"

#include <pthread.h>
#include <semaphore.h>

// A store in a folder of its own, with a table `pair` made of two halves that jobs write together.
struct fixture {
    char folder[64];
    char path[96];
    struct store *store;
};

void fixture_open(struct fixture *fixture, const struct store_config *config);
void fixture_reopen(struct fixture *fixture); // closes first when open
void fixture_close(struct fixture *fixture);  // removes the folder too

// Jobs. add_pair: writes id into both halves; conflict when it is there.
struct pair {
    int64_t id;
    int64_t seen; // by count_pairs: whole pairs; halves without the other
    int64_t broken;
};
int add_pair(struct store_db *db, void *pair, struct err *err);
int count_pairs(struct store_db *db, void *pair, struct err *err);
int64_t pairs_in(struct store *store); // asserts that none is broken

// Holds the writer inside a job until released, so that what is asked meanwhile forms one batch.
struct gate {
    sem_t entered, released;
    struct store *store;
    pthread_t thread;
};
void gate_close(struct gate *gate, struct store *store);
void gate_open(struct gate *gate);
void wait_for_depth(struct store *store, uint64_t depth); // until so many jobs wait

#endif
