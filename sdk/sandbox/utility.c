// SPDX-License-Identifier: Apache-2.0
// The back end of a water and electricity agency: accounts with two meters, a reading and a bill a
// month, payments posted to bills. What a bill costs comes from a tariff file (tariff.h).

#include "account.h"

#include "base/clock.h"
#include "tariff.h"

#include <stdio.h>

extern const char tariff_2025[], tariff_2025_end[];

enum { MONTHS = 13, UNPAID = 2, DUE_DAYS = 20 };

// Invented people.
static const struct {
    const char *number, *name_en, *name_ar, *phone;
    const char *place_en, *place_ar;
    int64_t rent;               // fils a year
    unsigned kwh, cubic_metres; // of a usual month
} people[] = {
    {"2001234567", "Mariam Al Suwaidi", "مريم السويدي", "+971501234567", "Villa 12, Mirdif",
     "فيلا 12، مردف", 12000000, 2400, 31},
    {"2001234568", "Omar Haddad", "عمر حداد", "+971551234568", "Flat 804, Al Barsha",
     "شقة 804، البرشاء", 7200000, 780, 12},
    {"2001234569", "Sara Khan", "سارة خان", "+971521234569", "Flat 1502, Dubai Marina",
     "شقة 1502، دبي مارينا", 9600000, 1150, 16},
    {"2001234570", "Yusuf Rahman", "يوسف رحمن", "+971561234570", "Flat 7, Al Karama",
     "شقة 7، الكرامة", 5400000, 420, 8},
};

enum { PEOPLE = sizeof people / sizeof *people };

// A year's course in per cent of a usual month: summers are cooled.
static const unsigned course[12] = {62, 60, 70, 85, 105, 128, 145, 150, 135, 110, 85, 68};

struct period {
    int year, month;
};

static struct period months_ago(int count)
{
    struct civil today = clock_civil(clock_now(NULL));
    int index = today.year * 12 + today.month - 1 - count;
    return (struct period){index / 12, index % 12 + 1};
}

static json_t *money(int64_t fils)
{
    return json_integer(fils);
}

static json_t *steps_json(const struct tariff_line *line)
{
    json_t *steps = json_array();
    for (size_t i = 0; i < line->step_count; i++)
        json_array_append_new(steps, json_pack("{s:I, s:I, s:o}", "quantity_thousandths",
                                               (json_int_t)line->steps[i].quantity,
                                               "rate_microfils", (json_int_t)line->steps[i].rate,
                                               "amount", money(line->steps[i].amount)));
    return steps;
}

static json_t *lines_json(const struct tariff_bill *bill)
{
    json_t *lines = json_array();
    for (size_t i = 0; i < bill->line_count; i++) {
        const struct tariff_line *line = &bill->lines[i];
        json_array_append_new(lines,
                              json_pack("{s:s, s:{s:s, s:s}, s:s, s:I, s:s, s:o, s:o, s:o}", "id",
                                        line->id, "title", "en", line->title_en, "ar",
                                        line->title_ar, "settles_to", line->settles_to,
                                        "quantity_thousandths", (json_int_t)line->quantity, "unit",
                                        line->unit ? line->unit : "", "amount", money(line->amount),
                                        "vat", money(line->vat), "steps", steps_json(line)));
    }
    return lines;
}

// A steady but not dull consumption: the month's course and a little noise from the account number.
static int64_t consumption(size_t person, unsigned usual, struct period period)
{
    unsigned noise = (unsigned)(period.year * 31 + period.month * 17) * (unsigned)(person + 3) % 11;
    return (int64_t)usual * (course[period.month - 1] + noise) * 10;
}

struct meters {
    int64_t electricity, water; // thousandths of the unit, as the meters stand
};

static json_t *make_bill(const struct tariff *tariff, size_t person, struct period period,
                         struct meters *meters)
{
    int64_t kwh = consumption(person, people[person].kwh, period);
    int64_t water = consumption(person, people[person].cubic_metres, period);
    struct tariff_use uses[] = {{"electricity", kwh}, {"water", water}};
    struct tariff_usage usage = {{period.year, period.month}, uses, 2, people[person].rent};
    struct tariff_bill bill;
    char reason[200], id[16], issued[16], due[16];
    if (tariff_compute(tariff, &usage, &bill, reason, sizeof reason) != 0)
        return NULL;
    struct civil first = {.year = period.year, .month = period.month + 1, .day = 1, .hour = 12};
    struct civil last = first;
    last.day += DUE_DAYS;
    snprintf(id, sizeof id, "%04d-%02d", period.year, period.month);
    clock_format_date(clock_from_civil(&first), issued);
    clock_format_date(clock_from_civil(&last), due);
    json_t *readings =
        json_pack("[{s:s, s:s, s:I, s:I}, {s:s, s:s, s:I, s:I}]", "meter", "electricity", "unit",
                  "kWh", "from", (json_int_t)meters->electricity, "to",
                  (json_int_t)(meters->electricity + kwh), "meter", "water", "unit", "m³", "from",
                  (json_int_t)meters->water, "to", (json_int_t)(meters->water + water));
    meters->electricity += kwh;
    meters->water += water;
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "id", id, "issued", issued,
                     "due", due, "status", "due", "readings", readings, "lines", lines_json(&bill),
                     "amount", money(bill.amount), "vat", money(bill.vat), "total",
                     money(bill.total));
}

