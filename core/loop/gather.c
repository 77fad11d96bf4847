// SPDX-License-Identifier: Apache-2.0
#include "loop/gather.h"

#include "base/mem.h"
#include "loop/task.h"

#include <stdlib.h>

struct gathering {
    void (*function)(void *context, size_t index);
    void *context;
    size_t missing;
    struct signal all;
};

struct part {
    struct gathering *gathering;
    size_t index;
};

static void run_part(void *argument)
{
    struct part *part = argument;
    struct gathering *gathering = part->gathering;
    gathering->function(gathering->context, part->index);
    if (--gathering->missing == 0)
        signal_raise(&gathering->all);
}

void gather(size_t count, void (*function)(void *context, size_t index), void *context)
{
    struct gathering gathering = {function, context, count, {0}};
    if (count <= 1 || !task_running()) {
        for (size_t i = 0; i < count; i++)
            function(context, i);
        return;
    }
    struct part *parts = mem_zero(count, sizeof *parts);
    signal_init(&gathering.all);
    for (size_t i = 0; i < count; i++) {
        parts[i] = (struct part){&gathering, i};
        if (task_spawn(task_loop(), run_part, &parts[i]) != 0) {
            function(context, i);
            gathering.missing--;
        }
    }
    if (gathering.missing)
        signal_wait(&gathering.all, TASK_NO_DEADLINE);
    free(parts);
}
