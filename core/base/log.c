// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { LINE = 1400, FOREIGN = 1024 };

static void write_line(enum log_level level, const char *room, const char *text)
{
    static const char *const names[] = {"debug", "information", "warning", "error"};
    char line[LINE], time[CLOCK_TEXT];
    clock_format(clock_now(NULL), time);
    int size = snprintf(line, sizeof line - 1, "%s %s %s %s", time, names[level], room, text);
    if (size < 0)
        return;
    if (size > (int)sizeof line - 2)
        size = (int)sizeof line - 2;
    line[size] = '\n';
    ssize_t ignored = write(STDERR_FILENO, line, (size_t)size + 1);
    (void)ignored;
}

void log_line(enum log_level level, const char *room, const char *format, ...)
{
    char text[LINE - 100];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    write_line(level, room, text);
}

void log_foreign(enum log_level level, const char *room, struct str text)
{
    char line[FOREIGN + 1];
    size_t size = text.size < FOREIGN ? text.size : FOREIGN;
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        line[i] = c < 0x20 || c == 0x7F ? ' ' : (char)c;
    }
    line[size] = '\0';
    write_line(level, room, line);
}
