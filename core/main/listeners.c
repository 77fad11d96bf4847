// SPDX-License-Identifier: Apache-2.0
#include "main/listeners.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const role_names[] = {"lock", "admin", "metrics", "gateway"};
static const char loopback[] = "127.0.0.1";

const char *listener_role_name(enum listener_role role)
{
    return role_names[role];
}

bool listener_role_from(const char *name, enum listener_role *out)
{
    for (unsigned i = 0; name && i < sizeof role_names / sizeof *role_names; i++)
        if (strcmp(name, role_names[i]) == 0) {
            *out = (enum listener_role)i;
            return true;
        }
    return false;
}

const struct listener *listeners_find(const struct listeners *listeners, enum listener_role role,
                                      unsigned index)
{
    for (unsigned i = 0; i < listeners->count; i++)
        if (listeners->at[i].role == role && index-- == 0)
            return &listeners->at[i];
    return NULL;
}

int listener_copy(const struct listener *listener, int *fd, struct err *err)
{
    *fd = fcntl(listener->fd, F_DUPFD_CLOEXEC, 0);
    return *fd >= 0 ? 0 : err_set(err, ERR_IO, "no descriptor for a socket: %s", strerror(errno));
}

static void add(struct listeners *listeners, const struct listener *listener)
{
    listeners->at[listeners->count++] = *listener;
}

// ---- each kind ----

static char *path_in(const char *folder, const char *name)
{
    struct buf path = {0};
    buf_printf(&path, "%s/%s", folder, name);
    return buf_detach(&path);
}

// One host a folder: before anything in it is touched. The lock goes with the process, or on to the
// host that takes over: it belongs to the open file, not to who opened it (flock(2)).
static int lock_folder(struct listeners *listeners, const char *data, struct err *err)
{
    struct listener lock = {.role = LISTENER_LOCK};
    char *path = path_in(data, "medinad.lock");
    int rc = 0;
    lock.fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock.fd < 0)
        rc = err_set(err, ERR_IO, "cannot open %s: %s", path, strerror(errno));
    else if (flock(lock.fd, LOCK_EX | LOCK_NB) != 0)
        rc = err_set(err, ERR_CONFLICT, "another medinad runs in %s; stop it, or set paths.data",
                     data);
    free(path);
    if (rc == 0)
        add(listeners, &lock);
    else if (lock.fd >= 0)
        close(lock.fd);
    return rc;
}

static bool is_same_folder(const struct listener *lock, const char *data)
{
    struct stat held, wanted;
    char *path = path_in(data, "medinad.lock");
    bool same = fstat(lock->fd, &held) == 0 && stat(path, &wanted) == 0 &&
                held.st_dev == wanted.st_dev && held.st_ino == wanted.st_ino;
    free(path);
    return same;
}

static int bind_tcp(struct listeners *listeners, enum listener_role role, const char *address,
                    unsigned port, struct err *err)
{
    struct listener listener = {.role = role, .port = port};
    snprintf(listener.address, sizeof listener.address, "%s", address);
    int rc = http_bind(address, &listener.port, &listener.fd, err);
    if (rc == 0)
        add(listeners, &listener);
    return rc;
}

static int bind_admin(struct listeners *listeners, struct err *err)
{
    struct listener listener = {.role = LISTENER_ADMIN};
    int rc = http_bind_unix(listeners->socket_path, &listener.fd, err);
    if (rc == 0)
        add(listeners, &listener);
    return rc;
}

// SO_REUSEPORT lets a second program of ours share the port in silence; a probe without it tells.
static int bind_gateways(struct listeners *listeners, const struct listeners_plan *plan,
                         struct err *err)
{
    bool fresh = !listeners_find(listeners, LISTENER_GATEWAY, 0);
    int rc = fresh && plan->port ? http_port_free(plan->address, plan->port, err) : 0;
    while (rc == 0 && !listeners_find(listeners, LISTENER_GATEWAY, plan->gateways - 1)) {
        const struct listener *first = listeners_find(listeners, LISTENER_GATEWAY, 0);
        rc = bind_tcp(listeners, LISTENER_GATEWAY, plan->address, first ? first->port : plan->port,
                      err);
    }
    return rc;
}

