// SPDX-License-Identifier: Apache-2.0
//
// Real runners with the template's plugin.
#include "host/process.h"

#include "host/bundle.h"
#include "host/layers.h"
#include "loop/task.h"

#include "signer.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUNNER MEDINA_BUILD_DIR "/bin/medina-runner"

enum { GATEWAYS = 2, PATIENCE_MS = 30 * 1000 };

struct scene {
    struct loop loop;
    struct process *process;
    struct process_sandbox sandbox;
    struct process_start start;
    int fds[GATEWAYS];
    char how[64]; // it ended
    struct signal ended;
    char said[4096];
    struct err err;
    int rc;
    int report; // a pipe, for a host that will be killed
};

static void on_exited(void *owner, const char *how)
{
    struct scene *scene = owner;
    snprintf(scene->how, sizeof scene->how, "%s", how);
    signal_raise(&scene->ended);
}

static void on_said(void *owner, enum log_level level, struct str line)
{
    struct scene *scene = owner;
    size_t used = strlen(scene->said);
    (void)level;
    snprintf(scene->said + used, sizeof scene->said - used, STR_FORMAT "\n", STR_ARGUMENTS(line));
}

static int spawn(struct scene *scene)
{
    struct bundle *bundle;
    int fd;
    struct str file = signer_read_file(MEDINA_BUILD_DIR "/plugins/hello.so");
    bundle = bundle_create(file);
    free((void *)file.data);
    cr_assert_eq(bundle_read_manifest(bundle, &scene->err), 0, "%s", scene->err.message);
    cr_assert_eq(bundle_memfd(bundle, &fd, &scene->err), 0);
    bundle_release(bundle);
    signal_init(&scene->ended);
    struct process_options options = {.loop = &scene->loop,
                                      .program = RUNNER,
                                      .name = "hello@1.0.0",
                                      .sandbox = scene->sandbox,
                                      .plugin_fd = fd,
                                      .gateways = GATEWAYS,
                                      .exited = on_exited,
                                      .said = on_said,
                                      .owner = scene};
    return process_spawn(&scene->process, &options, scene->fds, &scene->err);
}

static void bring_up(struct scene *scene)
{
    cr_assert_eq(spawn(scene), 0, "%s", scene->err.message);
    scene->rc = process_start(scene->process, &scene->start, &scene->err);
}

static void put_down(struct scene *scene)
{
    process_stop(scene->process, PATIENCE_MS);
    process_destroy(scene->process);
    for (int i = 0; i < GATEWAYS; i++)
        close(scene->fds[i]);
}

struct act {
    struct scene *scene;
    void (*play)(struct scene *scene);
};

static void play(void *argument)
{
    struct act *act = argument;
    act->play(act->scene);
    loop_stop(&act->scene->loop);
}

// Plays it in a task of a loop of its own.
static void on_loop(struct scene *scene, void (*function)(struct scene *scene))
{
    struct act act = {scene, function};
    memset(scene, 0, sizeof *scene);
    scene->sandbox = process_default_sandbox;
    scene->start = (struct process_start){.instance = STR("hello"),
                                          .configuration = STR("{}"),
                                          .memory_bytes = 64 << 20,
                                          .timeout_ms = PATIENCE_MS};
    cr_assert_eq(loop_init(&scene->loop, NULL), 0);
    cr_assert_eq(task_spawn(&scene->loop, play, &act), 0);
    loop_run(&scene->loop);
    loop_finish(&scene->loop);
}

static unsigned open_descriptors(void)
{
    unsigned count = 0;
    for (int fd = 0; fd < 1024; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            count++;
    return count;
}

static void start_and_stop(struct scene *scene)
{
    bring_up(scene);
    cr_assert_eq(scene->rc, 0, "%s", scene->err.message);
    struct process_layers layers = process_layers(scene->process);
    cr_assert_eq(layers.on & scene->sandbox.required, scene->sandbox.required);
    struct wire_beat beat = pulse_read(process_page(scene->process));
    cr_assert_eq(beat.turn, 1, "it has been inside the plugin to start it");
    cr_assert(!beat.busy);
    put_down(scene);
}

Test(process, starts_reports_its_layers_and_stops)
{
    struct scene scene;
    on_loop(&scene, start_and_stop);
    cr_assert_str_eq(scene.how, "", "who is asked to stop does not exit by surprise");
    cr_assert_str_eq(scene.said, "");
}

static void many(struct scene *scene)
{
    start_and_stop(scene);
    task_sleep(1); // the handles of the first close
    unsigned before = open_descriptors();
    for (int i = 0; i < 10; i++)
        start_and_stop(scene);
    task_sleep(1);
    cr_assert_eq(open_descriptors(), before);
}

Test(process, leaves_no_descriptor_and_no_process_behind)
{
    struct scene scene;
    on_loop(&scene, many);
    cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1);
    cr_assert_eq(errno, ECHILD);
}

