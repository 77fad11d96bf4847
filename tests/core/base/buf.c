// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"

#include <criterion/criterion.h>
#include <stdlib.h>

Test(buf, appends_keep_a_terminating_nul)
{
    struct buf buf = {0};
    buf_append_text(&buf, "pay ");
    buf_append_integer(&buf, INT64_MIN);
    buf_printf(&buf, " %s", "fils");
    cr_assert_str_eq(buf.data, "pay -9223372036854775808 fils");
    buf_drop(&buf, 4);
    cr_assert_str_eq(buf.data, "-9223372036854775808 fils");
    buf_finish(&buf);
}

Test(buf, an_empty_buf_detaches_as_an_empty_string)
{
    struct buf buf = {0};
    char *text = buf_detach(&buf);
    cr_assert_str_eq(text, "");
    free(text);
}
