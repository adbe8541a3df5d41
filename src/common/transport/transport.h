/*
 * Frames between rank 0 and the worker ranks 1..ranks: over MPI, or inside one process. The server is
 * written once, against this interface; a worker is a peer that both transports drive.
 *
 * Buffers: what is sent is borrowed until lac_flush returns; what is received is borrowed until the
 * next lac_receive. Exactly one thread per rank calls these.
 */
#ifndef LAC_TRANSPORT_H
#define LAC_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/laps.h"
#include "compressor/compressor.h"
#include "wire/wire.h"

enum { LAC_MESSAGE_IDS = 32 };
enum { LAC_TOLD = 128 }; /* bytes of the longest frame that `tell` takes */

/* What was handed to MPI (or would have been: solo has none), one way between two ranks. */
struct lac_traffic {
    uint64_t messages, bytes;
};

/* Entries of the model after a round that one client's block makes, known while other blocks are still to come
   (--overlap). */
struct lac_foreseen {
    uint64_t round;
    uint32_t client;
    const double *x; /* (d), of which these are known */
    const struct lac_entries *only;
};

/* A frame that will come. */
struct lac_expected {
    uint32_t rank;
    uint16_t message;
    uint32_t client; /* LAC_NO_CLIENT where it is of none */
    uint64_t round;
};

/* What the rounds need room for. */
struct lac_room {
    size_t longest;     /* bytes of the longest frame that lac_expect will cover */
    size_t most;        /* frames that it covers at once */
    uint64_t buffer;    /* bytes at most, but one frame always */
    size_t block_bytes; /* of the longest UPDATE */
    uint32_t codec;     /* of its section */
    uint32_t clients;   /* that take part in a round at most */
};

/* An UPDATE of this round, borrowed. */
typedef lac_status (*lac_early)(void *context, const struct lac_frame *update);

/* A rank that a run lost. */
struct lac_lost {
    uint32_t rank;  /* 0: none */
    double silent;  /* seconds without a sign of life from it */
    double noticed; /* lac_seconds() */
};

struct lac_transport;

struct lac_transport_kind {
    const char *name; /* "solo", "mpi" */
    bool in_process; /* the workers are in this process, and work inside lac_send and lac_receive */
    lac_status (*send)(struct lac_transport *t, uint32_t rank, const unsigned char *frame,
                       size_t count);
    lac_status (*flush)(struct lac_transport *t);
    lac_status (*expect)(struct lac_transport *t, const struct lac_expected *what, size_t count);
    lac_status (*receive)(struct lac_transport *t, const struct lac_expected *what,
                          struct lac_frame *f);
    /* Whether the expected frame that is `ahead` frames after the next has come. Never waits, but fails where waiting would.
       NULL: this transport cannot tell. */
    lac_status (*came)(struct lac_transport *t, size_t ahead, bool *came);
    lac_status (*window)(struct lac_transport *t, const struct lac_room *room, struct lac_arena *a);
    /* A frame for the server of a run that only forwards; NULL: there is none. Copied. */
    lac_status (*tell)(struct lac_transport *t, const unsigned char *frame, size_t count);
    /* Has the worker of this process foresee them; NULL: it gets the whole model in its turn. */
    lac_status (*foresee)(struct lac_transport *t, const struct lac_foreseen *f);
    /* UPDATEs that come before their turn go there, and are not received any more; NULL: none does. */
    void (*early)(struct lac_transport *t, lac_early early, void *context);
    void (*forget)(struct lac_transport *t);
    void (*close)(struct lac_transport *t);
};

struct lac_transport {
    const struct lac_transport_kind *kind;
    uint32_t ranks; /* of workers; solo 1 */
    uint32_t more;  /* bytes that sealing adds to a frame outside the rounds; 0: it is not sealed */
    struct lac_traffic *sent;     /* (1 + ranks) by rank, by this rank */
    struct lac_traffic *received; /* (1 + ranks) */
    struct lac_laps *
        laps; /* of the one worker that is in this process with nobody else; NULL: there are others */
    struct lac_lost lost; /* LAC_E_LOST was returned; it is not waited for any more */
    /* Whether a rank that is lost is given up, and the run goes on: what is sent to it goes nowhere, and what is received of it
       fails, LAC_E_LOST, with nothing else amiss. */
    bool drops;
    struct lac_lost *gone; /* (1 + ranks) those that were given up, by rank; NULL: none can be */
    uint32_t gone_count;
    uint64_t sent_by_message[LAC_MESSAGE_IDS], received_by_message[LAC_MESSAGE_IDS]; /* bytes */
};

/* Whether the rank was given up. */
bool lac_is_gone(const struct lac_transport *t, uint32_t rank);
/* Non-blocking; to a rank that was given up, nothing. */
lac_status lac_send(struct lac_transport *t, uint32_t rank, const unsigned char *frame,
                    size_t count) LAC_MUST_CHECK;
lac_status lac_flush(struct lac_transport *t) LAC_MUST_CHECK;
/* To rank 0, where it is not the server; else nothing. */
lac_status lac_tell(struct lac_transport *t, const unsigned char *frame,
                    size_t count) LAC_MUST_CHECK;
/* Memory for early frames, in the arena. */
lac_status lac_window(struct lac_transport *t, const struct lac_room *room,
                      struct lac_arena *a) LAC_MUST_CHECK;
/* After a failure: forgets what is expected, so that a rank's frames can be read off and dropped. */
void lac_forget(struct lac_transport *t);
void lac_transport_close(struct lac_transport *t);
/* The next `count` frames, in the order in which they will be received; borrowed until all were. Without it a frame of
   any length is received as it comes. */
lac_status lac_expect(struct lac_transport *t, const struct lac_expected *what,
                      size_t count) LAC_MUST_CHECK;
/* The next frame of a rank, parsed; not always the message that is expected: a failed rank sends ERROR in its place. */
lac_status lac_receive(struct lac_transport *t, const struct lac_expected *what,
                       struct lac_frame *f) LAC_MUST_CHECK;

/*
 * The worker of a rank, as transports drive it. accept takes a frame from rank 0 (borrowed until the
 * next accept); next makes the next frame to send, *count = 0 where there is none until something is
 * accepted. A frame stays valid while `in_flight` frames are younger.
 */
struct lac_peer {
    void *self;
    struct lac_laps *laps; /* where the time of its clients goes */
    lac_status (*accept)(void *self, const unsigned char *frame, size_t count);
    lac_status (*next)(void *self, const unsigned char **frame, size_t *count);
    /* Makes the frame that tells rank 0 of the failure recorded last. */
    lac_status (*failure)(void *self, lac_status status, const unsigned char **frame,
                          size_t *count);
    size_t (*in_flight)(void *self);
    size_t (*dimension)(void *self); /* d of the model; 0: not known yet */
    void (*foresee)(void *self, const struct lac_foreseen *f);
    /* Bytes of the longest frame that accept may still get; 0: not known yet. */
    size_t (*longest)(void *self);
    /* Bytes of the longest frame of the set-up, to or from this worker: an upper bound, by what it knows so far. */
    size_t (*set_up)(void *self);
    bool (*done)(void *self);
};

/* Solo: the peer runs inside send and receive. In the arena. */
lac_status lac_solo_open(struct lac_transport **t, const struct lac_peer *peer,
                         struct lac_arena *a) LAC_MUST_CHECK;
/* The same of peer (ranks), which are 1 to ranks: for trials. */
lac_status lac_solo_open_ranks(struct lac_transport **t, const struct lac_peer *peer,
                               uint32_t ranks, struct lac_arena *a) LAC_MUST_CHECK;

#endif
