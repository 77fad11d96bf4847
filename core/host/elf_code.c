// SPDX-License-Identifier: Apache-2.0
//
// The rules for a plugin's code, checked over the same structures that glibc's dynamic loader reads
// when it maps the file: PT_LOAD segments, then addresses in them. Segments must lie on pages of
// their own, in order, or what the loader finds at an address could differ from what is read here.

#include "host/elf.h"

#include <elf.h>

enum { MOST_SEGMENTS = 32, MOST_DYNAMIC = 512, MOST_SYMBOLS = 100000, PAGE = 4096 };

#if defined(__x86_64__)
enum { MACHINE = EM_X86_64 };
static const char machine_name[] = "x86-64";
#elif defined(__aarch64__)
enum { MACHINE = EM_AARCH64 };
static const char machine_name[] = "aarch64";
#endif

struct image {
    struct str file;
    Elf64_Phdr segments[MOST_SEGMENTS];
    unsigned count;
    struct str dynamic; // entries up to DT_NULL
    struct str strings; // DT_STRTAB
};

static bool inside(uint64_t whole, uint64_t offset, uint64_t size)
{
    return offset <= whole && size <= whole - offset;
}

// ---- the file's head ----

static int read_segments(struct image *image, struct err *err)
{
    Elf64_Ehdr header;
    struct str file = image->file;
    if (file.size < sizeof header)
        return err_set(err, ERR_INVALID, "not a shared object: too short");
    memcpy(&header, file.data, sizeof header);
    if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
        header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_type != ET_DYN)
        return err_set(err, ERR_INVALID, "not a 64-bit little-endian shared object");
    if (header.e_machine != MACHINE)
        return err_set(err, ERR_INVALID, "it is built for another machine; build it for %s",
                       machine_name);
    if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum > MOST_SEGMENTS ||
        !inside(file.size, header.e_phoff, (uint64_t)header.e_phnum * sizeof(Elf64_Phdr)))
        return err_set(err, ERR_INVALID, "the table of segments is damaged");
    image->count = header.e_phnum;
    if (image->count)
        memcpy(image->segments, file.data + header.e_phoff, image->count * sizeof(Elf64_Phdr));
    return 0;
}

// The one segment of that type; NULL when there is none or more.
static const Elf64_Phdr *only_segment(const struct image *image, uint32_t type)
{
    const Elf64_Phdr *found = NULL;
    for (unsigned i = 0; i < image->count; i++) {
        if (image->segments[i].p_type != type)
            continue;
        if (found)
            return NULL;
        found = &image->segments[i];
    }
    return found;
}

// ---- memory ----

static int check_load(const Elf64_Phdr *segment, size_t file_size, struct err *err)
{
    uint64_t align = segment->p_align;
    if (!inside(file_size, segment->p_offset, segment->p_filesz) ||
        segment->p_filesz > segment->p_memsz || segment->p_vaddr > INT64_MAX / 2 ||
        segment->p_memsz > INT64_MAX / 2)
        return err_set(err, ERR_INVALID, "a segment lies outside the file");
    if (align < PAGE || (align & (align - 1)) || (segment->p_vaddr - segment->p_offset) % align)
        return err_set(err, ERR_INVALID, "a segment does not lie on pages");
    if ((segment->p_flags & PF_W) && (segment->p_flags & PF_X))
        return err_set(err, ERR_INVALID,
                       "a segment is both writable and executable; link with -Wl,-z,separate-code "
                       "and without -N");
    return 0;
}

static int check_memory(const struct image *image, struct err *err)
{
    uint64_t end = 0;
    bool any = false;
    for (unsigned i = 0; i < image->count; i++) {
        const Elf64_Phdr *segment = &image->segments[i];
        if (segment->p_type != PT_LOAD)
            continue;
        int rc = check_load(segment, image->file.size, err);
        if (rc < 0)
            return rc;
        if (any && segment->p_vaddr / PAGE * PAGE < end)
            return err_set(err, ERR_INVALID, "segments overlap, or are out of order");
        end = (segment->p_vaddr + segment->p_memsz + PAGE - 1) / PAGE * PAGE;
        any = true;
    }
    const Elf64_Phdr *stack = only_segment(image, PT_GNU_STACK);
    if (!any)
        return err_set(err, ERR_INVALID, "it has nothing to load");
    if (!stack || (stack->p_flags & PF_X))
        return err_set(err, ERR_INVALID,
                       "it asks for an executable stack; link with -Wl,-z,noexecstack and mark "
                       "assembly with .note.GNU-stack");
    return 0;
}

