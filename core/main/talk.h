// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MAIN_TALK_H
#define MEDINA_MAIN_TALK_H

#include "base/err.h"
#include "loop/loop.h"

#include <stdint.h>

// What two hosts say to each other while one replaces the other: a word is one byte, and each is
// said once, in this order:
//
//     new                                              old
//     READY    my plugins serve, I could accept
//                                                      ACCEPT   do
//     SERVING  I accept on every socket
//                                                      TENURE   what exists once is yours
//                                                      (tenure.h)
//
// The socket's end is the last word: whoever held the other one is gone.
enum talk_word { TALK_NOTHING, TALK_READY, TALK_ACCEPT, TALK_SERVING, TALK_TENURE };

struct talk;

// Takes the socket. gone is called once, when the other side has gone; it may be NULL.
int talk_open(struct talk **out, struct loop *loop, int fd, struct err *err);
void talk_watch(struct talk *talk, void (*gone)(void *context), void *context);
void talk_close(struct talk *talk); // NULL is fine

void talk_say(struct talk *talk, enum talk_word word);

bool talk_gone(const struct talk *talk);

// Inside a task, one at a time: 0 when the other side has said the word, ERR_UNAVAILABLE when it
// has gone, ERR_TIMEOUT at the deadline (on loop_now's clock).
int talk_await(struct talk *talk, enum talk_word word, uint64_t deadline);

// The same, for the other side's end: 0 when it has gone.
int talk_await_end(struct talk *talk, uint64_t deadline);

#endif
