// SPDX-License-Identifier: Apache-2.0
#include "signer.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

void signer_base64(const void *data, size_t size, struct buf *out)
{
    size_t room = sodium_base64_encoded_len(size, sodium_base64_VARIANT_ORIGINAL);
    buf_reserve(out, room);
    sodium_bin2base64(out->data + out->size, room, data, size, sodium_base64_VARIANT_ORIGINAL);
    out->size += room - 1;
}

void signer_create(struct signer *signer, uint64_t id)
{
    uint8_t packed[42] = {'E', 'd'};
    struct buf line = {0};
    cr_assert_eq(crypto_start(NULL), 0);
    memcpy(signer->id, &id, sizeof id);
    crypto_sign_keypair(signer->public_key, signer->secret_key);
    memcpy(packed + 2, signer->id, sizeof signer->id);
    memcpy(packed + 10, signer->public_key, sizeof signer->public_key);
    signer_base64(packed, sizeof packed, &line);
    snprintf(signer->line, sizeof signer->line, "%s", line.data);
    buf_finish(&line);
}

struct buf signer_sign(const struct signer *signer, const struct signing *signing)
{
    uint8_t packed[74] = {'E', signing->legacy ? 'd' : 'D'}, hash[CRYPTO_LONG_SIZE], global[64];
    struct str message = signing->bytes;
    struct buf both = {0}, text = {0};
    memcpy(packed + 2, signer->id, sizeof signer->id);
    if (!signing->legacy) {
        crypto_blake2b_512(signing->bytes, hash);
        message = (struct str){(char *)hash, sizeof hash};
    }
    crypto_sign_detached(packed + 10, NULL, (const unsigned char *)message.data, message.size,
                         signer->secret_key);
    buf_append(&both, packed + 10, 64);
    buf_append_text(&both, signing->comment);
    crypto_sign_detached(global, NULL, (const unsigned char *)both.data, both.size,
                         signer->secret_key);
    buf_append_text(&text, "untrusted comment: a test\n");
    signer_base64(packed, sizeof packed, &text);
    buf_printf(&text, "\ntrusted comment: %s\n", signing->comment);
    signer_base64(global, sizeof global, &text);
    buf_append_char(&text, '\n');
    buf_finish(&both);
    return text;
}

struct trust *signer_trust(const struct signer *signer, const char *agency)
{
    struct trust *trust = NULL;
    struct err err = {0};
    json_t *agencies = json_pack("{s:{s:[s]}}", agency, "keys", signer->line);
    cr_assert_eq(trust_create(&trust, agencies, false, &err), 0, "%s", err.message);
    json_decref(agencies);
    return trust;
}

struct str signer_read_file(const char *path)
{
    FILE *file = fopen(path, "re");
    cr_assert(file, "%s", path);
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *data = mem_alloc(size + 1);
    cr_assert_eq(fread(data, 1, size, file), size);
    data[size] = '\0';
    fclose(file);
    return (struct str){data, size};
}
