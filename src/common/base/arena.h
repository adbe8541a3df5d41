/*
 * All run-time memory: filled during set-up, sealed before the first round, freed by one call.
 * Nothing that lives in an arena is freed alone, so LAC_TRY is right wherever only memory is held.
 */
#ifndef LAC_BASE_ARENA_H
#define LAC_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

struct lac_arena_block;

struct lac_arena {
    struct lac_arena_block *first;
    size_t bytes; /* handed out so far */
    bool sealed;
};

/* A zeroed struct lac_arena is ready for use. */

/* Zeroed memory of count * size bytes, aligned to 64, in the arena; written to *out on LAC_OK. */
lac_status lac_arena_array(struct lac_arena *a, size_t count, size_t size,
                           void *out) LAC_MUST_CHECK;
#define LAC_NEW(arena, count, out) lac_arena_array((arena), (count), sizeof **(out), (out))

/* A copy of the text, in the arena. */
lac_status lac_arena_text(struct lac_arena *a, const char *text, const char **out) LAC_MUST_CHECK;
/* What printf would print, in the arena; *out may be among the arguments. */
lac_status lac_arena_print(struct lac_arena *a, const char **out, const char *format, ...)
    __attribute__((format(printf, 3, 4))) LAC_MUST_CHECK;

/* After this, lac_arena_array is a bug: the round loop allocates nothing. */
void lac_arena_seal(struct lac_arena *a);
void lac_arena_free(struct lac_arena *a);

#endif
