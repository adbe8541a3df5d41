/* What rank 0 does for runs that survive: checkpoints that are written while rounds go on, and the one that a run goes on from. */
#ifndef LAC_SERVER_CHECKPOINT_H
#define LAC_SERVER_CHECKPOINT_H

#include <pthread.h>

#include "server/track.h"
#include "store/keeper.h"
#include "store/run_file.h"
#include "wire/wire.h"

/* Bits of a service's frames, counted as the rounds' frames are. */
struct lac_service {
    uint64_t up, down;
};

/* The account `frames`, once per client a frame is addressed to, whether it crossed MPI or not. */
struct lac_ledger {
    struct lac_bits up, down;              /* of all rounds, the start (round 0) included */
    struct lac_bits start;                 /* of the start alone, up */
    struct lac_service evaluation, set_up; /* questions and answers, not in up and down */
    uint64_t frames_up, frames_down;
};

/* Where the run is, in numbers of 8 bytes each. */
struct lac_progress_kept {
    uint64_t round, rows,
        rows_check; /* of the run file: their number, and lac_row_check over all */
    uint64_t has_row, is_pending;
    uint64_t mpi_server, mpi_workers; /* bytes so far, of earlier starts too */
    double seconds, personal_loss;
    uint64_t tracked; /* columns on request, a set of store/columns.h */
    struct lac_measured_by by;
    uint64_t asked_from;         /* as in struct lac_server */
    double gamma, p, eta, theta; /* of the first round: another start must find the same */
};

/* The run before the row after its last round was made, which a run of more rounds does not have there, or not yet. */
struct lac_before_end {
    uint64_t at_end; /* 0: this is not after the last round */
    uint64_t rows, rows_check, has_row;
    uint64_t evaluation_up, evaluation_down;
    double personal_loss;
    double least; /* of track.kept */
};

struct lac_survival {
    struct lac_checkpoints *folder; /* NULL: nothing is kept */
    struct lac_keeper keeper;
    struct lac_manifest manifest; /* of the checkpoint at work */
    const char *going;            /* its folder, borrowed; NULL: none is being written */
    bool waiting,
        failed;    /* it: some rank writes; some file could not be written, or does not hold */
    uint32_t gone; /* ranks that were given up when it was begun */
    char sentence[1200]; /* why */
    char run[LAC_DIGEST_TEXT];
    char problem[LAC_DIGEST_TEXT]; /* of a sealed run, under the group key */
    struct lac_progress_kept progress;
    struct lac_ledger ledger; /* copies, as of that round */
    struct lac_row row, first_row, pending;
    struct lac_before_end before;
    struct lac_row before_row;
    uint64_t rows; /* of the run file, of those that the checkpoint counts: this run has them too */
    bool drops_row;                    /* the last one it has not */
    double began, next_ask, next_time; /* lac_seconds() */
    double longest;                    /* seconds that one took, so far */
    uint64_t next_round;
    uint64_t newest;     /* the round of the newest checkpoint of this run; 0: none */
    bool is_last;        /* the rounds are over, and no other attempt follows */
    bool troubled;       /* the last attempt failed */
    bool accepted;       /* the folder is this run's, and no other's */
    pthread_t refresher; /* says that this process lives, whatever its rounds do */
    pthread_mutex_t mutex;
    pthread_cond_t over;
    bool refreshes, is_over;

    const struct lac_manifest *from; /* what the run goes on from; NULL: it starts afresh */
    const char *from_folder;
    unsigned char from_digest[LAC_DIGEST_BYTES];
};

struct lac_server;

/* The data are those of the checkpoint that the run goes on from; of a sealed one that can be told once its files have
   opened, since another key makes it look like others. */
lac_status lac_server_check_problem(struct lac_server *s, bool opened) LAC_MUST_CHECK;
/* Once all ranks have their data, and wait: locks the folder, and finds the newest checkpoint whose files all hold. */
lac_status lac_server_find_checkpoint(struct lac_server *s) LAC_MUST_CHECK;
/* Once the state is there: what of it is kept. */
lac_status lac_server_keep_open(struct lac_server *s) LAC_MUST_CHECK;
/* Once the method is open, and the state is there: which rows of the checkpoint's run this one has. */
lac_status lac_server_find_rows(struct lac_server *s) LAC_MUST_CHECK;
/* The last of these rows. */
const struct lac_row *lac_server_last_row(const struct lac_server *s);
/* The rows that the run file was found to have, by lac_row_check over them, are those that the checkpoint counts. */
lac_status lac_server_check_rows(const struct lac_server *s, uint64_t rows_check) LAC_MUST_CHECK;
/* Before a round, and before the row after it: what the run is without that row, where the round is its last. */
void lac_server_keep_before(struct lac_server *s);
/* Once the state is that of the checkpoint: without the row that this run does not have there. */
lac_status lac_server_drop_row(struct lac_server *s) LAC_MUST_CHECK;
/* After START: the state of all ranks becomes that of the checkpoint found. */
lac_status lac_server_load(struct lac_server *s) LAC_MUST_CHECK;
/* After a round: begins a checkpoint that is due, ends one that is written. What fails is told, and the run goes on. */
lac_status lac_server_keep(struct lac_server *s) LAC_MUST_CHECK;
/* After the last round: the checkpoint of it, waited for. */
lac_status lac_server_keep_last(struct lac_server *s) LAC_MUST_CHECK;
/* Gives up what is being written, and the lock; does no harm twice. waits false: unless that would wait for the disk, where the
   process ends at once, and leaves a lock that is known to be of nobody. */
void lac_server_keep_close(struct lac_server *s, bool waits);

#endif
