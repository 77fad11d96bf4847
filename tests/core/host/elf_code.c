// SPDX-License-Identifier: Apache-2.0
// The rules for a plugin's code, each broken once in a copy of a real plugin; then every byte of
// the structures they read changed: AddressSanitizer sees that nothing outside the file is touched.
#include "host/elf.h"

#include "signer.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <stdlib.h>

static struct str read_plugin(void)
{
    return signer_read_file(MEDINA_BUILD_DIR "/plugins/hello.so");
}
// What stands in the dynamic table or the program headers of the plugin, for tests that change it.
static Elf64_Phdr *find_segment(char *bytes, uint32_t type, unsigned skip)
{
    Elf64_Ehdr *header = (Elf64_Ehdr *)(void *)bytes;
    Elf64_Phdr *segments = (Elf64_Phdr *)(void *)(bytes + header->e_phoff);
    for (unsigned i = 0; i < header->e_phnum; i++)
        if (segments[i].p_type == type && skip-- == 0)
            return &segments[i];
    cr_assert(false, "no segment of type %u", type);
    return NULL;
}

static Elf64_Dyn *find_dynamic(char *bytes, int64_t tag)
{
    Elf64_Phdr *segment = find_segment(bytes, PT_DYNAMIC, 0);
    Elf64_Dyn *entry = (Elf64_Dyn *)(void *)(bytes + segment->p_offset);
    while (entry->d_tag != tag && entry->d_tag != DT_NULL)
        entry++;
    cr_assert_eq(entry->d_tag, tag);
    return entry;
}

// An address below the first writable segment is also an offset in a file that lld or ld made.
static char *strings_of(char *bytes)
{
    return bytes + find_dynamic(bytes, DT_STRTAB)->d_un.d_ptr;
}

static void rename_string(char *bytes, const char *from, const char *to)
{
    char *strings = strings_of(bytes), *end = strings + find_dynamic(bytes, DT_STRSZ)->d_un.d_val;
    for (char *at = strings; at < end; at += strlen(at) + 1)
        if (strcmp(at, from) == 0) {
            memcpy(at, to, strlen(to) + 1);
            return;
        }
    cr_assert(false, "no string %s", from);
}

// An entry that a plugin does not miss, for another to take its place.
static void replace_dynamic(char *bytes, int64_t tag, uint64_t value)
{
    Elf64_Dyn *entry = find_dynamic(bytes, DT_RELACOUNT);
    entry->d_tag = tag;
    entry->d_un.d_val = value;
}

static void other_machine(char *bytes)
{
    ((Elf64_Ehdr *)(void *)bytes)->e_machine ^= EM_X86_64 ^ EM_AARCH64;
}

static void executable_stack(char *bytes)
{
    find_segment(bytes, PT_GNU_STACK, 0)->p_flags |= PF_X;
}

static void no_stack(char *bytes)
{
    find_segment(bytes, PT_GNU_STACK, 0)->p_type = PT_NULL;
}

static void writable_text(char *bytes)
{
    find_segment(bytes, PT_LOAD, 1)->p_flags |= PF_W;
}

static void executable_data(char *bytes)
{
    find_segment(bytes, PT_LOAD, 3)->p_flags |= PF_X;
}

static void overlapping(char *bytes)
{
    Elf64_Phdr *segment = find_segment(bytes, PT_LOAD, 1);
    segment->p_vaddr = 0;
    segment->p_offset = 0;
}

static void out_of_order(char *bytes)
{
    Elf64_Phdr *first = find_segment(bytes, PT_LOAD, 0), *second = find_segment(bytes, PT_LOAD, 1);
    Elf64_Phdr kept = *first;
    *first = *second;
    *second = kept;
}

static void off_its_page(char *bytes)
{
    find_segment(bytes, PT_LOAD, 3)->p_offset += 8;
}

static void past_the_end(char *bytes)
{
    find_segment(bytes, PT_LOAD, 3)->p_filesz += 1 << 30;
    find_segment(bytes, PT_LOAD, 3)->p_memsz += 1 << 30;
}

static void two_dynamic_tables(char *bytes)
{
    find_segment(bytes, PT_GNU_RELRO, 0)->p_type = PT_DYNAMIC;
}

static void no_dynamic_table(char *bytes)
{
    find_segment(bytes, PT_DYNAMIC, 0)->p_type = PT_NULL;
}

static void another_library(char *bytes)
{
    rename_string(bytes, "libc.so.6", "libz.so.1");
}

static void a_path_for_a_library(char *bytes)
{
    rename_string(bytes, "libc.so.6", "/tmp/c.so");
}

static void run_path(char *bytes)
{
    replace_dynamic(bytes, DT_RUNPATH, 1);
}

static void r_path(char *bytes)
{
    replace_dynamic(bytes, DT_RPATH, 1);
}

static void filter(char *bytes)
{
    replace_dynamic(bytes, DT_FILTER, 1);
}

static void auxiliary_filter(char *bytes)
{
    replace_dynamic(bytes, DT_AUXILIARY, 1);
}

static void auditor(char *bytes)
{
    replace_dynamic(bytes, DT_AUDIT, 1);
}

