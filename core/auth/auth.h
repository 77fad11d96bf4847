// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_AUTH_AUTH_H
#define MEDINA_AUTH_AUTH_H

#include "auth/phone.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/id.h"
#include "store/store.h"

// Who is asking. One struct auth a process, shared by all loops; every function may be called from
// any task (it suspends while the store works) or, in start-up and tests, from a plain thread.
// No phone number, code, token or label reaches a log or an error message.
struct auth;

// Hands a code over to whoever sends it. 0: handed over. ERR_UNKNOWN: perhaps. Anything else:
// surely not, and then it does not count as sent.
struct auth_message {
    const struct phone *phone;
    const char *code;    // Western digits
    const char *purpose; // "" for signing in, else a step (auth/step.h)
    struct str language;
};
typedef int auth_send(void *context, const struct auth_message *message, struct err *err);

// 0 takes the default in brackets.
struct auth_config {
    struct store *store;
    const struct clock *clock; // NULL: the machine's
    auth_send *send;
    void *send_context;
    const struct phone_plan *plan; // [phone_plan_emirates]
    int64_t code_ttl_ms;           // [5 minutes]
    int64_t code_tries;            // [5]
    int64_t send_window_ms;        // [1 hour]
    int64_t sends_per_number;      // in a window [3]
    int64_t sends_per_address;     // in a window; an IPv6 /64 is one address [3]
    int64_t cookie_ttl_ms;         // a browser's session, at most [12 hours]
    int64_t cookie_idle_ms;        // without a request [2 hours]
    int64_t bearer_ttl_ms;         // a mobile client's session, at most [90 days]
    int64_t bearer_idle_ms;        // [30 days]
    int64_t sessions_per_account;  // a further one ends the oldest [20]
    int64_t links_per_account;     // [50]
};

// Reads the server's keys from the store, or makes them at the first start.
int auth_create(struct auth **out, const struct auth_config *config, struct err *err);
void auth_destroy(struct auth *auth);

// Deletes what has expired: codes, counted sends, sessions. Call every few minutes.
int auth_sweep(struct auth *auth, struct err *err);

// The server's key for citizens' files (host/upload.h). Wipe it after use.
void auth_upload_key(const struct auth *auth, struct crypto_key *key);

// The name by which one plugin instance knows a citizen: the same for ever, different for every
// instance, and of no use for finding the account.
struct auth_pseudonym {
    char text[24];
};
struct auth_pseudonym auth_pseudonym(const struct auth *auth, struct str instance,
                                     const struct id *account);

// The number behind an account; ERR_NOT_FOUND when it was erased.
int auth_phone_of(struct auth *auth, const struct id *account, struct phone *out, struct err *err);

#endif