void utility_seed(struct sandbox *sandbox)
{
    struct tariff *tariff;
    char reason[200];
    json_t *accounts = sandbox_collection(sandbox, "utility");
    if (tariff_load(tariff_2025, (size_t)(tariff_2025_end - tariff_2025), &tariff, reason,
                    sizeof reason) != 0)
        return;
    for (size_t person = 0; person < PEOPLE; person++) {
        struct meters meters = {48211000, 1904000};
        json_t *bills = json_array();
        for (int ago = MONTHS; ago >= 1; ago--) {
            json_t *bill = make_bill(tariff, person, months_ago(ago), &meters);
            if (bill && ago > UNPAID)
                json_object_set_new(bill, "status", json_string("paid"));
            if (bill)
                json_array_insert_new(bills, 0, bill);
        }
        json_object_set_new(accounts, people[person].number,
                            json_pack("{s:s, s:{s:s, s:s}, s:s, s:{s:s, s:s}, s:o}", "account",
                                      people[person].number, "name", "en", people[person].name_en,
                                      "ar", people[person].name_ar, "phone", people[person].phone,
                                      "place", "en", people[person].place_en, "ar",
                                      people[person].place_ar, "bills", bills));
    }
    tariff_destroy(tariff);
}

// ---- the agency's API ----

void utility_account(struct sandbox_request *request)
{
    json_t *account = account_find(request, "utility");
    if (account)
        sandbox_json(request, 200,
                     json_pack("{s:O, s:s, s:o}", "account", json_object_get(account, "account"),
                               "kind", "postpaid", "name_masked", account_masked_name(account)));
}

void utility_send_code(struct sandbox_request *request)
{
    account_send_code(request, "utility", "Coast Water and Electricity");
}

void utility_verify_code(struct sandbox_request *request)
{
    account_verify_code(request, "utility");
}

static json_t *summary(const json_t *bill)
{
    json_t *short_bill = json_object();
    static const char *const members[] = {"id", "issued", "due", "status", "total", "paid_at"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (json_object_get(bill, members[i]))
            json_object_set(short_bill, members[i], json_object_get(bill, members[i]));
    return short_bill;
}

void utility_bills(struct sandbox_request *request)
{
    json_t *account = account_find(request, "utility"), *bills = json_array(), *bill;
    size_t index;
    if (!account) {
        json_decref(bills);
        return;
    }
    json_array_foreach(json_object_get(account, "bills"), index, bill)
    {
        json_array_append_new(bills, summary(bill));
    }
    sandbox_json(request, 200,
                 json_pack("{s:O, s:O, s:O, s:o, s:o}", "account",
                           json_object_get(account, "account"), "name",
                           json_object_get(account, "name"), "place",
                           json_object_get(account, "place"), "name_masked",
                           account_masked_name(account), "bills", bills));
}

static json_t *find_bill(const json_t *account, struct str id)
{
    json_t *bill;
    size_t index;
    json_array_foreach(json_object_get(account, "bills"), index, bill)
    {
        if (str_is(id, json_get_string(bill, "id")))
            return bill;
    }
    return NULL;
}

// What was used in each month up to this bill's, oldest first.
static json_t *history(const json_t *account, const json_t *until)
{
    json_t *months = json_array(), *bill;
    size_t index;
    json_array_foreach(json_object_get(account, "bills"), index, bill)
    {
        if (strcmp(json_get_string(bill, "id"), json_get_string(until, "id")) > 0)
            continue;
        json_t *month = json_pack("{s:O}", "month", json_object_get(bill, "id"));
        size_t meter;
        json_t *reading;
        json_array_foreach(json_object_get(bill, "readings"), meter, reading)
        {
            char name[48];
            snprintf(name, sizeof name, "%s_thousandths", json_get_string(reading, "meter"));
            json_object_set_new(month, name,
                                json_integer(json_get_integer(reading, "to", 0) -
                                             json_get_integer(reading, "from", 0)));
        }
        json_array_insert_new(months, 0, month);
    }
    return months;
}

void utility_bill(struct sandbox_request *request)
{
    json_t *account = account_find(request, "utility");
    json_t *bill = account ? find_bill(account, request->part[1]) : NULL;
    if (!account)
        return;
    if (!bill) {
        sandbox_error(request, 404, "bill_unknown");
        return;
    }
    sandbox_json(request, 200,
                 json_pack("{s:O, s:O, s:o, s:O, s:o}", "account",
                           json_object_get(account, "account"), "bill", bill, "name_masked",
                           account_masked_name(account), "place", json_object_get(account, "place"),
                           "history", history(account, bill)));
}

// A payment is posted once: the same reference gets the same answer, another one for a bill that is
// settled is refused.
void utility_pay(struct sandbox_request *request)
{
    json_t *account = json_object_get(sandbox_collection(request->sandbox, "utility"),
                                      sandbox_text(request, "account"));
    json_t *bill = find_bill(account, str_from(sandbox_text(request, "bill")));
    const char *reference = sandbox_text(request, "reference");
    int64_t amount = json_get_integer(request->body, "amount", 0);
    char time[CLOCK_TEXT];
    if (!bill || !reference[0]) {
        sandbox_error(request, 404, "bill_unknown");
        return;
    }
    const char *paid_by = json_get_string(bill, "paid_reference");
    if (paid_by && strcmp(paid_by, reference) == 0) {
        sandbox_json(request, 200, json_pack("{s:O}", "bill", bill));
        return;
    }
    if (strcmp(json_get_string(bill, "status"), "due") != 0) {
        sandbox_error(request, 409, "bill_settled");
        return;
    }
    if (amount != json_get_integer(bill, "total", 0)) {
        sandbox_error(request, 422, "amount_differs");
        return;
    }
    clock_format_local(clock_now(NULL), time);
    json_object_set_new(bill, "status", json_string("paid"));
    json_object_set_new(bill, "paid_reference", json_string(reference));
    json_object_set_new(bill, "paid_at", json_string(time));
    request->sandbox->changed = true;
    sandbox_json(request, 201, json_pack("{s:O}", "bill", bill));
}
