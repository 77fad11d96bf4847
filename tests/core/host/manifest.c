// SPDX-License-Identifier: Apache-2.0
#include "host/manifest.h"

#include "base/json.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

static json_t *sound(void)
{
    json_t *json =
        json_load_file(MEDINA_SOURCE_DIR "/plugins/bills/bills.json", JSON_REJECT_DUPLICATES, NULL);
    cr_assert(ne(ptr, json, NULL));
    return json;
}

static int parse(const json_t *json, struct err *err)
{
    struct manifest *manifest = NULL;
    char *text = json_dumps(json, 0);
    int rc = manifest_parse(&manifest, str_from(text), err);
    if (rc == 0)
        manifest_destroy(manifest);
    free(text);
    return rc;
}

Test(manifest, of_the_sample_plugin_is_taken)
{
    struct err err = {0};
    json_t *json = sound();
    cr_assert(eq(int, parse(json, &err), 0), "%s", err.message);
    json_decref(json);
}

// path: members and indexes to the place, NULL-ended; value: JSON put there, NULL removes it.
struct mistake {
    const char *path;
    const char *value;
    const char *place;
    const char *fix;
};

static const struct mistake mistakes[] = {
    {"/plugin", NULL, "/plugin", "missing"},
    {"/plugin", "\"Bills!\"", "/plugin", "must match"},
    {"/version", NULL, "/version", "missing"},
    {"/version", "\"1.0\"", "/version", "must match"},
    {"/version", "1", "/version", "must be of type string"},
    {"/agency", NULL, "/agency", "missing"},
    {"/agency/ar", NULL, "/agency", "missing"},
    {"/agency_id", NULL, "/agency_id", "missing"},
    {"/agency_id", "\"Coast Utility\"", "/agency_id", "must match"},
    {"/title/en", "\"\"", "/title/en", "at least 1"},
    {"/title/fr", "\"x\"", "/title/fr", "not known here; remove it"},
    {"/summary", "\"x\"", "/summary", "must be of type object"},
    {"/category", "\"wealth\"", "/category", "must be one of utilities, transport"},
    {"/keywords/en", "\"bill\"", "/keywords/en", "must be of type array"},
    {"/operations", "[]", "/operations", "at least 1 items"},
    {"/operations/0/id", "\"No Name\"", "/operations/0/id", "must match"},
    {"/operations/0/id", "\"bills\"", "/operations/1/id", "is also the id of 0"},
    {"/operations/0/title", NULL, "/operations/0/title", "missing"},
    {"/operations/0/who", "\"everybody\"", "/operations/0/who", "must be one of public, signed-in"},
    {"/operations/0/safe", "\"yes\"", "/operations/0/safe", "must be of type boolean"},
    {"/operations/0/role", "\"main\"", "/operations/0/role", "must be one of entry, step"},
    {"/operations/1/role", "\"accept\"", "/operations", "\"who\": \"host\""},
    {"/operations/0/result", "\"page\"", "/operations/0/result", "must be one of form, list"},
    {"/operations/0/cache_seconds", "-1", "/operations/0/cache_seconds", "at least 0"},
    {"/operations/0/deadline_ms", "60000", "/operations/0/deadline_ms", "at most 30000"},
    {"/operations/0/pages_replaced", "1.5", "/operations/0/pages_replaced", "type integer"},
    {"/keywords/fr", "[]", "/keywords", "fr is not known here; remove it"},
    {"/operations/0/keywords", "[\"bill\"]", "/operations/0/keywords", "must be of type object"},
    {"/needs", "[]", "/needs", "at least 1 items"},
    {"/needs", "[\"a card\"]", "/needs/0", "must be of type object"},
    {"/cost", "\"cheap\"", "/cost", "must be \"free\", an amount"},
    {"/cost", "{\"amount\": -1, \"currency\": \"AED\"}", "/cost", "an amount"},
    {"/cost", "{\"en\": \"Nothing\"}", "/cost", "or a text"},
    {"/cost", "7", "/cost", "must be of type string, object"},
    {"/takes", "{\"minutes\": 0}", "/takes", "{\"minutes\": 5}"},
    {"/takes", "{\"minutes\": 5, \"days\": 1}", "/takes", "must be {\"minutes\""},
    {"/operations/1/takes", "{\"weeks\": 2}", "/operations/1/takes", "or a text"},
    {"/operations/1/intents", "[{\"input\": {\"account\": \"2001234567\"}}]",
     "/operations/1/intents/0", "title is missing"},
    {"/operations/1/intents",
     "[{\"title\": {\"en\": \"x\", \"ar\": \"x\"}, \"input\": {\"account\": \"12\"}}]",
     "/operations/1/intents/0/input/account", "must match"},
    {"/operations/1/intents",
     "[{\"title\": {\"en\": \"x\", \"ar\": \"x\"}, \"input\": {\"colour\": \"red\"}}]",
     "/operations/1/intents/0/input", "colour is not known here"},
    {"/operations/2/intents",
     "[{\"title\": {\"en\": \"x\", \"ar\": \"x\"}, \"input\": {\"bill\": \"2026-01\"}}]",
     "/operations/2/intents", "\"role\": \"entry\""},
    {"/operations/0/colour", "1", "/operations/0/colour", "not known here; remove it"},
    {"/operations/0/input", "{\"colour\": 1}", "/operations/0/input", "colour"},
    {"/operations/1/input/properties/account", "{\"type\": \"object\"}",
     "/operations/1/input/properties/account", "flat input"},
    {"/operations/0/limit", "{\"calls\": 0, \"window_ms\": 1000}", "/operations/0/limit/calls",
     "at least 1"},
    {"/operations/0/limit", "{\"calls\": 10}", "/operations/0/limit", "window_ms is missing"},
    {"/operations/3/input/properties/account",
     "{\"type\": \"string\", \"x-medina-file\": {\"accept\": [], \"most_bytes\": 9}}",
     "/operations/3/input/properties/account", "a file is"},
    {"/operations/3/input/properties/account",
     "{\"type\": \"string\", \"x-medina-file\": {\"accept\": [\"text/html\"], \"most_bytes\": 9}}",
     "/operations/3/input/properties/account", "it accepts image/jpeg"},
    {"/operations/3/input/properties/account",
     "{\"type\": \"integer\", \"x-medina-file\": {\"accept\": [\"image/png\"], \"most_bytes\": 9}}",
     "/operations/3/input/properties/account", "\"type\": \"string\""},
    {"/operations/1/input/properties/account",
     "{\"type\": \"string\", \"x-medina-file\": {\"accept\": [\"image/png\"], \"most_bytes\": 9}}",
     "/operations/1", "people who have signed in"},
    {"/events", "[\"payment.lost\"]", "/events/0", "must be one of payment.captured"},
    {"/events", "[\"payment.captured\", \"payment.captured\"]", "/events", "repeats"},
    {"/events", NULL, "/permissions/pay", "\"events\": [\"payment.captured\"]"},
    {"/events", "[\"payment.captured\", \"upgrade.finalize\"]", "/events", "upgrade.migrate"},
    {"/permissions", NULL, "/permissions", "missing"},
    {"/limits", "{\"memory_bytes\": 1000}", "/limits/memory_bytes", "at least 8388608"},
    {"/limits", "{\"scratch_bytes\": 0}", "/limits/scratch_bytes", "at least 65536"},
    {"/limits", "{\"files\": 3}", "/limits/files", "not known here; remove it"},
    {"/permissions/http/base", "\"absent\"", "/permissions/http/base", "declare it there"},
    {"/permissions/http/token", "\"absent\"", "/permissions/http/token", "declare it there"},
    {"/permissions/kv", "{\"bytes\": 0}", "/permissions/kv/bytes", "at least 1"},
    {"/permissions/pay", "1", "/permissions/pay", "must be of type boolean"},
    {"/permissions/root", "true", "/permissions/root", "not known here; remove it"},
    {"/configuration", "{\"type\": \"thing\"}", "/configuration", "type"},
    {"/data", "\"xml\"", "/data", "must be one of geojson, json"},
    {"/colour", "1", "/colour", "not known here; remove it"},
};

