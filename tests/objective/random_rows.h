/* Random rows in every form in which a client may hold the same matrix. */
#ifndef LAC_TESTS_RANDOM_ROWS_H
#define LAC_TESTS_RANDOM_ROWS_H

#include "base/rng.h"
#include "data/rows.h"
#include "worker/objective/objective.h"

enum { CLASSES = 3 };

enum form { DENSE, SPARSE, COLUMNS, ONES, ONES_COLUMNS, FORMS };

static const char *const form_names[FORMS] = {"dense", "sparse", "sparse by columns", "ones",
                                              "ones by columns"};

struct matrix {
    size_t m, d, stored, classes;
    double *label, *entry; /* entry (m, d); 0 is not stored */
};

static lac_status matrix_of_form(const struct matrix *a, enum form form, struct lac_rows *rows,
                                 struct lac_arena *arena)
{
    uint64_t *start;
    uint32_t *index;
    double *value, *dense;
    size_t stride = (a->d + 7) / 8 * 8, k = 0;
    *rows = (struct lac_rows){.m = a->m, .d = a->d, .classes = a->classes, .label = a->label};
    if (form == DENSE) {
        LAC_TRY(LAC_NEW(arena, a->m * stride, &dense));
        for (size_t i = 0; i < a->m * a->d; i++) {
            dense[i / a->d * stride + i % a->d] = a->entry[i];
        }
        rows->dense = dense;
        rows->stride = stride;
        return LAC_OK;
    }
    LAC_TRY(LAC_NEW(arena, a->m + 1, &start));
    LAC_TRY(LAC_NEW(arena, a->stored, &index));
    LAC_TRY(LAC_NEW(arena, a->stored, &value));
    for (size_t i = 0; i < a->m * a->d; i++) {
        if (a->entry[i] != 0.0) {
            index[k] = (uint32_t)(i % a->d);
            value[k++] = a->entry[i];
        }
        start[i / a->d + 1] = k;
    }
    rows->start = start;
    rows->index = index;
    rows->value = form == ONES || form == ONES_COLUMNS ? NULL : value;
    return form == COLUMNS || form == ONES_COLUMNS ? lac_rows_prepare(rows, arena) : LAC_OK;
}

static inline void draw(double *x, size_t d, uint16_t step, double scale)
{
    struct lac_rng r;
    lac_rng_init(&r, &(struct lac_stream){.seed = 8, .purpose = LAC_PURPOSE_TEST, .step = step});
    for (size_t j = 0; j < d; j++) {
        x[j] = scale * lac_rng_normal(&r);
    }
}

/* About one entry of three is stored, all that are coefficients, and none of every fifth row; labels
   are classes or numbers. */
static lac_status random_matrix(struct matrix *a, size_t m, size_t d, const struct lac_objective *o,
                                enum form form, struct lac_arena *arena)
{
    struct lac_rng r;
    bool ones = form == ONES || form == ONES_COLUMNS;
    *a = (struct matrix){.m = m, .d = d, .classes = o->classes ? CLASSES : 0};
    lac_rng_init(&r,
                 &(struct lac_stream){
                     .seed = 9, .round = m, .client = (uint32_t)d, .purpose = LAC_PURPOSE_TEST});
    LAC_TRY(LAC_NEW(arena, m, &a->label));
    LAC_TRY(LAC_NEW(arena, m * d, &a->entry));
    for (size_t row = 0; row < m; row++) {
        double normal = lac_rng_normal(&r);
        a->label[row] = o->classes        ? (double)lac_rng_below(&r, CLASSES)
                        : !o->two_classes ? normal
                        : normal > 0.0    ? 1.0
                                          : -1.0;
        for (size_t j = 0; j < d; j++) {
            bool stored = lac_rng_below(&r, 3) == 0;
            stored = (o->features > 0 ? j < o->features : stored) && row % 5 != 4;
            double entry = lac_rng_normal(&r);
            a->entry[row * d + j] = !stored ? 0.0 : ones ? 1.0 : entry;
            a->stored += stored;
        }
    }
    return LAC_OK;
}

#endif
