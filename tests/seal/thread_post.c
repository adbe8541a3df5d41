#include "thread_post.h"

#include <string.h>

uint32_t lac_post_rank(const struct lac_post *p)
{
    return p->rank;
}

uint32_t lac_post_ranks(const struct lac_post *p)
{
    (void)p;
    return THREAD_RANKS;
}

lac_status lac_post_expect(struct lac_post *p, const struct lac_blocks *blocks)
{
    p->blocks = *blocks;
    return LAC_OK;
}

/* All have sent theirs when this returns. */
lac_status lac_post_block(struct lac_post *p, const unsigned char *frame, size_t count)
{
    if (p->met) {
        return LAC_OK;
    }
    if (count > THREAD_FRAME) {
        return LAC_FAIL(LAC_E_MEMORY, "a frame of %zu bytes", count);
    }
    memcpy(p->office->frame[p->rank], frame, count);
    p->office->count[p->rank] = count;
    (void)pthread_barrier_wait(&p->office->all);
    return LAC_OK;
}

lac_status lac_post_take(struct lac_post *p, size_t i, uint32_t watched, bool any, size_t *count,
                         bool *letter)
{
    uint32_t origin = p->blocks.origin[i];
    (void)watched, (void)any;
    *count = p->office->count[origin];
    *letter = false;
    memcpy(p->blocks.slots + i * p->blocks.slot_bytes, p->office->frame[origin], *count);
    if (i + 1 == p->blocks.count) { /* nobody sends the next before all have read this one */
        (void)pthread_barrier_wait(&p->office->all);
    }
    return LAC_OK;
}

void lac_post_forget(struct lac_post *p)
{
    p->blocks.count = 0;
}

void lac_post_agreed(struct lac_post *p)
{
    p->met = true;
}

lac_status lac_post_letter(struct lac_post *p, uint32_t to, const unsigned char *frame,
                           size_t count)
{
    (void)p, (void)to, (void)frame, (void)count;
    return LAC_OK;
}

lac_status lac_post_read(struct lac_post *p, uint32_t from, size_t most, unsigned char **frame,
                         size_t *count)
{
    (void)p, (void)most, (void)frame, (void)count;
    return LAC_FAIL(LAC_E_PROTOCOL, "no letter of rank %u is ever read", from);
}

size_t lac_post_here(const struct lac_post *p, size_t i)
{
    (void)p, (void)i;
    return 0;
}

lac_status lac_post_look(struct lac_post *p)
{
    (void)p;
    return LAC_OK;
}

lac_status lac_post_settle(struct lac_post *p)
{
    (void)p;
    return LAC_OK;
}

bool lac_post_idle(struct lac_post *p)
{
    (void)p;
    return true;
}

lac_status lac_post_room(struct lac_post *p, size_t expected, size_t sent, size_t longest,
                         struct lac_arena *a)
{
    (void)p, (void)expected, (void)sent, (void)longest, (void)a;
    return LAC_OK;
}

void lac_post_part_ways(struct lac_post *p)
{
    (void)p;
}
