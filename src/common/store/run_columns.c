/* The rows of run.h5, column by column. */
#include <string.h>

#include "store/run_source.h"

lac_status lac_run_damaged(const struct lac_run_source *s, const char *what)
{
    return LAC_FAIL(LAC_E_INPUT, "'%s' is damaged: %s is missing or has another form", s->path,
                    what);
}

/* The length of a one-dimensional dataset of the class, or -1. No more values than the bytes of the
   file could hold when packed (deflate reaches 1032): a damaged length makes us allocate nothing. */
hssize_t lac_run_vector_length(const struct lac_run_source *s, hid_t set, H5T_class_t class)
{
    hid_t type = H5Dget_type(set);
    hid_t space = H5Dget_space(set);
    bool ok = H5Tget_class(type) == class && H5Tget_size(type) == 8 &&
              H5Sget_simple_extent_ndims(space) == 1;
    hssize_t length = ok ? H5Sget_simple_extent_npoints(space) : -1;
    H5Sclose(space);
    H5Tclose(type);
    return length <= s->bytes / 8 * 1032 ? length : -1;
}

static hssize_t column_length(const struct lac_run_source *s, hid_t group,
                              const struct lac_column *column)
{
    hid_t set = H5Dopen2(group, column->name, H5P_DEFAULT);
    hssize_t length =
        set < 0 ? -1 : lac_run_vector_length(s, set, column->is_double ? H5T_FLOAT : H5T_INTEGER);
    H5Dclose(set);
    return length;
}

/* The newest row alone, of a dataset that has one. */
static hid_t last_of(hid_t set)
{
    const hsize_t one = 1;
    hid_t space = H5Dget_space(set);
    hsize_t length = 0;
    if (H5Sget_simple_extent_dims(space, &length, NULL) == 1 && length > 0) {
        length--;
        H5Sselect_hyperslab(space, H5S_SELECT_SET, &length, NULL, &one, NULL);
    }
    return space;
}

/* values is work space of (run->row_count) words. */
static lac_status read_column(const struct lac_run_source *s, hid_t group,
                              const struct lac_column *column, const struct lac_run *run,
                              uint64_t *values)
{
    hid_t set = H5Dopen2(group, column->name, H5P_DEFAULT);
    hid_t type = column->is_double ? H5T_NATIVE_DOUBLE : H5T_NATIVE_UINT64;
    hid_t from = s->brief ? last_of(set) : H5S_ALL;
    hsize_t one = 1;
    hid_t to = s->brief ? H5Screate_simple(1, &one, NULL) : H5S_ALL;
    bool ok = set >= 0 && H5Dread(set, type, to, from, H5P_DEFAULT, values) >= 0;
    if (s->brief) {
        H5Sclose(to);
        H5Sclose(from);
    }
    H5Dclose(set);
    for (size_t i = 0; i < run->row_count && ok; i++) {
        memcpy((char *)&run->rows[i] + column->offset, &values[i], sizeof values[i]);
    }
    return ok ? LAC_OK : lac_run_damaged(s, column->name);
}

/* Leaves room for extra rows after those of run.h5. */
static lac_status read_columns(struct lac_run_source *s, hid_t group, size_t extra,
                               struct lac_run *run)
{
    hssize_t length = column_length(s, group, &lac_columns[0]);
    uint64_t tracked = 0;
    for (size_t c = LAC_ROW_COLUMN_COUNT; c < LAC_COLUMN_COUNT; c++) {
        bool there = H5Lexists(group, lac_columns[c].name, H5P_DEFAULT) > 0;
        tracked |= (uint64_t)there << c;
    }
    run->columns = s->form.columns = lac_columns_kept(tracked, s->public);
    for (size_t c = 0; c < LAC_COLUMN_COUNT; c++) {
        if (!lac_column_is_kept(run->columns, c)) {
            continue;
        }
        if (length < 0 || column_length(s, group, &lac_columns[c]) != length) {
            return lac_run_damaged(s, lac_columns[c].name);
        }
    }
    uint64_t *values;
    s->brief = s->brief && length > 0;
    run->row_count = s->brief ? 1 : (size_t)length;
    LAC_TRY(LAC_NEW(s->arena, run->row_count + extra, &run->rows));
    LAC_TRY(LAC_NEW(s->arena, run->row_count, &values));
    for (size_t c = 0; c < LAC_COLUMN_COUNT; c++) {
        if (lac_column_is_kept(run->columns, c)) {
            LAC_TRY(read_column(s, group, &lac_columns[c], run, values));
        }
    }
    return LAC_OK;
}

lac_status lac_run_read_rows(struct lac_run_source *s, size_t extra, struct lac_run *run)
{
    hid_t group = H5Gopen2(s->file, "rows", H5P_DEFAULT);
    if (group < 0) {
        return lac_run_damaged(s, "/rows");
    }
    lac_status status = read_columns(s, group, extra, run);
    H5Gclose(group);
    return status;
}
