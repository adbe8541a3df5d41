/*
 * A digest of the rows of each client, as they were loaded: shape, labels, weights, values. Ranks and files do not
 * enter, so that it is the same wherever the rows lie.
 */
#include "base/digest.h"
#include "base/tick.h"
#include "worker/worker_state.h"

enum form { DENSE, SPARSE, SPARSE_ONES };

static void add_doubles(struct lac_digest *g, const double *x, size_t count)
{
    lac_digest_add(g, x, count * sizeof *x);
}

/* Without the padding behind each row. */
static void add_dense(struct lac_digest *g, const struct lac_rows *rows)
{
    for (size_t r = 0; r < rows->m; r++) {
        lac_tick();
        add_doubles(g, rows->dense + r * rows->stride, rows->d);
    }
}

static void add_sparse(struct lac_digest *g, const struct lac_rows *rows)
{
    if (rows->m == 0) {
        return;
    }
    uint64_t stored = rows->start[rows->m];
    lac_digest_add(g, rows->start, (rows->m + 1) * sizeof *rows->start);
    lac_digest_add(g, rows->index, stored * sizeof *rows->index);
    if (rows->value) {
        add_doubles(g, rows->value, stored);
    }
}

static void digest_rows(const struct lac_rows *rows, unsigned char out[LAC_ROWS_DIGEST_BYTES])
{
    struct lac_digest g;
    enum form form = rows->dense ? DENSE : rows->value ? SPARSE : SPARSE_ONES;
    lac_digest_begin(&g, LAC_ROWS_DIGEST_BYTES);
    lac_digest_add_count(&g, rows->m);
    lac_digest_add_count(&g, rows->d);
    lac_digest_add_count(&g, rows->classes);
    lac_digest_add_count(&g, form);
    lac_digest_add_count(&g, rows->weight != NULL);
    add_doubles(&g, rows->label, rows->m);
    if (rows->weight) {
        add_doubles(&g, rows->weight, rows->m);
    }
    if (rows->dense) {
        add_dense(&g, rows);
    } else {
        add_sparse(&g, rows);
    }
    lac_digest_end(&g, out);
}

lac_status lac_worker_digest(struct lac_worker *w)
{
    if (w->digest) {
        return LAC_OK;
    }
    LAC_TRY(lac_arena_array(w->arena, (size_t)w->count + 1, LAC_ROWS_DIGEST_BYTES, &w->digest));
    for (uint32_t i = 0; i < w->count; i++) {
        digest_rows(&w->local[i].rows, w->digest + (size_t)i * LAC_ROWS_DIGEST_BYTES);
    }
    return LAC_OK;
}

static double word_of(const unsigned char digest[LAC_ROWS_DIGEST_BYTES], unsigned word)
{
    const unsigned char *bytes = digest + (size_t)word * LAC_ROWS_DIGEST_WORD_BYTES;
    uint64_t value = 0;
    for (size_t k = LAC_ROWS_DIGEST_WORD_BYTES; k > 0; k--) {
        value = value << 8 | bytes[k - 1];
    }
    return (double)value;
}

double lac_worker_digest_word(const struct lac_worker *w, uint32_t client, unsigned word)
{
    return word_of(w->digest + (size_t)(client - w->first) * LAC_ROWS_DIGEST_BYTES, word);
}

double lac_worker_test_digest_word(const struct lac_worker *w, uint32_t client)
{
    unsigned char digest[LAC_ROWS_DIGEST_BYTES];
    digest_rows(&w->track.test[client - w->first], digest);
    return word_of(digest, 0);
}
