// SPDX-License-Identifier: Apache-2.0
#include "host/journal.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdlib.h>

enum { LINE_BYTES = 1024 };

struct line {
    int64_t at_ms;
    enum log_level level;
    char *source;
    char *text; // printable UTF-8
};

struct journal {
    uint64_t next; // number of the line to come; numbers start at 1
    unsigned size;
    struct line lines[];
};

void journal_create(struct journal **out, unsigned lines)
{
    struct journal *journal = mem_zero(1, sizeof *journal + lines * sizeof *journal->lines);
    journal->next = 1;
    journal->size = lines;
    *out = journal;
}

void journal_destroy(struct journal *journal)
{
    if (!journal)
        return;
    for (unsigned i = 0; i < journal->size; i++) {
        free(journal->lines[i].source);
        free(journal->lines[i].text);
    }
    free(journal);
}

// A plugin may write anything: what is no printable ASCII and not part of a character beyond it
// becomes a blank, and bytes that are no UTF-8 become question marks.
static char *printable(struct str text)
{
    size_t size = text.size < LINE_BYTES ? text.size : LINE_BYTES;
    char *copy = mem_copy(text.data, size);
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)copy[i] < 0x20 || copy[i] == 0x7f)
            copy[i] = ' ';
    json_t *check = json_stringn(copy, size);
    for (size_t i = 0; !check && i < size; i++)
        if ((unsigned char)copy[i] >= 0x80)
            copy[i] = '?';
    json_decref(check);
    return copy;
}

void journal_add(struct journal *journal, enum log_level level, const char *source, struct str text)
{
    if (journal->size == 0)
        return;
    struct line *line = &journal->lines[journal->next++ % journal->size];
    free(line->source);
    free(line->text);
    *line = (struct line){clock_now(NULL), level, mem_string(source), printable(text)};
}

json_t *journal_read(const struct journal *journal, uint64_t after, unsigned count)
{
    static const char *const levels[] = {"debug", "information", "warning", "error"};
    json_t *list = json_array();
    uint64_t kept = journal->size < count ? journal->size : count;
    uint64_t first = journal->next > kept ? journal->next - kept : 1;
    for (uint64_t number = after + 1 > first ? after + 1 : first; number < journal->next;
         number++) {
        const struct line *line = &journal->lines[number % journal->size];
        char time[CLOCK_TEXT];
        clock_format(line->at_ms, time);
        json_array_append_new(list,
                              json_pack("{s:I, s:s, s:s, s:s, s:s}", "number", (json_int_t)number,
                                        "time", time, "level", levels[line->level], "source",
                                        line->source, "text", line->text));
    }
    return list;
}
