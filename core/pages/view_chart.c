// SPDX-License-Identifier: Apache-2.0
// A chart as numbers for SVG. Across, positions are percentages, so that the chart takes the width
// there is while its letters keep their size; up, they are pixels. In Arabic the first label stands
// at the right. The same numbers follow as a table, for those who cannot see the chart.
#include "pages/format.h"
#include "pages/view.h"

#include <math.h>

enum { HEIGHT = 220, TOP = 14, BASE = 186, AXIS = 52, POINTS = 60, SERIES = 6 };

struct chart {
    const struct view *view;
    const json_t *labels;
    const json_t *series;
    size_t points;
    size_t series_count;
    double low, high, step;
};

static double rounded(double value)
{
    return round(value * 100) / 100;
}

static json_t *value_at(const struct chart *chart, size_t series, size_t point)
{
    const json_t *values = json_object_get(json_array_get(chart->series, series), "values");
    json_t *value = json_array_get(values, point);
    return json_is_number(value) ? value : NULL;
}

// A scale from a round number to a round number, with at most five lines, that holds zero.
static void find_scale(struct chart *chart)
{
    static const double steps[] = {1, 2, 2.5, 5, 10};
    for (size_t s = 0; s < chart->series_count; s++) {
        for (size_t p = 0; p < chart->points; p++) {
            double value = json_number_value(value_at(chart, s, p));
            chart->low = fmin(chart->low, value);
            chart->high = fmax(chart->high, value);
        }
    }
    if (chart->high - chart->low <= 0)
        chart->high = 1;
    double rough = (chart->high - chart->low) / 4;
    double power = pow(10, floor(log10(rough)));
    size_t i = 0;
    while (i < 4 && steps[i] * power < rough * 0.999)
        i++;
    chart->step = steps[i] * power;
    chart->low = floor(chart->low / chart->step) * chart->step;
    chart->high = ceil(chart->high / chart->step) * chart->step;
}

static double y_of(const struct chart *chart, double value)
{
    double share = (value - chart->low) / (chart->high - chart->low);
    return rounded(BASE - share * (BASE - TOP));
}

// The middle of a point's place, in percent from the left.
static double x_of(const struct chart *chart, double point)
{
    double x = (point + 0.5) / (double)chart->points * 100;
    return rounded(chart->view->phrases->arabic ? 100 - x : x);
}

static json_t *ticks_of(const struct chart *chart)
{
    json_t *out = json_array();
    size_t count = (size_t)lround((chart->high - chart->low) / chart->step);
    for (size_t i = 0; i <= count; i++) {
        double value = chart->low + chart->step * (double)i, y = y_of(chart, value);
        json_t *tick = json_pack("{s:f, s:f}", "y", y, "y-text", y + 4);
        struct buf text = {0};
        format_number(&text, value, -1);
        view_set_buf(tick, "text", &text);
        json_array_append_new(out, tick);
    }
    return out;
}

static void write_label(const struct chart *chart, struct buf *out, size_t point, bool brief)
{
    const json_t *label = json_array_get(chart->labels, point);
    const json_t *month = json_object_get(label, "month");
    struct civil_date date;
    if (brief && json_is_string(month) &&
        format_read_month(str_from(json_string_value(month)), &date))
        format_short_month(chart->view->phrases, out, date);
    else
        view_write_value(chart->view, out, label);
}

static json_t *labels_of(const struct chart *chart)
{
    json_t *out = json_array();
    // The short names of months are words in Arabic and three letters in English.
    size_t most = chart->view->phrases->arabic ? 5 : 7;
    size_t every = (chart->points + most - 1) / most;
    for (size_t p = 0; p < chart->points; p += every) {
        json_t *label = json_pack("{s:f}", "x", x_of(chart, (double)p));
        struct buf text = {0};
        write_label(chart, &text, p, true);
        view_set_buf(label, "text", &text);
        json_array_append_new(out, label);
    }
    return out;
}

// "November 2025: 1,699 kWh", shown when a bar or point is pointed at.
static void set_hint(const struct chart *chart, json_t *object, size_t point, double value,
                     const json_t *unit)
{
    struct buf text = {0};
    write_label(chart, &text, point, false);
    buf_append_text(&text, ": ");
    format_number(&text, value, -1);
    if (json_is_string(unit))
        buf_printf(&text, "\u00a0%s", json_string_value(unit));
    view_set_buf(object, "text", &text);
}

static void add_bar(const struct chart *chart, json_t *bars, size_t series, size_t point,
                    const json_t *unit)
{
    const json_t *number = value_at(chart, series, point);
    if (!number)
        return;
    double value = json_number_value(number), place = 100.0 / (double)chart->points;
    double width = place * 0.7 / (double)chart->series_count;
    double x = place * ((double)point + 0.15) + width * (double)series;
    if (chart->view->phrases->arabic)
        x = 100 - x - width;
    double y = y_of(chart, fmax(value, 0)), end = y_of(chart, fmin(value, 0));
    json_t *bar =
        json_pack("{s:I, s:f, s:f, s:f, s:f}", "series", (json_int_t)series + 1, "x", rounded(x),
                  "y", y, "width", rounded(width), "height", rounded(end - y));
    set_hint(chart, bar, point, value, unit);
    json_array_append_new(bars, bar);
}

