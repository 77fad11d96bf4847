// SPDX-License-Identifier: Apache-2.0
// A plugin file comes from outside: whatever its bytes are, reading it ends with the section or
// with a reason. AddressSanitizer looks on; copies are of exact size, so one byte too far shows.
#include "host/elf.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>

static const char section[] = "medina.manifest";

static struct str read_plugin(void)
{
    FILE *file = fopen(MEDINA_BUILD_DIR "/plugins/hello.so", "re");
    cr_assert(ne(ptr, file, NULL));
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *data = malloc(size);
    cr_assert(eq(sz, fread(data, 1, size, file), size));
    fclose(file);
    return (struct str){data, size};
}

// Whatever is found lies inside the file; whatever is not has a reason.
static int look(struct str file)
{
    struct err err = {0};
    struct str found = {0};
    int rc = elf_section(file, section, &found, &err);
    if (rc < 0) {
        cr_expect(ne(int, err.message[0], 0));
        return rc;
    }
    bool inside = found.data >= file.data && found.data + found.size <= file.data + file.size;
    cr_expect(eq(int, inside, 1));
    return rc;
}

Test(elf, finds_the_manifest_of_a_plugin)
{
    struct str file = read_plugin(), found;
    struct err err;
    cr_assert(eq(int, elf_section(file, section, &found, &err), 0));
    cr_expect(eq(int, found.data[0], '{'));
    cr_expect(eq(int, elf_section(file, "medina.nothing", &found, &err), ERR_NOT_FOUND));
    free((void *)file.data);
}

Test(elf, cut_short_anywhere_is_refused)
{
    struct str file = read_plugin();
    for (size_t size = 0; size < file.size; size += size < 256 ? 1 : 257) {
        char *copy = malloc(size ? size : 1);
        memcpy(copy, file.data, size);
        cr_expect(lt(int, look((struct str){copy, size}), 0), "%zu bytes", size);
        free(copy);
    }
    free((void *)file.data);
}

Test(elf, with_any_byte_of_a_header_changed_never_reads_outside)
{
    static const unsigned char masks[] = {0x01, 0x80, 0xFF};
    struct str file = read_plugin();
    char *bytes = (char *)file.data;
    Elf64_Ehdr header;
    memcpy(&header, bytes, sizeof header);
    size_t table = header.e_shoff, end = table + (size_t)header.e_shnum * sizeof(Elf64_Shdr);
    for (size_t at = 0; at < end; at = at + 1 == sizeof header ? table : at + 1)
        for (size_t i = 0; i < sizeof masks; i++) {
            bytes[at] = (char)(bytes[at] ^ masks[i]);
            look(file);
            bytes[at] = (char)(bytes[at] ^ masks[i]);
        }
    cr_expect(eq(int, look(file), 0));
    free(bytes);
}
