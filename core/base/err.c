// SPDX-License-Identifier: Apache-2.0
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, int code, const char *format, ...)
{
    if (err) {
        va_list arguments;
        va_start(arguments, format);
        err->code = code;
        vsnprintf(err->message, sizeof err->message, format, arguments);
        va_end(arguments);
    }
    return code;
}

int err_prefix(struct err *err, const char *format, ...)
{
    if (!err)
        return ERR_INVALID;
    char old[sizeof err->message];
    memcpy(old, err->message, sizeof old);
    va_list arguments;
    va_start(arguments, format);
    int used = vsnprintf(err->message, sizeof err->message, format, arguments);
    va_end(arguments);
    if (used >= 0 && (size_t)used < sizeof err->message)
        snprintf(err->message + used, sizeof err->message - (size_t)used, ": %s", old);
    return err->code;
}

const char *err_name(int code)
{
    static const char *const names[] = {"ok",      "invalid",     "not-found", "conflict",  "limit",
                                        "denied",  "unavailable", "timeout",   "cancelled", "io",
                                        "unknown", "protocol",    "refused"};
    size_t index = (size_t)-code;
    return code <= 0 && index < sizeof names / sizeof *names ? names[index] : "error";
}