// The folder too: without leave to pass through it nobody gets at the socket. Files in it have
// modes of their own.
static int share_admin(const struct listeners *listeners, const struct listeners_plan *plan,
                       struct err *err)
{
    gid_t group = (gid_t)plan->group;
    if (plan->group < 0)
        return 0;
    if (chown(plan->data, (uid_t)-1, group) != 0 || chmod(plan->data, 0710) != 0 ||
        chown(listeners->socket_path, (uid_t)-1, group) != 0 ||
        chmod(listeners->socket_path, 0660) != 0)
        return err_set(err, ERR_DENIED,
                       "money.approvers: cannot give %s to the group: %s; the user that runs "
                       "medinad has to be a member",
                       listeners->socket_path, strerror(errno));
    return 0;
}

// What listeners lacks of the plan.
static int bind_missing(struct listeners *listeners, const struct listeners_plan *plan,
                        struct err *err)
{
    int rc = bind_gateways(listeners, plan, err);
    if (rc == 0 && !listeners_find(listeners, LISTENER_ADMIN, 0))
        rc = bind_admin(listeners, err);
    if (rc == 0 && plan->metrics_port && !listeners_find(listeners, LISTENER_METRICS, 0))
        rc = bind_tcp(listeners, LISTENER_METRICS, loopback, plan->metrics_port, err);
    return rc < 0 ? rc : share_admin(listeners, plan, err);
}

// ---- all of them ----

int listeners_open(struct listeners *listeners, const struct listeners_plan *plan, struct err *err)
{
    *listeners = (struct listeners){.socket_path = path_in(plan->data, "medinad.sock")};
    int rc = lock_folder(listeners, plan->data, err);
    return rc < 0 ? rc : bind_missing(listeners, plan, err);
}

static bool is_wanted(const struct listener *listener, const struct listeners_plan *plan)
{
    switch (listener->role) {
    case LISTENER_GATEWAY:
        return strcmp(listener->address, plan->address) == 0 &&
               (plan->port == 0 || plan->port == listener->port);
    case LISTENER_METRICS:
        return plan->metrics_port == listener->port;
    default:
        return true;
    }
}

int listeners_take_over(struct listeners *listeners, struct listeners *inherited,
                        const struct listeners_plan *plan, struct err *err)
{
    const struct listener *lock = listeners_find(inherited, LISTENER_LOCK, 0);
    *listeners = (struct listeners){.socket_path = path_in(plan->data, "medinad.sock")};
    if (!lock || !is_same_folder(lock, plan->data))
        return err_set(err, ERR_CONFLICT,
                       "paths.data is now %s, which is not the running host's folder: that is "
                       "another city; stop the one and start the other",
                       plan->data);
    for (unsigned i = 0; i < inherited->count; i++) {
        const struct listener *listener = &inherited->at[i];
        if (is_wanted(listener, plan)) {
            add(listeners, listener);
            continue;
        }
        log_line(LOG_LEVEL_WARNING, "main", "%s port %u is no longer served: the settings changed",
                 listener->address, listener->port);
        close(listener->fd);
    }
    inherited->count = 0;
    return bind_missing(listeners, plan, err);
}

void listeners_close(struct listeners *listeners)
{
    for (unsigned i = 0; i < listeners->count; i++)
        if (listeners->at[i].role != LISTENER_LOCK && listeners->at[i].fd >= 0) {
            close(listeners->at[i].fd);
            listeners->at[i].fd = -1;
        }
}

void listeners_unlink(const struct listeners *listeners)
{
    unlink(listeners->socket_path);
}

void listeners_finish(struct listeners *listeners)
{
    listeners_close(listeners);
    free(listeners->socket_path);
}
