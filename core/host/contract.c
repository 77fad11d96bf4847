// SPDX-License-Identifier: Apache-2.0
#include "host/contract.h"

#include "base/json.h"
#include "host/upload_field.h"

#include <stdio.h>

struct comparison {
    const struct manifest *before;
    const struct manifest *after;
    json_t *list;
    size_t found;
};

static void report(struct comparison *comparison, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void report(struct comparison *comparison, const char *format, ...)
{
    struct buf sentence = {0};
    va_list arguments;
    va_start(arguments, format);
    buf_vprintf(&sentence, format, arguments);
    va_end(arguments);
    json_array_append_new(comparison->list, json_stringn(sentence.data, sentence.size));
    comparison->found++;
    buf_finish(&sentence);
}

static const char *role_name(enum operation_role role)
{
    static const char *const names[] = {"entry", "step", "due", "quote", "accept", "follow"};
    return names[role];
}

static const char *who_name(enum operation_who who)
{
    static const char *const names[] = {"public", "signed-in", "verified", "staff", "host"};
    return names[who];
}

// A field that took files of a type and size takes them still, and no text becomes a file.
static void compare_file(struct comparison *comparison, const struct operation *before,
                         const struct operation *after, const char *name)
{
    struct upload_field old, fresh;
    size_t index = (size_t)(after - comparison->after->operations), kind;
    bool was = upload_field_find(before, name, &old), is = upload_field_find(after, name, &fresh);
    json_t *media;
    if (was != is) {
        report(comparison, "/operations/%zu/input/properties/%s: is %s file now, before it was %s",
               index, name, is ? "a" : "no", was ? "one" : "none");
        return;
    }
    if (fresh.most_bytes < old.most_bytes)
        report(comparison,
               "/operations/%zu/input/properties/%s/x-medina-file/most_bytes: is %zu now, before "
               "%zu",
               index, name, fresh.most_bytes, old.most_bytes);
    json_array_foreach(old.accept, kind, media)
    {
        if (!upload_field_accepts(&fresh, str_from(json_string_value(media))))
            report(comparison,
                   "/operations/%zu/input/properties/%s/x-medina-file/accept: %s is taken no "
                   "longer",
                   index, name, json_string_value(media));
    }
}

static void compare_files(struct comparison *comparison, const struct operation *before,
                          const struct operation *after)
{
    const char *name;
    json_t *property;
    json_object_foreach(json_object_get(schema_document(before->input), "properties"), name,
                        property)
    {
        if (json_object_get(json_object_get(schema_document(after->input), "properties"), name))
            compare_file(comparison, before, after, name);
    }
}

static void compare_operation(struct comparison *comparison, const struct operation *before,
                              const struct operation *after)
{
    char pointer[64];
    size_t index = (size_t)(after - comparison->after->operations);
    if (strcmp(before->result, after->result) != 0)
        report(comparison,
               "/operations/%zu/result: \"%s\" answers with \"%s\" now, before with \"%s\"", index,
               after->id, after->result, before->result);
    if (before->safe != after->safe)
        report(comparison, "/operations/%zu/safe: \"%s\" is called by %s now, before by %s", index,
               after->id, after->safe ? "GET" : "POST", before->safe ? "GET" : "POST");
    if (after->who > before->who)
        report(comparison, "/operations/%zu/who: \"%s\" is for \"%s\" now, before for \"%s\"",
               index, after->id, who_name(after->who), who_name(before->who));
    if (before->role != after->role)
        report(comparison, "/operations/%zu/role: \"%s\" is \"%s\" now, before \"%s\"", index,
               after->id, role_name(after->role), role_name(before->role));
    compare_files(comparison, before, after);
    snprintf(pointer, sizeof pointer, "/operations/%zu/input", index);
    comparison->found +=
        contract_compare_schema(schema_document(before->input), schema_document(after->input),
                                pointer, comparison->list);
}

// Money that waits for the agency's word, and data that nobody could read any more.
static void compare_permissions(struct comparison *comparison)
{
    size_t index;
    json_t *event;
    json_array_foreach(json_object_get(comparison->before->document, "events"), index, event)
    {
        const char *kind = json_string_value(event);
        if (strncmp(kind, "payment.", 8) == 0 && comparison->before->may_pay &&
            comparison->after->may_pay && !manifest_takes_event(comparison->after, kind))
            report(comparison, "/events: \"%s\" is taken no longer, though payments go on", kind);
    }
    if (comparison->before->kv_bytes && !comparison->after->kv_bytes)
        report(comparison, "/permissions/kv: the storage is given up, and what it holds with it");
}

size_t contract_compare(const struct manifest *before, const struct manifest *after, json_t *list)
{
    struct comparison comparison = {before, after, list, 0};
    for (size_t i = 0; i < before->operation_count; i++) {
        const struct operation *old = &before->operations[i];
        const struct operation *fresh = manifest_operation(after, str_from(old->id));
        if (fresh)
            compare_operation(&comparison, old, fresh);
        else
            report(&comparison, "/operations: \"%s\" is gone", old->id);
    }
    compare_permissions(&comparison);
    return comparison.found;
}
