/*
 * Solved problems: a folder of run files, each named by the digest of its problem, DIGEST.h5. The last row has f* and
 * |grad f|^2 there, the model is x*. A file is written beside and renamed: it is there whole or not at all.
 */
#ifndef LAC_STORE_OPTIMUM_H
#define LAC_STORE_OPTIMUM_H

#include "base/digest.h"
#include "store/run_file.h"

struct lac_optimum { /* in the arena */
    const char *path;
    const double *x; /* (d); NULL: none is stored */
    size_t d;
    double value, gradient_norm; /* f(x), |grad f(x)| */
    const char *summary;         /* JSON text */
};

/* Where they are: given, else LACONIC_OPTIMA, XDG_CACHE_HOME/laconic, HOME/.cache/laconic. */
lac_status lac_optimum_folder(const char *given, struct lac_arena *arena,
                              const char **out) LAC_MUST_CHECK;
/* Makes the folder, with those above it, and checks that it can be written to. */
lac_status lac_optimum_prepare(const char *folder, struct lac_arena *arena) LAC_MUST_CHECK;
/* The digest of F(x_1, ..., x_n) = (1/n) sum f_i(x_i) + (lambda/(2 n)) sum |x_i - xbar|^2, from that of f. */
void lac_optimum_coupled(const char *problem, double lambda, char out[LAC_DIGEST_TEXT]);
/* That of the problem; out->x is NULL where the folder has none. A damaged file, or one of another problem, is refused
   by a sentence that names it. */
lac_status lac_optimum_find(const char *folder, const char *problem, struct lac_optimum *out,
                            struct lac_arena *arena) LAC_MUST_CHECK;
/* Stores it in place of what is there; the problem is that of info. */
lac_status lac_optimum_store(const char *folder, const struct lac_run_info *info,
                             const struct lac_row *row, const char *summary, const double *x,
                             size_t d, struct lac_arena *arena) LAC_MUST_CHECK;

#endif
