// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_TRUST_H
#define MEDINA_HOST_TRUST_H

#include "base/json.h"
#include "host/signature.h"

// Whose plugins this host runs: the public keys of each agency, from the configuration. Immutable
// once made; any thread.
struct trust;

enum { TRUST_AGENCY = 41, TRUST_KEYS = 16 }; // an agency's id with its NUL; keys of one agency

// Reads {"<agency id>": {"keys": ["RW…", …]}, …}; an agency's account is money's to read
// (money/payee.h), and with one it may have no keys. A key belongs to one agency: its id says whose
// the file is. allow_unsigned is a developer's: it lets a load ask for a file without a signature.
// ERR_INVALID names the place ("agencies.coast-utility.keys[0]: …").
int trust_create(struct trust **out, const json_t *agencies, bool allow_unsigned, struct err *err);
void trust_destroy(struct trust *trust); // NULL is fine

struct trust_claim {
    struct str bytes;     // the file
    struct str signature; // the text of its signature file; data NULL: it has none
    bool allow_unsigned;  // the operator asks to take it without one
};

// What is known of a file's origin.
struct trust_origin {
    bool is_signed;
    char agency[TRUST_AGENCY];           // "" when it is not
    char key[SIGNATURE_NAME];            // as minisign prints it
    char comment[SIGNATURE_COMMENT + 1]; // the trusted comment
};

// Decides about exactly these bytes. A signature that is there must be right, also where none is
// needed. ERR_DENIED, ERR_INVALID or ERR_LIMIT with what to do.
int trust_verify(const struct trust *trust, const struct trust_claim *claim,
                 struct trust_origin *origin, struct err *err);

#endif