// The bytes of the file that the loader will have at an address, to the end of their segment.
static bool at_address(const struct image *image, uint64_t address, struct str *out)
{
    for (unsigned i = 0; i < image->count; i++) {
        const Elf64_Phdr *segment = &image->segments[i];
        if (segment->p_type != PT_LOAD || address < segment->p_vaddr ||
            address - segment->p_vaddr >= segment->p_filesz)
            continue;
        uint64_t skip = address - segment->p_vaddr;
        *out = (struct str){image->file.data + segment->p_offset + skip, segment->p_filesz - skip};
        return true;
    }
    return false;
}

// ---- the dynamic table ----

static Elf64_Dyn dynamic_at(const struct image *image, size_t index)
{
    Elf64_Dyn entry;
    memcpy(&entry, image->dynamic.data + index * sizeof entry, sizeof entry);
    return entry;
}

static size_t dynamic_count(const struct image *image)
{
    return image->dynamic.size / sizeof(Elf64_Dyn);
}

// The value of an entry; the last one counts, as it does for the loader.
static bool dynamic_value(const struct image *image, int64_t tag, uint64_t *value)
{
    bool found = false;
    for (size_t i = 0; i < dynamic_count(image); i++) {
        Elf64_Dyn entry = dynamic_at(image, i);
        if (entry.d_tag == tag) {
            *value = entry.d_un.d_val;
            found = true;
        }
    }
    return found;
}

static int read_dynamic(struct image *image, struct err *err)
{
    const Elf64_Phdr *segment = only_segment(image, PT_DYNAMIC);
    struct str table;
    if (!segment || !at_address(image, segment->p_vaddr, &table))
        return err_set(err, ERR_INVALID, "it has no dynamic table");
    size_t most = table.size / sizeof(Elf64_Dyn);
    for (size_t i = 0; i < most && i < MOST_DYNAMIC; i++) {
        image->dynamic = (struct str){table.data, (i + 1) * sizeof(Elf64_Dyn)};
        if (dynamic_at(image, i).d_tag == DT_NULL)
            break;
    }
    size_t count = dynamic_count(image);
    if (count == 0 || dynamic_at(image, count - 1).d_tag != DT_NULL)
        return err_set(err, ERR_INVALID, "the dynamic table has no end");
    uint64_t address, size;
    if (!dynamic_value(image, DT_STRTAB, &address) || !dynamic_value(image, DT_STRSZ, &size) ||
        !at_address(image, address, &image->strings) || size > image->strings.size || size == 0)
        return err_set(err, ERR_INVALID, "the dynamic strings are damaged");
    image->strings.size = size;
    if (image->strings.data[size - 1])
        return err_set(err, ERR_INVALID, "the dynamic strings are damaged");
    return 0;
}

// NULL when the offset is not one of a string; strings end within the table.
static const char *string_at(const struct image *image, uint64_t offset)
{
    return offset < image->strings.size ? image->strings.data + offset : NULL;
}

static bool library_is_allowed(const char *name)
{
    static const char *const allowed[] = {"libc.so.6", "libm.so.6",
#ifdef MEDINA_SANITIZED // the runner of such a build is made of them too
                                          "libasan.so.8", "libubsan.so.1", "libtsan.so.2"
#endif
    };
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        if (strcmp(name, allowed[i]) == 0)
            return true;
    return false;
}

// What else would have the loader bring in code or look for it elsewhere.
static const char *forbidden_entry(const Elf64_Dyn *entry)
{
    switch (entry->d_tag) {
    case DT_RPATH:
    case DT_RUNPATH:
        return "brings a search path of its own (RPATH or RUNPATH)";
    case DT_AUXILIARY:
    case DT_FILTER:
        return "names a filter library";
    case DT_AUDIT:
    case DT_DEPAUDIT:
        return "names an auditor of the loader";
    case DT_TEXTREL:
        return "has text that is changed when it is loaded (TEXTREL); build it with -fPIC";
    case DT_FLAGS:
        return entry->d_un.d_val & DF_TEXTREL
                   ? "has text that is changed when it is loaded (TEXTREL); build it with -fPIC"
                   : NULL;
    default:
        return NULL;
    }
}

