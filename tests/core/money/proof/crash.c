// SPDX-License-Identifier: Apache-2.0
//
// A script of 200 payments, whose host is killed at every point at which it writes, truncates,
// deletes or syncs. Each story is told once by a host that dies only at its end, which says how
// many points it has; then, from the same files, once for each point by a host that dies there. A
// new host takes over, the story is told again, and must end as it did without a death.
#include "city.h"
#include "disk.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STORIES = 200, SLOWEST_RESTART_MS = 20000, RESTARTS = 100000 };

// A fork copies the page tables of all that the sanitizer keeps from being used again.
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "quarantine_size_mb=4:thread_local_quarantine_size_kb=64";
}

// Criterion's own runner loses a few bytes when a test of some minutes reports late.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libcriterion";
}

struct crash {
    struct city *c;
    struct city_image *image, *next;
    char summary[SUMMARY];
    unsigned seed;
    uint64_t kills, points;
    double *restarts; // ms
};

static void child_main(struct crash *crash, uint64_t at)
{
    struct city *c = crash->c;
    disk_plan(
        &(struct disk_plan){.fault = DISK_KILLS, .at = at, .seed = crash->seed, .forgetful = true});
    city_host(c);
    city_tell(c, story_of(c->facts.story));
    c->facts.points = disk_points();
    c->facts.finished = true;
    kill(getpid(), SIGKILL);
}

// A host that tells the story and dies at that point, 0: at the end.
static void host_dies(struct crash *crash, uint64_t at)
{
    struct city *c = crash->c;
    story_of(c->facts.story)->before(c);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        alarm(20); // whatever hangs, an assertion that fails here too
        child_main(crash, at);
        _exit(1);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
              "story %d (%s), point %lu: the host ended by itself (%d)", c->facts.story,
              story_of(c->facts.story)->name, (unsigned long)at, status);
}

static void new_host(struct crash *crash)
{
    struct city *c = crash->c;
    story_of(c->facts.story)->before(c);
    uint64_t start = clock_monotonic_ns();
    city_host(c);
    double ms = (double)(clock_monotonic_ns() - start) / 1e6;
    cr_assert_lt(ms, (double)SLOWEST_RESTART_MS);
    if (crash->kills < RESTARTS)
        crash->restarts[crash->kills] = ms;
}

static void kill_at(struct crash *crash, uint64_t at)
{
    struct city *c = crash->c;
    char summary[SUMMARY];
    city_restore(c, crash->image);
    host_dies(crash, at);
    bool died = !c->facts.finished; // ids are new each time: some stories write a page less
    new_host(crash);
    crash->kills += died;
    city_expect_acknowledged(c);
    city_tell(c, story_of(c->facts.story));
    city_expect_rest(c);
    city_summary(c, summary);
    money_fixture_stop(&c->t.f);
    cr_assert_str_eq(summary, crash->summary,
                     "story %d (%s), killed at point %lu:\n%s\nand not\n%s", c->facts.story,
                     story_of(c->facts.story)->name, (unsigned long)at, summary, crash->summary);
}

// Told without a death but at the end, with what that leaves for the next story.
static uint64_t tell_undisturbed(struct crash *crash)
{
    struct city *c = crash->c;
    host_dies(crash, 0);
    cr_assert(c->facts.finished);
    uint64_t points = c->facts.points;
    city_save(c, crash->next);
    new_host(crash);
    city_expect_rest(c);
    city_summary(c, crash->summary);
    money_fixture_stop(&c->t.f);
    return points;
}

// Kills at every point, or at so many of the story's, seeded.
static void tell_and_kill(struct crash *crash, int number, bool every, uint64_t sample)
{
    struct city *c = crash->c;
    city_begin_story(c, number);
    city_save(c, crash->image);
    uint64_t points = tell_undisturbed(crash);
    crash->points += points;
    for (uint64_t at = 1; every && at <= points; at++)
        kill_at(crash, at);
    for (uint64_t i = 0; !every && i < sample; i++)
        kill_at(crash, 1 + (uint64_t)rand_r(&crash->seed) % points);
    city_restore(c, crash->next);
    struct city_image *image = crash->image;
    crash->image = crash->next;
    crash->next = image;
}

static int compare(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

static void run_script(unsigned seed, uint64_t kills)
{
    static struct crash crash;
    disk_begin(&(struct disk_plan){.forgetful = true});
    crash = (struct crash){.c = city_create(),
                           .image = city_image_create(),
                           .next = city_image_create(),
                           .seed = seed,
                           .restarts = calloc(RESTARTS, sizeof(double))};
    for (int number = 0; number < STORIES; number++) {
        uint64_t due = kills * (uint64_t)(number + 1) / STORIES;
        tell_and_kill(&crash, number, kills == 0, due > crash.kills ? due - crash.kills : 0);
    }
    qsort(crash.restarts, crash.kills, sizeof(double), compare);
    double median = crash.restarts[crash.kills / 2], slowest = crash.restarts[crash.kills - 1];
    fprintf(stderr, "crash: %lu kills at %lu points; a restart takes %.1f ms, at most %.1f ms\n",
            (unsigned long)crash.kills, (unsigned long)crash.points, median, slowest);
    cr_assert_lt(median, 1000.0);
    city_image_destroy(crash.image);
    city_image_destroy(crash.next);
    city_destroy(crash.c);
    free(crash.restarts);
}

Test(crash, a_host_killed_at_any_write_or_sync_loses_and_doubles_nothing, .timeout = 14000)
{
    const char *soak = getenv("MEDINA_SOAK"); // 1: at every point; more: so many kills
    uint64_t kills = soak ? strtoul(soak, NULL, 10) : 500;
    run_script(20260301, kills == 1 ? 0 : kills);
}
