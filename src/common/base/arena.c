#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

enum { ALIGNMENT = 64, BLOCK_BYTES = 1 << 20, HUGE_PAGE = 2 << 20 };

struct lac_arena_block {
    struct lac_arena_block *next;
    size_t used, size; /* of data, in bytes */
    unsigned char *data;
};

/* Long vectors get pages of 2 MB where the system has them: scattered entries then cost a third less,
   since their pages' addresses need no look-up of their own. */
static void *new_data(size_t *size)
{
    if (*size < 2 * HUGE_PAGE) {
        return aligned_alloc(ALIGNMENT, *size);
    }
    if (*size > SIZE_MAX - HUGE_PAGE) {
        return NULL;
    }
    *size = (*size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    void *data = aligned_alloc(HUGE_PAGE, *size);
#ifdef MADV_HUGEPAGE
    if (data) {
        (void)madvise(data, *size, MADV_HUGEPAGE); /* a wish: refusal changes nothing */
    }
#endif
    return data;
}

static struct lac_arena_block *new_block(size_t bytes)
{
    size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
    struct lac_arena_block *block = malloc(sizeof *block);
    unsigned char *data = new_data(&size);
    if (!block || !data) {
        free(block);
        free(data);
        return NULL;
    }
    *block = (struct lac_arena_block){.size = size, .data = data};
    return block;
}

lac_status lac_arena_array(struct lac_arena *a, size_t count, size_t size, void *out)
{
    LAC_ASSERT(!a->sealed);
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX - ALIGNMENT) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory: %zu items of %zu bytes", count, size);
    }
    bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct lac_arena_block *block = a->first;
    if (!block || block->size - block->used < bytes) {
        block = new_block(bytes);
        if (!block) {
            return LAC_FAIL(LAC_E_MEMORY, "out of memory: %zu bytes more than %zu", bytes,
                            a->bytes);
        }
        block->next = a->first;
        a->first = block;
    }
    void *p = block->data + block->used;
    memset(p, 0, bytes);
    block->used += bytes;
    a->bytes += bytes;
    memcpy(out, &p, sizeof p);
    return LAC_OK;
}

lac_status lac_arena_text(struct lac_arena *a, const char *text, const char **out)
{
    size_t bytes = strlen(text) + 1;
    char *copy;
    LAC_TRY(LAC_NEW(a, bytes, &copy));
    memcpy(copy, text, bytes);
    *out = copy;
    return LAC_OK;
}

void lac_arena_seal(struct lac_arena *a)
{
    a->sealed = true;
}

void lac_arena_free(struct lac_arena *a)
{
    while (a->first) {
        struct lac_arena_block *block = a->first;
        a->first = block->next;
        free(block->data);
        free(block);
    }
    *a = (struct lac_arena){0};
}
