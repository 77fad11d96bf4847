// SPDX-License-Identifier: Apache-2.0
// What an index was made of is kept by name, not by pointer: it may be older than the snapshot it
// answers for, and then what is gone is left out.
#include "host/directory.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/url.h"

#include <pthread.h>
#include <stdlib.h>

enum { HITS = 64, SERVICES = 12, ACTIONS = 3 };

// A service stands before its actions when it answers this much better, and an action that answers
// less than this share of what the best does is left to the service's page.
static const float service_first = 1.35f, action_least = 0.5f;

struct title {
    char *instance, *operation; // operation NULL: the service
    int intent;                 // its number, -1: none
};

struct shelf {
    unsigned references;
    uint64_t snapshot;    // the newest one that it is known to agree with
    uint64_t fingerprint; // of all texts in it
    struct search_index *index;
    struct title *titles; // by document
    size_t count, capacity;
};

struct directory {
    struct lexicon *lexicon;
    struct search_limits limits;
    pthread_mutex_t mutex; // of what follows, and of the shelves' references
    struct shelf *current; // NULL: nobody has asked yet
    bool making;
};

int directory_create(struct directory **out, const struct search_limits *limits, struct err *err)
{
    struct directory *directory = mem_zero(1, sizeof *directory);
    directory->limits = *limits;
    pthread_mutex_init(&directory->mutex, NULL);
    directory->lexicon = lexicon_own(err);
    if (!directory->lexicon) {
        directory_destroy(directory);
        return ERR_INVALID;
    }
    *out = directory;
    return 0;
}

static void shelf_destroy(struct shelf *shelf)
{
    for (size_t i = 0; i < shelf->count; i++) {
        free(shelf->titles[i].instance);
        free(shelf->titles[i].operation);
    }
    free(shelf->titles);
    search_destroy(shelf->index);
    free(shelf);
}

void directory_destroy(struct directory *directory)
{
    if (!directory)
        return;
    if (directory->current)
        shelf_destroy(directory->current);
    lexicon_destroy(directory->lexicon);
    pthread_mutex_destroy(&directory->mutex);
    free(directory);
}

// ---- what is loaded, in words ----

static void mix(uint64_t *hash, const char *text)
{
    for (; text && *text; text++)
        *hash = (*hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    *hash = (*hash ^ 0xFF) * UINT64_C(1099511628211);
}

static void mix_json(uint64_t *hash, const json_t *value)
{
    const char *name;
    json_t *member;
    size_t index;
    if (json_is_string(value))
        mix(hash, json_string_value(value));
    json_object_foreach((json_t *)value, name, member) mix_json(hash, member);
    if (json_is_array(value))
        json_array_foreach((json_t *)value, index, member) mix_json(hash, member);
}

// Snapshots also change when a process ends or begins; their words are mostly the same ones.
static uint64_t fingerprint_of(const struct snapshot *snapshot)
{
    static const char *const own[] = {"title", "summary", "agency", "keywords", "category"};
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct route *route = &snapshot->routes[i];
        mix(&hash, route->instance);
        mix(&hash, route->bundle->hash);
        for (size_t k = 0; k < sizeof own / sizeof *own; k++)
            mix_json(&hash, json_object_get(route->configuration, own[k]));
    }
    return hash;
}

static void add_json(struct search_builder *builder, enum search_field field, const json_t *value)
{
    const char *name;
    json_t *member;
    size_t index;
    if (json_is_string(value))
        search_add_text(builder, field,
                        (struct str){json_string_value(value), json_string_length(value)});
    json_object_foreach((json_t *)value, name, member) add_json(builder, field, member);
    if (json_is_array(value))
        json_array_foreach((json_t *)value, index, member) add_json(builder, field, member);
}

static void begin(struct shelf *shelf, struct search_builder *builder, struct title title)
{
    if (shelf->count == shelf->capacity) {
        shelf->capacity = shelf->capacity ? 2 * shelf->capacity : 64;
        shelf->titles = mem_resize(shelf->titles, shelf->capacity * sizeof *shelf->titles);
    }
    shelf->titles[shelf->count++] =
        (struct title){mem_string(title.instance), mem_string(title.operation), title.intent};
    search_add_document(builder);
}

static void add_service(struct shelf *shelf, struct search_builder *builder,
                        const struct route *route)
{
    begin(shelf, builder, (struct title){(char *)route->instance, NULL, -1});
    add_json(builder, SEARCH_TITLE, route_text(route, "title"));
    add_json(builder, SEARCH_KEYWORDS, route_text(route, "keywords"));
    add_json(builder, SEARCH_SUMMARY, route_text(route, "summary"));
    add_json(builder, SEARCH_AGENCY, route_text(route, "agency"));
    add_json(builder, SEARCH_AGENCY,
             json_object_get(route->bundle->manifest->document, "category"));
}

