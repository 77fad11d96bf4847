// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_TESTS_SIGNER_H
#define MEDINA_TESTS_SIGNER_H

#include "base/buf.h"
#include "host/trust.h"

// An agency with a key, as minisign would hold it.
struct signer {
    uint8_t id[SIGNATURE_KEY_ID];
    uint8_t public_key[CRYPTO_SIZE];
    uint8_t secret_key[CRYPTO_LONG_SIZE];
    char line[64]; // the public key, as the configuration has it
};

void signer_create(struct signer *signer, uint64_t id);

struct signing {
    struct str bytes;
    const char *comment;
    bool legacy; // over the file itself
};

// The text of a signature file; yours.
struct buf signer_sign(const struct signer *signer, const struct signing *signing);

void signer_base64(const void *data, size_t size, struct buf *out);

// {"agency": {"keys": [the signer's]}}, …: yours.
struct trust *signer_trust(const struct signer *signer, const char *agency);

// A file of the build, whole; its data is freed by the caller.
struct str signer_read_file(const char *path);

#endif
