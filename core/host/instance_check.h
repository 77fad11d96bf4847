// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_INSTANCE_CHECK_H
#define MEDINA_HOST_INSTANCE_CHECK_H

#include "host/manifest.h"

// What an instance may be called and how it may be configured: the same for a load and for a check
// without a host.

// ERR_INVALID when the name is malformed or one of the gateway's own (/v1/payments …).
int instance_check_name(const char *name, struct err *err);

// ERR_INVALID ("configuration/backend_url: property … is missing") when the configuration does not
// satisfy the manifest's schema, or is not empty for a plugin that takes none.
int instance_check_configuration(const struct manifest *manifest, const json_t *configuration,
                                 struct err *err);

#endif
