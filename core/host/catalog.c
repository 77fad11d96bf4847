// SPDX-License-Identifier: Apache-2.0
#include "host/catalog.h"

#include "base/crypto.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"

#include <stdlib.h>

STORE_SQL(file_add,
          "INSERT INTO plugin_file (hash, bytes) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING");
STORE_SQL(instance_set,
          "INSERT INTO plugin_instance (name, configuration, version, data, generation, previous, "
          "highest, runners, canary, share, promote_ms, settles_at) "
          "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (name) DO UPDATE "
          "SET configuration = excluded.configuration, version = excluded.version, "
          "data = excluded.data, generation = excluded.generation, previous = excluded.previous, "
          "highest = excluded.highest, runners = excluded.runners, canary = excluded.canary, "
          "share = excluded.share, promote_ms = excluded.promote_ms, "
          "settles_at = excluded.settles_at");
STORE_SQL(
    version_set,
    "INSERT INTO plugin_version (instance, version, hash, signature, configuration, quarantine) "
    "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (instance, version) DO UPDATE SET "
    "hash = excluded.hash, signature = excluded.signature, "
    "configuration = excluded.configuration, quarantine = excluded.quarantine");
STORE_SQL(version_remove, "DELETE FROM plugin_version WHERE instance = $1 AND version = $2");
STORE_SQL(versions_remove, "DELETE FROM plugin_version WHERE instance = $1");
STORE_SQL(instance_remove, "DELETE FROM plugin_instance WHERE name = $1");
STORE_SQL(files_sweep,
          "DELETE FROM plugin_file WHERE hash NOT IN (SELECT hash FROM plugin_version) "
          "AND hash NOT IN (SELECT data FROM plugin_instance)");
STORE_SQL(instance_list,
          "SELECT i.name, i.configuration, i.version, i.generation, f.bytes, i.previous, "
          "i.highest, i.runners, i.canary, i.share, i.promote_ms, i.settles_at "
          "FROM plugin_instance i LEFT JOIN plugin_file f ON f.hash = i.data ORDER BY i.name");
STORE_SQL(version_list, "SELECT v.hash, f.bytes, v.signature, v.configuration, v.quarantine "
                        "FROM plugin_version v JOIN plugin_file f ON f.hash = v.hash "
                        "WHERE v.instance = $1 ORDER BY v.version");

struct save {
    const struct catalog_instance *instance;
    const struct catalog_version *version;
    const char *data_hash;
};

static int save_instance(struct store_db *db, const struct save *save, struct err *err)
{
    const struct catalog_instance *instance = save->instance;
    int rc = 0;
    if (instance->data.size)
        rc = store_exec(db, file_add,
                        BIND(bind_string(save->data_hash),
                             bind_bytes(instance->data.data, instance->data.size)),
                        err);
    if (rc < 0)
        return rc;
    return store_exec(db, instance_set,
                      BIND(bind_string(instance->name), bind_string(instance->configuration),
                           bind_string(instance->version), bind_string(save->data_hash),
                           bind_int(instance->generation), bind_string(instance->previous),
                           bind_string(instance->highest), bind_int(instance->runners),
                           bind_string(instance->canary), bind_int(instance->share),
                           bind_int(instance->promote_ms), bind_int(instance->settles_at)),
                      err);
}

static int save_version(struct store_db *db, const struct save *save, struct err *err)
{
    const struct catalog_version *version = save->version;
    const struct bundle *bundle = version->bundle;
    int rc = store_exec(db, file_add,
                        BIND(bind_string(bundle->hash),
                             bind_bytes(bundle->bytes.data, bundle->bytes.size)),
                        err);
    if (rc < 0)
        return rc;
    return store_exec(db, version_set,
                      BIND(bind_string(save->instance->name),
                           bind_string(bundle->manifest->version), bind_string(bundle->hash),
                           bind_string(bundle->signature), bind_string(version->configuration),
                           bind_string(version->quarantine)),
                      err);
}

static int save_job(struct store_db *db, void *argument, struct err *err)
{
    const struct save *save = argument;
    int rc = save_instance(db, save, err);
    if (rc >= 0 && save->version)
        rc = save_version(db, save, err);
    if (rc >= 0)
        rc = store_exec(db, files_sweep, (struct store_values){0}, err);
    return rc < 0 ? rc : 0;
}

int catalog_save(struct store *store, const struct catalog_instance *instance,
                 const struct catalog_version *version, struct err *err)
{
    struct buf hex = {0};
    if (instance->data.size) {
        struct crypto_hash hash = crypto_sha256(instance->data);
        crypto_hex(hash.bytes, sizeof hash.bytes, &hex);
    }
    struct save save = {instance, version, hex.data ? hex.data : ""};
    int rc = store_run(store, save_job, &save, err);
    buf_finish(&hex);
    return rc;
}

struct discard {
    const char *instance;
    const char *version;
};

static int discard_job(struct store_db *db, void *argument, struct err *err)
{
    const struct discard *discard = argument;
    int rc = store_exec(db, version_remove,
                        BIND(bind_string(discard->instance), bind_string(discard->version)), err);
    if (rc >= 0)
        rc = store_exec(db, files_sweep, (struct store_values){0}, err);
    return rc < 0 ? rc : 0;
}

