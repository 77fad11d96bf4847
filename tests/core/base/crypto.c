// SPDX-License-Identifier: Apache-2.0
#include "base/crypto.h"

#include <criterion/criterion.h>

static void expect_hex(struct crypto_hash hash, const char *hex)
{
    struct buf text = {0};
    crypto_hex(hash.bytes, sizeof hash.bytes, &text);
    cr_assert_str_eq(text.data, hex);
    buf_finish(&text);
}

Test(crypto, sha256_and_hmac_agree_with_the_published_vectors)
{
    cr_assert_eq(crypto_start(NULL), 0);
    // FIPS 180-2, appendix B.1; RFC 4231, test case 2
    expect_hex(crypto_sha256(STR("abc")),
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    struct str parts[] = {STR("what do ya want "), STR("for nothing?")};
    expect_hex(crypto_hmac_sha256(STR("Jefe"), parts, 2),
               "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

Test(crypto, a_keyed_hash_tells_where_its_parts_end)
{
    struct crypto_key key = {{1, 2, 3}}, other = {{1, 2, 4}};
    struct str one[] = {STR("ab"), STR("c")}, two[] = {STR("a"), STR("bc")};
    struct crypto_hash a = crypto_keyed_hash(&key, one, 2), b = crypto_keyed_hash(&key, two, 2);
    struct crypto_hash c = crypto_keyed_hash(&other, one, 2);
    struct crypto_hash again = crypto_keyed_hash(&key, one, 2);
    cr_assert(crypto_equal(a.bytes, again.bytes, sizeof a.bytes));
    cr_assert_not(crypto_equal(a.bytes, b.bytes, sizeof a.bytes));
    cr_assert_not(crypto_equal(a.bytes, c.bytes, sizeof a.bytes));
}

Test(crypto, base64url_and_hex_refuse_what_they_would_not_write)
{
    uint8_t bytes[4] = {0xFB, 0xEF, 0xFF, 0x01}, back[4];
    struct buf text = {0};
    crypto_base64url(bytes, sizeof bytes, &text);
    cr_assert_str_eq(text.data, "--__AQ");
    cr_assert(crypto_base64url_decode(buf_str(&text), back, sizeof back));
    cr_assert_arr_eq(back, bytes, sizeof bytes);
    cr_assert_not(crypto_base64url_decode(STR("--__AR"), back, sizeof back)); // stray bits
    cr_assert_not(crypto_base64url_decode(STR("--__AQ=="), back, sizeof back));
    cr_assert_not(crypto_base64url_decode(STR("++//AQ"), back, sizeof back));
    cr_assert_not(crypto_base64url_decode(STR("--__AQAA"), back, sizeof back));
    char strange[] = "--__AQ";
    for (int i = 0; i < 256; i++) {
        strange[3] = (char)i;
        bool same = crypto_base64url_decode(str_from(strange), back, sizeof back) &&
                    memcmp(back, bytes, sizeof bytes) == 0;
        cr_assert_eq(same, i == '_', "byte %d", i);
    }
    cr_assert(crypto_base64_decode(STR("++//AQ=="), back, sizeof back));
    cr_assert_arr_eq(back, bytes, sizeof bytes);
    cr_assert_not(crypto_base64_decode(STR("++//AQ"), back, sizeof back));
    cr_assert_not(crypto_base64_decode(STR("++//AR=="), back, sizeof back));
    cr_assert(crypto_hex_decode(STR("FBefff01"), back, sizeof back));
    cr_assert_arr_eq(back, bytes, sizeof bytes);
    cr_assert_not(crypto_hex_decode(STR("FBefff0"), back, sizeof back));
    cr_assert_not(crypto_hex_decode(STR("FBefff0g"), back, sizeof back));
    buf_finish(&text);
}

Test(crypto, ed25519_and_blake2b_agree_with_the_published_vectors)
{
    cr_assert_eq(crypto_start(NULL), 0);
    // RFC 8032, section 7.1, test 2
    struct crypto_key key;
    uint8_t signature[CRYPTO_LONG_SIZE], hash[CRYPTO_LONG_SIZE], message = 0x72;
    cr_assert(
        crypto_hex_decode(STR("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"),
                          key.bytes, sizeof key.bytes));
    cr_assert(
        crypto_hex_decode(STR("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                              "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
                          signature, sizeof signature));
    struct str data = {(char *)&message, 1};
    cr_assert(crypto_ed25519_verify(signature, data, &key));
    message = 0x73;
    cr_assert_not(crypto_ed25519_verify(signature, data, &key));
    // RFC 7693, appendix A
    struct buf text = {0};
    crypto_blake2b_512(STR("abc"), hash);
    crypto_hex(hash, sizeof hash, &text);
    cr_assert_str_eq(text.data, "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
                                "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
    buf_finish(&text);
}

Test(crypto, random_numbers_below_a_bound_reach_every_value_and_none_above)
{
    bool seen[10] = {0};
    for (int i = 0; i < 2000; i++) {
        uint32_t value = crypto_random_below(10);
        cr_assert_lt(value, 10);
        seen[value] = true;
    }
    for (int i = 0; i < 10; i++)
        cr_assert(seen[i], "%d", i);
}

Test(crypto, what_was_sealed_opens_with_its_key_and_context_and_unchanged_only)
{
    struct crypto_key key = {{1}}, other = {{2}};
    struct buf sealed = {0};
    char plain[8] = "";
    crypto_seal(&key, STR("secret"), STR("here"), &sealed);
    cr_assert_eq(sealed.size, 6 + CRYPTO_SEAL);
    cr_assert(crypto_open(&key, buf_str(&sealed), STR("here"), plain));
    cr_assert_str_eq(plain, "secret");
    cr_assert_not(crypto_open(&other, buf_str(&sealed), STR("here"), plain));
    cr_assert_not(crypto_open(&key, buf_str(&sealed), STR("there"), plain));
    for (size_t i = 0; i < sealed.size; i++) {
        sealed.data[i] ^= 1;
        cr_assert_not(crypto_open(&key, buf_str(&sealed), STR("here"), plain), "byte %zu", i);
        sealed.data[i] ^= 1;
    }
    cr_assert_not(
        crypto_open(&key, (struct str){sealed.data, CRYPTO_SEAL - 1}, STR("here"), plain));
    struct buf again = {0};
    crypto_seal(&key, STR("secret"), STR("here"), &again);
    cr_assert_not(str_equal(buf_str(&sealed), buf_str(&again)), "the nonce is fresh");
    buf_finish(&sealed);
    buf_finish(&again);
}
