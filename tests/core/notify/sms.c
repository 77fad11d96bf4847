// SPDX-License-Identifier: Apache-2.0
#include "notify/sms.h"

#include "base/json.h"
#include "base/mem.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

// The gateway: this program's http_client_send stands before the HTTP room's.
static struct {
    int calls, result, status;
    char *body;
    char url[64], authorization[64];
} gateway;

int http_client_send(struct http_client *client, const struct http_outgoing *out,
                     struct http_incoming *in, struct err *err)
{
    (void)client;
    gateway.calls++;
    free(gateway.body);
    gateway.body = mem_copy(out->body.data, out->body.size);
    snprintf(gateway.url, sizeof gateway.url, "%s", out->url);
    gateway.authorization[0] = '\0';
    for (size_t i = 0; i < out->field_count; i++)
        if (str_is(out->fields[i].name, "authorization"))
            snprintf(gateway.authorization, sizeof gateway.authorization, STR_FORMAT,
                     STR_ARGUMENTS(out->fields[i].value));
    cr_assert_str_eq(out->method, "POST");
    cr_assert_gt(out->timeout_ms, 0);
    if (gateway.result)
        return err_set(err, gateway.result, "connection refused");
    in->status = gateway.status;
    buf_append_text(&in->body, "{}");
    return 0;
}

static int send_code(const char *url, const char *token, const char *language, struct err *err)
{
    struct sms sms = {.url = url, .token = token, .timeout_ms = 1000};
    struct phone phone = {"+971501234567"};
    struct auth_message message = {&phone, "042137", "", str_from(language)};
    return sms_send_code(&sms, &message, err);
}

static const char url[] = "http://gateway.example/sms";

Test(sms, a_code_is_handed_over_in_the_citizens_language)
{
    static const struct {
        const char *language, *word;
    } rows[] = {{"ar", "رمز"}, {"en", "code"}};
    for (size_t i = 0; i < 2; i++) {
        gateway.status = 202;
        cr_assert_eq(send_code(url, "t0ken", rows[i].language, NULL), 0);
        cr_assert_str_eq(gateway.url, url);
        cr_assert_str_eq(gateway.authorization, "Bearer t0ken");
        json_t *body = json_parse(str_from(gateway.body), NULL);
        cr_assert_str_eq(json_get_string(body, "to"), "+971501234567");
        cr_assert_str_eq(json_get_string(body, "language"), rows[i].language);
        cr_assert(strstr(json_get_string(body, "text"), "042137"));
        cr_assert(strstr(json_get_string(body, "text"), rows[i].word));
        cr_assert_eq(json_object_size(body), 3);
        json_decref(body);
    }
    cr_assert_eq(send_code(url, "", "en", NULL), 0);
    cr_assert_str_eq(gateway.authorization, "");
    free(gateway.body);
}

Test(sms, only_a_2xx_says_that_the_gateway_has_it)
{
    static const struct {
        int result, status, expected;
    } rows[] = {{0, 200, 0},
                {0, 204, 0},
                {0, 302, ERR_UNAVAILABLE},
                {0, 400, ERR_UNAVAILABLE},
                {0, 429, ERR_UNAVAILABLE},
                {0, 503, ERR_UNAVAILABLE},
                {ERR_UNAVAILABLE, 0, ERR_UNAVAILABLE},
                {ERR_INVALID, 0, ERR_UNAVAILABLE},
                {ERR_UNKNOWN, 0, ERR_UNKNOWN},
                {ERR_LIMIT, 0, ERR_UNKNOWN}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {0};
        gateway.result = rows[i].result;
        gateway.status = rows[i].status;
        cr_assert_eq(send_code(url, "t0ken", "en", &err), rows[i].expected, "%zu: %s", i,
                     err.message);
        cr_assert_null(strstr(err.message, "1234567"));
        cr_assert_null(strstr(err.message, "042137"));
        cr_assert_null(strstr(err.message, "t0ken"));
    }
    free(gateway.body);
}

Test(sms, without_a_gateway_nothing_is_sent_and_whoever_asked_is_told)
{
    struct err err = {0};
    cr_assert_eq(send_code("", "", "en", &err), ERR_UNAVAILABLE);
    cr_assert(strstr(err.message, "sms.url"));
    cr_assert_eq(gateway.calls, 0);
}
