/* Groups as they are: a dataset for each part. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/checkpoint_io.h"
#include "store/checkpoint_part.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "values are written as they are in memory");

enum { PIECE = 1 << 20 };

size_t lac_part_bytes(enum lac_part_type type)
{
    return type == LAC_PART_INTEGERS ? sizeof(uint32_t) : sizeof(uint64_t);
}

hid_t lac_part_file_type(enum lac_part_type type)
{
    return type == LAC_PART_DOUBLES    ? H5T_IEEE_F64LE
           : type == LAC_PART_INTEGERS ? H5T_STD_U32LE
                                       : H5T_STD_U64LE;
}

bool lac_rows_make(hid_t place, const char *name, hid_t type, uint64_t rows, uint64_t columns)
{
    hsize_t size[2] = {rows, columns};
    hid_t space = H5Screate_simple(2, size, NULL);
    hid_t form = H5Pcreate(H5P_DATASET_CREATE);
    bool ok = H5Pset_layout(form, H5D_CONTIGUOUS) >= 0 &&
              H5Pset_alloc_time(form, H5D_ALLOC_TIME_EARLY) >= 0 &&
              H5Pset_fill_time(form, H5D_FILL_TIME_NEVER) >= 0 &&
              H5Pset_obj_track_times(form, false) >= 0;
    hid_t set = ok ? H5Dcreate2(place, name, type, space, H5P_DEFAULT, form, H5P_DEFAULT) : -1;
    ok = set >= 0 && H5Dclose(set) >= 0;
    H5Pclose(form);
    H5Sclose(space);
    return ok;
}

bool lac_place_owns(hid_t place, const char *name)
{
    H5L_info_t link;
    return H5Lget_info(place, name, &link, H5P_DEFAULT) >= 0 && link.type == H5L_TYPE_HARD;
}

static bool is_contiguous(hid_t set)
{
    hid_t form = H5Dget_create_plist(set);
    bool ok =
        form >= 0 && H5Pget_layout(form) == H5D_CONTIGUOUS && H5Pget_external_count(form) == 0;
    H5Pclose(form);
    return ok;
}

static bool has_size(hid_t set, uint64_t rows, uint64_t columns)
{
    hsize_t size[2] = {0};
    hid_t space = H5Dget_space(set);
    bool ok = H5Sget_simple_extent_ndims(space) == 2 &&
              H5Sget_simple_extent_dims(space, size, NULL) == 2 && size[0] == rows &&
              size[1] == columns;
    H5Sclose(space);
    return ok;
}

static bool has_type(hid_t set, hid_t type)
{
    hid_t stored = H5Dget_type(set);
    bool ok = stored >= 0 && H5Tequal(stored, type) > 0;
    H5Tclose(stored);
    return ok;
}

lac_status lac_rows_find(const struct lac_moved_group *g, const char *name, hid_t type,
                         uint64_t columns, uint64_t *offset)
{
    hid_t set = lac_place_owns(g->place, name) ? H5Dopen2(g->place, name, H5P_DEFAULT) : -1;
    bool ok =
        set >= 0 && has_type(set, type) && has_size(set, g->items, columns) && is_contiguous(set);
    haddr_t at = ok ? H5Dget_offset(set) : 0;
    if (set >= 0) {
        H5Dclose(set);
    }
    if (!ok || (at == HADDR_UNDEF && g->items > 0 && columns > 0)) {
        return LAC_FAIL(LAC_E_INPUT,
                        "'%s' has no %s/%s of %u times %llu numbers of the type wanted", g->path,
                        g->group->name, name, g->items, (unsigned long long)columns);
    }
    *offset = at;
    return LAC_OK;
}

bool lac_place_has(hid_t place, size_t count)
{
    H5G_info_t info;
    return H5Gget_info(place, &info) >= 0 && info.nlinks == count;
}

bool lac_plain_make(hid_t place, const struct lac_part_group *group)
{
    bool ok = true;
    for (size_t k = 0; k < group->part_count && ok; k++) {
        const struct lac_part *part = &group->part[k];
        ok = lac_rows_make(place, part->name, lac_part_file_type(part->type), group->items,
                           part->count);
    }
    return ok;
}

static lac_status compare(const struct lac_moved_group *g, const unsigned char *values,
                          size_t bytes, uint64_t offset)
{
    unsigned char *piece = malloc(PIECE);
    if (!piece) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory: %d bytes to read '%s' back", PIECE, g->path);
    }
    bool same = true;
    for (size_t at = 0; at < bytes && same;) {
        size_t part = bytes - at < PIECE ? bytes - at : PIECE;
        same =
            lac_read_at(g->fd, piece, part, offset + at) && memcmp(piece, values + at, part) == 0;
        at += part;
    }
    free(piece);
    return same ? LAC_OK : lac_not_as_written(g->path);
}

static lac_status move_part(const struct lac_moved_group *g, const struct lac_part *part,
                            uint64_t offset)
{
    size_t row = part->count * lac_part_bytes(part->type);
    size_t bytes = g->group->items * row;
    offset += (uint64_t)(g->group->first - g->first) * row;
    switch (g->move) {
    case LAC_MOVE_OUT:
        return lac_write_at(g->fd, part->values, bytes, offset)
                   ? LAC_OK
                   : lac_cannot("write", g->path, errno);
    case LAC_MOVE_IN:
        return lac_read_at(g->fd, part->values, bytes, offset) ? LAC_OK
                                                               : lac_cannot("read", g->path, errno);
    case LAC_MOVE_COMPARE:
        return compare(g, part->values, bytes, offset);
    }
    return LAC_OK;
}

lac_status lac_plain_move(const struct lac_moved_group *g)
{
    for (size_t k = 0; k < g->group->part_count; k++) {
        const struct lac_part *part = &g->group->part[k];
        uint64_t offset;
        LAC_TRY(lac_rows_find(g, part->name, lac_part_file_type(part->type), part->count, &offset));
        if (part->count > 0 && g->group->items > 0) {
            LAC_TRY(move_part(g, part, offset));
        }
    }
    return LAC_OK;
}
