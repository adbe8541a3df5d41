/* Without a launcher: each run is a process forked from this one, so many at a time. */
#include "command/pool.h"
#include "command/tune_parts.h"

struct jobs {
    struct lac_tune *tune;
    struct lac_pool pool; /* its word: the step was refused */
    size_t next;
};

static lac_status run_here(void *context, size_t r, int *refused)
{
    struct lac_tune *t = context;
    struct lac_arena arena = {0};
    lac_status status =
        lac_tune_after(&t->run[r], lac_train_solo(&t->run[r].config, r == 0, &arena));
    *refused = t->run[r].refused;
    return status;
}

static lac_status start_next(void *jobs)
{
    struct jobs *j = jobs;
    struct lac_tune *t = j->tune;
    for (; j->next < t->count && j->pool.running < t->jobs; j->next++) {
        if (!t->run[j->next].kept) {
            LAC_TRY(lac_pool_start(&j->pool, j->next, run_here, t));
        }
    }
    return LAC_OK;
}

static lac_status wait_for_one(void *jobs)
{
    struct jobs *j = jobs;
    struct lac_pool_event event;
    LAC_TRY(lac_pool_wait(&j->pool, 60.0, &event));
    if (event.job == j->tune->count) {
        return LAC_OK;
    }
    struct lac_tune_run *run = &j->tune->run[event.job];
    LAC_TRY(lac_pool_status(&j->pool, &event, run->config.out));
    run->refused = j->pool.note[event.job].word;
    lac_tune_print_progress(j->tune, run);
    return LAC_OK;
}

lac_status lac_tune_solo(struct lac_tune *t)
{
    struct jobs j = {.tune = t};
    LAC_TRY(lac_pool_open(&j.pool, t->count, false, t->arena));
    lac_status status = lac_pool_run(&j.pool, start_next, wait_for_one, &j);
    lac_pool_close(&j.pool);
    return status;
}
