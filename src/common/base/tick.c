#include "base/tick.h"

#include <stddef.h>

_Thread_local unsigned lac_ticks;
static _Thread_local void (*used)(void *context);
static _Thread_local void *context_of_used;

void lac_tick_use(void (*hook)(void *context), void *context)
{
    used = hook;
    context_of_used = context;
}

void lac_tick_now(void)
{
    if (used) {
        used(context_of_used);
    }
}
