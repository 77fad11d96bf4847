// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MAIN_LISTENERS_H
#define MEDINA_MAIN_LISTENERS_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

// What a host holds of the world outside: the sockets that it listens on and the lock of its
// folder. The descriptors here are the originals: servers listen on copies of them, so that a host
// may stop accepting without the kernel's sockets being closed, and a host that takes over gets
// these.

enum { LISTENERS_GATEWAYS = 64, LISTENERS_MOST = LISTENERS_GATEWAYS + 3 };

enum listener_role { LISTENER_LOCK, LISTENER_ADMIN, LISTENER_METRICS, LISTENER_GATEWAY };

struct listeners {
    struct listener {
        enum listener_role role;
        int fd;
        char address[64]; // of a TCP socket
        unsigned port;
    } at[LISTENERS_MOST];
    unsigned count;
    char *socket_path; // of the operator's socket, removed by listeners_unlink
};

struct listeners_plan {
    const char *data; // folder of the lock and of the operator's socket
    const char *address;
    unsigned port;         // 0: any
    unsigned gateways;     // sockets that share the port
    unsigned metrics_port; // on loopback; 0: none
    int64_t group;         // whose members may connect to the operator's socket; -1: none
};

// Takes the folder's lock and binds everything. ERR_CONFLICT when another host has the folder or
// somebody the port.
int listeners_open(struct listeners *listeners, const struct listeners_plan *plan, struct err *err);

// The same for a host that takes over: what inherited holds and the plan wants is kept as it is,
// the rest is bound anew, and what the plan no longer wants is closed and logged. Inherited gateway
// sockets on the wanted port are all kept, also when the plan wants fewer: closing one of several
// resets the connections that wait in it. ERR_CONFLICT when the plan is for another folder.
int listeners_take_over(struct listeners *listeners, struct listeners *inherited,
                        const struct listeners_plan *plan, struct err *err);

// The index-th of a role, NULL when there are fewer.
const struct listener *listeners_find(const struct listeners *listeners, enum listener_role role,
                                      unsigned index);

// Another descriptor of the same socket, close-on-exec; yours. ERR_IO.
int listener_copy(const struct listener *listener, int *fd, struct err *err);

const char *listener_role_name(enum listener_role role);
bool listener_role_from(const char *name, enum listener_role *out);

// Closes the originals: with the servers' copies the sockets end and what waits is refused. The
// lock goes with the process.
void listeners_close(struct listeners *listeners);
void listeners_unlink(const struct listeners *listeners); // removes the operator's socket file
void listeners_finish(struct listeners *listeners);

#endif
