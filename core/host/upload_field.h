// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_UPLOAD_FIELD_H
#define MEDINA_HOST_UPLOAD_FIELD_H

#include "host/manifest.h"

// Files among the input of an operation: a property
//
//     {"type": "string", "x-medina-file": {"accept": ["image/jpeg"], "most_bytes": 5000000}}
//
// holds the handle of a file that the host keeps (upload.h), never its bytes.

struct upload_field {
    const char *name;
    const json_t *accept; // media types, of those that upload_media knows
    size_t most_bytes;
};

// The operation's file field of that name; false when there is none. Borrowed from the manifest.
bool upload_field_find(const struct operation *operation, const char *name,
                       struct upload_field *field);

// Whether the operation takes files at all.
bool upload_field_any(const struct operation *operation);

// What the manifest's schema cannot say: a file belongs to somebody who has signed in, and to an
// operation that is not safe. index: of the operation, for the message.
int upload_field_check(const struct operation *operation, size_t index, struct err *err);

// The media type that the content is, by its first bytes; NULL for none of those that are taken:
// image/jpeg, image/png, application/pdf. What follows the first bytes is not looked at: a reader
// must not trust it.
const char *upload_media(struct str content);

// Whether the field takes this media type, parameters of it ignored.
bool upload_field_accepts(const struct upload_field *field, struct str media);

#endif
