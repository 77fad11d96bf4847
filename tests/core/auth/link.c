// SPDX-License-Identifier: Apache-2.0
#include "auth/link.h"

#include "fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct auth_link make(const char *instance, const char *reference, const char *label,
                             bool proven)
{
    struct auth_link link = {.proven = proven};
    snprintf(link.instance, sizeof link.instance, "%s", instance);
    snprintf(link.reference, sizeof link.reference, "%s", reference);
    snprintf(link.label, sizeof link.label, "%s", label);
    return link;
}

static int list(struct auth_fixture *f, const struct id *account, const char *instance,
                struct auth_link *links)
{
    struct auth_link_list query = {account, instance, links, 60};
    return auth_link_list(f->auth, &query, NULL);
}

static int add(struct auth_fixture *f, const struct id *account, struct auth_link link)
{
    return auth_link_add(f->auth, account, &link, NULL);
}

Test(link, accounts_are_added_listed_and_removed_for_one_citizen_only)
{
    struct auth_fixture f;
    auth_fixture_open(&f);
    struct id mine = sign_in(&f, "0501234567", AUTH_COOKIE).identity.account;
    struct id other = sign_in(&f, "0521234567", AUTH_COOKIE).identity.account;
    cr_assert_eq(add(&f, &mine, make("water", "2001", "البيت", true)), 0);
    cr_assert_eq(add(&f, &mine, make("water", "1001", "Office", false)), 0);
    cr_assert_eq(add(&f, &mine, make("toll", "77", "", true)), 0);
    cr_assert_eq(add(&f, &other, make("water", "2001", "mine too", true)), 0);
    struct auth_link links[60];
    cr_assert_eq(list(&f, &mine, NULL, links), 3);
    cr_assert_str_eq(links[0].instance, "toll");
    cr_assert_eq(list(&f, &mine, "water", links), 2);
    cr_assert_str_eq(links[0].reference, "1001");
    cr_assert_str_eq(links[1].label, "البيت");
    struct auth_link_place place = {&mine, "water", "2001", NULL};
    cr_assert_eq(auth_link_remove(f.auth, &place, NULL), 0);
    cr_assert_eq(auth_link_remove(f.auth, &place, NULL), ERR_NOT_FOUND);
    cr_assert_eq(list(&f, &mine, "water", links), 1);
    cr_assert_eq(list(&f, &other, "water", links), 1);
    auth_fixture_close(&f);
}

Test(link, adding_again_renames_and_never_takes_a_proof_back)
{
    struct auth_fixture f;
    auth_fixture_open(&f);
    struct id mine = sign_in(&f, "0501234567", AUTH_COOKIE).identity.account;
    cr_assert_eq(add(&f, &mine, make("water", "1001", "Old", false)), 0);
    cr_assert_eq(add(&f, &mine, make("water", "1001", "Home", true)), 0);
    cr_assert_eq(add(&f, &mine, make("water", "1001", "Home", false)), 0);
    struct auth_link links[60];
    cr_assert_eq(list(&f, &mine, NULL, links), 1);
    cr_assert_str_eq(links[0].label, "Home");
    cr_assert(links[0].proven);
    auth_fixture_close(&f);
}

Test(link, a_citizen_links_fifty_accounts_and_no_more)
{
    struct auth_fixture f;
    auth_fixture_open(&f);
    struct id mine = sign_in(&f, "0501234567", AUTH_COOKIE).identity.account;
    char reference[16];
    for (int i = 0; i < 50; i++) {
        snprintf(reference, sizeof reference, "%d", i);
        cr_assert_eq(add(&f, &mine, make("water", reference, "", true)), 0);
    }
    cr_assert_eq(add(&f, &mine, make("water", "50", "", true)), ERR_LIMIT);
    cr_assert_eq(add(&f, &mine, make("water", "7", "renamed", true)), 0);
    cr_assert_eq(add(&f, &mine, make("", "7", "", true)), ERR_INVALID);
    auth_fixture_close(&f);
}

Test(link, a_pseudonym_lasts_and_tells_instances_nothing_in_common)
{
    struct auth_fixture f;
    auth_fixture_open(&f);
    struct id mine = sign_in(&f, "0501234567", AUTH_COOKIE).identity.account;
    struct id other = sign_in(&f, "0521234567", AUTH_COOKIE).identity.account;
    struct auth_pseudonym water = auth_pseudonym(f.auth, STR("water"), &mine);
    struct auth_pseudonym toll = auth_pseudonym(f.auth, STR("toll"), &mine);
    struct auth_pseudonym theirs = auth_pseudonym(f.auth, STR("water"), &other);
    cr_assert_eq(strlen(water.text), 22);
    cr_assert_str_neq(water.text, toll.text);
    cr_assert_str_neq(water.text, theirs.text);
    auth_fixture_restart(&f);
    struct auth_pseudonym again = auth_pseudonym(f.auth, STR("water"), &mine);
    cr_assert_str_eq(again.text, water.text);
    auth_fixture_close(&f);
}
