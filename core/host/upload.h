// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_UPLOAD_H
#define MEDINA_HOST_UPLOAD_H

#include "base/arena.h"
#include "base/crypto.h"
#include "base/id.h"
#include "host/upload_field.h"
#include "store/store.h"

// Files that citizens send with a form. A file is checked (type by its own first bytes, size), kept
// encrypted, and known to everybody by a handle: to the citizen, who gives it as the input of the
// operation, and to the plugin, which names it when it sends it to its back end. The bytes never
// enter a runner.
//
// A handle is bound to the account, instance, operation and field that it was made for; it is of no
// use to anybody or anything else. It is also half of the key: the store keeps a hash of it, so
// that what is in the database cannot be read without what the citizen has.
//
// A file that nobody uses is deleted after a while; one that has reached the back end a little
// later, so that a request whose answer was lost can be made again.

struct uploads;

struct uploads_options {
    struct store *store;
    const struct crypto_key *key; // the server's; copied
    size_t most_bytes;            // of one file, whatever the plugin would take
    unsigned per_account;         // files of one citizen at a time
    int64_t keep_ms;              // a file that is not used
    int64_t sent_ms;              // one that has reached its back end
};

void uploads_create(struct uploads **out, const struct uploads_options *options);
void uploads_destroy(struct uploads *uploads);

// Bytes that a file may have at most.
size_t uploads_most(const struct uploads *uploads);

enum { UPLOAD_HANDLE = 49 };

// Whose a file is and what it is for.
struct upload_place {
    struct str account;
    const char *instance;
    const char *operation;
};

struct upload {
    char handle[UPLOAD_HANDLE];
    const char *media;
    int64_t expires;
};

// Takes a file. declared: the type that the client gave; empty, or application/octet-stream, when
// it knew none. ERR_INVALID: not of a type that the field takes, or not of the type declared;
// ERR_LIMIT: too large; ERR_CONFLICT: the citizen has too many waiting; else the store's.
struct upload_content {
    struct str bytes;
    struct str declared;
};
int uploads_put(struct uploads *uploads, const struct upload_place *place,
                const struct upload_field *field, const struct upload_content *content,
                struct upload *upload, struct err *err);

// Whether this handle may be given for that field there: 0, ERR_NOT_FOUND (another's, for something
// else, expired, invented: all alike), or the store's.
int uploads_check(struct uploads *uploads, const struct upload_place *place, const char *field,
                  struct str handle, struct err *err);

// The file itself, in the arena; errors as uploads_check.
int uploads_open(struct uploads *uploads, const struct upload_place *place, struct str handle,
                 struct arena *arena, struct str *content, struct str *media, struct err *err);

// It has reached its back end.
int uploads_sent(struct uploads *uploads, struct str handle, struct err *err);

// Deletes what has expired. Once in the city, behind the tenure.
int uploads_sweep(struct uploads *uploads, struct err *err);

// Part of the job that deletes an account.
int uploads_erase(struct store_db *db, const struct id *account, struct err *err);

#endif
