// SPDX-License-Identifier: Apache-2.0
//
// The card provider against scripted HTTP: what it sends, what it makes of answers and webhooks.
#include "money/card.h"

#include "base/crypto.h"
#include "fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

// Stands where the HTTP client does: keeps the last request, gives the next answer.
struct wire {
    char method[8], url[256], form[4096], key[128], authorization[128];
    int calls;
    int result, status; // of the next answers
    const char *body;
    const char *captured; // to a capture, when it is another
};

static void keep(char *out, size_t size, struct str text)
{
    cr_assert_lt(text.size, size);
    if (text.size)
        memcpy(out, text.data, text.size);
    out[text.size] = '\0';
}

static int send_scripted(struct http_client *client, const struct http_outgoing *out,
                         struct http_incoming *in, struct err *err)
{
    struct wire *wire = (struct wire *)(void *)client;
    wire->calls++;
    keep(wire->method, sizeof wire->method, str_from(out->method));
    keep(wire->url, sizeof wire->url, str_from(out->url));
    keep(wire->form, sizeof wire->form, out->body);
    wire->key[0] = '\0';
    for (size_t i = 0; i < out->field_count; i++) {
        if (str_is(out->fields[i].name, "idempotency-key"))
            keep(wire->key, sizeof wire->key, out->fields[i].value);
        if (str_is(out->fields[i].name, "authorization"))
            keep(wire->authorization, sizeof wire->authorization, out->fields[i].value);
    }
    cr_assert_gt(out->timeout_ms, 0);
    cr_assert_gt(out->reply_limit, 0);
    if (wire->result)
        return err_set(err, wire->result, "the network");
    in->status = wire->status ? wire->status : 200;
    bool capture = wire->captured && strstr(wire->url, "/capture");
    buf_append_text(&in->body, capture ? wire->captured : wire->body);
    return 0;
}

static struct provider *create(struct wire *wire)
{
    struct provider *card;
    struct card_config config = {.name = "card",
                                 .api = "https://api.example",
                                 .secret_key = "sk_test_geheim",
                                 .webhook_secret = "whsec_geheim",
                                 .send = send_scripted,
                                 .client = (struct http_client *)(void *)wire};
    struct err err = {0};
    cr_assert_eq(card_create(&card, &config, &err), 0, "%s", err.message);
    return card;
}

static const struct provider_order order = {.key = "01intent",
                                            .payment = "01payment",
                                            .currency = "AED",
                                            .language = "ar",
                                            .amount = 58310,
                                            .expires = INT64_C(1772355600999),
                                            .title = {"مياه & more", 15},
                                            .return_url = {"https://city/r?a=1&b=2", 22},
                                            .cancel_url = {"https://city/c", 14}};

#define SESSION(rest) "{\"id\":\"cs_test_1\",\"status\":\"open\"," rest "}"

