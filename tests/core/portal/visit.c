// SPDX-License-Identifier: Apache-2.0
#include "portal/visit.h"

#include "base/url.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static void assert_next(const char *given, const char *expected)
{
    struct arena arena = {0};
    struct visit visit = {.arena = &arena};
    char *next = (char *)visit_safe_next(&visit, given ? str_from(given) : (struct str){0});
    cr_expect(eq(str, next, (char *)expected), "%s", given ? given : "absent");
    arena_finish(&arena);
}

Test(visit, a_page_of_ours_is_where_one_goes_after_signing_in)
{
    assert_next("/account", "/account");
    assert_next("/", "/");
    assert_next("/pay?item=instance%3Dwater%26item%3D1", "/pay?item=instance%3Dwater%26item%3D1");
}

Test(visit, no_other_site_is)
{
    static const char *const others[] = {
        NULL,          "",        "https://evil.example", "//evil.example", "/\\evil.example",
        "javascript:", "account", "/a\r\nlocation: x",    "/a b",           "/\t/evil.example",
        "/\xC2\xA0x"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_next(others[i], "/");
}

Test(visit, an_endless_address_is_not_carried_along)
{
    char path[2000] = "/";
    memset(path + 1, 'a', sizeof path - 2);
    path[sizeof path - 1] = '\0';
    assert_next(path, "/");
}

Test(visit, an_item_of_the_basket_survives_its_address)
{
    struct buf query = {0};
    struct arena arena = {0};
    visit_append_item(&query, (struct purchase_item){STR("water"), STR("a&b=c"), 0});
    visit_append_item(&query, (struct purchase_item){STR("toll"), STR("1.2"), 500});
    struct str rest = buf_str(&query), name, value;
    cr_assert(eq(int, url_next_pair(&rest, &arena, &name, &value), 1));
    cr_expect(str_is(url_find_pair(value, "item", &arena), "a&b=c"));
    cr_expect(url_find_pair(value, "amount", &arena).data == NULL);
    cr_assert(eq(int, url_next_pair(&rest, &arena, &name, &value), 1));
    cr_expect(str_is(url_find_pair(value, "instance", &arena), "toll"));
    cr_expect(str_is(url_find_pair(value, "amount", &arena), "500"));
    arena_finish(&arena);
    buf_finish(&query);
}
