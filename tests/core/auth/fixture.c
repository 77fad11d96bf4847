// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static int keep_message(void *context, const struct auth_message *message, struct err *err)
{
    struct auth_fixture *f = context;
    snprintf(f->last_code, sizeof f->last_code, "%s", message->code);
    snprintf(f->last_phone, sizeof f->last_phone, "%s", message->phone->e164);
    snprintf(f->last_language, sizeof f->last_language, STR_FORMAT,
             STR_ARGUMENTS(message->language));
    f->sent++;
    return f->send_result == 0 ? 0 : err_set(err, f->send_result, "the gateway");
}

void auth_fixture_restart(struct auth_fixture *f)
{
    struct err err = {0};
    auth_destroy(f->auth);
    store_destroy(f->store);
    struct store_config store = {.path = f->path};
    cr_assert_eq(store_create(&f->store, &store, &err), 0, "%s", err.message);
    struct auth_config config = {.store = f->store,
                                 .clock = &f->clock,
                                 .send = keep_message,
                                 .send_context = f};
    cr_assert_eq(auth_create(&f->auth, &config, &err), 0, "%s", err.message);
}

void auth_fixture_open(struct auth_fixture *f)
{
    *f = (struct auth_fixture){0};
    snprintf(f->folder, sizeof f->folder, "/tmp/medina-auth-XXXXXX");
    cr_assert_not_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/city.db", f->folder);
    clock_fix(&f->clock, (int64_t)START * 1000);
    auth_fixture_restart(f);
}

void auth_fixture_close(struct auth_fixture *f)
{
    auth_destroy(f->auth);
    store_destroy(f->store);
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", f->folder);
    cr_assert_eq(system(command), 0);
}

void advance_clock(struct auth_fixture *f, int64_t ms)
{
    clock_fix(&f->clock, clock_now(&f->clock) + ms);
}

int begin(struct auth_fixture *f, const char *phone, const char *address,
          struct auth_challenge *out)
{
    struct auth_asking asking = {str_from(phone), str_from(address), STR("ar")};
    struct err err = {0};
    int status = auth_begin(f->auth, &asking, out, &err);
    cr_assert_null(status < 0 ? strstr(err.message, "1234567") : NULL, "%s", err.message);
    return status;
}

int finish(struct auth_fixture *f, const char *nonce, const char *code, struct auth_signed_in *out)
{
    struct auth_answer answer = {str_from(nonce), str_from(code), AUTH_COOKIE, STR("Firefox")};
    return auth_finish(f->auth, &answer, out, NULL);
}

struct auth_signed_in sign_in(struct auth_fixture *f, const char *phone, enum auth_kind kind)
{
    struct auth_challenge challenge;
    struct auth_signed_in signed_in;
    struct err err = {0};
    char address[32];
    snprintf(address, sizeof address, "198.51.%u.%u", f->sent / 250, f->sent % 250);
    cr_assert_eq(begin(f, phone, address, &challenge), 0);
    struct auth_answer answer = {str_from(challenge.nonce), str_from(f->last_code), kind,
                                 STR("Firefox")};
    cr_assert_eq(auth_finish(f->auth, &answer, &signed_in, &err), 0, "%s", err.message);
    return signed_in;
}

bool stored_in_clear(struct auth_fixture *f, const char *text)
{
    char command[256];
    snprintf(command, sizeof command, "grep -raqF -e '%s' '%s'", text, f->folder);
    return system(command) == 0;
}
