// SPDX-License-Identifier: Apache-2.0
// The back end of a toll agency: prepaid accounts, their balance, trips, and top-ups numbered one
// after the other, so that each can be paid for once.

#include "account.h"

#include "base/clock.h"

static const struct {
    const char *number, *name_en, *name_ar, *phone;
    int64_t balance;
} people[] = {
    {"3007654321", "Mariam Al Suwaidi", "مريم السويدي", "+971501234567", 3400},
    {"3007654322", "Omar Haddad", "عمر حداد", "+971551234568", 12600},
};

static const struct {
    const char *gate_en, *gate_ar;
    int hours_ago;
    int64_t fare;
} trips[] = {
    {"Creek Bridge", "جسر الخور", 9, 600},    {"Marina", "المرسى", 20, 400},
    {"Creek Bridge", "جسر الخور", 33, 600},   {"Airport Tunnel", "نفق المطار", 58, 400},
    {"Desert Road", "طريق الصحراء", 81, 400}, {"Marina", "المرسى", 105, 600},
};

void toll_seed(struct sandbox *sandbox)
{
    json_t *accounts = sandbox_collection(sandbox, "toll"), *list = json_array();
    char time[CLOCK_TEXT];
    for (size_t i = 0; i < sizeof trips / sizeof *trips; i++) {
        clock_format_local(clock_now(NULL) - trips[i].hours_ago * INT64_C(3600000), time);
        json_array_append_new(list, json_pack("{s:{s:s, s:s}, s:s, s:I}", "gate", "en",
                                              trips[i].gate_en, "ar", trips[i].gate_ar, "time",
                                              time, "fare", (json_int_t)trips[i].fare));
    }
    for (size_t i = 0; i < sizeof people / sizeof *people; i++)
        json_object_set_new(accounts, people[i].number,
                            json_pack("{s:s, s:{s:s, s:s}, s:s, s:I, s:i, s:{}, s:O}", "account",
                                      people[i].number, "name", "en", people[i].name_en, "ar",
                                      people[i].name_ar, "phone", people[i].phone, "balance",
                                      (json_int_t)people[i].balance, "next_top_up", 1, "top_ups",
                                      "trips", list));
    json_decref(list);
}

static json_t *public_part(const json_t *account)
{
    return json_pack("{s:O, s:s, s:o, s:O, s:O, s:O}", "account",
                     json_object_get(account, "account"), "kind", "prepaid", "name_masked",
                     account_masked_name(account), "balance", json_object_get(account, "balance"),
                     "next_top_up", json_object_get(account, "next_top_up"), "trips",
                     json_object_get(account, "trips"));
}

void toll_account(struct sandbox_request *request)
{
    json_t *account = account_find(request, "toll");
    if (account)
        sandbox_json(request, 200, public_part(account));
}

void toll_send_code(struct sandbox_request *request)
{
    account_send_code(request, "toll", "Gate Toll");
}

void toll_verify_code(struct sandbox_request *request)
{
    account_verify_code(request, "toll");
}

void toll_top_up(struct sandbox_request *request)
{
    json_t *account = json_object_get(sandbox_collection(request->sandbox, "toll"),
                                      sandbox_text(request, "account"));
    const char *reference = sandbox_text(request, "reference");
    int64_t amount = json_get_integer(request->body, "amount", 0);
    int64_t number = json_get_integer(request->body, "number", 0);
    if (!account || !reference[0] || amount <= 0) {
        sandbox_error(request, 404, "account_unknown");
        return;
    }
    json_t *top_ups = json_object_get(account, "top_ups");
    if (json_object_get(top_ups, reference)) {
        sandbox_json(request, 200, public_part(account));
        return;
    }
    if (number != json_get_integer(account, "next_top_up", 0)) {
        sandbox_error(request, 409, "top_up_settled");
        return;
    }
    json_object_set_new(top_ups, reference, json_integer(amount));
    json_object_set_new(account, "next_top_up", json_integer(number + 1));
    json_object_set_new(account, "balance",
                        json_integer(json_get_integer(account, "balance", 0) + amount));
    request->sandbox->changed = true;
    sandbox_json(request, 201, public_part(account));
}
