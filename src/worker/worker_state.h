/* What the files of the worker share. */
#ifndef LAC_WORKER_STATE_H
#define LAC_WORKER_STATE_H

#include "base/clock.h"
#include "base/laps.h"
#include "protocol/keep.h"
#include "protocol/protocol.h"
#include "store/keeper.h"
#include "worker/ahead.h"
#include "worker/objective/objective.h"
#include "worker/sample.h"
#include "worker/worker.h"
#include "worker/worker_track.h"

enum lac_worker_task {
    LAC_TASK_HELLO, /* makes its greeting */
    LAC_TASK_SCAN,  /* makes its facts */
    LAC_TASK_IDLE,  /* waits for a frame */
    LAC_TASK_ROUND,
    LAC_TASK_QUERY,
    LAC_TASK_KEPT, /* answers KEEP */
    LAC_TASK_REPORT,
    LAC_TASK_FAILED, /* rank 0 was told; only its STOP is taken */
    LAC_TASK_DONE,
};

struct lac_worker {
    const struct lac_config *config;
    struct lac_place place;
    struct lac_arena *arena;
    enum lac_worker_task task;
    lac_status doomed; /* a failure that rank 0 is still to be told */

    /* data */
    struct lac_text text;
    size_t text_bytes; /* also once it is closed; 0: it was not opened */
    size_t
        planned; /* dimension, of options or PLAN, whether its rows were got or not; 0: not yet */
    struct lac_scan scan;
    double *label, *norm_sq; /* malloced by the scan, freed once the plan is there */
    uint32_t first, count;   /* clients here: first .. first + count - 1 */
    struct lac_local *local; /* (count) */
    struct lac_sampler sampler;
    double *work;         /* scratch of the objective */
    struct lac_plan plan; /* of the training rows: features, and what labels are */
    struct lac_worker_track track;
    struct lac_ahead *ahead; /* NULL: products are made when the model is there */
    unsigned char *
        digest; /* (count, LAC_ROWS_DIGEST_BYTES) of the rows of each client; NULL until asked for */

    /* method */
    const struct lac_method *method;
    struct lac_env env;
    struct lac_constants constants;
    void *worker_state;
    unsigned char *client_states; /* (count, client_stride) */
    size_t client_stride;
    struct lac_participant *who; /* (n) of this round */
    uint32_t who_count;
    bool addressed;    /* what goes down in this round goes to this rank too */
    bool started;      /* START was accepted: the rounds have begun */
    bool apart;        /* STOP said so: ranks were lost, and nobody waits for all at the end */
    bool reply_due;    /* this round's reply has not come */
    uint64_t released; /* the newest round that GO named: none before it is waited after */

    /* the round or question at work */
    struct lac_message down;
    uint32_t cursor; /* next participant, or next client of a question */
    bool evaluate, answer_next;
    enum lac_query query;
    const double *query_vector;    /* (d) */
    double *capture;               /* (1 + d) */
    struct lac_envelope *envelope; /* NULL until asked for */
    double *product; /* (d) between the factors of a squared product; NULL until asked */

    struct lac_keeper keeper;
    bool writes_alike;        /* what all ranks have alike goes into this one's file too */
    const unsigned char *key; /* checkpoints are sealed under it; NULL: they are plain */
    struct lac_kept kept;     /* to be answered */
    char kept_sentence[1024];

    /* frames made: a ring, so that younger ones do not overwrite what is on its way */
    unsigned char *ring; /* (ring_count, ring_bytes) */
    size_t ring_count, ring_bytes, ring_at;
    unsigned char *small; /* (LAC_SMALL_FRAME) frames outside the rounds */
    unsigned char
        *last_words; /* (LAC_SMALL_FRAME) a failure: the report may be made while it leaves */

    struct lac_laps laps; /* a phase: the clients' steps of a round */
    bool times_phase;     /* it was begun here, not by the server of this process */
    double seconds_start;
};

/* A frame of the ring, for one message of at most ring_bytes. */
unsigned char *lac_worker_frame(struct lac_worker *w);

/* worker_data.c */
lac_status lac_worker_scan(struct lac_worker *w, const unsigned char **frame,
                           size_t *count) LAC_MUST_CHECK;
lac_status lac_worker_plan(struct lac_worker *w, const struct lac_frame *f) LAC_MUST_CHECK;
/* Of generated rows the dimension is known from the start. */
void lac_worker_expect_generated(struct lac_worker *w);
/* Bytes of any frame of the set-up, to this rank or from another. */
size_t lac_worker_longest_of_set_up(const struct lac_worker *w);
/* Twice does no harm. */
void lac_worker_close_text(struct lac_worker *w);
lac_status lac_worker_generate(struct lac_worker *w) LAC_MUST_CHECK;

/* worker_round.c */
lac_status lac_worker_start(struct lac_worker *w, const struct lac_frame *f) LAC_MUST_CHECK;
lac_status lac_worker_begin_round(struct lac_worker *w, const struct lac_frame *f) LAC_MUST_CHECK;
lac_status lac_worker_reply(struct lac_worker *w, const struct lac_frame *f) LAC_MUST_CHECK;
/* Of the rows, also once they are dealt. */
lac_status lac_worker_memory(struct lac_worker *w, double *bytes) LAC_MUST_CHECK;
/* Moves to round r: who takes part, and the cursor before the first participant of this rank. */
void lac_worker_enter_round(struct lac_worker *w, uint64_t r, bool evaluate);
/* Rounds that have no down message are begun without being asked. */
lac_status lac_worker_go_on(struct lac_worker *w, uint64_t up_to) LAC_MUST_CHECK;
lac_status lac_worker_update(struct lac_worker *w, const unsigned char **frame,
                             size_t *count) LAC_MUST_CHECK;

/* worker_sampling.c: the answer to w->query about the sampling of the client's rows */
lac_status lac_worker_rows(struct lac_worker *w, uint32_t client, double *value) LAC_MUST_CHECK;

/* worker_digest.c: of the rows of all clients here, then one of its numbers */
lac_status lac_worker_digest(struct lac_worker *w) LAC_MUST_CHECK;
double lac_worker_digest_word(const struct lac_worker *w, uint32_t client, unsigned word);
/* The first one of the client's rows of --test. */
double lac_worker_test_digest_word(const struct lac_worker *w, uint32_t client);

/* worker_envelope.c: M_i(z) = min over x of f_i(x) + (lambda/2)|x - z|^2 at z = w->query_vector, v <- its gradient */
lac_status lac_worker_envelope(struct lac_worker *w, uint32_t client, double *value,
                               double *v) LAC_MUST_CHECK;

/* worker_query.c */
lac_status lac_worker_begin_query(struct lac_worker *w, const struct lac_frame *f) LAC_MUST_CHECK;
lac_status lac_worker_answer(struct lac_worker *w, const unsigned char **frame,
                             size_t *count) LAC_MUST_CHECK;
/* worker_checkpoint.c: what there is to keep; KEEP, and its answer */
lac_status lac_worker_keep_open(struct lac_worker *w) LAC_MUST_CHECK;
lac_status lac_worker_keep(struct lac_worker *w, const struct lac_frame *f) LAC_MUST_CHECK;
void lac_worker_kept(struct lac_worker *w, const unsigned char **frame, size_t *count);
void *lac_worker_client_state(struct lac_worker *w, uint32_t client);

#endif
