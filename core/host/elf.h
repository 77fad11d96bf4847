// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_ELF_H
#define MEDINA_HOST_ELF_H

#include "base/err.h"
#include "base/str.h"

// Reads sections of a shared object's bytes without executing or mapping any of it (ELF-64,
// System V ABI chapter 4). Every offset and size in the file is checked before it is used.

// The contents of the section of that name, borrowed from file. ERR_NOT_FOUND when there is none,
// ERR_INVALID when the file is no little-endian 64-bit shared object or lies about its layout.
int elf_section(struct str file, const char *name, struct str *contents, struct err *err);

#endif
