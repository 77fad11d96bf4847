// SPDX-License-Identifier: Apache-2.0
#include "host/upload_field.h"

#include "base/json.h"

static const struct {
    const char *media;
    struct str begin;
} kinds[] = {{"image/jpeg", {"\xFF\xD8\xFF", 3}},
             {"image/png", {"\x89PNG\r\n\x1A\n", 8}},
             {"application/pdf", {"%PDF-", 5}}};

enum { KINDS = sizeof kinds / sizeof *kinds };

const char *upload_media(struct str content)
{
    for (size_t i = 0; i < KINDS; i++)
        if (str_starts(content, kinds[i].begin))
            return kinds[i].media;
    return NULL;
}

static const json_t *properties_of(const struct operation *operation)
{
    return json_object_get(schema_document(operation->input), "properties");
}

bool upload_field_find(const struct operation *operation, const char *name,
                       struct upload_field *field)
{
    const json_t *property = json_object_get(properties_of(operation), name);
    const json_t *file = json_object_get(property, "x-medina-file");
    *field = (struct upload_field){.name = name,
                                   .accept = json_object_get(file, "accept"),
                                   .most_bytes = (size_t)json_get_integer(file, "most_bytes", 0)};
    return file != NULL;
}

bool upload_field_any(const struct operation *operation)
{
    const char *name;
    json_t *property;
    json_object_foreach((json_t *)properties_of(operation), name, property)
    {
        if (json_object_get(property, "x-medina-file"))
            return true;
    }
    return false;
}

bool upload_field_accepts(const struct upload_field *field, struct str media)
{
    struct str type = str_trim(str_cut(&media, ';'));
    for (size_t i = 0; i < json_array_size(field->accept); i++)
        if (str_equal_ignoring_case(type,
                                    str_from(json_string_value(json_array_get(field->accept, i)))))
            return true;
    return false;
}

static bool is_known(const json_t *media)
{
    for (size_t i = 0; i < KINDS; i++)
        if (json_is_string(media) && strcmp(json_string_value(media), kinds[i].media) == 0)
            return true;
    return false;
}

static int check_one(const char *name, const json_t *property, size_t index, struct err *err)
{
    const json_t *file = json_object_get(property, "x-medina-file");
    const json_t *accept = json_object_get(file, "accept");
    const char *type = json_get_string(property, "type");
    bool fine = json_is_object(file) && json_object_size(file) == 2 &&
                json_array_size(accept) > 0 && json_get_integer(file, "most_bytes", 0) > 0 &&
                type && strcmp(type, "string") == 0;
    for (size_t i = 0; i < json_array_size(accept); i++)
        fine = fine && is_known(json_array_get(accept, i));
    if (fine)
        return 0;
    return err_set(err, ERR_INVALID,
                   "/operations/%zu/input/properties/%s: a file is {\"type\": \"string\", "
                   "\"x-medina-file\": {\"accept\": […], \"most_bytes\": n}}; it accepts "
                   "image/jpeg, image/png, application/pdf",
                   index, name);
}

int upload_field_check(const struct operation *operation, size_t index, struct err *err)
{
    const char *name;
    json_t *property;
    if (!upload_field_any(operation))
        return 0;
    if (operation->safe || operation->who == WHO_PUBLIC)
        return err_set(err, ERR_INVALID,
                       "/operations/%zu: an operation that takes a file is \"safe\": false and for "
                       "people who have signed in",
                       index);
    json_object_foreach((json_t *)properties_of(operation), name, property)
    {
        int rc =
            json_object_get(property, "x-medina-file") ? check_one(name, property, index, err) : 0;
        if (rc < 0)
            return rc;
    }
    return 0;
}
