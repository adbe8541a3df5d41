#include "store/row_log.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

enum { VERSION = 1, SEALED_VERSION = 2 };

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

uint64_t lac_row_check(uint64_t before, const struct lac_row *row, uint64_t columns)
{
    unsigned char kept[LAC_ROW_MOST_BYTES], *p = kept;
    for (size_t c = 0; c < LAC_COLUMN_COUNT; c++) {
        if (lac_column_is_kept(columns, c)) {
            put_word(p, (const char *)row + lac_columns[c].offset);
            p += 8;
        }
    }
    return XXH3_64bits_withSeed(kept, (size_t)(p - kept), before);
}

size_t lac_row_plain_bytes(const struct lac_row_form *form)
{
    size_t bytes = 8;
    for (size_t c = 0; c < LAC_COLUMN_COUNT; c++) {
        bytes += lac_column_is_kept(form->columns, c) ? 8 : 0;
    }
    return bytes;
}

size_t lac_row_bytes(const struct lac_row_form *form)
{
    return lac_row_plain_bytes(form) + (form->sealed ? LAC_STREAM_MORE : 0);
}

off_t lac_row_offset(const struct lac_row_form *form, uint64_t index)
{
    size_t header = form->sealed ? LAC_ROW_SEALED_HEADER_BYTES : LAC_ROW_HEADER_BYTES;
    return (off_t)(header + index * lac_row_bytes(form));
}

void lac_row_header_encode(unsigned char out[LAC_ROW_HEADER_BYTES], const struct lac_row_form *form)
{
    uint64_t version = form->sealed ? SEALED_VERSION : VERSION;
    uint64_t sizes = version | (uint64_t)lac_row_bytes(form) << 32;
    memcpy(out, magic, sizeof magic);
    put_word(out + 8, &sizes);
    put_word(out + 16, &form->run_id);
    uint64_t check = XXH3_64bits(out, LAC_ROW_FORM_BYTES);
    put_word(out + LAC_ROW_FORM_BYTES, &check);
}

bool lac_row_header_holds(const unsigned char in[LAC_ROW_HEADER_BYTES],
                          const struct lac_row_form *form)
{
    unsigned char wanted[LAC_ROW_HEADER_BYTES];
    lac_row_header_encode(wanted, form);
    return memcmp(in, wanted, form->sealed ? LAC_ROW_FORM_BYTES : sizeof wanted) == 0;
}

void lac_row_encode(unsigned char out[LAC_ROW_MOST_BYTES], const struct lac_row *row,
                    const struct lac_row_form *form, uint64_t index)
{
    unsigned char *p = out;
    for (size_t c = 0; c < LAC_COLUMN_COUNT; c++) {
        if (lac_column_is_kept(form->columns, c)) {
            put_word(p, (const char *)row + lac_columns[c].offset);
            p += 8;
        }
    }
    uint64_t check = XXH3_64bits_withSeed(out, (size_t)(p - out), form->run_id + index);
    put_word(p, &check);
}

bool lac_row_decode(const unsigned char *in, const struct lac_row_form *form, uint64_t index,
                    struct lac_row *row)
{
    size_t body = lac_row_plain_bytes(form) - 8;
    uint64_t check;
    get_word(in + body, &check);
    if (check != XXH3_64bits_withSeed(in, body, form->run_id + index)) {
        return false;
    }
    for (size_t c = 0; c < LAC_COLUMN_COUNT; c++) {
        if (lac_column_is_kept(form->columns, c)) {
            get_word(in, (char *)row + lac_columns[c].offset);
            in += 8;
        }
    }
    return true;
}

ssize_t lac_row_read(int fd, const struct lac_row_form *form, uint64_t index, unsigned char *buffer,
                     size_t count)
{
    size_t bytes = lac_row_bytes(form), wanted = count * bytes;
    size_t got = 0;
    while (got < wanted) {
        off_t place = lac_row_offset(form, index) + (off_t)got;
        ssize_t part = pread(fd, buffer + got, wanted - got, place);
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
    return (ssize_t)(got / bytes);
}
