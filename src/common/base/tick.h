/*
 * Long work calls lac_tick() now and then, from blocks of at least a microsecond: who waits for this rank hears in between
 * that it lives. The hook is of the thread that set it; what other threads do ticks for nobody.
 */
#ifndef LAC_BASE_TICK_H
#define LAC_BASE_TICK_H

enum { LAC_TICKS_BETWEEN = 16 };

extern _Thread_local unsigned lac_ticks;

/* NULL: nobody wants to know. */
void lac_tick_use(void (*hook)(void *context), void *context);
/* Calls the hook. */
void lac_tick_now(void);

static inline void lac_tick(void)
{
    if (++lac_ticks % LAC_TICKS_BETWEEN == 0) {
        lac_tick_now();
    }
}

#endif
