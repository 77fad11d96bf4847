// SPDX-License-Identifier: Apache-2.0
// What is kept of automatic payments, and what comes next; the whole way is
// tests/e2e/automatic.test.mjs.
#include "host/standing.h"

#include "notify/inbox.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define DAY (INT64_C(24) * 3600 * 1000)
#define NOW INT64_C(1772352000000) // 2026-03-01, noon in the city

STORE_SQL(test_standing_account, "INSERT INTO account (id, created) VALUES ($1, 0)");

struct desk {
    struct store *store;
    struct id_generator ids;
    struct standing order;
    struct standing_key key;
    char folder[64];
};

static const struct activity_actor by_citizen = {ACTIVITY_CITIZEN, "Chrome on Android"};

static int make_account(struct store_db *db, void *argument, struct err *err)
{
    return store_exec(db, test_standing_account, BIND(bind_text(id_str(argument))), err);
}

static void in_the_city(void)
{
    setenv("TZ", "Asia/Dubai", 1);
    tzset();
}

static void desk_open(struct desk *desk)
{
    char path[96];
    struct err err = {0};
    *desk = (struct desk){.ids = ID_GENERATOR_INIT};
    snprintf(desk->folder, sizeof desk->folder, "/tmp/medina-standing-XXXXXX");
    cr_assert(mkdtemp(desk->folder));
    snprintf(path, sizeof path, "%s/city.db", desk->folder);
    struct store_config config = {.path = path};
    cr_assert_eq(store_create(&desk->store, &config, &err), 0, "%s", err.message);
    desk->order = (struct standing){.account = id_next(&desk->ids, NOW),
                                    .instance = "water",
                                    .reference = "2001",
                                    .language = "en",
                                    .most = 60000,
                                    .days = 3,
                                    .active = true,
                                    .consented = NOW};
    desk->key = (struct standing_key){&desk->order.account, "water", "2001"};
    cr_assert_geq(store_run(desk->store, make_account, &desk->order.account, NULL), 0);
    cr_assert_eq(standing_put(desk->store, &desk->order, &by_citizen, NULL), 0);
}

static void desk_close(struct desk *desk)
{
    char command[96];
    store_destroy(desk->store);
    snprintf(command, sizeof command, "rm -r %s", desk->folder);
    cr_assert_eq(system(command), 0);
}

static int tell(struct desk *desk, enum standing_state state, int64_t amount, int64_t pay_at)
{
    struct standing_telling telling = {desk->key, "2001.2026-02", state, amount, pay_at, "{}", NOW};
    return standing_tell(desk->store, &telling, NULL);
}

static int notice(struct desk *desk, struct standing_notice *out)
{
    struct standing_notices query = {desk->key, out, 1};
    return standing_notices(desk->store, &query, NULL);
}

struct pay_job {
    struct standing_paying paying;
    struct payment payment;
    bool fails; // after the note, as a payment that cannot be written
};

static int pay_job(struct store_db *db, void *argument, struct err *err)
{
    struct pay_job *job = argument;
    int status = standing_pay(&job->paying, db, &job->payment, err);
    return status == 0 && job->fails ? err_set(err, ERR_CONFLICT, "not paid") : status;
}

static int pay(struct desk *desk, int64_t total, int64_t now, bool fails)
{
    struct pay_job job = {{desk->key, "2001.2026-02", now}, {.total = total}, fails};
    return store_run(desk->store, pay_job, &job, NULL);
}

Test(standing, what_was_agreed_is_kept_and_changed)
{
    struct desk desk;
    struct standing found;
    desk_open(&desk);
    cr_assert_eq(standing_get(desk.store, &desk.key, &found, NULL), 0);
    cr_assert_eq(memcmp(&found, &desk.order, sizeof found), 0);
    desk.order.most = 70000;
    desk.order.consented = NOW + 1;
    cr_assert_eq(standing_put(desk.store, &desk.order, &by_citizen, NULL), 0);
    cr_assert_eq(standing_get(desk.store, &desk.key, &found, NULL), 0);
    cr_assert_eq(found.most, 70000);
    cr_assert_eq(found.consented, NOW + 1);
    struct standing_key other = {&desk.order.account, "water", "2002"};
    cr_assert_eq(standing_get(desk.store, &other, &found, NULL), ERR_NOT_FOUND);
    cr_assert_eq(standing_remove(desk.store, &other, &by_citizen, NULL), ERR_NOT_FOUND);
    cr_assert_eq(standing_remove(desk.store, &desk.key, &by_citizen, NULL), 0);
    cr_assert_eq(standing_get(desk.store, &desk.key, &found, NULL), ERR_NOT_FOUND);
    desk_close(&desk);
}

