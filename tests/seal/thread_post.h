/*
 * Ranks of clients that are threads of one process: transport/post.h, as far as they meet. What they send each other once
 * they have met is dropped.
 */
#ifndef LAC_TESTS_THREAD_POST_H
#define LAC_TESTS_THREAD_POST_H

#include <pthread.h>

#include "transport/post.h"

enum { THREAD_RANKS = 3, THREAD_FRAME = 1024 };

struct thread_office { /* one for all ranks of a session */
    pthread_barrier_t all;
    unsigned char frame[1 + THREAD_RANKS][THREAD_FRAME];
    size_t count[1 + THREAD_RANKS];
};

struct lac_post {
    struct thread_office *office;
    uint32_t rank;
    struct lac_blocks blocks;
    bool met;
};

#endif
