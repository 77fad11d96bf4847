// SPDX-License-Identifier: Apache-2.0
#include "store/turn.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum byte { NEXT, TURN };

int turn_open(struct turn *turn, const char *database, struct err *err)
{
    struct buf path = {0};
    buf_printf(&path, "%s-turn", database);
    turn->fd = open(path.data, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int status = turn->fd < 0 ? err_set(err, ERR_IO, "%s: %m", path.data) : 0;
    buf_finish(&path);
    return status;
}

void turn_close(struct turn *turn)
{
    if (turn->fd >= 0)
        close(turn->fd);
    turn->fd = -1;
}

void turn_share(struct turn *turn, bool shared)
{
    atomic_store(&turn->shared, shared);
}

// A lock that the kernel does not give (no memory for it) is done without: see turn.h.
static void set_lock(const struct turn *turn, enum byte byte, short type)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    while (fcntl(turn->fd, F_OFD_SETLKW, &lock) != 0 && errno == EINTR)
        ;
}

void turn_take(struct turn *turn)
{
    if (!atomic_load_explicit(&turn->shared, memory_order_relaxed))
        return;
    set_lock(turn, NEXT, F_WRLCK);
    set_lock(turn, TURN, F_WRLCK);
    set_lock(turn, NEXT, F_UNLCK);
    turn->held = true;
}

void turn_give(struct turn *turn)
{
    if (!turn->held)
        return;
    set_lock(turn, TURN, F_UNLCK);
    turn->held = false;
}
