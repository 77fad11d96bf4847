// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HTTP_FIELD_H
#define MEDINA_HTTP_FIELD_H

#include "base/str.h"

// One header field (RFC 9110 section 5), both parts borrowed.
struct http_field {
    struct str name;
    struct str value;
};

#endif
