// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_PORTAL_DEVICE_H
#define MEDINA_PORTAL_DEVICE_H

#include "auth/session.h"

// What a browser is called in the list of devices: "Chrome on Android", from its User-Agent, and no
// more of that is kept. "" when neither is known. Of its own output it makes the same again.
void device_label(struct str user_agent, char out[AUTH_LABEL]);

#endif
