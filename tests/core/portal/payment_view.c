// SPDX-License-Identifier: Apache-2.0
#include "portal/payment_view.h"

#include "host/snapshot.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static const struct snapshot nothing_loaded;

static struct payment_line lines[2];

static struct payment payment_in(enum payment_state state, const char *reason)
{
    struct payment payment = {.id = {.text = "p1"},
                              .state = state,
                              .provider = "card",
                              .currency = "AED",
                              .total = 300,
                              .reason = str_from(reason),
                              .lines = lines,
                              .count = 2};
    bool took = state == PAYMENT_CAPTURED || state == PAYMENT_REFUNDED;
    payment.captured = took ? 300 : 0;
    payment.captured_at = took ? 1 : 0;
    for (size_t i = 0; i < 2; i++)
        lines[i] = (struct payment_line){.number = (int64_t)i + 1,
                                         .instance = STR("water"),
                                         .item = i ? STR("b&2") : STR("a.1"),
                                         .title_en = STR("Bill"),
                                         .title_ar = STR("فاتورة"),
                                         .amount = 150,
                                         .accepted = took ? 150 : PAYMENT_UNDECIDED,
                                         .state = took ? LINE_PAID : LINE_RELEASED,
                                         .delivered = took};
    return payment;
}

static void assert_word(enum payment_state state, const char *reason, const char *word)
{
    struct payment payment = payment_in(state, reason);
    cr_expect(eq(str, (char *)payment_word(&payment), (char *)word), "%s", reason);
}

Test(payment_view, every_end_without_money_says_why)
{
    assert_word(PAYMENT_CREATED, "", "unfinished");
    assert_word(PAYMENT_AUTHORIZED, "", "processing");
    assert_word(PAYMENT_VOIDED, "cancelled", "cancelled");
    assert_word(PAYMENT_VOIDED, "not-owed", "already");
    assert_word(PAYMENT_VOIDED, "amount-changed", "refused");
    assert_word(PAYMENT_VOIDED, "agency-unavailable", "unreachable");
    assert_word(PAYMENT_EXPIRED, "expired", "expired");
    assert_word(PAYMENT_FAILED, "declined", "declined");
    assert_word(PAYMENT_FAILED, "closed", "expired");
    assert_word(PAYMENT_FAILED, "unavailable", "failed");
    assert_word(PAYMENT_FAILED, "a reason of tomorrow", "failed");
    assert_word(PAYMENT_REFUNDED, "", "refunded");
}

Test(payment_view, money_taken_is_received_only_when_every_agency_has_acknowledged)
{
    struct payment payment = payment_in(PAYMENT_CAPTURED, "");
    cr_expect(eq(str, (char *)payment_word(&payment), "succeeded"));
    lines[1].delivered = 0;
    cr_expect(eq(str, (char *)payment_word(&payment), "waiting"));
    lines[1].state = LINE_REFUNDED;
    cr_expect(eq(str, (char *)payment_word(&payment), "partly"));
}

static bool has(const json_t *model, const char *name)
{
    return json_object_get(model, name) != NULL;
}

Test(payment_view, an_unfinished_payment_can_be_continued_and_given_up)
{
    struct payment payment = payment_in(PAYMENT_CREATED, "");
    json_t *model = payment_status(&payment, &nothing_loaded);
    cr_expect(eq(str, (char *)json_string_value(json_object_get(model, "continue_url")),
                 "/payments/p1/continue"));
    cr_expect(eq(str, (char *)json_string_value(json_object_get(model, "cancel_url")),
                 "/payments/p1/cancel"));
    cr_expect(not(has(model, "retry_url")), "the same cannot be paid twice at once");
    json_decref(model);
}

Test(payment_view, a_payment_that_ended_without_money_can_be_made_anew)
{
    struct payment payment = payment_in(PAYMENT_FAILED, "declined");
    json_t *model = payment_status(&payment, &nothing_loaded);
    cr_expect(eq(str, (char *)json_string_value(json_object_get(model, "retry_url")),
                 "/pay?item=instance%3Dwater%26item%3Da.1%26amount%3D150"
                 "&item=instance%3Dwater%26item%3Db%25262%26amount%3D150"));
    cr_expect(not(has(model, "continue_url")));
    cr_expect(not(has(model, "cancel_url")));
    json_decref(model);
}

Test(payment_view, what_took_money_or_is_paid_elsewhere_is_not_offered_again)
{
    struct payment payment = payment_in(PAYMENT_CAPTURED, "");
    json_t *model = payment_status(&payment, &nothing_loaded);
    cr_expect(not(has(model, "retry_url")));
    json_decref(model);
    payment = payment_in(PAYMENT_VOIDED, "not-owed");
    model = payment_status(&payment, &nothing_loaded);
    cr_expect(not(has(model, "retry_url")));
    json_decref(model);
}

Test(payment_view, a_receipt_holds_only_what_was_charged)
{
    struct payment payment = payment_in(PAYMENT_CAPTURED, "");
    payment.captured = 150;
    payment.receipt = STR("261121-01-000001-4");
    payment.receipt_code = STR("0123456789");
    lines[0].fee = 20;
    lines[1].state = LINE_RELEASED;
    json_t *receipt = payment_receipt(&payment, &nothing_loaded, "https://city.example", "ar");
    json_t *shown = json_object_get(receipt, "lines"); // the bill, and the city's fee by itself
    static const int64_t amounts[] = {130, 20};
    cr_assert(eq(sz, json_array_size(shown), 2));
    for (size_t i = 0; i < 2; i++) {
        json_t *amount = json_object_get(json_array_get(shown, i), "amount");
        cr_expect(eq(i64, json_integer_value(json_object_get(amount, "amount")), amounts[i]));
    }
    json_t *total = json_object_get(receipt, "total");
    cr_expect(eq(i64, json_integer_value(json_object_get(total, "amount")), 150));
    cr_expect(eq(str, (char *)json_string_value(json_object_get(receipt, "verify")),
                 "https://city.example/ar/verify?number=261121-01-000001-4&code=0123456789"));
    json_decref(receipt);
}

Test(payment_view, what_one_agency_refused_is_told_and_can_be_paid_again)
{
    struct payment payment = payment_in(PAYMENT_CAPTURED, "");
    lines[1].state = LINE_RELEASED;
    lines[1].reason = STR("agency-unavailable");
    json_t *model = payment_status(&payment, &nothing_loaded);
    cr_expect(eq(str, (char *)json_string_value(json_object_get(model, "retry_url")),
                 "/pay?item=instance%3Dwater%26item%3Db%25262%26amount%3D150"));
    json_t *item = json_array_get(json_object_get(model, "items"), 1);
    cr_expect(
        eq(str, (char *)json_string_value(json_object_get(item, "reason")), "agency-unavailable"));
    json_decref(model);
    lines[1].reason = STR("not-owed");
    model = payment_status(&payment, &nothing_loaded);
    cr_expect(not(has(model, "retry_url")), "what is not owed any more");
    json_decref(model);
}
