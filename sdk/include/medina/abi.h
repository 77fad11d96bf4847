/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MEDINA_ABI_H
#define MEDINA_ABI_H

#include <stddef.h>
#include <stdint.h>

/*
 * The boundary between a plugin and the process that loads it (the runner). It is C, small and
 * frozen per major version. Plugins in C are written against medina/plugin.h, whose library
 * implements this for them; another language implements it directly.
 *
 * A plugin exports one symbol, medina_plugin_v1. Both sides fill in magic, major and size (of the
 * struct as they know it) and refuse a wrong magic or major. The structs never grow: whatever comes
 * later is an extension, fetched by name with get_extension ("medina.kv/1").
 *
 * One thread calls everything. Bytes cross the boundary, never objects of a library: whoever
 * allocates frees, and what a pointer names is borrowed until the function returns.
 */

#define MEDINA_ABI_MAGIC 0x4E44454Du /* "MEDN" */
#define MEDINA_ABI_MAJOR 1u

struct medina_bytes {
    const char *data;
    size_t size;
};

/* How a call, or something asked of the host, ended. */
enum medina_status {
    MEDINA_OK = 0,
    MEDINA_REFUSED = 1, /* the input does not fit the state of things */
    MEDINA_NOT_FOUND = 2,
    MEDINA_UPSTREAM = 3, /* the agency's back end is down or answers nonsense */
    MEDINA_DENIED = 4,   /* not this caller, or not in the manifest */
    MEDINA_LIMITED = 5,  /* over a limit */
    MEDINA_FAILED = 6,   /* the plugin's own fault */
    MEDINA_CONFLICT = 7, /* a compare-and-set found another value; already done */
    MEDINA_UNKNOWN = 8   /* it may or may not have happened: ask, do not repeat blindly */
};

enum medina_call_kind { MEDINA_CALL_OPERATION = 0, MEDINA_CALL_EVENT = 1 };

enum medina_log_level {
    MEDINA_LOG_DEBUG = 0,
    MEDINA_LOG_INFORMATION = 1,
    MEDINA_LOG_WARNING = 2,
    MEDINA_LOG_ERROR = 3
};

/* What the runner hands to start(). */
struct medina_start_info {
    struct medina_bytes instance;      /* "water-electricity" */
    struct medina_bytes configuration; /* JSON object, valid against the manifest's schema */
    struct medina_bytes data;          /* the data file in force; empty: the plugin's own */
};

struct medina_call_info {
    uint32_t call;                 /* names the call until finish() */
    uint32_t kind;                 /* enum medina_call_kind */
    uint32_t budget_ms;            /* time left to answer */
    struct medina_bytes operation; /* operation id; an event's type */
    struct medina_bytes caller;    /* JSON object; empty for an anonymous caller */
    struct medina_bytes input;     /* JSON object, valid against the operation's schema */
};

struct medina_outcome {
    uint32_t status;          /* enum medina_status */
    struct medina_bytes code; /* unless OK: a stable problem code, [a-z0-9.-]{1,64} */
    struct medina_bytes body; /* OK: the result as JSON. Otherwise a text {"en","ar"} or empty */
};

/* The host's answer to something that the plugin asked for. */
struct medina_answer_info {
    uint32_t status;          /* enum medina_status */
    uint32_t number;          /* HTTP status */
    struct medina_bytes text; /* HTTP content type, or why not */
    struct medina_bytes body;
};

struct medina_host {
    uint32_t magic;
    uint32_t major;
    size_t size;
    void *context; /* first argument of every function of the host */

    /* Ends a call; exactly once, also after it was cancelled. */
    void (*finish)(void *context, uint32_t call, const struct medina_outcome *outcome);

    void (*log)(void *context, uint32_t level, struct medina_bytes text);

    /* NULL when this host does not have it. */
    const void *(*get_extension)(void *context, const char *name);
};

/*
 * Extensions of the host. Each function asks for something on behalf of a call and returns the
 * number under which answered() will bring the answer, or 0 when the call has asked for too much.
 */

#define MEDINA_HTTP_EXTENSION "medina.http/1"
struct medina_http_extension {
    size_t size;
    /* path is joined to the instance's base URL; fields are "Name: value\n" lines. */
    uint32_t (*send)(void *context, uint32_t call, uint32_t timeout_ms, struct medina_bytes method,
                     struct medina_bytes path, struct medina_bytes fields,
                     struct medina_bytes body);
};

/* As medina.http/1, with a citizen's file as the body: the input of this call named it by its
 * handle, in a field that the manifest marks with x-medina-file. The host sends the bytes, with the
 * file's Content-Type; they do not come here. MEDINA_DENIED: the handle is not one of this call's.
 */
