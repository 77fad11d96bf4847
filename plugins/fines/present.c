// SPDX-License-Identifier: Apache-2.0
#include "present.h"

#include "day.h"

#include <stdio.h>
#include <string.h>

enum { NUMBER_DIGITS = 10 };

static const int64_t most_fils = 100000000000; // a fine of a thousand million dirhams is a mistake

// ---- pieces ----

json_t *present_action(const char *operation, json_t *input, const char *title_key,
                       const char *style)
{
    return json_pack("{s:s, s:o, s:o, s:s}", "operation", operation, "input", input, "title",
                     medina_text(title_key, NULL), "style", style);
}

json_t *present_number_action(const char *operation, const char *number, const char *title_key,
                              const char *style)
{
    return present_action(operation, json_pack("{s:s}", "number", number), title_key, style);
}

json_t *present_row(const char *label_key, json_t *value)
{
    return json_pack("{s:o, s:o}", "label", medina_text(label_key, NULL), "value", value);
}

json_t *present_badge(const char *title_key, const char *kind)
{
    return json_pack("{s:o, s:s}", "title", medina_text(title_key, NULL), "kind", kind);
}

json_t *present_done(const char *title_key, json_t *body, json_t *action)
{
    return json_pack("{s:s, s:s, s:o, s:o, s:[o]}", "type", "message", "kind", "success", "title",
                     medina_text(title_key, NULL), "body", body, "actions", action);
}

static json_t *date_value(int32_t day)
{
    char text[DAY_TEXT];
    day_write(day, text);
    return json_pack("{s:s}", "date", text);
}

static json_t *copy_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return value ? json_deep_copy(value) : json_string("");
}

// ---- one fine ----

bool fine_is(const json_t *fine, const char *status)
{
    return strcmp(fines_text(fine, "status"), status) == 0;
}

bool price_of(const json_t *fine, struct price *price)
{
    const char *number = fines_text(fine, "number");
    struct offence offence = {fines_text(fine, "authority"), fines_text(fine, "offence"), 0};
    *price = (struct price){.full = fines_number(fine, "amount")};
    if (strlen(number) != NUMBER_DIGITS || strspn(number, "0123456789") != NUMBER_DIGITS ||
        price->full < 1 || price->full > most_fils || !fines_text(fine, "file")[0] ||
        !day_read(fines_text(fine, "date"), &offence.day))
        return false;
    price->discount = rules_discount(fines_rules(), &offence, fines_today());
    price->net = rules_net(price->full, price->discount.percent);
    return true;
}

static json_t *title_of(const json_t *fine, bool titled)
{
    return titled ? copy_of(fine, "article")
                  : medina_text("fine.title", "number", fines_text(fine, "number"), NULL);
}

json_t *present_payable(const json_t *fine, const struct price *price, bool titled)
{
    json_t *item = json_pack("{s:s, s:o, s:o}", "id", fines_text(fine, "number"), "title",
                             title_of(fine, titled), "amount", medina_money(price->net));
    if (titled && price->discount.percent)
        json_object_set_new(item, "was", medina_money(price->full));
    // A discount of the whole leaves nothing that could be charged.
    if (fine_is(fine, "due") && price->net > 0)
        json_object_set_new(item, "pay", json_object());
    return item;
}

static json_t *badge_of(const json_t *fine)
{
    static const struct {
        const char *status, *title, *kind;
    } badges[] = {{"paid", "status.paid", "success"},
                  {"cancelled", "status.cancelled", "neutral"},
                  {"disputed", "status.disputed", "information"},
                  {"plan", "status.plan", "information"}};
    for (size_t i = 0; i < sizeof badges / sizeof *badges; i++)
        if (fine_is(fine, badges[i].status))
            return present_badge(badges[i].title, badges[i].kind);
    return NULL;
}

static void add_discount_rows(json_t *rows, const json_t *fine, const struct price *price)
{
    if (!price->discount.percent || !fine_is(fine, "due"))
        return;
    json_array_append_new(rows, present_row("fine.discount", json_pack("{s:i}", "percent",
                                                                       price->discount.percent)));
    json_array_append_new(rows,
                          present_row("fine.discount-until", date_value(price->discount.until)));
}

json_t *present_item(const json_t *fine, const struct price *price, bool owner)
{
    const char *number = fines_text(fine, "number");
    json_t *item = present_payable(fine, price, owner);
    json_t *rows =
        json_pack("[o]",
                  present_row("fine.date", json_pack("{s:s}", "date", fines_text(fine, "date"))));
    json_t *badge = badge_of(fine);
    if (badge)
        json_object_set_new(item, "badge", badge);
    if (owner) {
        json_object_set_new(item, "subtitle", copy_of(fine, "place"));
        json_object_set_new(item, "account", json_string(fines_text(fine, "file")));
        json_object_set_new(item, "open",
                            present_number_action("fine", number, "fine.open", "secondary"));
        if (fines_number(fine, "points") > 0)
            json_array_append_new(rows,
                                  present_row("fine.points",
                                              json_pack("{s:I}", "number",
                                                        (json_int_t)fines_number(fine, "points"))));
        add_discount_rows(rows, fine, price);
    }
    json_object_set_new(item, "rows", rows);
    return item;
}

