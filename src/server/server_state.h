/* What the files of the server share. */
#ifndef LAC_SERVER_STATE_H
#define LAC_SERVER_STATE_H

#include "base/clock.h"
#include "base/lanczos.h"
#include "server/server.h"
#include "store/columns.h"

/* lac_seconds(), but standing still while clients of this process are at work: for stages in which they may be. */
static inline double lac_server_seconds(const struct lac_server *s)
{
    const struct lac_laps *clients = s->transport->laps;
    return lac_seconds() - (clients ? clients->total : 0.0);
}

/* The next frame of a rank, which must be this message; an ERROR in its place becomes this side's
   failure. */
lac_status lac_server_take(struct lac_server *s, uint32_t rank, uint16_t message,
                           struct lac_frame *f) LAC_MUST_CHECK;
/* The same of a client, which must be of this client and of the round at work. */
lac_status lac_server_take_of_client(struct lac_server *s, uint32_t client, uint16_t message,
                                     struct lac_frame *f) LAC_MUST_CHECK;
/* To all ranks, waited for. */
lac_status lac_server_broadcast(struct lac_server *s, const unsigned char *frame,
                                size_t count) LAC_MUST_CHECK;

/* Lines of options, and whose they are, for sentences. */
struct lac_two_texts {
    const char *text[2];
    size_t length[2];
    const char *where[2];
};

/* lost.c: "clients 4 to 7" */
void lac_server_name_clients(const struct lac_server *s, uint32_t rank, char *out, size_t size);
/* drop.c: --on-lost-client drop. Whether the client's rank was given up. */
bool lac_server_is_dropped(const struct lac_server *s, uint32_t client);
/* From now on the client is absent: from this round on, and from the row of this round on. LAC_E_LOST: nobody is left. */
lac_status lac_server_drop(struct lac_server *s, uint32_t client, uint64_t round,
                           uint64_t row) LAC_MUST_CHECK;
/* The same of all others of ranks that were given up. */
lac_status lac_server_drop_others(struct lac_server *s, uint64_t round,
                                  uint64_t row) LAC_MUST_CHECK;
/* The same after a round and its row, where that was due. */
lac_status lac_server_drop_between(struct lac_server *s) LAC_MUST_CHECK;
/* From which round on rows are of questions: all where clients may be lost or a trace loses some; as it was in the run that
   is replayed or goes on, whatever this start does about losses. */
void lac_server_settle_rows(struct lac_server *s);
/* Room to lose clients in, where the run goes on then; those that the checkpoint lists are absent. */
lac_status lac_server_absence_open(struct lac_server *s) LAC_MUST_CHECK;

/* The first line in which they differ, both ways. */
void lac_server_name_difference(const struct lac_two_texts *t, char *out, size_t size);
/* lateness.c: around the frames of a round, count of which are expected */
void lac_server_late_begin(struct lac_server *s, size_t count);
/* While a rank's next frame has not come. *from: since when the waiting counts as the rank's alone; infinity: not at all. */
lac_status lac_server_watch(struct lac_server *s, uint32_t rank, double *from) LAC_MUST_CHECK;
void lac_server_late_add(struct lac_server *s, uint32_t rank, double from, double until);

/* round_frames.c. To every rank that hosts one of those addressed: the participants, or all clients. *bits: of one of its frames. */
lac_status lac_server_send_down(struct lac_server *s, const struct lac_message *m, uint16_t flags,
                                uint16_t message, struct lac_bits *bits) LAC_MUST_CHECK;
/* Once it is known who took part: what was sent to a client that was lost over it is not counted. */
void lac_server_count_down(struct lac_server *s, const struct lac_bits *bits);
/* Of the client whose turn it is; bits: of its frame, unsealed. */
void lac_server_count_update(struct lac_server *s, struct lac_bits *bits);
/* round.c: who takes part in round r, and its step */
void lac_server_enter(struct lac_server *s, uint64_t r);
/* Whether the row at hand may wait for the next round's gradients: not where it may end the run. */
bool lac_server_row_may_wait(struct lac_server *s);
/* It waits. */
lac_status lac_server_let_row_wait(struct lac_server *s) LAC_MUST_CHECK;

