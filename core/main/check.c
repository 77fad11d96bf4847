// SPDX-License-Identifier: Apache-2.0
#include "main/check.h"

#include "base/crypto.h"
#include "base/mem.h"
#include "host/bundle.h"
#include "host/instance_check.h"
#include "host/process.h"
#include "loop/task.h"
#include "main/config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { DONE = 0, REFUSED = 1, WRONG = 2 };

static const char usage[] =
    "usage: medinad --check FILE [--config FILE] [--as NAME] [--configuration FILE]\n"
    "               [--signature FILE] [--allow-unsigned] [--json]\n";

struct check {
    // what was asked
    const char *file;
    const char *config_file;        // of the host
    const char *instance;           // NULL: the plugin's own name
    const char *configuration_file; // of the instance; NULL: {}
    const char *signature_file;     // NULL: FILE.minisig when there is one
    bool allow_unsigned;
    bool json;
    // what is there
    struct config config;
    struct buf bytes;
    struct buf signature;
    bool has_signature;
    json_t *configuration;
    struct bundle *bundle;
    json_t *steps;
    struct loop loop;
    int outcome; // of the runner's step
    struct err err;
};

// ---- telling ----

static void tell(struct check *check, const char *step, bool ok, const char *message)
{
    json_array_append_new(check->steps,
                          json_pack("{s:s, s:b, s:s}", "step", step, "ok", ok, "message", message));
    if (!check->json)
        fprintf(ok ? stdout : stderr, "%s %s: %s\n", step, ok ? "ok" : "failed", message);
    fflush(stdout);
}

