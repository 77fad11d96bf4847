// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_ELF_H
#define MEDINA_HOST_ELF_H

#include "base/err.h"
#include "base/str.h"

// Reads a shared object's bytes without executing or mapping any of it (ELF-64, System V ABI
// chapters 4 and 5). Every offset and size in the file is checked before it is used.

// The contents of the section of that name, borrowed from file. ERR_NOT_FOUND when there is none,
// ERR_INVALID when the file is no little-endian 64-bit shared object or lies about its layout.
int elf_section(struct str file, const char *name, struct str *contents, struct err *err);

// What a plugin's code may be, judged by what the dynamic loader would go by (program headers and
// the dynamic table, never sections, which it does not look at):
//   for this machine; needs libc.so.6 and libm.so.6 and nothing else; brings no search path, filter
//   or auditor; exports medina_plugin_v1 and nothing else; no memory that is writable and
//   executable, neither a segment, nor text that is relocated, nor the stack.
// ERR_INVALID says which rule is broken, and by what.
int elf_check_code(struct str file, struct err *err);

#endif
