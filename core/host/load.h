// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_LOAD_H
#define MEDINA_HOST_LOAD_H

#include "host/registry.h"

// The checks of a load, before anything of the file runs.

// Of the file by itself: the instance's name, and the configuration against the plugin's schema.
int load_check(const char *name, const struct bundle *bundle, const json_t *configuration,
               struct err *err);

// Against what the instance runs: the same plugin, no trial under way, not older than what has
// served (unless a reason is given), and the contract with callers kept.
int load_check_instance(const struct instance *instance, const struct manifest *manifest,
                        const struct host_order *order, struct err *err);
int load_check_order(const struct instance *instance, const struct manifest *manifest,
                     const struct host_order *order, struct err *err);

// The version that stands for the file, added to the instance when it is new.
int load_stage(struct instance *instance, struct bundle *bundle, const json_t *configuration,
               struct version **out, struct err *err);

#endif
