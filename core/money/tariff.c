// SPDX-License-Identifier: Apache-2.0
#include "money/tariff.h"

#include "base/json.h"
#include "base/mem.h"
#include "money/ledger.h"

#include <stdlib.h>

enum { BASIS = 10000 }; // basis points of a whole

struct tariff {
    json_t *document; // checked
};

static int check_number(const json_t *rule, const char *name, int64_t most, struct err *err)
{
    const json_t *value = json_object_get(rule, name);
    if (!value || (json_is_integer(value) && json_integer_value(value) >= 0 &&
                   json_integer_value(value) <= most))
        return 0;
    return err_set(err, ERR_INVALID, "%s must be a whole number from 0 to %lld", name,
                   (long long)most);
}

static int check_rule(const json_t *rule, struct err *err)
{
    const char *name;
    json_t *value;
    if (!json_is_object(rule))
        return err_set(err, ERR_INVALID, "a fee is an object with \"fixed\" and \"basis_points\"");
    json_object_foreach((json_t *)rule, name, value)
    {
        if (strcmp(name, "fixed") != 0 && strcmp(name, "basis_points") != 0)
            return err_set(err, ERR_INVALID,
                           "%s is not known; a fee has \"fixed\" and \"basis_points\"", name);
    }
    int status = check_number(rule, "fixed", LEDGER_AMOUNT_MAX / 2, err);
    return status < 0 ? status : check_number(rule, "basis_points", BASIS, err);
}

int tariff_create(struct tariff **out, const json_t *document, struct err *err)
{
    const char *instance, *provider;
    json_t *rules, *rule;
    json_object_foreach((json_t *)document, instance, rules)
    {
        if (!json_is_object(rules))
            return err_set(err, ERR_INVALID, "tariff.%s must be an object", instance);
        json_object_foreach(rules, provider, rule)
        {
            int status = check_rule(rule, err);
            if (status < 0)
                return err_prefix(err, "tariff.%s.%s", instance, provider);
        }
    }
    struct tariff *tariff = mem_zero(1, sizeof *tariff);
    tariff->document = json_deep_copy(document);
    *out = tariff;
    return 0;
}

void tariff_destroy(struct tariff *tariff)
{
    if (!tariff)
        return;
    json_decref(tariff->document);
    free(tariff);
}

static const json_t *find(const struct tariff *tariff, struct str instance, const char *provider)
{
    const json_t *own = json_object_getn(tariff->document, instance.data, instance.size);
    const json_t *rules[] = {own, json_object_get(tariff->document, "*")};
    for (size_t i = 0; i < 2; i++) {
        const json_t *rule = json_object_get(rules[i], provider);
        if (!rule)
            rule = json_object_get(rules[i], "*");
        if (rule)
            return rule;
    }
    return NULL;
}

int64_t tariff_fee(const struct tariff *tariff, struct str instance, const char *provider,
                   int64_t amount)
{
    const json_t *rule = find(tariff, instance, provider);
    int64_t points = json_get_integer(rule, "basis_points", 0);
    return json_get_integer(rule, "fixed", 0) + (amount * points + BASIS / 2) / BASIS;
}