Test(card, opening_a_page_asks_for_a_session_that_is_captured_by_hand)
{
    struct wire wire = {
        .body = SESSION("\"url\":\"https://pay.example/c/1#x\",\"payment_intent\":null")};
    struct provider *card = create(&wire);
    struct provider_view view = {0};
    struct err err = {0};
    cr_assert_eq(card->open(card->context, &order, &view, &err), 0, "%s", err.message);
    cr_assert_str_eq(wire.method, "POST");
    cr_assert_str_eq(wire.url, "https://api.example/v1/checkout/sessions");
    cr_assert_str_eq(wire.key, "01intent");
    cr_assert_str_eq(wire.authorization, "Bearer sk_test_geheim");
    static const char *const parts[] = {"mode=payment&",
                                        "payment_intent_data[capture_method]=manual&",
                                        "payment_intent_data[metadata][payment]=01payment",
                                        "&metadata[payment]=01payment&",
                                        "client_reference_id=01payment&",
                                        "&line_items[0][price_data][unit_amount]=58310&",
                                        "&line_items[0][price_data][currency]=aed&",
                                        "&line_items[0][quantity]=1&",
                                        "[name]=%D9%85%D9%8A%D8%A7%D9%87%20%26%20more&",
                                        "&success_url=https%3A%2F%2Fcity%2Fr%3Fa%3D1%26b%3D2&",
                                        "&expires_at=1772355600&"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        cr_assert(strstr(wire.form, parts[i]), "%s in %s", parts[i], wire.form);
    cr_assert_eq(view.state, PROVIDER_OPEN);
    cr_assert_str_eq(view.session, "cs_test_1");
    cr_assert_str_eq(view.charge, "");
    cr_assert_str_eq(view.redirect, "https://pay.example/c/1#x");
    card_destroy(card);
}

Test(card, what_a_session_says_is_understood)
{
    static const struct {
        const char *body;
        enum provider_state state;
        int64_t amount;
    } rows[] = {
        {SESSION("\"payment_intent\":null"), PROVIDER_OPEN, 0},
        {SESSION("\"payment_intent\":\"pi_1\""), PROVIDER_OPEN, 0},
        {SESSION("\"payment_intent\":{\"id\":\"pi_1\",\"status\":\"requires_payment_method\","
                 "\"currency\":\"aed\"}"),
         PROVIDER_OPEN, 0},
        {SESSION("\"payment_intent\":{\"id\":\"pi_1\",\"status\":\"requires_action\","
                 "\"currency\":\"aed\"}"),
         PROVIDER_OPEN, 0},
        {"{\"id\":\"cs_test_1\",\"status\":\"complete\",\"payment_intent\":{\"id\":\"pi_1\","
         "\"status\":"
         "\"requires_capture\",\"currency\":\"aed\",\"amount\":9,\"amount_capturable\":1000}}",
         PROVIDER_AUTHORIZED, 1000},
        {"{\"id\":\"cs_test_1\",\"status\":\"complete\",\"payment_intent\":{\"id\":\"pi_1\","
         "\"status\":"
         "\"succeeded\",\"currency\":\"aed\",\"amount\":9,\"amount_received\":800}}",
         PROVIDER_CAPTURED, 800},
        {"{\"id\":\"cs_test_1\",\"status\":\"complete\",\"payment_intent\":{\"id\":\"pi_1\","
         "\"status\":"
         "\"canceled\",\"currency\":\"aed\"}}",
         PROVIDER_GONE, 0},
        {"{\"id\":\"cs_test_1\",\"status\":\"expired\",\"payment_intent\":null}", PROVIDER_GONE,
         0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wire wire = {.body = rows[i].body};
        struct provider *card = create(&wire);
        struct provider_view view = {0};
        cr_assert_eq(card->look(card->context, "cs_test_1", &view, NULL), 0, "%zu", i);
        cr_assert_str_eq(wire.method, "GET");
        cr_assert_str_eq(
            wire.url, "https://api.example/v1/checkout/sessions/cs_test_1?expand[]=payment_intent");
        cr_assert_str_eq(wire.key, "");
        cr_assert_eq(view.state, rows[i].state, "%zu", i);
        cr_assert_eq(view.amount, rows[i].amount, "%zu", i);
        if (rows[i].amount)
            cr_assert_str_eq(view.currency, "AED");
        card_destroy(card);
    }
}

Test(card, every_deed_has_its_path_its_amount_and_its_key)
{
    struct wire wire = {.body = "{\"id\":\"x\",\"status\":\"succeeded\",\"amount_received\":250}"};
    struct provider *card = create(&wire);
    struct provider_call call = {
        .key = "01key", .payment = "01p", .session = "cs_1", .charge = "pi_1", .amount = 250};
    cr_assert_eq(card->capture(card->context, &call, NULL), 0);
    cr_assert_str_eq(wire.url, "https://api.example/v1/payment_intents/pi_1/capture");
    cr_assert_str_eq(wire.form, "amount_to_capture=250");
    cr_assert_str_eq(wire.key, "01key-capture");
    cr_assert_eq(card->cancel(card->context, &call, NULL), 0);
    cr_assert_str_eq(wire.url, "https://api.example/v1/payment_intents/pi_1/cancel");
    cr_assert_str_eq(wire.key, "01key-cancel");
    cr_assert_eq(card->refund(card->context, &call, NULL), 0);
    cr_assert_str_eq(wire.url, "https://api.example/v1/refunds");
    cr_assert_str_eq(wire.form, "payment_intent=pi_1&amount=250&metadata[refund]=01key&"
                                "metadata[payment]=01p");
    cr_assert_str_eq(wire.key, "01key");
    call.charge = "";
    cr_assert_eq(card->cancel(card->context, &call, NULL), 0);
    cr_assert_str_eq(wire.url, "https://api.example/v1/checkout/sessions/cs_1/expire");
    cr_assert_eq(wire.calls, 4);
    // An id that is not one never becomes a path.
    call.charge = "pi_1/../../x";
    cr_assert_eq(card->capture(card->context, &call, NULL), ERR_DENIED);
    call.charge = "";
    cr_assert_eq(card->capture(card->context, &call, NULL), ERR_DENIED);
    cr_assert_eq(wire.calls, 4);
    card_destroy(card);
}

Test(card, what_went_wrong_says_whether_it_may_have_happened)
{
    static const struct {
        int result, status;
        const char *body;
        int expected;
    } rows[] = {{ERR_UNAVAILABLE, 0, "", ERR_UNAVAILABLE}, // surely nothing left
                {ERR_INVALID, 0, "", ERR_UNAVAILABLE},
                {ERR_UNKNOWN, 0, "", ERR_UNKNOWN},
                {ERR_TIMEOUT, 0, "", ERR_UNKNOWN},
                {ERR_LIMIT, 0, "", ERR_UNKNOWN},
                {0, 402, "{\"error\":{\"code\":\"card_declined\"}}", ERR_DENIED},
                {0, 400, "{\"error\":{\"code\":\"payment_intent_unexpected_state\"}}", ERR_DENIED},
                {0, 404, "{\"error\":{\"code\":\"resource_missing\"}}", ERR_DENIED},
                {0, 401, "{\"error\":{\"type\":\"auth\"}}", ERR_UNAVAILABLE},
                {0, 403, "{}", ERR_UNAVAILABLE},
                {0, 409, "{\"error\":{\"code\":\"lock_timeout\"}}", ERR_UNAVAILABLE},
                {0, 429, "{}", ERR_UNAVAILABLE},
                {0, 500, "{}", ERR_UNKNOWN},
                {0, 503, "<html>", ERR_UNKNOWN},
                {0, 301, "", ERR_DENIED},
                {0, 200, "<html>", ERR_UNKNOWN},
                {0, 200, "[]", ERR_UNKNOWN},
                {0, 200, "{\"id\":\"a\",\"id\":\"b\"}", ERR_UNKNOWN}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wire wire = {.result = rows[i].result,
                            .status = rows[i].status,
                            .body = rows[i].body};
        struct provider *card = create(&wire);
        struct provider_call call = {.key = "k", .charge = "pi_1", .session = "cs_1", .amount = 1};
        struct err err = {0};
        cr_assert_eq(card->capture(card->context, &call, &err), rows[i].expected, "%zu: %s", i,
                     err.message);
        cr_assert_eq(err.code, rows[i].expected);
        cr_assert_null(strstr(err.message, "geheim"));
        card_destroy(card);
    }
}

Test(card, a_refund_is_found_by_its_key)
{
    struct wire wire = {.body = "{\"data\":[{\"status\":\"succeeded\",\"metadata\":{\"refund\":"
                                "\"other\"}},{\"status\":\"pending\",\"metadata\":{\"refund\":"
                                "\"01key\"}},{\"status\":\"failed\",\"metadata\":{\"refund\":"
                                "\"01lost\"}}]}"};
    struct provider *card = create(&wire);
    struct provider_call call = {.key = "01key", .charge = "pi_1"};
    cr_assert_eq(card->find_refund(card->context, &call, NULL), 0);
    cr_assert_str_eq(wire.url, "https://api.example/v1/refunds?payment_intent=pi_1&limit=100");
    call.key = "01lost";
    cr_assert_eq(card->find_refund(card->context, &call, NULL), ERR_DENIED);
    call.key = "01never";
    cr_assert_eq(card->find_refund(card->context, &call, NULL), ERR_NOT_FOUND);
    wire.status = 500;
    cr_assert_eq(card->find_refund(card->context, &call, NULL), ERR_UNKNOWN);
    card_destroy(card);
}

// --- webhooks ------------------------------------------------------------------------------------

static const char event_body[] =
    "{\"id\":\"evt_1\",\"type\":\"checkout.session.completed\",\"data\":{\"object\":{\"id\":"
    "\"cs_1\",\"metadata\":{\"payment\":\"01payment\"}}}}";

static void sign(struct buf *out, const char *secret, int64_t time, const char *body)
{
    char stamp[24];
    snprintf(stamp, sizeof stamp, "%lld", (long long)time);
    struct str parts[] = {str_from(stamp), STR("."), str_from(body)};
    struct crypto_hash hash = crypto_hmac_sha256(str_from(secret), parts, 3);
    buf_printf(out, "v1=");
    crypto_hex(hash.bytes, sizeof hash.bytes, out);
}

static int verify(struct provider *card, const char *signature, const char *body,
                  struct provider_event *event)
{
    return card->verify(card->context, str_from(signature), str_from(body),
                        INT64_C(1772353800) * 1000, event, NULL);
}

Test(card, a_webhook_is_taken_with_the_providers_signature_and_no_other)
{
    struct wire wire = {.body = ""};
    struct provider *card = create(&wire);
    struct provider_event event = {.id = ""};
    struct buf good = {0}, other = {0}, text = {0};
    sign(&good, "whsec_geheim", 1772353800, event_body);
    sign(&other, "whsec_other", 1772353800, event_body);

    buf_printf(&text, "t=1772353800,%s", good.data);
    cr_assert_eq(verify(card, text.data, event_body, &event), 0);
    cr_assert_str_eq(event.id, "evt_1");
    cr_assert_str_eq(event.type, "checkout.session.completed");
    cr_assert_str_eq(event.payment, "01payment");
    cr_assert_eq(verify(card, text.data, "{\"id\":\"evt_2\"}", &event), ERR_DENIED);

    buf_clear(&text); // a secret that is being replaced: two signatures
    buf_printf(&text, "t=1772353800,%s,%s,v0=00", other.data, good.data);
    cr_assert_eq(verify(card, text.data, event_body, &event), 0);

    const char *const patterns[] = {"t=1772353800,%s", "t=1772353801,%s", "%s", "t=,%s", "t=x,%s"};
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        buf_clear(&text);
        buf_printf(&text, patterns[i], i == 0 ? other.data : good.data);
        cr_assert_eq(verify(card, text.data, event_body, &event), ERR_DENIED, "%s", text.data);
    }
    cr_assert_eq(verify(card, "", event_body, &event), ERR_DENIED);
    cr_assert_eq(verify(card, "t=1772353800,v1=", event_body, &event), ERR_DENIED);
    buf_finish(&good);
    buf_finish(&other);
    buf_finish(&text);
    card_destroy(card);
}

Test(card, a_webhook_signed_at_another_time_is_a_replay)
{
    struct wire wire = {.body = ""};
    struct provider *card = create(&wire);
    static const struct {
        int64_t offset;
        int expected;
    } rows[] = {{-300, 0}, {-301, ERR_DENIED}, {300, 0}, {301, ERR_DENIED}};
    for (size_t i = 0; i < 4; i++) {
        struct provider_event event = {.id = ""};
        struct buf text = {0};
        int64_t time = 1772353800 + rows[i].offset;
        buf_printf(&text, "t=%lld,", (long long)time);
        sign(&text, "whsec_geheim", time, event_body);
        cr_assert_eq(verify(card, text.data, event_body, &event), rows[i].expected, "%lld",
                     (long long)rows[i].offset);
        buf_finish(&text);
    }
    card_destroy(card);
}

Test(card, a_signed_body_that_is_no_event_is_refused)
{
    struct wire wire = {.body = ""};
    struct provider *card = create(&wire);
    static const char *const bodies[] = {"",
                                         "[]",
                                         "{\"id\":\"e\"}",
                                         "{\"id\":\"\",\"type\":\"t\",\"data\":{\"object\":{}}}",
                                         "{\"id\":\"e\",\"type\":\"t\",\"data\":{}}",
                                         "{\"id\":\"e\",\"id\":\"f\"}"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct provider_event event = {.id = ""};
        struct buf text = {0};
        buf_printf(&text, "t=1772353800,");
        sign(&text, "whsec_geheim", 1772353800, bodies[i]);
        cr_assert_eq(verify(card, text.data, bodies[i], &event), ERR_INVALID, "%s", bodies[i]);
        buf_finish(&text);
    }
    struct card_config nothing = {.name = "card"};
    cr_assert_eq(card_create(&card, &nothing, NULL), ERR_INVALID);
    card_destroy(card);
}

// The whole flow of a payment over the adapter: each answer is what the real API would send.
Test(card, a_payment_goes_from_page_to_capture_over_the_api)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct wire wire = {.body = SESSION("\"url\":\"https://pay.example/1\"")};
    struct provider *card = create(&wire);
    f.providers[0] = card;
    money_destroy(f.money);
    struct money_config config = {.store = f.store, .clock = &f.clock, .providers = f.providers};
    cr_assert_eq(money_create(&f.money, &config, NULL), 0);
    struct id payment = checkout(&f, "bill-1");
    cr_assert(strstr(wire.form, "success_url=https%3A%2F%2Fcity%2F01"), "%s", wire.form);

    wire.body = "{\"id\":\"cs_test_1\",\"status\":\"complete\",\"payment_intent\":{\"id\":\"pi_7\","
                "\"status\":\"requires_capture\",\"currency\":\"aed\",\"amount_capturable\":1000}}";
    wire.captured = "{\"id\":\"pi_7\",\"status\":\"succeeded\",\"currency\":\"aed\","
                    "\"amount_received\":1000}";
    struct buf signature = {0}, event = {0};
    buf_printf(&event,
               "{\"id\":\"evt_9\",\"type\":\"checkout.session.completed\",\"data\":{\"object\":"
               "{\"metadata\":{\"payment\":\"%s\"}}}}",
               payment.text);
    buf_printf(&signature, "t=1772353800,");
    sign(&signature, "whsec_geheim", 1772353800, event.data);
    struct err err = {0};
    cr_assert_eq(money_webhook(f.money, "card", buf_str(&signature), buf_str(&event), &err), 0,
                 "%s", err.message);
    cr_assert_eq(state_of(&f, &payment), PAYMENT_CAPTURED);
    cr_assert_str_eq(wire.url, "https://api.example/v1/payment_intents/pi_7/capture");
    cr_assert_str_eq(wire.form, "amount_to_capture=1000");
    expect_books_whole(&f);
    buf_finish(&signature);
    buf_finish(&event);
    card_destroy(card);
    money_fixture_close(&f);
}
