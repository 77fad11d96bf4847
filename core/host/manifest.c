// SPDX-License-Identifier: Apache-2.0
//
// Two passes: the shape, by the published schema; then what a schema cannot say (ids are unique,
// inputs compile, a safe operation's input is flat, permissions name existing members).

#include "host/manifest.h"

#include "base/json.h"
#include "base/mem.h"
#include "host/manifest_offer.h"
#include "host/upload_field.h"

#include <stdlib.h>

enum { DEFAULT_DEADLINE_MS = 5000 };

extern const char manifest_schema[], manifest_schema_end[];

// ---- words for faults ----

static void append_values(struct buf *out, const json_t *values)
{
    size_t index;
    const json_t *value;
    json_array_foreach((json_t *)values, index, value)
    {
        buf_append_text(out, index ? ", " : "");
        if (json_is_string(value))
            buf_append_text(out, json_string_value(value));
        else
            json_append_canonical(out, value);
    }
}

static void append_parameter(struct buf *out, const json_t *parameters, const char *name)
{
    const json_t *value = json_object_get(parameters, name);
    if (json_is_string(value))
        buf_append_text(out, json_string_value(value));
    else if (value)
        json_append_canonical(out, value);
}

// How each keyword reads; %s stands for the parameter named beside it.
static const struct {
    const char *keyword;
    const char *before;
    const char *parameter;
    const char *after;
} sentences[] = {
    {"required", "", "property", " is missing"},
    {"additionalProperties", "", "property", " is not known here; remove it"},
    {"minLength", "must have at least ", "limit", " characters"},
    {"maxLength", "must have at most ", "limit", " characters"},
    {"minItems", "must have at least ", "limit", " items"},
    {"maxItems", "must have at most ", "limit", " items"},
    {"minimum", "must be at least ", "limit", ""},
    {"maximum", "must be at most ", "limit", ""},
    {"pattern", "must match ", "pattern", ""},
    {"format", "must be a ", "format", ""},
    {"const", "must be ", "expected", ""},
    {"uniqueItems", "items must differ; item ", "second", " repeats an earlier one"},
};

void manifest_describe_fault(const struct schema_fault *fault, struct buf *out)
{
    buf_append_text(out, fault->pointer[0] ? fault->pointer : "/");
    buf_append_text(out, ": ");
    bool is_enum = strcmp(fault->keyword, "enum") == 0;
    if (is_enum || strcmp(fault->keyword, "type") == 0) {
        buf_append_text(out, is_enum ? "must be one of " : "must be of type ");
        append_values(out, json_object_get(fault->parameters, is_enum ? "allowed" : "expected"));
        return;
    }
    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++) {
        if (strcmp(sentences[i].keyword, fault->keyword) != 0)
            continue;
        buf_append_text(out, sentences[i].before);
        append_parameter(out, fault->parameters, sentences[i].parameter);
        buf_append_text(out, sentences[i].after);
        return;
    }
    buf_printf(out, "does not satisfy \"%s\"", fault->keyword);
}

// ---- reading ----

static int check_shape(const json_t *document, struct err *err)
{
    struct str text = {manifest_schema, (size_t)(manifest_schema_end - manifest_schema)};
    json_t *parsed = json_parse(text, err);
    struct schema *schema = parsed ? schema_compile(parsed, err) : NULL;
    json_decref(parsed);
    if (!schema)
        return err_prefix(err, "manifest.schema.json");
    struct schema_faults faults = {0};
    int rc = schema_validate(schema, document, &faults);
    if (rc < 0) {
        struct buf sentence = {0};
        if (faults.count)
            manifest_describe_fault(&faults.items[0], &sentence);
        rc = err_set(err, ERR_INVALID, "%s", sentence.data ? sentence.data : "not a manifest");
        buf_finish(&sentence);
    }
    schema_faults_finish(&faults);
    schema_destroy(schema);
    return rc;
}

static int word_index(const char *word, const char *const *words, int fallback)
{
    for (int i = 0; word && words[i]; i++)
        if (strcmp(word, words[i]) == 0)
            return i;
    return fallback;
}

// A query string has no objects: a safe operation takes scalars, and arrays of them.
static int check_flat(const struct operation *operation, size_t index, struct err *err)
{
    const char *name;
    json_t *property;
    json_t *properties = json_object_get(schema_document(operation->input), "properties");
    json_object_foreach(properties, name, property)
    {
        const char *type = json_get_string(property, "type");
        if (type && strcmp(type, "object") == 0)
            return err_set(err, ERR_INVALID,
                           "/operations/%zu/input/properties/%s: an operation marked safe takes "
                           "flat input; make it a string, number or boolean, or \"safe\": false",
                           index, name);
    }
    return 0;
}

