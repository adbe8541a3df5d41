/* A task of checkpoints for all ranks. */
#ifndef LAC_SERVER_KEEP_RANKS_H
#define LAC_SERVER_KEEP_RANKS_H

#include "protocol/keep.h"
#include "server/server.h"

typedef lac_status (*lac_kept_sink)(struct lac_server *s, uint32_t rank, const struct lac_kept *k);

/* folder: a name in --checkpoint; digest: as of struct lac_keep; NULL: zeros. Each rank's answer to the sink. */
lac_status lac_server_keep_ranks(struct lac_server *s, enum lac_keep_task task, const char *folder,
                                 const unsigned char *digest, uint64_t round,
                                 lac_kept_sink sink) LAC_MUST_CHECK;
/* Says it to the user, whose run goes on. */
void lac_server_tell(const struct lac_server *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The key that checkpoints are sealed under; NULL: they are plain. */
const unsigned char *lac_server_key(const struct lac_server *s);

#endif
