// SPDX-License-Identifier: Apache-2.0
#include "auth/sign_in.h"

#include "fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>

// A code that is surely not the last one sent.
static const char *wrong_code(struct auth_fixture *f)
{
    return strcmp(f->last_code, "000000") == 0 ? "000001" : "000000";
}

Test(sign_in, the_code_makes_the_account_and_finds_it_again_however_the_number_is_written)
{
    struct auth_fixture f;
    auth_fixture_open(&f);
    struct auth_signed_in first = sign_in(&f, "050 123 4567", AUTH_COOKIE);
    cr_assert(first.is_new);
    cr_assert_str_eq(f.last_phone, "+971501234567");
    cr_assert_str_eq(f.last_language, "ar");
    cr_assert_eq(strlen(f.last_code), AUTH_CODE_DIGITS);
    cr_assert_eq(first.identity.level, AUTH_LEVEL_PHONE);
    struct auth_signed_in again = sign_in(&f, "٠٠٩٧١٥٠١٢٣٤٥٦٧", AUTH_COOKIE);
    cr_assert_not(again.is_new);
    cr_assert_str_eq(again.identity.account.text, first.identity.account.text);
    cr_assert_str_neq(again.token, first.token);
    struct auth_signed_in other = sign_in(&f, "0521234567", AUTH_COOKIE);
    cr_assert_str_neq(other.identity.account.text, first.identity.account.text);
    struct phone phone;
    cr_assert_eq(auth_phone_of(f.auth, &other.identity.account, &phone, NULL), 0);
    cr_assert_str_eq(phone.e164, "+971521234567");
    auth_fixture_close(&f);
}

Test(sign_in, a_code_serves_once)
{
    struct auth_fixture f;
    auth_fixture_open(&f);
    struct auth_challenge challenge;
    struct auth_signed_in in;
    cr_assert_eq(begin(&f, "0501234567", "192.0.2.1", &challenge), 0);
    cr_assert_eq(finish(&f, challenge.nonce, f.last_code, &in), 0);
    cr_assert_eq(finish(&f, challenge.nonce, f.last_code, &in), ERR_NOT_FOUND);
    cr_assert_str_eq(in.token, "");
    auth_fixture_close(&f);
}

Test(sign_in, a_code_may_be_typed_in_arabic_numerals_with_blanks)
{
    struct auth_fixture f;
    auth_fixture_open(&f);
    struct auth_challenge challenge;
    struct auth_signed_in in;
    cr_assert_eq(begin(&f, "0501234567", "192.0.2.1", &challenge), 0);
    struct buf typed = {0};
    for (const char *digit = f.last_code; *digit; digit++)
        buf_printf(&typed, "%c%c%s", 0xD9, 0xA0 + (*digit - '0'), digit[1] ? "" : " ");
    cr_assert_eq(finish(&f, challenge.nonce, typed.data, &in), 0, "%s", typed.data);
    buf_finish(&typed);
    auth_fixture_close(&f);
}

Test(sign_in, a_code_expires_after_five_minutes)
{
    struct auth_fixture f;
    auth_fixture_open(&f);
    struct auth_challenge challenge;
    struct auth_signed_in in;
    cr_assert_eq(begin(&f, "0501234567", "192.0.2.1", &challenge), 0);
    advance_clock(&f, 5 * 60 * 1000 - 1);
    cr_assert_eq(finish(&f, challenge.nonce, wrong_code(&f), &in), ERR_DENIED);
    advance_clock(&f, 1);
    cr_assert_eq(finish(&f, challenge.nonce, f.last_code, &in), ERR_TIMEOUT);
    cr_assert_eq(auth_sweep(f.auth, NULL), 0);
    cr_assert_eq(finish(&f, challenge.nonce, f.last_code, &in), ERR_TIMEOUT);
    advance_clock(&f, 2 * 3600 * 1000);
    cr_assert_eq(auth_sweep(f.auth, NULL), 0);
    cr_assert_eq(finish(&f, challenge.nonce, f.last_code, &in), ERR_NOT_FOUND);
    auth_fixture_close(&f);
}

Test(sign_in, five_wrong_tries_use_a_code_up)
{
    struct auth_fixture f;
    auth_fixture_open(&f);
    struct auth_challenge challenge;
    struct auth_signed_in in;
    cr_assert_eq(begin(&f, "0501234567", "192.0.2.1", &challenge), 0);
    static const char *const typed[] = {NULL, "", "1", "x23456"};
    for (int i = 0; i < 4; i++) {
        const char *code = typed[i] ? typed[i] : wrong_code(&f);
        cr_assert_eq(finish(&f, challenge.nonce, code, &in), ERR_DENIED);
        cr_assert_eq(in.tries_left, 4 - i);
    }
    cr_assert_eq(finish(&f, challenge.nonce, wrong_code(&f), &in), ERR_LIMIT);
    cr_assert_eq(finish(&f, challenge.nonce, f.last_code, &in), ERR_LIMIT);
    cr_assert_str_eq(in.token, "");
    auth_fixture_close(&f);
}

