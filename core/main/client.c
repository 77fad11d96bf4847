// SPDX-License-Identifier: Apache-2.0
#include "main/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

int fail(int code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "medina: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    return code;
}

const char *option_value(const struct command *command, const char *name)
{
    for (int i = 0; i < command->option_count; i++)
        if (strcmp(command->options[i].name, name) == 0)
            return command->options[i].value;
    return NULL;
}

// ---- the request ----

static void append_encoded(struct buf *out, const char *text, size_t size)
{
    // libcurl takes a length of 0 for "measure it".
    char *encoded = size ? curl_easy_escape(NULL, text, (int)size) : NULL;
    buf_append_text(out, encoded ? encoded : "");
    curl_free(encoded);
}

void add_segment(struct command *command, const char *text, size_t size)
{
    buf_append_char(&command->url, '/');
    append_encoded(&command->url, text, size);
}

void add_pair(struct command *command, const char *name, const char *value)
{
    if (!value)
        return;
    bool first = !memchr(command->url.data, '?', command->url.size);
    buf_printf(&command->url, "%c%s=", first ? '?' : '&', name);
    append_encoded(&command->url, value, strlen(value));
}

int read_file(const char *path, struct buf *out)
{
    char piece[65536];
    FILE *file = fopen(path, "re");
    if (!file)
        return fail(EXIT_USAGE, "cannot read %s: %s", path, strerror(errno));
    for (size_t size; (size = fread(piece, 1, sizeof piece, file)) > 0;)
        buf_append(out, piece, size);
    bool bad = ferror(file);
    fclose(file);
    return bad ? fail(EXIT_USAGE, "cannot read %s: %s", path, strerror(errno)) : 0;
}

static size_t on_reply(char *data, size_t size, size_t count, void *argument)
{
    buf_append(argument, data, size * count);
    return size * count;
}

int ask(struct command *command, const char *method)
{
    CURL *easy = curl_easy_init();
    struct curl_slist *fields = curl_slist_append(NULL, "Expect:");
    fields = curl_slist_append(fields, "Content-Type: application/octet-stream");
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, command->socket);
    curl_easy_setopt(easy, CURLOPT_URL, command->url.data);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fields);
    if (command->body.size || strcmp(method, "GET") != 0) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)command->body.size);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, command->body.size ? command->body.data : "");
    }
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_reply);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &command->reply);
    CURLcode rc = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &command->status);
    curl_easy_cleanup(easy);
    curl_slist_free_all(fields);
    if (rc == CURLE_OK)
        return 0;
    return fail(EXIT_UNREACHABLE, "no host answers on %s (%s); is medinad running?",
                command->socket, curl_easy_strerror(rc));
}

// ---- the answer ----

int tell(struct command *command)
{
    json_t *answer = json_parse(buf_str(&command->reply), NULL);
    bool refused = command->status >= 300;
    if (command->json || (!answer && !refused)) {
        fwrite(command->reply.data, 1, command->reply.size, stdout);
    } else if (refused) {
        const char *message = json_get_string(answer, "message");
        fail(0, "%s", message ? message : "the host refused");
        print_output(json_get_string(answer, "output"));
    } else {
        print_answer(answer);
    }
    json_decref(answer);
    return refused ? EXIT_REFUSED : 0;
}

int ask_and_tell(struct command *command, const char *method)
{
    int rc = ask(command, method);
    return rc ? rc : tell(command);
}
