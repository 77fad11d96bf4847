// SPDX-License-Identifier: Apache-2.0
#ifndef SANDBOX_FUEL_H
#define SANDBOX_FUEL_H

#include "base/json.h"

// A pump that was released, as its driver and its meter leave it at a moment. Nothing runs: what
// has happened by then follows from the authorization alone, so a sandbox that was restarted goes
// on.
//
// The driver and the faults of the pump are an order of a tester (PUT /fuel/pumps/{}/driver), which
// the authorization copied when it was made:
//
//     lift_ms         after the release the nozzle is lifted; -1: never
//     tank_ml         what the driver wants
//     flow_ml         a second
//     start_within_ms a nozzle that is not lifted by then cancels the authorization
//     offline_ms      after the release the pump is lost; -1: never
//     overrun_ml      it goes on so far beyond what was authorized
//     amount_off      fils that its computer adds to the amount

struct fuel_reading {
    const char *state;  // "released", "filling", "finished" or "cancelled"
    const char *reason; // of the end: "limit", "hung-up", "cancelled", "not-started",
                        // "offline"; "" before it
    int64_t millilitres;
    int64_t amount; // fils
};

struct fuel_reading fuel_read(const json_t *authorization, int64_t now_ms);

// What the driver does when no tester says otherwise. Yours.
json_t *fuel_default_driver(void);

// Millilitres at fils a litre, rounded half-up to the fils.
int64_t fuel_amount(int64_t millilitres, int64_t price);

#endif
