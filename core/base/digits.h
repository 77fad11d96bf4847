// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_BASE_DIGITS_H
#define MEDINA_BASE_DIGITS_H

#include "base/buf.h"
#include "base/str.h"

// Appends the text with ASCII digits for Arabic-Indic (U+0660…) and Eastern Arabic-Indic (U+06F0…)
// ones and a point for the Arabic decimal separator (U+066B); everything else stays. People type
// numbers in either numerals; programs read one.
void digits_fold(struct buf *out, struct str text);

#endif
