// SPDX-License-Identifier: Apache-2.0
#include "host/trust.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

struct trusted_key {
    struct signature_key key;
    char agency[TRUST_AGENCY];
};

struct trust {
    struct trusted_key *keys;
    size_t count;
    bool allow_unsigned;
};

// ---- reading the configuration ----

static bool agency_is_named_well(const char *name)
{
    size_t size = strlen(name);
    bool good = size > 0 && size < TRUST_AGENCY && name[0] >= 'a' && name[0] <= 'z';
    for (size_t i = 0; i < size && good; i++)
        good = (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') ||
               name[i] == '-';
    return good;
}

static const struct trusted_key *find_key(const struct trust *trust, const uint8_t *id)
{
    for (size_t i = 0; i < trust->count; i++)
        if (memcmp(trust->keys[i].key.id, id, SIGNATURE_KEY_ID) == 0)
            return &trust->keys[i];
    return NULL;
}

static int add_key(struct trust *trust, const char *agency, const json_t *line, struct err *err)
{
    struct trusted_key fresh;
    char name[SIGNATURE_NAME];
    if (!json_is_string(line))
        return err_set(err, ERR_INVALID, "must be a string, the second line of a .pub file");
    int rc = signature_key_read(&fresh.key, str_from(json_string_value(line)), err);
    if (rc < 0)
        return rc;
    const struct trusted_key *known = find_key(trust, fresh.key.id);
    if (known) {
        signature_key_name(fresh.key.id, name);
        return err_set(err, ERR_INVALID,
                       "the key %s is there already, for %s; a key is one agency's and listed once",
                       name, known->agency);
    }
    snprintf(fresh.agency, sizeof fresh.agency, "%s", agency);
    trust->keys = mem_resize(trust->keys, (trust->count + 1) * sizeof *trust->keys);
    trust->keys[trust->count++] = fresh;
    return 0;
}

static int add_keys(struct trust *trust, const char *agency, const json_t *keys, struct err *err)
{
    size_t index;
    json_t *line;
    if (json_array_size(keys) == 0 || json_array_size(keys) > TRUST_KEYS)
        return err_set(err, ERR_INVALID,
                       "agencies.%s.keys must be a list of 1 to %d public keys (\"RW…\")", agency,
                       TRUST_KEYS);
    json_array_foreach((json_t *)keys, index, line)
    {
        if (add_key(trust, agency, line, err) < 0)
            return err_prefix(err, "agencies.%s.keys[%zu]", agency, index);
    }
    return 0;
}

// What money reads of an agency (money/payee.h) stands beside its keys.
static bool is_known(const char *member)
{
    static const char *const members[] = {"keys", "instances", "legal_name", "iban", "bic"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (strcmp(member, members[i]) == 0)
            return true;
    return false;
}

static int add_agency(struct trust *trust, const char *name, const json_t *agency, struct err *err)
{
    const char *member;
    json_t *value;
    if (!agency_is_named_well(name))
        return err_set(err, ERR_INVALID,
                       "agencies: \"%s\" is not an agency's id: lower-case letters, digits and "
                       "dashes, at most %d, a letter first",
                       name, TRUST_AGENCY - 1);
    if (!json_is_object(agency))
        return err_set(err, ERR_INVALID, "agencies.%s must be an object {\"keys\": […]}", name);
    json_object_foreach((json_t *)agency, member, value)
    {
        if (!is_known(member))
            return err_set(err, ERR_INVALID,
                           "agencies.%s.%s is not known; an agency has \"keys\", \"instances\", "
                           "\"legal_name\", \"iban\" and \"bic\"",
                           name, member);
    }
    // An agency that is only paid signs nothing.
    if (!json_object_get(agency, "keys") && json_object_get(agency, "iban"))
        return 0;
    return add_keys(trust, name, json_object_get(agency, "keys"), err);
}

int trust_create(struct trust **out, const json_t *agencies, bool allow_unsigned, struct err *err)
{
    const char *name;
    json_t *agency;
    struct trust *trust = mem_zero(1, sizeof *trust);
    trust->allow_unsigned = allow_unsigned;
    json_object_foreach((json_t *)agencies, name, agency)
    {
        int rc = add_agency(trust, name, agency, err);
        if (rc == 0)
            continue;
        trust_destroy(trust);
        return rc;
    }
    *out = trust;
    return 0;
}

void trust_destroy(struct trust *trust)
{
    if (!trust)
        return;
    free(trust->keys);
    free(trust);
}

// ---- deciding ----

static int judge_unsigned(const struct trust *trust, const struct trust_claim *claim,
                          struct err *err)
{
    if (trust->allow_unsigned && claim->allow_unsigned)
        return 0;
    if (claim->allow_unsigned)
        return err_set(err, ERR_DENIED,
                       "the file has no signature, and this host takes none without: "
                       "plugins.allow_unsigned is false in its configuration, as it should be "
                       "where citizens are served; have the agency sign the file");
    return err_set(err, ERR_DENIED,
                   "the file has no signature: sign it (minisign -S -m FILE) and keep FILE.minisig "
                   "beside it, or name the signature with --signature%s",
                   trust->allow_unsigned ? "; this host also takes --allow-unsigned" : "");
}

int trust_verify(const struct trust *trust, const struct trust_claim *claim,
                 struct trust_origin *origin, struct err *err)
{
    struct signature signature;
    *origin = (struct trust_origin){0};
    if (!claim->signature.data)
        return judge_unsigned(trust, claim, err);
    int rc = signature_read(&signature, claim->signature, err);
    if (rc < 0)
        return rc;
    signature_key_name(signature.key_id, origin->key);
    const struct trusted_key *trusted = find_key(trust, signature.key_id);
    if (!trusted)
        return err_set(err, ERR_DENIED,
                       "it is signed by the key %s, which is no agency's in the configuration; if "
                       "the key is an agency's, add it to agencies.<agency>.keys",
                       origin->key);
    rc = signature_verify(&signature, &trusted->key, claim->bytes, err);
    if (rc < 0)
        return rc;
    origin->is_signed = true;
    snprintf(origin->agency, sizeof origin->agency, "%s", trusted->agency);
    snprintf(origin->comment, sizeof origin->comment, "%s", signature.comment);
    return 0;
}
