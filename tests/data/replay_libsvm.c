/* replay_libsvm FOLDER: the corpus of the fuzz target as an ordinary test, with every file also cut
   short at every length, so that each way to end is tried. */
#include <dirent.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { MOST_BYTES = 1 << 16, MOST_CUTS = 2000 };

static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void replay(const char *folder, const char *name)
{
    static uint8_t bytes[MOST_BYTES];
    char path[2048];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    size_t size = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file) {
        fclose(file);
    }
    LLVMFuzzerTestOneInput(bytes, size);
    for (size_t cut = size < MOST_CUTS ? size : MOST_CUTS; cut > 0; cut--) {
        LLVMFuzzerTestOneInput(bytes, cut - 1);
    }
    tap_ok(file != NULL, "%s is read as strtod reads it, in one stretch and in three", name);
}

int main(int argc, char **argv)
{
    struct dirent **entries;
    int count = argc > 1 ? scandir(argv[1], &entries, NULL, compare_names) : -1;
    if (!tap_ok(count > 2, "there is a corpus")) {
        return tap_done();
    }
    for (int i = 0; i < count; i++) {
        if (entries[i]->d_name[0] != '.') {
            replay(argv[1], entries[i]->d_name);
        }
        free(entries[i]);
    }
    free(entries);
    return tap_done();
}
