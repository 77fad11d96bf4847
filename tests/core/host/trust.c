// SPDX-License-Identifier: Apache-2.0
#include "host/trust.h"

#include "host/bundle.h"
#include "signer.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static const char plugin[] = MEDINA_BUILD_DIR "/plugins/hello.so";
static const char agency[] = "city-welcome"; // of that plugin

// ---- the configuration ----

static int create(const char *text, struct err *err)
{
    struct trust *trust = NULL;
    json_t *agencies = json_parse(str_from(text), err);
    cr_assert(agencies, "%s", err->message);
    int rc = trust_create(&trust, agencies, false, err);
    json_decref(agencies);
    if (rc == 0)
        trust_destroy(trust);
    return rc;
}

#define KEY "RWRXq28Z3wWFy9d+5y2HYBdmci+ceKUvv2/G3N/IfeyImzZlNtUtRrRF"
#define OTHER "RWSWdC4eNztK7yDIUYBJPfXDNhrSoGToMXurh7Ip3NJD2Mk0iJW/sX6p"

Test(trust, configuration_with_a_mistake_is_refused_with_its_place)
{
    static const char *const cases[][2] = {
        {"{\"Coast\": {\"keys\": [\"" KEY "\"]}}", "\"Coast\" is not an agency's id"},
        {"{\"coast\": [\"" KEY "\"]}", "agencies.coast must be an object"},
        {"{\"coast\": {}}", "agencies.coast.keys must be a list of 1 to 16"},
        {"{\"coast\": {\"keys\": []}}", "agencies.coast.keys must be a list"},
        {"{\"coast\": {\"keys\": \"" KEY "\"}}", "agencies.coast.keys must be a list"},
        {"{\"coast\": {\"keys\": [1]}}", "agencies.coast.keys[0]: must be a string"},
        {"{\"coast\": {\"keys\": [\"" KEY "\", \"RW\"]}}",
         "agencies.coast.keys[1]: not a minisign"},
        {"{\"coast\": {\"key\": \"" KEY "\"}}", "agencies.coast.key is not known"},
        {"{\"coast\": {\"keys\": [\"" KEY "\", \"" KEY "\"]}}", "is there already, for coast"},
        {"{\"coast\": {\"keys\": [\"" KEY "\"]}, \"toll\": {\"keys\": [\"" KEY "\"]}}",
         "agencies.toll.keys[0]: the key CB8505DF196FAB57 is there already, for coast"},
    };
    struct err err = {0};
    cr_expect_eq(create("{}", &err), 0);
    cr_expect_eq(create("{\"coast\": {\"keys\": [\"" KEY "\", \"" OTHER "\"]}}", &err), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_expect_eq(create(cases[i][0], &err), ERR_INVALID, "%s", cases[i][0]);
        cr_expect(strstr(err.message, cases[i][1]), "%s: %s", cases[i][0], err.message);
    }
}

// ---- deciding ----

struct scene {
    struct signer signer;
    struct trust *trust;
    struct str file;
    struct buf signature;
};

static void scene_open(struct scene *scene, const char *signed_by)
{
    signer_create(&scene->signer, 0x1122334455667788);
    scene->trust = signer_trust(&scene->signer, signed_by);
    scene->file = signer_read_file(plugin);
    struct signing signing = {scene->file, "hello 1.0.0", false};
    scene->signature = signer_sign(&scene->signer, &signing);
}

static void scene_close(struct scene *scene)
{
    trust_destroy(scene->trust);
    free((void *)scene->file.data);
    buf_finish(&scene->signature);
}

static int load(const struct scene *scene, struct str file, struct str signature, struct err *err)
{
    struct bundle *bundle = NULL;
    struct trust_claim claim = {file, signature, false};
    int rc = bundle_read(&bundle, &claim, scene->trust, err);
    cr_expect_eq(rc == 0, bundle != NULL, "a bundle that was refused is not there to be loaded");
    bundle_release(bundle);
    return rc;
}

