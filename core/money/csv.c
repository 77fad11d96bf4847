// SPDX-License-Identifier: Apache-2.0
#include "money/csv.h"

void csv_init(struct csv *csv, struct str text)
{
    struct str mark = STR("\xEF\xBB\xBF");
    *csv = (struct csv){.rest = str_starts(text, mark) ? str_from_offset(text, mark.size) : text};
}

// A quoted cell, its first quote passed: up to the one that closes it; doubled ones stand for one.
static int read_quoted(struct csv *csv, struct arena *arena, struct str *cell, struct err *err)
{
    char *out = arena_alloc(arena, csv->rest.size + 1);
    size_t used = 0, i = 0;
    for (; i < csv->rest.size; i++) {
        char c = csv->rest.data[i];
        bool quote = c == '"';
        if (quote && (i + 1 == csv->rest.size || csv->rest.data[i + 1] != '"'))
            break;
        i += quote;
        csv->lines += c == '\n';
        out[used++] = c;
    }
    if (i == csv->rest.size)
        return err_set(err, ERR_INVALID, "line %lld: a quote is not closed", (long long)csv->line);
    *cell = (struct str){out, used};
    csv->rest = str_from_offset(csv->rest, i + 1);
    return 0;
}

static int read_plain(struct csv *csv, struct str *cell, struct err *err)
{
    size_t size = 0;
    while (size < csv->rest.size && !memchr(",\r\n", csv->rest.data[size], 3)) {
        if (csv->rest.data[size++] == '"')
            return err_set(err, ERR_INVALID, "line %lld: a quote stands inside a cell",
                           (long long)csv->line);
    }
    *cell = (struct str){csv->rest.data, size};
    csv->rest = str_from_offset(csv->rest, size);
    return 0;
}

// Passes what follows a cell: 1 another one, 0 the row ends.
static int pass_end(struct csv *csv, struct err *err)
{
    struct str *rest = &csv->rest;
    if (!rest->size)
        return 0;
    if (rest->data[0] == ',') {
        *rest = (struct str){rest->data + 1, rest->size - 1};
        return 1;
    }
    size_t size = str_starts(*rest, STR("\r\n")) ? 2 : rest->data[0] == '\n' ? 1 : 0;
    csv->lines++;
    *rest = str_from_offset(*rest, size);
    return size ? 0
                : err_set(err, ERR_INVALID, "line %lld: a cell goes on behind its quotes",
                          (long long)csv->line);
}

static void skip_empty_lines(struct csv *csv)
{
    for (;;) {
        size_t size = str_starts(csv->rest, STR("\r\n")) ? 2 : str_starts(csv->rest, STR("\n"));
        if (!size)
            return;
        csv->rest = str_from_offset(csv->rest, size);
        csv->lines++;
    }
}

int csv_next(struct csv *csv, struct arena *arena, struct str *cells, size_t most, size_t *count,
             struct err *err)
{
    int status = 1;
    skip_empty_lines(csv);
    csv->line = csv->lines + 1;
    *count = 0;
    if (!csv->rest.size)
        return 0;
    while (status == 1) {
        if (*count == most)
            return err_set(err, ERR_LIMIT, "line %lld: more than %zu cells", (long long)csv->line,
                           most);
        struct str *cell = &cells[(*count)++];
        bool quoted = str_starts(csv->rest, STR("\""));
        if (quoted)
            csv->rest = str_from_offset(csv->rest, 1);
        status = quoted ? read_quoted(csv, arena, cell, err) : read_plain(csv, cell, err);
        if (status == 0)
            status = pass_end(csv, err);
    }
    return status < 0 ? status : 1;
}