static void add_point(const struct chart *chart, json_t *object, size_t series, size_t point,
                      const json_t *unit)
{
    const json_t *number = value_at(chart, series, point);
    const json_t *next = point + 1 < chart->points ? value_at(chart, series, point + 1) : NULL;
    if (!number)
        return;
    double value = json_number_value(number), x = x_of(chart, (double)point);
    json_t *dot = json_pack("{s:I, s:f, s:f}", "series", (json_int_t)series + 1, "x", x, "y",
                            y_of(chart, value));
    set_hint(chart, dot, point, value, unit);
    json_array_append_new(json_object_get(object, "dots"), dot);
    if (next)
        json_array_append_new(json_object_get(object, "lines"),
                              json_pack("{s:I, s:f, s:f, s:f, s:f}", "series",
                                        (json_int_t)series + 1, "x1", x, "y1", y_of(chart, value),
                                        "x2", x_of(chart, (double)point + 1), "y2",
                                        y_of(chart, json_number_value(next))));
}

static json_t *number_cell(const struct chart *chart, size_t series, size_t point)
{
    json_t *number = value_at(chart, series, point);
    return number ? json_pack("{s:O}", "number", number) : json_null();
}

static json_t *table_of(const struct chart *chart, const char *title)
{
    struct str head = phrases_text(chart->view->phrases, PHRASE_CHART_LABEL);
    json_t *columns = json_array(), *rows = json_array();
    json_array_append_new(columns, json_pack("{s:s%}", "title", head.data, head.size));
    for (size_t s = 0; s < chart->series_count; s++) {
        json_t *name = json_object_get(json_array_get(chart->series, s), "title");
        json_array_append_new(columns, json_pack("{s:O*, s:s}", "title", name, "align", "end"));
    }
    for (size_t p = 0; p < chart->points; p++) {
        json_t *row = json_array();
        json_array_append(row, json_array_get(chart->labels, p));
        for (size_t s = 0; s < chart->series_count; s++)
            json_array_append_new(row, number_cell(chart, s, p));
        json_array_append_new(rows, row);
    }
    json_t *table = json_pack("{s:o, s:o}", "columns", columns, "rows", rows);
    json_t *shown = view_table(chart->view, table, title);
    json_decref(table);
    return shown;
}

static json_t *legend_of(const struct chart *chart)
{
    json_t *out = json_array();
    for (size_t s = 0; s < chart->series_count; s++) {
        json_t *entry = json_pack("{s:I}", "series", (json_int_t)s + 1);
        view_set_text(chart->view, entry, "title",
                      json_object_get(json_array_get(chart->series, s), "title"));
        json_array_append_new(out, entry);
    }
    return out;
}

static void draw(const struct chart *chart, json_t *out, bool line)
{
    const json_t *unit = json_object_get(out, "unit");
    json_object_set_new(out, "bars", json_array());
    json_object_set_new(out, "lines", json_array());
    json_object_set_new(out, "dots", json_array());
    for (size_t s = 0; s < chart->series_count; s++) {
        for (size_t p = 0; p < chart->points; p++) {
            if (line)
                add_point(chart, out, s, p, unit);
            else
                add_bar(chart, json_object_get(out, "bars"), s, p, unit);
        }
    }
}

static size_t at_most(size_t count, size_t limit)
{
    return count < limit ? count : limit;
}

json_t *view_chart(const struct view *view, const json_t *source, const char *title)
{
    struct chart chart = {.view = view,
                          .labels = json_object_get(source, "labels"),
                          .series = json_object_get(source, "series")};
    chart.points = at_most(json_array_size(chart.labels), POINTS);
    chart.series_count = at_most(json_array_size(chart.series), SERIES);
    if (chart.points == 0 || chart.series_count == 0)
        return json_false();
    find_scale(&chart);
    const char *kind = json_string_value(json_object_get(source, "kind"));
    json_t *out = json_pack("{s:i, s:i, s:i, s:i}", "height", HEIGHT, "label-y", HEIGHT - 10,
                            "axis-width", AXIS, "axis-x", view->phrases->arabic ? 6 : AXIS - 6);
    view_set_text(view, out, "unit", json_object_get(source, "unit"));
    json_object_set_new(out, "ticks", ticks_of(&chart));
    json_object_set_new(out, "labels", labels_of(&chart));
    json_object_set_new(out, "legend", legend_of(&chart));
    json_object_set_new(out, "has_legend", json_boolean(chart.series_count > 1));
    json_object_set_new(out, "table", table_of(&chart, title));
    struct phrase_value value = {"title", str_from(title), true};
    view_set_phrase(view, out, "description", PHRASE_CHART_DESCRIPTION, 0, &value, 1);
    draw(&chart, out, kind && str_is(str_from(kind), "line"));
    return out;
}
