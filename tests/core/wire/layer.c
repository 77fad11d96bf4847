// SPDX-License-Identifier: Apache-2.0
#include "wire/layer.h"

#include <criterion/criterion.h>
#include <string.h>

Test(layer, names_are_read_and_written)
{
    uint32_t mask;
    struct buf names = {0};
    cr_assert_eq(layer_parse(STR("  landlock seccomp no_new_privs uts "), &mask, NULL), 0);
    cr_assert_eq(mask, LAYER_LANDLOCK | LAYER_SECCOMP | LAYER_NO_NEW_PRIVS | LAYER_UTS);
    layer_append_names(mask, &names);
    cr_assert_str_eq(names.data, "no_new_privs seccomp landlock uts");
    buf_finish(&names);
    cr_assert_eq(layer_parse(STR(""), &mask, NULL), 0);
    cr_assert_eq(mask, 0);
    layer_append_names(0, &names);
    cr_assert_str_eq(names.data, "none");
    buf_finish(&names);
}

Test(layer, a_word_that_is_no_layer_is_named_beside_those_that_are)
{
    uint32_t mask;
    struct err err;
    cr_assert_eq(layer_parse(STR("seccomp apparmor"), &mask, &err), ERR_INVALID);
    cr_assert(strstr(err.message, "\"apparmor\"") && strstr(err.message, "no_new_privs rlimits"),
              "%s", err.message);
}
