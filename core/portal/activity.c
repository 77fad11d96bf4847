// SPDX-License-Identifier: Apache-2.0
// What was done on the account: a page of it, searched and paged, and all of it as a file.
//
// Lines are read newest first in pieces and put into words; a search for words looks at what the
// reader would see, at no more than activity.scan lines.

#include "activity/activity.h"

#include "base/digits.h"
#include "base/json.h"
#include "base/url.h"
#include "money/decimal.h"
#include "portal/account.h"

#include <stdio.h>

enum { PIECE = 200, PAGE = 50 };

struct search {
    struct visit *visit;
    struct str words;
    struct str kind, from_text, to_text; // as given
    const char *group;                   // NULL: any
    int64_t from, until, before;
    struct snapshot *snapshot;
    struct activity_entry *entries; // of a piece
    int64_t scanned;
};

// ---- what is asked ----

// "2026-11-01", in either numerals, as the instant at which that day of the city begins; days more.
static bool read_day(struct str text, int days, int64_t *out)
{
    struct buf plain = {0};
    struct civil civil = {0};
    char date[CLOCK_DATE];
    digits_fold(&plain, text);
    bool good = plain.size == 10 &&
                sscanf(plain.data, "%4d-%2d-%2d", &civil.year, &civil.month, &civil.day) == 3;
    if (good) {
        *out = clock_from_civil(&civil);
        clock_format_date(*out, date); // a day that does not exist comes back as another
        good = str_is(buf_str(&plain), date);
        civil.day += days;
        *out = clock_from_civil(&civil);
    }
    buf_finish(&plain);
    return good;
}

static const char *group_of(struct str kind)
{
    for (const char *const *group = activity_groups; *group; group++)
        if (str_is(kind, *group))
            return *group;
    return NULL;
}

// False when a date is none; then all days are asked for.
static bool read_search(struct visit *visit, struct search *search)
{
    *search = (struct search){.visit = visit,
                              .words = str_trim(visit_field(visit, "q")),
                              .kind = visit_field(visit, "kind"),
                              .from_text = str_trim(visit_field(visit, "from")),
                              .to_text = str_trim(visit_field(visit, "to")),
                              .until = INT64_MAX};
    search->group = group_of(search->kind);
    if (search->words.size > 200)
        search->words.size = 0;
    str_to_integer(visit_field(visit, "before"), 1, INT64_MAX, &search->before);
    bool good = !search->from_text.size || read_day(search->from_text, 0, &search->from);
    if (search->to_text.size && !read_day(search->to_text, 1, &search->until)) {
        search->until = INT64_MAX;
        good = false;
    }
    search->entries = arena_zero(visit->arena, PIECE * sizeof *search->entries);
    return good;
}

// The address of this search, from that line on.
static const char *address(struct search *search, const char *page, int64_t before)
{
    const struct {
        const char *name;
        struct str value;
    } pairs[] = {{"q", search->words},
                 {"kind", str_from(search->group ? search->group : "")},
                 {"from", search->from_text},
                 {"to", search->to_text}};
    struct buf url = {0};
    buf_append_text(&url, page);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (!pairs[i].value.size)
            continue;
        buf_append_texts(&url, memchr(url.data, '?', url.size) ? "&" : "?", pairs[i].name, "=",
                         NULL);
        url_encode(pairs[i].value, &url);
    }
    if (before)
        buf_printf(&url, "%sbefore=%lld", memchr(url.data, '?', url.size) ? "&" : "?",
                   (long long)before);
    const char *out = arena_string(search->visit->arena, buf_str(&url));
    buf_finish(&url);
    return out;
}

// ---- reading ----

// The names that the instance and its operation have now; one that is gone has only its id.
static void add_names(const struct search *search, const struct activity_entry *entry, json_t *line)
{
    const struct route *route = snapshot_find(search->snapshot, str_from(entry->instance));
    const json_t *title = route ? visit_route_text(route, "title") : NULL;
    const struct operation *operation =
        route ? manifest_operation(route->bundle->manifest, str_from(entry->operation)) : NULL;
    const json_t *name = operation ? json_object_get(operation->document, "title") : NULL;
    if (entry->instance[0])
        json_object_set_new(line, "service",
                            title ? json_deep_copy(title) : json_string(entry->instance));
    if (entry->operation[0])
        json_object_set_new(line, "operation",
                            name ? json_deep_copy(name) : json_string(entry->operation));
}

static json_t *line_of(const struct search *search, const struct activity_entry *entry)
{
    char time[CLOCK_TEXT];
    struct visit *visit = search->visit;
    clock_format_local(entry->made, time);
    json_t *line =
        json_pack("{s:s, s:s, s:s, s:s, s:{s:s}, s:b, s:b, s:b, s:b}", "kind", entry->kind, "by",
                  activity_by_name(entry->by), "device", entry->device, "subject", entry->subject,
                  "time", "time", time, "service", 0, "operation", 0, "amount", 0, "url", 0);
    add_names(search, entry, line);
    if (entry->amount)
        json_object_set_new(line, "amount",
                            json_pack("{s:I, s:s}", "amount", (json_int_t)entry->amount, "currency",
                                      entry->currency));
    if (entry->payment[0])
        json_object_set_new(line, "url",
                            json_string(
                                arena_printf(visit->arena, "/payments/%s", entry->payment)));
    return line;
}

