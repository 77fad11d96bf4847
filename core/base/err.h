// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_BASE_ERR_H
#define MEDINA_BASE_ERR_H

// The one error idiom: a function that can fail returns 0 or a negative code and, when its caller
// passed a struct err, fills it once, where the fault is seen. The struct lives on the caller's
// stack (a thread-local message would be overwritten by the next coroutine), may be NULL, and is
// only meaningful after a negative return.
//
// Running out of memory is not an error value: every size that input can reach has a limit in the
// configuration, so an allocation that fails means the machine is lost, and base/mem.h aborts.

enum err_code {
    ERR_INVALID = -1,     // the caller's data is wrong; the message says which part and what to do
    ERR_NOT_FOUND = -2,   // no such thing
    ERR_CONFLICT = -3,    // the state of things forbids it (already paid, in flight, wrong state)
    ERR_LIMIT = -4,       // over a configured limit; the message names it
    ERR_DENIED = -5,      // the caller may not
    ERR_UNAVAILABLE = -6, // something this needs is down; trying again may help
    ERR_TIMEOUT = -7,     // the deadline passed
    ERR_CANCELLED = -8,   // the caller went away
    ERR_IO = -9,          // the operating system or the disk refused
    ERR_UNKNOWN = -10,    // it may or may not have happened: ask, never repeat blindly
    ERR_PROTOCOL = -11,   // the other side broke the protocol, or died of what was asked
    ERR_REFUSED = -12,    // refused for a while: the same request did harm just now
};

struct err {
    int code;          // one of enum err_code
    char message[512]; // English, for logs and operators; never personal data
};

// Fills *err (when not NULL) and returns code, so that a fault is one line:
//     return err_set(err, ERR_INVALID, "%s: not a number", name);
int err_set(struct err *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Puts "prefix: " before the message already in *err; returns err->code.
int err_prefix(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

// The stable name of a code ("invalid", "not-found", …), static storage.
const char *err_name(int code);

#endif