#define MEDINA_HTTP_FILE_EXTENSION "medina.http-file/1"
struct medina_http_file_request {
    uint32_t timeout_ms;
    struct medina_bytes method;
    struct medina_bytes path;
    struct medina_bytes fields; /* without Content-Type */
    struct medina_bytes file;
};
struct medina_http_file_extension {
    size_t size;
    uint32_t (*send)(void *context, uint32_t call, const struct medina_http_file_request *request);
};

#define MEDINA_KV_EXTENSION "medina.kv/1"
enum medina_kv_verb {
    MEDINA_KV_GET = 0,
    MEDINA_KV_PUT = 1,
    MEDINA_KV_DELETE = 2,
    MEDINA_KV_COMPARE_AND_SET = 3
};
struct medina_kv_request {
    uint32_t verb;
    struct medina_bytes key;
    struct medina_bytes value;
    struct medina_bytes expected; /* compare-and-set: the value now; empty for "absent" */
    uint64_t ttl_ms;              /* 0: for ever */
};
struct medina_kv_extension {
    size_t size;
    uint32_t (*ask)(void *context, uint32_t call, const struct medina_kv_request *request);
};

/* The pairs whose keys begin with a prefix, in the order of the keys' bytes, in pieces. The body of
 * the answer: a 32-bit number, 1 when more pairs follow, then for each pair the size of its key,
 * the size of its value (32 bits each; all numbers little-endian), the key and the value. A piece
 * holds at most limit pairs, and fewer when the host's own limits come first; go on after its last
 * key. Each piece is the storage as it was at one moment. */
#define MEDINA_KV_SCAN_EXTENSION "medina.kv-scan/1"
struct medina_kv_scan_request {
    struct medina_bytes prefix; /* empty: every key */
    struct medina_bytes after;  /* only keys greater than this one; empty: from the first */
    uint32_t limit;             /* 0: as many as the host gives */
};
struct medina_kv_scan_extension {
    size_t size;
    uint32_t (*ask)(void *context, uint32_t call, const struct medina_kv_scan_request *request);
};

#define MEDINA_LINK_EXTENSION "medina.link/1"
struct medina_link_extension {
    size_t size;
    /* Remembers (forget 0) or forgets (1) that the caller owns an account with the agency. */
    uint32_t (*ask)(void *context, uint32_t call, uint32_t forget, struct medina_bytes account,
                    struct medina_bytes label);
};

/* A result that people may be looking at has changed. The topic, [A-Za-z0-9._:-]{1,64}, is the
 * "live" member of the results that it renews; the result is whole. */
#define MEDINA_LIVE_EXTENSION "medina.live/1"
struct medina_live_extension {
    size_t size;
    uint32_t (*publish)(void *context, uint32_t call, struct medina_bytes topic,
                        struct medina_bytes result);
};

/* The city's time. Both answer at once; neither counts as a request of a call. */
#define MEDINA_CLOCK_EXTENSION "medina.clock/1"
struct medina_civil_time {
    int32_t year, month, day; /* month and day from 1 */
    int32_t hour, minute, second;
    int32_t weekday;        /* 0 is Sunday */
    int32_t offset_minutes; /* of the city's clock at that instant, east of UTC */
};
struct medina_clock_extension {
    size_t size;
    int64_t (*now)(void *context); /* milliseconds since 1970, UTC */
    /* That instant as the city's clocks and calendars show it. */
    void (*civil)(void *context, int64_t ms, struct medina_civil_time *out);
};

struct medina_plugin {
    uint32_t magic;
    uint32_t major;
    size_t size;

    /* Loads configuration and data and tests itself; 0, or -1 with a NUL-terminated reason. */
    int (*start)(const struct medina_host *host, const struct medina_start_info *info, char *reason,
                 size_t reason_size);

    /* A call begins. It may finish() before it returns or at any later time. */
    void (*call)(const struct medina_call_info *info);

    /* Nobody waits any more; finish() soon, with any outcome. */
    void (*cancel)(uint32_t call);

    /* The answer to what a call asked for. */
    void (*answered)(uint32_t call, uint32_t request, const struct medina_answer_info *answer);

    /* A new data file: take all of it and return 0, or keep the old and say why. */
    int (*take_data)(struct medina_bytes data, char *reason, size_t reason_size);

    void (*stop)(void);

    const void *(*get_extension)(const char *name);
};

/* The one symbol that a plugin exports. */
#define MEDINA_ENTRY_SYMBOL "medina_plugin_v1"
typedef const struct medina_plugin *medina_entry(void);

#endif