static int check_dynamic(const struct image *image, struct err *err)
{
    for (size_t i = 0; i < dynamic_count(image); i++) {
        Elf64_Dyn entry = dynamic_at(image, i);
        const char *forbidden = forbidden_entry(&entry);
        if (forbidden)
            return err_set(err, ERR_INVALID, "the file %s, which a plugin may not", forbidden);
        if (entry.d_tag != DT_NEEDED)
            continue;
        const char *name = string_at(image, entry.d_un.d_val);
        if (!name)
            return err_set(err, ERR_INVALID, "the name of a needed library is damaged");
        if (!library_is_allowed(name))
            return err_set(err, ERR_INVALID,
                           "it needs the library %.100s; a plugin needs libc.so.6 and libm.so.6 "
                           "only: link anything else statically, with hidden symbols",
                           name);
    }
    return 0;
}

// ---- exported symbols ----

static bool word_at(struct str table, uint64_t index, uint32_t *word)
{
    if (!inside(table.size, 0, (index + 1) * sizeof *word))
        return false;
    memcpy(word, table.data + index * sizeof *word, sizeof *word);
    return true;
}

// DT_GNU_HASH: four words, a Bloom filter of 64-bit words, buckets, chains. The symbols that can be
// found end with the chain of the highest bucket.
static bool count_by_gnu_hash(struct str table, uint64_t *count)
{
    uint32_t buckets, first, filters, start, last = 0, word = 0;
    if (!word_at(table, 0, &buckets) || !word_at(table, 1, &first) || !word_at(table, 2, &filters))
        return false;
    uint64_t bucket_at = 4 + 2 * (uint64_t)filters;
    for (uint64_t i = 0; i < buckets; i++) {
        if (!word_at(table, bucket_at + i, &start))
            return false;
        last = start > last ? start : last;
    }
    *count = first;
    if (last == 0)
        return true;
    if (last < first)
        return false;
    uint64_t at = last;
    do {
        if (!word_at(table, bucket_at + buckets + (at - first), &word))
            return false;
        at++;
    } while (!(word & 1));
    *count = at;
    return true;
}

static int count_symbols(const struct image *image, uint64_t *count, struct err *err)
{
    uint64_t address, by_gnu = 0;
    uint32_t by_hash = 0;
    struct str table;
    bool good = true, any = false;
    if (dynamic_value(image, DT_GNU_HASH, &address)) {
        good = at_address(image, address, &table) && count_by_gnu_hash(table, &by_gnu);
        any = true;
    }
    if (good && dynamic_value(image, DT_HASH, &address)) {
        good = at_address(image, address, &table) && word_at(table, 1, &by_hash);
        any = true;
    }
    *count = by_gnu > by_hash ? by_gnu : by_hash;
    if (good && any && *count <= MOST_SYMBOLS)
        return 0;
    return err_set(err, ERR_INVALID, "the table of dynamic symbols is damaged");
}

static bool is_exported(const Elf64_Sym *symbol)
{
    return symbol->st_shndx != SHN_UNDEF && ELF64_ST_BIND(symbol->st_info) != STB_LOCAL;
}

static int check_exports(const struct image *image, struct err *err)
{
    static const char entry[] = "medina_plugin_v1";
    uint64_t address, count;
    struct str table;
    bool found = false;
    int rc = count_symbols(image, &count, err);
    if (rc < 0)
        return rc;
    if (!dynamic_value(image, DT_SYMTAB, &address) || !at_address(image, address, &table) ||
        !inside(table.size, 0, count * sizeof(Elf64_Sym)))
        return err_set(err, ERR_INVALID, "the table of dynamic symbols is damaged");
    for (uint64_t i = 1; i < count; i++) {
        Elf64_Sym symbol;
        memcpy(&symbol, table.data + i * sizeof symbol, sizeof symbol);
        if (!is_exported(&symbol))
            continue;
        const char *name = string_at(image, symbol.st_name);
        if (!name || found || strcmp(name, entry) != 0)
            return err_set(err, ERR_INVALID,
                           "it exports %.100s; a plugin exports %s once and nothing else (link "
                           "with sdk/lib/plugin.map)",
                           name ? name : "a symbol without a name", entry);
        found = ELF64_ST_TYPE(symbol.st_info) == STT_FUNC;
    }
    return found ? 0 : err_set(err, ERR_INVALID, "it does not export the function %s", entry);
}

int elf_check_code(struct str file, struct err *err)
{
    struct image image = {.file = file};
    int rc = read_segments(&image, err);
    if (rc == 0)
        rc = check_memory(&image, err);
    if (rc == 0)
        rc = read_dynamic(&image, err);
    if (rc == 0)
        rc = check_dynamic(&image, err);
    return rc < 0 ? rc : check_exports(&image, err);
}
