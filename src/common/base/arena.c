#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGNMENT = 64, BLOCK_BYTES = 1 << 20, HUGE_PAGE = 2 << 20 };

struct lac_arena_block {
    struct lac_arena_block *next;
    size_t used, size;   /* of data, in bytes */
    unsigned char *data; /* zeroed */
    bool mapped;         /* by mmap, else by aligned_alloc */
};

/* Fresh pages are zeros that take no memory until they are written. Pages of 2 MB where the system has
   them: scattered entries then cost a third less, as their pages' addresses need no look-up. */
static unsigned char *map_pages(size_t size)
{
    unsigned char *all =
        mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED) {
        return NULL;
    }
    size_t before = HUGE_PAGE - (uintptr_t)all % HUGE_PAGE;
    (void)munmap(all, before);
    if (before < HUGE_PAGE) {
        (void)munmap(all + before + size, HUGE_PAGE - before);
    }
#ifdef MADV_HUGEPAGE
    (void)madvise(all + before, size, MADV_HUGEPAGE); /* a wish: refusal changes nothing */
#endif
    return all + before;
}

static void free_block(struct lac_arena_block *block)
{
    if (block->mapped) {
        (void)munmap(block->data, block->size);
    } else {
        free(block->data);
    }
    free(block);
}

static struct lac_arena_block *new_block(size_t bytes)
{
    size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
    bool mapped = size >= (size_t)2 * HUGE_PAGE;
    struct lac_arena_block *block = malloc(sizeof *block);
    unsigned char *data = NULL;
    if (mapped && size <= SIZE_MAX / 2) {
        size = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
        data = map_pages(size);
    } else if (!mapped) {
        data = aligned_alloc(ALIGNMENT, size);
    }
    if (!block || !data) {
        if (data && mapped) {
            (void)munmap(data, size);
        } else {
            free(data);
        }
        free(block);
        return NULL;
    }
    if (!mapped) {
        memset(data, 0, size);
    }
    *block = (struct lac_arena_block){.size = size, .data = data, .mapped = mapped};
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
        free_block(block);
    }
    *a = (struct lac_arena){0};
}

lac_status lac_arena_print(struct lac_arena *a, const char **out, const char *format, ...)
{
    va_list arguments, again;
    char *text;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    lac_status status = LAC_NEW(a, (size_t)length + 1, &text);
    if (status == LAC_OK) {
        vsnprintf(text, (size_t)length + 1, format, again);
        *out = text;
    }
    va_end(again);
    return status;
}
