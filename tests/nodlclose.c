/*
 * Linked into sanitized builds only: MPI's plug-ins stay mapped until the end, so that the
 * suppressions in lsan.supp can name their modules.
 */
#include <dlfcn.h>

int dlclose(void *handle)
{
    (void)handle;
    return 0;
}
