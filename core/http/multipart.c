// SPDX-License-Identifier: Apache-2.0
#include "http/multipart.h"

#include <string.h>

enum { MOST_BOUNDARY = 70, MOST_HEAD = 2048 };

// The value of a parameter of a header field ("; name=value" or "; name=\"value\""); data NULL when
// there is none. Browsers write a quote within a name as %22, so a quoted value has no escapes.
static struct str parameter(struct str field, const char *wanted)
{
    str_cut(&field, ';');
    while (field.data && field.size) {
        struct str name = str_trim(str_cut(&field, '='));
        struct str value = {0};
        if (field.data && field.size && field.data[0] == '"') {
            field = str_from_offset(field, 1);
            value = str_cut(&field, '"');
            str_cut(&field, ';');
        } else {
            value = str_trim(str_cut(&field, ';'));
        }
        if (str_equal_ignoring_case(name, str_from(wanted)))
            return value.data ? value : STR("");
    }
    return (struct str){0};
}

static struct str type_of(struct str content_type)
{
    return str_trim(str_cut(&content_type, ';'));
}

bool multipart_is(struct str content_type)
{
    struct str boundary = parameter(content_type, "boundary");
    return str_equal_ignoring_case(type_of(content_type), STR("multipart/form-data")) &&
           boundary.size > 0 && boundary.size <= MOST_BOUNDARY;
}

static const char *find(struct str text, struct str wanted)
{
    return text.size ? memmem(text.data, text.size, wanted.data, wanted.size) : NULL;
}

static bool skip(struct str *text, struct str wanted)
{
    if (!str_starts(*text, wanted))
        return false;
    *text = str_from_offset(*text, wanted.size);
    return true;
}

// "--boundary" at the place that comes next.
static bool skip_delimiter(struct multipart *multipart)
{
    return skip(&multipart->rest, STR("--")) && skip(&multipart->rest, multipart->boundary);
}

bool multipart_begin(struct multipart *multipart, struct str content_type, struct str body)
{
    *multipart = (struct multipart){body, parameter(content_type, "boundary")};
    return multipart_is(content_type) && skip_delimiter(multipart);
}

// One line of a part's head; the lines end with CR LF.
static bool read_field(struct str line, struct multipart_part *part)
{
    struct str value = line;
    struct str name = str_trim(str_cut(&value, ':'));
    value = str_trim(value);
    if (str_equal_ignoring_case(name, STR("content-disposition"))) {
        part->name = parameter(value, "name");
        part->filename = parameter(value, "filename");
        return str_equal_ignoring_case(type_of(value), STR("form-data")) && part->name.size > 0;
    }
    if (str_equal_ignoring_case(name, STR("content-type")))
        part->type = value;
    return !str_equal_ignoring_case(name, STR("content-transfer-encoding"));
}

static bool read_head(struct str head, struct multipart_part *part)
{
    while (head.size) {
        const char *end = find(head, STR("\r\n"));
        struct str line = {head.data, end ? (size_t)(end - head.data) : head.size};
        if (!read_field(line, part))
            return false;
        head = str_from_offset(head, line.size + (end ? 2 : 0));
    }
    return part->name.size > 0;
}

// The end of the part's body: CR LF before the next delimiter.
static const char *find_end(const struct multipart *multipart)
{
    char delimiter[MOST_BOUNDARY + 4] = "\r\n--";
    memcpy(delimiter + 4, multipart->boundary.data, multipart->boundary.size);
    return find(multipart->rest, (struct str){delimiter, 4 + multipart->boundary.size});
}

int multipart_next(struct multipart *multipart, struct multipart_part *part)
{
    *part = (struct multipart_part){0};
    if (str_starts(multipart->rest, STR("--")))
        return 0;
    if (!skip(&multipart->rest, STR("\r\n")))
        return -1;
    const char *blank = find(multipart->rest, STR("\r\n\r\n"));
    size_t head = blank ? (size_t)(blank - multipart->rest.data) : 0;
    if (!blank || head > MOST_HEAD || !read_head((struct str){multipart->rest.data, head}, part))
        return -1;
    multipart->rest = str_from_offset(multipart->rest, head + 2);
    // The blank line's own CR LF stands before the delimiter when the body is empty.
    const char *end = find_end(multipart);
    if (!end)
        return -1;
    size_t size = (size_t)(end - multipart->rest.data);
    part->body = size < 2 ? (struct str){multipart->rest.data, 0}
                          : (struct str){multipart->rest.data + 2, size - 2};
    multipart->rest = str_from_offset(multipart->rest, size + 2);
    return skip_delimiter(multipart) ? 1 : -1;
}
