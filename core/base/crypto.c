// SPDX-License-Identifier: Apache-2.0
#include "base/crypto.h"

#include <sodium.h>

int crypto_start(struct err *err)
{
    if (sodium_init() < 0)
        return err_set(err, ERR_UNAVAILABLE, "the system gives no random numbers");
    return 0;
}

void crypto_random(void *out, size_t size)
{
    randombytes_buf(out, size);
}

uint32_t crypto_random_below(uint32_t bound)
{
    return randombytes_uniform(bound);
}

struct crypto_hash crypto_sha256(struct str data)
{
    struct crypto_hash hash;
    crypto_hash_sha256(hash.bytes, (const unsigned char *)data.data, data.size);
    return hash;
}

struct crypto_hash crypto_hmac_sha256(struct str key, const struct str *parts, size_t count)
{
    struct crypto_hash hash;
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)key.data, key.size);
    for (size_t i = 0; i < count; i++)
        crypto_auth_hmacsha256_update(&state, (const unsigned char *)parts[i].data, parts[i].size);
    crypto_auth_hmacsha256_final(&state, hash.bytes);
    sodium_memzero(&state, sizeof state);
    return hash;
}

struct crypto_hash crypto_keyed_hash(const struct crypto_key *key, const struct str *parts,
                                     size_t count)
{
    struct crypto_hash hash;
    crypto_generichash_state state;
    crypto_generichash_init(&state, key->bytes, sizeof key->bytes, sizeof hash.bytes);
    for (size_t i = 0; i < count; i++) {
        unsigned char length[8];
        for (unsigned k = 0; k < sizeof length; k++)
            length[k] = (unsigned char)((uint64_t)parts[i].size >> 8 * k);
        crypto_generichash_update(&state, length, sizeof length);
        crypto_generichash_update(&state, (const unsigned char *)parts[i].data, parts[i].size);
    }
    crypto_generichash_final(&state, hash.bytes, sizeof hash.bytes);
    sodium_memzero(&state, sizeof state);
    return hash;
}

uint64_t crypto_short_hash(const struct crypto_short_key *key, struct str data)
{
    uint64_t hash;
    _Static_assert(sizeof hash == crypto_shorthash_siphash24_BYTES, "the hash is 64 bits");
    _Static_assert(sizeof key->bytes == crypto_shorthash_siphash24_KEYBYTES, "the key is 128 bits");
    crypto_shorthash_siphash24((uint8_t *)&hash, (const uint8_t *)data.data, data.size, key->bytes);
    return hash;
}

void crypto_blake2b_512(struct str data, uint8_t out[CRYPTO_LONG_SIZE])
{
    crypto_generichash(out, CRYPTO_LONG_SIZE, (const unsigned char *)data.data, data.size, NULL, 0);
}

bool crypto_ed25519_verify(const uint8_t signature[CRYPTO_LONG_SIZE], struct str data,
                           const struct crypto_key *public_key)
{
    return crypto_sign_verify_detached(signature, (const unsigned char *)data.data, data.size,
                                       public_key->bytes) == 0;
}

enum { NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES };

_Static_assert(CRYPTO_SEAL == NONCE + crypto_aead_xchacha20poly1305_ietf_ABYTES,
               "nonce and tag are what sealing adds");

void crypto_seal(const struct crypto_key *key, struct str plain, struct str context,
                 struct buf *sealed)
{
    unsigned long long made;
    buf_reserve(sealed, plain.size + CRYPTO_SEAL);
    unsigned char *nonce = (unsigned char *)sealed->data + sealed->size;
    crypto_random(nonce, NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE, &made,
                                               (const unsigned char *)plain.data, plain.size,
                                               (const unsigned char *)context.data, context.size,
                                               NULL, nonce, key->bytes);
    sealed->size += NONCE + (size_t)made;
    sealed->data[sealed->size] = '\0';
}

bool crypto_open(const struct crypto_key *key, struct str sealed, struct str context, void *plain)
{
    const unsigned char *nonce = (const unsigned char *)sealed.data;
    unsigned long long made;
    return sealed.size >= CRYPTO_SEAL &&
           crypto_aead_xchacha20poly1305_ietf_decrypt(plain, &made, NULL, nonce + NONCE,
                                                      sealed.size - NONCE,
                                                      (const unsigned char *)context.data,
                                                      context.size, nonce, key->bytes) == 0;
}

bool crypto_equal(const void *a, const void *b, size_t size)
{
    return sodium_memcmp(a, b, size) == 0;
}

void crypto_wipe(void *secret, size_t size)
{
    sodium_memzero(secret, size);
}

void crypto_hex(const void *data, size_t size, struct buf *out)
{
    buf_reserve(out, size * 2);
    sodium_bin2hex(out->data + out->size, size * 2 + 1, data, size);
    out->size += size * 2;
}

bool crypto_hex_decode(struct str text, void *out, size_t size)
{
    size_t made = 0;
    return text.size == size * 2 &&
           sodium_hex2bin(out, size, text.data, text.size, NULL, &made, NULL) == 0 && made == size;
}

enum { VARIANT = sodium_base64_VARIANT_URLSAFE_NO_PADDING };

void crypto_base64url(const void *data, size_t size, struct buf *out)
{
    size_t room = sodium_base64_encoded_len(size, VARIANT); // counts the NUL
    buf_reserve(out, room);
    sodium_bin2base64(out->data + out->size, room, data, size, VARIANT);
    out->size += room - 1;
}

// libsodium takes some bytes over 0x7F for a '/' or '_'; two texts must not stand for one value.
static bool base64_decode(struct str text, void *out, size_t size, int variant)
{
    size_t made = 0;
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] > 0x7F)
            return false;
    return sodium_base642bin(out, size, text.data, text.size, NULL, &made, NULL, variant) == 0 &&
           made == size;
}

bool crypto_base64url_decode(struct str text, void *out, size_t size)
{
    return base64_decode(text, out, size, VARIANT);
}

bool crypto_base64_decode(struct str text, void *out, size_t size)
{
    return base64_decode(text, out, size, sodium_base64_VARIANT_ORIGINAL);
}
