// SPDX-License-Identifier: Apache-2.0
// A plugin that goes wrong on demand. How is written into the file itself (trouble_mode), so that
// a test makes a version of every kind by patching and signing a copy, and so that it is known
// before any configuration is.

#include <medina/plugin.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { THOUSAND = 1000, SLOW_MS = 40 };

// Padded with blanks; kept as it is by whatever optimizes.
static const volatile char trouble_mode[] = "trouble-mode=none                ";

static int pings;

static bool mode_is(const char *name)
{
    size_t size = strlen(name);
    const volatile char *mode = trouble_mode + strlen("trouble-mode=");
    for (size_t i = 0; i < size; i++)
        if (mode[i] != name[i])
            return false;
    return mode[size] == ' ';
}

__attribute__((constructor)) static void construct(void)
{
    if (mode_is("constructor"))
        abort();
}

static void burn(int ms)
{
    struct timespec begin, now;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    do
        clock_gettime(CLOCK_MONOTONIC, &now);
    while ((now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1000000 < ms);
}

static bool start(json_t *configuration)
{
    (void)configuration;
    medina_log(MEDINA_LOG_INFORMATION, "starting");
    if (mode_is("start"))
        abort();
    if (mode_is("hang"))
        for (;;)
            burn(1000);
    return true;
}

static bool self_test(char *reason, size_t size)
{
    if (mode_is("self-test"))
        abort();
    if (mode_is("refuse"))
        strncpy(reason, "the self-test found nothing to like", size - 1);
    return !mode_is("refuse");
}

static void ping(medina_call *call)
{
    pings++;
    if (mode_is("first") || (mode_is("thousand") && pings > THOUSAND))
        abort();
    if (mode_is("slow"))
        burn(SLOW_MS);
    if (mode_is("errors") && pings % 4 == 0)
        medina_fail(call, MEDINA_FAILED, "trouble.error");
    else
        medina_return(call, json_pack("{s:i}", "pings", pings));
}

// Waits for a back end that answers as slowly as the test wants.
static void hold(medina_call *call)
{
    medina_http_reply *reply = medina_http_get(call, "/hold");
    if (medina_http_ok(reply))
        medina_return(call, json_pack("{s:s}", "held", reply->body));
    else
        medina_fail(call, MEDINA_UPSTREAM, "trouble.error");
}

// The same, for an operation that must not be done twice.
static void record(medina_call *call)
{
    medina_http_reply *reply = medina_http_post(call, "/record", json_object(), NULL);
    if (medina_http_ok(reply))
        medina_return(call, json_object());
    else
        medina_fail(call, MEDINA_UPSTREAM, "trouble.error");
}

static void crash(medina_call *call)
{
    medina_log(MEDINA_LOG_ERROR, "going down for %s", medina_input_string(call, "word"));
    abort();
}

static void spin(medina_call *call)
{
    (void)call;
    for (;;)
        burn(1000);
}

// Comes back from the host long after its caller was told that it is late, and does not let go.
static void linger(medina_call *call)
{
    medina_http_get(call, "/hold");
    for (;;)
        burn(1000);
}

MEDINA_PLUGIN(.start = start, .self_test = self_test,
              .operations = MEDINA_OPERATIONS({"ping", ping}, {"hold", hold}, {"record", record},
                                              {"crash", crash}, {"spin", spin},
                                              {"linger", linger}));
