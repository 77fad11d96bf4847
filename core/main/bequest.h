// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MAIN_BEQUEST_H
#define MEDINA_MAIN_BEQUEST_H

#include "base/err.h"
#include "base/json.h"
#include "main/listeners.h"

// What a host leaves to the one that replaces it, in one message on their socket: a line of JSON
// that says what is what,
//
//     {"version": 1, "sockets": [{"role": "gateway", "address": "127.0.0.1", "port": 8080}, …],
//      "serving": ["pharmacies@1.0.0", …], "leave_ms": 120000}
//
// and the descriptors it speaks of, in the same order (SCM_RIGHTS, unix(7)), the last one being the
// host's standard error.
struct bequest {
    struct listeners listeners;
    int log;         // descriptor; -1: none
    json_t *serving; // names of the plugins' versions that serve, the successor must bring them up
    uint64_t leave_ms; // a host that has handed over is gone after so long
};

// Writes it to a socket that blocks. ERR_IO, ERR_LIMIT.
int bequest_send(int fd, const struct bequest *bequest, struct err *err);

// Reads it, waiting some seconds at most; all of it is yours then. ERR_PROTOCOL, ERR_IO.
int bequest_receive(int fd, struct bequest *out, struct err *err);

// What is left in it: descriptors are closed.
void bequest_finish(struct bequest *bequest);

#endif
