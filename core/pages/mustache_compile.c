// SPDX-License-Identifier: Apache-2.0
// From text to ops. A template is read once, tag by tag; what stands between tags is gathered with
// the constants around it into as few text ops as possible.
//
// A tag other than a value that has its line to itself takes the line with it, spaces and line end
// (the specification calls it standalone); a partial then passes its indentation on to every line
// of what it includes, which is therefore compiled once more for that indentation.
#include "base/mem.h"
#include "pages/mustache_op.h"

#include <stdio.h>
#include <stdlib.h>

enum { SECTIONS = 64, DELIMITER = 16 };

struct compiler {
    struct mustache *set;
    const struct mustache_source *sources;
    size_t count;
    const json_t *constants;
    unsigned flags;
    struct err *err;
};

struct section {
    struct str name;
    size_t op;
    size_t line;
};

// One template being read.
struct reader {
    struct compiler *compiler;
    struct mustache_template *template;
    struct str text;
    size_t at;   // read so far
    size_t line; // of the tag being read
    char open[DELIMITER], close[DELIMITER];
    struct buf pending; // text that is not yet an op
    struct section sections[SECTIONS];
    size_t depth;
};

struct tag {
    char sigil; // one of # ^ / > ! = & { or 0 for a value
    struct str name;
    size_t start, end; // in the template's text, delimiters included
    size_t line_start; // standalone: where its line begins
    bool standalone;
};

