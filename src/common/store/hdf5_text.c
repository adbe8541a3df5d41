#include "store/hdf5_text.h"

hid_t lac_hdf5_access(void)
{
    (void)H5dont_atexit(); /* closing a file whose disk is full crashes HDF5 1.10 on its way out */
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (access < 0) {
        return access;
    }
    if (H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) < 0 ||
        H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V18) < 0 ||
        H5Pset_file_locking(access, false, true) < 0) {
        H5Pclose(access);
        return -1;
    }
    return access;
}

hid_t lac_hdf5_text_type(void)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

static bool put_attribute(hid_t object, const char *name, hid_t file_type, hid_t memory_type,
                          const void *value)
{
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(object, name, file_type, space, H5P_DEFAULT, H5P_DEFAULT);
    bool ok = attribute >= 0 && H5Awrite(attribute, memory_type, value) >= 0;
    ok = attribute >= 0 && H5Aclose(attribute) >= 0 && ok;
    H5Sclose(space);
    return ok;
}

bool lac_hdf5_put_text(hid_t object, const char *name, const char *text)
{
    hid_t type = lac_hdf5_text_type();
    bool ok = put_attribute(object, name, type, type, &text);
    H5Tclose(type);
    return ok;
}

bool lac_hdf5_put_count(hid_t object, const char *name, uint64_t count)
{
    return put_attribute(object, name, H5T_STD_U64LE, H5T_NATIVE_UINT64, &count);
}

static bool is_scalar(hid_t attribute)
{
    hid_t space = H5Aget_space(attribute);
    bool scalar = space >= 0 && H5Sget_simple_extent_npoints(space) == 1;
    H5Sclose(space);
    return scalar;
}

lac_status lac_hdf5_get_text(hid_t attribute, struct lac_arena *arena, const char **out,
                             bool *found)
{
    hid_t stored = H5Aget_type(attribute);
    bool text = H5Tis_variable_str(stored) > 0 && is_scalar(attribute);
    H5Tclose(stored);
    char *copy = NULL;
    *found = false;
    if (text) {
        hid_t type = lac_hdf5_text_type();
        *found = H5Aread(attribute, type, &copy) >= 0;
        H5Tclose(type);
    }
    if (!*found) {
        return LAC_OK;
    }
    lac_status status = lac_arena_text(arena, copy ? copy : "", out);
    H5free_memory(copy);
    return status;
}

bool lac_hdf5_get_count(hid_t object, const char *name, uint64_t *out)
{
    if (H5Aexists(object, name) <= 0) {
        return false;
    }
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    hid_t stored = H5Aget_type(attribute);
    bool ok = H5Tget_class(stored) == H5T_INTEGER && is_scalar(attribute) &&
              H5Aread(attribute, H5T_NATIVE_UINT64, out) >= 0;
    H5Tclose(stored);
    H5Aclose(attribute);
    return ok;
}
