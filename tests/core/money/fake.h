// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_MONEY_FAKE_H
#define TESTS_MONEY_FAKE_H

#include "money/provider.h"

#include <stdbool.h>

// A card provider in memory shared with child processes: what it did stays when the host dies. A
// test scripts how the next calls go; keys are honoured as the real one does.
enum { FAKE_PAYMENTS = 256, FAKE_REFUNDS = 512 };

enum fake_operation { FAKE_OPEN, FAKE_LOOK, FAKE_CAPTURE, FAKE_CANCEL, FAKE_REFUND, FAKE_FIND };

struct fake_payment {
    char payment[32]; // our id
    char key[64];     // of open
    enum provider_state state;
    int64_t amount, taken, given_back; // amount: what is held
    char capture_key[64];
    int captures; // that took money
};

struct fake {
    struct fake_payment payments[FAKE_PAYMENTS];
    int count;
    struct {
        char key[64];
    } refunds[FAKE_REFUNDS];
    int refund_count;
    int calls[6]; // of each operation
    // The script: the next call of this operation returns this, having done its work or not.
    struct {
        int result;
        bool works, dies; // dies: the process ends after (not) working
    } script[6];
};

struct fake *fake_create(void); // shared memory
void fake_destroy(struct fake *fake);
struct provider fake_provider(struct fake *fake);

// The citizen's part, on the provider's page.
struct fake_payment *fake_find(struct fake *fake, const char *payment);
void fake_pay(struct fake *fake, const char *payment);
void fake_expire(struct fake *fake, const char *payment);

void fake_script(struct fake *fake, enum fake_operation operation, int result, bool works);

#endif
