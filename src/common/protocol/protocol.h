/*
 * The bodies of the messages that are not a method's: greeting, data, constants, questions, report.
 * put_ appends to a frame that was begun; take_ checks every field of a body. proto/README.md says
 * every byte.
 */
#ifndef LAC_PROTOCOL_H
#define LAC_PROTOCOL_H

#include "data/data.h"
#include "method/method.h"
#include "transport/transport.h"
#include "wire/wire.h"

#define LAC_MOST_ROWS       (UINT64_C(1) << 48) /* of all ranks */
#define LAC_MOST_SMOOTHNESS 0x1p511             /* of a client: its square is finite */
#define LAC_MOST_COUNT      0x1p53 /* beyond it doubles are no whole numbers one by one */

#define LAC_LOST_NOTHING_SENT \
    (-1.0) /* the answer of a client that compressed nothing in the round */

enum { LAC_MOST_NAME = 4096 }; /* bytes of a file's name */
enum {
    LAC_FLAG_EVALUATE =
        1,             /* ROUND, and GO of forwarded runs: each UPDATE is followed by an ANSWER */
    LAC_FLAG_APART = 1 /* STOP: ranks were lost, so that nobody waits for all at the end */
};

/* Clients lie on worker ranks 1..ranks in contiguous ascending blocks. */
uint32_t lac_first_client(uint32_t n, uint32_t ranks, uint32_t rank); /* of rank; rank ranks+1: n */
uint32_t lac_rank_of(uint32_t n, uint32_t ranks, uint32_t client);

struct lac_hello {
    const char *version, *host, *trajectory; /* the options that all ranks must share */
    size_t version_length, host_length, trajectory_length;
};

struct lac_rows_found { /* of SCAN: facts, and labels and norms where the split wants them */
    struct lac_scan scan;
    const char *name; /* of the file, for messages */
    size_t name_length;
    const unsigned char *label, *norm_sq; /* (scan.lines) doubles, unaligned; NULL: not sent */
};

struct lac_rows_plan { /* of PLAN and ROWS */
    struct lac_plan plan;
    const unsigned char *owner; /* (plan.rows) u32, unaligned; NULL: not sent */
    const char *text;           /* of ROWS: the lines themselves */
    size_t text_length;
};

struct lac_start_values {
    double gamma, p;                /* the first step; 0 where the method has no probability */
    struct lac_constants constants; /* L_i as sent, or NULL */
    enum lac_start start;
    bool evaluate;    /* in round 0 */
    const double *x0; /* (d) the first model where it is a file's; NULL: both sides make it */
};

enum lac_query {
    LAC_QUERY_EVALUATE = 1,
    LAC_QUERY_CURVATURE,
    LAC_QUERY_SMOOTHNESS,
    LAC_QUERY_MODEL,
    LAC_QUERY_MEMORY,
    LAC_QUERY_FEATURES,
    LAC_QUERY_CURVATURE_TWICE,
    LAC_QUERY_ROWS_NOISE,
    LAC_QUERY_ROWS_VANILLA,
    LAC_QUERY_ROWS_FRACTION,
    LAC_QUERY_ROWS_SPREAD,
    LAC_QUERY_TEST_ROWS,
    LAC_QUERY_TEST,
    LAC_QUERY_TEST_CORRECT,
    LAC_QUERY_ORACLE_ROWS,
    LAC_QUERY_ORACLE_FULL,
    LAC_QUERY_ROWS_SMOOTHNESS,
    LAC_QUERY_WEIGHT,
    LAC_QUERY_DIGEST_1,
    LAC_QUERY_DIGEST_2,
    LAC_QUERY_DIGEST_3,
    LAC_QUERY_DIGEST_4,
    LAC_QUERY_ENVELOPE,
    LAC_QUERY_SHIFT,
    LAC_QUERY_LOST,
    LAC_QUERY_LOST_SCALED,
    LAC_QUERY_RESIDENT,
    LAC_QUERY_TEST_DIGEST,
    LAC_QUERY_END
};

/* Of a client's rows: numbers of 48 bits each, which a double holds, the answers to LAC_QUERY_DIGEST_1 and on; the first of
   those of --test to LAC_QUERY_TEST_DIGEST. */
enum { LAC_ROWS_DIGEST_WORDS = 4, LAC_ROWS_DIGEST_WORD_BYTES = 6, LAC_ROWS_DIGEST_BYTES = 24 };

struct lac_question {
    const char *name;  /* of its answer */
    bool sends_vector; /* it is about one */
    bool wants_vector; /* its answer has one */
    bool set_up;       /* it is of the set-up, and in its account; else of evaluation */
    bool any;          /* its answer may be anything, also not a number: the model may diverge */
    bool whole;        /* its number is */
    double least, most;
};

const struct lac_question *lac_question(enum lac_query kind);

