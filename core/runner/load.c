// SPDX-License-Identifier: Apache-2.0
#include "runner/load.h"

#include <dlfcn.h>
#include <stdio.h>

static int check(const struct medina_plugin *plugin, struct err *err)
{
    if (!plugin || plugin->magic != MEDINA_ABI_MAGIC)
        return err_set(err, ERR_INVALID, "%s does not return a plugin", MEDINA_ENTRY_SYMBOL);
    if (plugin->major != MEDINA_ABI_MAJOR || plugin->size < sizeof *plugin)
        return err_set(err, ERR_INVALID, "plugin interface version %u; this host speaks %u",
                       plugin->major, MEDINA_ABI_MAJOR);
    if (!plugin->start || !plugin->call || !plugin->cancel || !plugin->answered ||
        !plugin->take_data || !plugin->stop || !plugin->get_extension)
        return err_set(err, ERR_INVALID, "the plugin's function table has a gap");
    return 0;
}

int load_plugin(int fd, const struct medina_plugin **plugin, struct err *err)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return err_set(err, ERR_INVALID, "the file does not load: %s", dlerror());
    medina_entry *entry;
    *(void **)&entry = dlsym(library, MEDINA_ENTRY_SYMBOL);
    if (!entry)
        return err_set(err, ERR_INVALID, "the file has no %s", MEDINA_ENTRY_SYMBOL);
    *plugin = entry();
    return check(*plugin, err);
}
