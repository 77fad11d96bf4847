// SPDX-License-Identifier: Apache-2.0
// The operator's requests about plugins: each reads the query into an order and asks the registry.

#include "base/json.h"
#include "base/url.h"
#include "ops/admin_internal.h"

#include <stdio.h>
#include <unistd.h>

enum { MOST_HISTORY = 1000, DEFAULT_HISTORY = 50, MOST_REASON = 500 };

// ---- what a request says ----

static int read_order(struct http_request *request, struct host_order *order, struct err *err)
{
    struct str rest = request->query, name, value;
    int more;
    // A pair that does not decode would read as one that is not there.
    while ((more = url_next_pair(&rest, &request->arena, &name, &value)) > 0)
        ;
    if (more < 0)
        return err_set(err, ERR_INVALID, "the query is not percent-encoded UTF-8");
    const char *reason = admin_field(request, "reason"), *dry_run = admin_field(request, "dry_run");
    if (reason && strlen(reason) > MOST_REASON)
        return err_set(err, ERR_LIMIT, "a reason has at most %d bytes", MOST_REASON);
    *order = (struct host_order){.actor = admin_actor(request),
                                 .reason = reason ? reason : "",
                                 .dry_run = dry_run && strcmp(dry_run, "1") == 0,
                                 .plan = json_array()};
    return 0;
}

static int read_number(struct http_request *request, const char *name, int64_t most, int64_t *out,
                       struct err *err)
{
    const char *text = admin_field(request, name);
    *out = 0;
    if (!text || str_to_integer(str_from(text), 0, most, out))
        return 0;
    return err_set(err, ERR_INVALID, "%s must be a whole number up to %lld", name, (long long)most);
}

// ---- answering ----

// The instance's versions as they are now, with what was done or would be.
static void reply_done(struct admin *admin, const char *instance, struct host_order *order,
                       struct http_reply *reply)
{
    admin_reply(reply, 200,
                json_pack("{s:s, s:b, s:O, s:o}", "instance", instance, "dry_run", order->dry_run,
                          "plan", order->plan, "versions", host_describe(admin->host, instance)));
}

// What a verb that changes something is given; a load finds out itself which instance it is about.
struct change {
    const char *instance;
    struct host_order order;
};

typedef int change_verb(struct admin *admin, struct http_request *request, struct change *change,
                        struct err *err);

static void carry_out(struct admin *admin, struct http_request *request, const char *instance,
                      change_verb *verb, struct http_reply *reply)
{
    struct err err;
    struct change change = {.instance = instance};
    int rc = read_order(request, &change.order, &err);
    if (rc == 0)
        rc = verb(admin, request, &change, &err);
    if (rc < 0)
        admin_reply_err(reply, &err);
    else
        reply_done(admin, change.instance, &change.order, reply);
    json_decref(change.order.plan);
}

// ---- the verbs ----

static void list(struct admin *admin, struct http_request *request, const char *instance,
                 struct http_reply *reply)
{
    (void)request;
    (void)instance;
    admin_reply(reply, 200, json_pack("{s:o}", "plugins", host_describe(admin->host, NULL)));
}

static void show(struct admin *admin, struct http_request *request, const char *instance,
                 struct http_reply *reply)
{
    struct err err;
    (void)request;
    json_t *versions = host_describe(admin->host, instance);
    if (json_array_size(versions)) {
        admin_reply(reply, 200,
                    json_pack("{s:s, s:o}", "instance", instance, "versions", versions));
        return;
    }
    json_decref(versions);
    err_set(&err, ERR_NOT_FOUND,
            "there is no instance \"%s\"; medina plugin list shows those there are", instance);
    admin_reply_err(reply, &err);
}

static void history(struct admin *admin, struct http_request *request, const char *instance,
                    struct http_reply *reply)
{
    struct err err;
    json_t *events;
    int64_t count;
    int rc = read_number(request, "count", MOST_HISTORY, &count, &err);
    if (rc == 0)
        rc = host_history(admin->host, instance, count ? (unsigned)count : DEFAULT_HISTORY, &events,
                          &err);
    if (rc < 0)
        admin_reply_err(reply, &err);
    else
        admin_reply(reply, 200, json_pack("{s:s, s:o}", "instance", instance, "history", events));
}

static void logs(struct admin *admin, struct http_request *request, const char *instance,
                 struct http_reply *reply)
{
    struct err err;
    json_t *lines;
    int64_t after;
    int rc = read_number(request, "after", INT64_MAX, &after, &err);
    if (rc == 0)
        rc = host_logs(admin->host, instance, (uint64_t)after, &lines, &err);
    if (rc < 0)
        admin_reply_err(reply, &err);
    else
        admin_reply(reply, 200, json_pack("{s:s, s:o}", "instance", instance, "lines", lines));
}

