// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_TESTS_PAGES_HTML_H
#define MEDINA_TESTS_PAGES_HTML_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

// A strict reader of the HTML that Medina writes, much stricter than a browser: every element is
// closed where it was opened, attributes are double-quoted and not repeated, text holds no bare <,
// > or &, ids are unique, nothing that CSP forbids (inline scripts, styles, handlers), links lead
// to known kinds of address, and no block stands in a paragraph, no form in a form, no link in a
// link.
//
// Appends the outline (tags with their attributes' names, without values and text) to *outline: two
// pages of the same structure have the same outline. ERR_INVALID names the mistake and the line.
int html_check(struct str page, struct buf *outline, struct err *err);

#endif
