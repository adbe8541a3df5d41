/*
 * Rank 0: greets the ranks, plans the data, computes the constants and the step, runs the rounds,
 * evaluates, keeps the ledger. It talks to the workers through a transport alone.
 */
#ifndef LAC_SERVER_H
#define LAC_SERVER_H

#include "base/digest.h"
#include "config/config.h"
#include "protocol/protocol.h"
#include "server/checkpoint.h"
#include "server/track.h"
#include "store/run_file.h"
#include "transport/link.h"
#include "transport/transport.h"

/* Which ranks come late: seconds that rank 0 waited for each when it had taken, or could take, what all ranks before and,
   where it is the first of the round, all others had sent. */
struct lac_lateness {
    double *seconds; /* (1 + ranks) */
    size_t taken, next,
        count;      /* of the round's expected frames; next: which may not have come yet */
    uint32_t first; /* the rank whose frames are taken first */
    bool others_came;
};

/* ASKED: s->leaves said so */
enum lac_end { LAC_END_ROUNDS, LAC_END_TARGET, LAC_END_TIME, LAC_END_DRY, LAC_END_ASKED };

/* A step or a probability, as it came about. */
struct lac_chosen {
    const char *option;         /* "--step" */
    const char *rule, *formula; /* "theory*8"; "number", NULL */
    const char *branch;         /* which part of the rule holds here; NULL: it has one */
    double value;
    unsigned beyond; /* of enum lac_scope: in this run, but not in the rule's theory */
};

/* Bytes that a run takes: of rank 0, of the worker rank that takes most, and of these the states of the method; of all
   ranks on one machine, where that is most. */
struct lac_memory {
    double server, server_states, worker, worker_states, machine;
};

/* Where a rank runs: ranks whose hosts have one name share a machine. */
struct lac_machine {
    const char *host; /* its name */
    uint32_t first;   /* the lowest rank there */
};

/* The run file could not be written. */
struct lac_unsaved {
    lac_status status; /* LAC_OK: it could */
    unsigned rows;     /* that it has not */
    char sentence[1024];
};

struct lac_server {
    const struct lac_config *config;
    struct lac_transport *transport;
    struct lac_link
        *link; /* of a run whose server only forwards: this is the rank of client 0; else NULL */
    struct lac_arena *arena;
    const char *host; /* of rank 0; NULL: of no other rank */
    double began;     /* lac_seconds() of the program's start */

    uint32_t d, n;
    const char *data_name;
    uint64_t rows;                 /* 0: generated */
    char problem[LAC_DIGEST_TEXT]; /* the digest of what f is; empty: nobody needed it */

    const struct lac_method *method;
    struct lac_chosen chosen[LAC_QUANTITIES]; /* option NULL: not of this method */
    struct lac_env env;
    bool forwards; /* messages of clients go to all clients, and no model goes down: sealed runs */
    uint64_t copies_up;   /* how often clients send such a message: once, or to each other one */
    uint64_t copies_down; /* and how often rank 0 does */
    bool sends_x0;        /* a file's: the workers have it from START */
    const char *x0_warning, *solution_warning; /* what to say of their files; NULL: nothing */
    struct lac_constants constants;
    double *L_i;                      /* (n) */
    double least_weight, most_weight; /* of the clients in n f: 1, or n m_i/sum m */
    void *state;

    unsigned char *down; /* (down_bytes) the frame that goes down, one at a time */
    size_t down_bytes;
    struct lac_participant *who; /* (n) */
    uint32_t who_count;
    struct lac_expected *expected; /* (2 n) */
    struct lac_lateness late;
    double loss_sum;      /* of the answers, in client order */
    double *sum;          /* (d) of gradients, products, models, in client order */
    double *mean;         /* (d) of the clients' models, where they live there */
    double personal_loss; /* (1/n) sum f_i(x_i) there */

    struct lac_track track;
    struct lac_ledger ledger;
    struct lac_seconds seconds;
    double clock; /* when the stage at hand began */
    bool started; /* the workers have START: the rounds begin, and with them losses count */
    double rounds_began;
    struct lac_row row;       /* the newest row */
    struct lac_row first_row; /* x^0 */
    bool has_row;
    struct lac_row pending; /* a model that the next round's gradients will evaluate */
    bool is_pending;
    uint64_t rounds_done;
    uint64_t rows_emitted, rows_check; /* and lac_row_check over all */
    struct lac_survival survival;
    struct lac_unsaved unsaved;
    /* The first round whose row is of questions, not of the gradients of a round; UINT64_MAX: none is. */
    uint64_t asked_from;
    /* In earlier starts of the run: bytes over MPI, bits of the rounds. */
    uint64_t mpi_server_before, mpi_workers_before, bits_up_before;
    const char
        *inputs; /* what the files hold that its options name, JSON; NULL: nobody wrote it down */
    enum lac_end end;
    double method_bytes; /* that opening the method takes on every rank */
    struct lac_memory memory;
    struct lac_machine *machine; /* (1 + ranks) */
    const char *
        *absent_on; /* (n) where a client was that was lost; NULL: nobody knows, or none can be */
    bool *told_dropped;                /* (1 + ranks) the user was told that it was given up */
    uint32_t dropped;                  /* ranks whose clients are known to be absent */
    struct lac_worker_report *reports; /* (1 + ranks), by the caller */

    /* Called with each new row, and after each round; NULL: nobody listens. */
    lac_status (*on_row)(void *listener, const struct lac_server *s);
    lac_status (*on_round)(void *listener, const struct lac_server *s);
    /* Asked before each round whether the run shall leave there, LAC_END_ASKED; NULL: it goes on. */
    bool (*leaves)(void *listener, const struct lac_server *s);
    /* Called once clients were lost without which the run goes on; NULL: nobody listens. */
    void (*on_drop)(void *listener, const struct lac_server *s);
    /* A sentence for the user of a run that goes on; NULL: nobody listens. */
    void (*on_trouble)(void *listener, const char *sentence);
    void *listener;
};

/* Whether steps and probability are written as the method has them, before any data are read. */
lac_status lac_server_check_rules(const struct lac_config *c) LAC_MUST_CHECK;
/* Greeting, data, constants, step: everything before the first round. */
lac_status lac_server_set_up(struct lac_server *s) LAC_MUST_CHECK;
/* s->problem known on return; after the set-up and before the first round. */
lac_status lac_server_problem(struct lac_server *s) LAC_MUST_CHECK;
/* The rounds, up to the configuration's end. */
lac_status lac_server_run(struct lac_server *s) LAC_MUST_CHECK;
/* Tells all ranks to stop and takes their reports; after a failure frames on their way are dropped. */
lac_status lac_server_stop(struct lac_server *s) LAC_MUST_CHECK;

/* The next clients, from *client on, that are absent for ever from some round on, and behind them; false: there are none. */
bool lac_server_next_absence(const struct lac_server *s, uint32_t *client,
                             struct lac_saved_absence *of);
/* After LAC_E_LOST of a run over MPI: the sentence that names rank, host, clients, round and what to do.
   at_the_end: all rounds were done. */
lac_status lac_server_name_lost(const struct lac_server *s, bool at_the_end) LAC_MUST_CHECK;

/* Whether it is that of a whole round: where rounds overlap, one that was broken off has stepped at some coordinates. */
bool lac_server_model_is_whole(const struct lac_server *s);
/* The model as the server has it: (d), or the mean of the clients' models as last evaluated. */
const double *lac_server_model(const struct lac_server *s);

#endif
