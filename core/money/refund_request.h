// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_REFUND_REQUEST_H
#define MEDINA_MONEY_REFUND_REQUEST_H

#include "money/pay.h"

// A refund that an agency asks for, by one of its people: up to money_config.refund_alone it is
// made at once, above that somebody else has to approve it. Who asked and who decided is kept; the
// decision and the refund are one transaction, so neither is there without the other.
//
//     asked ──► approved (the refund is made) · declined

enum { REFUND_PERSON = 64, REFUND_REASON = 32 };

struct refund_request {
    struct id id, payment;
    int64_t line, amount;
    int64_t seen; // what could be refunded of the line when it was asked for
    char reason[REFUND_REASON];
    char asked_by[REFUND_PERSON], decided_by[REFUND_PERSON];
    int64_t asked, decided; // epoch ms
    char currency[4];       // of the payment
    char instance[64];      // whose line it is
};

struct refund_asking {
    const struct id *payment;
    int64_t line, amount, seen;
    const char *reason, *by;
};

// 1: made at once, 0: it waits for a second person; *id names the request. ERR_CONFLICT when
// another amount can be refunded than was seen, or so much is not left; ERR_INVALID, ERR_NOT_FOUND.
int refund_ask(struct money *money, const struct refund_asking *asking, struct id *id,
               struct err *err);

// ERR_DENIED when it is the one who asked; ERR_NOT_FOUND when no request with this id waits;
// ERR_CONFLICT as above: then the request still waits, for somebody to decline it.
int refund_approve(struct money *money, struct str id, const char *by, struct err *err);
int refund_decline(struct money *money, struct str id, const char *by, struct err *err);

// Those that wait, oldest first, into requests[limit]; returns how many.
int refund_list(struct money *money, struct refund_request *requests, size_t limit,
                struct err *err);

// Part of the refund's job: writes the decision down. ERR_NOT_FOUND when it was made meanwhile.
struct refund_decision {
    const struct id *request;
    const char *by;                     // NULL: made at once, by nobody else
    const struct refund_asking *asking; // of one made at once: the request is new
    int64_t now;
};
int refund_decide(struct store_db *db, const struct refund_decision *decision, struct err *err);

#endif
