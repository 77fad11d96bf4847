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
#include <sys/stat.h>
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

int bundle_read(struct bundle **out, struct str bytes, struct err *err)
{
    struct bundle *bundle = mem_zero(1, sizeof *bundle);
    bundle->references = 1;
    bundle->bytes = (struct str){mem_copy(bytes.data, bytes.size), bytes.size};
    struct crypto_hash hash = crypto_sha256(bytes);
    struct buf hex = {0};
    crypto_hex(hash.bytes, sizeof hash.bytes, &hex);
    memcpy(bundle->hash, hex.data, sizeof bundle->hash);
    buf_finish(&hex);
    int rc = read_sections(bundle, err);
    if (rc < 0) {
        bundle_release(bundle);
        return rc;
    }
    *out = bundle;
    return 0;
}

static int read_whole(int fd, const char *path, struct str *bytes, struct err *err)
{
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return err_set(err, ERR_INVALID, "%s is not a regular file", path);
    if (status.st_size > BUNDLE_BYTES)
        return err_set(err, ERR_LIMIT, "%s is over %d MB", path, BUNDLE_BYTES >> 20);
    size_t size = (size_t)status.st_size, at = 0;
    char *data = mem_alloc(size + 1);
    while (at < size) {
        ssize_t got = read(fd, data + at, size - at);
        if (got <= 0)
            break;
        at += (size_t)got;
    }
    *bytes = (struct str){data, at};
    return 0;
}

int bundle_read_file(struct bundle **out, const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "cannot open %s: %s", path,
                       strerror(errno));
    struct str bytes;
    int rc = read_whole(fd, path, &bytes, err);
    close(fd);
    if (rc < 0)
        return rc;
    rc = bundle_read(out, bytes, err);
    free((void *)bytes.data);
    return rc < 0 ? err_prefix(err, "%s", path) : 0;
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