Test(standing, orders_come_page_by_page_and_only_those_that_are_on)
{
    struct desk desk;
    struct standing page[2];
    int seen = 0, count = 2;
    desk_open(&desk);
    for (int i = 2; i <= 5; i++) {
        snprintf(desk.order.reference, sizeof desk.order.reference, "200%d", i);
        desk.order.active = i != 4;
        cr_assert_eq(standing_put(desk.store, &desk.order, &by_citizen, NULL), 0);
    }
    struct standing_page query = {NULL, page, 2};
    for (; count == 2; query.after = &page[1]) {
        count = standing_list(desk.store, &query, NULL);
        for (int i = 0; i < count; i++, seen++)
            cr_assert_str_neq(page[i].reference, "2004");
    }
    cr_assert_eq(seen, 4);
    desk_close(&desk);
}

Test(standing, a_notice_and_its_message_are_one)
{
    struct desk desk;
    struct standing_notice told;
    int64_t unseen;
    desk_open(&desk);
    cr_assert_eq(tell(&desk, ITEM_ANNOUNCED, 58310, NOW + 3 * DAY), 1);
    cr_assert_eq(notice(&desk, &told), 1);
    cr_assert_eq(told.state, ITEM_ANNOUNCED);
    cr_assert_eq(told.amount, 58310);
    cr_assert_eq(told.pay_at, NOW + 3 * DAY);
    cr_assert_not(told.texted);
    cr_assert_eq(inbox_unseen(desk.store, &desk.order.account, &unseen, NULL), 0);
    cr_assert_eq(unseen, 1);
    cr_assert_eq(standing_texted(desk.store, &desk.key, told.item, NULL), 1);
    cr_assert_eq(notice(&desk, &told), 1);
    cr_assert(told.texted);
    // Another amount is another message, which has not gone out yet.
    cr_assert_eq(tell(&desk, ITEM_ANNOUNCED, 58400, NOW + 4 * DAY), 1);
    cr_assert_eq(notice(&desk, &told), 1);
    cr_assert_not(told.texted);
    cr_assert_eq(told.told, 2);
    cr_assert_eq(inbox_unseen(desk.store, &desk.order.account, &unseen, NULL), 0);
    cr_assert_eq(unseen, 2);
    desk_close(&desk);
}

Test(standing, an_order_that_is_off_tells_and_pays_nothing_and_announces_anew_later)
{
    struct desk desk;
    struct standing_notice told;
    desk_open(&desk);
    cr_assert_eq(tell(&desk, ITEM_ANNOUNCED, 58310, NOW), 1);
    desk.order.active = false;
    cr_assert_eq(standing_put(desk.store, &desk.order, &by_citizen, NULL), 0);
    cr_assert_eq(notice(&desk, &told), 0, "what was announced is forgotten");
    cr_assert_eq(tell(&desk, ITEM_ANNOUNCED, 58310, NOW), 0);
    cr_assert_eq(pay(&desk, 58310, NOW, false), ERR_DENIED);
    desk.order.active = true;
    cr_assert_eq(standing_put(desk.store, &desk.order, &by_citizen, NULL), 0);
    cr_assert_eq(pay(&desk, 58310, NOW, false), ERR_DENIED, "not without a new notice");
    desk_close(&desk);
}

Test(standing, the_job_that_pays_refuses_what_was_not_told)
{
    struct desk desk;
    desk_open(&desk);
    cr_assert_eq(pay(&desk, 100, NOW, false), ERR_DENIED, "never announced");
    cr_assert_eq(tell(&desk, ITEM_OVER, 58310, NOW), 1);
    cr_assert_eq(pay(&desk, 58310, NOW, false), ERR_DENIED, "announced as not paid");
    cr_assert_eq(tell(&desk, ITEM_ANNOUNCED, 58310, NOW + 3 * DAY), 1);
    cr_assert_eq(pay(&desk, 58310, NOW + 3 * DAY - 1, false), ERR_DENIED, "earlier than said");
    cr_assert_eq(pay(&desk, 58311, NOW + 3 * DAY, false), ERR_DENIED, "more than said");
    desk.order.most = 58309;
    cr_assert_eq(standing_put(desk.store, &desk.order, &by_citizen, NULL), 0);
    cr_assert_eq(pay(&desk, 58310, NOW + 3 * DAY, false), ERR_DENIED, "more than the limit");
    desk.order.most = 58310;
    cr_assert_eq(standing_put(desk.store, &desk.order, &by_citizen, NULL), 0);
    cr_assert_eq(pay(&desk, 58310, NOW + 3 * DAY, true), ERR_CONFLICT, "not without the payment");
    cr_assert_eq(pay(&desk, 58310, NOW + 3 * DAY, false), 0);
    cr_assert_eq(pay(&desk, 58310, NOW + 3 * DAY, false), ERR_DENIED, "never twice");
    desk_close(&desk);
}

