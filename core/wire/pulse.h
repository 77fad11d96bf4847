// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_WIRE_PULSE_H
#define MEDINA_WIRE_PULSE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

// One page that host and runner share: the runner notes which call it runs the plugin's code for,
// the host reads it when the runner hangs or is dead. The plugin lives in the runner's memory and
// can write here too, so it is a hint about the plugin itself and about nobody else.
//
// running is one word, so that loop and call always belong together: 0 between two entries, else
// the loop plus 1 in the upper half and the host's number of the call in the lower.
struct wire_pulse {
    _Atomic uint64_t turn; // entries into the plugin so far
    _Atomic uint64_t running;
};

enum { WIRE_PULSE_BYTES = 4096, WIRE_PULSE_NO_LOOP = 0xFFFF };

// The runner is about to run the plugin: for a call of a loop, or (loop WIRE_PULSE_NO_LOOP, call 0)
// because the host told it to start, to take a data file or to stop.
static inline void wire_pulse_enter(struct wire_pulse *pulse, uint32_t loop, uint32_t call)
{
    uint64_t turn = atomic_load_explicit(&pulse->turn, memory_order_relaxed);
    atomic_store_explicit(&pulse->turn, turn + 1, memory_order_release);
    atomic_store_explicit(&pulse->running, (uint64_t)(loop + 1) << 32 | call, memory_order_release);
}

static inline void wire_pulse_leave(struct wire_pulse *pulse)
{
    atomic_store_explicit(&pulse->running, 0, memory_order_release);
}

struct wire_beat {
    uint64_t turn;
    bool busy;     // it was inside the plugin
    uint32_t loop; // when busy; WIRE_PULSE_NO_LOOP outside calls
    uint32_t call; // when busy: the host's number of the call on that loop's socket
};

// The state at one moment: turn and running are read until turn stands still, a few times at most.
static inline struct wire_beat wire_pulse_read(const struct wire_pulse *pulse)
{
    uint64_t turn, running;
    int tries = 0;
    do {
        turn = atomic_load_explicit(&pulse->turn, memory_order_acquire);
        running = atomic_load_explicit(&pulse->running, memory_order_acquire);
    } while (turn != atomic_load_explicit(&pulse->turn, memory_order_acquire) && ++tries < 8);
    return (struct wire_beat){.turn = turn,
                              .busy = running != 0,
                              .loop = running ? (uint32_t)(running >> 32) - 1 : 0,
                              .call = (uint32_t)running};
}

#endif