static void read_limit(struct operation *operation)
{
    const json_t *limit = json_object_get(operation->document, "limit");
    operation->limit_calls = (unsigned)json_get_integer(limit, "calls", 0);
    operation->limit_window_ms = (uint64_t)json_get_integer(limit, "window_ms", 0);
}

static int read_operation(struct manifest *manifest, size_t index, struct err *err)
{
    static const char *const whos[] = {"public", "signed-in", "verified", "staff", "host", NULL};
    static const char *const roles[] = {"entry", "step", "due", "quote", "accept", "follow", NULL};
    const json_t *document =
        json_array_get(json_object_get(manifest->document, "operations"), index);
    struct operation *operation = &manifest->operations[index];
    *operation = (struct operation){
        .id = json_get_string(document, "id"),
        .document = document,
        .who = (enum operation_who)word_index(json_get_string(document, "who"), whos, WHO_STAFF),
        .role =
            (enum operation_role)word_index(json_get_string(document, "role"), roles, ROLE_ENTRY),
        .safe = json_get_boolean(document, "safe", false),
        .result = json_get_string(document, "result"),
        .cache_seconds = (unsigned)json_get_integer(document, "cache_seconds", 0),
        .deadline_ms = (unsigned)json_get_integer(document, "deadline_ms", DEFAULT_DEADLINE_MS)};
    for (size_t i = 0; i < index; i++)
        if (strcmp(manifest->operations[i].id, operation->id) == 0)
            return err_set(err, ERR_INVALID, "/operations/%zu/id: \"%s\" is also the id of %zu",
                           index, operation->id, i);
    operation->input = schema_compile(json_object_get(document, "input"), err);
    if (!operation->input)
        return err_prefix(err, "/operations/%zu/input", index);
    read_limit(operation);
    operation->takes_files = upload_field_any(operation);
    int rc = upload_field_check(operation, index, err);
    if (rc == 0)
        rc = manifest_check_operation_offer(operation, index, err);
    return rc == 0 && operation->safe ? check_flat(operation, index, err) : rc;
}

static int read_configuration(struct manifest *manifest, struct err *err)
{
    const json_t *document = json_object_get(manifest->document, "configuration");
    if (!document)
        return 0;
    manifest->configuration = schema_compile(document, err);
    return manifest->configuration ? 0 : err_prefix(err, "/configuration");
}

static int check_member(const struct manifest *manifest, const char *pointer, const char *name,
                        struct err *err)
{
    const json_t *properties =
        json_object_get(json_object_get(manifest->document, "configuration"), "properties");
    if (!name || json_object_get(properties, name))
        return 0;
    return err_set(err, ERR_INVALID,
                   "%s: \"%s\" is not a property of /configuration; declare it there", pointer,
                   name);
}

bool manifest_takes_event(const struct manifest *manifest, const char *kind)
{
    size_t index;
    json_t *taken;
    json_array_foreach(json_object_get(manifest->document, "events"), index, taken)
    {
        if (strcmp(json_string_value(taken), kind) == 0)
            return true;
    }
    return false;
}

static int read_permissions(struct manifest *manifest, struct err *err)
{
    const json_t *permissions = json_object_get(manifest->document, "permissions");
    const json_t *http = json_object_get(permissions, "http");
    manifest->http_base = json_get_string(http, "base");
    manifest->http_token = json_get_string(http, "token");
    manifest->kv_bytes = (uint64_t)json_get_integer(json_object_get(permissions, "kv"), "bytes", 0);
    manifest->may_link = json_get_boolean(permissions, "link", false);
    manifest->may_pay = json_get_boolean(permissions, "pay", false);
    manifest->may_publish = json_get_boolean(permissions, "live", false);
    manifest->takes_data = json_object_get(manifest->document, "data") != NULL;
    int rc = check_member(manifest, "/permissions/http/base", manifest->http_base, err);
    if (rc == 0)
        rc = check_member(manifest, "/permissions/http/token", manifest->http_token, err);
    if (rc == 0 && manifest->may_pay &&
        (!manifest_takes_event(manifest, "payment.captured") ||
         !manifest_with_role(manifest, ROLE_QUOTE)))
        rc = err_set(err, ERR_INVALID,
                     "/permissions/pay: a plugin that collects payments has an operation with "
                     "\"role\": \"quote\" and \"events\": [\"payment.captured\"]");
    const struct operation *accept = manifest_with_role(manifest, ROLE_ACCEPT);
    if (rc == 0 && accept && (!manifest->may_pay || accept->who != WHO_HOST))
        rc = err_set(err, ERR_INVALID,
                     "/operations: \"%s\" has the role \"accept\": it decides what is charged, so "
                     "it needs \"who\": \"host\" and the permission pay",
                     accept->id);
    if (rc == 0 && manifest_takes_event(manifest, "upgrade.finalize") &&
        !manifest_takes_event(manifest, "upgrade.migrate"))
        rc = err_set(err, ERR_INVALID,
                     "/events: what \"upgrade.finalize\" drops has \"upgrade.migrate\" moved "
                     "before; list it too");
    return rc;
}

