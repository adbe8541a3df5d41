#include <hdf5.h>

#include "store/run_file.h"

void lac_run_library_version(unsigned *major, unsigned *minor, unsigned *release)
{
    *major = *minor = *release = 0;
    (void)H5dont_atexit(); /* see hdf5_text.c: before the first call of the library */
    (void)H5get_libversion(major, minor, release);
}
