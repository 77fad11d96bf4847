// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_WIRE_MESSAGE_H
#define MEDINA_WIRE_MESSAGE_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

// Every message that host and runner exchange, with its fields. message.c holds the one table that
// encodes, decodes and names them; a message is a plain struct here.
//
// There are two kinds of socket between a host and a runner. The control socket belongs to the
// host's control thread and carries the life of the process; each gateway loop has a socket of its
// own that carries calls. In the comments: H>R is host to runner, R>H runner to host.

enum wire_type {
    WIRE_START = 1,  // H>R control: load the plugin (its file is descriptor WIRE_PLUGIN_FD)
    WIRE_SANDBOXED,  // R>H control: the box is closed; once, before any byte of the plugin runs
    WIRE_STARTED,    // R>H control: it is loaded and its self-test passed, or why not
    WIRE_DATA,       // H>R control: validate and take this data file
    WIRE_DATA_TAKEN, // R>H control: taken, or refused with the reason
    WIRE_STOP,       // H>R control: no more calls will come; stop and exit
    WIRE_LOG,        // R>H control: a line for the operator
    WIRE_CALL,       // H>R loop: a citizen's request, an event, …
    WIRE_CANCEL,     // H>R loop: nobody waits for this call any more
    WIRE_RESULT,     // R>H loop: the answer to a call; exactly one, also after a cancel
    WIRE_HTTP,       // R>H loop: ask the agency's back end
    WIRE_KV,         // R>H loop: the instance's own key-value storage
    WIRE_LINK,       // R>H loop: remember or forget that the caller owns an account
    WIRE_ANSWER,     // H>R loop: the answer to a HTTP, KV, LINK or PUBLISH request
    WIRE_PUBLISH,    // R>H loop: a result that people look at has changed
    WIRE_TYPES
};

// Descriptors that a runner inherits: its log (0, 1 and 2 are the writing end of one pipe), the
// plugin file, the control socket, the page of wire/pulse.h, then one socket a loop.
enum { WIRE_LOG_FD = 2, WIRE_PLUGIN_FD = 3, WIRE_CONTROL_FD = 4, WIRE_PULSE_FD = 5 };
enum { WIRE_FIRST_LOOP_FD = 6 };

// A host numbers its calls below this on each socket, and has at most 64 loops: a runner makes one
// number of both.
enum { WIRE_CALL_NUMBERS = 1 << 26 };

enum wire_call_kind { WIRE_CALL_OPERATION = 0, WIRE_CALL_EVENT = 1 };

// The status of a result or an answer. A result other than OK carries a problem code instead of a
// body; the host turns it into an HTTP status and words in the caller's language.
enum wire_status {
    WIRE_OK = 0,
    WIRE_REFUSED = 1, // the caller's input does not fit the state of things
    WIRE_NOT_FOUND = 2,
    WIRE_UPSTREAM = 3, // the agency's back end is down or wrong
    WIRE_DENIED = 4,   // not this caller, or not in the manifest
    WIRE_LIMITED = 5,  // over a limit
    WIRE_FAILED = 6,   // the plugin's own fault
    WIRE_CONFLICT = 7, // a compare-and-set found another value; already done
    WIRE_UNKNOWN = 8,  // it may or may not have happened
    WIRE_STATUSES
};

struct wire_start {
    struct str instance;
    struct str configuration; // JSON object
    struct str data;          // the data file in force; empty: the one in the plugin
    uint64_t memory_bytes;    // that the plugin may allocate
    uint64_t scratch_bytes;   // of its private folder; 0: it sees no file system at all
    uint32_t loading_s;       // processor time for loading
    uint32_t landlock_abi;    // use at most this one; 0: the best that the kernel has
    uint32_t layers;          // of wire/layer.h, that the host has put on already
    uint32_t required;        // layers without which the plugin must not be loaded
    uint32_t probe;           // 1: put the box on, report and end; there is no plugin
};

struct wire_sandboxed {
    uint32_t layers; // of wire/layer.h, that the runner has put on itself
    uint32_t landlock_abi;
};

struct wire_started {
    uint32_t ok;
    struct str message;
};

struct wire_data {
    struct str data;
};

struct wire_log {
    uint32_t level; // 0 debug, 1 information, 2 warning, 3 error
    struct str text;
};

struct wire_call {
    uint32_t kind;        // enum wire_call_kind
    uint32_t budget_ms;   // time left to answer
    struct str operation; // its id in the manifest; an event's type
    struct str caller;    // JSON object, see sdk/include/medina/plugin.h; may be empty
    struct str input;     // JSON object, already validated against the operation's schema
};

struct wire_result {
    uint32_t status; // enum wire_status
    struct str code; // when not OK: the plugin's problem code, [a-z0-9.-]{1,64}
    struct str body; // when OK: JSON; otherwise a bilingual text as JSON, or empty
};

struct wire_http {
    uint32_t timeout_ms;
    struct str method;
    struct str path;   // joined to the instance's base URL; starts with '/'
    struct str fields; // "Name: value" lines
    struct str body;
    struct str file; // the handle of a citizen's file that is the body instead; or empty
};

enum wire_kv_verb {
    WIRE_KV_GET,
    WIRE_KV_PUT,
    WIRE_KV_DELETE,
    WIRE_KV_COMPARE_AND_SET,
    WIRE_KV_SCAN, // pairs in order of their keys' bytes; see sdk/include/medina/abi.h for the
                  // answer
    WIRE_KV_VERBS
};

struct wire_kv {
    uint32_t verb;
    struct str key;      // scan: the prefix of the keys wanted, may be empty
    struct str value;    // scan: the key after which to begin, empty for the first
    struct str expected; // compare-and-set: the value it must have now, empty for "absent"
    uint64_t ttl_ms;     // 0: for ever
    uint32_t limit;      // scan: pairs at most
};

enum wire_link_verb { WIRE_LINK_ADD, WIRE_LINK_REMOVE };

struct wire_link {
    uint32_t verb;
    struct str account;
    struct str label; // bilingual text as JSON
};

struct wire_publish {
    struct str topic;  // [A-Za-z0-9._:-]{1,64}, of the instance
    struct str result; // JSON, whole
};

struct wire_answer {
    uint32_t status; // enum wire_status
    uint32_t number; // HTTP status
    struct str text; // HTTP content type, or why not
    struct str body;
};

// Appends the payload of a message to out.
void wire_encode(enum wire_type type, const void *message, struct buf *out);

// Fills *message from a payload that must hold exactly its fields; strings point into the payload.
int wire_decode(enum wire_type type, struct str payload, void *message, struct err *err);

const char *wire_name(uint8_t type); // "call"; "?" for a number that is no type

// Whether a runner may send this type at all, and on which kind of socket.
bool wire_from_runner(uint8_t type, bool control);
bool wire_from_host(uint8_t type, bool control);

#endif
