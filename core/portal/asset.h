// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_PORTAL_ASSET_H
#define MEDINA_PORTAL_ASSET_H

#include "base/err.h"
#include "http/message.h"

// The files of build/web/assets (names with hashes, kept for ever) and build/web/root (the service
// worker, the app's manifests; looked for anew each time, by entity tag), in memory with their
// compressed forms.
struct assets;

int assets_load(struct assets **out, const char *web, struct err *err);
void assets_destroy(struct assets *assets);

// True when the path is one of them, and then the reply holds it.
bool assets_serve(const struct assets *assets, const struct http_request *request,
                  struct http_reply *reply);

#endif
