// SPDX-License-Identifier: Apache-2.0
#include "auth/step.h"

#include "auth/profile.h"
#include "fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { MINUTE = 60 * 1000 };

static int ask(struct auth_fixture *f, const struct auth_identity *who, const char *purpose,
               struct auth_challenge *out)
{
    struct auth_step step = {who, purpose, STR("192.0.2.99"), STR("en")};
    return auth_step_begin(f->auth, &step, out, NULL);
}

static int answer(struct auth_fixture *f, const struct auth_identity *who, const char *purpose,
                  const struct auth_challenge *challenge)
{
    struct auth_step_answer given = {who, purpose, str_from(challenge->nonce),
                                     str_from(f->last_code)};
    return auth_step_finish(f->auth, &given, NULL);
}

Test(step, a_code_is_good_for_its_purpose_its_session_and_once)
{
    struct auth_fixture f;
    struct auth_challenge challenge;
    auth_fixture_open(&f);
    struct auth_signed_in mine = sign_in(&f, "0501234567", AUTH_COOKIE);
    struct auth_signed_in mine_too = sign_in(&f, "0501234567", AUTH_BEARER);
    cr_assert_eq(ask(&f, &mine.identity, STEP_DELETE, &challenge), 0);
    cr_assert_str_eq(f.last_phone, "+971501234567");
    cr_assert_eq(answer(&f, &mine.identity, STEP_NUMBER, &challenge), ERR_NOT_FOUND);
    cr_assert_eq(answer(&f, &mine_too.identity, STEP_DELETE, &challenge), ERR_NOT_FOUND);
    struct auth_signed_in in;
    cr_assert_eq(finish(&f, challenge.nonce, f.last_code, &in), ERR_NOT_FOUND,
                 "it signs nobody in");
    cr_assert_eq(answer(&f, &mine.identity, STEP_DELETE, &challenge), 0);
    cr_assert_eq(answer(&f, &mine.identity, STEP_DELETE, &challenge), ERR_NOT_FOUND);
    auth_fixture_close(&f);
}

Test(step, a_code_for_signing_in_is_good_for_nothing_else)
{
    struct auth_fixture f;
    struct auth_challenge challenge;
    auth_fixture_open(&f);
    struct auth_signed_in mine = sign_in(&f, "0501234567", AUTH_COOKIE);
    cr_assert_eq(begin(&f, "0501234567", "192.0.2.7", &challenge), 0);
    cr_assert_eq(answer(&f, &mine.identity, STEP_DELETE, &challenge), ERR_NOT_FOUND);
    auth_fixture_close(&f);
}

Test(step, a_code_expires_and_wrong_ones_cost_tries)
{
    struct auth_fixture f;
    struct auth_challenge challenge;
    auth_fixture_open(&f);
    struct auth_signed_in mine = sign_in(&f, "0501234567", AUTH_COOKIE);
    cr_assert_eq(ask(&f, &mine.identity, STEP_DELETE, &challenge), 0);
    char right[16];
    snprintf(right, sizeof right, "%s", f.last_code);
    snprintf(f.last_code, sizeof f.last_code, "%s", strcmp(right, "000000") ? "000000" : "000001");
    for (int i = 1; i < 5; i++)
        cr_assert_eq(answer(&f, &mine.identity, STEP_DELETE, &challenge), ERR_DENIED, "try %d", i);
    cr_assert_eq(answer(&f, &mine.identity, STEP_DELETE, &challenge), ERR_LIMIT);
    snprintf(f.last_code, sizeof f.last_code, "%s", right);
    cr_assert_eq(answer(&f, &mine.identity, STEP_DELETE, &challenge), ERR_LIMIT, "too late");
    cr_assert_eq(ask(&f, &mine.identity, STEP_DELETE, &challenge), 0);
    advance_clock(&f, 6 * MINUTE);
    cr_assert_eq(answer(&f, &mine.identity, STEP_DELETE, &challenge), ERR_TIMEOUT);
    auth_fixture_close(&f);
}

