// SPDX-License-Identifier: Apache-2.0
// Amounts that stand by themselves. The dirham's sign (U+20C3) is in no font yet, so it is a
// picture that screen readers pass over; the currency's name stands beside it for them, for what is
// copied and for paper.
#include "pages/format.h"
#include "pages/view.h"

static struct str string_of(const json_t *value)
{
    return (struct str){json_string_value(value), json_string_length(value)};
}

json_t *view_money(const struct view *view, int64_t amount, struct str currency)
{
    struct buf text = {0}, number = {0};
    bool sign = str_is(currency, "AED") && !view->textual;
    struct str name = sign ? phrases_named(view->phrases, "money", "dirham")
                           : format_currency(view->phrases, currency);
    format_money(view->phrases, &text, amount, currency);
    format_money_number(&number, amount, currency);
    json_t *out = json_pack("{s:s, s:s%, s:b, s:b}", "minus", amount < 0 ? FORMAT_MINUS : "",
                            "currency", name.data ? name.data : "", name.size, "sign", sign,
                            "after", view->phrases->arabic);
    view_set_buf(out, "text", &text);
    view_set_buf(out, "number", &number);
    return out;
}

struct str view_money_text(const json_t *shown)
{
    return string_of(json_object_get(shown, "text"));
}

void view_set_money(const struct view *view, json_t *object, const char *name, const json_t *money)
{
    const json_t *amount = json_object_get(money, "amount");
    struct str currency = string_of(json_object_get(money, "currency"));
    json_object_set_new(object, name,
                        json_is_integer(amount)
                            ? view_money(view, json_integer_value(amount), currency)
                            : json_false());
}
