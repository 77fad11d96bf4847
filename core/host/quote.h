// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_QUOTE_H
#define MEDINA_HOST_QUOTE_H

#include "base/arena.h"
#include "host/gate.h"
#include "host/problem.h"
#include "money/money.h"

// What one payable item costs at this moment, asked of the agency's plugin by its operation with
// the role "quote": input {"item": id}, result {"type": "data", "owed": true, "payable": {…}}, with
// "hold": true for what is captured later.
//
// What is captured of a hold says the operation with the role "accept", asked once the money is
// authorized and again until it has decided: input {"item", "payment", "line", "authorized"},
// result
// {"state": "accepted", "amount": {…}}, {"state": "waiting", "after_ms": 1000} or {"state":
// "refused", "reason": "word"}.

// Where the agency lets the citizen choose ("pay": {"least", "most"} of the payable), the amount
// is the chosen one if it is within; anywhere else the agency's own amount is the only one.

struct quote {
    bool owed;
    bool hold; // amount is a limit: what is captured is decided after the authorization
    struct str title_en, title_ar;
    struct str account;  // the agency's account of the item; may be empty
    int64_t amount;      // minor units of the city's currency
    int64_t least, most; // what the citizen may choose from; most is 0 where there is no choice
};

struct quote_request {
    struct gate *gate;
    struct str instance;
    struct str item;
    const char *currency; // another one in the answer is a fault of the plugin
    int64_t amount;       // that the citizen saw or chose, minor units; 0: none
};

// Inside a task; strings live in the arena. -1 and a problem when there is no such item or the
// agency cannot say.
int quote_item(const struct quote_request *request, struct arena *arena, struct quote *quote,
               struct problem *problem);

// The money room's way to ask again before it captures: context is a struct quote_desk.
struct quote_desk {
    struct gate **gates; // of all gateway loops
    unsigned count;
    const char *currency;
};
int quote_for_money(void *context, const struct payment *payment, const struct payment_line *line,
                    struct money_quote *out, struct err *err);

// The operation with the role "follow" that shows how far a payment on hold is, by its one item;
// NULL when it is not, or there is none. Borrowed from the snapshot.
const struct operation *quote_follow(const struct payment *payment,
                                     const struct snapshot *snapshot);

// The gate of the loop that the running task is on.
struct gate *quote_gate(const struct quote_desk *desk);

#endif
