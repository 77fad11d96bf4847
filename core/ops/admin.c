// SPDX-License-Identifier: Apache-2.0
#include "ops/admin.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/url.h"
#include "money/money.h"

#include <unistd.h>

static void reply_value(struct http_reply *reply, int status, json_t *value)
{
    reply->status = status;
    buf_clear(&reply->body);
    json_append_canonical(&reply->body, value);
    buf_append_char(&reply->body, '\n');
    http_reply_field(reply, "content-type", STR("application/json"));
    json_decref(value);
}

static void reply_error(struct http_reply *reply, int status, const char *name, const char *message)
{
    reply_value(reply, status, json_pack("{s:s, s:s}", "error", name, "message", message));
}

static int status_of(const struct err *err)
{
    static const int statuses[] = {500, 422, 404, 409, 413, 403, 503, 504, 499, 500, 500, 500};
    size_t index = (size_t)-err->code;
    return index < sizeof statuses / sizeof *statuses ? statuses[index] : 500;
}

static void reply_err(struct http_reply *reply, const struct err *err)
{
    reply_error(reply, status_of(err), err_name(err->code), err->message);
}

// ---- the verbs ----

static void get_status(struct admin *admin, struct http_request *request, struct http_reply *reply)
{
    (void)request;
    size_t index, serving = 0, down = 0;
    json_t *version, *versions = host_describe(admin->host);
    json_array_foreach(versions, index, version)
    {
        if (!json_get_boolean(version, "active", false))
            continue;
        serving += json_get_integer(version, "pid", 0) != 0;
        down += json_get_integer(version, "pid", 0) == 0;
    }
    json_decref(versions);
    uint64_t open = 0, requests = 0;
    for (unsigned i = 0; i < admin->metrics->gateways; i++) {
        open += admin->metrics->http[i]->open;
        requests += admin->metrics->http[i]->requests;
    }
    reply_value(reply, 200,
                json_pack("{s:i, s:i, s:I, s:i, s:I, s:I, s:I, s:I}", "pid", (int)getpid(),
                          "predecessor", admin->upgrade.predecessor(admin->upgrade.context),
                          "uptime_ms", (json_int_t)(clock_now(NULL) - admin->started_ms),
                          "gateways", (int)admin->metrics->gateways, "connections",
                          (json_int_t)open, "requests", (json_int_t)requests, "plugins_serving",
                          (json_int_t)serving, "plugins_down", (json_int_t)down));
}

static void get_metrics(struct admin *admin, struct http_request *request, struct http_reply *reply)
{
    (void)request;
    metrics_write(admin->metrics, &reply->body);
    http_reply_field(reply, "content-type", STR("text/plain; version=0.0.4"));
}

static void get_plugins(struct admin *admin, struct http_request *request, struct http_reply *reply)
{
    (void)request;
    reply_value(reply, 200, json_pack("{s:o}", "plugins", host_describe(admin->host)));
}

static void reply_plugin(struct admin *admin, const char *instance, struct http_reply *reply)
{
    size_t index;
    json_t *version, *versions = host_describe(admin->host), *found = NULL;
    json_array_foreach(versions, index, version)
    {
        if (strcmp(json_get_string(version, "instance"), instance) == 0 &&
            json_get_boolean(version, "active", false))
            found = version;
    }
    reply_value(reply, 200, found ? json_incref(found) : json_object());
    json_decref(versions);
}

// A pair that does not decode would read as one that is not there: a signature that is damaged must
// not pass for none.
static int check_query(struct http_request *request, struct err *err)
{
    struct str rest = request->query, name, value;
    int more;
    while ((more = url_next_pair(&rest, &request->arena, &name, &value)) > 0)
        ;
    return more == 0 ? 0 : err_set(err, ERR_INVALID, "the query is not percent-encoded UTF-8");
}

// The file of a load and its signature, verified and read.
static int read_file(struct admin *admin, struct http_request *request, struct bundle **bundle,
                     struct err *err)
{
    int rc = check_query(request, err);
    if (rc < 0)
        return rc;
    struct str unsigned_asked = url_find_pair(request->query, "allow_unsigned", &request->arena);
    struct trust_claim claim = {request->body,
                                url_find_pair(request->query, "signature", &request->arena),
                                str_is(unsigned_asked, "1")};
    return bundle_read(bundle, &claim, admin->trust, err);
}

static void load_plugin(struct admin *admin, struct http_request *request, struct http_reply *reply)
{
    struct err err;
    struct bundle *bundle = NULL;
    struct str instance = url_find_pair(request->query, "instance", &request->arena);
    struct str text = url_find_pair(request->query, "configuration", &request->arena);
    json_t *configuration = text.size ? json_parse(text, &err) : NULL;
    int rc = 0;
    if (text.size && !json_is_object(configuration))
        rc = err_set(&err, ERR_INVALID, "the configuration is not a JSON object");
    if (rc == 0)
        rc = read_file(admin, request, &bundle, &err);
    if (rc == 0) {
        struct host_load load = {instance.size ? instance.data : NULL, bundle, configuration};
        rc = host_load(admin->host, &load, &err);
    }
    if (rc < 0)
        reply_err(reply, &err);
    else
        reply_plugin(admin, instance.size ? instance.data : bundle->manifest->plugin, reply);
    json_decref(configuration);
    bundle_release(bundle);
}

static void use_plugin(struct admin *admin, struct http_request *request, const char *instance,
                       struct http_reply *reply)
{
    struct err err;
    struct str version = url_find_pair(request->query, "version", &request->arena);
    if (host_use(admin->host, instance, version.size ? version.data : "", &err) < 0)
        reply_err(reply, &err);
    else
        reply_plugin(admin, instance, reply);
}