static void relocated_text(char *bytes)
{
    replace_dynamic(bytes, DT_TEXTREL, 0);
}

static void relocated_text_by_flag(char *bytes)
{
    find_dynamic(bytes, DT_FLAGS)->d_un.d_val |= DF_TEXTREL;
}

static void another_name(char *bytes)
{
    rename_string(bytes, "medina_plugin_v1", "medina_plugin_v2");
}

// One that was imported is exported too. Symbols that the hash does not find count as well.
static void another_export(char *bytes)
{
    Elf64_Sym *symbols = (Elf64_Sym *)(void *)(bytes + find_dynamic(bytes, DT_SYMTAB)->d_un.d_ptr);
    symbols[2].st_shndx = 1;
}

static void no_function(char *bytes)
{
    Elf64_Sym *symbol = (Elf64_Sym *)(void *)(bytes + find_dynamic(bytes, DT_SYMTAB)->d_un.d_ptr);
    while (symbol->st_shndx == SHN_UNDEF)
        symbol++;
    symbol->st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT);
}

static void endless_chain(char *bytes)
{
    uint32_t *table = (uint32_t *)(void *)(bytes + find_dynamic(bytes, DT_GNU_HASH)->d_un.d_ptr);
    table[0] = UINT32_MAX;
}

Test(elf, code_that_breaks_a_rule_is_refused_with_the_rule)
{
    static const struct {
        void (*change)(char *bytes);
        const char *says;
    } cases[] = {
        {other_machine, "another machine"},
        {executable_stack, "executable stack"},
        {no_stack, "executable stack"},
        {writable_text, "both writable and executable"},
        {executable_data, "both writable and executable"},
        {overlapping, "overlap"},
        {out_of_order, "out of order"},
        {off_its_page, "does not lie on pages"},
        {past_the_end, "outside the file"},
        {two_dynamic_tables, "no dynamic table"},
        {no_dynamic_table, "no dynamic table"},
        {another_library, "needs the library libz.so.1"},
        {a_path_for_a_library, "needs the library /tmp/c.so"},
        {run_path, "search path"},
        {r_path, "search path"},
        {filter, "filter"},
        {auxiliary_filter, "filter"},
        {auditor, "auditor"},
        {relocated_text, "TEXTREL"},
        {relocated_text_by_flag, "TEXTREL"},
        {another_name, "exports medina_plugin_v2"},
        {another_export, "and nothing else"},
        {no_function, "does not export the function"},
        {endless_chain, "damaged"},
    };
    struct str file = read_plugin();
    struct err err = {0};
    char *copy = malloc(file.size);
    cr_assert_eq(elf_check_code(file, &err), 0, "%s", err.message);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memcpy(copy, file.data, file.size);
        cases[i].change(copy);
        cr_expect_eq(elf_check_code((struct str){copy, file.size}, &err), ERR_INVALID, "%zu: %s", i,
                     cases[i].says);
        cr_expect(strstr(err.message, cases[i].says), "%s: %s", cases[i].says, err.message);
    }
    free(copy);
    free((void *)file.data);
}

// Judges a changed copy; whatever comes out, AddressSanitizer has looked on.
static void judge(char *bytes, size_t size)
{
    struct err err = {0};
    if (elf_check_code((struct str){bytes, size}, &err) < 0)
        cr_expect_neq(err.message[0], 0);
}

static void change_range(char *bytes, size_t size, size_t begin, size_t length)
{
    static const unsigned char masks[] = {0x01, 0x10, 0x80, 0xFF};
    for (size_t at = begin; at < begin + length && at < size; at++)
        for (size_t i = 0; i < sizeof masks; i++) {
            bytes[at] = (char)(bytes[at] ^ masks[i]);
            judge(bytes, size);
            bytes[at] = (char)(bytes[at] ^ masks[i]);
        }
}

Test(elf, code_with_any_byte_of_its_tables_changed_never_reads_outside)
{
    struct str file = read_plugin();
    struct err err = {0};
    char *bytes = (char *)file.data;
    Elf64_Ehdr header;
    memcpy(&header, bytes, sizeof header);
    size_t tables = sizeof header + (size_t)header.e_phnum * sizeof(Elf64_Phdr);
    change_range(bytes, file.size, 0, tables);
    change_range(bytes, file.size, find_segment(bytes, PT_DYNAMIC, 0)->p_offset,
                 find_segment(bytes, PT_DYNAMIC, 0)->p_filesz);
    change_range(bytes, file.size, find_dynamic(bytes, DT_GNU_HASH)->d_un.d_ptr, 64);
    change_range(bytes, file.size, find_dynamic(bytes, DT_SYMTAB)->d_un.d_ptr, 512);
    cr_expect_eq(elf_check_code(file, &err), 0, "%s", err.message);
    free(bytes);
}

Test(elf, code_cut_short_anywhere_is_judged_within_its_bytes)
{
    struct str file = read_plugin();
    for (size_t size = 0; size < file.size; size += size < 1024 ? 1 : 509) {
        char *copy = malloc(size ? size : 1);
        memcpy(copy, file.data, size);
        judge(copy, size);
        free(copy);
    }
    free((void *)file.data);
}
