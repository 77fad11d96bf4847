// SPDX-License-Identifier: Apache-2.0
#include "wire/pulse.h"

#include <criterion/criterion.h>
#include <pthread.h>

Test(pulse, tells_which_call_runs_and_that_none_does)
{
    struct wire_pulse pulse = {0};
    struct wire_beat beat = wire_pulse_read(&pulse);
    cr_assert(beat.turn == 0 && !beat.busy);
    wire_pulse_enter(&pulse, 0, 0);
    beat = wire_pulse_read(&pulse);
    cr_assert(beat.turn == 1 && beat.busy && beat.loop == 0 && beat.call == 0, "call 0 of loop 0");
    wire_pulse_leave(&pulse);
    cr_assert_not(wire_pulse_read(&pulse).busy);
    wire_pulse_enter(&pulse, 63, (1 << 26) - 1);
    beat = wire_pulse_read(&pulse);
    cr_assert(beat.turn == 2 && beat.busy && beat.loop == 63 && beat.call == (1 << 26) - 1);
    wire_pulse_enter(&pulse, WIRE_PULSE_NO_LOOP, 0);
    beat = wire_pulse_read(&pulse);
    cr_assert(beat.busy && beat.loop == WIRE_PULSE_NO_LOOP);
}

enum { TURNS = 200000 };

static void *beat_on(void *argument)
{
    for (uint32_t i = 1; i <= TURNS; i++) {
        wire_pulse_enter(argument, i % 64, i);
        wire_pulse_leave(argument);
    }
    return NULL;
}

Test(pulse, loop_and_call_read_meanwhile_belong_together)
{
    struct wire_pulse pulse = {0};
    struct wire_beat beat;
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, beat_on, &pulse), 0);
    do {
        beat = wire_pulse_read(&pulse);
        if (beat.busy)
            cr_assert_eq(beat.loop, beat.call % 64);
    } while (beat.turn < TURNS);
    pthread_join(thread, NULL);
}
