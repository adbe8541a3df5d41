#include "store/run_checksum.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#define XXH_INLINE_ALL /* the state on the stack */
#include <xxhash.h>

#include "store/private_file.h"

enum { CHUNK = 1 << 16 };

static const char title[] = "laconic run file (HDF5 from byte 512 on)\n";

static ssize_t read_at(int fd, void *buffer, size_t bytes, off_t offset)
{
    ssize_t got;
    do {
        got = pread(fd, buffer, bytes, offset);
    } while (got < 0 && errno == EINTR);
    return got;
}

static bool checksum(int fd, XXH64_hash_t *out)
{
    unsigned char chunk[CHUNK];
    XXH3_state_t state;
    off_t offset = LAC_RUN_USER_BLOCK;
    ssize_t got;
    XXH3_64bits_reset(&state);
    while ((got = read_at(fd, chunk, sizeof chunk, offset)) > 0) {
        XXH3_64bits_update(&state, chunk, (size_t)got);
        offset += got;
    }
    *out = XXH3_64bits_digest(&state);
    return got == 0;
}

static void write_block(char block[LAC_RUN_USER_BLOCK], XXH64_hash_t sum)
{
    memset(block, 0, LAC_RUN_USER_BLOCK);
    snprintf(block, LAC_RUN_USER_BLOCK, "%sXXH3-64 from there to the end: %016llx\n", title,
             (unsigned long long)sum);
}

bool lac_run_checksum_put(int fd)
{
    char block[LAC_RUN_USER_BLOCK];
    XXH64_hash_t sum;
    if (!checksum(fd, &sum)) {
        return false;
    }
    write_block(block, sum);
    errno = ENOSPC; /* for a write that is short without a reason */
    return pwrite(fd, block, sizeof block, 0) == (ssize_t)sizeof block;
}

void lac_run_checksum_put_image(unsigned char *bytes, size_t size)
{
    char block[LAC_RUN_USER_BLOCK];
    write_block(block, XXH3_64bits(bytes + LAC_RUN_USER_BLOCK, size - LAC_RUN_USER_BLOCK));
    memcpy(bytes, block, sizeof block);
}

enum lac_run_kind lac_run_checksum_check(int fd)
{
    static const char signature[] = "\x89HDF\r\n\x1a\n";
    char block[LAC_RUN_USER_BLOCK] = "";
    char wanted[LAC_RUN_USER_BLOCK];
    XXH64_hash_t sum;
    ssize_t got = read_at(fd, block, sizeof block, 0);
    if (got < 0) {
        return LAC_RUN_UNREADABLE;
    }
    if (lac_private_file_is(block)) {
        return LAC_RUN_PRIVATE;
    }
    if (memcmp(block, title, sizeof title - 1) != 0) {
        bool hdf5 = memcmp(block, signature, sizeof signature - 1) == 0;
        return hdf5 ? LAC_RUN_OTHER_HDF5 : LAC_RUN_NONE;
    }
    if (!checksum(fd, &sum)) {
        return LAC_RUN_UNREADABLE;
    }
    write_block(wanted, sum);
    return memcmp(block, wanted, sizeof block) == 0 ? LAC_RUN_WHOLE : LAC_RUN_CHANGED;
}