static void read_limits(struct manifest *manifest)
{
    const json_t *limits = json_object_get(manifest->document, "limits");
    manifest->memory_bytes = (uint64_t)json_get_integer(limits, "memory_bytes", 0);
    manifest->scratch_bytes = (uint64_t)json_get_integer(limits, "scratch_bytes", 0);
}

static int check_limit(const char *name, uint64_t wanted, uint64_t most, struct err *err)
{
    if (wanted <= most)
        return 0;
    return err_set(err, ERR_INVALID, "/limits/%s: this host gives at most %llu (sandbox.%s)", name,
                   (unsigned long long)most, name);
}

int manifest_check_limits(const struct manifest *manifest, uint64_t memory_bytes,
                          uint64_t scratch_bytes, struct err *err)
{
    int rc = check_limit("memory_bytes", manifest->memory_bytes, memory_bytes, err);
    return rc < 0 ? rc : check_limit("scratch_bytes", manifest->scratch_bytes, scratch_bytes, err);
}

static int read_all(struct manifest *manifest, struct err *err)
{
    int rc = check_shape(manifest->document, err);
    if (rc == 0)
        rc = manifest_check_offer(manifest->document, "", err);
    if (rc < 0)
        return rc;
    manifest->plugin = json_get_string(manifest->document, "plugin");
    manifest->version = json_get_string(manifest->document, "version");
    manifest->agency_id = json_get_string(manifest->document, "agency_id");
    size_t count = json_array_size(json_object_get(manifest->document, "operations"));
    manifest->operations = mem_zero(count, sizeof *manifest->operations);
    for (size_t i = 0; i < count && rc == 0; i++) {
        manifest->operation_count = i + 1;
        rc = read_operation(manifest, i, err);
    }
    read_limits(manifest);
    if (rc == 0)
        rc = read_configuration(manifest, err);
    return rc < 0 ? rc : read_permissions(manifest, err);
}

int manifest_parse(struct manifest **out, struct str text, struct err *err)
{
    struct manifest *manifest = mem_zero(1, sizeof *manifest);
    manifest->document = json_parse(text, err);
    int rc = manifest->document ? read_all(manifest, err) : ERR_INVALID;
    if (rc < 0) {
        manifest_destroy(manifest);
        return rc;
    }
    *out = manifest;
    return 0;
}

void manifest_destroy(struct manifest *manifest)
{
    if (!manifest)
        return;
    for (size_t i = 0; i < manifest->operation_count; i++)
        schema_destroy(manifest->operations[i].input);
    schema_destroy(manifest->configuration);
    free(manifest->operations);
    json_decref(manifest->document);
    free(manifest);
}

const struct operation *manifest_operation(const struct manifest *manifest, struct str id)
{
    for (size_t i = 0; i < manifest->operation_count; i++)
        if (str_is(id, manifest->operations[i].id))
            return &manifest->operations[i];
    return NULL;
}

const struct operation *manifest_with_role(const struct manifest *manifest,
                                           enum operation_role role)
{
    for (size_t i = 0; i < manifest->operation_count; i++)
        if (manifest->operations[i].role == role)
            return &manifest->operations[i];
    return NULL;
}

// ---- versions ----

struct version_parts {
    unsigned long part[3];
};

static struct version_parts version_parts(const char *version)
{
    struct version_parts parts = {{0}};
    char *rest = (char *)version;
    for (size_t i = 0; i < 3; i++) {
        parts.part[i] = strtoul(rest, &rest, 10);
        rest += *rest == '.';
    }
    return parts;
}

int manifest_version_compare(const char *a, const char *b)
{
    struct version_parts x = version_parts(a), y = version_parts(b);
    for (size_t i = 0; i < 3; i++)
        if (x.part[i] != y.part[i])
            return x.part[i] > y.part[i] ? 1 : -1;
    return 0;
}

unsigned manifest_major(const char *version)
{
    return (unsigned)version_parts(version).part[0];
}