static void add_around(struct search_builder *builder, const struct route *route)
{
    add_json(builder, SEARCH_AROUND, route_text(route, "title"));
    add_json(builder, SEARCH_AROUND_KEYWORDS, route_text(route, "keywords"));
    add_json(builder, SEARCH_AGENCY, route_text(route, "agency"));
}

static void add_operation(struct shelf *shelf, struct search_builder *builder,
                          const struct route *route, const struct operation *operation)
{
    struct title title = {(char *)route->instance, (char *)operation->id, -1};
    const json_t *intents = json_object_get(operation->document, "intents");
    begin(shelf, builder, title);
    add_json(builder, SEARCH_TITLE, json_object_get(operation->document, "title"));
    add_json(builder, SEARCH_KEYWORDS, json_object_get(operation->document, "keywords"));
    add_json(builder, SEARCH_SUMMARY, json_object_get(operation->document, "summary"));
    add_around(builder, route);
    for (size_t i = 0; i < json_array_size(intents); i++) {
        const json_t *intent = json_array_get(intents, i);
        title.intent = (int)i;
        begin(shelf, builder, title);
        add_json(builder, SEARCH_TITLE, json_object_get(intent, "title"));
        add_json(builder, SEARCH_KEYWORDS, json_object_get(intent, "keywords"));
        add_around(builder, route);
    }
}

static struct shelf *make_shelf(const struct directory *directory, const struct snapshot *snapshot,
                                uint64_t fingerprint)
{
    struct shelf *shelf = mem_zero(1, sizeof *shelf);
    struct search_builder *builder = search_begin(directory->lexicon);
    shelf->references = 1;
    shelf->snapshot = snapshot->number;
    shelf->fingerprint = fingerprint;
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct route *route = &snapshot->routes[i];
        const struct manifest *manifest = route->bundle->manifest;
        add_service(shelf, builder, route);
        for (size_t k = 0; k < manifest->operation_count; k++)
            if (manifest->operations[k].role == ROLE_ENTRY &&
                manifest->operations[k].who <= WHO_VERIFIED)
                add_operation(shelf, builder, route, &manifest->operations[k]);
    }
    shelf->index = search_finish(builder);
    return shelf;
}

// ---- one for all loops ----

static void shelf_release(struct directory *directory, struct shelf *shelf)
{
    pthread_mutex_lock(&directory->mutex);
    bool last = shelf && --shelf->references == 0;
    pthread_mutex_unlock(&directory->mutex);
    if (last)
        shelf_destroy(shelf);
}

// Under the mutex: the one to go by, held; NULL when this caller is to make it.
static struct shelf *take_current(struct directory *directory, const struct snapshot *snapshot)
{
    struct shelf *shelf = directory->current;
    if (!shelf || (shelf->snapshot < snapshot->number && !directory->making))
        return NULL;
    shelf->references++;
    return shelf;
}

// Makes the new one, unless the words are those of the one before.
static struct shelf *renew(struct directory *directory, const struct snapshot *snapshot)
{
    struct shelf *before = directory->current; // only who makes one replaces it
    uint64_t fingerprint = fingerprint_of(snapshot);
    bool same = before && before->fingerprint == fingerprint;
    struct shelf *shelf = same ? before : make_shelf(directory, snapshot, fingerprint);
    pthread_mutex_lock(&directory->mutex);
    directory->making = false;
    directory->current = shelf;
    shelf->snapshot = snapshot->number;
    shelf->references++;
    pthread_mutex_unlock(&directory->mutex);
    if (!same)
        shelf_release(directory, before);
    return shelf;
}

static struct shelf *shelf_for(struct directory *directory, const struct snapshot *snapshot)
{
    pthread_mutex_lock(&directory->mutex);
    struct shelf *shelf = take_current(directory, snapshot);
    bool first = !shelf && !directory->current;
    if (!shelf && !first)
        directory->making = true;
    if (first) { // others have nothing to go on with: they wait these few milliseconds
        shelf = make_shelf(directory, snapshot, fingerprint_of(snapshot));
        directory->current = shelf;
        shelf->references++;
    }
    pthread_mutex_unlock(&directory->mutex);
    return shelf ? shelf : renew(directory, snapshot);
}

// ---- answers ----

struct finding {
    struct directory_entry entry;
    float score;
    bool own; // something of the query is in its own words
};

