// SPDX-License-Identifier: Apache-2.0
// Data that moves from one version to the next (tests/e2e/plugins/notes): 1.0.0 and 1.1.0 behind
// medina/abi.h on one storage, held here, in every order that an upgrade can take.
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <jansson.h>
#include <medina/abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 2000, TEXT = 64, PIECE = 7 };

struct pair {
    char key[TEXT];
    char value[TEXT];
};

// What was asked of the host and waits for its answer: nothing nests.
struct errand {
    uint32_t call;
    uint32_t request;
    uint32_t status;
    char body[8192];
    size_t size;
};

static struct {
    struct pair pairs[ROOM]; // in order
    size_t count;
    struct errand errand;
    bool waits;
    uint32_t last_call;
    uint32_t requests;
    bool finished;
    uint32_t status;
    json_t *body;
    unsigned steps_left; // requests until the process "dies"; 0: it does not
} world;

// ---- the storage ----

static int compare_pairs(const void *a, const void *b)
{
    return strcmp(((const struct pair *)a)->key, ((const struct pair *)b)->key);
}

static struct pair *find(const char *key)
{
    struct pair wanted;
    snprintf(wanted.key, sizeof wanted.key, "%s", key);
    return bsearch(&wanted, world.pairs, world.count, sizeof wanted, compare_pairs);
}

static void copy_text(char *out, struct medina_bytes bytes)
{
    cr_assert_lt(bytes.size, TEXT);
    if (bytes.size)
        memcpy(out, bytes.data, bytes.size);
    out[bytes.size] = '\0';
}

static void put(const char *key, const char *value)
{
    struct pair *pair = find(key);
    if (!pair) {
        cr_assert_lt(world.count, ROOM);
        pair = &world.pairs[world.count++];
    }
    snprintf(pair->key, sizeof pair->key, "%s", key);
    snprintf(pair->value, sizeof pair->value, "%s", value);
    qsort(world.pairs, world.count, sizeof *world.pairs, compare_pairs);
}

static uint32_t serve(const struct medina_kv_request *ask, const char *key)
{
    struct pair *pair = find(key);
    char value[TEXT], expected[TEXT];
    copy_text(value, ask->value);
    copy_text(expected, ask->expected);
    if (ask->verb == MEDINA_KV_GET && pair) {
        world.errand.size = strlen(pair->value);
        memcpy(world.errand.body, pair->value, world.errand.size);
        return MEDINA_OK;
    }
    if (ask->verb == MEDINA_KV_COMPARE_AND_SET && strcmp(pair ? pair->value : "", expected) != 0)
        return MEDINA_CONFLICT;
    if (ask->verb == MEDINA_KV_PUT || ask->verb == MEDINA_KV_COMPARE_AND_SET) {
        put(key, value);
        return MEDINA_OK;
    }
    if (!pair)
        return MEDINA_NOT_FOUND;
    *pair = world.pairs[--world.count];
    qsort(world.pairs, world.count, sizeof *world.pairs, compare_pairs);
    return MEDINA_OK;
}

static uint32_t begin_errand(uint32_t call)
{
    cr_assert_not(world.waits);
    cr_assert_lt(world.requests, 256, "a call asks for no more than the host allows");
    world.waits = true;
    world.errand.call = call;
    world.errand.request = ++world.requests;
    world.errand.size = 0;
    return world.errand.request;
}

static uint32_t on_kv(void *context, uint32_t call, const struct medina_kv_request *ask)
{
    char key[TEXT];
    (void)context;
    uint32_t request = begin_errand(call);
    copy_text(key, ask->key);
    world.errand.status = serve(ask, key);
    return request;
}

static void add_number(size_t number)
{
    uint32_t little = (uint32_t)number;
    memcpy(world.errand.body + world.errand.size, &little, sizeof little);
    world.errand.size += sizeof little;
}

static void add_text(const char *text)
{
    memcpy(world.errand.body + world.errand.size, text, strlen(text));
    world.errand.size += strlen(text);
}

// Small pieces, so that a walk takes several.
static uint32_t on_scan(void *context, uint32_t call, const struct medina_kv_scan_request *ask)
{
    char prefix[TEXT], after[TEXT];
    unsigned given = 0;
    (void)context;
    uint32_t request = begin_errand(call);
    copy_text(prefix, ask->prefix);
    copy_text(after, ask->after);
    add_number(0);
    for (size_t i = 0; i < world.count; i++) {
        const struct pair *pair = &world.pairs[i];
        if (strncmp(pair->key, prefix, strlen(prefix)) != 0 || strcmp(pair->key, after) <= 0)
            continue;
        if (given++ == PIECE) {
            world.errand.body[0] = 1;
            break;
        }
        add_number(strlen(pair->key));
        add_number(strlen(pair->value));
        add_text(pair->key);
        add_text(pair->value);
    }
    world.errand.status = MEDINA_OK;
    return request;
}

