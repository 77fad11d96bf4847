// SPDX-License-Identifier: Apache-2.0
#include "host/upload.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

enum { SECRET = 22, SWEEP = 50 };

_Static_assert((int)UPLOAD_HANDLE == (int)ID_LENGTH + SECRET + 1, "an id, a secret, a NUL");

struct uploads {
    struct uploads_options options;
    struct crypto_key key;
    struct id_generator ids;
};

STORE_SQL(upload_add, "INSERT INTO upload (id, proof, account, instance, operation, field, media, "
                      "content, made, expires) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
STORE_SQL(upload_count, "SELECT count(*) FROM upload WHERE account = $1 AND expires > $2");
STORE_SQL(upload_proof, "SELECT proof, field FROM upload WHERE id = $1 AND account = $2 AND "
                        "instance = $3 AND operation = $4 AND expires > $5");
STORE_SQL(upload_read, "SELECT proof, field, media, content FROM upload WHERE id = $1 AND "
                       "account = $2 AND instance = $3 AND operation = $4 AND expires > $5");
STORE_SQL(upload_end, "UPDATE upload SET expires = $2 WHERE id = $1 AND expires > $2");
STORE_SQL(upload_sweep, "DELETE FROM upload WHERE id IN "
                        "(SELECT id FROM upload WHERE expires <= $1 LIMIT $2)");

void uploads_create(struct uploads **out, const struct uploads_options *options)
{
    struct uploads *uploads = mem_zero(1, sizeof *uploads);
    uploads->options = *options;
    uploads->key = *options->key;
    uploads->options.key = NULL;
    uploads->ids = (struct id_generator)ID_GENERATOR_INIT;
    *out = uploads;
}

void uploads_destroy(struct uploads *uploads)
{
    if (!uploads)
        return;
    crypto_wipe(&uploads->key, sizeof uploads->key);
    free(uploads);
}

size_t uploads_most(const struct uploads *uploads)
{
    return uploads->options.most_bytes;
}

// ---- handles ----

static struct str id_of(struct str handle)
{
    return (struct str){handle.data, ID_LENGTH};
}

static bool handle_is_valid(struct str handle)
{
    if (handle.size != UPLOAD_HANDLE - 1 || !id_valid(id_of(handle)))
        return false;
    for (size_t i = ID_LENGTH; i < handle.size; i++) {
        char c = handle.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return false;
    }
    return true;
}

static void make_handle(struct uploads *uploads, int64_t now, char out[UPLOAD_HANDLE])
{
    uint8_t random[16];
    struct buf secret = {0};
    struct id id = id_next(&uploads->ids, now);
    crypto_random(random, sizeof random);
    crypto_base64url(random, sizeof random, &secret);
    snprintf(out, UPLOAD_HANDLE, "%s%s", id.text, secret.data);
    buf_finish(&secret);
}

static struct crypto_hash derive(const struct uploads *uploads, struct str purpose,
                                 struct str handle)
{
    struct str parts[] = {purpose, handle};
    return crypto_keyed_hash(&uploads->key, parts, 2);
}

static struct crypto_key key_of(const struct uploads *uploads, struct str handle)
{
    struct crypto_key key;
    struct crypto_hash hash = derive(uploads, STR("upload key"), handle);
    memcpy(key.bytes, hash.bytes, sizeof key.bytes);
    crypto_wipe(&hash, sizeof hash);
    return key;
}

// What the content is sealed to, so that no row passes for another.
static struct crypto_hash context_of(const struct uploads *uploads,
                                     const struct upload_place *place, struct str field)
{
    struct str parts[] = {STR("upload context"), place->account, str_from(place->instance),
                          str_from(place->operation), field};
    return crypto_keyed_hash(&uploads->key, parts, 5);
}

// ---- taking ----

struct put_job {
    const struct uploads *uploads;
    const struct upload_place *place;
    const struct upload_field *field;
    const struct upload *upload;
    struct crypto_hash proof;
    struct str sealed;
    int64_t now;
};

static int put_job(struct store_db *db, void *argument, struct err *err)
{
    const struct put_job *job = argument;
    const struct upload_place *place = job->place;
    struct store_cursor row;
    int rc =
        store_one(db, upload_count, BIND(bind_text(place->account), bind_int(job->now)), &row, err);
    if (rc <= 0)
        return rc < 0 ? rc : err_set(err, ERR_IO, "files cannot be counted");
    int64_t count = cursor_int(&row, 0);
    cursor_finish(&row);
    if (count >= job->uploads->options.per_account)
        return err_set(err, ERR_CONFLICT, "files.per_account are waiting already");
    return store_exec(db, upload_add,
                      BIND(bind_text(id_of(str_from(job->upload->handle))),
                           bind_bytes(job->proof.bytes, sizeof job->proof.bytes),
                           bind_text(place->account), bind_string(place->instance),
                           bind_string(place->operation), bind_string(job->field->name),
                           bind_string(job->upload->media),
                           bind_bytes(job->sealed.data, job->sealed.size), bind_int(job->now),
                           bind_int(job->upload->expires)),
                      err);
}

static int check_content(const struct uploads *uploads, const struct upload_field *field,
                         const struct upload_content *content, const char **media, struct err *err)
{
    struct str declared = content->declared, type = str_trim(str_cut(&declared, ';'));
    bool says = type.size && !str_equal_ignoring_case(type, STR("application/octet-stream"));
    *media = upload_media(content->bytes);
    if (content->bytes.size > field->most_bytes ||
        content->bytes.size > uploads->options.most_bytes)
        return err_set(err, ERR_LIMIT, "the file is too large");
    if (!*media || !upload_field_accepts(field, str_from(*media)) ||
        (says && !str_equal_ignoring_case(type, str_from(*media))))
        return err_set(err, ERR_INVALID, "the file is not of a type that is taken here");
    return 0;
}

int uploads_put(struct uploads *uploads, const struct upload_place *place,
                const struct upload_field *field, const struct upload_content *content,
                struct upload *upload, struct err *err)
{
    int64_t now = clock_now(NULL);
    struct buf sealed = {0};
    int rc = check_content(uploads, field, content, &upload->media, err);
    if (rc < 0)
        return rc;
    make_handle(uploads, now, upload->handle);
    upload->expires = now + uploads->options.keep_ms;
    struct str handle = str_from(upload->handle);
    struct crypto_key key = key_of(uploads, handle);
    struct crypto_hash context = context_of(uploads, place, str_from(field->name));
    crypto_seal(&key, content->bytes, crypto_hash_str(&context), &sealed);
    crypto_wipe(&key, sizeof key);
    struct put_job job = {.uploads = uploads,
                          .place = place,
                          .field = field,
                          .upload = upload,
                          .proof = derive(uploads, STR("upload proof"), handle),
                          .sealed = buf_str(&sealed),
                          .now = now};
    rc = store_run(uploads->options.store, put_job, &job, err);
    buf_finish(&sealed);
    return rc < 0 ? rc : 0;
}

// ---- giving ----

struct find_job {
    const struct upload_place *place;
    const char *wanted; // the field; NULL: any
    struct str id;
    struct crypto_hash proof;
    int64_t now;
    struct arena *arena; // NULL: only whether it is there
    struct str field, media, sealed;
};

static struct str keep(struct arena *arena, struct str text)
{
    return (struct str){arena_string(arena, text), text.size};
}

static int find_job(struct store_db *db, void *argument, struct err *err)
{
    struct find_job *job = argument;
    struct store_cursor row;
    int rc = store_one(db, job->arena ? upload_read : upload_proof,
                       BIND(bind_text(job->id), bind_text(job->place->account),
                            bind_string(job->place->instance), bind_string(job->place->operation),
                            bind_int(job->now)),
                       &row, err);
    if (rc < 0)
        return rc;
    bool right = false;
    if (rc > 0) {
        struct str proof = cursor_bytes(&row, 0);
        right = proof.size == sizeof job->proof.bytes &&
                crypto_equal(proof.data, job->proof.bytes, proof.size) &&
                (!job->wanted || str_is(cursor_text(&row, 1), job->wanted));
        if (right && job->arena) {
            job->field = keep(job->arena, cursor_text(&row, 1));
            job->media = keep(job->arena, cursor_text(&row, 2));
            job->sealed = keep(job->arena, cursor_bytes(&row, 3));
        }
        cursor_finish(&row);
    }
    return right ? 0 : err_set(err, ERR_NOT_FOUND, "there is no such file here");
}

static int find(struct uploads *uploads, struct find_job *job, struct str handle, struct err *err)
{
    if (!handle_is_valid(handle))
        return err_set(err, ERR_NOT_FOUND, "there is no such file here");
    job->id = id_of(handle);
    job->proof = derive(uploads, STR("upload proof"), handle);
    job->now = clock_now(NULL);
    return store_read(uploads->options.store, find_job, job, err);
}

int uploads_check(struct uploads *uploads, const struct upload_place *place, const char *field,
                  struct str handle, struct err *err)
{
    struct find_job job = {.place = place, .wanted = field};
    return find(uploads, &job, handle, err);
}

int uploads_open(struct uploads *uploads, const struct upload_place *place, struct str handle,
                 struct arena *arena, struct str *content, struct str *media, struct err *err)
{
    struct find_job job = {.place = place, .arena = arena};
    int rc = find(uploads, &job, handle, err);
    if (rc < 0)
        return rc;
    struct crypto_key key = key_of(uploads, handle);
    struct crypto_hash context = context_of(uploads, place, job.field);
    char *plain = arena_alloc(arena, job.sealed.size);
    bool whole = crypto_open(&key, job.sealed, crypto_hash_str(&context), plain);
    crypto_wipe(&key, sizeof key);
    if (!whole)
        return err_set(err, ERR_IO, "a kept file is damaged");
    *content = (struct str){plain, job.sealed.size - CRYPTO_SEAL};
    *media = job.media;
    return 0;
}

// ---- ending ----

struct end_job {
    struct str id;
    int64_t at;
};

static int end_job(struct store_db *db, void *argument, struct err *err)
{
    const struct end_job *job = argument;
    return store_exec(db, upload_end, BIND(bind_text(job->id), bind_int(job->at)), err);
}

int uploads_sent(struct uploads *uploads, struct str handle, struct err *err)
{
    struct end_job job = {id_of(handle), clock_now(NULL) + uploads->options.sent_ms};
    int rc = store_run(uploads->options.store, end_job, &job, err);
    return rc < 0 ? rc : 0;
}

static int sweep_job(struct store_db *db, void *argument, struct err *err)
{
    return store_exec(db, upload_sweep, BIND(bind_int(*(const int64_t *)argument), bind_int(SWEEP)),
                      err);
}

int uploads_sweep(struct uploads *uploads, struct err *err)
{
    int64_t now = clock_now(NULL);
    int deleted = SWEEP;
    while (deleted == SWEEP)
        deleted = store_run(uploads->options.store, sweep_job, &now, err);
    return deleted < 0 ? deleted : 0;
}

STORE_SQL(upload_erase, "DELETE FROM upload WHERE account = $1");

int uploads_erase(struct store_db *db, const struct id *account, struct err *err)
{
    return store_exec(db, upload_erase, BIND(bind_text(id_str(account))), err);
}
