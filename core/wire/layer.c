// SPDX-License-Identifier: Apache-2.0
#include "wire/layer.h"

static const char *const names[] = {"no_new_privs", "rlimits", "seccomp", "landlock",
                                    "uid",          "user",    "net",     "pid",
                                    "ipc",          "uts",     "mount"};

enum { LAYERS = sizeof names / sizeof *names };

void layer_append_names(uint32_t mask, struct buf *out)
{
    bool first = true;
    for (unsigned i = 0; i < LAYERS; i++) {
        if (!(mask & 1u << i))
            continue;
        buf_printf(out, "%s%s", first ? "" : " ", names[i]);
        first = false;
    }
    if (first)
        buf_append_text(out, "none");
}

static uint32_t bit_of(struct str name)
{
    for (unsigned i = 0; i < LAYERS; i++)
        if (str_is(name, names[i]))
            return 1u << i;
    return 0;
}

int layer_parse(struct str list, uint32_t *mask, struct err *err)
{
    *mask = 0;
    while (list.size) {
        struct str name = str_cut(&list, ' ');
        uint32_t bit = bit_of(name);
        if (name.size && !bit) {
            struct buf all = {0};
            layer_append_names((1u << LAYERS) - 1, &all);
            int rc = err_set(err, ERR_INVALID, "\"" STR_FORMAT "\" is no layer; choose from: %s",
                             STR_ARGUMENTS(name), all.data);
            buf_finish(&all);
            return rc;
        }
        *mask |= bit;
    }
    return 0;
}
