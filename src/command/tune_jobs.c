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

static lac_status start_next(struct jobs *j)
{
    struct lac_tune *t = j->tune;
    for (; j->next < t->count && j->pool.running < t->jobs; j->next++) {
        if (!t->run[j->next].kept) {
            LAC_TRY(lac_pool_start(&j->pool, j->next, run_here, t));
        }
    }
    return LAC_OK;
}

static lac_status wait_for_one(struct jobs *j)
{
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

/* After a failure no run is started any more, and those that go on are waited for. */
static lac_status run_all(struct jobs *j)
{
    lac_status status = start_next(j);
    char sentence[1024] = "";
    while (j->pool.running > 0) {
        if (status != LAC_OK && !*sentence) {
            snprintf(sentence, sizeof sentence, "%s", lac_failure());
        }
        lac_status waited = wait_for_one(j);
        status = status == LAC_OK ? waited : status;
        status = status == LAC_OK ? start_next(j) : status;
    }
    return *sentence ? LAC_FAIL(status, "%s", sentence) : status;
}

lac_status lac_tune_solo(struct lac_tune *t)
{
    struct jobs j = {.tune = t};
    LAC_TRY(lac_pool_open(&j.pool, t->count, false, t->arena));
    lac_status status = run_all(&j);
    lac_pool_close(&j.pool);
    return status;
}
