// SPDX-License-Identifier: Apache-2.0
#include "auth/session.h"

#include "fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>

static int identify(struct auth_fixture *f, enum auth_kind kind, const char *token)
{
    struct auth_identity identity;
    return auth_identify(f->auth, kind, str_from(token), &identity, NULL);
}

enum { MINUTE = 60 * 1000, HOUR = 60 * MINUTE };

Test(session, a_token_tells_whose_it_is_also_after_a_restart)
{
    struct auth_fixture f;
    auth_fixture_open(&f);
    struct auth_signed_in in = sign_in(&f, "0501234567", AUTH_COOKIE);
    auth_fixture_restart(&f);
    struct auth_identity identity;
    struct err err = {0};
    cr_assert_eq(auth_identify(f.auth, AUTH_COOKIE, str_from(in.token), &identity, &err), 0, "%s",
                 err.message);
    cr_assert_str_eq(identity.account.text, in.identity.account.text);
    cr_assert_str_eq(identity.session.text, in.identity.session.text);
    cr_assert_eq(identity.level, AUTH_LEVEL_PHONE);
    auth_fixture_close(&f);
}

Test(session, a_browsers_token_is_not_a_bearer_token_and_a_guess_is_nothing)
{
    struct auth_fixture f;
    auth_fixture_open(&f);
    struct auth_signed_in cookie = sign_in(&f, "0501234567", AUTH_COOKIE);
    struct auth_signed_in bearer = sign_in(&f, "0501234567", AUTH_BEARER);
    cr_assert_eq(identify(&f, AUTH_BEARER, cookie.token), ERR_DENIED);
    cr_assert_eq(identify(&f, AUTH_COOKIE, bearer.token), ERR_DENIED);
    cr_assert_eq(identify(&f, AUTH_BEARER, bearer.token), 0);
    cr_assert_eq(identify(&f, AUTH_COOKIE, ""), ERR_DENIED);
    cr_assert_eq(identify(&f, AUTH_COOKIE, cookie.identity.session.text), ERR_DENIED);
    cookie.token[7] = cookie.token[7] == 'A' ? 'B' : 'A';
    cr_assert_eq(identify(&f, AUTH_COOKIE, cookie.token), ERR_DENIED);
    auth_fixture_close(&f);
}

Test(session, it_ends_when_it_is_not_used_and_at_the_latest_after_its_term)
{
    struct auth_fixture f;
    auth_fixture_open(&f);
    struct auth_signed_in in = sign_in(&f, "0501234567", AUTH_COOKIE);
    for (int hours = 1; hours < 12; hours++) {
        advance_clock(&f, HOUR);
        cr_assert_eq(identify(&f, AUTH_COOKIE, in.token), 0, "hour %d", hours);
    }
    advance_clock(&f, HOUR);
    cr_assert_eq(identify(&f, AUTH_COOKIE, in.token), ERR_DENIED);
    in = sign_in(&f, "0501234567", AUTH_COOKIE);
    advance_clock(&f, 2 * HOUR);
    cr_assert_eq(identify(&f, AUTH_COOKIE, in.token), ERR_DENIED);
    auth_fixture_close(&f);
}

Test(session, signing_out_ends_one_or_all_and_never_anothers)
{
    struct auth_fixture f;
    auth_fixture_open(&f);
    struct auth_signed_in one = sign_in(&f, "0501234567", AUTH_COOKIE);
    struct auth_signed_in two = sign_in(&f, "0501234567", AUTH_BEARER);
    struct auth_signed_in other = sign_in(&f, "0521234567", AUTH_COOKIE);
    cr_assert_eq(auth_sign_out(f.auth, &one.identity, &other.identity.session, NULL),
                 ERR_NOT_FOUND);
    cr_assert_eq(auth_sign_out(f.auth, &one.identity, &one.identity.session, NULL), 0);
    cr_assert_eq(auth_sign_out(f.auth, &one.identity, &one.identity.session, NULL), ERR_NOT_FOUND);
    cr_assert_eq(identify(&f, AUTH_COOKIE, one.token), ERR_DENIED);
    cr_assert_eq(identify(&f, AUTH_BEARER, two.token), 0);
    cr_assert_eq(auth_sign_out_everywhere(f.auth, &two.identity, true, NULL), 0);
    struct auth_signed_in three = sign_in(&f, "0501234567", AUTH_BEARER);
    cr_assert_eq(auth_sign_out_everywhere(f.auth, &two.identity, true, NULL), 1);
    cr_assert_eq(identify(&f, AUTH_BEARER, three.token), ERR_DENIED);
    cr_assert_eq(identify(&f, AUTH_BEARER, two.token), 0);
    cr_assert_eq(auth_sign_out_everywhere(f.auth, &two.identity, false, NULL), 1);
    cr_assert_eq(identify(&f, AUTH_BEARER, two.token), ERR_DENIED);
    cr_assert_eq(identify(&f, AUTH_COOKIE, other.token), 0);
    auth_fixture_close(&f);
}