static void pass(struct check *check, const char *step, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void pass(struct check *check, const char *step, const char *format, ...)
{
    struct buf text = {0};
    va_list arguments;
    va_start(arguments, format);
    buf_vprintf(&text, format, arguments);
    va_end(arguments);
    tell(check, step, true, text.data);
    buf_finish(&text);
}

static int failed(struct check *check, const char *step)
{
    tell(check, step, false, check->err.message);
    return REFUSED;
}

static int wrong(const char *format, const char *what, const char *why)
{
    fprintf(stderr, "medinad: ");
    fprintf(stderr, format, what, why);
    fprintf(stderr, "\n");
    return WRONG;
}

// ---- what was asked ----

static int explain_usage(void)
{
    fputs(usage, stderr);
    return WRONG;
}

static int read_arguments(struct check *check, int argc, char **arguments)
{
    const struct {
        const char *name;
        const char **value;
    } texts[] = {{"--config", &check->config_file},
                 {"--as", &check->instance},
                 {"--configuration", &check->configuration_file},
                 {"--signature", &check->signature_file}};
    for (int i = 0; i < argc; i++) {
        const char **value = NULL;
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
            if (strcmp(arguments[i], texts[k].name) == 0)
                value = texts[k].value;
        if (value && i + 1 < argc)
            *value = arguments[++i];
        else if (strcmp(arguments[i], "--allow-unsigned") == 0)
            check->allow_unsigned = true;
        else if (strcmp(arguments[i], "--json") == 0)
            check->json = true;
        else if (arguments[i][0] != '-' && !check->file)
            check->file = arguments[i];
        else
            return explain_usage();
    }
    return check->file ? DONE : explain_usage();
}

static int read_file(const char *path, struct buf *out)
{
    static char piece[65536];
    FILE *file = fopen(path, "re");
    if (!file)
        return wrong("cannot read %s: %s", path, strerror(errno));
    for (size_t size; (size = fread(piece, 1, sizeof piece, file)) > 0;) {
        buf_append(out, piece, size);
        if (out->size <= BUNDLE_BYTES)
            continue;
        fclose(file);
        return wrong("%s is over 64 MB%s", path, "");
    }
    bool bad = ferror(file) != 0;
    fclose(file);
    return bad ? wrong("cannot read %s: %s", path, strerror(errno)) : DONE;
}

static int read_signature(struct check *check)
{
    struct buf beside = {0};
    buf_printf(&beside, "%s.minisig", check->file);
    const char *path = check->signature_file;
    if (!path && access(beside.data, F_OK) == 0)
        path = beside.data;
    check->has_signature = path != NULL;
    int rc = path ? read_file(path, &check->signature) : DONE;
    buf_finish(&beside);
    return rc;
}

static int read_configuration(struct check *check)
{
    struct buf text = {0};
    if (!check->configuration_file) {
        check->configuration = json_object();
        return DONE;
    }
    int rc = read_file(check->configuration_file, &text);
    if (rc == DONE) {
        check->configuration = json_parse(buf_str(&text), &check->err);
        if (!json_is_object(check->configuration))
            rc = wrong("%s is not a JSON object%s", check->configuration_file, "");
    }
    buf_finish(&text);
    return rc;
}

static int read_everything(struct check *check)
{
    struct err err;
    if (config_load(&check->config, check->config_file, &err) < 0)
        return wrong("%s%s", err.message, "");
    config_find_runner(&check->config);
    int rc = read_file(check->file, &check->bytes);
    if (rc == DONE)
        rc = read_signature(check);
    return rc == DONE ? read_configuration(check) : rc;
}

// ---- the steps of a load ----

static int check_signature(struct check *check)
{
    static const char none[] = "";
    struct str text = {check->signature.data ? check->signature.data : none, check->signature.size};
    struct trust_claim claim = {.signature = check->has_signature ? text : (struct str){0},
                                .allow_unsigned = check->allow_unsigned};
    check->bundle = bundle_create(buf_str(&check->bytes));
    pass(check, "file", "%zu bytes, SHA-256 %s", check->bytes.size, check->bundle->hash);
    if (bundle_verify(check->bundle, &claim, check->config.trust, &check->err) < 0)
        return failed(check, "signature");
    const struct trust_origin *origin = &check->bundle->origin;
    if (origin->is_signed)
        pass(check, "signature", "signed by %s (key %s), \"%s\"", origin->agency, origin->key,
             origin->comment);
    else
        pass(check, "signature", "none; --allow-unsigned, which this configuration takes");
    return DONE;
}

static int check_contents(struct check *check)
{
    const struct manifest *manifest;
    if (bundle_read_manifest(check->bundle, &check->err) < 0)
        return failed(check, "manifest");
    manifest = check->bundle->manifest;
    pass(check, "manifest", "%s %s of %s, %zu operations", manifest->plugin, manifest->version,
         manifest->agency_id, manifest->operation_count);
    if (manifest_check_limits(manifest, (uint64_t)check->config.sandbox_memory_bytes,
                              (uint64_t)check->config.sandbox_scratch_bytes, &check->err) < 0)
        return failed(check, "limits");
    if (bundle_check_code(check->bundle, &check->err) < 0)
        return failed(check, "code");
    pass(check, "code", "libraries, exports and memory are as a plugin's must be");
    return DONE;
}

static int check_instance(struct check *check)
{
    const struct manifest *manifest = check->bundle->manifest;
    if (!check->instance)
        check->instance = manifest->plugin;
    if (instance_check_name(check->instance, &check->err) < 0)
        return failed(check, "instance");
    pass(check, "instance", "%s", check->instance);
    if (instance_check_configuration(manifest, check->configuration, &check->err) == 0) {
        pass(check, "configuration", "as the manifest describes it");
        return DONE;
    }
    if (!check->configuration_file) {
        struct err why = check->err;
        err_set(&check->err, why.code, "%s; name its file with --config", why.message);
    }
    return failed(check, "configuration");
}

// ---- a real runner ----

static void on_exited(void *owner, const char *how)
{
    (void)owner;
    (void)how; // process_start says that it ended; the log says how
}

static int start_runner(struct check *check)
{
    int plugin_fd, gateway_fd;
    struct process *process;
    int rc = bundle_memfd(check->bundle, &plugin_fd, &check->err);
    if (rc < 0)
        return rc;
    struct process_options options = {.loop = &check->loop,
                                      .program = check->config.runner,
                                      .name = check->instance,
                                      .plugin_fd = plugin_fd,
                                      .sandbox = config_sandbox(&check->config),
                                      .gateways = 1,
                                      .exited = on_exited};
    rc = process_spawn(&process, &options, &gateway_fd, &check->err);
    if (rc < 0)
        return rc;
    struct buf configuration = {0};
    json_append_canonical(&configuration, check->configuration);
    uint64_t limit = (uint64_t)check->config.plugin_start_ms;
    const struct manifest *manifest = check->bundle->manifest;
    uint64_t most = (uint64_t)check->config.sandbox_memory_bytes;
    struct process_start start = {.instance = str_from(check->instance),
                                  .configuration = buf_str(&configuration),
                                  .memory_bytes =
                                      manifest->memory_bytes ? manifest->memory_bytes : most,
                                  .scratch_bytes = manifest->scratch_bytes,
                                  .timeout_ms = limit};
    rc = process_start(process, &start, &check->err);
    buf_finish(&configuration);
    process_stop(process, rc < 0 ? 0 : limit);
    process_destroy(process);
    close(gateway_fd);
    return rc;
}

static void in_task(void *argument)
{
    struct check *check = argument;
    check->outcome = start_runner(check);
    loop_stop(&check->loop);
}

static int check_runner(struct check *check)
{
    signal(SIGPIPE, SIG_IGN);
    if (loop_init(&check->loop, &check->err) < 0)
        return failed(check, "runner");
    check->outcome = err_set(&check->err, ERR_IO, "no memory for the check");
    task_spawn(&check->loop, in_task, check);
    loop_run(&check->loop);
    loop_finish(&check->loop);
    if (check->outcome < 0)
        return failed(check, "runner");
    pass(check, "runner", "loaded, started and passed its self-test");
    return DONE;
}

// ---- all of it ----

static int check_all(struct check *check)
{
    int rc = check_signature(check);
    if (rc == DONE)
        rc = check_contents(check);
    if (rc == DONE)
        rc = check_instance(check);
    return rc == DONE ? check_runner(check) : rc;
}

static void conclude(struct check *check, int rc)
{
    if (check->json) {
        json_t *answer = json_pack("{s:s, s:b, s:O}", "file", check->file, "ok", rc == DONE,
                                   "steps", check->steps);
        json_dumpf(answer, stdout, JSON_INDENT(2));
        printf("\n");
        json_decref(answer);
    } else if (rc == DONE) {
        printf("ok\n");
    }
}

static void finish(struct check *check)
{
    bundle_release(check->bundle);
    json_decref(check->configuration);
    json_decref(check->steps);
    buf_finish(&check->bytes);
    buf_finish(&check->signature);
    config_finish(&check->config);
    free(check);
}

int check_run(int argc, char **arguments)
{
    struct check *check = mem_zero(1, sizeof *check);
    check->steps = json_array();
    int rc = read_arguments(check, argc, arguments);
    if (rc == DONE)
        rc = read_everything(check);
    if (rc == DONE && crypto_start(&check->err) < 0)
        rc = wrong("%s%s", check->err.message, "");
    if (rc == DONE) {
        setenv("TZ", check->config.zone, 1);
        tzset();
        rc = check_all(check);
        conclude(check, rc);
    }
    finish(check);
    return rc;
}
