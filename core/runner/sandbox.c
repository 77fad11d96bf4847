// SPDX-License-Identifier: Apache-2.0
//
// The order matters: namespaces before capabilities go, ids and capabilities before the tie to the
// parent (a change of them undoes it), all that opens files before Landlock, all else before the
// filter, which would forbid it.

#include "runner/sandbox.h"

#include "runner/filter.h"
#include "runner/identity.h"
#include "runner/landlock.h"
#include "runner/limits.h"
#include "runner/scratch.h"
#include "runner/trap.h"
#include "wire/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

// Notes that a layer is on, or why it is not.
static void note(struct sandbox *box, uint32_t layer, int rc, const struct err *err)
{
    size_t used = strlen(box->trouble);
    if (rc == 0)
        box->layers |= layer;
    else
        snprintf(box->trouble + used, sizeof box->trouble - used, "%s%s", used ? "; " : "",
                 err->message);
}

// The plugin's file gets a position of its own, at the start, and cannot be written through.
static int reopen_plugin(int fd, struct err *err)
{
    char path[32];
    if (fd < 0)
        return 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int own = open(path, O_RDONLY | O_CLOEXEC);
    int rc = own >= 0 && dup3(own, fd, O_CLOEXEC) >= 0
                 ? 0
                 : err_set(err, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
    if (own >= 0)
        close(own);
    return rc;
}

static int isolate(struct sandbox *box, const struct sandbox_limits *limits, int *scratch_fd,
                   struct err *err)
{
    bool mount = limits->scratch_bytes > 0;
    int rc = 0;
    if (mount || !(limits->layers & LAYER_USER)) {
        rc = identity_isolate(mount, err);
        note(box, LAYER_USER, rc, err);
    }
    if (mount && rc == 0) {
        rc = scratch_mount(limits->scratch_bytes, scratch_fd, err);
        note(box, LAYER_MOUNT, rc, err);
    }
    if (mount && rc < 0)
        return rc;
    return identity_drop_capabilities(err);
}

static int refuse_privileges(struct err *err)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return err_set(err, ERR_UNAVAILABLE, "no_new_privs: %s", strerror(errno));
    return 0;
}

// Not dumpable: no core, and nobody of the same id reads its memory.
static int settle_identity(struct sandbox *box, struct err *err)
{
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return err_set(err, ERR_UNAVAILABLE, "prctl: %s", strerror(errno));
    note(box, LAYER_NO_NEW_PRIVS, refuse_privileges(err), err);
    return identity_tie_to_parent(WIRE_CONTROL_FD, err);
}

static int make_filters(struct sandbox *box, struct filter_program **loading, struct err *err)
{
    int rc = filter_make(FILTER_LOADING, box->scratch, loading, err);
    return rc < 0 ? rc : filter_make(FILTER_SERVING, box->scratch, &box->sealing, err);
}

static int put_filter_on(const struct filter_program *loading, struct err *err)
{
    int rc = trap_install(err);
    trap_loading(true);
    return rc < 0 ? rc : filter_load(loading, err);
}

// What may be missing: each layer stands by itself.
static void put_layers_on(struct sandbox *box, const struct sandbox_limits *limits, int scratch_fd,
                          uint64_t mapped)
{
    struct err err;
    struct filter_program *loading = NULL;
    // Made first: the limits leave no descriptor for it.
    int filters = make_filters(box, &loading, &err);
    if (filters < 0)
        note(box, LAYER_SECCOMP, filters, &err);
    int rc = landlock_close(scratch_fd, limits->landlock_abi, &box->landlock_abi, &err);
    note(box, LAYER_LANDLOCK, rc, &err);
    if (scratch_fd >= 0)
        close(scratch_fd);
    note(box, LAYER_RLIMITS, limits_apply(limits, mapped, &err), &err);
    if (filters == 0)
        note(box, LAYER_SECCOMP, put_filter_on(loading, &err), &err);
    filter_destroy(loading);
}

int sandbox_enter(struct sandbox *box, const struct sandbox_limits *limits, struct err *err)
{
    struct err unread;
    int scratch_fd = -1;
    uint64_t mapped = limits_mapped();
    if (!err)
        err = &unread;
    *box = (struct sandbox){.scratch = limits->scratch_bytes > 0};
    int rc = reopen_plugin(limits->plugin_fd, err);
    if (rc == 0)
        rc = isolate(box, limits, &scratch_fd, err);
    if (rc == 0)
        rc = settle_identity(box, err);
    if (rc == 0)
        put_layers_on(box, limits, scratch_fd, mapped);
    return rc;
}

int sandbox_seal(struct sandbox *box, struct err *err)
{
    int rc = limits_loaded(err);
    if (rc == 0 && box->layers & LAYER_SECCOMP)
        rc = filter_load(box->sealing, err);
    trap_loading(false);
    filter_destroy(box->sealing);
    box->sealing = NULL;
    return rc;
}
