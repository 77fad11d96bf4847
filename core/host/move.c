// SPDX-License-Identifier: Apache-2.0
//
// A new version may need its stored data in another form. Its handler of upgrade.migrate is called
// with {"from", "to", "step"} until it answers something other than {"done": false}: before it
// serves anybody, so that it finds its data ready; repeatable, since a host may die half way; only
// adding, since the version before goes on reading and writing. upgrade.finalize, called the same
// way after the cool-down, drops the old form.

#include "base/json.h"
#include "host/registry.h"

#include <stdio.h>

enum { STEP_MS = 30 * 1000, MOST_STEPS = 1000000 };

// One call on a gateway loop, which is where links live; the control thread's task waits.
struct step {
    struct gate *gate;
    struct snapshot *snapshot;
    const char *event;
    struct str input;
    int rc;
    struct err err;
    bool more;
    struct remote_signal done;
};

static void read_answer(struct step *step, const struct gate_result *result)
{
    json_t *answer = result->body.size ? json_parse(result->body, NULL) : NULL;
    step->more = json_object_get(answer, "done") && !json_get_boolean(answer, "done", true);
    json_decref(answer);
    if (result->status != WIRE_OK)
        step->rc = err_set(&step->err, ERR_INVALID, "%s: the plugin refused (" STR_FORMAT ")",
                           step->event, STR_ARGUMENTS(result->code));
}

static void run_step(void *argument)
{
    struct step *step = argument;
    struct arena arena = {0};
    struct gate_result result;
    struct gate_request request = {.snapshot = step->snapshot,
                                   .route = &step->snapshot->routes[0],
                                   .kind = WIRE_CALL_EVENT,
                                   .event = str_from(step->event),
                                   .input = step->input,
                                   .deadline = loop_now(gate_loop(step->gate)) + STEP_MS};
    step->rc = gate_call(step->gate, &request, &arena, &result, &step->err);
    if (step->rc == 0)
        read_answer(step, &result);
    arena_finish(&arena);
    remote_raise(step->done);
}

static void spawn_step(void *argument)
{
    struct step *step = argument;
    if (task_spawn(gate_loop(step->gate), run_step, step) == 0)
        return;
    step->rc = err_set(&step->err, ERR_UNAVAILABLE, "no memory for a task");
    remote_raise(step->done);
}

// The version alone, for a call that goes to it and to nobody else.
static struct snapshot *snapshot_of(const struct version *version)
{
    struct snapshot *snapshot = snapshot_create(1, 0);
    const struct member *member = version->pool;
    while (member < version->pool + version->size - 1 && (!member->runner || member->ended))
        member++;
    struct route route = {.instance = version->instance->name,
                          .bundle = version->bundle,
                          .configuration = version->configuration,
                          .runners = {member->runner},
                          .runner_count = 1,
                          .data_generation = version->instance->data_generation};
    snapshot_add(snapshot, &route);
    return snapshot;
}

static int call_step(const struct version *version, struct step *step, struct err *err)
{
    struct signal done;
    signal_init(&done);
    step->done = signal_remote(&done);
    step->snapshot = snapshot_of(version);
    loop_post(gate_loop(step->gate), spawn_step, step);
    signal_wait(&done, TASK_NO_DEADLINE);
    snapshot_release(step->snapshot);
    if (step->rc < 0)
        return err_set(err, step->rc, "%s", step->err.message);
    return 0;
}

int move_data(struct version *version, const char *event, const char *from, struct err *err)
{
    struct host *host = version->instance->host;
    const struct manifest *manifest = version->bundle->manifest;
    if (!manifest_takes_event(manifest, event))
        return 0;
    for (int number = 0; number < MOST_STEPS; number++) {
        if (!pool_serving(version))
            return err_set(err, ERR_UNAVAILABLE, "no process of %s serves now", manifest->version);
        char input[160];
        snprintf(input, sizeof input, "{\"from\":\"%s\",\"to\":\"%s\",\"step\":%d}", from,
                 manifest->version, number);
        struct step step = {.gate = host->gates[0], .event = event, .input = str_from(input)};
        int rc = call_step(version, &step, err);
        if (rc < 0)
            return err_prefix(err, "step %d", number);
        if (!step.more)
            return 0;
    }
    return err_set(err, ERR_LIMIT, "%s did not end within %d steps", event, MOST_STEPS);
}
