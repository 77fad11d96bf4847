// SPDX-License-Identifier: Apache-2.0
#include "host/signature.h"

#include "signer.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static const char contents[] = "the bytes of a plugin";

static struct signature_key key_of(const struct signer *signer)
{
    struct signature_key key;
    struct err err = {0};
    cr_assert_eq(signature_key_read(&key, str_from(signer->line), &err), 0, "%s", err.message);
    return key;
}

static int check(const char *text, const struct signature_key *key, const char *file,
                 struct err *err)
{
    struct signature signature;
    int rc = signature_read(&signature, str_from(text), err);
    return rc < 0 ? rc : signature_verify(&signature, key, str_from(file), err);
}

Test(signature, of_either_algorithm_verifies_and_fits_no_other_file_or_key)
{
    struct signer signer, other;
    signer_create(&signer, 1);
    signer_create(&other, 1); // the same id, another key
    struct signature_key key = key_of(&signer), wrong = key_of(&other);
    for (int legacy = 0; legacy < 2; legacy++) {
        struct err err = {0};
        struct signing signing = {str_from(contents), "first\trelease", legacy != 0};
        struct buf text = signer_sign(&signer, &signing);
        cr_expect_eq(check(text.data, &key, contents, &err), 0, "%s", err.message);
        cr_expect_eq(check(text.data, &key, "other bytes", &err), ERR_DENIED);
        cr_expect(strstr(err.message, "is not of this file"), "%s", err.message);
        cr_expect_eq(check(text.data, &wrong, contents, &err), ERR_DENIED);
        buf_finish(&text);
    }
}

Test(signature, of_the_stock_minisign_tool_is_taken)
{
    char folder[] = "/tmp/medina-minisign-XXXXXX", command[1024], path[128];
    struct signature_key key;
    struct err err = {0};
    cr_assert(mkdtemp(folder));
    snprintf(command, sizeof command,
             "cd %s && printf '%s' >file && minisign -G -W -p pub -s sec >/dev/null && "
             "minisign -S -l -s sec -m file -x legacy -t 'version 1' >/dev/null && "
             "minisign -S -s sec -m file -x hashed -t 'version 1' >/dev/null",
             folder, contents);
    cr_assert_eq(system(command), 0, "the package minisign is needed");
    snprintf(path, sizeof path, "%s/pub", folder);
    struct str pub = signer_read_file(path), rest = pub;
    str_cut(&rest, '\n');
    cr_assert_eq(signature_key_read(&key, str_cut(&rest, '\n'), &err), 0, "%s", err.message);
    static const char *const kinds[] = {"legacy", "hashed"};
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, kinds[i]);
        struct str text = signer_read_file(path);
        cr_expect_eq(check(text.data, &key, contents, &err), 0, "%s: %s", kinds[i], err.message);
        cr_expect_eq(check(text.data, &key, "other", &err), ERR_DENIED);
        free((void *)text.data);
    }
    free((void *)pub.data);
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}

Test(signature, key_is_named_as_minisign_names_it)
{
    struct signer signer;
    char name[SIGNATURE_NAME];
    signer_create(&signer, 0xCB8505DF196FAB57);
    struct signature_key key = key_of(&signer);
    signature_key_name(key.id, name);
    cr_expect_str_eq(name, "CB8505DF196FAB57");
}

Test(signature, key_line_with_a_mistake_is_refused)
{
    static const char *const lines[] = {
        "",
        "RW",
        "RWRXq28Z3wWFy9d+5y2HYBdmci+ceKUvv2/G3N/IfeyImzZlNtUtRrR",   // short
        "RWRXq28Z3wWFy9d+5y2HYBdmci+ceKUvv2/G3N/IfeyImzZlNtUtRrRFA", // long
        "RWRXq28Z3wWFy9d-5y2HYBdmci-ceKUvv2_G3N_IfeyImzZlNtUtRrRF",  // the other alphabet
        "RURXq28Z3wWFy9d+5y2HYBdmci+ceKUvv2/G3N/IfeyImzZlNtUtRrRF",  // another algorithm
        "untrusted comment: minisign public key",
        " RWRXq28Z3wWFy9d+5y2HYBdmci+ceKUvv2/G3N/IfeyImzZlNtUtRrRF",
    };
    struct signature_key key;
    struct err err;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        cr_expect_eq(signature_key_read(&key, str_from(lines[i]), &err), ERR_INVALID, "%s",
                     lines[i]);
}

// A sound file with one part of it replaced.
static void expect_refused(const char *sound, const char *part, const char *instead)
{
    struct signature signature;
    struct err err = {0};
    struct buf text = {0};
    const char *at = strstr(sound, part);
    cr_assert(at, "%s", part);
    buf_append(&text, sound, (size_t)(at - sound));
    buf_append_text(&text, instead);
    buf_append_text(&text, at + strlen(part));
    cr_expect_lt(signature_read(&signature, buf_str(&text), &err), 0, "%s", text.data);
    cr_expect(err.message[0]);
    buf_finish(&text);
}

Test(signature, file_that_is_not_exactly_of_the_format_is_refused)
{
    struct signer signer;
    struct signature signature;
    struct err err = {0};
    signer_create(&signer, 7);
    struct signing signing = {str_from(contents), "comment", false};
    struct buf text = signer_sign(&signer, &signing);
    cr_expect_eq(signature_read(&signature, buf_str(&text), &err), 0, "%s", err.message);
    expect_refused(text.data, "untrusted comment: ", "");
    expect_refused(text.data, "untrusted comment: ", "Untrusted comment: ");
    expect_refused(text.data, "a test", "a \x01 test");
    expect_refused(text.data, "a test", "a \xFF test");
    expect_refused(text.data, "a test\n", "a test\r\n");
    expect_refused(text.data, "\ntrusted comment: ", "\ntrusted: ");
    expect_refused(text.data, "comment\n", "comment\r\n");
    expect_refused(text.data, "comment\n", "comment\n\n");
    expect_refused(text.data, "RUQ", "RUU"); // the algorithm "EE"
    expect_refused(text.data, "RUQ", "RUQA");
    expect_refused(text.data, "=\n", "\n");
    expect_refused(text.data, "==\n", "==\nmore\n");
    expect_refused(text.data, "==\n", "==\n\n");
    char *long_comment = calloc(1, SIGNATURE_COMMENT + 2);
    memset(long_comment, 'x', SIGNATURE_COMMENT + 1);
    expect_refused(text.data, "a test", long_comment);
    free(long_comment);
    text.size--; // the last line may go without its end
    cr_expect_eq(signature_read(&signature, buf_str(&text), &err), 0, "%s", err.message);
    for (size_t size = 0; size < text.size; size++)
        cr_expect_lt(signature_read(&signature, (struct str){text.data, size}, &err), 0);
    buf_finish(&text);
}
