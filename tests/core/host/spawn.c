// SPDX-License-Identifier: Apache-2.0
#include "host/spawn.h"

#include "wire/layer.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 30 * 1000 };

struct run {
    int status; // of exit, or 256 plus the signal
    uint32_t layers;
    char output[8192];
};

static int end_of(int pidfd)
{
    siginfo_t info;
    struct pollfd end = {.fd = pidfd, .events = POLLIN};
    cr_assert_eq(poll(&end, 1, PATIENCE_MS), 1, "it did not end");
    cr_assert_eq(waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED), 0);
    return info.si_code == CLD_EXITED ? info.si_status : 256 + info.si_status;
}

// Runs a program of the machine with its output in a pipe.
static void run(struct run *run, char *const *arguments)
{
    int out[2];
    size_t used = 0;
    struct spawned spawned;
    struct err err;
    char *environment[] = {"ONLY=this", NULL};
    cr_assert_eq(pipe2(out, O_CLOEXEC), 0);
    int fds[] = {out[1], out[1], out[1]};
    struct spawn_options options = {.program = arguments[0],
                                    .arguments = arguments,
                                    .environment = environment,
                                    .fds = fds,
                                    .fd_count = 3};
    cr_assert_eq(spawn_program(&spawned, &options, &err), 0, "%s", err.message);
    close(out[1]);
    for (ssize_t got; (got = read(out[0], run->output + used, sizeof run->output - 1 - used)) > 0;)
        used += (size_t)got;
    run->output[used] = '\0';
    run->status = end_of(spawned.pidfd);
    run->layers = spawned.layers;
    close(spawned.pidfd);
    close(out[0]);
}

static unsigned open_descriptors(void)
{
    unsigned count = 0;
    for (int fd = 0; fd < 1024; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            count++;
    return count;
}

Test(spawn, exit_status_and_signal_are_seen)
{
    struct run done;
    run(&done, (char *[]){"/bin/sh", "-c", "exit 7", NULL});
    cr_assert_eq(done.status, 7);
    // The first process of a PID namespace hears no signal that it sends itself; its child does.
    run(&done, (char *[]){"/bin/sh", "-c", "sh -c 'kill -9 $$'; exit $?", NULL});
    cr_assert_eq(done.status, 128 + SIGKILL);
}

static void refuse(const char *program, const char *why)
{
    struct spawned spawned;
    struct err err;
    int fds[] = {2, 2, 2};
    char *arguments[] = {"x", NULL}, *environment[] = {NULL};
    struct spawn_options options = {.program = program,
                                    .arguments = arguments,
                                    .environment = environment,
                                    .fds = fds,
                                    .fd_count = 3};
    unsigned before = open_descriptors();
    cr_assert_eq(spawn_program(&spawned, &options, &err), ERR_IO);
    cr_assert(strstr(err.message, program) && strstr(err.message, why), "%s", err.message);
    cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1, "no process is left");
    cr_assert_eq(errno, ECHILD);
    cr_assert_eq(open_descriptors(), before);
}

Test(spawn, a_program_that_cannot_be_started_is_an_error_and_leaves_nothing)
{
    refuse("/nowhere/medina-runner", "No such file");
    refuse("/etc/passwd", "Permission denied");
    refuse("/", "Permission denied");
}

Test(spawn, a_program_gets_its_descriptors_and_no_other)
{
    struct run done;
    int stray = open("/dev/null", O_RDONLY); // not even close-on-exec
    cr_assert_geq(stray, 0);
    run(&done, (char *[]){"/bin/ls", "/proc/self/fd", NULL});
    // The fourth is its own, of the folder that it lists.
    cr_assert_str_eq(done.output, "0\n1\n2\n3\n");
    close(stray);
}

// Standard output and error change places on the way.
static void exchange(int out, int error)
{
    struct spawned spawned;
    char *arguments[] = {"sh", "-c", "printf B; printf A >&2", NULL}, *environment[] = {NULL};
    struct spawn_options options = {.program = "/bin/sh",
                                    .arguments = arguments,
                                    .environment = environment,
                                    .fds = (int[]){0, 2, 1},
                                    .fd_count = 3};
    if (dup2(out, 1) < 0 || dup2(error, 2) < 0 || spawn_program(&spawned, &options, NULL) != 0)
        _exit(1);
    _exit(end_of(spawned.pidfd));
}

Test(spawn, descriptors_may_stand_where_others_have_to_go)
{
    int out[2], error[2], status;
    char got[3] = "";
    cr_assert_eq(pipe2(out, O_CLOEXEC), 0);
    cr_assert_eq(pipe2(error, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0)
        exchange(out[1], error[1]);
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
    cr_assert_eq(read(out[0], got, 1), 1);
    cr_assert_eq(read(error[0], got + 1, 1), 1);
    cr_assert_str_eq(got, "AB");
}

Test(spawn, a_program_has_no_environment_and_no_signals_of_the_host)
{
    struct run done;
    sigset_t blocked;
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    setenv("MEDINA_SECRET", "1", 1);
    run(&done, (char *[]){"/usr/bin/env", NULL});
    cr_assert_str_eq(done.output, "ONLY=this\n");
    run(&done, (char *[]){"/bin/grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status", NULL});
    cr_assert_str_eq(done.output, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    sigprocmask(SIG_SETMASK, NULL, &blocked);
    cr_assert(sigismember(&blocked, SIGTERM), "the host's own mask is as it was");
}

Test(spawn, what_it_says_of_namespaces_is_so)
{
    static const struct {
        uint32_t layer;
        const char *name;
    } kinds[] = {{LAYER_USER, "user"},
                 {LAYER_NET, "net"},
                 {LAYER_PID, "pid"},
                 {LAYER_IPC, "ipc"},
                 {LAYER_UTS, "uts"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char path[64], own[64] = "";
        struct run done;
        snprintf(path, sizeof path, "/proc/self/ns/%s", kinds[i].name);
        cr_assert_gt(readlink(path, own, sizeof own - 1), 0);
        run(&done, (char *[]){"/bin/readlink", "-n", path, NULL});
        cr_assert_eq(done.status, 0);
        cr_assert_eq(strcmp(done.output, own) != 0, (done.layers & kinds[i].layer) != 0, "%s",
                     kinds[i].name);
    }
}
