// SPDX-License-Identifier: Apache-2.0
#include "portal/asset.h"

#include "base/crypto.h"
#include "base/mem.h"
#include "http/coding.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_ASSETS = 200, MOST_BYTES = 8 * 1024 * 1024, PATH = 4096 };

enum form { PLAIN, GZIP, BROTLI, FORMS };

struct asset {
    char *path; // "/assets/style.0123.css"
    const char *type;
    bool immutable;
    char tag[24];            // entity tag
    struct str forms[FORMS]; // owned; data NULL: there is none
};

struct assets {
    struct asset items[MOST_ASSETS];
    size_t count;
};

static const char *type_of(const char *name)
{
    static const struct {
        const char *ending, *type;
    } types[] = {{".css", "text/css; charset=utf-8"},
                 {".js", "text/javascript; charset=utf-8"},
                 {".svg", "image/svg+xml"},
                 {".woff2", "font/woff2"},
                 {".png", "image/png"},
                 {".webmanifest", "application/manifest+json"}};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].ending, dot) == 0)
            return types[i].type;
    return NULL;
}

static struct str read_file(const char *path)
{
    struct stat status;
    struct str bytes = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return bytes;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size < MOST_BYTES) {
        char *data = mem_alloc((size_t)status.st_size + 1);
        ssize_t size = read(fd, data, (size_t)status.st_size);
        bytes = (struct str){data, size > 0 ? (size_t)size : 0};
    }
    close(fd);
    return bytes;
}

// Where the files of a folder are found.
struct shelf {
    const char *folder; // below build/web
    const char *path;
    bool immutable;
};

// Weak (RFC 9110 section 8.8.1): it stands for all forms of the content.
static void set_tag(struct asset *asset)
{
    enum { KEPT = 12 };
    struct crypto_hash hash = crypto_sha256(asset->forms[PLAIN]);
    struct buf text = {0};
    crypto_base64url(hash.bytes, KEPT, &text);
    snprintf(asset->tag, sizeof asset->tag, "W/\"%s\"", text.data);
    buf_finish(&text);
}

static void add(struct assets *assets, const char *folder, const char *name,
                const struct shelf *shelf)
{
    static const char *const endings[FORMS] = {"", ".gz", ".br"};
    char path[PATH];
    const char *type = type_of(name);
    if (!type || assets->count == MOST_ASSETS)
        return;
    struct asset *asset = &assets->items[assets->count];
    *asset = (struct asset){.type = type, .immutable = shelf->immutable};
    for (int form = 0; form < FORMS; form++) {
        snprintf(path, sizeof path, "%s/%s%s", folder, name, endings[form]);
        asset->forms[form] = read_file(path);
    }
    if (!asset->forms[PLAIN].data)
        return;
    snprintf(path, sizeof path, "%s%s", shelf->path, name);
    asset->path = mem_string(path);
    set_tag(asset);
    assets->count++;
}

static int add_folder(struct assets *assets, const char *web, const struct shelf *shelf,
                      struct err *err)
{
    char folder[PATH - 300];
    snprintf(folder, sizeof folder, "%s/%s", web, shelf->folder);
    DIR *directory = opendir(folder);
    if (!directory)
        return err_set(err, ERR_IO,
                       "cannot read %s: %s (paths.web is the folder that ./dev builds)", folder,
                       strerror(errno));
    for (struct dirent *entry; (entry = readdir(directory));)
        add(assets, folder, entry->d_name, shelf);
    closedir(directory);
    return 0;
}

int assets_load(struct assets **out, const char *web, struct err *err)
{
    struct assets *assets = mem_zero(1, sizeof *assets);
    static const struct shelf shelves[] = {{"assets", "/assets/", true},
                                           {"root", "/", false},
                                           {"root/en", "/en/", false},
                                           {"root/ar", "/ar/", false}};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof shelves / sizeof *shelves; i++)
        rc = add_folder(assets, web, &shelves[i], err);
    if (rc < 0) {
        assets_destroy(assets);
        return rc;
    }
    *out = assets;
    return 0;
}

void assets_destroy(struct assets *assets)
{
    for (size_t i = 0; assets && i < assets->count; i++) {
        free(assets->items[i].path);
        for (int form = 0; form < FORMS; form++)
            free((void *)assets->items[i].forms[form].data);
    }
    free(assets);
}

static enum form choose(const struct asset *asset, const struct http_request *request)
{
    if (asset->forms[BROTLI].data && http_accepts_coding(request, "br"))
        return BROTLI;
    return asset->forms[GZIP].data && http_accepts_coding(request, "gzip") ? GZIP : PLAIN;
}

bool assets_serve(const struct assets *assets, const struct http_request *request,
                  struct http_reply *reply)
{
    static const char *const codings[FORMS] = {NULL, "gzip", "br"};
    for (size_t i = 0; i < assets->count; i++) {
        const struct asset *asset = &assets->items[i];
        if (!str_is(request->path, asset->path))
            continue;
        enum form form = choose(asset, request);
        reply->borrowed_body = asset->forms[form];
        http_reply_field(reply, "content-type", str_from(asset->type));
        http_reply_field(reply, "vary", STR("Accept-Encoding"));
        http_reply_field(reply, "x-content-type-options", STR("nosniff"));
        http_reply_field(reply, "cache-control",
                         asset->immutable ? STR("public, max-age=31536000, immutable")
                                          : STR("no-cache"));
        http_reply_field(reply, "etag", str_from(asset->tag));
        if (str_is(http_request_field(request, "if-none-match"), asset->tag)) {
            reply->status = 304;
            reply->borrowed_body = STR("");
            return true;
        }
        if (codings[form])
            http_reply_field(reply, "content-encoding", str_from(codings[form]));
        return true;
    }
    return false;
}
