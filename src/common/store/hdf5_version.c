#include <hdf5.h>

#include "store/checkpoint.h"
#include "store/run_file.h"

bool lac_store_has_threads(void)
{
    hbool_t has = 0;
    (void)H5dont_atexit();
    return H5is_library_threadsafe(&has) >= 0 && has;
}

void lac_run_library_version(unsigned *major, unsigned *minor, unsigned *release)
{
    *major = *minor = *release = 0;
    (void)H5dont_atexit(); /* see hdf5_text.c: before the first call of the library */
    (void)H5get_libversion(major, minor, release);
}
