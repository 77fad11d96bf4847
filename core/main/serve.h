// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MAIN_SERVE_H
#define MEDINA_MAIN_SERVE_H

#include "main/daemon.h"

// The life of a host that has been made: it brings up its plugins, accepts, perhaps hands over to
// another, and stops. Everything here on the control loop.

// The upgrade and what it does to this host; before the loop runs.
void serve_prepare(struct daemon *daemon);

// A task: plugins first, then the sockets, one after the other host when there is one.
void serve_begin(void *daemon);

// Stops for good, after the requests under way; more than once is fine.
void serve_stop(struct daemon *daemon);

// Listens on a copy of that socket. ERR_IO, ERR_CONFLICT.
int serve_listen(struct http_server *server, const struct listener *listener, struct err *err);

#endif
