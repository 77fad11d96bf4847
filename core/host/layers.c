// SPDX-License-Identifier: Apache-2.0
#include "host/layers.h"

#include <unistd.h>

enum { PROBE_MS = 10 * 1000, PROBE_BYTES = 64 * 1024 * 1024, PROBE_STOP_MS = 1000 };

static const struct {
    uint32_t layer;
    const char *advice;
} advices[] = {
    {LAYER_LANDLOCK, "boot a kernel with Landlock and with \"landlock\" in lsm="},
    {LAYER_SECCOMP, "boot a kernel with CONFIG_SECCOMP_FILTER"},
    {LAYER_UID, "start medinad as root"},
    {LAYER_USER, "allow user namespaces (sysctl user.max_user_namespaces, "
                 "kernel.unprivileged_userns_clone, and the container's seccomp profile)"},
    {LAYER_NET | LAYER_PID | LAYER_IPC | LAYER_UTS,
     "allow namespaces (sysctl user.max_*_namespaces; in a container CAP_SYS_ADMIN or user "
     "namespaces)"},
};

int layers_check(uint32_t required, uint32_t on, struct err *err)
{
    uint32_t missing = required & ~on;
    const char *advice = "look at the log for the reason";
    struct buf names = {0};
    if (!missing)
        return 0;
    for (size_t i = 0; i < sizeof advices / sizeof *advices; i++)
        if (missing & advices[i].layer) {
            advice = advices[i].advice;
            break;
        }
    layer_append_names(missing, &names);
    int rc = err_set(err, ERR_UNAVAILABLE,
                     "the sandbox has no %s, which sandbox.require asks for; %s, or take it out of "
                     "sandbox.require",
                     names.data, advice);
    buf_finish(&names);
    return rc;
}

static void ignore_exit(void *owner, const char *how)
{
    (void)owner;
    (void)how;
}

int layers_probe(struct loop *loop, const char *program, const struct process_sandbox *sandbox,
                 struct process_layers *layers, struct err *err)
{
    struct process *process;
    struct process_options options = {.loop = loop,
                                      .program = program,
                                      .name = "sandbox",
                                      .sandbox = *sandbox,
                                      .plugin_fd = -1,
                                      .exited = ignore_exit};
    struct process_start start = {.memory_bytes = PROBE_BYTES, .timeout_ms = PROBE_MS};
    *layers = (struct process_layers){0};
    int rc = process_spawn(&process, &options, NULL, err);
    if (rc < 0)
        return rc;
    rc = process_start(process, &start, err);
    *layers = process_layers(process);
    process_stop(process, PROBE_STOP_MS);
    process_destroy(process);
    return rc;
}

void layers_log(const struct process_layers *layers)
{
    const uint32_t usual = (LAYER_UTS << 1) - 1;
    struct buf line = {0}, missing = {0};
    uint32_t absent = usual & ~layers->on;
    if (geteuid() != 0)
        absent &= ~(uint32_t)LAYER_UID;
    layer_append_names(layers->on, &line);
    if (layers->on & LAYER_LANDLOCK)
        buf_printf(&line, " (Landlock ABI %u)", layers->landlock_abi);
    layer_append_names(absent, &missing);
    log_line(absent ? LOG_LEVEL_WARNING : LOG_LEVEL_INFORMATION, "host", "sandbox: %s; not on: %s",
             line.data, missing.data);
    buf_finish(&line);
    buf_finish(&missing);
}