static int refuse(struct reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int refuse(struct reader *reader, const char *format, ...)
{
    char message[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return err_set(reader->compiler->err, ERR_INVALID, STR_FORMAT ":%zu: %s",
                   STR_ARGUMENTS(reader->template->name), reader->line, message);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_space(char c)
{
    return is_blank(c) || c == '\n' || c == '\r';
}

static struct str trim(struct str text)
{
    while (text.size && is_space(text.data[0]))
        text = str_from_offset(text, 1);
    while (text.size && is_space(text.data[text.size - 1]))
        text.size--;
    return text;
}

static struct mustache_op *add_op(struct reader *reader, enum mustache_kind kind)
{
    struct mustache_template *template = reader->template;
    if (template->count == template->capacity) {
        size_t capacity = template->capacity ? template->capacity * 2 : 16;
        struct mustache_op *ops =
            arena_alloc(&reader->compiler->set->arena, capacity * sizeof *ops);
        if (template->count)
            memcpy(ops, template->ops, template->count * sizeof *ops);
        template->ops = ops;
        template->capacity = capacity;
    }
    struct mustache_op *op = &template->ops[template->count++];
    *op = (struct mustache_op){.kind = kind};
    return op;
}

static void flush_text(struct reader *reader)
{
    if (reader->pending.size == 0)
        return;
    size_t size = reader->pending.size;
    char *copy = arena_string(&reader->compiler->set->arena, buf_str(&reader->pending));
    add_op(reader, MUSTACHE_TEXT)->text = (struct str){copy, size};
    buf_clear(&reader->pending);
}

static void add_text(struct reader *reader, size_t from, size_t to)
{
    const char *data = reader->text.data;
    bool keep = reader->compiler->flags & MUSTACHE_KEEP_SPACE;
    for (size_t i = from; i < to; i++) {
        bool line_start = i == 0 || data[i - 1] == '\n';
        if (keep && line_start)
            buf_append_str(&reader->pending, reader->template->indentation);
        if (!keep && is_space(data[i]) && (line_start || is_blank(data[i]))) {
            size_t first = i; // spaces that reach back to the start of the line
            while (first > 0 && is_blank(data[first - 1]))
                first--;
            if (first == 0 || data[first - 1] == '\n')
                continue;
        }
        buf_append_char(&reader->pending, data[i]);
    }
}

static struct mustache_path split_path(struct reader *reader, struct str name)
{
    struct mustache_path path = {0};
    if (str_is(name, "."))
        return path;
    struct arena *arena = &reader->compiler->set->arena;
    struct str rest = {arena_string(arena, name), name.size};
    struct str *parts = arena_alloc(arena, (name.size + 1) * sizeof *parts);
    while (rest.data)
        parts[path.count++] = str_cut(&rest, '.');
    path.parts = parts;
    return path;
}

// The constant that a name stands for: 1 found, 0 the name is not a constant's, or refused.
static int find_constant(struct reader *reader, struct str name, const json_t **out)
{
    struct str rest = name;
    struct str first = str_cut(&rest, '.');
    const json_t *value = json_object_getn(reader->compiler->constants, first.data, first.size);
    if (!value)
        return 0;
    while (rest.data && value) {
        struct str part = str_cut(&rest, '.');
        value = json_object_getn(value, part.data, part.size);
    }
    if (!json_is_string(value))
        return refuse(reader, "there is no text " STR_FORMAT, STR_ARGUMENTS(name));
    *out = value;
    return 1;
}

static int read_value(struct reader *reader, const struct tag *tag)
{
    bool raw = tag->sigil != 0;
    if (raw && !(reader->compiler->flags & MUSTACHE_UNESCAPED))
        return refuse(reader, "unescaped tags are refused: write {{" STR_FORMAT "}}",
                      STR_ARGUMENTS(tag->name));
    const json_t *constant;
    int found = find_constant(reader, tag->name, &constant);
    if (found < 0)
        return found;
    if (found) {
        mustache_escape(&reader->pending,
                        (struct str){json_string_value(constant), json_string_length(constant)});
        return 0;
    }
    flush_text(reader);
    struct mustache_path path = split_path(reader, tag->name);
    add_op(reader, raw ? MUSTACHE_RAW_VALUE : MUSTACHE_VALUE)->path = path;
    return 0;
}

static int open_section(struct reader *reader, const struct tag *tag)
{
    if (reader->depth == SECTIONS)
        return refuse(reader, "sections more than %d deep", SECTIONS);
    flush_text(reader);
    reader->sections[reader->depth++] =
        (struct section){tag->name, reader->template->count, reader->line};
    struct mustache_path path = split_path(reader, tag->name);
    add_op(reader, tag->sigil == '#' ? MUSTACHE_SECTION : MUSTACHE_INVERTED)->path = path;
    return 0;
}

static int close_section(struct reader *reader, const struct tag *tag)
{
    if (reader->depth == 0)
        return refuse(reader, "{{/" STR_FORMAT "}} closes nothing", STR_ARGUMENTS(tag->name));
    struct section *section = &reader->sections[reader->depth - 1];
    if (!str_equal(section->name, tag->name))
        return refuse(reader, "{{/" STR_FORMAT "}} where {{/" STR_FORMAT "}} of line %zu is open",
                      STR_ARGUMENTS(tag->name), STR_ARGUMENTS(section->name), section->line);
    flush_text(reader);
    reader->template->ops[section->op].end = (uint32_t)reader->template->count;
    reader->depth--;
    return 0;
}

static const struct mustache_source *find_source(const struct compiler *compiler, struct str name)
{
    for (size_t i = 0; i < compiler->count; i++)
        if (str_equal(compiler->sources[i].name, name))
            return &compiler->sources[i];
    return NULL;
}

// The template of that name at that indentation; entered in the set, to be compiled in its turn.
static struct mustache_template *enter_template(struct mustache *set, struct str name,
                                                struct str indentation)
{
    for (size_t i = 0; i < set->count; i++)
        if (str_equal(set->templates[i]->name, name) &&
            str_equal(set->templates[i]->indentation, indentation))
            return set->templates[i];
    if (set->count == MUSTACHE_TEMPLATES)
        return NULL;
    struct mustache_template *template = arena_zero(&set->arena, sizeof *template);
    template->name = (struct str){arena_string(&set->arena, name), name.size};
    template->indentation = (struct str){arena_string(&set->arena, indentation), indentation.size};
    return set->templates[set->count++] = template;
}

static int read_partial(struct reader *reader, const struct tag *tag)
{
    struct compiler *compiler = reader->compiler;
    if (tag->name.data[0] == '*')
        return refuse(reader, "dynamic names are not supported");
    if (!find_source(compiler, tag->name)) {
        if (compiler->flags & MUSTACHE_MISSING_PARTIALS)
            return 0;
        return refuse(reader, "there is no template " STR_FORMAT, STR_ARGUMENTS(tag->name));
    }
    struct buf indentation = {0};
    if (tag->standalone && (compiler->flags & MUSTACHE_KEEP_SPACE)) {
        buf_append_str(&indentation, reader->template->indentation);
        buf_append(&indentation, reader->text.data + tag->line_start, tag->start - tag->line_start);
    }
    flush_text(reader);
    struct mustache_template *partial =
        enter_template(compiler->set, tag->name, buf_str(&indentation));
    buf_finish(&indentation);
    if (!partial)
        return err_set(compiler->err, ERR_LIMIT, STR_FORMAT ":%zu: more than %d templates",
                       STR_ARGUMENTS(reader->template->name), reader->line, MUSTACHE_TEMPLATES);
    add_op(reader, MUSTACHE_PARTIAL)->partial = partial;
    return 0;
}

// {{=<% %>=}}
static int read_delimiters(struct reader *reader, const struct tag *tag)
{
    struct str rest = tag->name;
    struct str open = str_cut(&rest, ' ');
    struct str close = trim(rest);
    if (open.size == 0 || close.size == 0 || open.size >= DELIMITER || close.size >= DELIMITER ||
        memchr(close.data, ' ', close.size) || memchr(close.data, '=', close.size))
        return refuse(reader, "delimiters are set as in {{=<%% %%>=}}");
    snprintf(reader->open, DELIMITER, STR_FORMAT, STR_ARGUMENTS(open));
    snprintf(reader->close, DELIMITER, STR_FORMAT, STR_ARGUMENTS(close));
    return 0;
}

static int read_tag(struct reader *reader, const struct tag *tag)
{
    if (tag->sigil != '!' && tag->name.size == 0)
        return refuse(reader, "a tag without a name");
    switch (tag->sigil) {
    case '!':
        return 0;
    case '=':
        return read_delimiters(reader, tag);
    case '#':
    case '^':
        return open_section(reader, tag);
    case '/':
        return close_section(reader, tag);
    case '>':
        return read_partial(reader, tag);
    case '<':
    case '$':
        return refuse(reader, "inheritance is not supported");
    default:
        return read_value(reader, tag);
    }
}

static const char *find_text(const struct reader *reader, size_t from, const char *what)
{
    return memmem(reader->text.data + from, reader->text.size - from, what, strlen(what));
}

static void find_standalone(const struct reader *reader, struct tag *tag)
{
    const char *data = reader->text.data;
    size_t before = tag->start, after = tag->end;
    while (before > 0 && is_blank(data[before - 1]))
        before--;
    while (after < reader->text.size && is_blank(data[after]))
        after++;
    bool starts = before == 0 || data[before - 1] == '\n';
    if (after < reader->text.size && data[after] == '\r')
        after++;
    bool ends = after == reader->text.size || data[after] == '\n';
    if (!starts || !ends)
        return;
    tag->standalone = true;
    tag->line_start = before;
    tag->end = after < reader->text.size ? after + 1 : after;
}

// Finds the next tag: 1 found, 0 none, or refused.
static int next_tag(struct reader *reader, struct tag *tag)
{
    const char *open = find_text(reader, reader->at, reader->open);
    if (!open)
        return 0;
    *tag = (struct tag){.start = (size_t)(open - reader->text.data)};
    for (size_t i = reader->at; i < tag->start; i++)
        reader->line += reader->text.data[i] == '\n';
    size_t inside = tag->start + strlen(reader->open);
    char sigil = inside < reader->text.size ? reader->text.data[inside] : '\0';
    const char *ending = reader->close;
    char longer[DELIMITER + 1];
    if (sigil != '\0' && strchr("#^/>!=&{<$", sigil)) {
        tag->sigil = sigil;
        inside++;
        if (sigil == '{' || sigil == '=') {
            snprintf(longer, sizeof longer, "%c%s", sigil == '{' ? '}' : '=', reader->close);
            ending = longer;
        }
    }
    const char *close = find_text(reader, inside, ending);
    if (!close)
        return refuse(reader, "a tag that is not closed");
    tag->name = trim(
        (struct str){reader->text.data + inside, (size_t)(close - reader->text.data) - inside});
    tag->end = (size_t)(close - reader->text.data) + strlen(ending);
    if (sigil != '\0' && strchr("#^/>!=", sigil))
        find_standalone(reader, tag);
    return 1;
}

static int read_tags(struct reader *reader)
{
    struct tag tag;
    int code;
    while ((code = next_tag(reader, &tag)) > 0) {
        add_text(reader, reader->at, tag.standalone ? tag.line_start : tag.start);
        // A value that begins a line of an indented partial is indented too.
        bool line_start = tag.start == 0 || reader->text.data[tag.start - 1] == '\n';
        if (line_start && !tag.standalone && (reader->compiler->flags & MUSTACHE_KEEP_SPACE))
            buf_append_str(&reader->pending, reader->template->indentation);
        code = read_tag(reader, &tag);
        if (code < 0)
            return code;
        for (size_t i = tag.start; i < tag.end; i++)
            reader->line += reader->text.data[i] == '\n';
        reader->at = tag.end;
    }
    if (code < 0)
        return code;
    add_text(reader, reader->at, reader->text.size);
    flush_text(reader);
    if (reader->depth) {
        reader->line = reader->sections[reader->depth - 1].line;
        return refuse(reader, "the section " STR_FORMAT " is not closed",
                      STR_ARGUMENTS(reader->sections[reader->depth - 1].name));
    }
    return 0;
}

static int compile_template(struct compiler *compiler, struct mustache_template *template)
{
    const struct mustache_source *source = find_source(compiler, template->name);
    struct reader *reader = mem_zero(1, sizeof *reader);
    *reader = (struct reader){.compiler = compiler,
                              .template = template,
                              .text = source->text,
                              .line = 1,
                              .open = "{{",
                              .close = "}}"};
    int code = read_tags(reader);
    buf_finish(&reader->pending);
    free(reader);
    return code;
}

struct mustache *mustache_compile(const struct mustache_source *sources, size_t count,
                                  const json_t *constants, unsigned flags, struct err *err)
{
    struct mustache *set = mem_zero(1, sizeof *set);
    struct compiler compiler = {set, sources, count, constants, flags, err};
    int code = count <= MUSTACHE_TEMPLATES
                   ? 0
                   : err_set(err, ERR_LIMIT, "more than %d templates", MUSTACHE_TEMPLATES);
    for (size_t i = 0; i < count && code == 0; i++)
        enter_template(set, sources[i].name, (struct str){0});
    // The set grows while it is compiled: partials at other indentations come at its end.
    for (size_t i = 0; i < set->count && code == 0; i++)
        code = compile_template(&compiler, set->templates[i]);
    if (code == 0)
        return set;
    mustache_destroy(set);
    return NULL;
}

void mustache_destroy(struct mustache *set)
{
    if (!set)
        return;
    arena_finish(&set->arena);
    free(set);
}