// The next piece in words, as the page's model has it; NULL at the end and when rc < 0.
static json_t *next_piece(struct search *search, int *count, struct err *err)
{
    struct visit *visit = search->visit;
    struct activity_query query = {.account = &visit->identity.account,
                                   .group = search->group,
                                   .from = search->from,
                                   .until = search->until,
                                   .before = search->before,
                                   .entries = search->entries,
                                   .limit = PIECE};
    *count = activity_list(visit->portal->services.store, &query, err);
    if (*count <= 0)
        return NULL;
    json_t *lines = json_array();
    search->snapshot = gate_pin(visit->portal->services.gate);
    for (int i = 0; i < *count; i++)
        json_array_append_new(lines, line_of(search, &search->entries[i]));
    snapshot_release(search->snapshot);
    json_t *model = json_pack("{s:o}", "lines", lines);
    json_t *view = pages_prepare(visit->portal->site->pages, visit->language, visit->page.now,
                                 "activity", model, err);
    json_decref(model);
    search->scanned += *count;
    search->before = search->entries[*count - 1].number;
    return view;
}

static bool stands_in(const json_t *line, struct str word)
{
    const json_t *amount = json_object_get(line, "amount");
    const json_t *seen[] = {json_object_get(line, "title"),      json_object_get(line, "about"),
                            json_object_get(line, "by"),         json_object_get(line, "time"),
                            json_object_get(amount, "currency"), json_object_get(amount, "text")};
    char needle[201];
    snprintf(needle, sizeof needle, STR_FORMAT, STR_ARGUMENTS(word));
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++) {
        const char *text = json_string_value(seen[i]);
        if (text && strcasestr(text, needle))
            return true;
    }
    return false;
}

static bool is_match(const json_t *line, struct str words)
{
    while (words.size) {
        struct str word = str_cut(&words, ' ');
        if (word.size && !stands_in(line, word))
            return false;
    }
    return true;
}

// ---- the page ----

// A page of lines that match, and whether there may be older ones: those before search->before.
static int collect(struct search *search, json_t *lines, bool *more, struct err *err)
{
    int64_t most = search->visit->portal->site->settings.activity_scan, shown = 0;
    int count = PIECE;
    *more = false;
    while (count == PIECE && !*more && search->scanned < most) {
        json_t *view = next_piece(search, &count, err), *line;
        const json_t *piece = json_object_get(view, "lines");
        size_t i;
        json_array_foreach(piece, i, line)
        {
            if (!is_match(line, search->words))
                continue;
            if ((*more = json_array_size(lines) == PAGE))
                break;
            json_array_append(lines, line);
            shown = search->entries[i].number;
        }
        json_decref(view);
    }
    if (*more)
        search->before = shown;
    *more = *more || (count == PIECE && search->scanned >= most);
    return count < 0 ? count : 0;
}

static json_t *groups(const struct search *search)
{
    json_t *list = json_array();
    for (const char *const *group = activity_groups; *group; group++)
        json_array_append_new(list, json_pack("{s:s, s:b}", "name", *group, "selected",
                                              search->group == *group));
    return list;
}

static json_t *text_or_empty(struct str text)
{
    return text.size ? json_stringn(text.data, text.size) : json_string("");
}

static json_t *frame(struct search *search, bool good)
{
    bool asked =
        search->words.size || search->group || search->from_text.size || search->to_text.size;
    json_t *model =
        json_pack("{s:o, s:o, s:o, s:o, s:b, s:s, s:b, s:b}", "groups", groups(search), "q",
                  text_or_empty(search->words), "from", text_or_empty(search->from_text), "to",
                  text_or_empty(search->to_text), "asked", asked, "file_url",
                  address(search, "/activity.csv", 0), "older_url", 0, "newest_url", 0);
    if (search->before)
        json_object_set_new(model, "newest_url", json_string(address(search, "/activity", 0)));
    if (!good)
        json_object_set_new(model, "error", json_string("date"));
    return model;
}

