// SPDX-License-Identifier: Apache-2.0
#include "host/live_stream.h"

#include "base/crypto.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST_QUESTIONS = 3 };

struct stream_state {
    const struct live_viewer *viewer;
    struct live_watch *watch;
    struct signal news;
    uint64_t look_at; // on loop_now's clock: when the operation is asked again
    char instance[48];
    char topic[LIVE_TOPIC];
    struct crypto_hash sent; // of the result that the client has
    bool over;
};

// The topic of a result; false when it has none.
static bool read_topic(struct str result, char topic[LIVE_TOPIC])
{
    json_t *document = json_parse(result, NULL);
    const char *named = json_get_string(document, "live");
    bool live = named && live_topic_is_valid(str_from(named));
    if (live)
        memcpy(topic, named, strlen(named) + 1);
    json_decref(document);
    return live;
}

// ---- sending ----

static void append_event(struct buf *out, struct str data)
{
    while (data.data) {
        struct str line = str_cut(&data, '\n');
        if (line.size && line.data[line.size - 1] == '\r')
            line.size--;
        buf_append_text(out, "data: ");
        buf_append_str(out, line);
        buf_append_char(out, '\n');
    }
    buf_append_char(out, '\n');
}

// Sends a result that the client does not have yet; true when there was something to send.
static bool send_result(struct stream_state *state, struct str result)
{
    const struct live_viewer *viewer = state->viewer;
    struct crypto_hash hash = crypto_sha256(result);
    char topic[LIVE_TOPIC];
    if (memcmp(&hash, &state->sent, sizeof hash) == 0)
        return false;
    state->sent = hash;
    struct buf data = {0}, event = {0};
    viewer->write(viewer->context, result, &data);
    append_event(&event, data.size ? buf_str(&data) : STR("{}"));
    http_stream_write(viewer->http, buf_str(&event));
    buf_finish(&data);
    buf_finish(&event);
    // Nothing more comes under this topic.
    state->over = !read_topic(result, topic) || strcmp(topic, state->topic) != 0;
    return true;
}

static void send_heartbeat(const struct stream_state *state)
{
    http_stream_write(state->viewer->http, STR(":\n\n"));
}

static void begin(const struct stream_state *state)
{
    const struct live_viewer *viewer = state->viewer;
    struct buf first = {0};
    http_reply_field(viewer->reply, "content-type", STR("text/event-stream"));
    http_reply_field(viewer->reply, "cache-control", STR("no-store"));
    http_reply_field(viewer->reply, "x-accel-buffering",
                     STR("no")); // a proxy must not hold it back
    http_stream_begin(viewer->http, viewer->reply);
    buf_printf(&first, "retry: %llu\n\n", (unsigned long long)live_limits(viewer->live)->retry_ms);
    http_stream_write(viewer->http, buf_str(&first));
    buf_finish(&first);
}

// ---- looking ----

// Asks the operation when nothing is published meanwhile: what was published could be older than
// the answer, or newer. A topic that never rests is taken as it comes: *late is what came last;
// yours.
static int ask(struct stream_state *state, struct arena *arena, struct live_result *result,
               struct problem *problem, char **late)
{
    const struct live_viewer *viewer = state->viewer;
    int rc = 0;
    *late = live_take(state->watch);
    for (unsigned i = 0; i < MOST_QUESTIONS && (i == 0 || *late) && rc == 0; i++) {
        free(*late);
        rc = viewer->look(viewer->context, arena, result, problem);
        *late = live_take(state->watch);
    }
    return rc;
}

// Shows the result as it stands. What the caller may not see any more, or is not there, ends the
// stream; an agency that is silent just now does not.
static void look(struct stream_state *state)
{
    struct arena arena = {0};
    struct live_result result;
    struct problem problem = {0};
    char *late;
    int rc = ask(state, &arena, &result, &problem, &late);
    state->look_at = loop_now(task_loop()) + live_limits(state->viewer->live)->look_ms;
    if (rc < 0 && problem.status < 500 && problem.status != 429)
        state->over = true;
    else if (rc < 0 || !send_result(state, result.json))
        send_heartbeat(state);
    if (late && !state->over)
        send_result(state, str_from(late));
    free(late);
    problem_finish(&problem);
    arena_finish(&arena);
}

static void on_gone(void *waiter)
{
    signal_raise(waiter);
}

static bool goes_on(const struct stream_state *state)
{
    const struct live_viewer *viewer = state->viewer;
    return !state->over && !viewer->http->gone &&
           http_stream_pending(viewer->http) <= live_limits(viewer->live)->pending_bytes;
}

// Waits until something is published, or it is time to look.
static void wait_for_news(struct stream_state *state)
{
    struct http_request *http = state->viewer->http;
    http->waiter = &state->news;
    http->on_gone = on_gone;
    if (!http->gone)
        signal_wait(&state->news, state->look_at);
    http->on_gone = NULL;
    signal_init(&state->news);
    char *result = live_take(state->watch);
    if (result)
        send_result(state, str_from(result));
    free(result);
    if (goes_on(state) && loop_now(task_loop()) >= state->look_at)
        look(state);
}

static void run(struct stream_state *state)
{
    begin(state);
    signal_init(&state->news);
    state->watch =
        live_watch(state->viewer->live, state->instance, str_from(state->topic), &state->news);
    // Asked once more now that nothing is missed.
    look(state);
    while (goes_on(state))
        wait_for_news(state);
    live_unwatch(state->watch);
}

int live_stream(const struct live_viewer *viewer, struct problem *problem)
{
    struct stream_state state = {.viewer = viewer};
    struct live_result result;
    struct err err;
    // Who it is may have changed by the end.
    struct str caller = str_from(arena_string(&viewer->http->arena, viewer->caller));
    if (viewer->look(viewer->context, &viewer->http->arena, &result, problem) < 0)
        return -1;
    if (!read_topic(result.json, state.topic)) {
        viewer->reply->status = 204;
        return 0;
    }
    if (live_admit(viewer->live, caller, &err) < 0) {
        problem_set(problem, "too-many-requests");
        problem->retry_after_s = (unsigned)(live_limits(viewer->live)->retry_ms / 1000 + 1);
        return -1;
    }
    snprintf(state.instance, sizeof state.instance, "%s", result.instance);
    run(&state);
    live_dismiss(viewer->live, caller);
    return 0;
}
