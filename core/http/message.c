// SPDX-License-Identifier: Apache-2.0
#include "http/message.h"

struct str http_request_field(const struct http_request *request, const char *name)
{
    struct str wanted = str_from(name);
    for (size_t i = 0; i < request->field_count; i++)
        if (str_equal_ignoring_case(request->fields[i].name, wanted))
            return str_trim(request->fields[i].value);
    return (struct str){0};
}

struct str http_request_cookie(const struct http_request *request, const char *name)
{
    struct str rest = http_request_field(request, "cookie");
    while (rest.data) {
        struct str value = str_cut(&rest, ';');
        struct str key = str_trim(str_cut(&value, '='));
        if (str_is(key, name))
            return value.data ? str_trim(value) : STR("");
    }
    return (struct str){0};
}

void http_reply_field(struct http_reply *reply, const char *name, struct str value)
{
    for (size_t i = 0; i < value.size; i++)
        if (value.data[i] == '\r' || value.data[i] == '\n' || value.data[i] == '\0')
            value.size = i;
    buf_append_text(&reply->fields, name);
    buf_append(&reply->fields, ": ", 2);
    buf_append_str(&reply->fields, value);
    buf_append(&reply->fields, "\r\n", 2);
}

const char *http_status_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } table[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {402, "Payment Required"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {422, "Unprocessable Content"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {499, "Client Closed Request"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].status == status)
            return table[i].text;
    return "";
}