// ---- the host ----

static void on_finish(void *context, uint32_t call, const struct medina_outcome *outcome)
{
    (void)context;
    cr_assert_eq(call, world.last_call);
    world.finished = true;
    world.status = outcome->status;
    json_decref(world.body);
    world.body =
        outcome->body.size ? json_loadb(outcome->body.data, outcome->body.size, 0, NULL) : NULL;
}

static void on_log(void *context, uint32_t level, struct medina_bytes text)
{
    (void)context, (void)level, (void)text;
}

static const void *on_extension(void *context, const char *name)
{
    static const struct medina_kv_extension kv = {sizeof kv, on_kv};
    static const struct medina_kv_scan_extension scan = {sizeof scan, on_scan};
    (void)context;
    if (strcmp(name, MEDINA_KV_EXTENSION) == 0)
        return &kv;
    return strcmp(name, MEDINA_KV_SCAN_EXTENSION) == 0 ? &scan : NULL;
}

static const struct medina_host host = {.magic = MEDINA_ABI_MAGIC,
                                        .major = MEDINA_ABI_MAJOR,
                                        .size = sizeof host,
                                        .finish = on_finish,
                                        .log = on_log,
                                        .get_extension = on_extension};

static struct medina_bytes bytes_of(const char *text)
{
    return (struct medina_bytes){text, strlen(text)};
}

static const struct medina_plugin *start(const char *path)
{
    char reason[512] = "";
    void *file = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    cr_assert(file, "%s", dlerror());
    medina_entry *entry = (medina_entry *)dlsym(file, MEDINA_ENTRY_SYMBOL);
    const struct medina_plugin *plugin = entry();
    struct medina_start_info info = {bytes_of("notes"), bytes_of("{}"), bytes_of("")};
    cr_assert_eq(plugin->start(&host, &info, reason, sizeof reason), 0, "%s", reason);
    return plugin;
}

// Answers what the call asks for until it is done, or until the process is cut short.
static bool run(const struct medina_plugin *plugin, const struct medina_call_info *info)
{
    world.finished = world.waits = false;
    world.requests = 0;
    plugin->call(info);
    while (world.waits) {
        struct errand errand = world.errand;
        world.waits = false;
        if (world.steps_left && --world.steps_left == 0) {
            plugin->cancel(info->call);
            return false;
        }
        struct medina_answer_info answer = {.status = errand.status,
                                            .text = bytes_of(""),
                                            .body = {errand.body, errand.size}};
        plugin->answered(errand.call, errand.request, &answer);
    }
    cr_assert(world.finished);
    return true;
}

static const json_t *ask(const struct medina_plugin *plugin, const char *operation,
                         const char *input)
{
    struct medina_call_info info = {.call = ++world.last_call,
                                    .budget_ms = 1000,
                                    .operation = bytes_of(operation),
                                    .input = bytes_of(input)};
    run(plugin, &info);
    return world.body;
}

static void write_note(const struct medina_plugin *plugin, const char *name, const char *text)
{
    char input[256];
    snprintf(input, sizeof input, "{\"name\": \"%s\", \"text\": \"%s\"}", name, text);
    ask(plugin, "write", input);
    cr_assert_eq(world.status, MEDINA_OK);
}

static const char *read_note(const struct medina_plugin *plugin, const char *name)
{
    char input[256];
    snprintf(input, sizeof input, "{\"name\": \"%s\"}", name);
    const char *text = json_string_value(json_object_get(ask(plugin, "read", input), "text"));
    return text ? text : "";
}

static size_t list_notes(const struct medina_plugin *plugin)
{
    return json_object_size(json_object_get(ask(plugin, "list", "{}"), "notes"));
}

