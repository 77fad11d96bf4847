// SPDX-License-Identifier: Apache-2.0
#include "host/ends.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

// Nobody opens it again to read it: a runner with a scratch folder has a path to its descriptors.
static int open_pipe(int *reading, int *writing)
{
    int pair[2];
    if (pipe2(pair, O_CLOEXEC) != 0)
        return -1;
    if (fchmod(pair[0], S_IWUSR) != 0) {
        close(pair[0]);
        close(pair[1]);
        return -1;
    }
    *reading = pair[0];
    *writing = pair[1];
    return 0;
}

static int open_pair(int *host_end, int *runner_end)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return -1;
    *host_end = pair[0];
    *runner_end = pair[1];
    return 0;
}

int ends_open(struct ends *ends, unsigned gateways, struct err *err)
{
    memset(ends, -1, sizeof *ends);
    ends->gateway_count = gateways;
    int rc = open_pipe(&ends->log, &ends->log_writing);
    if (rc == 0)
        rc = open_pair(&ends->control, &ends->runner_control);
    for (unsigned i = 0; i < gateways && rc == 0; i++)
        rc = open_pair(&ends->gateways[i], &ends->runner_gateways[i]);
    return rc == 0 ? 0 : err_set(err, ERR_IO, "no sockets for the runner: %s", strerror(errno));
}

// Standard input and output are the log too: nothing else comes to stand there by accident.
void ends_list(const struct ends *ends, int plugin_fd, int fds[ENDS_FDS])
{
    for (int i = 0; i <= WIRE_LOG_FD; i++)
        fds[i] = ends->log_writing;
    fds[WIRE_PLUGIN_FD] = plugin_fd;
    fds[WIRE_CONTROL_FD] = ends->runner_control;
    fds[WIRE_PULSE_FD] = ends->pulse;
    for (unsigned i = 0; i < ends->gateway_count; i++)
        fds[WIRE_FIRST_LOOP_FD + i] = ends->runner_gateways[i];
}

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void ends_close_runner(struct ends *ends)
{
    close_end(&ends->log_writing);
    close_end(&ends->pulse);
    close_end(&ends->runner_control);
    for (unsigned i = 0; i < ends->gateway_count; i++)
        close_end(&ends->runner_gateways[i]);
}

void ends_close(struct ends *ends)
{
    ends_close_runner(ends);
    close_end(&ends->log);
    close_end(&ends->control);
    for (unsigned i = 0; i < ends->gateway_count; i++)
        close_end(&ends->gateways[i]);
}
