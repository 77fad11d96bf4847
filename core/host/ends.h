// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_ENDS_H
#define MEDINA_HOST_ENDS_H

#include "base/err.h"
#include "wire/message.h"

// The pipe and the sockets between a host and one runner, both ends of each, before they go where
// they belong. -1 stands for what is not open, or has been handed over.

enum { ENDS_GATEWAYS = 64, ENDS_FDS = WIRE_FIRST_LOOP_FD + ENDS_GATEWAYS };

struct ends {
    unsigned gateway_count;
    // the host's
    int log;
    int control;
    int gateways[ENDS_GATEWAYS];
    // the runner's
    int log_writing;
    int pulse; // for the caller to fill
    int runner_control;
    int runner_gateways[ENDS_GATEWAYS];
};

// On failure what is open stays so, for ends_close.
int ends_open(struct ends *ends, unsigned gateways, struct err *err);

// fds[i] is what has to be descriptor i of the runner (wire/message.h says which is which).
void ends_list(const struct ends *ends, int plugin_fd, int fds[ENDS_FDS]);

void ends_close_runner(struct ends *ends);
void ends_close(struct ends *ends); // both sides

#endif