Test(trust, good_file_is_taken_and_its_origin_known)
{
    struct scene scene;
    struct bundle *bundle;
    struct err err = {0};
    scene_open(&scene, agency);
    struct trust_claim claim = {scene.file, buf_str(&scene.signature), false};
    cr_assert_eq(bundle_read(&bundle, &claim, scene.trust, &err), 0, "%s", err.message);
    cr_expect(bundle->origin.is_signed);
    cr_expect_str_eq(bundle->origin.agency, agency);
    cr_expect_str_eq(bundle->origin.key, "1122334455667788");
    cr_expect_str_eq(bundle->origin.comment, "hello 1.0.0");
    cr_expect_str_eq(bundle->signature, scene.signature.data);
    cr_expect_str_eq(bundle->distrust, "");
    bundle_release(bundle);
    scene_close(&scene);
}

Test(trust, key_of_another_agency_is_refused_with_a_sentence_that_says_so)
{
    struct scene scene;
    struct err err = {0};
    scene_open(&scene, "gate-toll");
    cr_expect_eq(load(&scene, scene.file, buf_str(&scene.signature), &err), ERR_DENIED);
    cr_expect(strstr(err.message, "it is signed by gate-toll (key 1122334455667788), but its "
                                  "manifest says that it is a plugin of city-welcome"),
              "%s", err.message);
    scene_close(&scene);
}

Test(trust, key_that_is_nobodys_is_refused_and_named)
{
    struct scene scene;
    struct signer stranger;
    struct err err = {0};
    scene_open(&scene, agency);
    signer_create(&stranger, 0xAB);
    struct signing signing = {scene.file, "", false};
    struct buf text = signer_sign(&stranger, &signing);
    cr_expect_eq(load(&scene, scene.file, buf_str(&text), &err), ERR_DENIED);
    cr_expect(strstr(err.message, "00000000000000AB, which is no agency's"), "%s", err.message);
    buf_finish(&text);
    scene_close(&scene);
}

