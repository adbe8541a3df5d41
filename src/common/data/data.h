/*
 * Where rows come from: LIBSVM text and generators; and which client owns which row.
 *
 * A file is scanned in stretches of whole lines, one per worker rank; the facts are merged; then each
 * rank parses and keeps the rows of its own clients. None of these functions knows MPI.
 */
#ifndef LAC_DATA_H
#define LAC_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "data/rows.h"

/* A text in memory: a mapped file, or standard input read to its end. */
struct lac_text {
    const char *name; /* for messages: the path, or "standard input" */
    const char *bytes;
    size_t size;
    bool mapped;
};

lac_status lac_text_map(struct lac_text *t, const char *path) LAC_MUST_CHECK;
lac_status lac_text_read_stdin(struct lac_text *t) LAC_MUST_CHECK;
void lac_text_close(struct lac_text *t);
/* Stretch number part of parts: about equal in bytes, cut at line ends. */
void lac_text_stretch(const struct lac_text *t, size_t part, size_t parts, size_t *begin,
                      size_t *end);

enum { LAC_WANT_LABELS = 1, LAC_WANT_NORMS = 2 };

/* What an objective makes of labels. */
enum lac_labels { LAC_NUMBERS, LAC_TWO_CLASSES, LAC_CLASSES };

static inline enum lac_labels lac_labels_of(bool two_classes, bool classes)
{
    return two_classes ? LAC_TWO_CLASSES : classes ? LAC_CLASSES : LAC_NUMBERS;
}

enum { LAC_CLASSES_MAX = 256, LAC_SCAN_LABELS };

/* What a stretch holds. Fixed size, no pointers: it travels between ranks. Lines are 1-based in the
   stretch. Blank lines at the end of the file are no rows; any other empty line is refused. */
struct lac_scan {
    uint64_t lines;     /* rows: every line is one */
    uint64_t values;    /* stored values */
    uint32_t max_index; /* 1-based; 0 where no row has a feature */
    uint32_t classes;   /* distinct labels seen; LAC_SCAN_LABELS where there are more */
    double class_label[LAC_SCAN_LABELS];  /* the first distinct labels, in the order of the file */
    uint64_t class_line[LAC_SCAN_LABELS]; /* where each stands first */
    uint64_t max_index_line;              /* where max_index stands first */
    uint64_t bad_line;                    /* the first wrong line, 0: none */
    char bad_text[192];                   /* what is wrong with it */
};

/* Parses and checks every line of text[begin, end). label and norm_sq (NULL: not wanted) get one
   number per row: the label as written, |a|^2; *label and *norm_sq are malloced, the caller frees. */
lac_status lac_scan_stretch(const struct lac_text *t, size_t begin, size_t end,
                            struct lac_scan *scan, double **label, double **norm_sq) LAC_MUST_CHECK;
/* next follows into in the file; the lowest bad line wins. */
void lac_scan_merge(struct lac_scan *into, const struct lac_scan *next);

/* What all ranks agree on before rows are kept. Fixed size, no pointers. */
struct lac_plan {
    uint64_t rows;
    uint32_t d;     /* features, the intercept included */
    uint32_t n;     /* clients */
    bool intercept; /* the last feature is 1 in every row, and not in the text */
    enum lac_labels labels;
    double positive, negative;           /* of two classes: the labels that are +1 and -1 */
    uint32_t classes;                    /* K, 0 where labels are not numbers of classes */
    double class_label[LAC_CLASSES_MAX]; /* (K) ascending: of classes 0 .. K-1 */
};

/* From the merged facts: refuses (LAC_E_INPUT, "name:line: ...") bad lines, one class only or more
   than two (LAC_CLASSES_MAX) where two (several) are needed, an empty text, n > rows, dim < the largest
   index. dim 0: from the data. */
lac_status lac_plan_make(const struct lac_scan *scan, const char *name, enum lac_labels labels,
                         uint32_t n, uint64_t dim, struct lac_plan *plan) LAC_MUST_CHECK;
/* One more feature, 1 in every row. */
lac_status lac_plan_add_intercept(struct lac_plan *plan) LAC_MUST_CHECK;

/* A model of features x classes numbers, its indices 32 bits; LAC_E_USAGE where it is larger. */
lac_status lac_check_dimension(uint64_t features, uint64_t classes) LAC_MUST_CHECK;

#define LAC_NO_OWNER UINT32_MAX

struct lac_split_job;

struct lac_split { /* contiguous, shuffled, sorted, dirichlet:alpha=A, lvar */
    const char *name;
    const char *summary;
    unsigned wants;             /* LAC_WANT_... */
    const char *const *allowed; /* keys of its specification, NULL-terminated */
    lac_status (*assign)(const struct lac_split_job *job); /* called by lac_split_rows */
};

const struct lac_split *const *lac_splits(size_t *count);
lac_status lac_split_find(const struct lac_spec *spec, const struct lac_split **out) LAC_MUST_CHECK;
/* owner (rows) gets the client of each row; LAC_NO_OWNER for rows that drop_remainder leaves out.
   Sizes differ by at most one (dirichlet apart), and no client is empty. */
lac_status lac_split_rows(const struct lac_spec *spec, uint64_t seed, uint32_t n,
                          bool drop_remainder, uint64_t rows, const double *label,
                          const double *norm_sq, uint32_t *owner) LAC_MUST_CHECK;

/* Parses the rows of clients first .. first + count - 1 into rows[0 .. count - 1], in file order.
   owner (plan->rows) as above. Dense where at least 2 of 5 values are stored. In the arena. */
lac_status lac_load_rows(const struct lac_text *t, const struct lac_plan *plan,
                         const uint32_t *owner, uint32_t first, uint32_t count,
                         struct lac_rows *rows, struct lac_arena *arena) LAC_MUST_CHECK;

/* Generated problems: "synth:least-squares,d=..,m=..,L=..,mu=..,noise=.." and others. */
struct lac_generator {
    const char *name; /* least-squares, logistic, rare, lvar, tridiagonal, softmax */
    const char *usage;
    const char *summary;
    const char *paper;
    const char *objective; /* that the rows are made for */
    bool two_classes;
    const char *const *allowed; /* keys of its specification and "", NULL-terminated */
    lac_status (*check)(const struct lac_spec *spec, uint32_t n, uint32_t *d); /* called below */
    /* Values that a client's rows store, of a specification that was checked; NULL: few for each row. */
    double (*stored)(const struct lac_spec *spec, uint32_t n);
    /* What all clients share and none can tell alone; NULL: nothing. */
    lac_status (*share)(const struct lac_spec *spec, uint64_t seed, uint32_t n, double *shared);
    lac_status (*generate)(const struct lac_spec *spec, uint64_t seed, uint32_t n, uint32_t client,
                           double shared, struct lac_rows *rows, struct lac_arena *arena);
};

const struct lac_generator *const *lac_generators(size_t *count);
/* Checks the parameters for n clients and tells the dimension of the model and the generator (NULL: not asked);
   LAC_E_USAGE names what is wrong. */
lac_status lac_generator_check(const struct lac_spec *spec, uint32_t n, uint32_t *d,
                               const struct lac_generator **generator) LAC_MUST_CHECK;
/* The rows of clients first .. first + count - 1: those of each a function of (spec, seed, n, client)
   alone. What all share is computed once for the call. In the arena. */
lac_status lac_generate(const struct lac_spec *spec, uint64_t seed, uint32_t n, uint32_t first,
                        uint32_t count, struct lac_rows *rows,
                        struct lac_arena *arena) LAC_MUST_CHECK;

#endif