/* server_data.c: d, n, rows known on return */
lac_status lac_server_data(struct lac_server *s) LAC_MUST_CHECK;
/* server_memory.c: refuses what does not fit; s->memory known on return */
/* Refuses what cannot fit, before the rows are made and before the first vector: stored: numbers of a
   client's generated rows. */
lac_status lac_server_room(struct lac_server *s, double stored) LAC_MUST_CHECK;
lac_status lac_server_memory(struct lac_server *s) LAC_MUST_CHECK;
/* server_rules.c: constants, steps and probability known on return */
lac_status lac_server_rules(struct lac_server *s) LAC_MUST_CHECK;
/* server_constants.c: tells the clients what they weigh in f */
lac_status lac_server_weigh(struct lac_server *s) LAC_MUST_CHECK;
/* those that are needed, of enum lac_needs */
lac_status lac_server_constants(struct lac_server *s, unsigned needs) LAC_MUST_CHECK;
/* the largest eigenvalue of the matrix */
lac_status lac_server_largest(struct lac_server *s, lac_product product, void *matrix,
                              double *value) LAC_MUST_CHECK;
/* hv <- (1/n) sum_i H_i v, the sum in client order */
lac_status lac_server_curvature(struct lac_server *s, const double *v, double *hv) LAC_MUST_CHECK;
/* server_sampling.c: what the sampling of clients and of their rows does to differences of gradients */
lac_status lac_server_sampling(struct lac_server *s, unsigned needs) LAC_MUST_CHECK;
/* the workers begin */
lac_status lac_server_send_start(struct lac_server *s) LAC_MUST_CHECK;
/* evaluate.c: one question to all clients, in the rounds to those that are left; number and vector of each, in client order, to
   the sink. LAC_E_LOST, where the run goes on without them: some were lost over it, the sink has not heard all. */
typedef void (*lac_sink)(void *context, uint32_t client, double number, const double *v);
lac_status lac_server_ask(struct lac_server *s, enum lac_query kind, const double *v, lac_sink sink,
                          void *context) LAC_MUST_CHECK;
/* Rows of --test that a client has. */
uint64_t lac_server_test_rows(const struct lac_server *s, uint64_t client);
/* f and |grad f|^2 at the server's model, as the row of the rounds done so far; of the clients that are left. */
lac_status lac_server_evaluate(struct lac_server *s) LAC_MUST_CHECK;
void lac_server_add_answer(void *server, uint32_t client, double loss, const double *gradient);
void lac_server_begin_sum(struct lac_server *s);
/* The row of the sum at hand; of the round that `at` was made of by lac_server_snapshot. */
lac_status lac_server_emit_row(struct lac_server *s, const struct lac_row *at) LAC_MUST_CHECK;
struct lac_row lac_server_snapshot(const struct lac_server *s);
/* unsaved.c: the newest row to who listens */
lac_status lac_server_give_row(struct lac_server *s) LAC_MUST_CHECK;
/* status, but that of a file that cannot be written is put off to the end of the round, where checkpoints are kept; rows that the
   file has not for it. */
lac_status lac_server_put_off(struct lac_server *s, lac_status status,
                              unsigned rows) LAC_MUST_CHECK;
/* After the round: the failure that was put off, once there is a checkpoint. */
lac_status lac_server_end_unsaved(struct lac_server *s) LAC_MUST_CHECK;
/* track.c: files and questions of set-up; the columns on request of a row at the model as it is; those
   that the evaluation gives. */
lac_status lac_server_track_open(struct lac_server *s) LAC_MUST_CHECK;
lac_status lac_server_track(struct lac_server *s, struct lac_row *row) LAC_MUST_CHECK;
/* measured_by.c: the columns of the checkpoint's run are measured against the same as this one's */
lac_status lac_server_check_measured_by(const struct lac_server *s) LAC_MUST_CHECK;
/* One of the models that live on the clients, in client order. */
void lac_server_track_model(struct lac_server *s, uint32_t client, const double *x);
void lac_server_track_loss(struct lac_server *s, struct lac_row *row);
/* A phase of the round ends: what follows is sent once all has arrived; the round ends, that of x^0 too. */
void lac_server_track_phase(struct lac_server *s);
void lac_server_track_round(struct lac_server *s);
/* Before what it keeps is written to a checkpoint, and after it was read from one. */
void lac_server_track_note(struct lac_server *s);
void lac_server_track_recall(struct lac_server *s);

#endif
