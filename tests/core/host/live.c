// SPDX-License-Identifier: Apache-2.0
#include "host/live.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static const struct live_limits limits = {.streams = 3, .streams_per_caller = 2};

Test(live, a_topic_is_a_short_word)
{
    char longest[LIVE_TOPIC + 1];
    memset(longest, 'a', sizeof longest);
    cr_assert(live_topic_is_valid(STR("fuel.0a1b:C_D-e")));
    cr_assert(live_topic_is_valid((struct str){longest, LIVE_TOPIC - 1}));
    cr_assert_not(live_topic_is_valid((struct str){longest, LIVE_TOPIC}));
    cr_assert_not(live_topic_is_valid(STR("")));
    cr_assert_not(live_topic_is_valid(STR("a b")));
    cr_assert_not(live_topic_is_valid(STR("a/b")));
    cr_assert_not(live_topic_is_valid((struct str){"a\0b", 3}));
}

Test(live, so_many_streams_each_and_together)
{
    struct live *live;
    struct err err;
    live_create(&live, NULL, 0, &limits);
    cr_assert_eq(live_admit(live, STR("a"), NULL), 0);
    cr_assert_eq(live_admit(live, STR("a"), NULL), 0);
    cr_assert_eq(live_admit(live, STR("a"), &err), ERR_LIMIT);
    cr_assert_eq(live_admit(live, STR("b"), NULL), 0);
    cr_assert_eq(live_admit(live, STR("c"), &err), ERR_LIMIT);
    cr_assert_eq(live_streams(live), 3);
    live_dismiss(live, STR("a"));
    cr_assert_eq(live_admit(live, STR("c"), NULL), 0);
    for (const char *name = "abc"; *name; name++)
        live_dismiss(live, (struct str){name, 1});
    cr_assert_eq(live_streams(live), 0);
    live_destroy(live);
}

// ---- on a loop ----

struct room {
    struct loop loop;
    struct live *live;
    bool seen;
};

static void look(void *argument)
{
    struct room *room = argument;
    struct signal news, other;
    signal_init(&news);
    signal_init(&other);
    struct live_watch *watch = live_watch(room->live, "fuel", STR("t"), &news);
    struct live_watch *elsewhere = live_watch(room->live, "fines", STR("t"), &other);
    live_publish(room->live, "fuel", STR("t"), STR("1"));
    live_publish(room->live, "fuel", STR("another"), STR("x"));
    live_publish(room->live, "fuel", STR("t"), STR("2"));
    cr_assert(signal_wait(&news, loop_now(&room->loop) + 5000));
    char *newest = live_take(watch);
    cr_assert_str_eq(newest, "2", "what nobody took is replaced");
    cr_assert_null(live_take(watch));
    cr_assert_not(other.raised);
    cr_assert_null(live_take(elsewhere));
    free(newest);
    live_unwatch(watch);
    live_unwatch(elsewhere);
    room->seen = true;
    loop_stop(&room->loop);
}

Test(live, the_newest_result_reaches_those_who_look_at_the_topic)
{
    static struct room room;
    struct loop *loops[] = {&room.loop};
    cr_assert_eq(loop_init(&room.loop, NULL), 0);
    live_create(&room.live, loops, 1, &limits);
    task_spawn(&room.loop, look, &room);
    loop_run(&room.loop);
    loop_finish(&room.loop);
    live_destroy(room.live);
    cr_assert(room.seen);
}

static void leave_early(void *argument)
{
    struct room *room = argument;
    struct signal news;
    signal_init(&news);
    struct live_watch *watch = live_watch(room->live, "fuel", STR("t"), &news);
    live_publish(room->live, "fuel", STR("t"), STR("never read"));
    live_unwatch(watch);
    loop_stop(&room->loop);
}

Test(live, what_nobody_reads_before_the_loop_ends_is_released)
{
    static struct room room;
    struct loop *loops[] = {&room.loop};
    cr_assert_eq(loop_init(&room.loop, NULL), 0);
    live_create(&room.live, loops, 1, &limits);
    task_spawn(&room.loop, leave_early, &room);
    loop_run(&room.loop);
    loop_finish(&room.loop);
    live_destroy(room.live);
}