Test(standing, what_was_paid_stays_paid_when_the_order_ends_and_comes_back)
{
    struct desk desk;
    struct standing_notice told;
    desk_open(&desk);
    cr_assert_eq(tell(&desk, ITEM_ANNOUNCED, 58310, NOW), 1);
    cr_assert_eq(pay(&desk, 58310, NOW, false), 0);
    cr_assert_eq(standing_forget(desk.store, &desk.key, "2001.2026-02", NULL), 0);
    cr_assert_eq(standing_remove(desk.store, &desk.key, &by_citizen, NULL), 0);
    cr_assert_eq(standing_put(desk.store, &desk.order, &by_citizen, NULL), 0);
    cr_assert_eq(notice(&desk, &told), 1);
    cr_assert_eq(told.state, ITEM_PAID);
    desk_close(&desk);
}

Test(standing, what_comes_next)
{
    enum { NONE = -1 };
    static const struct {
        int state; // of the notice
        int64_t told, pay_at, amount;
        const char *due;
        enum standing_step next;
    } rows[] = {
        {NONE, 0, 0, 500, "2026-03-06", STANDING_ANNOUNCE}, // 3 days and 2
        {NONE, 0, 0, 500, "2026-03-07", STANDING_WAIT},
        {NONE, 0, 0, 500, "2026-02-01", STANDING_ANNOUNCE}, // late, and not without a notice
        {NONE, 0, 0, 500, "soon", STANDING_WAIT},
        {NONE, 0, 0, 1000, "2026-03-06", STANDING_ANNOUNCE},
        {NONE, 0, 0, 1001, "2026-03-06", STANDING_REFUSE},
        {NONE, 0, 0, 1001, "2026-03-07", STANDING_WAIT},
        {ITEM_OVER, 1001, NOW, 1001, "2026-03-06", STANDING_WAIT}, // it was said
        {ITEM_OVER, 1001, NOW, 1002, "2026-03-06", STANDING_REFUSE},
        {ITEM_OVER, 1001, NOW, 900, "2026-03-06", STANDING_ANNOUNCE},
        {ITEM_ANNOUNCED, 500, NOW + 1, 500, "2026-03-06", STANDING_WAIT},
        {ITEM_ANNOUNCED, 500, NOW, 500, "2026-03-06", STANDING_PAY},
        {ITEM_ANNOUNCED, 500, NOW, 499, "2026-03-06", STANDING_PAY},
        {ITEM_ANNOUNCED, 500, NOW, 501, "2026-03-06", STANDING_ANNOUNCE}, // it rose
        {ITEM_ANNOUNCED, 500, NOW, 501, "2026-03-20", STANDING_ANNOUNCE},
        {ITEM_ANNOUNCED, 500, NOW, 1001, "2026-03-06", STANDING_REFUSE},
        {ITEM_FAILED, 500, NOW, 500, "2026-03-06", STANDING_PAY},
        {ITEM_FAILED, 500, NOW + 1, 500, "2026-03-06", STANDING_WAIT},
        {ITEM_PAID, 500, NOW, 500, "2026-03-06", STANDING_WAIT},
        {ITEM_PAID, 500, NOW, 501, "2026-03-06", STANDING_WAIT},
        {ITEM_GIVEN_UP, 500, NOW, 500, "2026-03-06", STANDING_WAIT},
    };
    in_the_city();
    struct standing order = {.most = 1000, .days = 3, .active = true};
    struct standing_rules rules = {NOW, 2};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct standing_notice told = {.amount = rows[i].told, .pay_at = rows[i].pay_at};
        struct standing_item item = {"bill", rows[i].amount, rows[i].due};
        if (rows[i].state != NONE)
            told.state = (enum standing_state)rows[i].state;
        cr_expect_eq(standing_decide(&order, rows[i].state == NONE ? NULL : &told, &item, &rules),
                     rows[i].next, "row %zu", i);
    }
}

Test(standing, a_try_is_repeated_daily_until_the_bill_is_due)
{
    in_the_city();
    struct standing_item item = {"bill", 500, "2026-03-03"};
    cr_expect_eq(standing_again(&item, NOW), NOW + DAY);
    cr_expect_eq(standing_again(&item, NOW + DAY), NOW + 2 * DAY, "on the day itself");
    cr_expect_eq(standing_again(&item, NOW + 2 * DAY), 0, "not after it");
    item.due = "2026-02-20";
    cr_expect_eq(standing_again(&item, NOW), 0);
}
