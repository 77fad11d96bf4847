// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_MONEY_PROOF_CITY_H
#define TESTS_MONEY_PROOF_CITY_H

#include "money/dispute.h"
#include "treasury.h"

// A city whose host dies: all of it lies in memory shared between the host, which is a child
// process, and the test, which outlives it and knows what the host has answered.
//
// What happens in it are stories: one payment each, from its order to its end, told again from the
// start when the host died in the middle, with the same keys, as clients do. Told again, a story
// must end as if nobody had died.

enum { CALLS = 8, ANSWER = 4096, TOLD = 16, SUMMARY = 4096 };

struct city_call {
    bool acknowledged; // the client has the answer
    struct id payment;
    size_t size;
    char body[ANSWER];
    enum payment_state seen; // of the payment, by a client; PAYMENT_CREATED: nothing final
};

// What clients and provider know; goes back with the files when a story is told again.
struct city_facts {
    int story;
    int64_t began; // the story's instant
    struct city_call calls[CALLS];
    struct id told[TOLD]; // events that were acknowledged
    size_t told_count;
    struct provider_dispute disputes[64];
    size_t dispute_count;
    int64_t used; // by the pump; below zero: it runs
    bool finished;
    uint64_t points; // of the disk, when finished
};

struct city {
    struct treasury t; // first: the agencies' answers find their city by it
    struct city_facts facts;
    struct tariff *tariff;
};

struct story {
    const char *name;
    void (*before)(struct city *c); // how agencies and provider behave; again after a crash
    void (*tell)(struct city *c);
};
const struct story *story_of(int number);
void city_tell(struct city *c, const struct story *story); // to its end, and comes to rest

struct city *city_create(void);
void city_destroy(struct city *c);

// A new host on the same files, as one that replaces a dead one: with what it does at its start.
void city_host(struct city *c);
void city_begin_story(struct city *c, int number);
void city_rest(struct city *c); // the clock goes on until nothing is due

// After a crash, before anything else happens: what was acknowledged is there, the books are whole.
void city_expect_acknowledged(struct city *c);
// At rest: nothing is left undecided, provider and books agree.
void city_expect_rest(struct city *c);
// All balances and what else must be the same however often hosts died.
void city_summary(struct city *c, char out[SUMMARY]);

// The files and facts at a moment when no host runs.
struct city_image;
struct city_image *city_image_create(void);
void city_image_destroy(struct city_image *image);
void city_save(struct city *c, struct city_image *image);
void city_restore(struct city *c, const struct city_image *image);

#endif