static void unload_plugin(struct admin *admin, struct http_request *request, const char *instance,
                          struct http_reply *reply)
{
    (void)request;
    struct err err;
    if (host_unload(admin->host, instance, &err) < 0)
        reply_err(reply, &err);
    else
        reply_value(reply, 200, json_pack("{s:s, s:s}", "instance", instance, "state", "unloaded"));
}

static void take_data(struct admin *admin, struct http_request *request, const char *instance,
                      struct http_reply *reply)
{
    struct err err;
    if (host_take_data(admin->host, instance, request->body, &err) < 0)
        reply_err(reply, &err);
    else
        reply_plugin(admin, instance, reply);
}

static void credit_wallet(struct admin *admin, struct http_request *request, struct str account_id,
                          struct http_reply *reply)
{
    struct err err = {0};
    int64_t amount, balance = 0;
    struct id account = id_from(account_id);
    struct str reference = url_find_pair(request->query, "reference", &request->arena);
    if (!account.text[0] || !reference.size ||
        !str_to_integer(url_find_pair(request->query, "amount", &request->arena), 1,
                        INT64_C(1000000000000), &amount)) {
        reply_error(reply, 422, "invalid",
                    "a credit names an account, an amount in fils and a reference of your books");
        return;
    }
    struct money_deposit deposit = {&account, amount, admin->currency, "operator",
                                    arena_string(&request->arena, reference)};
    int rc = money_deposit(admin->money, &deposit, &err);
    if (rc == 0)
        rc = money_wallet(admin->money, &account, admin->currency, &balance, &err);
    if (rc < 0)
        reply_err(reply, &err);
    else
        reply_value(reply, 200,
                    json_pack("{s:s, s:I}", "account", account.text, "balance",
                              (json_int_t)balance));
}

static void upgrade_host(struct admin *admin, struct http_request *request,
                         struct http_reply *reply)
{
    struct err err;
    json_t *answer = NULL;
    struct str program = url_find_pair(request->query, "program", &request->arena);
    int rc = admin->upgrade.run(admin->upgrade.context, program.size ? program.data : NULL, &answer,
                                &err);
    if (rc == 0) {
        reply_value(reply, 200, answer);
        return;
    }
    json_t *refusal = answer ? answer : json_object();
    json_object_set_new(refusal, "error", json_string(err_name(err.code)));
    json_object_set_new(refusal, "message", json_string(err.message));
    reply_value(reply, status_of(&err), refusal);
}

// ---- finding the verb ----

struct whole_verb {
    const char *method;
    const char *path;
    void (*run)(struct admin *admin, struct http_request *request, struct http_reply *reply);
};

struct instance_verb {
    const char *method;
    const char *tail; // after /plugins/<instance>
    void (*run)(struct admin *admin, struct http_request *request, const char *instance,
                struct http_reply *reply);
};

static bool run_whole(struct admin *admin, struct http_request *request, struct http_reply *reply)
{
    static const struct whole_verb verbs[] = {{"GET", "/status", get_status},
                                              {"GET", "/metrics", get_metrics},
                                              {"GET", "/plugins", get_plugins},
                                              {"POST", "/plugins", load_plugin},
                                              {"POST", "/upgrade", upgrade_host}};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (!str_is(request->path, verbs[i].path) || !str_is(request->method, verbs[i].method))
            continue;
        verbs[i].run(admin, request, reply);
        return true;
    }
    return false;
}

static bool run_instance(struct admin *admin, struct http_request *request,
                         struct http_reply *reply)
{
    static const struct instance_verb verbs[] = {{"POST", "use", use_plugin},
                                                 {"PUT", "data", take_data},
                                                 {"DELETE", "", unload_plugin}};
    if (!str_starts(request->path, STR("/plugins/")))
        return false;
    struct str tail = str_from_offset(request->path, 9);
    struct str name = str_cut(&tail, '/');
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (!str_is(tail, verbs[i].tail) || !str_is(request->method, verbs[i].method))
            continue;
        verbs[i].run(admin, request, arena_string(&request->arena, name), reply);
        return true;
    }
    return false;
}

static bool changes_plugins(const struct http_request *request)
{
    return str_starts(request->path, STR("/plugins")) && !str_is(request->method, "GET");
}

static void handle(struct admin *admin, struct http_request *request, struct http_reply *reply)
{
    if (str_starts(request->path, STR("/wallets/")) && str_is(request->method, "POST"))
        credit_wallet(admin, request, str_from_offset(request->path, 9), reply);
    else if (!run_whole(admin, request, reply) && !run_instance(admin, request, reply))
        reply_error(reply, 404, "not-found", "the host knows no such operator's request");
}

void admin_handle(void *context, struct http_request *request, struct http_reply *reply)
{
    struct admin *admin = context;
    bool change = changes_plugins(request);
    if (request->peer_uid != getuid() && request->peer_uid != 0) {
        reply_error(reply, 403, "denied", "only root and the user that runs medinad may do this");
        return;
    }
    if (change && admin->frozen) {
        reply_error(reply, 409, "conflict",
                    "this host is being replaced; try again when the new one serves");
        return;
    }
    admin->changes += change;
    handle(admin, request, reply);
    admin->changes -= change;
}

void admin_refuse(void *context, int status, const char *reason, struct http_reply *reply)
{
    (void)context;
    reply_error(reply, status, "invalid", reason);
}

void admin_handle_metrics(void *context, struct http_request *request, struct http_reply *reply)
{
    struct admin *admin = context;
    if (str_is(request->method, "GET") && str_is(request->path, "/metrics"))
        get_metrics(admin, request, reply);
    else
        reply_error(reply, 404, "not-found", "here is GET /metrics and nothing else");
}
