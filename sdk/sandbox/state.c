// SPDX-License-Identifier: Apache-2.0
// The document on disk: written whole to a second file, forced out, then renamed over the first.

#include "sandbox.h"

#include "base/crypto.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int sandbox_state_load(struct sandbox *sandbox, const char *folder, struct err *err)
{
    struct buf path = {0};
    json_error_t error;
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return err_set(err, ERR_IO, "cannot make the folder %s: %s", folder, strerror(errno));
    buf_printf(&path, "%s/sandbox.json", folder);
    sandbox->state_path = buf_detach(&path);
    if (access(sandbox->state_path, F_OK) != 0) {
        sandbox->state = json_object();
        utility_seed(sandbox);
        toll_seed(sandbox);
        traffic_seed(sandbox);
        return sandbox_state_save(sandbox, err);
    }
    sandbox->state = json_load_file(sandbox->state_path, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(sandbox->state))
        return err_set(err, ERR_IO, "%s does not read: %s; remove it to begin anew",
                       sandbox->state_path, error.text);
    if (!json_object_get(sandbox->state, "fines")) // written before there were any
        traffic_seed(sandbox);
    return 0;
}

int sandbox_state_save(struct sandbox *sandbox, struct err *err)
{
    char draft[4096];
    snprintf(draft, sizeof draft, "%s.new", sandbox->state_path);
    int fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int rc = fd < 0 ? -1 : json_dumpfd(sandbox->state, fd, JSON_COMPACT);
    if (rc == 0)
        rc = fsync(fd);
    if (fd >= 0)
        close(fd);
    if (rc == 0)
        rc = rename(draft, sandbox->state_path);
    if (rc != 0)
        return err_set(err, ERR_IO, "cannot write %s: %s", sandbox->state_path, strerror(errno));
    sandbox->changed = false;
    return 0;
}

json_t *sandbox_collection(struct sandbox *sandbox, const char *name)
{
    json_t *collection = json_object_get(sandbox->state, name);
    if (!collection) {
        collection = json_object();
        json_object_set_new(sandbox->state, name, collection);
    }
    return collection;
}

void sandbox_new_id(const char *prefix, char out[40])
{
    uint8_t random[12];
    struct buf hex = {0};
    crypto_random(random, sizeof random);
    crypto_hex(random, sizeof random, &hex);
    snprintf(out, 40, "%s_%s", prefix, hex.data);
    buf_finish(&hex);
}

static const char *idempotency_name(struct sandbox_request *request)
{
    struct str key = http_request_field(request->http, "idempotency-key");
    if (!key.size)
        return NULL;
    return arena_printf(&request->http->arena, STR_FORMAT " " STR_FORMAT,
                        STR_ARGUMENTS(request->http->path), STR_ARGUMENTS(key));
}

json_t *sandbox_replay(struct sandbox_request *request)
{
    const char *name = idempotency_name(request);
    return name ? json_object_get(sandbox_collection(request->sandbox, "idempotency"), name) : NULL;
}

void sandbox_keep_answer(struct sandbox_request *request, json_t *answer)
{
    const char *name = idempotency_name(request);
    if (name)
        json_object_set_new(sandbox_collection(request->sandbox, "idempotency"), name,
                            json_deep_copy(answer));
    request->sandbox->changed = true;
}