// ---- the detail ----

// "AE-DU.private.A.12345" as people say it; a plate of another form as it is.
static json_t *plate_value(const char *plate)
{
    char source[8], category[16], code[8], number[8], key[40];
    if (sscanf(plate, "%7[^.].%15[^.].%7[^.].%7[0-9]", source, category, code, number) != 4)
        return json_pack("{s:s}", "id", plate);
    snprintf(key, sizeof key, "source.%s", source);
    json_t *from = medina_text(key, NULL), *value = json_object();
    snprintf(key, sizeof key, "category.%s", category);
    json_t *kind = medina_text(key, NULL);
    static const char *const languages[] = {"en", "ar"};
    for (size_t i = 0; i < 2; i++)
        json_object_set_new(value, languages[i],
                            json_sprintf("%s, %s, %s %s", fines_text(from, languages[i]),
                                         fines_text(kind, languages[i]),
                                         strcmp(code, "0") == 0 ? "" : code, number));
    json_decref(from);
    json_decref(kind);
    return value;
}

static json_t *facts(const json_t *fine)
{
    json_t *rows = json_array();
    const char *plate = fines_text(fine, "plate");
    json_array_append_new(rows, present_row("fine.number",
                                            json_pack("{s:s}", "id", fines_text(fine, "number"))));
    if (fines_text(fine, "time")[0])
        json_array_append_new(rows, present_row("fine.time", json_pack("{s:s}", "time",
                                                                       fines_text(fine, "time"))));
    json_array_append_new(rows, present_row("fine.place", copy_of(fine, "place")));
    json_array_append_new(rows, present_row("fine.authority", copy_of(fine, "authority_name")));
    if (plate[0])
        json_array_append_new(rows, present_row("fine.plate", plate_value(plate)));
    json_t *section = json_pack("{s:o}", "rows", rows);
    if (json_is_true(json_object_get(fine, "photo")))
        json_object_set_new(section, "image",
                            present_number_action("photo", fines_text(fine, "number"),
                                                  "fine.photo-shows", "secondary"));
    return section;
}

static json_t *consequences(const json_t *fine)
{
    json_t *rows = json_array();
    json_array_append_new(rows, present_row("fine.points",
                                            json_pack("{s:I}", "number",
                                                      (json_int_t)fines_number(fine, "points"))));
    if (fines_number(fine, "hold_days") > 0)
        json_array_append_new(rows,
                              present_row("fine.hold",
                                          json_pack("{s:I, s:o}", "number",
                                                    (json_int_t)fines_number(fine, "hold_days"),
                                                    "unit", medina_text("unit.days", NULL))));
    const char *nomination = fines_text(json_object_get(fine, "nomination"), "state");
    if (nomination[0]) {
        char key[40];
        snprintf(key, sizeof key, "driver.%.20s", nomination);
        json_array_append_new(rows, present_row("fine.driver", medina_text(key, NULL)));
    }
    return json_pack("{s:o, s:o}", "title", medina_text("fine.consequences", NULL), "rows", rows);
}

static json_t *cost(const json_t *fine, const struct price *price)
{
    json_t *rows = json_array();
    json_array_append_new(rows, present_row("fine.full", medina_money(price->full)));
    add_discount_rows(rows, fine, price);
    if (fine_is(fine, "due"))
        json_array_append_new(rows, present_row("fine.owed", medina_money(price->net)));
    return json_pack("{s:o, s:o}", "title", medina_text("fine.cost", NULL), "rows", rows);
}

// What the owner can do about it.
static json_t *actions_of(const json_t *fine)
{
    const char *number = fines_text(fine, "number");
    const char *nomination = fines_text(json_object_get(fine, "nomination"), "state");
    json_t *actions = json_array();
    if (json_object_get(fine, "dispute"))
        json_array_append_new(actions, present_number_action("dispute-status", number,
                                                             "dispute.follow", "secondary"));
    else if (fine_is(fine, "due"))
        json_array_append_new(actions, present_number_action("dispute", number, "dispute.begin",
                                                             "secondary"));
    if (fines_number(fine, "points") > 0 && (!nomination[0] || strcmp(nomination, "declined") == 0))
        json_array_append_new(actions,
                              present_number_action("driver", number, "driver.begin", "secondary"));
    return actions;
}

json_t *present_detail(const json_t *fine, const struct price *price)
{
    json_t *badge = badge_of(fine);
    json_t *result =
        json_pack("{s:s, s:o, s:o, s:[o, o, o], s:o}", "type", "detail", "title",
                  title_of(fine, true), "payable", present_payable(fine, price, true), "sections",
                  facts(fine), cost(fine, price), consequences(fine), "actions", actions_of(fine));
    if (badge)
        json_object_set_new(result, "badge", badge);
    return result;
}
