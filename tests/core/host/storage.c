// SPDX-License-Identifier: Apache-2.0
#include "host/storage.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct shelf {
    struct store *store;
    struct arena arena;
    char folder[64];
    int64_t now_ms;
    struct str value;
};

static void shelf_open(struct shelf *shelf)
{
    char path[96];
    struct err err;
    *shelf = (struct shelf){.now_ms = 1000000};
    strcpy(shelf->folder, "/tmp/medina-storage-XXXXXX");
    cr_assert(mkdtemp(shelf->folder));
    snprintf(path, sizeof path, "%s/medina.db", shelf->folder);
    struct store_config config = {.path = path, .started_ms = 1};
    cr_assert_eq(store_create(&shelf->store, &config, &err), 0, "%s", err.message);
}

static void shelf_close(struct shelf *shelf)
{
    char command[96];
    store_destroy(shelf->store);
    arena_finish(&shelf->arena);
    snprintf(command, sizeof command, "rm -r %s", shelf->folder);
    cr_assert_eq(system(command), 0);
}

static int ask(struct shelf *shelf, const char *instance, struct wire_kv kv)
{
    struct err err;
    struct storage_request request = {instance, &kv, 100, shelf->now_ms};
    int rc = storage_serve(shelf->store, &request, &shelf->arena, &shelf->value, &err);
    cr_assert_geq(rc, 0, "%s", err.message);
    return rc;
}

#define GET(name) ((struct wire_kv){.verb = WIRE_KV_GET, .key = STR(name)})
#define PUT(name, text)                                                                            \
    ((struct wire_kv){.verb = WIRE_KV_PUT, .key = STR(name), .value = STR(text)})
#define DELETE(name) ((struct wire_kv){.verb = WIRE_KV_DELETE, .key = STR(name)})
#define SWAP(name, before, after)                                                                  \
    ((struct wire_kv){.verb = WIRE_KV_COMPARE_AND_SET,                                             \
                      .key = STR(name),                                                            \
                      .expected = STR(before),                                                     \
                      .value = STR(after)})

Test(storage, what_one_instance_puts_no_other_sees)
{
    struct shelf shelf;
    shelf_open(&shelf);
    cr_assert_eq(ask(&shelf, "water", GET("a")), WIRE_NOT_FOUND);
    cr_assert_eq(ask(&shelf, "water", PUT("a", "1")), WIRE_OK);
    cr_assert_eq(ask(&shelf, "water", GET("a")), WIRE_OK);
    cr_assert(str_is(shelf.value, "1"));
    cr_assert_eq(ask(&shelf, "toll", GET("a")), WIRE_NOT_FOUND);
    cr_assert_eq(ask(&shelf, "toll", DELETE("a")), WIRE_NOT_FOUND);
    cr_assert_eq(ask(&shelf, "water", DELETE("a")), WIRE_OK);
    cr_assert_eq(ask(&shelf, "water", GET("a")), WIRE_NOT_FOUND);
    cr_assert_eq(ask(&shelf, "water", PUT("فاتورة", "1")), WIRE_OK);
    cr_assert_eq(ask(&shelf, "water", DELETE("فاتورة")), WIRE_OK);
    shelf_close(&shelf);
}

Test(storage, a_compare_and_set_changes_only_what_it_expects)
{
    struct shelf shelf;
    shelf_open(&shelf);
    cr_assert_eq(ask(&shelf, "water", SWAP("a", "1", "2")), WIRE_CONFLICT);
    cr_assert_eq(ask(&shelf, "water", SWAP("a", "", "1")), WIRE_OK);
    cr_assert_eq(ask(&shelf, "water", SWAP("a", "", "9")), WIRE_CONFLICT);
    cr_assert_eq(ask(&shelf, "water", SWAP("a", "1", "2")), WIRE_OK);
    ask(&shelf, "water", GET("a"));
    cr_assert(str_is(shelf.value, "2"));
    shelf_close(&shelf);
}

Test(storage, a_value_is_gone_when_its_time_is_over)
{
    struct shelf shelf;
    struct wire_kv kv = PUT("a", "1");
    kv.ttl_ms = 500;
    shelf_open(&shelf);
    cr_assert_eq(ask(&shelf, "water", kv), WIRE_OK);
    shelf.now_ms += 499;
    cr_assert_eq(ask(&shelf, "water", GET("a")), WIRE_OK);
    shelf.now_ms += 1;
    cr_assert_eq(ask(&shelf, "water", GET("a")), WIRE_NOT_FOUND);
    shelf_close(&shelf);
}

Test(storage, an_instance_holds_no_more_than_its_quota)
{
    struct shelf shelf;
    struct wire_kv kv = PUT("a", "");
    char bytes[90] = {0};
    kv.value = (struct str){bytes, sizeof bytes};
    kv.ttl_ms = 500;
    shelf_open(&shelf);
    cr_assert_eq(ask(&shelf, "water", kv), WIRE_OK);
    cr_assert_eq(ask(&shelf, "water", PUT("b", "0123456789")), WIRE_LIMITED);
    cr_assert_eq(ask(&shelf, "water", GET("b")), WIRE_NOT_FOUND);
    cr_assert_eq(ask(&shelf, "toll", PUT("b", "0123456789")), WIRE_OK, "each has its own");
    // What has expired makes room.
    shelf.now_ms += 500;
    cr_assert_eq(ask(&shelf, "water", PUT("b", "0123456789")), WIRE_OK);
    // So does what is replaced by less, and what is deleted.
    kv.ttl_ms = 0;
    kv.value.size = 80;
    cr_assert_eq(ask(&shelf, "water", kv), WIRE_OK);
    cr_assert_eq(ask(&shelf, "water", PUT("c", "0123456789")), WIRE_LIMITED);
    cr_assert_eq(ask(&shelf, "water", DELETE("a")), WIRE_OK);
    cr_assert_eq(ask(&shelf, "water", PUT("c", "0123456789")), WIRE_OK);
    shelf_close(&shelf);
}

Test(storage, names_and_values_over_the_limits_are_refused)
{
    struct shelf shelf;
    static char large[STORAGE_VALUE + 1];
    struct wire_kv kv = PUT("a", "");
    shelf_open(&shelf);
    cr_assert_eq(ask(&shelf, "water", PUT("", "1")), WIRE_LIMITED);
    cr_assert_eq(ask(&shelf, "water", PUT("\xFF", "1")), WIRE_LIMITED);
    kv.value = (struct str){large, sizeof large};
    cr_assert_eq(ask(&shelf, "water", kv), WIRE_LIMITED);
    shelf_close(&shelf);
}
