// SPDX-License-Identifier: Apache-2.0
#include "portal/asset.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static char folder[] = "/tmp/medina-assets-XXXXXX";
static struct assets *assets;

static void write_file(const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    cr_assert(file != NULL);
    fputs(text, file);
    fclose(file);
}

static void make_folder(const char *name)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    cr_assert(eq(int, mkdir(path, 0700), 0));
}

static void load(void)
{
    struct err err;
    cr_assert(mkdtemp(folder) != NULL);
    make_folder("assets");
    make_folder("root");
    make_folder("root/en");
    make_folder("root/ar");
    write_file("root/ar/app.webmanifest", "{}");
    write_file("assets/style.0123.css", "plain");
    write_file("assets/style.0123.css.gz", "zipped");
    write_file("assets/style.0123.css.br", "brotli");
    write_file("assets/mark.0123.svg", "mark");
    write_file("assets/notes.txt", "of no known type");
    write_file("root/worker.js", "worker");
    cr_assert(eq(int, assets_load(&assets, folder, &err), 0), "%s", err.message);
}

static void unload(void)
{
    char command[100];
    assets_destroy(assets);
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_expect(eq(int, system(command), 0));
}

TestSuite(asset, .init = load, .fini = unload);

static struct http_reply serve(const char *path, const char *accepted)
{
    struct http_field field = {STR("accept-encoding"), str_from(accepted ? accepted : "")};
    struct http_request request = {.method = STR("GET"),
                                   .path = str_from(path),
                                   .fields = &field,
                                   .field_count = accepted ? 1 : 0};
    struct http_reply reply = {.status = 200};
    cr_expect(assets_serve(assets, &request, &reply), "%s", path);
    return reply;
}

static void assert_body(const char *accepted, const char *body)
{
    struct http_reply reply = serve("/assets/style.0123.css", accepted);
    cr_expect(str_is(reply.borrowed_body, body), "%s", accepted ? accepted : "no field");
    buf_finish(&reply.fields);
}

Test(asset, a_browser_gets_the_smallest_form_it_takes)
{
    assert_body("gzip, deflate, br", "brotli");
    assert_body("gzip", "zipped");
    assert_body("GZIP;q=0.5", "zipped");
    assert_body("br;q=0, gzip", "zipped");
    assert_body("br;q=0.000, gzip ; q=0", "plain");
    assert_body("brotli, gzipped", "plain");
    assert_body("", "plain");
    assert_body(NULL, "plain");
}

static bool has_line(const struct http_reply *reply, const char *line)
{
    return reply->fields.data && strstr(reply->fields.data, line) != NULL;
}

Test(asset, names_with_a_hash_are_kept_for_ever_and_the_worker_is_asked_for_again)
{
    struct http_reply style = serve("/assets/style.0123.css", "br");
    cr_expect(has_line(&style, "cache-control: public, max-age=31536000, immutable\r\n"));
    cr_expect(has_line(&style, "content-encoding: br\r\n"));
    cr_expect(has_line(&style, "vary: Accept-Encoding\r\n"));
    cr_expect(has_line(&style, "x-content-type-options: nosniff\r\n"));
    struct http_reply worker = serve("/worker.js", "br");
    cr_expect(has_line(&worker, "cache-control: no-cache\r\n"));
    cr_expect(not(has_line(&worker, "content-encoding")));
    buf_finish(&style.fields);
    buf_finish(&worker.fields);
}

static struct http_reply ask_again(const char *path, const char *tag)
{
    struct http_field field = {STR("if-none-match"), str_from(tag)};
    struct http_request request = {.method = STR("GET"),
                                   .path = str_from(path),
                                   .fields = &field,
                                   .field_count = 1};
    struct http_reply reply = {.status = 200};
    cr_expect(assets_serve(assets, &request, &reply), "%s", path);
    return reply;
}

Test(asset, what_a_browser_has_is_not_sent_again)
{
    struct http_reply first = serve("/ar/app.webmanifest", NULL);
    cr_expect(has_line(&first, "content-type: application/manifest+json\r\n"));
    char *tag = strstr(first.fields.data, "etag: ") + strlen("etag: ");
    *strchr(tag, '\r') = '\0';
    struct http_reply same = ask_again("/ar/app.webmanifest", tag);
    cr_expect(eq(int, same.status, 304));
    cr_expect(same.borrowed_body.data && same.borrowed_body.size == 0);
    struct http_reply other = ask_again("/worker.js", tag);
    cr_expect(eq(int, other.status, 200));
    cr_expect(str_is(other.borrowed_body, "worker"));
    buf_finish(&first.fields);
    buf_finish(&same.fields);
    buf_finish(&other.fields);
}

Test(asset, nothing_else_of_the_disk_is_served)
{
    static const char *const paths[] = {"/assets/notes.txt", "/assets/style.0123.css.gz",
                                        "/assets/../root/worker.js", "/assets/", "/"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct http_request request = {.method = STR("GET"), .path = str_from(paths[i])};
        struct http_reply reply = {.status = 200};
        cr_expect(not(assets_serve(assets, &request, &reply)), "%s", paths[i]);
    }
}

Test(asset, a_folder_that_is_not_there_is_named)
{
    struct err err;
    struct assets *none;
    cr_expect(eq(int, assets_load(&none, "/nowhere", &err), ERR_IO));
    cr_expect(strstr(err.message, "/nowhere/assets") != NULL, "%s", err.message);
}
