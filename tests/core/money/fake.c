// SPDX-License-Identifier: Apache-2.0
#include "fake.h"

#include "loop/task.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct fake *fake_create(void)
{
    struct fake *fake =
        mmap(NULL, sizeof *fake, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq((void *)fake, MAP_FAILED);
    return fake;
}

void fake_destroy(struct fake *fake)
{
    munmap(fake, sizeof *fake);
}

void fake_script(struct fake *fake, enum fake_operation operation, int result, bool works)
{
    fake->script[operation].result = result;
    fake->script[operation].works = works;
}

struct fake_payment *fake_find(struct fake *fake, const char *payment)
{
    for (int i = 0; i < fake->count; i++)
        if (strcmp(fake->payments[i].payment, payment) == 0)
            return &fake->payments[i];
    cr_assert_fail("the provider knows no payment %s", payment);
    abort();
}

void fake_pay(struct fake *fake, const char *payment)
{
    struct fake_payment *there = fake_find(fake, payment);
    cr_assert_eq(there->state, PROVIDER_OPEN);
    there->state = PROVIDER_AUTHORIZED;
}

void fake_expire(struct fake *fake, const char *payment)
{
    fake_find(fake, payment)->state = PROVIDER_GONE;
}

// One call: what the script says; *works tells whether the deed is done.
static int answer(struct fake *fake, enum fake_operation operation, bool *works, struct err *err)
{
    if (task_running())
        task_sleep(1); // so that other tasks come in between
    fake->calls[operation]++;
    int result = fake->script[operation].result;
    *works = result == 0 || fake->script[operation].works;
    fake->script[operation].result = 0;
    fake->script[operation].works = false;
    return result == 0 ? 0 : err_set(err, result, "the fake provider");
}

static void maybe_die(struct fake *fake, enum fake_operation operation)
{
    if (!fake->script[operation].dies)
        return;
    fake->script[operation].dies = false;
    _exit(9); // as by SIGKILL: nothing is written or closed
}

static struct fake_payment *by_session(struct fake *fake, const char *session)
{
    int index = atoi(session + 3);
    cr_assert(index >= 0 && index < fake->count, "%s", session);
    return &fake->payments[index];
}

static void view_of(const struct fake *fake, const struct fake_payment *there,
                    struct provider_view *view)
{
    *view = (struct provider_view){.state = there->state,
                                   .amount = there->state == PROVIDER_CAPTURED ? there->taken
                                                                               : there->amount};
    strcpy(view->currency, "AED");
    int index = (int)(there - fake->payments);
    snprintf(view->session, sizeof view->session, "cs_%d", index);
    if (there->state != PROVIDER_OPEN)
        snprintf(view->charge, sizeof view->charge, "pi_%d", index);
}

static int fake_open(void *context, const struct provider_order *order, struct provider_view *view,
                     struct err *err)
{
    struct fake *fake = context;
    bool works;
    int status = answer(fake, FAKE_OPEN, &works, err);
    struct fake_payment *there = NULL;
    for (int i = 0; i < fake->count; i++)
        if (strcmp(fake->payments[i].key, order->key) == 0)
            there = &fake->payments[i];
    if (works && !there) {
        there = &fake->payments[fake->count++];
        cr_assert_leq(fake->count, FAKE_PAYMENTS);
        *there = (struct fake_payment){.amount = order->amount};
        snprintf(there->payment, sizeof there->payment, "%s", order->payment);
        snprintf(there->key, sizeof there->key, "%s", order->key);
    }
    maybe_die(fake, FAKE_OPEN);
    if (status == 0) {
        view_of(fake, there, view);
        snprintf(view->redirect, sizeof view->redirect, "https://pay.example/%s", view->session);
    }
    return status;
}

static int fake_look(void *context, const char *session, struct provider_view *view,
                     struct err *err)
{
    struct fake *fake = context;
    bool works;
    int status = answer(fake, FAKE_LOOK, &works, err);
    if (status == 0)
        view_of(fake, by_session(fake, session), view);
    return status;
}

static int fake_capture(void *context, const struct provider_call *call, struct err *err)
{
    struct fake *fake = context;
    struct fake_payment *there = by_session(fake, call->charge);
    bool works;
    int status = answer(fake, FAKE_CAPTURE, &works, err);
    bool again = strcmp(there->capture_key, call->key) == 0;
    if (works && !again) {
        if (there->state != PROVIDER_AUTHORIZED)
            return err_set(err, ERR_DENIED, "nothing is held");
        there->state = PROVIDER_CAPTURED;
        there->taken += call->amount;
        there->captures++;
        snprintf(there->capture_key, sizeof there->capture_key, "%s", call->key);
    }
    maybe_die(fake, FAKE_CAPTURE);
    return status;
}

static int fake_cancel(void *context, const struct provider_call *call, struct err *err)
{
    struct fake *fake = context;
    struct fake_payment *there = by_session(fake, call->session);
    bool works;
    int status = answer(fake, FAKE_CANCEL, &works, err);
    enum provider_state expected = call->charge[0] ? PROVIDER_AUTHORIZED : PROVIDER_OPEN;
    if (works && there->state == expected)
        there->state = PROVIDER_GONE;
    else if (works && status == 0 && there->state != PROVIDER_GONE)
        return err_set(err, ERR_DENIED, "it has moved on");
    maybe_die(fake, FAKE_CANCEL);
    return status;
}

static bool refund_exists(const struct fake *fake, const char *key)
{
    for (int i = 0; i < fake->refund_count; i++)
        if (strcmp(fake->refunds[i].key, key) == 0)
            return true;
    return false;
}

static int fake_refund(void *context, const struct provider_call *call, struct err *err)
{
    struct fake *fake = context;
    struct fake_payment *there = by_session(fake, call->charge);
    bool works;
    int status = answer(fake, FAKE_REFUND, &works, err);
    if (works && !refund_exists(fake, call->key)) {
        there->given_back += call->amount;
        cr_assert_leq(there->given_back, there->taken, "more given back than was taken");
        snprintf(fake->refunds[fake->refund_count++].key, 64, "%s", call->key);
    }
    maybe_die(fake, FAKE_REFUND);
    return status;
}

static int fake_find_refund(void *context, const struct provider_call *call, struct err *err)
{
    struct fake *fake = context;
    bool works;
    int status = answer(fake, FAKE_FIND, &works, err);
    if (status != 0)
        return status;
    return refund_exists(fake, call->key) ? 0 : err_set(err, ERR_NOT_FOUND, "no such refund");
}

// The signature is "good"; the body is "EVENT PAYMENT".
static int fake_verify(void *context, struct str signature, struct str body, int64_t now,
                       struct provider_event *event, struct err *err)
{
    (void)context, (void)now;
    if (!str_is(signature, "good"))
        return err_set(err, ERR_DENIED, "a bad signature");
    struct str id = str_cut(&body, ' ');
    snprintf(event->id, sizeof event->id, STR_FORMAT, STR_ARGUMENTS(id));
    snprintf(event->payment, sizeof event->payment, STR_FORMAT, STR_ARGUMENTS(body));
    return 0;
}

struct provider fake_provider(struct fake *fake)
{
    return (struct provider){.name = "card",
                             .context = fake,
                             .open = fake_open,
                             .look = fake_look,
                             .capture = fake_capture,
                             .cancel = fake_cancel,
                             .refund = fake_refund,
                             .find_refund = fake_find_refund,
                             .verify = fake_verify};
}
