// SPDX-License-Identifier: Apache-2.0
#include "base/digits.h"
#include "pages/form_property.h"
#include "pages/format.h"
#include "pages/pages.h"

// What people put between digits to read them better.
static bool is_filler(char c)
{
    return c == ' ' || c == '-' || c == '\t';
}

// The ASCII digits of a number that is an identifier: account, code, phone.
static json_t *read_digits(struct str text)
{
    struct buf folded = {0};
    size_t size = 0;
    digits_fold(&folded, str_trim(text));
    for (size_t i = 0; i < folded.size; i++)
        if (!is_filler(folded.data[i]))
            folded.data[size++] = folded.data[i];
    json_t *out = json_stringn(folded.data ? folded.data : "", size);
    buf_finish(&folded);
    return out;
}

static json_t *read_money(struct str text)
{
    int64_t amount;
    if (format_read_money(text, STR("AED"), &amount))
        return json_integer(amount);
    return json_stringn(text.data, text.size);
}

static bool is_string(const struct form_property *property)
{
    const json_t *type = form_keyword(property, "type");
    return !type || (json_is_string(type) && str_is(str_from(json_string_value(type)), "string"));
}

static json_t *read_value(const struct schema *schema, const struct form_property *property,
                          const struct page_pair *pair)
{
    enum form_kind kind = property->kind;
    if (kind == FORM_MONEY)
        return read_money(pair->value);
    if ((kind == FORM_DIGITS || kind == FORM_CODE || kind == FORM_PHONE) && is_string(property))
        return read_digits(pair->value);
    if (kind == FORM_EMAIL)
        return schema_value_from_text(schema, pair->name, str_trim(pair->value));
    return schema_value_from_text(schema, pair->name, pair->value);
}

static void add(json_t *input, const char *name, bool many, json_t *value)
{
    json_t *list = many ? json_object_get(input, name) : NULL;
    if (list) {
        json_array_append_new(list, value);
        return;
    }
    if (many)
        value = json_pack("[o]", value);
    json_object_set_new(input, name, value);
}

// Pairs that the host's own parts of the page send along.
static bool is_our_own(struct str name)
{
    return str_is(name, "csrf") || str_is(name, PAGES_SWITCH);
}

json_t *pages_read_form(const struct schema *schema, const struct page_pair *pairs, size_t count)
{
    json_t *input = json_object();
    const json_t *document = schema_document(schema);
    for (size_t i = 0; i < count; i++) {
        struct form_property property;
        json_t *name = json_stringn(pairs[i].name.data, pairs[i].name.size);
        const char *text = json_string_value(name);
        if (text && !is_our_own(pairs[i].name) && str_trim(pairs[i].value).size > 0) {
            bool known = form_read_property(document, text, &property);
            json_t *value = known ? read_value(schema, &property, &pairs[i])
                                  : schema_value_from_text(schema, pairs[i].name, pairs[i].value);
            if (value)
                add(input, text, known && property.kind == FORM_CHECKBOXES, value);
        }
        json_decref(name);
    }
    return input;
}

bool pages_read_money(struct str text, struct str currency, int64_t *amount)
{
    return format_read_money(text, currency, amount);
}