static void put(json_t *json, const struct mistake *mistake)
{
    char path[128];
    snprintf(path, sizeof path, "%s", mistake->path + 1);
    char *rest = path, *name = strsep(&rest, "/");
    for (; rest; name = strsep(&rest, "/"))
        json = json_is_array(json) ? json_array_get(json, (size_t)atoi(name))
                                   : json_object_get(json, name);
    cr_assert(eq(int, json_is_object(json), 1), "%s", mistake->path);
    if (mistake->value)
        json_object_set_new(json, name, json_loads(mistake->value, JSON_DECODE_ANY, NULL));
    else
        cr_assert(eq(int, json_object_del(json, name), 0), "%s", mistake->path);
}

Test(manifest, with_a_mistake_is_refused_with_its_place_and_what_to_do)
{
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct err err = {0};
        json_t *json = sound();
        put(json, &mistakes[i]);
        int rc = parse(json, &err);
        json_decref(json);
        cr_expect(lt(int, rc, 0), "%s: %s", mistakes[i].path, mistakes[i].value);
        cr_expect(eq(int, strncmp(err.message, mistakes[i].place, strlen(mistakes[i].place)), 0),
                  "%s: \"%s\" begins with the place", mistakes[i].place, err.message);
        cr_expect(ne(ptr, strstr(err.message, mistakes[i].fix), NULL), "%s: \"%s\" says \"%s\"",
                  mistakes[i].path, err.message, mistakes[i].fix);
    }
}

Test(manifest, that_is_no_json_object_is_refused)
{
    static const char *const texts[] = {"", "{", "[]", "null", "{\"plugin\":1,\"plugin\":2}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct err err = {0};
        struct manifest *manifest = NULL;
        cr_expect(lt(int, manifest_parse(&manifest, str_from(texts[i]), &err), 0), "%s", texts[i]);
        cr_expect(ne(int, err.message[0], 0), "%s", texts[i]);
    }
}

Test(manifest, limits_over_those_of_the_host_are_named_with_the_setting)
{
    struct manifest *manifest;
    struct err err = {0};
    json_t *json = sound();
    json_object_set_new(json, "limits",
                        json_pack("{s:i, s:i}", "memory_bytes", 16 << 20, "scratch_bytes", 65536));
    char *text = json_dumps(json, 0);
    cr_assert(eq(int, manifest_parse(&manifest, str_from(text), &err), 0), "%s", err.message);
    cr_assert(eq(int, manifest_check_limits(manifest, 16 << 20, 65536, &err), 0));
    cr_assert(eq(int, manifest_check_limits(manifest, (16 << 20) - 1, 65536, &err), ERR_INVALID));
    cr_assert(ne(ptr, strstr(err.message, "/limits/memory_bytes: "), NULL));
    cr_assert(ne(ptr, strstr(err.message, "(sandbox.memory_bytes)"), NULL));
    cr_assert(eq(int, manifest_check_limits(manifest, 16 << 20, 0, &err), ERR_INVALID));
    cr_assert(ne(ptr, strstr(err.message, "/limits/scratch_bytes: "), NULL));
    manifest_destroy(manifest);
    json_decref(json);
    free(text);
}
