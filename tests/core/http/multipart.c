// SPDX-License-Identifier: Apache-2.0
#include "http/multipart.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const struct str type = {"multipart/form-data; boundary=XX", 32};

static int count(struct str content_type, struct str body)
{
    struct multipart multipart;
    struct multipart_part part;
    int parts = 0, more;
    if (!multipart_begin(&multipart, content_type, body))
        return -1;
    while ((more = multipart_next(&multipart, &part)) == 1)
        parts++;
    return more < 0 ? -1 : parts;
}

Test(multipart, a_form_with_a_text_and_a_file_is_read)
{
    struct multipart multipart;
    struct multipart_part part;
    struct str body = STR(
        "--XX\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nlong\r\nlines\r\n"
        "--XX\r\ncontent-disposition: form-data; name=\"evidence\"; "
        "filename=\"a; b=c.png\"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--X\r\n--XX--\r\n");
    cr_assert(multipart_begin(&multipart, type, body));
    cr_assert_eq(multipart_next(&multipart, &part), 1);
    cr_assert(str_is(part.name, "text"));
    cr_assert_null(part.filename.data);
    cr_assert(str_is(part.body, "long\r\nlines"));
    cr_assert_eq(multipart_next(&multipart, &part), 1);
    cr_assert(str_is(part.name, "evidence"));
    cr_assert(str_is(part.filename, "a; b=c.png"));
    cr_assert(str_is(part.type, "image/png"));
    cr_assert(str_is(part.body, "\x89PNG\r\n--X"), "what only looks like a delimiter is content");
    cr_assert_eq(multipart_next(&multipart, &part), 0);
}

Test(multipart, a_field_left_empty_and_a_file_not_chosen_have_empty_bodies)
{
    struct multipart multipart;
    struct multipart_part part;
    struct str body = STR("--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--XX\r\n"
                          "Content-Disposition: form-data; name=\"f\"; filename=\"\"\r\n"
                          "Content-Type: application/octet-stream\r\n\r\n\r\n--XX--");
    cr_assert(multipart_begin(&multipart, type, body));
    cr_assert_eq(multipart_next(&multipart, &part), 1);
    cr_assert(str_is(part.name, "a"));
    cr_assert_eq(part.body.size, 0);
    cr_assert_eq(multipart_next(&multipart, &part), 1);
    cr_assert_not_null(part.filename.data);
    cr_assert_eq(part.filename.size + part.body.size, 0);
    cr_assert_eq(multipart_next(&multipart, &part), 0);
}

Test(multipart, what_is_malformed_is_refused)
{
    static const char *const bodies[] = {
        "",
        "XX",
        "--XY\r\n",
        "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\nno end",
        "--XX\r\nContent-Disposition: form-data; name=a\r\nno blank line\r\n--XX--",
        "--XX\r\nContent-Disposition: form-data\r\n\r\nnameless\r\n--XX--",
        "--XX\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--XX--",
        "--XX\r\nContent-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: "
        "base64\r\n\r\n"
        "x\r\n--XX--",
        "--XXContent-Disposition: form-data; name=a\r\n\r\nx\r\n--XX--",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        cr_assert_eq(count(type, str_from(bodies[i])), -1, "%s", bodies[i]);
    struct str fine = STR("--XX\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--XX--");
    cr_assert_eq(count(type, fine), 1);
    cr_assert_eq(count(STR("multipart/form-data"), fine), -1, "no boundary");
    cr_assert_eq(count(STR("multipart/mixed; boundary=XX"), fine), -1);
    cr_assert_eq(count(STR("multipart/form-data; boundary="), fine), -1);
}

// Every cut of a whole form ends as a part too few or as malformed, never outside of it.
Test(multipart, a_form_cut_anywhere_is_read_within_its_bounds)
{
    struct str body = STR("--XX\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\n"
                          "Content-Type: image/png\r\n\r\nbytes\r\n--XX--\r\n");
    for (size_t size = 0; size < body.size; size++) {
        char *copy = malloc(size ? size : 1);
        memcpy(copy, body.data, size);
        int parts = count(type, (struct str){copy, size});
        cr_assert(parts == -1 || parts == 1, "%zu", size);
        free(copy);
    }
}
