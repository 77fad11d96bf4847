// SPDX-License-Identifier: Apache-2.0
#include "host/registry.h"

#include "base/log.h"

void crew_join(struct crew *crew)
{
    if (crew->count++ == 0)
        signal_init(&crew->empty);
}

void crew_leave(struct crew *crew)
{
    if (--crew->count == 0)
        signal_raise(&crew->empty);
}

int crew_spawn(struct crew *crew, struct loop *loop, void (*function)(void *argument),
               void *argument)
{
    if (task_spawn(loop, function, argument) != 0) {
        log_line(LOG_LEVEL_ERROR, "host", "no memory for a task of the registry");
        return -1;
    }
    crew_join(crew);
    return 0;
}

void crew_await(struct crew *crew)
{
    if (crew->count)
        signal_wait(&crew->empty, TASK_NO_DEADLINE);
}