static int change(struct auth_fixture *f, const struct auth_identity *who,
                  const struct auth_challenge *challenge, const char *phone,
                  struct auth_challenge *out)
{
    struct auth_number number = {.answer = {who, STEP_NUMBER, str_from(challenge->nonce),
                                            str_from(f->last_code)},
                                 .phone = str_from(phone),
                                 .address = STR("192.0.2.99"),
                                 .language = STR("en")};
    return auth_number_begin(f->auth, &number, out, NULL);
}

Test(step, the_number_changes_after_a_code_to_each_and_the_account_stays)
{
    struct auth_fixture f;
    struct auth_challenge old, new;
    struct phone before, after;
    auth_fixture_open(&f);
    struct auth_signed_in mine = sign_in(&f, "0501234567", AUTH_COOKIE);
    cr_assert_eq(ask(&f, &mine.identity, STEP_NUMBER, &old), 0);
    cr_assert_eq(change(&f, &mine.identity, &old, "12", &new), ERR_INVALID);
    cr_assert_eq(change(&f, &mine.identity, &old, "0501234567", &new), ERR_CONFLICT);
    cr_assert_eq(change(&f, &mine.identity, &old, "0521234567", &new), 0);
    cr_assert_str_eq(f.last_phone, "+971521234567");
    struct auth_step_answer given = {&mine.identity, STEP_NUMBER_NEW, str_from(new.nonce),
                                     str_from(f.last_code)};
    cr_assert_eq(auth_number_finish(f.auth, &given, &before, &after, NULL), 0);
    cr_assert_str_eq(before.e164, "+971501234567");
    cr_assert_str_eq(after.e164, "+971521234567");
    struct auth_signed_in again = sign_in(&f, "0521234567", AUTH_COOKIE);
    cr_assert_str_eq(again.identity.account.text, mine.identity.account.text);
    auth_fixture_close(&f);
}

Test(step, a_number_that_has_an_account_is_not_taken_from_it)
{
    struct auth_fixture f;
    struct auth_challenge old, new;
    struct phone before, after;
    auth_fixture_open(&f);
    struct auth_signed_in other = sign_in(&f, "0521234567", AUTH_COOKIE);
    struct auth_signed_in mine = sign_in(&f, "0501234567", AUTH_COOKIE);
    cr_assert_eq(ask(&f, &mine.identity, STEP_NUMBER, &old), 0);
    cr_assert_eq(change(&f, &mine.identity, &old, "0521234567", &new), 0);
    struct auth_step_answer given = {&mine.identity, STEP_NUMBER_NEW, str_from(new.nonce),
                                     str_from(f.last_code)};
    cr_assert_eq(auth_number_finish(f.auth, &given, &before, &after, NULL), ERR_CONFLICT);
    cr_assert_eq(auth_number_finish(f.auth, &given, &before, &after, NULL), ERR_NOT_FOUND,
                 "the code is used up");
    struct phone phone;
    cr_assert_eq(auth_phone_of(f.auth, &other.identity.account, &phone, NULL), 0);
    cr_assert_str_eq(phone.e164, "+971521234567");
    cr_assert_eq(auth_phone_of(f.auth, &mine.identity.account, &phone, NULL), 0);
    cr_assert_str_eq(phone.e164, "+971501234567");
    auth_fixture_close(&f);
}

Test(step, a_language_is_one_of_two_and_lasts)
{
    struct auth_fixture f;
    char language[AUTH_LANGUAGE] = "xx";
    auth_fixture_open(&f);
    struct auth_signed_in mine = sign_in(&f, "0501234567", AUTH_COOKIE);
    const struct id *account = &mine.identity.account;
    cr_assert_eq(auth_language_of(f.auth, account, language, NULL), 0);
    cr_assert_str_eq(language, "");
    cr_assert_eq(auth_choose_language(f.auth, &mine.identity, STR("ar"), NULL), 0);
    cr_assert_eq(auth_choose_language(f.auth, &mine.identity, STR("fr"), NULL), ERR_INVALID);
    auth_fixture_restart(&f);
    cr_assert_eq(auth_language_of(f.auth, account, language, NULL), 0);
    cr_assert_str_eq(language, "ar");
    auth_fixture_close(&f);
}
