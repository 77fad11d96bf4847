// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HTTP_MULTIPART_H
#define MEDINA_HTTP_MULTIPART_H

#include "base/str.h"

#include <stdbool.h>

// A form with files as a browser sends it: multipart/form-data (RFC 7578; the framing is RFC 2046
// section 5.1). The whole body is there; parts are spans of it, nothing is copied. Parts within
// parts and transfer encodings, which browsers do not send, are refused.

struct multipart {
    struct str rest;
    struct str boundary;
};

struct multipart_part {
    struct str name;
    struct str filename; // data NULL when the part is no file; empty when none was chosen
    struct str type;     // its Content-Type; empty when it has none
    struct str body;
};

// Whether this is a body of that type, with a boundary.
bool multipart_is(struct str content_type);

// False when the body does not begin as it should.
bool multipart_begin(struct multipart *multipart, struct str content_type, struct str body);

// 1: a part; 0: that was the last; -1: malformed.
int multipart_next(struct multipart *multipart, struct multipart_part *part);

#endif
