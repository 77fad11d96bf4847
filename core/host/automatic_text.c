// SPDX-License-Identifier: Apache-2.0
// The words of text messages about automatic payment. Those of the inbox stand in web/strings.

#include "auth/profile.h"
#include "base/json.h"
#include "base/log.h"
#include "host/automatic.h"
#include "host/standing.h"
#include "money/decimal.h"

#include <stdio.h>

enum { TEXT = 700 };

// Amount, bill, account, date, where to stop it: in this order, in both languages.
static const struct {
    const char *en, *ar;
} words[] = {
    [ITEM_ANNOUNCED] = {"%s for %s (%s) will be paid from your wallet on %s. To stop it: %s",
                        "سيُدفع مبلغ %s عن %s (%s) من محفظتك في %s. لإيقافه: %s"},
    [ITEM_FAILED] = {"%s for %s (%s) could not be paid from your wallet. It is tried again on %s. "
                     "See %s",
                     "تعذّر دفع مبلغ %s عن %s (%s) من محفظتك. سيُعاد المحاولة في %s. انظر %s"},
    [ITEM_OVER] = {"%s for %s (%s) is above your limit and is not paid automatically.%s See %s",
                   "مبلغ %s عن %s (%s) أعلى من الحد الذي وضعته ولن يُدفع تلقائياً.%s انظر %s"},
    [ITEM_PAID] = {"", ""},
    [ITEM_GIVEN_UP] =
        {"%s for %s (%s) could not be paid from your wallet and is not tried again.%s "
         "Please pay it yourself: %s",
         "تعذّر دفع مبلغ %s عن %s (%s) من محفظتك ولن يُعاد.%s يرجى دفعه بنفسك: %s"},
};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" // of the table above
static void word(const struct automatic_options *options, const struct standing *order,
                 const struct standing_notice *notice, char out[TEXT])
{
    bool arabic = strcmp(order->language, "ar") == 0;
    struct buf amount = {0}, url = {0};
    json_t *body = json_parse(str_from(notice->body), NULL);
    const char *title = json_get_string(json_object_get(body, "title"), arabic ? "ar" : "en");
    const char *date = json_get_string(json_object_get(body, "date"), "date");
    buf_append_texts(&amount, options->currency, " ", NULL);
    decimal_write(&amount, notice->amount, options->currency);
    buf_append_texts(&url, options->public_url,
                     arabic ? "/ar/account/automatic" : "/en/account/automatic", NULL);
    snprintf(out, TEXT, arabic ? words[notice->state].ar : words[notice->state].en, amount.data,
             title ? title : order->instance, order->reference, date ? date : "", url.data);
    json_decref(body);
    buf_finish(&amount);
    buf_finish(&url);
}
#pragma GCC diagnostic pop

void automatic_text(const struct automatic_options *options, const struct standing *order,
                    const struct standing_notice *notices, size_t count)
{
    struct err err;
    struct phone phone;
    struct standing_key key = {&order->account, order->instance, order->reference};
    char text[TEXT], chosen[AUTH_LANGUAGE] = "";
    struct standing worded = *order;
    if (count && auth_language_of(options->auth, &order->account, chosen, &err) == 0 && chosen[0])
        snprintf(worded.language, sizeof worded.language, "%s", chosen);
    for (size_t i = 0; options->sms->url[0] && i < count; i++) {
        if (notices[i].texted)
            continue;
        word(options, &worded, &notices[i], text);
        int rc = auth_phone_of(options->auth, &order->account, &phone, &err);
        if (rc == 0)
            rc = sms_send_text(options->sms, &phone, text, str_from(worded.language), &err);
        // An unknown end counts as sent: the inbox has it in any case, and twice is once too often.
        if (rc == 0 || rc == ERR_UNKNOWN || rc == ERR_NOT_FOUND)
            rc = standing_texted(options->store, &key, notices[i].item, &err);
        if (rc < 0)
            log_line(LOG_LEVEL_WARNING, "notify", "a text message waits: %s", err.message);
    }
}
