/*
 * Clients that were lost: drawn like the others, and away for ever after. They are a part of --participation:
 *
 *   nice:3,lost=4-7@12+9@15/14    clients 4 to 7 are absent from round 12 on; client 9 from round 15 on, and from the row
 *                                 of round 14 on already: it was lost after it had taken part, and before it was evaluated
 *
 * So a run that lost clients is written as one that loses them again (--participation trace:RUN reads this from a run file).
 */
#ifndef LAC_METHOD_ABSENCE_H
#define LAC_METHOD_ABSENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"

/* Both (n); NULL: nobody is ever absent. */
struct lac_absence {
    uint64_t *round; /* the first one without the client; UINT64_MAX: it stays */
    uint64_t *row;   /* of round, or of the one before: the first one that is not of it */
};

/* Where "lost=..." stands behind a ',' or ':' in text; NULL: it does not. Nothing may follow. */
const char *lac_absence_text(const char *text);
/* Nobody absent, of n clients. */
lac_status lac_absence_open(struct lac_absence *b, uint32_t n, struct lac_arena *a) LAC_MUST_CHECK;
/* Reads what lac_absence_text found; the failure says what is wrong. */
lac_status lac_absence_read(struct lac_absence *b, const char *lost, uint32_t n,
                            struct lac_arena *a) LAC_MUST_CHECK;
/* "lost=...", into (capacity); "" where nobody is absent. The length that it has, or would have. */
size_t lac_absence_write(const struct lac_absence *b, uint32_t n, char *out, size_t capacity);

/* The clients behind `first` that are as absent as it is. */
uint32_t lac_absence_run(const struct lac_absence *b, uint32_t n, uint32_t first);
bool lac_is_absent(const struct lac_absence *b, uint32_t client, uint64_t round);
/* Whether the row of a round is without it. */
bool lac_is_uncounted(const struct lac_absence *b, uint32_t client, uint64_t round);
/* Clients that the row of a round is of. */
uint32_t lac_counted(const struct lac_absence *b, uint32_t n, uint64_t round);

#endif