void visit_activity(struct visit *visit)
{
    struct err err;
    struct search search;
    bool more;
    if (visit_is_stranger(visit))
        return;
    bool good = read_search(visit, &search);
    json_t *model = frame(&search, good), *lines = json_array();
    int rc = collect(&search, lines, &more, &err);
    if (more)
        json_object_set_new(model, "older_url",
                            json_string(address(&search, "/activity", search.before)));
    const struct pages *pages = visit->portal->site->pages;
    json_t *view =
        rc < 0 ? NULL
               : pages_prepare(pages, visit->language, visit->page.now, "activity", model, &err);
    if (view) {
        json_object_set_new(view, "has_lines", json_boolean(json_array_size(lines)));
        json_object_set(view, "lines", lines);
        rc = pages_render(pages, &visit->page, "activity", NULL, view, &visit->reply->body, &err);
        visit_rendered(visit, good ? 200 : 422, rc, &err);
    } else {
        visit_problem_err(visit, &err);
    }
    json_decref(view);
    json_decref(lines);
    json_decref(model);
}

// ---- the file ----

// A cell (RFC 4180). A spreadsheet takes what begins with one of these for a formula, so it gets
// an apostrophe; direction isolates are of no use there.
static void append_cell(struct buf *out, struct str text, bool first)
{
    if (!first)
        buf_append_char(out, ',');
    buf_append_char(out, '"');
    if (text.size && memchr("=+-@\t\r", text.data[0], 6))
        buf_append_char(out, '\'');
    for (size_t i = 0; i < text.size; i++) {
        bool isolate =
            i + 2 < text.size && memcmp(text.data + i, "\xE2\x81", 2) == 0 &&
            ((unsigned char)text.data[i + 2] == 0xA8 || (unsigned char)text.data[i + 2] == 0xA9);
        if (isolate) {
            i += 2;
            continue;
        }
        if (text.data[i] == '"')
            buf_append_char(out, '"');
        buf_append_char(out, text.data[i]);
    }
    buf_append_char(out, '"');
}

static struct str cell_of(const json_t *line, const char *name)
{
    const json_t *value = json_object_get(line, name);
    return (struct str){json_string_value(value), json_string_length(value)};
}

static void append_row(struct buf *out, const struct activity_entry *entry, const json_t *line)
{
    char time[CLOCK_TEXT];
    struct buf amount = {0};
    clock_format_local(entry->made, time);
    if (entry->amount)
        decimal_write(&amount, entry->amount, entry->currency);
    append_cell(out, str_from(time), true);
    append_cell(out, cell_of(line, "title"), false);
    append_cell(out, cell_of(line, "about"), false);
    append_cell(out, cell_of(line, "by"), false);
    append_cell(out, str_from(entry->payment), false);
    append_cell(out, buf_str(&amount), false);
    append_cell(out, str_from(entry->amount ? entry->currency : ""), false);
    buf_append_text(out, "\r\n");
    buf_finish(&amount);
}

static void append_head(struct visit *visit, struct buf *out)
{
    struct err err;
    size_t i;
    json_t *name, *model = json_object();
    json_t *view = pages_prepare(visit->portal->site->pages, visit->language, visit->page.now,
                                 "activity", model, &err);
    buf_append_text(out, "\xEF\xBB\xBF"); // Excel takes it for UTF-8 only with this
    json_array_foreach(json_object_get(view, "columns"), i, name)
        append_cell(out, (struct str){json_string_value(name), json_string_length(name)}, i == 0);
    buf_append_text(out, "\r\n");
    json_decref(view);
    json_decref(model);
}

static int write_file(struct search *search, struct buf *out, struct err *err)
{
    const struct portal_settings *settings = &search->visit->portal->site->settings;
    int64_t rows = 0;
    int count = PIECE;
    append_head(search->visit, out);
    while (count == PIECE && rows < settings->activity_export) {
        json_t *view = next_piece(search, &count, err), *line;
        size_t i;
        json_array_foreach(json_object_get(view, "lines"), i, line)
        {
            if (rows < settings->activity_export && is_match(line, search->words)) {
                append_row(out, &search->entries[i], line);
                rows++;
            }
        }
        json_decref(view);
        // A search for few words reads no more for a file than for a page.
        if (search->words.size && search->scanned >= settings->activity_scan)
            break;
    }
    return count < 0 ? count : 0;
}

void visit_activity_file(struct visit *visit)
{
    struct err err;
    struct search search;
    char date[CLOCK_DATE];
    if (visit_is_stranger(visit))
        return;
    if (!read_search(visit, &search)) {
        visit_problem_code(visit, "bad-request");
        return;
    }
    search.before = 0;
    buf_clear(&visit->reply->body);
    if (write_file(&search, &visit->reply->body, &err) < 0) {
        visit_problem_err(visit, &err);
        return;
    }
    clock_format_date(clock_now(NULL), date);
    visit->reply->status = 200;
    http_reply_field(visit->reply, "content-type", STR("text/csv; charset=utf-8"));
    http_reply_field(visit->reply, "cache-control", STR("no-store"));
    http_reply_field(visit->reply, "x-content-type-options", STR("nosniff"));
    http_reply_field(visit->reply, "content-disposition",
                     str_from(arena_printf(visit->arena, "attachment; filename=\"activity-%s.csv\"",
                                           date)));
}
