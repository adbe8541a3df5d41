/* The list of splits, and those that cut one order of all rows into equal pieces. */
#include "data/split.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

__extension__ typedef unsigned __int128 wide;

#define LAC_SPLIT(name) extern const struct lac_split lac_split_##name;
#include "data/splits.def"
#undef LAC_SPLIT

static const struct lac_split *const splits[] = {
#define LAC_SPLIT(name) &lac_split_##name,
#include "data/splits.def"
#undef LAC_SPLIT
};

enum {
#define LAC_SPLIT(name) +1
    SPLITS = 0
#include "data/splits.def"
#undef LAC_SPLIT
};

const struct lac_split *const *lac_splits(size_t *count)
{
    *count = SPLITS;
    return splits;
}

lac_status lac_split_find(const struct lac_spec *spec, const struct lac_split **out)
{
    const char *names[SPLITS];
    for (size_t i = 0; i < SPLITS; i++) {
        names[i] = splits[i]->name;
        if (strcmp(spec->name, names[i]) == 0) {
            *out = splits[i];
            return lac_spec_allow(spec, splits[i]->allowed);
        }
    }
    const char *nearest = lac_nearest(spec->name, names, SPLITS);
    if (nearest) {
        return LAC_FAIL(LAC_E_USAGE, "--split: there is no split '%s'; did you mean '%s'?",
                        spec->name, nearest);
    }
    return LAC_FAIL(LAC_E_USAGE,
                    "--split: there is no split '%s': contiguous, shuffled, sorted, "
                    "dirichlet:alpha=A or lvar",
                    spec->name);
}

lac_status lac_split_rows(const struct lac_spec *spec, uint64_t seed, uint32_t n,
                          bool drop_remainder, uint64_t rows, const double *label,
                          const double *norm_sq, uint32_t *owner)
{
    const struct lac_split *split;
    LAC_TRY(lac_split_find(spec, &split));
    if (n == 0 || n > rows) {
        return LAC_FAIL(LAC_E_INPUT, "%llu rows cannot be split between %lu clients",
                        (unsigned long long)rows, (unsigned long)n);
    }
    LAC_ASSERT(!(split->wants & LAC_WANT_LABELS) || label);
    LAC_ASSERT(!(split->wants & LAC_WANT_NORMS) || norm_sq);
    struct lac_split_job job = {spec, seed, n, drop_remainder, rows, label, norm_sq, owner};
    return split->assign(&job);
}

uint32_t lac_split_client_at(const struct lac_split_job *job, uint64_t place)
{
    if (job->drop_remainder) {
        uint64_t each = job->rows / job->n;
        return place < each * job->n ? (uint32_t)(place / each) : LAC_NO_OWNER;
    }
    /* floor(i rows/n) <= place is i rows < (place + 1) n */
    return (uint32_t)(((wide)(place + 1) * job->n - 1) / job->rows);
}

static const char *const no_keys[] = {NULL};

static lac_status contiguous_assign(const struct lac_split_job *job)
{
    for (uint64_t row = 0; row < job->rows; row++) {
        job->owner[row] = lac_split_client_at(job, row);
    }
    return LAC_OK;
}

static lac_status shuffled_assign(const struct lac_split_job *job)
{
    struct lac_permutation order;
    struct lac_stream stream = {
        .seed = job->seed, .client = LAC_SHARED, .purpose = LAC_PURPOSE_SPLIT};
    lac_permutation_init(&order, &stream, job->rows);
    for (uint64_t place = 0; place < job->rows; place++) {
        job->owner[lac_permutation_at(&order, place)] = lac_split_client_at(job, place);
    }
    return LAC_OK;
}

struct keyed {
    double key;
    uint64_t row;
};

static int compare_keyed(const void *left, const void *right)
{
    const struct keyed *a = left, *b = right;
    if (a->key != b->key) {
        return a->key < b->key ? -1 : 1;
    }
    return a->row < b->row ? -1 : a->row > b->row;
}

uint64_t *lac_split_sort(const double *key, uint64_t rows)
{
    struct keyed *all = malloc(rows * sizeof *all);
    uint64_t *order = malloc(rows * sizeof *order);
    for (uint64_t row = 0; all && row < rows; row++) {
        all[row] = (struct keyed){key[row], row};
    }
    if (all) {
        qsort(all, rows, sizeof *all, compare_keyed);
    }
    for (uint64_t place = 0; all && order && place < rows; place++) {
        order[place] = all[place].row;
    }
    if (!all) {
        free(order);
        order = NULL;
    }
    free(all);
    return order;
}

lac_status lac_split_no_memory(void)
{
    return LAC_FAIL(LAC_E_MEMORY, "out of memory while splitting the rows");
}

static lac_status sorted_assign(const struct lac_split_job *job)
{
    uint64_t *order = lac_split_sort(job->label, job->rows);
    if (!order) {
        return lac_split_no_memory();
    }
    for (uint64_t place = 0; place < job->rows; place++) {
        job->owner[order[place]] = lac_split_client_at(job, place);
    }
    free(order);
    return LAC_OK;
}

const struct lac_split lac_split_contiguous = {
    .name = "contiguous",
    .summary = "pieces of the file, in its order",
    .allowed = no_keys,
    .assign = contiguous_assign,
};

const struct lac_split lac_split_shuffled = {
    .name = "shuffled",
    .summary = "pieces of a random order",
    .allowed = no_keys,
    .assign = shuffled_assign,
};

const struct lac_split lac_split_sorted = {
    .name = "sorted",
    .summary = "pieces of the order by label: few clients see both classes",
    .wants = LAC_WANT_LABELS,
    .allowed = no_keys,
    .assign = sorted_assign,
};
