// SPDX-License-Identifier: Apache-2.0
//
// One thread owns the multi handle and every easy handle. A task hands over an exchange (on its own
// stack: it does not return before the thread is done with it), wakes the thread and waits for a
// signal; the thread raises it when the transfer is over.

#include "http/client.h"

#include "base/mem.h"
#include "loop/task.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>

enum { POLL_MS = 1000, CONNECT_MS = 5000 };

struct exchange {
    struct list node;
    const struct http_outgoing *outgoing;
    struct http_incoming *incoming;
    struct err err;
    int rc;
    bool over_limit;
    struct curl_slist *fields;
    struct remote_signal done;
};

struct http_client {
    pthread_t thread;
    pthread_mutex_t lock;
    struct list waiting; // handed over, not yet taken by the thread
    bool stopping;
    CURLM *multi;
    struct list active;
};

static size_t on_body(char *data, size_t size, size_t count, void *argument)
{
    struct exchange *exchange = argument;
    struct buf *body = &exchange->incoming->body;
    if (body->size + size * count > exchange->outgoing->reply_limit) {
        exchange->over_limit = true;
        return 0;
    }
    buf_append(body, data, size * count);
    return size * count;
}

static void set_fields(struct exchange *exchange, CURL *easy)
{
    struct buf line = {0};
    for (size_t i = 0; i < exchange->outgoing->field_count; i++) {
        const struct http_field *field = &exchange->outgoing->fields[i];
        buf_clear(&line);
        buf_append_str(&line, field->name);
        buf_append(&line, ": ", 2);
        buf_append_str(&line, field->value);
        exchange->fields = curl_slist_append(exchange->fields, line.data);
    }
    // libcurl waits a second for "100 Continue" on bodies over 1 MB otherwise.
    exchange->fields = curl_slist_append(exchange->fields, "Expect:");
    buf_finish(&line);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, exchange->fields);
}

static void set_body(const struct http_outgoing *outgoing, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, outgoing->method);
    if (strcmp(outgoing->method, "HEAD") == 0)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    if (outgoing->body.size || strcmp(outgoing->method, "POST") == 0 ||
        strcmp(outgoing->method, "PUT") == 0) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)outgoing->body.size);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, outgoing->body.size ? outgoing->body.data : "");
    }
}

static CURL *exchange_open(struct exchange *exchange)
{
    const struct http_outgoing *outgoing = exchange->outgoing;
    CURL *easy = curl_easy_init();
    if (!easy)
        return NULL;
    long timeout = (long)outgoing->timeout_ms;
    curl_easy_setopt(easy, CURLOPT_URL, outgoing->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, timeout < CONNECT_MS ? timeout : CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
    set_body(outgoing, easy);
    set_fields(exchange, easy);
    return easy;
}

// Which of the three kinds of failure a curl code is: the request never left, it may have
// arrived, or it could not be made.
static int failure(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
        return ERR_UNAVAILABLE;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return ERR_INVALID;
    default:
        return ERR_UNKNOWN;
    }
}

static void exchange_end(struct exchange *exchange, CURL *easy, CURLcode code)
{
    if (easy) {
        long status = 0, connected = 0;
        const char *type = NULL;
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
        curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connected);
        exchange->incoming->status = (int)status;
        snprintf(exchange->incoming->content_type, sizeof exchange->incoming->content_type, "%s",
                 type ? type : "");
        double connect_time = 0;
        curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME, &connect_time);
        // A time-out before any connection stood: nothing was sent.
        if (code == CURLE_OPERATION_TIMEDOUT && connected && connect_time == 0)
            code = CURLE_COULDNT_CONNECT;
        curl_easy_cleanup(easy);
    }
    curl_slist_free_all(exchange->fields);
    if (exchange->over_limit)
        exchange->rc = err_set(&exchange->err, ERR_LIMIT, "the reply is over %zu bytes",
                               exchange->outgoing->reply_limit);
    else if (code != CURLE_OK)
        exchange->rc = err_set(&exchange->err, failure(code), "%s", curl_easy_strerror(code));
    remote_raise(exchange->done);
}

static void take_waiting(struct http_client *client)
{
    struct list fresh;
    list_init(&fresh);
    pthread_mutex_lock(&client->lock);
    list_splice(&fresh, &client->waiting);
    pthread_mutex_unlock(&client->lock);
    for (struct list *node; (node = list_take_first(&fresh));) {
        struct exchange *exchange = LIST_ELEMENT(node, struct exchange, node);
        CURL *easy = exchange_open(exchange);
        if (!easy || curl_multi_add_handle(client->multi, easy) != CURLM_OK)
            exchange_end(exchange, easy, CURLE_FAILED_INIT);
        else
            list_append(&client->active, &exchange->node);
    }
}

static void end_finished(struct http_client *client)
{
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(client->multi, &left));) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURL *easy = message->easy_handle;
        CURLcode code = message->data.result;
        struct exchange *exchange = NULL;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&exchange);
        curl_multi_remove_handle(client->multi, easy);
        list_remove(&exchange->node);
        exchange_end(exchange, easy, code);
    }
}

static void *client_thread(void *argument)
{
    struct http_client *client = argument;
    bool stopping = false;
    while (!stopping) {
        int running;
        take_waiting(client);
        curl_multi_perform(client->multi, &running);
        end_finished(client);
        curl_multi_poll(client->multi, NULL, 0, POLL_MS, NULL);
        pthread_mutex_lock(&client->lock);
        stopping = client->stopping;
        pthread_mutex_unlock(&client->lock);
    }
    take_waiting(client);
    for (struct list *node; (node = list_take_first(&client->active));)
        exchange_end(LIST_ELEMENT(node, struct exchange, node), NULL, CURLE_ABORTED_BY_CALLBACK);
    return NULL;
}

int http_client_create(struct http_client **out, unsigned max_connections, struct err *err)
{
    struct http_client *client = mem_zero(1, sizeof *client);
    pthread_mutex_init(&client->lock, NULL);
    list_init(&client->waiting);
    list_init(&client->active);
    if (curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK || !(client->multi = curl_multi_init())) {
        free(client);
        return err_set(err, ERR_IO, "libcurl does not start");
    }
    curl_multi_setopt(client->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)max_connections);
    if (pthread_create(&client->thread, NULL, client_thread, client) != 0) {
        curl_multi_cleanup(client->multi);
        free(client);
        return err_set(err, ERR_IO, "no thread for the HTTP client");
    }
    *out = client;
    return 0;
}

void http_client_destroy(struct http_client *client)
{
    if (!client)
        return;
    pthread_mutex_lock(&client->lock);
    client->stopping = true;
    pthread_mutex_unlock(&client->lock);
    curl_multi_wakeup(client->multi);
    pthread_join(client->thread, NULL);
    curl_multi_cleanup(client->multi);
    pthread_mutex_destroy(&client->lock);
    free(client);
}

int http_client_send(struct http_client *client, const struct http_outgoing *outgoing,
                     struct http_incoming *incoming, struct err *err)
{
    struct signal done;
    signal_init(&done);
    struct exchange exchange = {.outgoing = outgoing, .incoming = incoming};
    exchange.done = signal_remote(&done);
    *incoming = (struct http_incoming){0};
    pthread_mutex_lock(&client->lock);
    list_append(&client->waiting, &exchange.node);
    pthread_mutex_unlock(&client->lock);
    curl_multi_wakeup(client->multi);
    signal_wait(&done, TASK_NO_DEADLINE);
    if (exchange.rc < 0) {
        buf_finish(&incoming->body);
        return err_set(err, exchange.rc, "%s", exchange.err.message);
    }
    return 0;
}