// Events until the handler says that it is done, as the host sends them. False when cut short.
static bool move(const struct medina_plugin *plugin, const char *event, unsigned *steps)
{
    for (*steps = 0; *steps < 100; ++*steps) {
        struct medina_call_info info = {.call = ++world.last_call,
                                        .kind = MEDINA_CALL_EVENT,
                                        .budget_ms = 1000,
                                        .operation = bytes_of(event),
                                        .input = bytes_of("{\"from\": \"1.0.0\"}")};
        if (!run(plugin, &info))
            return false;
        cr_assert_eq(world.status, MEDINA_OK);
        if (json_is_true(json_object_get(world.body, "done")))
            return true;
    }
    cr_assert(false, "%s never ends", event);
    return false;
}

static size_t count_keys(const char *prefix)
{
    size_t count = 0;
    for (size_t i = 0; i < world.count; i++)
        count += strncmp(world.pairs[i].key, prefix, strlen(prefix)) == 0;
    return count;
}

static void fill(const struct medina_plugin *plugin, unsigned count)
{
    char name[16];
    for (unsigned i = 0; i < count; i++) {
        snprintf(name, sizeof name, "n%03u", i);
        write_note(plugin, name, name);
    }
}

static void end(const struct medina_plugin *one, const struct medina_plugin *two)
{
    one->stop();
    two->stop();
    json_decref(world.body);
}

// ---- the tests ----

Test(notes, both_versions_read_what_either_wrote_until_the_old_form_is_dropped)
{
    const struct medina_plugin *one = start(NOTES_1), *two = start(NOTES_2);
    unsigned steps;
    fill(one, 120);
    cr_assert(move(two, "upgrade.migrate", &steps));
    cr_expect_geq(steps, 2, "in more than one piece");
    cr_expect_eq(count_keys("note:"), 120, "what 1.0.0 reads is left alone");
    cr_expect_eq(count_keys("notes/"), 120);
    write_note(one, "n001", "by one");
    write_note(two, "n002", "by two");
    write_note(two, "fresh", "by two");
    for (int i = 0; i < 2; i++) {
        const struct medina_plugin *plugin = i ? two : one;
        cr_expect_str_eq(read_note(plugin, "n000"), "n000");
        cr_expect_str_eq(read_note(plugin, "n001"), "by one");
        cr_expect_str_eq(read_note(plugin, "n002"), "by two");
        cr_expect_str_eq(read_note(plugin, "fresh"), "by two");
        cr_expect_eq(list_notes(plugin), 121);
    }
    // The way back is one pointer: 1.0.0 goes on writing, 1.1.0 comes again.
    write_note(one, "n002", "by one again");
    cr_assert(move(two, "upgrade.migrate", &steps));
    cr_expect_str_eq(read_note(two, "n002"), "by one again");
    cr_assert(move(two, "upgrade.finalize", &steps));
    cr_expect_eq(count_keys("note:"), 0);
    cr_expect_eq(count_keys("notes/"), 121);
    cr_expect_str_eq(read_note(two, "n001"), "by one");
    cr_expect_str_eq(read_note(two, "n002"), "by one again");
    cr_expect_eq(list_notes(two), 121);
    write_note(two, "n003", "after");
    cr_expect_eq(count_keys("note:"), 0, "the old form is written no more");
    cr_assert(move(two, "upgrade.finalize", &steps));
    cr_expect_str_eq(read_note(two, "n003"), "after");
    end(one, two);
}

Test(notes, a_move_that_is_cut_short_anywhere_comes_out_the_same)
{
    const struct medina_plugin *one = start(NOTES_1), *two = start(NOTES_2);
    unsigned steps, cut = 0;
    fill(one, 60);
    for (unsigned after = 1; after < 120; after += 7) {
        world.steps_left = after;
        cut += !move(two, "upgrade.migrate", &steps);
        world.steps_left = 0;
        cr_assert_eq(count_keys("note:"), 60);
    }
    cr_expect_gt(cut, 5);
    cr_assert(move(two, "upgrade.migrate", &steps));
    cr_expect_eq(count_keys("notes/"), 60);
    write_note(one, "n007", "last");
    for (unsigned after = 1; after < 60; after += 3) {
        world.steps_left = after;
        cut += !move(two, "upgrade.finalize", &steps);
        world.steps_left = 0;
        cr_assert_eq(list_notes(two), 60);
        cr_assert_str_eq(read_note(two, "n007"), "last");
        cr_assert_str_eq(read_note(two, "n059"), "n059");
    }
    cr_assert(move(two, "upgrade.finalize", &steps));
    cr_expect_eq(count_keys("note:"), 0);
    cr_expect_eq(count_keys("notes/"), 60);
    cr_expect_str_eq(read_note(two, "n007"), "last");
    end(one, two);
}
