// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_RUNNER_LOAD_H
#define MEDINA_RUNNER_LOAD_H

#include "base/err.h"

#include <medina/abi.h>

// Loads the plugin that stands behind descriptor fd and checks its entry, interface version and
// function table. *plugin belongs to the loaded file and is never unloaded.
int load_plugin(int fd, const struct medina_plugin **plugin, struct err *err);

#endif