Test(session, a_citizen_sees_the_living_sessions_newest_first_and_has_at_most_twenty)
{
    struct auth_fixture f;
    auth_fixture_open(&f);
    char first[AUTH_TOKEN] = "", last[AUTH_TOKEN] = "";
    struct id account;
    for (int i = 0; i < 21; i++) {
        struct auth_signed_in in = sign_in(&f, "0501234567", AUTH_BEARER);
        account = in.identity.account;
        snprintf(i == 0 ? first : last, AUTH_TOKEN, "%s", in.token);
        advance_clock(&f, 30 * MINUTE);
    }
    struct auth_session sessions[32];
    int count = auth_sessions(f.auth, &account, sessions, 32, NULL);
    cr_assert_eq(count, 20);
    for (int i = 1; i < count; i++)
        cr_assert_gt(sessions[i - 1].created, sessions[i].created);
    cr_assert_str_eq(sessions[0].label, "Firefox");
    cr_assert_eq(sessions[0].kind, AUTH_BEARER);
    cr_assert_eq(identify(&f, AUTH_BEARER, first), ERR_DENIED);
    cr_assert_eq(identify(&f, AUTH_BEARER, last), 0);
    auth_fixture_close(&f);
}

Test(session, a_sweep_deletes_what_is_over_and_nothing_else)
{
    struct auth_fixture f;
    auth_fixture_open(&f);
    struct auth_signed_in cookie = sign_in(&f, "0501234567", AUTH_COOKIE);
    struct auth_signed_in bearer = sign_in(&f, "0501234567", AUTH_BEARER);
    advance_clock(&f, 13 * HOUR);
    cr_assert_eq(auth_sweep(f.auth, NULL), 0);
    struct auth_session sessions[4];
    cr_assert_eq(auth_sessions(f.auth, &cookie.identity.account, sessions, 4, NULL), 1);
    cr_assert_str_eq(sessions[0].id.text, bearer.identity.session.text);
    cr_assert_eq(identify(&f, AUTH_BEARER, bearer.token), 0);
    auth_fixture_close(&f);
}

Test(session, a_csrf_token_differs_each_time_and_serves_one_session)
{
    struct auth_fixture f;
    auth_fixture_open(&f);
    struct str mine = STR("session-token-of-mine"), other = STR("session-token-of-another");
    char one[AUTH_CSRF], two[AUTH_CSRF];
    auth_csrf_make(f.auth, mine, one);
    auth_csrf_make(f.auth, mine, two);
    cr_assert_str_neq(one, two);
    cr_assert(auth_csrf_check(f.auth, mine, str_from(one)));
    cr_assert(auth_csrf_check(f.auth, mine, str_from(two)));
    cr_assert_not(auth_csrf_check(f.auth, other, str_from(one)));
    cr_assert_not(auth_csrf_check(f.auth, (struct str){0}, str_from(one)));
    cr_assert_not(auth_csrf_check(f.auth, mine, STR("")));
    one[60] = one[60] == 'A' ? 'B' : 'A';
    cr_assert_not(auth_csrf_check(f.auth, mine, str_from(one)));
    auth_fixture_close(&f);
}

Test(session, tokens_are_found_in_their_header_fields)
{
    struct str token;
    cr_assert(auth_bearer_token(STR("bearer  abc "), &token) && str_is(token, "abc"));
    cr_assert_not(auth_bearer_token(STR("Basic abc"), &token));
    cr_assert_not(auth_bearer_token(STR("Bearer"), &token));
    cr_assert_not(auth_bearer_token((struct str){0}, &token));
    struct str cookies = STR("a=1; __Host-city=tok=en; b=2");
    cr_assert(auth_cookie_value(cookies, "__Host-city", &token) && str_is(token, "tok=en"));
    cr_assert_not(auth_cookie_value(cookies, "__Host-cit", &token));
    cr_assert_not(auth_cookie_value(STR("a=1; a=2"), "a", &token));
    cr_assert_not(auth_cookie_value((struct str){0}, "a", &token));
}
