/*
 * Groups under a key: one dataset `sealed`, a row of bytes for each item, which opens alone:
 *
 *   the head of a stream (seal/stream.h)
 *   its messages: the parts in the order of their names, one behind the other, cut into pieces of 64 KiB; the last is tagged so, and there is one at least
 *
 * Associated data of the first message: a digest of the format's version, the group, the item's number and, of each part, name,
 * type and count.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/tick.h"
#include "seal/secret.h"
#include "seal/stream.h"
#include "store/checkpoint_io.h"
#include "store/checkpoint_part.h"

enum { PIECE = 1 << 16, SEALED_PIECE = PIECE + LAC_STREAM_MORE, PURPOSE = 64 };

static const char rows_name[] = "sealed";

/* One item on its way. */
struct item {
    const struct lac_moved_group *g;
    const struct lac_part **part; /* by name */
    char purpose[PURPOSE];
    size_t bytes;         /* of all its parts */
    unsigned char *plain; /* (PIECE), secret */
    unsigned char sealed[SEALED_PIECE];
};

static int by_name(const void *a, const void *b)
{
    const struct lac_part *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

static size_t item_bytes(const struct lac_part_group *group)
{
    size_t bytes = 0;
    for (size_t k = 0; k < group->part_count; k++) {
        bytes += group->part[k].count * lac_part_bytes(group->part[k].type);
    }
    return bytes;
}

static size_t row_bytes(size_t plain)
{
    size_t pieces = plain == 0 ? 1 : (plain - 1) / PIECE + 1;
    return LAC_STREAM_HEAD + plain + pieces * LAC_STREAM_MORE;
}

bool lac_sealed_make(hid_t place, const struct lac_part_group *group)
{
    return lac_rows_make(place, rows_name, H5T_STD_U8LE, group->items,
                         row_bytes(item_bytes(group)));
}

static void bind(const struct item *item, uint32_t number, unsigned char out[LAC_DIGEST_BYTES])
{
    struct lac_digest of;
    const struct lac_part_group *group = item->g->group;
    lac_digest_begin(&of, LAC_DIGEST_BYTES);
    lac_digest_add_text(&of, "laconic checkpoint");
    lac_digest_add_count(&of, LAC_CHECKPOINT_VERSION);
    lac_digest_add_text(&of, group->name);
    lac_digest_add_count(&of, number);
    lac_digest_add_count(&of, group->part_count);
    for (size_t k = 0; k < group->part_count; k++) {
        lac_digest_add_text(&of, item->part[k]->name);
        lac_digest_add_count(&of, (uint64_t)item->part[k]->type);
        lac_digest_add_count(&of, item->part[k]->count);
    }
    lac_digest_end(&of, out);
}

static bool exchange(enum lac_move move, unsigned char *plain, unsigned char *values, size_t bytes)
{
    if (move == LAC_MOVE_COMPARE) {
        return memcmp(plain, values, bytes) == 0;
    }
    if (move == LAC_MOVE_OUT) {
        memcpy(plain, values, bytes);
    } else {
        memcpy(values, plain, bytes);
    }
    return true;
}

/* Bytes at .. at + count - 1 of an item's parts against those in item->plain; false where they differ. */
static bool exchange_piece(struct item *item, size_t row, size_t at, size_t count)
{
    bool same = true;
    size_t begin = 0; /* of the part, in the item */
    for (size_t k = 0; k < item->g->group->part_count; k++) {
        const struct lac_part *part = item->part[k];
        size_t bytes = part->count * lac_part_bytes(part->type);
        size_t from = at > begin ? at : begin;
        size_t to = at + count < begin + bytes ? at + count : begin + bytes;
        if (from < to) {
            unsigned char *values = (unsigned char *)part->values + row * bytes + (from - begin);
            same = exchange(item->g->move, item->plain + (from - at), values, to - from) && same;
        }
        begin += bytes;
    }
    return same;
}

static lac_status does_not_open(const struct lac_moved_group *g, uint32_t number)
{
    char which[64];
    if (strcmp(g->group->name, "clients") == 0) {
        snprintf(which, sizeof which, "client %u", number);
    } else {
        snprintf(which, sizeof which, "its '%s'", g->group->name);
    }
    return LAC_FAIL(LAC_E_SECURITY,
                    "'%s': %s does not open with this key: it is sealed under another one, has "
                    "other parts, or was changed",
                    g->path, which);
}

static lac_status move_piece(struct item *item, struct lac_stream *stream,
                             const struct lac_message *m, uint32_t number, uint64_t offset)
{
    const struct lac_moved_group *g = item->g;
    size_t sealed = m->bytes + LAC_STREAM_MORE;
    if (g->move == LAC_MOVE_OUT) {
        lac_stream_seal(stream, m, item->plain, item->sealed);
        return lac_write_at(g->fd, item->sealed, sealed, offset)
                   ? LAC_OK
                   : lac_cannot("write", g->path, errno);
    }
    if (!lac_read_at(g->fd, item->sealed, sealed, offset)) {
        return lac_cannot("read", g->path, errno);
    }
    return lac_stream_unseal(stream, m, item->sealed, item->plain) ? LAC_OK
                                                                   : does_not_open(g, number);
}

static lac_status move_pieces(struct item *item, struct lac_stream *stream, size_t row,
                              uint64_t offset)
{
    const struct lac_moved_group *g = item->g;
    uint32_t number = g->group->first + (uint32_t)row;
    unsigned char with[LAC_DIGEST_BYTES];
    size_t at = 0;
    bind(item, number, with);
    do {
        size_t left = item->bytes - at;
        struct lac_message m = {.with = at == 0 ? with : NULL,
                                .with_bytes = at == 0 ? sizeof with : 0,
                                .bytes = left < PIECE ? left : PIECE,
                                .last = left <= PIECE};
        if (g->move == LAC_MOVE_OUT) {
            (void)exchange_piece(item, row, at, m.bytes);
        }
        LAC_TRY(move_piece(item, stream, &m, number, offset));
        if (g->move != LAC_MOVE_OUT && !exchange_piece(item, row, at, m.bytes)) {
            return lac_not_as_written(g->path);
        }
        offset += m.bytes + LAC_STREAM_MORE;
        at += m.bytes;
    } while (at < item->bytes);
    return LAC_OK;
}

static lac_status begin_stream(const struct item *item, struct lac_stream **stream, uint64_t offset)
{
    const struct lac_moved_group *g = item->g;
    unsigned char head[LAC_STREAM_HEAD];
    if (g->move != LAC_MOVE_OUT) {
        return lac_read_at(g->fd, head, sizeof head, offset)
                   ? lac_stream_open(stream, item->purpose, g->key, head)
                   : lac_cannot("read", g->path, errno);
    }
    LAC_TRY(lac_stream_begin(stream, item->purpose, g->key, head));
    if (!lac_write_at(g->fd, head, sizeof head, offset)) {
        int reason = errno;
        lac_stream_close(*stream);
        return lac_cannot("write", g->path, reason);
    }
    return LAC_OK;
}

static lac_status move_items(struct item *item)
{
    const struct lac_moved_group *g = item->g;
    size_t bytes = row_bytes(item->bytes);
    uint64_t offset;
    LAC_TRY(lac_rows_find(g, rows_name, H5T_STD_U8LE, bytes, &offset));
    offset += (uint64_t)(g->group->first - g->first) * bytes;
    for (size_t row = 0; row < g->group->items; row++) {
        struct lac_stream *stream = NULL;
        lac_tick();
        LAC_TRY(begin_stream(item, &stream, offset));
        lac_status status = move_pieces(item, stream, row, offset + LAC_STREAM_HEAD);
        lac_stream_close(stream);
        LAC_TRY(status);
        offset += bytes;
    }
    return LAC_OK;
}

static lac_status fill_item(struct item *item, const struct lac_moved_group *g)
{
    const struct lac_part_group *group = g->group;
    item->g = g;
    item->bytes = item_bytes(group);
    item->part = malloc((group->part_count + 1) * sizeof(const struct lac_part *));
    int length = snprintf(item->purpose, PURPOSE, "laconic-checkpoint-%d %s",
                          LAC_CHECKPOINT_VERSION, group->name);
    LAC_ASSERT(length > 0 && length < PURPOSE);
    if (!item->part) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory: the parts of '%s'", g->path);
    }
    for (size_t k = 0; k < group->part_count; k++) {
        item->part[k] = &group->part[k];
    }
    qsort(item->part, group->part_count, sizeof(const struct lac_part *), by_name);
    return lac_secret_new(PIECE, &item->plain);
}

lac_status lac_sealed_move(const struct lac_moved_group *g)
{
    struct item *item = calloc(1, sizeof *item);
    if (!item) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory: an item of '%s'", g->path);
    }
    lac_status status = fill_item(item, g);
    if (status == LAC_OK) {
        status = move_items(item);
    }
    lac_secret_free(item->plain);
    free(item->part);
    free(item);
    return status;
}
