// SPDX-License-Identifier: Apache-2.0
#include "box.h"

#include "runner/identity.h"
#include "wire/message.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_S = 30 };

static void broken(const char *why)
{
    dprintf(STDERR_FILENO, "the box is not on: %s\n", why);
    _exit(BOX_BROKEN);
}

static void place_plugin(const char *path)
{
    struct stat file;
    int to = memfd_create("plugin", 0), from = open(path, O_RDONLY);
    if (from < 0 || to < 0 || fstat(from, &file) != 0 ||
        sendfile(to, from, NULL, (size_t)file.st_size) != file.st_size ||
        (to != WIRE_PLUGIN_FD && dup2(to, WIRE_PLUGIN_FD) < 0))
        broken("no plugin");
}

// The control socket's other end lives in the parent: the host is there.
static void run_child(const struct box_trial *trial, int said, int control)
{
    struct sandbox box;
    struct err err;
    uint32_t layers = 0;
    alarm(PATIENCE_S);
    dup2(said, STDERR_FILENO);
    dup2(control, WIRE_CONTROL_FD);
    close(WIRE_PLUGIN_FD);
    close_range(WIRE_CONTROL_FD + 1, ~0U, 0);
    if (trial->plugin)
        place_plugin(trial->plugin);
    if (trial->nobody && identity_become(65534, &layers, &err) < 0)
        broken(err.message);
    struct sandbox_limits limits = {.memory_bytes =
                                        trial->memory_bytes ? trial->memory_bytes : 64 << 20,
                                    .scratch_bytes = trial->scratch_bytes,
                                    .loading_s = PATIENCE_S,
                                    .landlock_abi = trial->landlock_abi,
                                    .plugin_fd = trial->plugin ? WIRE_PLUGIN_FD : -1};
    if (sandbox_enter(&box, &limits, &err) < 0)
        broken(err.message);
    if (!(box.layers & LAYER_SECCOMP) || !(box.layers & LAYER_RLIMITS))
        broken(box.trouble);
    if (!trial->loading && sandbox_seal(&box, &err) < 0)
        broken(err.message);
    _exit(trial->attempt(trial->argument));
}

static void read_all(int fd, char *text, size_t room)
{
    size_t used = 0;
    for (ssize_t got; used + 1 < room && (got = read(fd, text + used, room - 1 - used)) > 0;)
        used += (size_t)got;
    text[used] = '\0';
}

void box_try(const struct box_trial *trial, struct box_outcome *outcome)
{
    int said[2], control[2], status;
    cr_assert_eq(pipe2(said, O_CLOEXEC), 0);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control), 0);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        close(control[1]);
        run_child(trial, said[1], control[0]);
    }
    close(said[1]);
    close(control[0]);
    read_all(said[0], outcome->said, sizeof outcome->said);
    cr_assert_eq(waitpid(child, &status, 0), child);
    close(said[0]);
    close(control[1]);
    outcome->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    outcome->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool box_has_user_namespaces(void)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(unshare(CLONE_NEWUSER) == 0 ? 0 : 1);
    cr_assert_eq(waitpid(child, &status, 0), child);
    return status == 0;
}
