// SPDX-License-Identifier: Apache-2.0
#include "host/runner_log.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct scene {
    struct loop loop;
    struct runner_log log;
    int pipe[2];
    unsigned lines;
    unsigned wanted; // lines after which the loop ends
    enum log_level level;
    char last[RUNNER_LOG_LINE + 1];
    char all[4096];
};

static void said(void *owner, enum log_level level, struct str line)
{
    struct scene *scene = owner;
    size_t used = strlen(scene->all);
    scene->lines++;
    scene->level = level;
    cr_assert_leq(line.size, RUNNER_LOG_LINE);
    memcpy(scene->last, line.data, line.size);
    scene->last[line.size] = '\0';
    snprintf(scene->all + used, sizeof scene->all - used, "%.60s\n", scene->last);
    if (scene->lines == scene->wanted)
        runner_log_close(&scene->log);
}

static void closed(void *owner)
{
    struct scene *scene = owner;
    loop_stop(&scene->loop);
}

static void open_scene(struct scene *scene, unsigned lines, unsigned burst)
{
    memset(scene, 0, sizeof *scene);
    cr_assert_eq(loop_init(&scene->loop, NULL), 0);
    cr_assert_eq(pipe2(scene->pipe, O_CLOEXEC), 0);
    struct runner_log_options options = {.loop = &scene->loop,
                                         .lines = lines,
                                         .burst = burst,
                                         .said = said,
                                         .closed = closed,
                                         .owner = scene};
    cr_assert_eq(runner_log_open(&scene->log, scene->pipe[0], &options, NULL), 0);
}

static void put(struct scene *scene, const char *text)
{
    cr_assert_eq(write(scene->pipe[1], text, strlen(text)), (ssize_t)strlen(text));
}

static void run_until(struct scene *scene, unsigned wanted)
{
    scene->wanted = wanted;
    loop_run(&scene->loop);
    loop_finish(&scene->loop);
    close(scene->pipe[1]);
}

Test(runner_log, standard_error_becomes_lines_as_they_end)
{
    struct scene scene;
    open_scene(&scene, 50, 50);
    put(&scene, "one\ntwo ");
    put(&scene, "and a half\n\nthree\nno end");
    run_until(&scene, 3);
    cr_assert_str_eq(scene.all, "one\ntwo and a half\nthree\n");
    cr_assert_eq(scene.level, LOG_LEVEL_WARNING);
}

Test(runner_log, the_last_words_of_a_process_are_heard_without_an_end_of_line)
{
    struct scene scene;
    open_scene(&scene, 50, 50);
    put(&scene, "dying because");
    runner_log_drain(&scene.log);
    cr_assert_str_eq(scene.all, "dying because\n");
    runner_log_close(&scene.log);
    run_until(&scene, 0);
}

Test(runner_log, what_could_fool_a_terminal_is_made_harmless)
{
    struct scene scene;
    open_scene(&scene, 50, 50);
    runner_log_line(&scene.log, LOG_LEVEL_INFORMATION, STR("a\x1B[2Jb\rc\x7F"));
    cr_assert_str_eq(scene.last, "a [2Jb c ");
    runner_log_line(&scene.log, LOG_LEVEL_INFORMATION,
                    STR("\xC2\x9B"
                        "5m"));
    cr_assert_str_eq(scene.last, "  5m", "CSI as one character");
    runner_log_line(&scene.log, LOG_LEVEL_INFORMATION, STR("\xFF\xC3!"));
    cr_assert_str_eq(scene.last, "?"
                                 "?!");
    runner_log_line(&scene.log, LOG_LEVEL_ERROR, STR("\xD8\xB4\xD9\x83\xD8\xB1\xD8\xA7"));
    cr_assert_str_eq(scene.last, "\xD8\xB4\xD9\x83\xD8\xB1\xD8\xA7", "Arabic stays");
    cr_assert_eq(scene.level, LOG_LEVEL_ERROR);
    runner_log_close(&scene.log);
    run_until(&scene, 0);
}

Test(runner_log, a_long_line_is_cut_and_the_next_one_is_whole)
{
    struct scene scene;
    char text[3000];
    open_scene(&scene, 50, 50);
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    put(&scene, text);
    put(&scene, "\nnext\n");
    run_until(&scene, 2);
    cr_assert_str_eq(scene.last, "next");
    cr_assert_eq(scene.lines, 2);
}

Test(runner_log, a_character_is_never_cut_in_half)
{
    struct scene scene;
    char text[2000];
    open_scene(&scene, 50, 50);
    text[0] = 'x';
    for (size_t i = 1; i + 1 < sizeof text; i += 2)
        memcpy(text + i, "\xD8\xB4", 2);
    runner_log_line(&scene.log, LOG_LEVEL_WARNING, (struct str){text, sizeof text});
    cr_assert(str_is_utf8(str_from(scene.last)));
    cr_assert_gt(strlen(scene.last), 1000);
    cr_assert(!strchr(scene.last, '?'));
    runner_log_close(&scene.log);
    run_until(&scene, 0);
}

Test(runner_log, over_the_limit_lines_are_dropped_and_counted_once)
{
    struct scene scene;
    open_scene(&scene, 1, 10);
    for (int i = 0; i < 300; i++)
        runner_log_line(&scene.log, LOG_LEVEL_INFORMATION, STR("spam"));
    cr_assert_eq(scene.lines, 10);
    put(&scene, "more\n");
    // The second's end tells, without another line coming.
    run_until(&scene, 11);
    cr_assert_str_eq(scene.last, "\xE2\x80\xA6 291 lines dropped");
}

Test(runner_log, a_flood_on_standard_error_is_left_unread_until_the_second_is_over)
{
    struct scene scene;
    static char block[64 * 1024];
    size_t sent = 0;
    open_scene(&scene, 1, 1);
    memset(block, '\n', sizeof block);
    fcntl(scene.pipe[1], F_SETFL, O_NONBLOCK);
    uint64_t begin = uv_hrtime();
    // As much as the reader takes within half a second of turns.
    while (uv_hrtime() - begin < 500000000u) {
        ssize_t put_now = write(scene.pipe[1], block, sizeof block);
        sent += put_now > 0 ? (size_t)put_now : 0;
        uv_run(&scene.loop.uv, UV_RUN_NOWAIT);
    }
    cr_assert_lt(sent, 2 * 1024 * 1024, "%zu bytes", sent);
    cr_assert_gt(sent, 512 * 1024, "%zu bytes", sent);
    runner_log_close(&scene.log);
    run_until(&scene, 0);
}
