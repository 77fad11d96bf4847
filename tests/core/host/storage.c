// SPDX-License-Identifier: Apache-2.0
#include "host/storage.h"

#include "base/buf.h"

#include <criterion/criterion.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct shelf {
    struct store *store;
    struct arena arena;
    char folder[64];
    int64_t now_ms;
    uint64_t quota;
    struct str value;
};

static void shelf_open(struct shelf *shelf)
{
    char path[96];
    struct err err;
    *shelf = (struct shelf){.now_ms = 1000000, .quota = 100};
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
    struct storage_request request = {instance, &kv, shelf->quota, shelf->now_ms};
    int rc = storage_serve(shelf->store, &request, &shelf->arena, &shelf->value, &err);
    cr_assert_geq(rc, 0, "%s", err.message);
    return rc;
}

#define GET(name) ((struct wire_kv){.verb = WIRE_KV_GET, .key = STR(name)})
#define SCAN(prefix, from, most)                                                                   \
    ((struct wire_kv){                                                                             \
        .verb = WIRE_KV_SCAN, .key = STR(prefix), .value = STR(from), .limit = (most)})
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

// ---- scanning ----

static uint32_t number_at(struct str piece, size_t at)
{
    uint32_t number;
    cr_assert_leq(at + sizeof number, piece.size);
    memcpy(&number, piece.data + at, sizeof number);
    return le32toh(number);
}

// "a=1 b=2 +" for the piece that was answered; "+" when more pairs follow.
static const char *piece(struct shelf *shelf, struct wire_kv kv)
{
    struct buf text = {0};
    cr_assert_eq(ask(shelf, "water", kv), WIRE_OK);
    size_t at = 4;
    while (at < shelf->value.size) {
        uint32_t name = number_at(shelf->value, at), value = number_at(shelf->value, at + 4);
        cr_assert_leq(at + 8 + name + value, shelf->value.size);
        buf_append(&text, shelf->value.data + at + 8, name);
        buf_append_char(&text, '=');
        buf_append(&text, shelf->value.data + at + 8 + name, value);
        buf_append_char(&text, ' ');
        at += 8 + name + value;
    }
    cr_assert_eq(at, shelf->value.size);
    if (number_at(shelf->value, 0))
        buf_append_char(&text, '+');
    const char *kept = arena_string(&shelf->arena, buf_str(&text));
    buf_finish(&text);
    return kept;
}

Test(storage, a_scan_gives_the_pairs_of_a_prefix_in_order_and_in_pieces)
{
    struct shelf shelf;
    shelf_open(&shelf);
    cr_expect_str_eq(piece(&shelf, SCAN("", "", 0)), "");
    static const char *const names[] = {"b", "a", "ab", "a\xD8\xA8", "a~", "c", "a\x7F"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct wire_kv kv = PUT("", "1");
        kv.key = str_from(names[i]);
        cr_assert_eq(ask(&shelf, "water", kv), WIRE_OK);
    }
    cr_assert_eq(ask(&shelf, "toll", PUT("aa", "9")), WIRE_OK);
    cr_expect_str_eq(piece(&shelf, SCAN("", "", 0)), "a=1 ab=1 a~=1 a\x7F=1 a\xD8\xA8=1 b=1 c=1 ");
    cr_expect_str_eq(piece(&shelf, SCAN("a", "", 0)), "a=1 ab=1 a~=1 a\x7F=1 a\xD8\xA8=1 ");
    cr_expect_str_eq(piece(&shelf, SCAN("a", "", 2)), "a=1 ab=1 +");
    cr_expect_str_eq(piece(&shelf, SCAN("a", "ab", 2)), "a~=1 a\x7F=1 +");
    cr_expect_str_eq(piece(&shelf, SCAN("a", "a\x7F", 2)), "a\xD8\xA8=1 ");
    cr_expect_str_eq(piece(&shelf, SCAN("a", "a\xD8\xA8", 2)), "");
    cr_expect_str_eq(piece(&shelf, SCAN("a", "0", 1)), "a=1 +");
    cr_expect_str_eq(piece(&shelf, SCAN("a", "b", 1)), "");
    cr_expect_str_eq(piece(&shelf, SCAN("ab", "a", 5)), "ab=1 ");
    cr_expect_str_eq(piece(&shelf, SCAN("a\x7F", "", 5)), "a\x7F=1 ");
    cr_expect_str_eq(piece(&shelf, SCAN("a\xD8", "", 5)), "a\xD8\xA8=1 ");
    cr_expect_str_eq(piece(&shelf, SCAN("d", "", 5)), "");
    cr_assert_eq(ask(&shelf, "water", SCAN("a\xFF", "", 5)), WIRE_LIMITED);
    shelf_close(&shelf);
}

Test(storage, a_scan_skips_what_has_expired_and_ends_a_piece_at_its_limits)
{
    struct shelf shelf;
    static char large[STORAGE_VALUE];
    shelf_open(&shelf);
    for (int i = 0; i < STORAGE_SCAN_PAIRS + 3; i++) {
        char name[8];
        snprintf(name, sizeof name, "%04d", i);
        struct wire_kv kv = {.verb = WIRE_KV_PUT, .key = str_from(name), .value = STR("x")};
        kv.ttl_ms = i == 1 ? 500 : 0;
        shelf.quota = 10 * STORAGE_SCAN_BYTES;
        cr_assert_eq(ask(&shelf, "water", kv), WIRE_OK);
    }
    shelf.now_ms += 500;
    const char *first = piece(&shelf, SCAN("", "", 1000000));
    cr_expect_eq(strncmp(first, "0000=x 0002=x ", 14), 0, "%.30s", first);
    cr_expect_eq(strlen(first), STORAGE_SCAN_PAIRS * 7 + 1);
    cr_expect_str_eq(piece(&shelf, SCAN("", "0256", 0)), "0257=x 0258=x ");
    for (int i = 0; i < 5; i++) {
        char name[8];
        snprintf(name, sizeof name, "big%d", i);
        struct wire_kv kv = {.verb = WIRE_KV_PUT,
                             .key = str_from(name),
                             .value = {large, sizeof large - STORAGE_NAME}};
        cr_assert_eq(ask(&shelf, "water", kv), WIRE_OK);
    }
    cr_assert_eq(ask(&shelf, "water", SCAN("big", "", 0)), WIRE_OK);
    cr_expect_leq(shelf.value.size, STORAGE_SCAN_BYTES);
    cr_expect_eq(number_at(shelf.value, 0), 1);
    cr_assert_eq(ask(&shelf, "water", SCAN("big", "big3", 0)), WIRE_OK);
    cr_expect_eq(number_at(shelf.value, 0), 0);
    cr_expect_gt(shelf.value.size, STORAGE_VALUE / 2);
    shelf_close(&shelf);
}
