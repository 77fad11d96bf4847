// SPDX-License-Identifier: Apache-2.0
#include "host/signature.h"

#include <stdio.h>

enum { ALGORITHM = 2 };

struct packed_key {
    uint8_t algorithm[ALGORITHM];
    uint8_t id[SIGNATURE_KEY_ID];
    uint8_t key[CRYPTO_SIZE];
};

struct packed_signature {
    uint8_t algorithm[ALGORITHM];
    uint8_t key_id[SIGNATURE_KEY_ID];
    uint8_t bytes[CRYPTO_LONG_SIZE];
};

_Static_assert(sizeof(struct packed_key) == 42 && sizeof(struct packed_signature) == 74,
               "the structs are the format's bytes");

int signature_key_read(struct signature_key *out, struct str text, struct err *err)
{
    struct packed_key packed;
    if (!crypto_base64_decode(text, &packed, sizeof packed))
        return err_set(err, ERR_INVALID,
                       "not a minisign public key: it is the second line of a .pub file, 56 "
                       "characters that begin with \"RW\"");
    if (memcmp(packed.algorithm, "Ed", ALGORITHM) != 0)
        return err_set(err, ERR_INVALID, "not an Ed25519 key of minisign");
    memcpy(out->id, packed.id, sizeof out->id);
    memcpy(out->key.bytes, packed.key, sizeof out->key.bytes);
    return 0;
}

// ---- the four lines ----

static bool comment_is_plain(struct str comment)
{
    for (size_t i = 0; i < comment.size; i++) {
        unsigned char c = (unsigned char)comment.data[i];
        if ((c < 0x20 && c != '\t') || c == 0x7F)
            return false;
    }
    return str_is_utf8(comment);
}

// Takes "prefix" and a comment off the text.
static int take_comment(struct str *rest, const char *prefix, struct str *comment, struct err *err)
{
    struct str line = str_cut(rest, '\n');
    if (!str_starts(line, str_from(prefix)))
        return err_set(err, ERR_INVALID, "the signature has no line \"%s…\"", prefix);
    *comment = str_from_offset(line, strlen(prefix));
    if (comment->size > SIGNATURE_COMMENT)
        return err_set(err, ERR_LIMIT, "the signature's line \"%s…\" is over %d bytes", prefix,
                       SIGNATURE_COMMENT);
    if (!comment_is_plain(*comment))
        return err_set(err, ERR_INVALID, "the signature's line \"%s…\" is not plain text", prefix);
    return 0;
}

static int take_packed(struct signature *out, struct str *rest, struct err *err)
{
    struct packed_signature packed;
    if (!crypto_base64_decode(str_cut(rest, '\n'), &packed, sizeof packed))
        return err_set(err, ERR_INVALID, "the signature's second line is damaged");
    out->hashed = memcmp(packed.algorithm, "ED", ALGORITHM) == 0;
    if (!out->hashed && memcmp(packed.algorithm, "Ed", ALGORITHM) != 0)
        return err_set(err, ERR_INVALID, "the signature is of an algorithm not known here");
    memcpy(out->key_id, packed.key_id, sizeof out->key_id);
    memcpy(out->bytes, packed.bytes, sizeof out->bytes);
    return 0;
}

int signature_read(struct signature *out, struct str text, struct err *err)
{
    struct str rest = text, comment = {0};
    if (text.size > SIGNATURE_TEXT)
        return err_set(err, ERR_LIMIT, "a signature file is at most %d bytes", SIGNATURE_TEXT);
    *out = (struct signature){0};
    int rc = take_comment(&rest, "untrusted comment: ", &comment, err);
    if (rc == 0)
        rc = take_packed(out, &rest, err);
    if (rc == 0)
        rc = take_comment(&rest, "trusted comment: ", &comment, err);
    if (rc < 0)
        return rc;
    if (comment.size)
        memcpy(out->comment, comment.data, comment.size);
    struct str line = str_cut(&rest, '\n');
    if (!crypto_base64_decode(line, out->comment_bytes, sizeof out->comment_bytes))
        return err_set(err, ERR_INVALID, "the signature's fourth line is damaged");
    return rest.size ? err_set(err, ERR_INVALID, "the signature has more than four lines") : 0;
}

// ---- verifying ----

static bool file_is_signed(const struct signature *signature, const struct signature_key *key,
                           struct str file)
{
    uint8_t hash[CRYPTO_LONG_SIZE];
    if (!signature->hashed)
        return crypto_ed25519_verify(signature->bytes, file, &key->key);
    crypto_blake2b_512(file, hash);
    return crypto_ed25519_verify(signature->bytes, (struct str){(char *)hash, sizeof hash},
                                 &key->key);
}

static bool comment_is_signed(const struct signature *signature, const struct signature_key *key)
{
    uint8_t bytes[CRYPTO_LONG_SIZE + SIGNATURE_COMMENT];
    size_t size = strlen(signature->comment);
    memcpy(bytes, signature->bytes, sizeof signature->bytes);
    memcpy(bytes + sizeof signature->bytes, signature->comment, size);
    struct str both = {(char *)bytes, sizeof signature->bytes + size};
    return crypto_ed25519_verify(signature->comment_bytes, both, &key->key);
}

int signature_verify(const struct signature *signature, const struct signature_key *key,
                     struct str file, struct err *err)
{
    char name[SIGNATURE_NAME];
    signature_key_name(signature->key_id, name);
    if (!crypto_equal(signature->key_id, key->id, sizeof key->id))
        return err_set(err, ERR_DENIED, "the signature is by the key %s, not this one", name);
    if (!file_is_signed(signature, key, file))
        return err_set(err, ERR_DENIED,
                       "the signature by the key %s is not of this file: one of the two was "
                       "changed, or belongs to another; get both again from the agency",
                       name);
    if (!comment_is_signed(signature, key))
        return err_set(err, ERR_DENIED,
                       "the trusted comment of the signature by the key %s was changed; get the "
                       "signature again from the agency",
                       name);
    return 0;
}

void signature_key_name(const uint8_t id[SIGNATURE_KEY_ID], char out[SIGNATURE_NAME])
{
    for (unsigned i = 0; i < SIGNATURE_KEY_ID; i++)
        snprintf(out + (size_t)i * 2, 3, "%02X", id[SIGNATURE_KEY_ID - 1 - i]);
}
