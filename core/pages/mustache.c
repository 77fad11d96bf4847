// SPDX-License-Identifier: Apache-2.0
// Rendering walks the ops of a template with a stack of contexts. Nothing is allocated but the
// output: names were split when the template was compiled, and constants are part of its text.
#include "pages/mustache.h"

#include "pages/mustache_op.h"

#include <stdio.h>
#include <stdlib.h>

struct render {
    const json_t *stack[MUSTACHE_DEPTH + 8];
    size_t depth;
    size_t partials; // inside each other
    size_t limit;
    struct buf *out;
    struct err *err;
};

static const char *reference_for(unsigned char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\t':
    case '\n':
    case '\r':
        return NULL;
    default:
        return c < ' ' || c == 0x7F ? "" : NULL;
    }
}

void mustache_escape(struct buf *out, struct str text)
{
    // One bit a character that may need more than copying.
    static const uint8_t special[32] = {0xFF, 0xFF, 0xFF, 0xFF, 0xC4, 0, 0, 0x50,
                                        0,    0,    0,    0,    0,    0, 0, 0x80};
    size_t start = 0;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (!(special[c >> 3] & (1u << (c & 7))))
            continue;
        const char *reference = reference_for(c);
        if (!reference)
            continue;
        buf_append(out, text.data + start, i - start);
        buf_append_text(out, reference);
        start = i + 1;
    }
    buf_append(out, text.data + start, text.size - start);
}

static const json_t *look_up(const struct render *render, const struct mustache_path *path)
{
    if (path->count == 0)
        return render->depth ? render->stack[render->depth - 1] : NULL;
    const json_t *value = NULL;
    for (size_t i = render->depth; i-- > 0 && !value;)
        value = json_object_getn(render->stack[i], path->parts[0].data, path->parts[0].size);
    for (size_t i = 1; i < path->count && value; i++)
        value = json_object_getn(value, path->parts[i].data, path->parts[i].size);
    return value;
}

static bool is_false(const json_t *value)
{
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_NULL:
    case JSON_FALSE:
        return true;
    case JSON_STRING:
        return json_string_length(value) == 0;
    case JSON_ARRAY:
        return json_array_size(value) == 0;
    default:
        return false;
    }
}

static void print_real(struct buf *out, double value)
{
    char text[40];
    int precision = 15;
    do
        snprintf(text, sizeof text, "%.*g", precision, value);
    while (strtod(text, NULL) != value && ++precision <= 17);
    buf_append_text(out, text);
}

static void print_value(struct buf *out, const json_t *value, bool escape)
{
    if (json_is_string(value)) {
        struct str text = {json_string_value(value), json_string_length(value)};
        if (escape)
            mustache_escape(out, text);
        else
            buf_append_str(out, text);
    } else if (json_is_integer(value)) {
        buf_append_integer(out, json_integer_value(value));
    } else if (json_is_real(value)) {
        print_real(out, json_real_value(value));
    }
}

static int render_ops(struct render *render, const struct mustache_template *template, size_t at,
                      size_t end);

static int render_within(struct render *render, const struct mustache_template *template, size_t at,
                         const json_t *context)
{
    if (render->depth == MUSTACHE_DEPTH)
        return err_set(render->err, ERR_LIMIT, STR_FORMAT ": sections more than %d deep",
                       STR_ARGUMENTS(template->name), MUSTACHE_DEPTH);
    render->stack[render->depth++] = context;
    int code = render_ops(render, template, at + 1, template->ops[at].end);
    render->depth--;
    return code;
}

static int render_section(struct render *render, const struct mustache_template *template,
                          size_t at)
{
    const json_t *value = look_up(render, &template->ops[at].path);
    if (is_false(value))
        return 0;
    if (!json_is_array(value))
        return render_within(render, template, at, value);
    int code = 0;
    for (size_t i = 0; i < json_array_size(value) && code == 0; i++)
        code = render_within(render, template, at, json_array_get(value, i));
    return code;
}

static int render_partial(struct render *render, const struct mustache_template *partial)
{
    if (render->partials == MUSTACHE_DEPTH)
        return err_set(render->err, ERR_LIMIT, STR_FORMAT ": partials more than %d deep",
                       STR_ARGUMENTS(partial->name), MUSTACHE_DEPTH);
    render->partials++;
    int code = render_ops(render, partial, 0, partial->count);
    render->partials--;
    return code;
}

static int render_ops(struct render *render, const struct mustache_template *template, size_t at,
                      size_t end)
{
    int code = 0;
    while (at < end && code == 0) {
        const struct mustache_op *op = &template->ops[at];
        size_t next = at + 1;
        switch (op->kind) {
        case MUSTACHE_TEXT:
            buf_append_str(render->out, op->text);
            break;
        case MUSTACHE_VALUE:
        case MUSTACHE_RAW_VALUE:
            print_value(render->out, look_up(render, &op->path), op->kind == MUSTACHE_VALUE);
            break;
        case MUSTACHE_SECTION:
            code = render_section(render, template, at);
            next = op->end;
            break;
        case MUSTACHE_INVERTED:
            next = is_false(look_up(render, &op->path)) ? at + 1 : op->end;
            break;
        case MUSTACHE_PARTIAL:
            code = render_partial(render, op->partial);
            break;
        }
        if (render->out->size > render->limit)
            return err_set(render->err, ERR_LIMIT, STR_FORMAT ": more than %zu bytes",
                           STR_ARGUMENTS(template->name), render->limit);
        at = next;
    }
    return code;
}

int mustache_render(const struct mustache_template *template, const json_t *const *contexts,
                    size_t count, size_t limit, struct buf *out, struct err *err)
{
    struct render render = {.limit = limit, .out = out, .err = err};
    if (count > MUSTACHE_DEPTH)
        return err_set(err, ERR_LIMIT, "more than %d contexts", MUSTACHE_DEPTH);
    for (size_t i = 0; i < count; i++)
        render.stack[render.depth++] = contexts[i];
    return render_ops(&render, template, 0, template->count);
}

const struct mustache_template *mustache_find(const struct mustache *set, struct str name)
{
    for (size_t i = 0; i < set->count; i++)
        if (str_equal(set->templates[i]->name, name) && set->templates[i]->indentation.size == 0)
            return set->templates[i];
    return NULL;
}
