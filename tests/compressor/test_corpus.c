/* The fuzzers' corpus, replayed: corpus/<compressor>/ holds the inputs. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "fuzz_one.h"
#include "tap.h"

static int replay_file(const struct lac_compressor *compressor, const char *path)
{
    static unsigned char data[1 << 16];
    FILE *file = fopen(path, "rb");
    LAC_ASSERT(file);
    size_t size = fread(data, 1, sizeof data, file);
    fclose(file);
    return fuzz_one(compressor, data, size);
}

static void replay_folder(const struct lac_compressor *compressor, const char *corpus)
{
    char folder[1024], path[2048];
    int count = 0, accepted = 0;
    snprintf(folder, sizeof folder, "%s/%s", corpus, compressor->name);
    DIR *directory = opendir(folder);
    const struct dirent *entry;
    while (directory && (entry = readdir(directory)) != NULL) {
        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            accepted += replay_file(compressor, path);
            count++;
        }
    }
    if (directory) {
        closedir(directory);
    }
    tap_ok(count > 0 && accepted > 0,
           "%s decodes its corpus without fault: %d of %d inputs are sections", compressor->name,
           accepted, count);
}

int main(int argc, char **argv)
{
    size_t count;
    const struct lac_compressor *const *list = lac_compressors(&count);
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    for (size_t i = 0; i < count; i++) {
        replay_folder(list[i], argv[1]);
    }
    return tap_done();
}
