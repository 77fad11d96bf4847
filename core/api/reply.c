// SPDX-License-Identifier: Apache-2.0
#include "api/reply.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>

// The weight of a language range, in thousandths; 1000 when none is given.
static int weight(struct str parameters)
{
    while (parameters.size) {
        struct str value = str_trim(str_cut(&parameters, ';'));
        struct str name = str_trim(str_cut(&value, '='));
        if (!str_is(name, "q") || !value.size)
            continue;
        int thousandths = value.data[0] == '1' ? 1000 : 0;
        int scale = 100;
        for (size_t i = 2; i < value.size && i < 5 && thousandths < 1000; i++, scale /= 10)
            if (value.data[i] >= '0' && value.data[i] <= '9')
                thousandths += (value.data[i] - '0') * scale;
        return thousandths;
    }
    return 1000;
}

const char *api_language(const struct http_request *request)
{
    struct str rest = http_request_field(request, "accept-language");
    int best = 0;
    const char *language = "en";
    while (rest.size) {
        struct str parameters = str_cut(&rest, ',');
        struct str range = str_trim(str_cut(&parameters, ';'));
        struct str primary = str_cut(&range, '-');
        const char *candidate = str_equal_ignoring_case(primary, STR("ar"))   ? "ar"
                                : str_equal_ignoring_case(primary, STR("en")) ? "en"
                                                                              : NULL;
        int found = weight(parameters);
        if (candidate && found > best) {
            best = found;
            language = candidate;
        }
    }
    return language;
}

// The plugin's own words when it gave some, the host's otherwise.
static json_t *words(const struct problem *problem, const char *language, const char *part)
{
    char code[72];
    if (problem->text.size) {
        json_t *text = json_parse(problem->text, NULL);
        const char *own = json_get_string(text, language);
        json_t *value = own ? json_string(own) : NULL;
        json_decref(text);
        return strcmp(part, "title") == 0 ? value : (json_decref(value), NULL);
    }
    snprintf(code, sizeof code, STR_FORMAT, STR_ARGUMENTS(problem->code));
    const char *own = problem_words(code, language, part);
    return own ? json_string(own) : NULL;
}

void api_reply_problem(struct http_reply *reply, struct problem *problem, const char *language)
{
    char number[16];
    struct buf type = {0};
    buf_printf(&type, "urn:medina:problem:" STR_FORMAT, STR_ARGUMENTS(problem->code));
    json_t *document = json_pack("{s:s, s:i}", "type", type.data, "status", problem->status);
    json_t *title = words(problem, language, "title");
    json_object_set_new(document, "title", title ? title : json_string("Problem"));
    json_t *detail = words(problem, language, "detail");
    if (detail)
        json_object_set_new(document, "detail", detail);
    if (problem->errors)
        json_object_set(document, "errors", problem->errors);
    reply->status = problem->status;
    buf_clear(&reply->body);
    json_append_canonical(&reply->body, document);
    http_reply_field(reply, "content-type", STR("application/problem+json"));
    http_reply_field(reply, "content-language", str_from(language));
    http_reply_field(reply, "vary", STR("Accept-Language"));
    http_reply_field(reply, "cache-control", STR("no-store"));
    if (problem->retry_after_s) {
        snprintf(number, sizeof number, "%u", problem->retry_after_s);
        http_reply_field(reply, "retry-after", str_from(number));
    }
    if (problem->allow)
        http_reply_field(reply, "allow", str_from(problem->allow));
    if (problem->status == 401)
        http_reply_field(reply, "www-authenticate", STR("Bearer"));
    json_decref(document);
    buf_finish(&type);
    problem_finish(problem);
}

void api_reply_json(struct http_reply *reply, int status, struct str json)
{
    reply->status = status;
    http_reply_field(reply, "content-type", STR("application/json"));
    buf_clear(&reply->body);
    buf_append_str(&reply->body, json);
}

void api_reply_value(struct http_reply *reply, int status, json_t *value)
{
    struct buf text = {0};
    json_append_canonical(&text, value);
    api_reply_json(reply, status, buf_str(&text));
    buf_finish(&text);
    json_decref(value);
}

// The comparison of If-None-Match is weak and knows lists and "*" (RFC 9110 section 13.1.2).
static bool names_tag(struct str list, struct str tag)
{
    while (list.size) {
        struct str candidate = str_trim(str_cut(&list, ','));
        if (str_starts(candidate, STR("W/")))
            candidate = str_from_offset(candidate, 2);
        if (str_is(candidate, "*") || str_equal(candidate, tag))
            return true;
    }
    return false;
}

void api_reply_revalidate(const struct http_request *request, struct http_reply *reply)
{
    struct buf tag = {0};
    struct crypto_hash hash = crypto_sha256(buf_str(&reply->body));
    buf_append_char(&tag, '"');
    crypto_base64url(hash.bytes, 12, &tag);
    buf_append_char(&tag, '"');
    http_reply_field(reply, "etag", buf_str(&tag));
    if (reply->status == 200 &&
        names_tag(http_request_field(request, "if-none-match"), buf_str(&tag)))
        reply->status = 304;
    buf_finish(&tag);
}

json_t *api_time(int64_t ms)
{
    char text[CLOCK_TEXT];
    clock_format(ms, text);
    return json_string(text);
}