struct lac_worker_report {
    double gradient, compress, total; /* seconds */
    uint64_t arena_bytes, resident_bytes;
};

/* Bytes of the longest frame of a round, both ways, and how many of them a rank makes before it waits: as many as
   64 MiB hold, between 2 and 64. */
size_t lac_round_frame(const struct lac_method *m, const struct lac_env *e);
size_t lac_round_frames(size_t frame);
/* What a transport needs room for, but for its limit. */
struct lac_room lac_round_room(const struct lac_method *m, const struct lac_env *e);

/* What a message's header may say besides its number: flags, client, round, an empty body. */
lac_status lac_check_header(const struct lac_frame *f) LAC_MUST_CHECK;

/* Its length, and its bytes. */
void lac_put_text(struct lac_writer *w, const char *text, size_t length);

void lac_put_hello(struct lac_writer *w, const struct lac_hello *h);
lac_status lac_take_hello(const struct lac_frame *f, struct lac_hello *h) LAC_MUST_CHECK;

size_t lac_scan_bytes(const struct lac_scan *scan, const char *name, bool label, bool norm_sq);
void lac_put_scan(struct lac_writer *w, const struct lac_scan *scan, const char *name,
                  const double *label, const double *norm_sq);
lac_status lac_take_scan(const struct lac_frame *f, struct lac_rows_found *found) LAC_MUST_CHECK;

size_t lac_plan_bytes(const struct lac_plan *plan, bool owner, size_t text_length);
void lac_put_plan(struct lac_writer *w, const struct lac_plan *plan, const uint32_t *owner,
                  const char *text, size_t text_length);
lac_status lac_take_plan(const struct lac_frame *f, struct lac_rows_plan *plan) LAC_MUST_CHECK;

size_t lac_start_bytes(uint32_t n, size_t d);
void lac_put_start(struct lac_writer *w, const struct lac_start_values *v, uint32_t n, size_t d);
/* L_i and x0 point into the frame, 8-byte aligned where the frame is. */
lac_status lac_take_start(const struct lac_frame *f, uint32_t n, size_t d,
                          struct lac_start_values *v) LAC_MUST_CHECK;

/* A question has a kind and, where it is about one, a vector; an answer a number and a vector (or none). */
void lac_put_query(struct lac_writer *w, enum lac_query kind, const double *v, size_t d);
lac_status lac_take_query(const struct lac_frame *f, size_t d, enum lac_query *kind,
                          const double **v) LAC_MUST_CHECK;
void lac_put_answer(struct lac_writer *w, double number, const double *v, size_t d);
lac_status lac_take_answer(const struct lac_frame *f, enum lac_query kind, size_t d, double *number,
                           const double **v) LAC_MUST_CHECK;
/* Refuses a number or vector (d; NULL: none) that is no answer to this question. */
lac_status lac_check_answer(enum lac_query kind, double number, const double *v,
                            size_t d) LAC_MUST_CHECK;

void lac_put_error(struct lac_writer *w, lac_status status, const char *sentence);
/* Records the peer's failure as this side's and returns its status. */
lac_status lac_take_error(const struct lac_frame *f, uint32_t rank) LAC_MUST_CHECK;

void lac_put_report(struct lac_writer *w, const struct lac_worker_report *r);
lac_status lac_take_report(const struct lac_frame *f, struct lac_worker_report *r) LAC_MUST_CHECK;

/* What the server of a forwarded run may know of it, at the end of a round that is a row. */
struct lac_account {
    uint32_t clients, topology;                        /* as the clients' ranks were started */
    uint64_t round, bits_up, bits_down, bits_up_paper; /* of the rounds so far */
    uint64_t evaluation_up, evaluation_down, set_up_up, set_up_down;
    uint64_t bits_up_before, rows_before; /* of the run, those of earlier starts */
};

enum { LAC_ACCOUNT_FRAME = LAC_FRAME_HEADER + 88 };

void lac_put_account(struct lac_writer *w, const struct lac_account *a);
lac_status lac_take_account(const struct lac_frame *f, struct lac_account *a) LAC_MUST_CHECK;
/* Bytes of the longest CLOSE. */
size_t lac_close_bytes(uint32_t ranks);
/* How it ended for the rank that leaves, and what it handed to MPI for the other ranks of clients; sent (1 + ranks). */
void lac_put_close(struct lac_writer *w, lac_status status, const struct lac_traffic *sent,
                   uint32_t ranks);
/* sent NULL: not kept. */
lac_status lac_take_close(const struct lac_frame *f, lac_status *status, struct lac_traffic *sent,
                          uint32_t ranks) LAC_MUST_CHECK;

enum { LAC_ERROR_FRAME = 1216 };  /* bytes that any ERROR fits in: a sentence has 1024 at most */
enum { LAC_SMALL_FRAME = 16384 }; /* bytes that any HELLO, STOP, ERROR or REPORT fits in */

#endif
