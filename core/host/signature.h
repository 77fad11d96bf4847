// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_SIGNATURE_H
#define MEDINA_HOST_SIGNATURE_H

#include "base/crypto.h"
#include "base/err.h"
#include "base/str.h"

// Detached signatures in the format of minisign (https://jedisct1.github.io/minisign/): Ed25519,
// with a key id that names the key, and a trusted comment that is signed too. The stock tool makes
// and checks them. Pure functions of their arguments; any thread.
//
// A public key is one line of base64: "Ed", key id (8 bytes), Ed25519 public key (32).
//
// A signature is four lines:
//     untrusted comment: anything; nothing protects it, and Medina ignores it
//     base64 of the algorithm ("ED" over the file's BLAKE2b-512, or the older "Ed" over the file
//         itself), key id (8), signature (64)
//     trusted comment: text
//     base64 of the signature (64) over the signature above followed by that text
//
// The reader takes what the stock tool writes and nothing looser: lines end with a line feed (the
// last one may go without), base64 has its padding and no stray bits, comments are UTF-8 without
// control characters other than a tab.

enum {
    SIGNATURE_KEY_ID = 8,
    SIGNATURE_COMMENT = 1024,                     // bytes of each comment
    SIGNATURE_TEXT = 512 + 2 * SIGNATURE_COMMENT, // bytes of a signature file
    SIGNATURE_NAME = 17                           // a key id in hexadecimal, with its NUL
};

struct signature_key {
    uint8_t id[SIGNATURE_KEY_ID];
    struct crypto_key key;
};

// Reads a public key line ("RW…"). ERR_INVALID says what is wrong with it.
int signature_key_read(struct signature_key *out, struct str text, struct err *err);

struct signature {
    bool hashed; // over the BLAKE2b-512 of the file
    uint8_t key_id[SIGNATURE_KEY_ID];
    uint8_t bytes[CRYPTO_LONG_SIZE];
    uint8_t comment_bytes[CRYPTO_LONG_SIZE];
    char comment[SIGNATURE_COMMENT + 1]; // the trusted one; not yet verified
};

// Reads a signature file. ERR_INVALID names the line; ERR_LIMIT when it is too long.
int signature_read(struct signature *out, struct str text, struct err *err);

// 0 when both signatures are the key's: over the file and over the trusted comment. ERR_DENIED says
// which is not.
int signature_verify(const struct signature *signature, const struct signature_key *key,
                     struct str file, struct err *err);

// A key id as minisign prints it: 16 hexadecimal digits of the little-endian number.
void signature_key_name(const uint8_t id[SIGNATURE_KEY_ID], char out[SIGNATURE_NAME]);

#endif
