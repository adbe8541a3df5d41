/* The columns of a run as one table: those that are always there, then those on request. */
#ifndef LAC_STORE_COLUMNS_H
#define LAC_STORE_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/run_file.h"

enum {
#define LAC_ROW_ONE(type, name, title, text) +1
    LAC_ROW_COLUMN_COUNT = 0 LAC_ROW_COLUMNS(LAC_ROW_ONE),
#undef LAC_ROW_ONE
#define LAC_TRACKED(type, name, text, cost) +1
    LAC_COLUMN_COUNT = LAC_ROW_COLUMN_COUNT
#include "store/tracked.def"
};

/* Places in lac_columns of those that are always there. */
#define LAC_ROW_PLACE(type, name, title, text) LAC_COLUMN_##name,
enum lac_row_place { LAC_ROW_COLUMNS(LAC_ROW_PLACE) };
#undef LAC_ROW_PLACE

/* Sets, 1 << place: of a public run, which tells what whoever carries the frames sees anyway, and of any other. */
enum {
    LAC_PUBLIC_COLUMN_COUNT = 7,
    LAC_PUBLIC_COLUMNS = 1 << LAC_COLUMN_round | 1 << LAC_COLUMN_bits_up |
                         1 << LAC_COLUMN_bits_down | 1 << LAC_COLUMN_bits_up_paper |
                         1 << LAC_COLUMN_seconds | 1 << LAC_COLUMN_mpi_server |
                         1 << LAC_COLUMN_mpi_workers,
    LAC_USUAL_COLUMNS = (1 << LAC_ROW_COLUMN_COUNT) - 1,
};

struct lac_column {
    const char *name, *text;
    const char *cost; /* NULL: always there */
    bool is_double;
    size_t offset; /* in struct lac_row */
};

extern const struct lac_column lac_columns[LAC_COLUMN_COUNT];

/* Bits of a set of columns on request: 1 << place of lac_columns. */
#define LAC_TRACKED(type, name, text, cost) LAC_COLUMN_##name,
enum lac_tracked_place {
    LAC_COLUMN_NONE = LAC_ROW_COLUMN_COUNT - 1,
#include "store/tracked.def"
};
#define LAC_TRACK(name) (UINT64_C(1) << LAC_COLUMN_##name)

static inline bool lac_column_is_in(uint64_t tracked, size_t place)
{
    return place < LAC_ROW_COLUMN_COUNT || (tracked >> place & 1);
}

/* Of a set of all columns of a run. */
static inline bool lac_column_is_kept(uint64_t columns, size_t place)
{
    return columns >> place & 1;
}

/* All columns of a run whose columns on request are tracked. A public one has none of those. */
static inline uint64_t lac_columns_kept(uint64_t tracked, bool is_public)
{
    return is_public ? (uint64_t)LAC_PUBLIC_COLUMNS : tracked | (uint64_t)LAC_USUAL_COLUMNS;
}

/* "oracle_rows,x_norm" as a set; the failure names the option and the nearest column. */
lac_status lac_columns_parse(const char *option, const char *text,
                             uint64_t *tracked) LAC_MUST_CHECK;
/* By name, of either kind; NULL: there is none. */
const struct lac_column *lac_column_find(const char *name);

uint64_t lac_column_count(const struct lac_column *c,
                          const struct lac_row *row);                          /* not is_double */
double lac_column_real(const struct lac_column *c, const struct lac_row *row); /* of both kinds */

#endif
