// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_BASE_CRYPTO_H
#define MEDINA_BASE_CRYPTO_H

#include "base/buf.h"
#include "base/err.h"

// What Medina needs of cryptography; the only user of libsodium. Any thread; nothing is kept.

enum { CRYPTO_SIZE = 32, CRYPTO_LONG_SIZE = 64 };

struct crypto_hash {
    uint8_t bytes[CRYPTO_SIZE];
};

struct crypto_key {
    uint8_t bytes[CRYPTO_SIZE];
};

// Once in main, before anything else here: ERR_UNAVAILABLE when the system gives no randomness.
int crypto_start(struct err *err);

void crypto_random(void *out, size_t size);

// Uniform in [0, bound).
uint32_t crypto_random_below(uint32_t bound);

struct crypto_hash crypto_sha256(struct str data);

// RFC 2104 over the parts one after the other, with a key of any length.
struct crypto_hash crypto_hmac_sha256(struct str key, const struct str *parts, size_t count);

// BLAKE2b-256 keyed (RFC 7693). Each part is hashed with its length before it, so that ("ab", "c")
// and ("a", "bc") differ; let the first part name the purpose.
struct crypto_hash crypto_keyed_hash(const struct crypto_key *key, const struct str *parts,
                                     size_t count);

// SipHash-2-4: for tables in memory whose keys come from outside; not for anything that is kept.
struct crypto_short_key {
    uint8_t bytes[16];
};
uint64_t crypto_short_hash(const struct crypto_short_key *key, struct str data);

// BLAKE2b-512 without a key (RFC 7693): what minisign hashes a file with before it signs.
void crypto_blake2b_512(struct str data, uint8_t out[CRYPTO_LONG_SIZE]);

// Whether the signature of these bytes is this public key's (Ed25519, RFC 8032). Keys of small
// order and signatures that are not in their one canonical form are refused.
bool crypto_ed25519_verify(const uint8_t signature[CRYPTO_LONG_SIZE], struct str data,
                           const struct crypto_key *public_key);

// Authenticated encryption of a whole text (XChaCha20-Poly1305: RFC 8439's construction with a
// nonce of 192 bits, taken at random). Opening takes the same key and context, and nothing that was
// changed; plain has room for sealed.size - CRYPTO_SEAL bytes.
enum { CRYPTO_SEAL = 40 }; // bytes that sealing adds
void crypto_seal(const struct crypto_key *key, struct str plain, struct str context,
                 struct buf *sealed);
bool crypto_open(const struct crypto_key *key, struct str sealed, struct str context, void *plain);

// In constant time.
bool crypto_equal(const void *a, const void *b, size_t size);

void crypto_wipe(void *secret, size_t size); // not optimised away

// Lower-case hexadecimal; decoding takes both cases and exactly size bytes.
void crypto_hex(const void *data, size_t size, struct buf *out);
bool crypto_hex_decode(struct str text, void *out, size_t size);

// RFC 4648, section 5, without padding; decoding takes exactly size bytes and refuses stray bits.
void crypto_base64url(const void *data, size_t size, struct buf *out);
bool crypto_base64url_decode(struct str text, void *out, size_t size);

// RFC 4648, section 4, with padding; takes exactly size bytes and refuses stray bits.
bool crypto_base64_decode(struct str text, void *out, size_t size);

static inline struct str crypto_hash_str(const struct crypto_hash *hash)
{
    return (struct str){(const char *)hash->bytes, sizeof hash->bytes};
}

#endif
