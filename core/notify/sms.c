// SPDX-License-Identifier: Apache-2.0
#include "notify/sms.h"

#include "base/arena.h"
#include "base/json.h"

#include <stdio.h>

enum { REPLY = 16 * 1024 };

static int post(const struct sms *sms, const char *to, const char *text, struct str language,
                struct err *err)
{
    struct arena arena = {0};
    struct buf body = {0};
    struct http_incoming in = {0};
    json_t *json = json_pack("{s:s, s:s, s:s%}", "to", to, "text", text, "language", language.data,
                             language.size);
    json_append_canonical(&body, json);
    json_decref(json);
    struct http_field fields[2] = {{STR("content-type"), STR("application/json")}};
    fields[1] = (struct http_field){STR("authorization"),
                                    str_from(arena_printf(&arena, "Bearer %s", sms->token))};
    struct http_outgoing out = {.method = "POST",
                                .url = sms->url,
                                .fields = fields,
                                .field_count = sms->token[0] ? 2 : 1,
                                .body = buf_str(&body),
                                .timeout_ms = sms->timeout_ms,
                                .reply_limit = REPLY};
    int rc = http_client_send(sms->client, &out, &in, err);
    if (rc == 0 && (in.status < 200 || in.status > 299))
        rc = err_set(err, ERR_UNAVAILABLE, "the SMS gateway answered %d", in.status);
    buf_finish(&in.body);
    buf_finish(&body);
    arena_finish(&arena);
    return rc;
}

// A code says what it does: nobody gives one away for another's purpose without being told.
static const struct code_words {
    const char *purpose, *en, *ar;
} code_words[] = {
    {"", "Your code for the city's services", "رمز الدخول إلى خدمات المدينة"},
    {"number", "Your code to change the mobile number of your account",
     "رمز تغيير رقم الهاتف المتحرك لحسابك"},
    {"number-new", "Your code to use this number for your account with the city's services",
     "رمز استخدام هذا الرقم لحسابك في خدمات المدينة"},
    {"delete", "Your code to DELETE your account with the city's services",
     "رمز حذف حسابك في خدمات المدينة نهائياً"},
};

static const struct code_words *code_words_for(const char *purpose)
{
    for (size_t i = 1; i < sizeof code_words / sizeof *code_words; i++)
        if (strcmp(purpose, code_words[i].purpose) == 0)
            return &code_words[i];
    return &code_words[0];
}

int sms_send_code(void *context, const struct auth_message *message, struct err *err)
{
    const struct sms *sms = context;
    char text[400];
    bool arabic = str_is(message->language, "ar");
    const struct code_words *words = code_words_for(message->purpose);
    snprintf(text, sizeof text,
             arabic ? "%s هو %s. صالح لخمس دقائق. لا تشاركه مع أحد."
                    : "%s is %s. It is good for 5 minutes. Share it with nobody.",
             arabic ? words->ar : words->en, message->code);
    return sms_send_text(sms, message->phone, text, message->language, err);
}

int sms_send_text(const struct sms *sms, const struct phone *phone, const char *text,
                  struct str language, struct err *err)
{
    if (!sms->url[0])
        return err_set(err, ERR_UNAVAILABLE, "no SMS gateway is configured (sms.url)");
    int rc = post(sms, phone->e164, text, language, err);
    // A URL that cannot be is the operator's mistake, and nothing has left; a reply that cannot be
    // read came from a gateway that may have the message.
    return rc == ERR_INVALID ? ERR_UNAVAILABLE : rc == ERR_LIMIT ? ERR_UNKNOWN : rc;
}
