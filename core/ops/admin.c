// SPDX-License-Identifier: Apache-2.0
#include "ops/admin.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/url.h"
#include "money/money.h"
#include "ops/admin_internal.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

void admin_reply(struct http_reply *reply, int status, json_t *value)
{
    reply->status = status;
    buf_clear(&reply->body);
    json_append_canonical(&reply->body, value);
    buf_append_char(&reply->body, '\n');
    http_reply_field(reply, "content-type", STR("application/json"));
    json_decref(value);
}

void admin_reply_error(struct http_reply *reply, int status, const char *name, const char *message)
{
    admin_reply(reply, status, json_pack("{s:s, s:s}", "error", name, "message", message));
}

static int status_of(const struct err *err)
{
    static const int statuses[] = {500, 422, 404, 409, 413, 403, 503, 504, 499, 500, 500, 500, 503};
    size_t index = (size_t)-err->code;
    return index < sizeof statuses / sizeof *statuses ? statuses[index] : 500;
}

void admin_reply_err(struct http_reply *reply, const struct err *err)
{
    admin_reply_error(reply, status_of(err), err_name(err->code), err->message);
}

// ---- the verbs ----

static void get_status(struct admin *admin, struct http_request *request, struct http_reply *reply)
{
    (void)request;
    size_t index, serving = 0, down = 0;
    json_t *version, *versions = host_describe(admin->host, NULL);
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
    admin_reply(reply, 200,
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
        admin_reply_error(
            reply, 422, "invalid",
            "a credit names an account, an amount in fils and a reference of your books");
        return;
    }
    struct money_deposit deposit = {&account, amount, admin->currency, "operator",
                                    arena_string(&request->arena, reference)};
    int rc = money_deposit(admin->money, &deposit, &err);
    if (rc == 0)
        rc = money_wallet(admin->money, &account, admin->currency, &balance, &err);
    if (rc < 0)
        admin_reply_err(reply, &err);
    else
        admin_reply(reply, 200,
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
        admin_reply(reply, 200, answer);
        return;
    }
    json_t *refusal = answer ? answer : json_object();
    json_object_set_new(refusal, "error", json_string(err_name(err.code)));
    json_object_set_new(refusal, "message", json_string(err.message));
    admin_reply(reply, status_of(&err), refusal);
}

const char *admin_field(struct http_request *request, const char *name)
{
    struct str value = url_find_pair(request->query, name, &request->arena);
    return value.data ? arena_string(&request->arena, value) : NULL;
}

const char *admin_actor(struct http_request *request)
{
    char space[1024];
    struct passwd entry, *found = NULL;
    if (getpwuid_r(request->peer_uid, &entry, space, sizeof space, &found) == 0 && found)
        return arena_string(&request->arena, str_from(found->pw_name));
    return arena_printf(&request->arena, "uid %u", (unsigned)request->peer_uid);
}

// ---- finding the verb ----

struct whole_verb {
    const char *method;
    const char *path;
    void (*run)(struct admin *admin, struct http_request *request, struct http_reply *reply);
};

static bool run_whole(struct admin *admin, struct http_request *request, struct http_reply *reply)
{
    static const struct whole_verb verbs[] = {{"GET", "/status", get_status},
                                              {"GET", "/metrics", get_metrics},
                                              {"POST", "/upgrade", upgrade_host}};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (!str_is(request->path, verbs[i].path) || !str_is(request->method, verbs[i].method))
            continue;
        verbs[i].run(admin, request, reply);
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
    else if (!run_whole(admin, request, reply) && !admin_run_plugins(admin, request, reply) &&
             !admin_run_money(admin, request, reply) && !admin_run_refunds(admin, request, reply))
        admin_reply_error(reply, 404, "not-found", "the host knows no such operator's request");
}

// Whether the user is in the group, by its own or an additional membership.
static bool is_member(uid_t user, gid_t group)
{
    enum { MOST_GROUPS = 256 };
    char space[1024];
    gid_t groups[MOST_GROUPS];
    int count = MOST_GROUPS;
    struct passwd entry, *found = NULL;
    if (getpwuid_r(user, &entry, space, sizeof space, &found) != 0 || !found ||
        getgrouplist(found->pw_name, found->pw_gid, groups, &count) < 0)
        return false;
    for (int i = 0; i < count; i++)
        if (groups[i] == group)
            return true;
    return false;
}

// Four eyes need a second user: members of that group may see to refunds and to nothing else.
static bool may_ask(const struct admin *admin, const struct http_request *request)
{
    if (request->peer_uid == getuid() || request->peer_uid == 0)
        return true;
    return admin->approvers >= 0 && admin_about_refunds(request) &&
           is_member(request->peer_uid, (gid_t)admin->approvers);
}

void admin_handle(void *context, struct http_request *request, struct http_reply *reply)
{
    struct admin *admin = context;
    bool change = changes_plugins(request);
    if (!may_ask(admin, request)) {
        admin_reply_error(reply, 403, "denied",
                          "only root and the user that runs medinad may do this; refunds also the "
                          "group money.approvers");
        return;
    }
    if (change && admin->frozen) {
        admin_reply_error(reply, 409, "conflict",
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
    admin_reply_error(reply, status, "invalid", reason);
}

void admin_handle_metrics(void *context, struct http_request *request, struct http_reply *reply)
{
    struct admin *admin = context;
    if (str_is(request->method, "GET") && str_is(request->path, "/metrics"))
        get_metrics(admin, request, reply);
    else
        admin_reply_error(reply, 404, "not-found", "here is GET /metrics and nothing else");
}