Test(trust, file_without_signature_needs_the_operator_and_the_configuration)
{
    struct scene scene;
    struct err err = {0};
    scene_open(&scene, agency);
    struct trust *strict = scene.trust, *lenient;
    json_t *agencies = json_pack("{s:{s:[s]}}", agency, "keys", scene.signer.line);
    cr_assert_eq(trust_create(&lenient, agencies, true, &err), 0);
    json_decref(agencies);
    struct str damaged = {scene.signature.data, scene.signature.size - 20}, none = {0};
    const struct {
        const struct trust *trust;
        struct trust_claim claim;
        int rc;
        const char *says;
    } cases[] = {
        {strict, {scene.file, none, false}, ERR_DENIED, "has no signature: sign it"},
        {strict, {scene.file, none, true}, ERR_DENIED, "plugins.allow_unsigned is false"},
        {lenient, {scene.file, none, false}, ERR_DENIED, "also takes --allow-unsigned"},
        {lenient, {scene.file, none, true}, 0, NULL},
        {lenient, {scene.file, damaged, true}, ERR_INVALID, "fourth line is damaged"},
        {lenient, {scene.file, STR(""), true}, ERR_INVALID, "untrusted comment"},
        {lenient, {STR("x"), buf_str(&scene.signature), true}, ERR_DENIED, "not of this file"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct trust_origin origin;
        cr_expect_eq(trust_verify(cases[i].trust, &cases[i].claim, &origin, &err), cases[i].rc,
                     "%zu", i);
        cr_expect_not(origin.is_signed);
        if (cases[i].says)
            cr_expect(strstr(err.message, cases[i].says), "%zu: %s", i, err.message);
    }
    trust_destroy(lenient);
    scene_close(&scene);
}

Test(trust, kept_file_whose_key_is_trusted_no_longer_is_shown_but_must_not_run)
{
    struct scene scene;
    struct signer successor;
    struct bundle *bundle;
    struct err err = {0};
    scene_open(&scene, agency);
    struct trust_claim claim = {scene.file, buf_str(&scene.signature), true};
    cr_assert_eq(bundle_read(&bundle, &claim, scene.trust, &err), 0);
    char hash[65];
    memcpy(hash, bundle->hash, sizeof hash);
    bundle_release(bundle);
    cr_assert_eq(bundle_read_kept(&bundle, &claim, hash, scene.trust, &err), 0);
    cr_expect_str_eq(bundle->distrust, "");
    bundle_release(bundle);
    signer_create(&successor, 2);
    struct trust *later = signer_trust(&successor, agency);
    cr_assert_eq(bundle_read_kept(&bundle, &claim, hash, later, &err), 0, "%s", err.message);
    cr_expect(strstr(bundle->distrust, "no agency's"), "%s", bundle->distrust);
    cr_expect_str_eq(bundle->manifest->plugin, "hello");
    bundle_release(bundle);
    trust_destroy(later);
    hash[0] = hash[0] == '0' ? '1' : '0';
    cr_expect_eq(bundle_read_kept(&bundle, &claim, hash, scene.trust, &err), ERR_INVALID);
    scene_close(&scene);
}

// ---- a thousand changes ----

static unsigned expect_refused(const struct scene *scene, struct str file, struct str signature)
{
    struct err err = {0};
    cr_expect_lt(load(scene, file, signature, &err), 0, "a change went unnoticed");
    cr_expect_neq(err.message[0], 0);
    return 1;
}

// The untrusted comment is nobody's: what stands there decides nothing.
static bool is_protected(const char *text, size_t at)
{
    size_t begin = strlen("untrusted comment: "), end = (size_t)(strchr(text, '\n') - text);
    return at < begin || at >= end;
}

static unsigned change_signature(const struct scene *scene)
{
    static const unsigned char masks[] = {0x01, 0x02, 0x04, 0x20, 0x80};
    struct str text = buf_str(&scene->signature);
    char *copy = malloc(text.size);
    unsigned count = 0;
    for (size_t at = 0; at < text.size - 1; at++)
        for (size_t i = 0; i < sizeof masks && is_protected(text.data, at); i++) {
            memcpy(copy, text.data, text.size);
            copy[at] = (char)(copy[at] ^ masks[i]);
            count += expect_refused(scene, scene->file, (struct str){copy, text.size});
        }
    free(copy);
    return count;
}

static unsigned change_file(const struct scene *scene)
{
    char *copy = malloc(scene->file.size);
    unsigned count = 0;
    memcpy(copy, scene->file.data, scene->file.size);
    for (size_t at = 0; at < scene->file.size; at += scene->file.size / 200) {
        copy[at] = (char)(copy[at] ^ (1 << at % 8));
        count +=
            expect_refused(scene, (struct str){copy, scene->file.size}, buf_str(&scene->signature));
        copy[at] = scene->file.data[at];
        count += expect_refused(scene, (struct str){copy, at}, buf_str(&scene->signature));
    }
    free(copy);
    return count;
}

Test(trust, no_change_of_file_or_signature_goes_unnoticed, .timeout = 120)
{
    struct scene scene;
    struct err err = {0};
    scene_open(&scene, agency);
    cr_assert_eq(load(&scene, scene.file, buf_str(&scene.signature), &err), 0, "%s", err.message);
    unsigned count = change_signature(&scene);
    cr_expect_gt(count, 1000);
    count += change_file(&scene);
    cr_expect_gt(count, 1400);
    struct signing other = {STR("another file"), "hello 1.0.0", false};
    struct buf swapped = signer_sign(&scene.signer, &other);
    expect_refused(&scene, scene.file, buf_str(&swapped));
    expect_refused(&scene, scene.file, (struct str){0});
    buf_finish(&swapped);
    scene_close(&scene);
}