int catalog_discard(struct store *store, const char *instance, const char *version, struct err *err)
{
    struct discard discard = {instance, version};
    return store_run(store, discard_job, &discard, err);
}

static int remove_job(struct store_db *db, void *argument, struct err *err)
{
    struct store_value name = bind_string(argument);
    int rc = store_exec(db, versions_remove, BIND(name), err);
    if (rc >= 0)
        rc = store_exec(db, instance_remove, BIND(name), err);
    if (rc >= 0)
        rc = store_exec(db, files_sweep, (struct store_values){0}, err);
    return rc < 0 ? rc : 0;
}

int catalog_remove(struct store *store, const char *instance, struct err *err)
{
    return store_run(store, remove_job, (void *)instance, err);
}

// ---- loading ----

struct listing {
    const struct trust *trust;
    struct catalog_entry *entries;
    size_t count;
};

static char *copy_text(struct str text)
{
    return mem_copy(text.data, text.size);
}

static void read_instance(const struct store_cursor *row, struct catalog_entry *entry)
{
    struct str data = cursor_bytes(row, 4);
    *entry = (struct catalog_entry){.name = copy_text(cursor_text(row, 0)),
                                    .configuration = json_parse(cursor_text(row, 1), NULL),
                                    .version = copy_text(cursor_text(row, 2)),
                                    .generation = cursor_int(row, 3),
                                    .data = {mem_copy(data.data, data.size), data.size},
                                    .previous = copy_text(cursor_text(row, 5)),
                                    .highest = copy_text(cursor_text(row, 6)),
                                    .runners = (unsigned)cursor_int(row, 7),
                                    .canary = copy_text(cursor_text(row, 8)),
                                    .share = (unsigned)cursor_int(row, 9),
                                    .promote_ms = cursor_int(row, 10),
                                    .settles_at = cursor_int(row, 11)};
}

static int read_instances(struct store_db *db, struct listing *listing, struct err *err)
{
    struct store_cursor row;
    int rc = store_query(db, instance_list, (struct store_values){0}, &row, err);
    while (rc >= 0 && (rc = cursor_next(&row, err)) > 0) {
        listing->entries =
            mem_resize(listing->entries, (listing->count + 1) * sizeof *listing->entries);
        read_instance(&row, &listing->entries[listing->count++]);
    }
    return rc;
}

// What was taken without a signature is judged by the configuration that is in force now.
static int read_bundle(const struct store_cursor *row, const struct trust *trust,
                       struct bundle **bundle, struct err *err)
{
    char hash[65];
    struct str signature = cursor_text(row, 2);
    struct trust_claim claim = {cursor_bytes(row, 1), signature.size ? signature : (struct str){0},
                                true};
    cursor_copy(row, 0, hash, sizeof hash);
    return bundle_read_kept(bundle, &claim, hash, trust, err);
}

static void read_version(const struct store_cursor *row, const struct trust *trust,
                         struct catalog_entry *entry)
{
    struct err err;
    struct bundle *bundle;
    if (read_bundle(row, trust, &bundle, &err) < 0) {
        log_line(LOG_LEVEL_ERROR, "host", "%s: a kept file no longer reads: %s", entry->name,
                 err.message);
        return;
    }
    struct str own = cursor_text(row, 3);
    entry->known = mem_resize(entry->known, (entry->known_count + 1) * sizeof *entry->known);
    entry->known[entry->known_count++] =
        (struct catalog_known){.bundle = bundle,
                               .configuration = own.size ? json_parse(own, NULL)
                                                         : json_incref(entry->configuration),
                               .quarantine = copy_text(cursor_text(row, 4))};
}

static int read_versions(struct store_db *db, const struct trust *trust,
                         struct catalog_entry *entry, struct err *err)
{
    struct store_cursor row;
    int rc = store_query(db, version_list, BIND(bind_string(entry->name)), &row, err);
    while (rc >= 0 && (rc = cursor_next(&row, err)) > 0)
        read_version(&row, trust, entry);
    return rc;
}

static int load_job(struct store_db *db, void *argument, struct err *err)
{
    struct listing *listing = argument;
    catalog_free(listing->entries, listing->count);
    *listing = (struct listing){.trust = listing->trust};
    int rc = read_instances(db, listing, err);
    for (size_t i = 0; i < listing->count && rc >= 0; i++)
        rc = read_versions(db, listing->trust, &listing->entries[i], err);
    return rc < 0 ? rc : 0;
}

int catalog_load(struct store *store, const struct trust *trust, struct catalog_entry **entries,
                 size_t *count, struct err *err)
{
    struct listing listing = {.trust = trust};
    int rc = store_read(store, load_job, &listing, err);
    if (rc < 0) {
        catalog_free(listing.entries, listing.count);
        return rc;
    }
    *entries = listing.entries;
    *count = listing.count;
    return 0;
}

void catalog_free(struct catalog_entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct catalog_entry *entry = &entries[i];
        char *texts[] = {entry->name, entry->version, entry->previous, entry->highest,
                         entry->canary};
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
            free(texts[k]);
        json_decref(entry->configuration);
        free((void *)entry->data.data);
        for (size_t k = 0; k < entry->known_count; k++) {
            bundle_release(entry->known[k].bundle);
            json_decref(entry->known[k].configuration);
            free(entry->known[k].quarantine);
        }
        free(entry->known);
    }
    free(entries);
}
