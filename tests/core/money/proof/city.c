// SPDX-License-Identifier: Apache-2.0
#include "city.h"

#include "money/settlement.h"
#include "money/verify.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static struct city *city_of_fake; // the provider's functions get the fake

static int look_dispute(void *context, const char *id, struct provider_dispute *out,
                        struct err *err)
{
    (void)context;
    const struct city_facts *facts = &city_of_fake->facts;
    for (size_t i = 0; i < facts->dispute_count; i++)
        if (strcmp(facts->disputes[i].id, id) == 0) {
            *out = facts->disputes[i];
            return 0;
        }
    return err_set(err, ERR_DENIED, "no such dispute");
}

static int list_no_disputes(void *context, struct provider_disputes *page, struct err *err)
{
    (void)context, (void)err;
    page->count = 0;
    page->more = false;
    return 0;
}

static struct tariff *two_percent(void)
{
    struct tariff *tariff;
    json_t *document = json_parse(STR("{\"*\":{\"card\":{\"basis_points\":200}},"
                                      "\"toll\":{\"*\":{\"fixed\":25}}}"),
                                  NULL);
    cr_assert_eq(tariff_create(&tariff, document, NULL), 0);
    json_decref(document);
    return tariff;
}

struct city *city_create(void)
{
    struct city *c =
        mmap(NULL, sizeof *c, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq((void *)c, MAP_FAILED);
    city_of_fake = c;
    treasury_open(&c->t);
    money_fixture_stop(&c->t.f);
    c->t.f.tariff = c->tariff = two_percent();
    c->t.f.event_ms = INT64_C(10) * 60 * 1000;
    c->t.f.terms = (struct store_config){.checkpoint_pages = 64, .readers = 1, .cache_kib = 2048};
    return c;
}

void city_destroy(struct city *c)
{
    treasury_close(&c->t);
    tariff_destroy(c->tariff);
    munmap(c, sizeof *c);
}

void city_host(struct city *c)
{
    c->t.f.money = NULL; // what a dead process had
    c->t.f.store = NULL;
    money_fixture_restart(&c->t.f);
    c->t.f.provider.look_dispute = look_dispute;
    c->t.f.provider.disputes = list_no_disputes;
    cr_assert_geq(money_tick(c->t.f.money, 100, NULL), 0);
}

void city_begin_story(struct city *c, int number)
{
    struct city_facts *facts = &c->facts;
    facts->story = number;
    facts->told_count = 0;
    facts->finished = false;
    memset(facts->calls, 0, sizeof facts->calls);
    advance_clock(&c->t.f, 60000);
    facts->began = clock_now(&c->t.f.clock);
    memset(c->t.f.fake->script, 0, sizeof c->t.f.fake->script);
}

void city_rest(struct city *c)
{
    for (int i = 0; i < 4; i++) {
        advance_clock(&c->t.f, 15000);
        cr_assert_geq(money_tick(c->t.f.money, 100, NULL), 0);
    }
}

// --- what must hold ------------------------------------------------------------------------------

static bool follows(enum payment_state seen, enum payment_state now)
{
    return now == seen || (seen == PAYMENT_CAPTURED && now == PAYMENT_REFUNDED);
}

void city_expect_acknowledged(struct city *c)
{
    struct money_fixture *f = &c->t.f;
    expect_books_whole(f);
    for (int i = 0; i < CALLS; i++) {
        const struct city_call *call = &c->facts.calls[i];
        if (!call->acknowledged)
            continue;
        enum payment_state now = state_of(f, &call->payment); // fails when it is not there
        if (call->seen != PAYMENT_CREATED)
            cr_assert(follows(call->seen, now), "story %d: %s was acknowledged as %s and is %s",
                      c->facts.story, call->payment.text, payment_state_name(call->seen),
                      payment_state_name(now));
    }
}

STORE_SQL(city_undecided,
          "SELECT (SELECT count(*) FROM payment WHERE state IN ('created', 'authorized')) + "
          "(SELECT count(*) FROM payment_intent WHERE state = 'pending') + "
          "(SELECT count(*) FROM payment WHERE refunding <> 0) + "
          "(SELECT count(*) FROM idempotency WHERE status IS NULL)");
STORE_SQL(city_twice, "SELECT (SELECT count(*) FROM (SELECT 1 FROM payment_line "
                      "WHERE state IN ('open', 'paid') GROUP BY instance, item "
                      "HAVING count(*) > 1)) + (SELECT count(*) FROM (SELECT 1 FROM payment "
                      "WHERE receipt IS NOT NULL GROUP BY receipt HAVING count(*) > 1))");
STORE_SQL(city_lines, "SELECT state, count(*), CAST(sum(refunded) AS BIGINT) FROM payment_line "
                      "WHERE state IN ('paid', 'refunded') GROUP BY state ORDER BY state");
STORE_SQL(city_balances, "SELECT account, CAST(sum(amount) AS BIGINT) FROM ledger_balance "
                         "GROUP BY account HAVING sum(amount) <> 0 ORDER BY account");
STORE_SQL(city_counts, "SELECT (SELECT count(*) FROM outbox), "
                       "(SELECT count(*) FROM payment WHERE receipt IS NOT NULL), "
                       "(SELECT count(*) FROM wallet_hold WHERE state = 'captured'), "
                       "(SELECT count(*) FROM dispute), "
                       "(SELECT count(*) FROM dispute WHERE state = 'open')");

static int read_zero(struct store_db *db, const struct store_sql *sql, struct err *err)
{
    struct store_cursor row;
    int found = store_one(db, sql, BIND(), &row, err);
    cr_assert_eq(found, 1);
    int64_t count = cursor_int(&row, 0);
    cursor_finish(&row);
    return count == 0 ? 0 : err_set(err, ERR_CONFLICT, "%lld left", (long long)count);
}

static int rest_job(struct store_db *db, void *argument, struct err *err)
{
    (void)argument;
    int status = read_zero(db, city_undecided, err);
    return status < 0 ? status : read_zero(db, city_twice, err);
}

// What the provider has taken from citizens, and what disputes have taken back from the city.
static int64_t provider_owes(struct city *c)
{
    int64_t owes = 0;
    const struct fake *fake = c->t.f.fake;
    for (int i = 0; i < fake->count; i++) {
        const struct fake_payment *there = &fake->payments[i];
        cr_assert_leq(there->captures, 1, "captured twice");
        cr_assert_leq(there->given_back, there->taken);
        cr_assert_neq(there->state, PROVIDER_AUTHORIZED, "a card is still held");
        owes += there->taken - there->given_back;
    }
    for (size_t i = 0; i < c->facts.dispute_count; i++) {
        const struct provider_dispute *dispute = &c->facts.disputes[i];
        owes -= dispute->fee + (dispute->state == PROVIDER_DISPUTE_WON ? 0 : dispute->amount);
    }
    return owes;
}

void city_expect_rest(struct city *c)
{
    struct err err = {0};
    expect_books_whole(&c->t.f);
    cr_assert_eq(store_read(c->t.f.store, rest_job, NULL, &err), 0, "story %d: %s", c->facts.story,
                 err.message);
    int64_t clearing = balance_of(&c->t.f, (struct ledger_party){LEDGER_CLEARING, "card"});
    cr_assert_eq(clearing, -provider_owes(c), "story %d: %lld, the provider owes %lld",
                 c->facts.story, (long long)clearing, (long long)provider_owes(c));
}

struct summary_job {
    char *out;
    size_t size;
};

static int add_rows(struct store_db *db, const struct store_sql *sql, int numbers,
                    struct summary_job *job, struct err *err)
{
    struct store_cursor row;
    int status = store_query(db, sql, BIND(), &row, err);
    while (status == 0 && (status = cursor_next(&row, err)) == 1) {
        char name[LEDGER_NAME] = "";
        int column = 0;
        if (sql != city_counts)
            cursor_copy(&row, column++, name, sizeof name);
        job->size += (size_t)snprintf(job->out + job->size, SUMMARY - job->size, "%s", name);
        for (int i = 0; i < numbers; i++)
            job->size += (size_t)snprintf(job->out + job->size, SUMMARY - job->size, " %lld",
                                          (long long)cursor_int(&row, column++));
        job->size += (size_t)snprintf(job->out + job->size, SUMMARY - job->size, "\n");
        cr_assert_lt(job->size, SUMMARY);
        status = 0;
    }
    return status;
}

static int summary_job(struct store_db *db, void *argument, struct err *err)
{
    struct summary_job *job = argument;
    job->size = 0;
    int status = add_rows(db, city_balances, 1, job, err);
    if (status == 0)
        status = add_rows(db, city_lines, 2, job, err);
    return status == 0 ? add_rows(db, city_counts, 5, job, err) : status;
}

void city_summary(struct city *c, char out[SUMMARY])
{
    struct err err = {0};
    struct summary_job job = {.out = out};
    cr_assert_eq(store_read(c->t.f.store, summary_job, &job, &err), 0, "%s", err.message);
}

// --- images --------------------------------------------------------------------------------------

static const char *const suffixes[] = {"", "-wal"};

struct city_image {
    struct buf files[2];
    struct city_facts facts;
    struct fake fake;
    int64_t now;
};

struct city_image *city_image_create(void)
{
    struct city_image *image = calloc(1, sizeof *image);
    cr_assert_not_null(image);
    return image;
}

void city_image_destroy(struct city_image *image)
{
    for (int i = 0; i < 2; i++)
        buf_finish(&image->files[i]);
    free(image);
}

static void path_of(struct city *c, const char *suffix, char out[128])
{
    snprintf(out, 128, "%s%s", c->t.f.path, suffix);
}

void city_save(struct city *c, struct city_image *image)
{
    for (int i = 0; i < 2; i++) {
        static char part[65536];
        char path[128];
        path_of(c, suffixes[i], path);
        buf_clear(&image->files[i]);
        FILE *file = fopen(path, "rb");
        for (size_t size; file && (size = fread(part, 1, sizeof part, file)) > 0;)
            buf_append(&image->files[i], part, size);
        if (file)
            fclose(file);
    }
    image->facts = c->facts;
    image->fake = *c->t.f.fake;
    image->now = clock_now(&c->t.f.clock);
}

void city_restore(struct city *c, const struct city_image *image)
{
    char path[128];
    path_of(c, "-shm", path);
    unlink(path);
    for (int i = 0; i < 2; i++) {
        path_of(c, suffixes[i], path);
        unlink(path);
        if (image->files[i].size == 0)
            continue;
        FILE *file = fopen(path, "wb");
        cr_assert_not_null(file);
        cr_assert_eq(fwrite(image->files[i].data, 1, image->files[i].size, file),
                     image->files[i].size);
        cr_assert_eq(fclose(file), 0);
    }
    c->facts = image->facts;
    *c->t.f.fake = image->fake;
    clock_fix(&c->t.f.clock, image->now);
}