// What was found of one service.
struct group {
    const struct route *route;
    float service; // its own score
    struct finding actions[ACTIONS];
    size_t count;
};

static bool resolve(const struct title *title, const struct snapshot *snapshot,
                    struct directory_entry *entry)
{
    *entry = (struct directory_entry){.route = snapshot_find(snapshot, str_from(title->instance))};
    if (!entry->route || !title->operation)
        return entry->route;
    entry->operation =
        manifest_operation(entry->route->bundle->manifest, str_from(title->operation));
    if (entry->operation && title->intent >= 0)
        entry->intent = json_array_get(json_object_get(entry->operation->document, "intents"),
                                       (size_t)title->intent);
    return entry->operation && (title->intent < 0 || entry->intent);
}

static void collect(struct group *groups, size_t *count, const struct finding *finding)
{
    size_t at = 0;
    while (at < *count && groups[at].route != finding->entry.route)
        at++;
    if (at == SERVICES)
        return;
    struct group *group = &groups[at];
    if (at == *count)
        groups[(*count)++] = (struct group){.route = finding->entry.route};
    if (!finding->entry.operation)
        group->service = finding->score;
    else if (group->count < ACTIONS &&
             (!group->count || finding->score >= action_least * group->actions[0].score))
        group->actions[group->count++] = *finding;
}

static void put(struct directory_answer *answer, struct directory_entry entry)
{
    if (answer->count < DIRECTORY_RESULTS)
        answer->entries[answer->count++] = entry;
}

// Whether the folded query is what the service is called.
static bool is_name(const struct route *route, const struct buf *query)
{
    const json_t *title = route_text(route, "title");
    const char *name;
    json_t *text;
    bool found = false;
    json_object_foreach((json_t *)title, name, text)
    {
        struct buf folded = {0};
        fold_append(&folded, str_from(json_string_value(text)));
        found = found || (folded.size && str_equal(buf_str(&folded), buf_str(query)));
        buf_finish(&folded);
    }
    return found;
}

// The action first, the service's page below it, then what else can be done there.
static void put_group(struct directory_answer *answer, const struct group *group,
                      const struct buf *query)
{
    struct directory_entry service = {.route = group->route};
    const struct finding *action = group->count ? &group->actions[0] : NULL;
    bool leads = !action || !action->own || is_name(group->route, query) ||
                 group->service > service_first * action->score;
    if (leads)
        put(answer, service);
    for (size_t i = 0; i < group->count; i++) {
        put(answer, group->actions[i].entry);
        if (i == 0 && !leads)
            put(answer, service);
    }
}

void directory_search(struct directory *directory, const struct snapshot *snapshot,
                      struct str query, struct directory_answer *answer)
{
    struct shelf *shelf = shelf_for(directory, snapshot);
    struct search_hit hits[HITS];
    struct search_answer found = {.hits = hits, .capacity = HITS};
    struct group groups[SERVICES];
    size_t count = 0;
    search_find(shelf->index, query, &directory->limits, &found);
    for (size_t i = 0; i < found.count; i++) {
        struct finding finding = {.score = hits[i].score, .own = hits[i].own};
        if (resolve(&shelf->titles[hits[i].document], snapshot, &finding.entry))
            collect(groups, &count, &finding);
    }
    *answer =
        (struct directory_answer){.cut = found.cut, .words = found.words, .unknown = found.unknown};
    struct buf folded = {0};
    fold_append(&folded, fold_cut(query, directory->limits.query_bytes));
    for (size_t i = 0; i < count; i++)
        put_group(answer, &groups[i], &folded);
    buf_finish(&folded);
    shelf_release(directory, shelf);
}

static void append_value(struct buf *out, const json_t *value)
{
    struct buf text = {0};
    if (json_is_string(value))
        buf_append_text(&text, json_string_value(value));
    else
        json_append_canonical(&text, value); // true, 12
    url_encode(buf_str(&text), out);
    buf_finish(&text);
}

const char *directory_path(const struct directory_entry *entry, struct arena *arena)
{
    const char *name;
    json_t *value;
    struct buf path = {0};
    buf_append_texts(&path, "/", entry->route->instance, NULL);
    if (entry->operation)
        buf_append_texts(&path, "/", entry->operation->id, NULL);
    char mark = '?';
    json_object_foreach(json_object_get(entry->intent, "input"), name, value)
    {
        buf_append_char(&path, mark);
        url_encode(str_from(name), &path);
        buf_append_char(&path, '=');
        append_value(&path, value);
        mark = '&';
    }
    const char *kept = arena_string(arena, buf_str(&path));
    buf_finish(&path);
    return kept;
}
