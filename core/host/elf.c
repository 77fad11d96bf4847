// SPDX-License-Identifier: Apache-2.0
#include "host/elf.h"

#include <elf.h>

static bool inside(struct str file, uint64_t offset, uint64_t size)
{
    return offset <= file.size && size <= file.size - offset;
}

static int read_header(struct str file, Elf64_Ehdr *header, struct err *err)
{
    if (file.size < sizeof *header)
        return err_set(err, ERR_INVALID, "not a shared object: too short");
    memcpy(header, file.data, sizeof *header);
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return err_set(err, ERR_INVALID, "not a shared object (no ELF header)");
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
        header->e_type != ET_DYN)
        return err_set(err, ERR_INVALID, "not a 64-bit little-endian shared object");
    if (header->e_shentsize != sizeof(Elf64_Shdr) ||
        !inside(file, header->e_shoff, (uint64_t)header->e_shnum * sizeof(Elf64_Shdr)) ||
        header->e_shstrndx >= header->e_shnum)
        return err_set(err, ERR_INVALID, "the section table is damaged");
    return 0;
}

static Elf64_Shdr section_at(struct str file, const Elf64_Ehdr *header, unsigned index)
{
    Elf64_Shdr section;
    memcpy(&section, file.data + header->e_shoff + index * sizeof section, sizeof section);
    return section;
}

// Whether the NUL-terminated name at that offset of the string table is the wanted one.
static bool is_named(struct str names, uint32_t offset, const char *name)
{
    size_t size = strlen(name) + 1;
    return inside(names, offset, size) && memcmp(names.data + offset, name, size) == 0;
}

int elf_section(struct str file, const char *name, struct str *contents, struct err *err)
{
    Elf64_Ehdr header;
    int rc = read_header(file, &header, err);
    if (rc < 0)
        return rc;
    Elf64_Shdr names_section = section_at(file, &header, header.e_shstrndx);
    if (!inside(file, names_section.sh_offset, names_section.sh_size))
        return err_set(err, ERR_INVALID, "the section names are damaged");
    struct str names = {file.data + names_section.sh_offset, names_section.sh_size};
    for (unsigned i = 0; i < header.e_shnum; i++) {
        Elf64_Shdr section = section_at(file, &header, i);
        if (!is_named(names, section.sh_name, name))
            continue;
        if (section.sh_type == SHT_NOBITS || !inside(file, section.sh_offset, section.sh_size))
            return err_set(err, ERR_INVALID, "section %s is damaged", name);
        *contents = (struct str){file.data + section.sh_offset, section.sh_size};
        return 0;
    }
    return err_set(err, ERR_NOT_FOUND, "there is no section %s", name);
}