static void kill_it(struct scene *scene)
{
    bring_up(scene);
    process_kill(scene->process);
    cr_assert(signal_wait(&scene->ended, loop_now(&scene->loop) + PATIENCE_MS));
    cr_assert_eq(process_pid(scene->process), 0);
    cr_assert_eq(pulse_read(process_page(scene->process)).turn, 1, "its pulse can still be read");
    put_down(scene);
}

Test(process, one_that_dies_is_reported_with_how)
{
    struct scene scene;
    on_loop(&scene, kill_it);
    cr_assert_str_eq(scene.how, "signal 9");
}

static void with_scratch(struct scene *scene)
{
    scene->start.scratch_bytes = 1 << 20;
    bring_up(scene);
    uint32_t on = process_layers(scene->process).on;
    if (on & LAYER_USER) {
        cr_assert_eq(scene->rc, 0, "%s", scene->err.message);
        cr_assert(on & LAYER_MOUNT);
    } else {
        cr_assert_eq(scene->rc, ERR_INVALID);
        cr_assert(strstr(scene->err.message, "namespace"), "%s", scene->err.message);
    }
    put_down(scene);
}

Test(process, a_scratch_folder_is_there_or_the_plugin_does_not_start)
{
    struct scene scene;
    on_loop(&scene, with_scratch);
}

static void probe(struct scene *scene)
{
    struct process_layers layers;
    scene->rc = layers_probe(&scene->loop, RUNNER, &scene->sandbox, &layers, &scene->err);
    cr_assert_eq(scene->rc, 0, "%s", scene->err.message);
    cr_assert_eq(layers.on & scene->sandbox.required, scene->sandbox.required);
}

Test(process, a_probe_tells_the_layers_without_a_plugin)
{
    struct scene scene;
    on_loop(&scene, probe);
}

// ---- a machine that gives no network namespaces ----

static void put_line(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        _exit(99);
    close(fd);
}

static void without_net(struct scene *scene)
{
    bring_up(scene);
    uint32_t on = process_layers(scene->process).on;
    if (scene->rc != 0 || on & LAYER_NET || !(on & LAYER_PID) || !(on & LAYER_SECCOMP))
        _exit(1);
    put_down(scene);
    scene->sandbox.required |= LAYER_NET;
    bring_up(scene);
    bool named = strstr(scene->err.message, "no net") &&
                 strstr(scene->err.message, "sandbox.require") &&
                 strstr(scene->err.message, "user.max_");
    if (scene->rc != ERR_UNAVAILABLE || !named)
        _exit(2);
    if (pulse_read(process_page(scene->process)).turn != 0)
        _exit(3); // the plugin has run
    put_down(scene);
}

// 98: user namespaces are forbidden here, so there is nothing to try.
static int host_without_net(void)
{
    char map[64];
    struct scene scene;
    unsigned id = geteuid();
    if (unshare(CLONE_NEWUSER) != 0)
        return 98;
    snprintf(map, sizeof map, "1000 %u 1", id);
    put_line("/proc/self/uid_map", map);
    put_line("/proc/sys/user/max_net_namespaces", "0");
    on_loop(&scene, without_net);
    return 0;
}

Test(process, a_missing_namespace_is_done_without_unless_it_is_required)
{
    int status;
    pid_t host = fork();
    if (host == 0)
        _exit(host_without_net());
    cr_assert_eq(waitpid(host, &status, 0), host);
    cr_assert(WIFEXITED(status));
    cr_assert(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 98, "exit %d",
              WEXITSTATUS(status));
}

// ---- a host that is killed ----

static void serve_until_killed(struct scene *scene)
{
    int pid;
    bring_up(scene);
    pid = scene->rc == 0 ? process_pid(scene->process) : -1;
    if (write(scene->report, &pid, sizeof pid) != sizeof pid)
        _exit(1);
    task_sleep(10 * PATIENCE_MS);
}

static int report_to;

static void serve(struct scene *scene)
{
    scene->report = report_to;
    serve_until_killed(scene);
}

Test(process, nothing_outlives_a_host_that_is_killed)
{
    int pipe[2], runner, status;
    struct scene scene;
    cr_assert_eq(pipe2(pipe, O_CLOEXEC), 0);
    pid_t host = fork();
    if (host == 0) {
        report_to = pipe[1];
        on_loop(&scene, serve);
        _exit(0);
    }
    cr_assert_eq(read(pipe[0], &runner, sizeof runner), (ssize_t)sizeof runner);
    cr_assert_gt(runner, 0);
    struct pollfd end = {.fd = (int)syscall(SYS_pidfd_open, runner, 0), .events = POLLIN};
    cr_assert_geq(end.fd, 0);
    // Stopped, it cannot notice that the control socket has closed: the kernel has to end it.
    syscall(SYS_pidfd_send_signal, end.fd, SIGSTOP, NULL, 0);
    kill(host, SIGKILL);
    cr_assert_eq(waitpid(host, &status, 0), host);
    cr_assert_eq(poll(&end, 1, PATIENCE_MS), 1, "the runner outlives its host");
}
