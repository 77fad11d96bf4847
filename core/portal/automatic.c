// SPDX-License-Identifier: Apache-2.0
// The page of automatic payment: for every linked account what was agreed to, and a
// form that changes it.

#include "host/automatic.h"

#include "auth/link.h"
#include "base/digits.h"
#include "base/json.h"
#include "host/standing.h"
#include "money/decimal.h"
#include "portal/account.h"
#include "portal/visit.h"

#include <stdio.h>

enum { MOST_LINKS = 50 };

static json_t *entry_of(struct visit *visit, const struct route *route,
                        const struct auth_link *link)
{
    struct err err;
    struct standing order = {.days = STANDING_DAYS};
    struct standing_key key = {&visit->identity.account, link->instance, link->reference};
    struct buf limit = {0};
    char days[24];
    bool known = standing_get(visit->portal->services.store, &key, &order, &err) == 0;
    const char *currency = visit->portal->site->settings.currency;
    const json_t *agency = visit_route_text(route, "title");
    if (known)
        decimal_write(&limit, order.most, currency);
    snprintf(days, sizeof days, "%lld", (long long)order.days);
    json_t *entry =
        json_pack("{s:o, s:s, s:s, s:s, s:s, s:b, s:s}", "agency",
                  agency ? json_deep_copy(agency) : json_object(), "instance", link->instance,
                  "account", link->reference, "limit", limit.size ? limit.data : "", "days", days,
                  "active", known && order.active, "currency", currency);
    if (known && order.active)
        json_object_set_new(entry, "most",
                            json_pack("{s:I, s:s}", "amount", (json_int_t)order.most, "currency",
                                      currency));
    buf_finish(&limit);
    return entry;
}

json_t *account_automatic(struct visit *visit, const struct snapshot *snapshot)
{
    struct err err;
    struct auth_link *links = arena_zero(visit->arena, MOST_LINKS * sizeof *links);
    struct auth_link_list list = {&visit->identity.account, NULL, links, MOST_LINKS};
    json_t *entries = json_array();
    int count = visit->portal->site->settings.wallet
                    ? auth_link_list(visit->portal->services.auth, &list, &err)
                    : 0;
    for (int i = 0; i < count; i++)
        if (links[i].proven && automatic_serves(snapshot, links[i].instance))
            json_array_append_new(entries,
                                  entry_of(visit,
                                           snapshot_find(snapshot, str_from(links[i].instance)),
                                           &links[i]));
    return entries;
}

void visit_automatic_page(struct visit *visit)
{
    if (visit_is_stranger(visit))
        return;
    if (!visit->portal->site->settings.wallet) {
        visit_problem_code(visit, "not-found");
        return;
    }
    struct snapshot *snapshot = gate_pin(visit->portal->services.gate);
    json_t *model = json_pack("{s:o}", "automatic", account_automatic(visit, snapshot));
    snapshot_release(snapshot);
    visit_show_own(visit, 200, "automatic", model);
}

static int agree(struct visit *visit, const struct standing_key *key, struct err *err)
{
    struct portal_services *services = &visit->portal->services;
    struct standing order = {.account = *key->account,
                             .active = true,
                             .consented = clock_now(NULL)};
    struct activity_actor by = {ACTIVITY_CITIZEN, visit->identity.device};
    struct buf days = {0};
    digits_fold(&days, str_trim(visit_field(visit, "days")));
    bool good = visit->portal->site->settings.wallet &&
                account_read_amount(visit, "limit", &order.most) &&
                str_to_integer(buf_str(&days), 1, STANDING_DAYS_MOST, &order.days);
    buf_finish(&days);
    int rc = good ? automatic_may(services->auth, services->gate, key, err)
                  : err_set(err, ERR_INVALID, "a limit and days of notice");
    if (rc < 0)
        return rc;
    snprintf(order.instance, sizeof order.instance, "%s", key->instance);
    snprintf(order.reference, sizeof order.reference, "%s", key->reference);
    snprintf(order.language, sizeof order.language, "%s", pages_language_code(visit->language));
    return standing_put(services->store, &order, &by, err);
}

// Ending what is not there any more is done already.
void visit_automatic(struct visit *visit)
{
    struct err err;
    struct standing_key key = {&visit->identity.account,
                               arena_string(visit->arena, visit_field(visit, "instance")),
                               arena_string(visit->arena, visit_field(visit, "account"))};
    if (!visit->signed_in) {
        visit_ask_to_sign_in(visit);
        return;
    }
    if (!key.instance[0] || !key.reference[0]) {
        visit_problem_code(visit, "not-found");
        return;
    }
    struct activity_actor by = {ACTIVITY_CITIZEN, visit->identity.device};
    bool stop = str_is(visit_field(visit, "do"), "stop");
    int rc = stop ? standing_remove(visit->portal->services.store, &key, &by, &err)
                  : agree(visit, &key, &err);
    if (rc == ERR_INVALID)
        visit_problem_code(visit, "invalid-input");
    else if (rc < 0 && !(stop && rc == ERR_NOT_FOUND))
        visit_problem_err(visit, &err);
    else
        visit_redirect(visit, "/account/automatic");
}
