// SPDX-License-Identifier: Apache-2.0
// The provider's own pages: the card, the bank's confirmation (3-D Secure), and the way back. The
// numbers are Stripe's test cards: https://docs.stripe.com/testing

#include "provider.h"

#include <stdio.h>

static const struct {
    const char *number;
    const char *decline; // NULL: pays
    bool challenge;      // the bank asks first
} cards[] = {
    {"4242424242424242", NULL, false},
    {"5555555555554444", NULL, false},
    {"4000002500003155", NULL, true},
    {"4000000000003220", NULL, true},
    {"4000008400001629", "card_declined", true},
    {"4000000000000002", "card_declined", false},
    {"4000000000009995", "insufficient_funds", false},
    {"4000000000000069", "expired_card", false},
    {"4000000000000127", "incorrect_cvc", false},
    {"4000000000000119", "processing_error", false},
};

enum { CARDS = sizeof cards / sizeof *cards };

static const char *amount_text(struct sandbox_request *request, const json_t *intent)
{
    int64_t amount = json_get_integer(intent, "amount", 0);
    return arena_printf(&request->http->arena, "AED %lld.%02lld", (long long)(amount / 100),
                        (long long)(amount % 100));
}

static json_t *page_context(struct sandbox_request *request, const json_t *session)
{
    const char *language = json_get_string(session, "language");
    bool arabic = language && strcmp(language, "ar") == 0;
    const json_t *intent = provider_intent_of(request, session);
    return json_pack("{s:s, s:s, s:b, s:b, s:s, s:s, s:s, s:s}", "language", arabic ? "ar" : "en",
                     "direction", arabic ? "rtl" : "ltr", "ar", arabic, "en", !arabic, "amount",
                     amount_text(request, intent), "title", json_get_string(session, "title"),
                     "session", json_get_string(session, "id"), "cancel_url",
                     json_get_string(session, "cancel_url"));
}

static void show_over(struct sandbox_request *request, const json_t *session, bool confirmed)
{
    json_t *context = page_context(request, session);
    json_object_set_new(context, "confirmed", json_boolean(confirmed));
    if (!confirmed)
        json_object_set(context, "back", json_object_get(session, "success_url"));
    sandbox_page(request, 200, "done", context);
}

static void show_card(struct sandbox_request *request, const json_t *session, const char *decline)
{
    json_t *context = page_context(request, session);
    const char *customer = json_get_string(session, "customer");
    if (customer)
        json_object_set_new(context, "customer",
                            json_pack("{s:o}", "kept", provider_kept_cards(request, customer)));
    if (decline)
        json_object_set_new(context, "error", json_pack("{s:s}", "code", decline));
    sandbox_page(request, decline ? 402 : 200, "pay", context);
}

// The session that the path names while it can still be paid; otherwise the page says so.
static json_t *open_session(struct sandbox_request *request)
{
    json_t *session = provider_session(request, request->part[0]);
    if (!session) {
        sandbox_error(request, 404, "resource_missing");
        return NULL;
    }
    provider_let_expire(request, session);
    if (provider_is(session, "open"))
        return session;
    show_over(request, session, false);
    return NULL;
}

void provider_page(struct sandbox_request *request)
{
    json_t *session = open_session(request);
    if (session)
        show_card(request, session, NULL);
}

static void decline(struct sandbox_request *request, json_t *session, const char *code)
{
    json_t *intent = provider_intent_of(request, session);
    provider_set_status(intent, "requires_payment_method");
    json_object_set_new(intent, "last_payment_error", json_pack("{s:s}", "code", code));
    request->sandbox->changed = true;
    show_card(request, session, code);
    provider_send_event(request->sandbox, "payment_intent.payment_failed", intent);
}

static void authorize(struct sandbox_request *request, json_t *session, bool stay)
{
    json_t *intent = provider_intent_of(request, session);
    provider_set_status(session, "complete");
    provider_set_status(intent, "requires_capture");
    json_object_set(intent, "amount_capturable", json_object_get(intent, "amount"));
    json_object_del(intent, "last_payment_error");
    request->sandbox->changed = true;
    if (stay)
        show_over(request, session, true);
    else
        sandbox_redirect(request, json_get_string(session, "success_url"));
    provider_send_event(request->sandbox, "payment_intent.amount_capturable_updated", intent);
}

static size_t find_card(const char *typed)
{
    char digits[32];
    size_t size = 0;
    for (; *typed && size < sizeof digits - 1; typed++)
        if (*typed >= '0' && *typed <= '9')
            digits[size++] = *typed;
    digits[size] = '\0';
    for (size_t i = 0; i < CARDS; i++)
        if (strcmp(cards[i].number, digits) == 0)
            return i;
    return CARDS;
}

// The card that was chosen among the kept ones, or else typed; CARDS: none that there is.
static size_t chosen_card(struct sandbox_request *request, const json_t *session)
{
    const char *kept = sandbox_text(request, "kept");
    if (!kept[0])
        return find_card(sandbox_text(request, "number"));
    const json_t *method = provider_kept_card(request, json_get_string(session, "customer"), kept);
    int64_t behaviour = json_get_integer(method, "behaviour", CARDS);
    return behaviour >= 0 && behaviour < CARDS ? (size_t)behaviour : CARDS;
}

static void keep_if_asked(struct sandbox_request *request, const json_t *session, size_t card)
{
    const char *customer = json_get_string(session, "customer");
    struct provider_typed_card typed = {cards[card].number, card};
    if (customer && !sandbox_text(request, "kept")[0] && sandbox_text(request, "keep")[0])
        provider_keep_card(request, customer, &typed);
}

void provider_pay(struct sandbox_request *request)
{
    json_t *session = open_session(request);
    if (!session)
        return;
    size_t card = chosen_card(request, session);
    if (card == CARDS) {
        decline(request, session, "incorrect_number");
    } else if (cards[card].challenge) {
        json_t *intent = provider_intent_of(request, session);
        provider_set_status(intent, "requires_action");
        json_object_set_new(intent, "card", json_integer((json_int_t)card));
        request->sandbox->changed = true;
        keep_if_asked(request, session, card);
        sandbox_redirect(request, arena_printf(&request->http->arena, "/pay/%s/challenge",
                                               json_get_string(session, "id")));
    } else if (cards[card].decline) {
        decline(request, session, cards[card].decline);
    } else {
        keep_if_asked(request, session, card);
        authorize(request, session, false);
    }
}

void provider_challenge(struct sandbox_request *request)
{
    json_t *session = open_session(request);
    if (!session)
        return;
    if (provider_is(provider_intent_of(request, session), "requires_action"))
        sandbox_page(request, 200, "challenge", page_context(request, session));
    else
        show_card(request, session, NULL);
}

void provider_settle(struct sandbox_request *request)
{
    json_t *session = open_session(request);
    if (!session)
        return;
    json_t *intent = provider_intent_of(request, session);
    if (!provider_is(intent, "requires_action")) {
        show_card(request, session, NULL);
        return;
    }
    size_t card = (size_t)json_get_integer(intent, "card", 0);
    const char *outcome = sandbox_text(request, "outcome");
    if (strcmp(outcome, "pass") != 0 && strcmp(outcome, "stay") != 0)
        decline(request, session, "authentication_failed");
    else if (card < CARDS && cards[card].decline)
        decline(request, session, cards[card].decline);
    else
        authorize(request, session, strcmp(outcome, "stay") == 0);
}
