#include "store/row_log.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

enum { VERSION = 1, BODY_BYTES = LAC_ROW_BYTES - 8 };

static const char magic[8] = {'L', 'A', 'C', 'R', 'O', 'W', 'S', '\n'};

static void put_word(unsigned char *out, const void *word)
{
    uint64_t bits;
    memcpy(&bits, word, sizeof bits);
    bits = htole64(bits);
    memcpy(out, &bits, sizeof bits);
}

static void get_word(const unsigned char *in, void *word)
{
    uint64_t bits;
    memcpy(&bits, in, sizeof bits);
    bits = le64toh(bits);
    memcpy(word, &bits, sizeof bits);
}

void lac_row_header_encode(unsigned char out[LAC_ROW_HEADER_BYTES], uint64_t run_id)
{
    uint64_t sizes = VERSION | (uint64_t)LAC_ROW_BYTES << 32;
    memcpy(out, magic, sizeof magic);
    put_word(out + 8, &sizes);
    put_word(out + 16, &run_id);
    uint64_t check = XXH3_64bits(out, 24);
    put_word(out + 24, &check);
}

bool lac_row_header_decode(const unsigned char in[LAC_ROW_HEADER_BYTES], uint64_t *run_id)
{
    uint64_t sizes;
    uint64_t check;
    get_word(in + 8, &sizes);
    get_word(in + 24, &check);
    if (memcmp(in, magic, sizeof magic) != 0 ||
        sizes != (VERSION | (uint64_t)LAC_ROW_BYTES << 32) || check != XXH3_64bits(in, 24)) {
        return false;
    }
    get_word(in + 16, run_id);
    return true;
}

void lac_row_encode(unsigned char out[LAC_ROW_BYTES], const struct lac_row *row, uint64_t run_id,
                    uint64_t index)
{
    unsigned char *p = out;
#define LAC_ROW_PUT(type, name, title, text) \
    put_word(p, &row->name);                 \
    p += 8;
    LAC_ROW_COLUMNS(LAC_ROW_PUT)
#undef LAC_ROW_PUT
    uint64_t check = XXH3_64bits_withSeed(out, BODY_BYTES, run_id + index);
    put_word(p, &check);
}

bool lac_row_decode(const unsigned char in[LAC_ROW_BYTES], uint64_t run_id, uint64_t index,
                    struct lac_row *row)
{
    const unsigned char *p = in;
    uint64_t check;
    get_word(in + BODY_BYTES, &check);
    if (check != XXH3_64bits_withSeed(in, BODY_BYTES, run_id + index)) {
        return false;
    }
#define LAC_ROW_GET(type, name, title, text) \
    get_word(p, &row->name);                 \
    p += 8;
    LAC_ROW_COLUMNS(LAC_ROW_GET)
#undef LAC_ROW_GET
    return true;
}

ssize_t lac_row_read(int fd, uint64_t index, unsigned char *buffer, size_t count)
{
    size_t wanted = count * LAC_ROW_BYTES;
    size_t got = 0;
    while (got < wanted) {
        ssize_t part = pread(fd, buffer + got, wanted - got, lac_row_offset(index) + (off_t)got);
        if (part < 0 && errno == EINTR) {
            continue;
        }
        if (part < 0) {
            return -1;
        }
        if (part == 0) {
            break;
        }
        got += (size_t)part;
    }
    return (ssize_t)(got / LAC_ROW_BYTES);
}
