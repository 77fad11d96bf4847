// SPDX-License-Identifier: Apache-2.0
#include "host/instance_check.h"

#include "base/json.h"

enum { NAME_MOST = 40 };

static bool name_is_valid(const char *name)
{
    size_t size = strlen(name);
    if (size == 0 || size > NAME_MOST || name[0] < 'a' || name[0] > 'z')
        return false;
    for (size_t i = 0; i < size; i++)
        if (!((name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') ||
              name[i] == '-'))
            return false;
    return true;
}

// The gateway's own resources, and the portal's pages of the same kind, come first: an instance of
// that name would be half hidden.
static bool name_is_reserved(const char *name)
{
    static const char *const own[] = {"services", "sign-in",  "session",   "links",   "wallet",
                                      "payments", "provider", "receipts",  "verify",  "inbox",
                                      "files",    "cards",    "automatic", "search",  "agencies",
                                      "status",   "activity", "sessions",  "profile", "favourites",
                                      "account"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(name, own[i]) == 0)
            return true;
    return false;
}

int instance_check_name(const char *name, struct err *err)
{
    if (name_is_reserved(name))
        return err_set(err, ERR_INVALID,
                       "/v1/%s is the host's own; give the instance another name with --as", name);
    if (!name_is_valid(name))
        return err_set(err, ERR_INVALID,
                       "\"%s\" is not an instance name: lower-case letters, digits and dashes, "
                       "at most %d, a letter first",
                       name, NAME_MOST);
    return 0;
}

int instance_check_configuration(const struct manifest *manifest, const json_t *configuration,
                                 struct err *err)
{
    struct schema_faults faults = {0};
    if (!manifest->configuration) {
        if (json_object_size(configuration) == 0)
            return 0;
        return err_set(err, ERR_INVALID, "configuration: this plugin takes none");
    }
    if (schema_validate(manifest->configuration, configuration, &faults) == 0) {
        schema_faults_finish(&faults);
        return 0;
    }
    struct buf sentence = {0};
    if (faults.count)
        manifest_describe_fault(&faults.items[0], &sentence);
    schema_faults_finish(&faults);
    int rc = err_set(err, ERR_INVALID, "configuration%s",
                     sentence.data ? sentence.data : " is not valid");
    buf_finish(&sentence);
    return rc;
}
