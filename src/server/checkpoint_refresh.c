/* The lock of a folder is refreshed by a thread: a round, or the set-up, may take longer than a lock stays fresh. */
#include "server/checkpoint_refresh.h"

#include <time.h>

enum { REFRESH_EVERY = 60 }; /* seconds */

static void *refresh(void *survival)
{
    struct lac_survival *v = survival;
    pthread_mutex_lock(&v->mutex);
    while (!v->is_over) {
        struct timespec next;
        clock_gettime(CLOCK_REALTIME, &next);
        next.tv_sec += REFRESH_EVERY;
        pthread_cond_timedwait(&v->over, &v->mutex, &next);
        if (!v->is_over) {
            lac_checkpoints_refresh(v->folder);
        }
    }
    pthread_mutex_unlock(&v->mutex);
    return NULL;
}

void lac_refresh_begin(struct lac_survival *v)
{
    pthread_mutex_init(&v->mutex, NULL);
    pthread_cond_init(&v->over, NULL);
    v->is_over = false;
    v->refreshes = pthread_create(&v->refresher, NULL, refresh, v) == 0;
}

void lac_refresh_end(struct lac_survival *v)
{
    if (!v->refreshes) {
        return;
    }
    pthread_mutex_lock(&v->mutex);
    v->is_over = true;
    pthread_cond_signal(&v->over);
    pthread_mutex_unlock(&v->mutex);
    pthread_join(v->refresher, NULL);
    pthread_cond_destroy(&v->over);
    pthread_mutex_destroy(&v->mutex);
    v->refreshes = false;
}
