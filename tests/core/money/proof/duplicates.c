// SPDX-License-Identifier: Apache-2.0
//
// Clients whose answers are lost, and who try again, and whose tries arrive twice and at once: each
// thing is charged once.
#include "city.h"
#include "disk.h"

#include "loop/task.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { CLIENTS = 64, PRICE = 7, EVERY_CARD = 40, LOST = 30, REPLAYED = 50 };

struct crowd {
    struct city *c;
    struct loop *loop;
    long submissions, most; // made, and to be made
    long charged, replayed, conflicts, lost;
    long cards;
    int running;
};

struct client {
    struct crowd *crowd;
    int number, card;
    unsigned seed;
};

static int submit(struct client *client, long number, bool card, struct money_answer *answer)
{
    struct crowd *crowd = client->crowd;
    struct small_order small;
    char key[40];
    snprintf(key, sizeof key, "%s-%d-%ld", card ? "card" : "wallet", client->number, number);
    small_order(&crowd->c->t.f, &small, key, key, PRICE);
    crowd->submissions++;
    return card ? money_checkout(crowd->c->t.f.money, "card", &small.order, answer, NULL)
                : money_pay_wallet(crowd->c->t.f.money, &small.order, answer, NULL);
}

struct twin {
    struct client *client;
    long number;
    bool card;
    struct signal *done;
};

// The same submission from another connection, at the same time.
static void twin_main(void *argument)
{
    struct twin *twin = argument;
    struct money_answer answer;
    int status = submit(twin->client, twin->number, twin->card, &answer);
    cr_assert(status == 0 || answer.refusal == MONEY_IN_FLIGHT || status == ERR_UNAVAILABLE);
    twin->client->crowd->conflicts += status != 0;
    if (status == 0)
        buf_finish(&answer.body);
    signal_raise(twin->done);
}

static void maybe_twin(struct client *client, struct twin *twin, struct signal *done)
{
    signal_init(done);
    *twin = (struct twin){client, twin->number, twin->card, done};
    if ((int)(rand_r(&client->seed) % 100) >= REPLAYED ||
        task_spawn(client->crowd->loop, twin_main, twin) != 0)
        signal_raise(done);
}

// Tries until it has an answer: of the answers that come so many are lost on the way.
static struct id insist(struct client *client, long number, bool card)
{
    struct crowd *crowd = client->crowd;
    struct id payment = {""};
    for (bool heard = false; !heard;) {
        struct money_answer answer;
        struct signal done;
        struct twin twin = {.number = number, .card = card};
        maybe_twin(client, &twin, &done);
        int status = submit(client, number, card, &answer);
        signal_wait(&done, TASK_NO_DEADLINE);
        if (status != 0) {
            cr_assert(answer.refusal == MONEY_IN_FLIGHT, "%d", status);
            crowd->conflicts++;
            task_sleep(1);
            continue;
        }
        crowd->replayed += answer.replayed;
        cr_assert(payment.text[0] == '\0' || strcmp(payment.text, answer.payment.text) == 0,
                  "two payments for one key");
        payment = answer.payment;
        buf_finish(&answer.body);
        heard = (int)(rand_r(&client->seed) % 100) >= LOST;
        crowd->lost += !heard;
    }
    return payment;
}

static void client_main(void *argument)
{
    struct client *client = argument;
    struct crowd *crowd = client->crowd;
    for (long number = 0; crowd->submissions < crowd->most; number++) {
        bool card = number % EVERY_CARD == 0 && crowd->cards < FAKE_PAYMENTS - CLIENTS;
        crowd->cards += card;
        struct id id = insist(client, number, card);
        if (card) {
            fake_pay(crowd->c->t.f.fake, id.text);
            payment_wait(crowd->c->t.f.money, &id, 5000, NULL);
        }
        crowd->charged++;
    }
    if (--crowd->running == 0)
        loop_stop(crowd->loop);
}

static void expect_charged_once(struct crowd *crowd)
{
    struct money_fixture *f = &crowd->c->t.f;
    city_rest(crowd->c);
    city_expect_rest(crowd->c);
    cr_assert_eq(ask_outside(f, "SELECT count(*) FROM payment WHERE state = 'captured'"),
                 crowd->charged);
    cr_assert_eq(ask_outside(f, "SELECT count(*) - count(DISTINCT item) FROM payment_line "
                                "WHERE state = 'paid'"),
                 0);
    cr_assert_eq(balance_of(f, (struct ledger_party){LEDGER_SETTLEMENT, "water"}),
                 crowd->charged * PRICE);
    cr_assert_geq(crowd->submissions, crowd->most);
    cr_assert_gt(crowd->replayed, crowd->charged / 4);
}

Test(duplicates, a_million_submissions_with_lost_answers_and_replays_charge_each_thing_once,
     .timeout = 6000)
{
    struct loop loop;
    struct client clients[CLIENTS];
    disk_begin(&(struct disk_plan){.forgetful = true});
    struct crowd crowd = {.c = city_create(),
                          .loop = &loop,
                          .most = getenv("MEDINA_SOAK") ? 1000000 : 20000,
                          .running = CLIENTS};
    crowd.c->t.f.terms = (struct store_config){.checkpoint_pages = 0};
    city_host(crowd.c);
    fill_wallet(&crowd.c->t.f, LEDGER_AMOUNT_MAX);
    cr_assert_eq(loop_init(&loop, NULL), 0);
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){.crowd = &crowd, .number = i, .seed = 7u + (unsigned)i};
        cr_assert_eq(task_spawn(&loop, client_main, &clients[i]), 0);
    }
    loop_run(&loop);
    loop_finish(&loop);
    cr_assert_eq(crowd.running, 0);
    fprintf(stderr, "duplicates: %ld submissions, %ld charged, %ld answers lost, %ld replays\n",
            crowd.submissions, crowd.charged, crowd.lost, crowd.replayed);
    expect_charged_once(&crowd);
    city_destroy(crowd.c);
}
