// SPDX-License-Identifier: Apache-2.0
#include "host/bundle.h"

#include "base/crypto.h"
#include "base/json.h"
#include "base/mem.h"
#include "host/elf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

// The build puts a NUL after each embedded file.
static int embedded(const struct bundle *bundle, const char *section, struct str *text,
                    struct err *err)
{
    int rc = elf_section(bundle->bytes, section, text, err);
    if (rc == 0 && text->size)
        text->size--;
    return rc;
}

static int read_strings(const struct bundle *bundle, const char *section, json_t **out,
                        struct err *err)
{
    struct str text;
    int rc = embedded(bundle, section, &text, err);
    if (rc < 0)
        return rc;
    *out = json_parse(text, err);
    return *out ? 0 : err_prefix(err, "%s", section);
}

static int read_sections(struct bundle *bundle, struct err *err)
{
    struct str text;
    int rc = embedded(bundle, "medina.manifest", &text, err);
    if (rc == ERR_NOT_FOUND)
        return err_set(err, ERR_INVALID,
                       "this is no Medina plugin: it has no section medina.manifest (build it with "
                       "medina_plugin() of sdk/MedinaPlugin.cmake)");
    if (rc == 0 && (rc = manifest_parse(&bundle->manifest, text, err)) < 0)
        return err_prefix(err, "manifest");
    if (rc == 0)
        rc = read_strings(bundle, "medina.strings.en", &bundle->strings_en, err);
    if (rc == 0)
        rc = read_strings(bundle, "medina.strings.ar", &bundle->strings_ar, err);
    return rc;
}

static int check_agency(const struct bundle *bundle, struct err *err)
{
    const struct trust_origin *origin = &bundle->origin;
    const char *claimed = bundle->manifest->agency_id;
    if (!origin->is_signed || strcmp(claimed, origin->agency) == 0)
        return 0;
    return err_set(err, ERR_DENIED,
                   "it is signed by %s (key %s), but its manifest says that it is a plugin of %s: "
                   "an agency releases its own plugins only",
                   origin->agency, origin->key, claimed);
}

// ---- the steps ----

struct bundle *bundle_create(struct str bytes)
{
    struct bundle *bundle = mem_zero(1, sizeof *bundle);
    bundle->references = 1;
    bundle->bytes = (struct str){mem_copy(bytes.data, bytes.size), bytes.size};
    bundle->signature = mem_string("");
    struct crypto_hash hash = crypto_sha256(bundle->bytes);
    struct buf hex = {0};
    crypto_hex(hash.bytes, sizeof hash.bytes, &hex);
    memcpy(bundle->hash, hex.data, sizeof bundle->hash);
    buf_finish(&hex);
    return bundle;
}

int bundle_verify(struct bundle *bundle, const struct trust_claim *claim, const struct trust *trust,
                  struct err *err)
{
    struct trust_claim copied = {bundle->bytes, claim->signature, claim->allow_unsigned};
    free(bundle->signature);
    bundle->signature = mem_copy(claim->signature.data, claim->signature.size);
    return trust_verify(trust, &copied, &bundle->origin, err);
}

int bundle_read_manifest(struct bundle *bundle, struct err *err)
{
    int rc = read_sections(bundle, err);
    return rc < 0 ? rc : check_agency(bundle, err);
}

int bundle_check_code(const struct bundle *bundle, struct err *err)
{
    return elf_check_code(bundle->bytes, err);
}

int bundle_read(struct bundle **out, const struct trust_claim *claim, const struct trust *trust,
                struct err *err)
{
    struct bundle *bundle = bundle_create(claim->bytes);
    int rc = bundle_verify(bundle, claim, trust, err);
    if (rc == 0)
        rc = bundle_read_manifest(bundle, err);
    if (rc == 0)
        rc = bundle_check_code(bundle, err);
    if (rc < 0) {
        bundle_release(bundle);
        return rc;
    }
    *out = bundle;
    return 0;
}

// The hash says that these are the bytes that were verified when they were loaded, so their
// manifest may be read for showing even when the key is trusted no longer.
int bundle_read_kept(struct bundle **out, const struct trust_claim *claim, const char *hash,
                     const struct trust *trust, struct err *err)
{
    struct err why = {0};
    struct bundle *bundle = bundle_create(claim->bytes);
    int trusted = bundle_verify(bundle, claim, trust, &why);
    int rc = 0;
    if (strcmp(bundle->hash, hash) != 0)
        rc = err_set(err, ERR_INVALID, "the kept file %.12s was changed in the store", hash);
    if (rc == 0)
        rc = read_sections(bundle, err);
    if (rc < 0) {
        bundle_release(bundle);
        return rc;
    }
    if (trusted == 0 && check_agency(bundle, &why) == 0)
        bundle_check_code(bundle, &why);
    memcpy(bundle->distrust, why.message, sizeof bundle->distrust);
    *out = bundle;
    return 0;
}

struct bundle *bundle_hold(struct bundle *bundle)
{
    atomic_fetch_add(&bundle->references, 1);
    return bundle;
}

void bundle_release(struct bundle *bundle)
{
    if (!bundle || atomic_fetch_sub(&bundle->references, 1) != 1)
        return;
    manifest_destroy(bundle->manifest);
    json_decref(bundle->strings_en);
    json_decref(bundle->strings_ar);
    free((void *)bundle->bytes.data);
    free(bundle->signature);
    free(bundle);
}

int bundle_memfd(const struct bundle *bundle, int *fd, struct err *err)
{
    int memory = memfd_create(bundle->manifest->plugin, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    size_t at = 0;
    while (memory >= 0 && at < bundle->bytes.size) {
        ssize_t put = write(memory, bundle->bytes.data + at, bundle->bytes.size - at);
        if (put <= 0)
            break;
        at += (size_t)put;
    }
    if (memory < 0 || at < bundle->bytes.size ||
        fcntl(memory, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0) {
        int rc = err_set(err, ERR_IO, "cannot copy the plugin into memory: %s", strerror(errno));
        if (memory >= 0)
            close(memory);
        return rc;
    }
    *fd = memory;
    return 0;
}
