// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_AUTH_FIXTURE_H
#define TESTS_AUTH_FIXTURE_H

#include "auth/sign_in.h"

// A store, an auth with a clock that stands still, and a telephone that keeps the last message.
struct auth_fixture {
    char folder[64];
    char path[96];
    struct store *store;
    struct auth *auth;
    struct clock clock;
    int send_result; // what the telephone answers
    unsigned sent;
    char last_code[16];
    char last_phone[PHONE_LENGTH + 1];
    char last_language[8];
};

enum { START = 1772353800 }; // 2026-03-01T08:30:00Z

void auth_fixture_open(struct auth_fixture *f);
void auth_fixture_restart(struct auth_fixture *f); // same file, a new auth
void auth_fixture_close(struct auth_fixture *f);

void advance_clock(struct auth_fixture *f, int64_t ms);

int begin(struct auth_fixture *f, const char *phone, const char *address,
          struct auth_challenge *out);
int finish(struct auth_fixture *f, const char *nonce, const char *code, struct auth_signed_in *out);

// From a number to a session, which must work; each from an address of its own.
struct auth_signed_in sign_in(struct auth_fixture *f, const char *phone, enum auth_kind kind);

// True when the bytes stand anywhere in the store's files.
bool stored_in_clear(struct auth_fixture *f, const char *text);

#endif