// The file of a load and its signature, verified and read.
static int read_file(struct admin *admin, struct http_request *request, struct bundle **bundle,
                     struct err *err)
{
    struct str unsigned_asked = url_find_pair(request->query, "allow_unsigned", &request->arena);
    struct trust_claim claim = {request->body,
                                url_find_pair(request->query, "signature", &request->arena),
                                str_is(unsigned_asked, "1")};
    return bundle_read(bundle, &claim, admin->trust, err);
}

static int read_load(struct admin *admin, struct http_request *request, struct host_load *load,
                     json_t **configuration, struct err *err)
{
    int64_t runners, share, promote_ms;
    const char *text = admin_field(request, "configuration");
    load->instance = admin_field(request, "instance");
    if (text && *text) {
        *configuration = json_parse(str_from(text), err);
        if (!json_is_object(*configuration))
            return err_set(err, ERR_INVALID, "the configuration is not a JSON object");
        load->configuration = *configuration;
    }
    int rc = read_number(request, "runners", ROUTE_RUNNERS, &runners, err);
    if (rc == 0)
        rc = read_number(request, "canary", ROUTE_SHARES, &share, err);
    if (rc == 0)
        rc = read_number(request, "promote_ms", INT64_C(30) * 86400 * 1000, &promote_ms, err);
    if (rc < 0)
        return rc;
    load->runners = (unsigned)runners;
    load->canary_share = (unsigned)share;
    load->promote_ms = (uint64_t)promote_ms;
    return read_file(admin, request, &load->bundle, err);
}

static int load(struct admin *admin, struct http_request *request, struct change *change,
                struct err *err)
{
    struct host_load what = {0};
    json_t *configuration = NULL;
    int rc = read_load(admin, request, &what, &configuration, err);
    if (rc == 0)
        rc = host_load(admin->host, &what, &change->order, err);
    if (rc == 0)
        change->instance =
            arena_string(&request->arena,
                         str_from(what.instance ? what.instance : what.bundle->manifest->plugin));
    json_decref(configuration);
    bundle_release(what.bundle);
    return rc;
}

static const char *version_of(struct http_request *request)
{
    const char *version = admin_field(request, "version");
    return version ? version : "";
}

static int use(struct admin *admin, struct http_request *request, struct change *change,
               struct err *err)
{
    return host_use(admin->host, change->instance, version_of(request), &change->order, err);
}

static int rollback(struct admin *admin, struct http_request *request, struct change *change,
                    struct err *err)
{
    (void)request;
    return host_rollback(admin->host, change->instance, &change->order, err);
}

static int discard(struct admin *admin, struct http_request *request, struct change *change,
                   struct err *err)
{
    return host_discard(admin->host, change->instance, version_of(request), &change->order, err);
}

static int unload(struct admin *admin, struct http_request *request, struct change *change,
                  struct err *err)
{
    (void)request;
    return host_unload(admin->host, change->instance, &change->order, err);
}

static int take_data(struct admin *admin, struct http_request *request, struct change *change,
                     struct err *err)
{
    return host_take_data(admin->host, change->instance, request->body, &change->order, err);
}

// ---- finding the verb ----

static const struct {
    const char *method;
    const char *tail; // after /plugins/<instance>; NULL: /plugins itself
    void (*look)(struct admin *admin, struct http_request *request, const char *instance,
                 struct http_reply *reply);
    change_verb *change; // when it does not only look
} verbs[] = {{"GET", NULL, list, NULL},
             {"POST", NULL, NULL, load},
             {"GET", "", show, NULL},
             {"GET", "history", history, NULL},
             {"GET", "logs", logs, NULL},
             {"POST", "use", NULL, use},
             {"POST", "rollback", NULL, rollback},
             {"POST", "discard", NULL, discard},
             {"PUT", "data", NULL, take_data},
             {"DELETE", "", NULL, unload}};

bool admin_run_plugins(struct admin *admin, struct http_request *request, struct http_reply *reply)
{
    struct str tail = {0}, name = {0};
    bool whole = str_is(request->path, "/plugins");
    if (!whole && !str_starts(request->path, STR("/plugins/")))
        return false;
    if (!whole) {
        tail = str_from_offset(request->path, strlen("/plugins/"));
        name = str_cut(&tail, '/');
        if (!url_decode(name, false, &request->arena, &name))
            return false;
    }
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (whole != !verbs[i].tail || !str_is(request->method, verbs[i].method) ||
            (!whole && !str_is(tail, verbs[i].tail)))
            continue;
        const char *instance = arena_string(&request->arena, name);
        if (verbs[i].change)
            carry_out(admin, request, instance, verbs[i].change, reply);
        else
            verbs[i].look(admin, request, instance, reply);
        return true;
    }
    return false;
}