Test(sign_in, a_code_serves_only_the_client_that_asked_for_it)
{
    struct auth_fixture f;
    auth_fixture_open(&f);
    struct auth_challenge victim, attacker;
    struct auth_signed_in in;
    cr_assert_eq(begin(&f, "0501234567", "192.0.2.1", &victim), 0);
    char code[16];
    snprintf(code, sizeof code, "%s", f.last_code);
    do
        cr_assert_eq(begin(&f, "0501234567", "192.0.2.9", &attacker), 0);
    while (strcmp(code, f.last_code) == 0);
    cr_assert_eq(finish(&f, attacker.nonce, code, &in), ERR_DENIED);
    cr_assert_eq(finish(&f, "not-a-nonce", code, &in), ERR_NOT_FOUND);
    cr_assert_eq(finish(&f, victim.nonce, code, &in), 0, "another's question spoiled the code");
    auth_fixture_close(&f);
}

Test(sign_in, three_codes_an_hour_for_a_number)
{
    struct auth_fixture f;
    auth_fixture_open(&f);
    struct auth_challenge challenge;
    char address[32];
    for (int i = 0; i < 3; i++) {
        snprintf(address, sizeof address, "192.0.2.%d", i);
        cr_assert_eq(begin(&f, "0501234567", address, &challenge), 0);
        advance_clock(&f, 60 * 1000);
    }
    cr_assert_eq(begin(&f, "+971501234567", "192.0.2.99", &challenge), ERR_LIMIT);
    cr_assert_eq(challenge.retry_after_ms, 57 * 60 * 1000);
    cr_assert_str_eq(f.last_phone, "+971501234567");
    cr_assert_eq(f.sent, 3);
    cr_assert_eq(begin(&f, "0521234567", "192.0.2.99", &challenge), 0);
    advance_clock(&f, 57 * 60 * 1000);
    cr_assert_eq(begin(&f, "0501234567", "192.0.2.98", &challenge), 0);
    auth_fixture_close(&f);
}

Test(sign_in, three_codes_an_hour_from_an_address)
{
    struct auth_fixture f;
    auth_fixture_open(&f);
    struct auth_challenge challenge;
    static const char *const same[] = {"2001:db8:1:2::1", "2001:db8:1:2:ffff::9",
                                       "2001:db8:1:2:3:4:5:6"};
    char number[16];
    for (int i = 0; i < 3; i++) {
        snprintf(number, sizeof number, "050123456%d", i);
        cr_assert_eq(begin(&f, number, same[i], &challenge), 0);
    }
    cr_assert_eq(begin(&f, "0521234567", "2001:db8:1:2::77", &challenge), ERR_LIMIT);
    cr_assert_eq(begin(&f, "0521234567", "2001:db8:1:3::77", &challenge), 0);
    for (int i = 0; i < 3; i++) {
        snprintf(number, sizeof number, "054123456%d", i);
        cr_assert_eq(begin(&f, number, i ? "203.0.113.5" : "::ffff:203.0.113.5", &challenge), 0);
    }
    cr_assert_eq(begin(&f, "0551234567", "203.0.113.5", &challenge), ERR_LIMIT);
    auth_fixture_close(&f);
}

Test(sign_in, a_message_that_could_not_be_handed_over_does_not_count)
{
    struct auth_fixture f;
    auth_fixture_open(&f);
    struct auth_challenge challenge;
    struct auth_signed_in in;
    f.send_result = ERR_UNAVAILABLE;
    for (int i = 0; i < 10; i++) {
        cr_assert_eq(begin(&f, "0501234567", "192.0.2.1", &challenge), ERR_UNAVAILABLE);
        cr_assert_eq(finish(&f, challenge.nonce, f.last_code, &in), ERR_NOT_FOUND);
    }
    f.send_result = ERR_UNKNOWN; // it may have left, so it counts, and the code works
    cr_assert_eq(begin(&f, "0501234567", "192.0.2.1", &challenge), 0);
    cr_assert_eq(finish(&f, challenge.nonce, f.last_code, &in), 0);
    f.send_result = 0;
    for (int i = 0; i < 2; i++)
        cr_assert_eq(begin(&f, "0501234567", "192.0.2.1", &challenge), 0);
    cr_assert_eq(begin(&f, "0501234567", "192.0.2.1", &challenge), ERR_LIMIT);
    auth_fixture_close(&f);
}

Test(sign_in, a_number_that_no_message_reaches_is_refused_and_nothing_is_sent)
{
    struct auth_fixture f;
    auth_fixture_open(&f);
    struct auth_challenge challenge;
    cr_assert_eq(begin(&f, "042345678", "192.0.2.1", &challenge), ERR_INVALID);
    cr_assert_eq(f.sent, 0);
    auth_fixture_close(&f);
}

Test(sign_in, neither_code_nor_nonce_nor_token_is_stored_in_clear)
{
    struct auth_fixture f;
    auth_fixture_open(&f);
    struct auth_challenge waiting;
    cr_assert_eq(begin(&f, "0501234567", "192.0.2.77", &waiting), 0);
    char code[16];
    snprintf(code, sizeof code, "%s", f.last_code);
    struct auth_signed_in in = sign_in(&f, "0521234567", AUTH_COOKIE);
    cr_assert(stored_in_clear(&f, in.identity.account.text), "the search finds nothing at all");
    cr_assert_not(stored_in_clear(&f, in.token));
    cr_assert_not(stored_in_clear(&f, waiting.nonce));
    cr_assert_not(stored_in_clear(&f, code));
    cr_assert_not(stored_in_clear(&f, "192.0.2.77"));
    auth_fixture_close(&f);
}
