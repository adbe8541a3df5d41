#include "store/file_digest.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <xxhash.h>

#include "base/tick.h"

static bool add_file(XXH3_state_t *state, FILE *file)
{
    unsigned char bytes[65536];
    size_t count = sizeof bytes;
    while (count > 0) {
        count = fread(bytes, 1, sizeof bytes, file);
        if (XXH3_128bits_update(state, bytes, count) != XXH_OK) {
            return false;
        }
        lac_tick_now(); /* a slow disk takes its time for each block */
    }
    return !ferror(file); /* a folder can be opened */
}

void lac_file_digest(const char *path, char out[LAC_FILE_DIGEST_TEXT])
{
    FILE *file = fopen(path, "re");
    XXH3_state_t *state = XXH3_createState();
    out[0] = '\0';
    if (file && state && XXH3_128bits_reset(state) == XXH_OK && add_file(state, file)) {
        XXH128_hash_t hash = XXH3_128bits_digest(state);
        snprintf(out, LAC_FILE_DIGEST_TEXT, "%016llx%016llx", (unsigned long long)hash.high64,
                 (unsigned long long)hash.low64);
    }
    (void)XXH3_freeState(state);
    if (file) {
        (void)fclose(file);
    }
}
