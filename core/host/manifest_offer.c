// SPDX-License-Identifier: Apache-2.0
#include "host/manifest_offer.h"

#include "base/json.h"

#include <stdio.h>

enum { MOST_OF_A_UNIT = 10000 };

// {"en": "…", "ar": "…"}
static bool is_text(const json_t *value)
{
    const char *en = json_get_string(value, "en"), *ar = json_get_string(value, "ar");
    return json_object_size(value) == 2 && en && ar && en[0] && ar[0];
}

static bool is_money(const json_t *value)
{
    const char *currency = json_get_string(value, "currency");
    return json_object_size(value) == 2 && currency && strlen(currency) == 3 &&
           json_is_integer(json_object_get(value, "amount")) &&
           json_get_integer(value, "amount", -1) >= 0;
}

static bool is_duration(const json_t *value)
{
    static const char *const units[] = {"minutes", "hours", "days"};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        int64_t count = json_get_integer(value, units[i], 0);
        if (count >= 1 && count <= MOST_OF_A_UNIT)
            return json_object_size(value) == 1;
    }
    return false;
}

int manifest_check_offer(const json_t *document, const char *pointer, struct err *err)
{
    const json_t *cost = json_object_get(document, "cost");
    const json_t *takes = json_object_get(document, "takes");
    bool is_free = json_is_string(cost) && strcmp(json_string_value(cost), "free") == 0;
    if (cost && !is_free && !is_text(cost) && !is_money(cost))
        return err_set(err, ERR_INVALID,
                       "%s/cost: must be \"free\", an amount {\"amount\": 2000, \"currency\": "
                       "\"AED\"} or a text {\"en\": \"…\", \"ar\": \"…\"}",
                       pointer);
    if (takes && !is_text(takes) && !is_duration(takes))
        return err_set(err, ERR_INVALID,
                       "%s/takes: must be {\"minutes\": 5}, {\"hours\": 2}, {\"days\": 3} (1 to "
                       "%d) or a text {\"en\": \"…\", \"ar\": \"…\"}",
                       pointer, MOST_OF_A_UNIT);
    return 0;
}

// Whether the values are each what the operation takes for that member; what is missing is asked
// for in its form.
static int check_input(const struct operation *operation, const json_t *input, const char *pointer,
                       struct err *err)
{
    struct schema_faults faults = {0};
    const json_t *whole = schema_document(operation->input);
    json_t *part =
        json_pack("{s:O*, s:O*, s:b}", "properties", json_object_get(whole, "properties"), "$defs",
                  json_object_get(whole, "$defs"), "additionalProperties", 0);
    struct schema *schema = schema_compile(part, err);
    json_decref(part);
    if (!schema)
        return err_prefix(err, "%s/input", pointer);
    int rc = schema_validate(schema, input, &faults);
    if (rc < 0) {
        struct buf sentence = {0};
        if (faults.count)
            manifest_describe_fault(&faults.items[0], &sentence);
        rc = err_set(err, ERR_INVALID, "%s/input%s", pointer, sentence.data ? sentence.data : "");
        buf_finish(&sentence);
    }
    schema_faults_finish(&faults);
    schema_destroy(schema);
    return rc;
}

int manifest_check_operation_offer(const struct operation *operation, size_t index, struct err *err)
{
    char pointer[64];
    snprintf(pointer, sizeof pointer, "/operations/%zu", index);
    int rc = manifest_check_offer(operation->document, pointer, err);
    const json_t *intents = json_object_get(operation->document, "intents");
    if (rc == 0 && intents && (operation->role != ROLE_ENTRY || operation->who == WHO_HOST))
        return err_set(err, ERR_INVALID,
                       "%s/intents: only an operation that people start with (\"role\": \"entry\") "
                       "has them",
                       pointer);
    for (size_t i = 0; i < json_array_size(intents) && rc == 0; i++) {
        snprintf(pointer, sizeof pointer, "/operations/%zu/intents/%zu", index, i);
        rc = check_input(operation, json_object_get(json_array_get(intents, i), "input"), pointer,
                         err);
    }
    return rc;
}
