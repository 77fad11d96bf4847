// SPDX-License-Identifier: Apache-2.0
#include "money/payee.h"

#include "base/arena.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

struct payee {
    const char *agency;
    struct payee_account account; // iban "": none
};

struct served {
    const char *instance;
    const char *agency;
    size_t payee;
};

struct payees {
    struct arena arena;
    struct payee_account debtor;
    struct payee *all;
    struct served *served;
    size_t count, served_count;
};

// ---- account numbers ----

bool iban_valid(struct str iban)
{
    enum { SHORTEST = 15, LONGEST = 34, EMIRATES = 23 };
    if (iban.size < SHORTEST || iban.size > LONGEST)
        return false;
    if (str_starts(iban, STR("AE")) && iban.size != EMIRATES)
        return false;
    int rest = 0;
    for (size_t i = 0; i < iban.size; i++) {
        // The country and the check digits stand in front and are counted last.
        char c = iban.data[(i + 4) % iban.size];
        bool letter = c >= 'A' && c <= 'Z', digit = c >= '0' && c <= '9';
        size_t place = (i + 4) % iban.size;
        if ((!letter && !digit) || (place < 2 && !letter) || ((place == 2 || place == 3) && !digit))
            return false;
        rest = (letter ? rest * 100 + (c - 'A' + 10) : rest * 10 + (c - '0')) % 97;
    }
    return rest == 1;
}

static bool bic_valid(const char *bic)
{
    size_t size = strlen(bic);
    for (size_t i = 0; i < size; i++) {
        bool letter = bic[i] >= 'A' && bic[i] <= 'Z', digit = bic[i] >= '0' && bic[i] <= '9';
        if (!letter && (!digit || i < 6))
            return false;
    }
    // ISO 9362 as pain.001 takes it: the seventh is no 0 or 1, the eighth no O.
    return (size == 8 || size == 11) && bic[6] != '0' && bic[6] != '1' && bic[7] != 'O';
}

// A bank reads it: no control characters, and characters are what its length counts.
static bool name_valid(const char *name)
{
    size_t characters = 0;
    for (const char *c = name; *c; c++) {
        characters += ((unsigned char)*c & 0xC0) != 0x80;
        if ((unsigned char)*c < ' ' || *c == 0x7F)
            return false;
    }
    return characters > 0 && characters < PAYEE_NAME;
}

static int check_account(const struct payee_account *account, const char *place, const char *prefix,
                         struct err *err)
{
    if (!iban_valid(str_from(account->iban)))
        return err_set(err, ERR_INVALID,
                       "%s.%siban: \"%s\" is not an IBAN with right check digits, without blanks",
                       place, prefix, account->iban);
    if (account->bic[0] && !bic_valid(account->bic))
        return err_set(err, ERR_INVALID, "%s.%sbic: \"%s\" is not a BIC of 8 or 11 characters",
                       place, prefix, account->bic);
    if (!name_valid(account->name))
        return err_set(err, ERR_INVALID,
                       "%s.%sname must be the account holder's name, 1 to %d characters", place,
                       prefix[0] ? prefix : "legal_", PAYEE_NAME - 1);
    return 0;
}

// ---- reading the configuration ----

static int read_text(struct payees *payees, const json_t *agency, const char *name,
                     const char **out, struct err *err)
{
    const json_t *value = json_object_get(agency, name);
    *out = "";
    if (value && !json_is_string(value))
        return err_set(err, ERR_INVALID, "%s must be a string", name);
    if (value)
        *out = arena_string(&payees->arena, str_from(json_string_value(value)));
    return 0;
}

static const struct served *find_served(const struct payees *payees, struct str instance)
{
    for (size_t i = 0; i < payees->served_count; i++)
        if (str_is(instance, payees->served[i].instance))
            return &payees->served[i];
    return NULL;
}

static int add_instances(struct payees *payees, const char *agency, const json_t *list,
                         struct err *err)
{
    size_t index;
    json_t *name;
    if (list && !json_is_array(list))
        return err_set(err, ERR_INVALID, "instances must be a list of instances' names");
    json_array_foreach((json_t *)list, index, name)
    {
        struct str instance = str_from(json_is_string(name) ? json_string_value(name) : "");
        const struct served *known = find_served(payees, instance);
        if (!instance.size || instance.size > 64)
            return err_set(err, ERR_INVALID, "instances[%zu] must be an instance's name", index);
        if (known)
            return err_set(err, ERR_INVALID, "instances[%zu]: %s is there already, for %s", index,
                           known->instance, known->agency);
        payees->served =
            mem_resize(payees->served, (payees->served_count + 1) * sizeof *payees->served);
        payees->served[payees->served_count++] =
            (struct served){arena_string(&payees->arena, instance), agency, payees->count};
    }
    return 0;
}

static int add_agency(struct payees *payees, const char *id, const json_t *agency, struct err *err)
{
    struct payee payee = {.agency = arena_string(&payees->arena, str_from(id))};
    struct payee_account *account = &payee.account;
    char place[64];
    int rc = read_text(payees, agency, "legal_name", &account->name, err);
    if (rc == 0)
        rc = read_text(payees, agency, "iban", &account->iban, err);
    if (rc == 0)
        rc = read_text(payees, agency, "bic", &account->bic, err);
    if (rc == 0)
        rc = add_instances(payees, payee.agency, json_object_get(agency, "instances"), err);
    snprintf(place, sizeof place, "agencies.%s", id);
    if (rc < 0)
        return err_prefix(err, "%s", place);
    if (account->iban[0] || account->bic[0] || account->name[0])
        rc = check_account(account, place, "", err);
    payees->all = mem_resize(payees->all, (payees->count + 1) * sizeof *payees->all);
    payees->all[payees->count++] = payee;
    return rc;
}

static int keep_debtor(struct payees *payees, const struct payee_account *debtor, struct err *err)
{
    payees->debtor = (struct payee_account){arena_string(&payees->arena, str_from(debtor->name)),
                                            arena_string(&payees->arena, str_from(debtor->iban)),
                                            arena_string(&payees->arena, str_from(debtor->bic))};
    bool any = debtor->name[0] || debtor->iban[0] || debtor->bic[0];
    return any ? check_account(debtor, "settlement", "debtor_", err) : 0;
}

int payees_create(struct payees **out, const json_t *agencies, const struct payee_account *debtor,
                  struct err *err)
{
    const char *id;
    json_t *agency;
    struct payees *payees = mem_zero(1, sizeof *payees);
    int rc = keep_debtor(payees, debtor, err);
    json_object_foreach((json_t *)agencies, id, agency)
    {
        if (rc == 0)
            rc = add_agency(payees, id, agency, err);
    }
    if (rc == 0)
        *out = payees;
    else
        payees_destroy(payees);
    return rc;
}

void payees_destroy(struct payees *payees)
{
    if (!payees)
        return;
    free(payees->all);
    free(payees->served);
    arena_finish(&payees->arena);
    free(payees);
}

// ---- asking ----

const struct payee_account *payees_debtor(const struct payees *payees)
{
    return payees && payees->debtor.iban[0] ? &payees->debtor : NULL;
}

const struct payee_account *payees_find(const struct payees *payees, struct str instance,
                                        const char **agency)
{
    const struct served *served = find_served(payees, instance);
    *agency = served ? served->agency : "";
    const struct payee *payee = served ? &payees->all[served->payee] : NULL;
    return payee && payee->account.iban[0] ? &payee->account : NULL;
}
