/*
 * A method is channels + state + steps. One round, in the order in which it happens:
 *
 *   server_begin -> [down] -> worker_begin, client_step -> [up] -> server_add -> server_end
 *                -> [reply] -> worker_end, client_end
 *
 * Every step and every message is optional. client_step runs once per participant on its rank,
 * server_add once per participant on rank 0, both in client order. The loop over rounds, files, MPI
 * and evaluation belong to the program; a method is given the verbs below and lists its state.
 *
 * Round 0 is the start (`--init`): client_step and server_add alone, with the first model in the
 * down message (nobody sends it: both sides know it). It is counted like any round.
 *
 * One file per method; docs/adding-a-method.md leads through it.
 */
#ifndef LAC_METHOD_H
#define LAC_METHOD_H

#include "compressor/compressor.h"
#include "method/estimator.h"
#include "method/sampling.h"
#include "method/state.h"
#include "method/step_policy.h"

/* Smoothness constants of the problem, computed from the data; those not asked for are 0 or NULL. */
struct lac_constants {
    double L;                    /* of f = (1/n) sum f_i */
    double L_mean, L_rms, L_max; /* of the L_i */
    const double *L_i;           /* (n) on both sides; NULL where the method does not need it */
    /* On the server alone. Features: clients with feature j are I_j, features of client i are J_i. */
    double L_plus; /* (1/n) sum |grad f_i(x) - grad f_i(y)|^2 <= L_plus^2 |x - y|^2 */
    double owners; /* c = max |I_j| */
    double held;   /* r = max |J_i| */
    double L_rf;   /* max_j (1/n) sum over I_j of L_i */
    /* Of the losses' curvature bounds alone, L and the root of the largest eigenvalue of (1/n) sum H_i^2;
       and what the regularizer adds to each L_i. */
    double L_loss, L_plus_loss, L_own;
    /* Of the sampling of clients (struct lac_law), w_i its weights: (1/n) sum |grad f_i(x) - grad f_i(y)|^2/(n w_i),
       less |grad f(x) - grad f(y)|^2 for the second, <= constant^2 |x - y|^2. */
    double L_plus_w, L_pm_w;
    double clients_noise; /* (A - B) L_plus_w^2 + B L_pm_w^2 */
    double rows_noise;    /* (1/n) sum (A/(n w_i) + (1 - B)/n) of the same of the client's rows */
    /* Of the rows alone: the variance of the mean of the clients' estimates of grad f_i(x) - grad f_i(y) is at
       most rows_variance |x - y|^2/n; rows_spread = max_ij noise_ij L_ij of their laws. */
    double rows_variance, rows_spread;
    /* Of any gradient of rows that a client's steps use: the largest of its rows' losses (times the weight of its heaviest
       minibatch, where minibatches are dealt), with the regularizer, weights of clients below 1 left out. */
    double L_row;
    double fraction; /* on both sides: part of its rows that a client's estimate draws; 1: all */
};

enum lac_needs {
    LAC_NEEDS_L = 1 << 0,
    LAC_NEEDS_L_I = 1 << 1,
    LAC_NEEDS_FEATURES = 1 << 2, /* owners, held, L_rf; brings the L_i */
    LAC_NEEDS_L_PLUS = 1 << 3,   /* brings the features */
    LAC_NEEDS_NOISE = 1 << 4,    /* L_plus_w, L_pm_w, clients_noise, rows_noise; brings the L_i */
    LAC_NEEDS_VANILLA = 1 << 5,  /* clients_noise and rows_noise with A = 1/TAU, B = 0, w_i = 1/n */
    LAC_NEEDS_FRACTION = 1 << 6, /* fraction */
    LAC_NEEDS_ROWS = 1 << 7,     /* rows_variance, rows_spread */
    LAC_NEEDS_L_ROW = 1 << 9,
    LAC_NEEDS_LOSS = 1 << 10,        /* L_loss, L_plus_loss, L_own; brings the features */
    LAC_NEEDS_L_I_OF_NOISE = 1 << 8, /* the L_i where the compressor or cohorts leave noise */
    LAC_NEEDS_L_OF_SUMS =
        1 << 11, /* L where messages are added, not where clients share the coordinates out */
};

/* What the theory of a step rule is for, besides all clients' gradients of all rows. */
enum lac_scope {
    LAC_FOR_ESTIMATES = 1 << 0,
    LAC_FOR_COHORTS = 1 << 1,
    LAC_FOR_CONVEX = 1 << 2, /* for no others */
    /* Refused without, since the formula has it: omega of all channels; and mu > 0, where they leave noise or always. */
    LAC_ONLY_UNBIASED = 1 << 3,
    LAC_ONLY_STRONG_OF_NOISE = 1 << 4,
    LAC_ONLY_STRONG = 1 << 5,
    LAC_NO_THEOREM = 1 << 6,     /* has the rule */
    LAC_FOR_DRAWN_ROWS = 1 << 7, /* of estimates: means of rows that each round draws */
};

/* What a step rule is computed from. */
struct lac_problem {
    size_t d;
    uint32_t n;
    const struct lac_constants *constants;
    const struct lac_compressor_info *compressor; /* of the first channel; NULL: none */
    double alpha;                                 /* of the first channel, as the method uses it */
    double omega;
    const struct lac_channel_compressor *channel; /* all of them */
    const struct lac_sampling *sampling;          /* who takes part */
    const struct lac_estimator *estimator;        /* whose gradients */
    bool convex;                                  /* loss and regularizer are */
    const double *parameter;                      /* as e->parameter */
    double
        mu; /* each f_i is mu-strongly convex, by its regularizer alone; 0: not convex, or not known */
    double heaviest;           /* largest weight of a client: n m_i/sum m by samples, else 1 */
    const struct lac_env *env; /* with the quantities before this one */
};

/* What theory computes from the data, or the user gives; a rule may use those before its own. */
enum lac_quantity {
    LAC_CHANCE,      /* --p, e->p */
    LAC_STEP,        /* --step, e->gamma */
    LAC_SERVER_STEP, /* --server-step, e->eta */
    LAC_META_STEP,   /* --meta-step, e->theta */
    LAC_QUANTITIES
};

struct lac_step_rule {
    const char *name;    /* theory, theory-old, ... */
    const char *formula; /* "1/(L + L_mean xi(alpha))" */
    unsigned needs;      /* of enum lac_needs */
    unsigned scope;      /* of enum lac_scope */
    double (*step)(const struct lac_problem *p);
};

/* Of a rule that has several formulas, the one that holds for a problem: a name for when, and itself. */
struct lac_branch {
    const char *name, *formula; /* "convex", "1/(L_max (1 + 4 W))"; name NULL: the rule has one */
};

enum { LAC_MAX_CHANNELS = 4, LAC_MAX_PARAMETERS = 8 };

/* A number of the method's own, written behind its name: --method page:cohort=4,p=0.1 */
struct lac_parameter {
    const char *name; /* NULL ends the list */
    double standard;  /* where it is not given; outside the range: the method chooses */
    double least, most;
    bool whole;
    const char *meaning; /* one line for `laconic list` */
};

/* Which option names a channel's compressor; lossless: always identity. */
enum lac_compressor_option { LAC_LOSSLESS, LAC_FROM_COMPRESSOR, LAC_FROM_COMPRESSOR_DOWN };

/* A channel: one compressor, one stream of draws, one account. Its index is its number in both. */
struct lac_channel {
    const char *name;                  /* "up gradient"; NULL ends the list */
    enum lac_compressor_option option; /* which option names its compressor */
    unsigned classes;                  /* admitted, of enum lac_compressor_class; an unbiased C in a
                                          contractive channel is scaled by 1/(1+omega) */
};

/* The messages of a round, as bits, known to both sides without asking. */
enum lac_messages { LAC_DOWN = 1 << 0, LAC_UP = 1 << 1, LAC_REPLY = 1 << 2 };

enum lac_start { LAC_START_ZERO = 1 << 0, LAC_START_COMPRESSED = 1 << 1, LAC_START_EXACT = 1 << 2 };

enum lac_trait {
    /* each client's first gradient of a round is the full grad f_i at the model sent down in this
       round: loss and |grad f|^2 come for free */
    LAC_GIVES_EVALUATION = 1 << 0,
    /* the model moves in server_begin (x_t is what clients see in round t), not in server_end */
    LAC_STEPS_FIRST = 1 << 1,
    /* down messages carry a state that every rank must follow: they go to all clients, always */
    LAC_DOWN_TO_ALL = 1 << 2,
    /* with a lossy compressor or a cohort it reaches a ball of radius ~ gamma only, unless the clients
       share a minimiser (no shifts) */
    LAC_REACHES_A_BALL = 1 << 3,
    /* its gradients may be estimates from some of the rows, `--gradient` */
    LAC_TAKES_ESTIMATES = 1 << 4,
    /* a client's message is one section of the first channel, in every round: with a compressor that shares the coordinates
       out, what the server does with all of them is the same at each coordinate, and who has them can do it too */
    LAC_ONLY_CONCATENATES = 1 << 6,
    /* each client's rows are dealt at random before the first round, into fixed minibatches */
    LAC_DEALS_BATCHES = 1 << 5,
    /* goes on when clients are lost: who was drawn and does not answer adds nothing, and its page says what that means */
    LAC_ADMITS_LOSS = 1 << 7,
};

struct lac_message;

/* Sums over the sections that were compressed: |C(v) - v|^2, the same of C as its channel scales it, |v|^2. */
struct lac_measure {
    double *scratch; /* (d) */
    double error, scaled_error, norm;
};

/* Minibatch `number` of `count` fixed ones: rows floor(number m/count) .. floor((number+1) m/count) of
   the client's m, weighted so that the batches' gradients average exactly to grad f_i. */
struct lac_batch {
    uint32_t number, count;
    bool drawn; /* instead: the rows that e->estimator draws in this round */
    const struct lac_entries
        *only; /* instead: all rows, these partial derivatives, zeros elsewhere */
};

/* What a step sees. The services behind the verbs are private to the program. */
struct lac_env {
    size_t d;
    uint32_t n;
    uint64_t seed;
    uint64_t round;
    double gamma;       /* the step of this round: the first one, as --step-policy lets it fall */
    double first_gamma; /* --step */
    double p;           /* --p, known to both sides */
    double eta, theta;  /* the server's steps of this round, known to it alone */
    double first_eta, first_theta; /* --server-step, --meta-step */
    bool keeps_order;              /* --rr-order once */
    bool overlaps;       /* --overlap: partial gradients are of products made block by block */
    uint32_t local_step; /* in a round, for draws of its own */
    struct lac_step_policy policy;
    const struct lac_constants *constants;
    const double *x0;           /* (d) the first model */
    struct lac_participant who; /* in client_step, server_add, client_end: whose turn it is */
    uint32_t position,
        cohort; /* it is number position of those who were drawn for this round, absent ones too */
    double weight; /* in client_step: what its f_i was multiplied with, 1 or n m_i/sum m */
    enum lac_start start;

    double parameter[LAC_MAX_PARAMETERS]; /* in the order in which the method lists them */
    struct lac_sampling sampling;         /* --participation */
    struct lac_estimator estimator;       /* --gradient */

    struct lac_channel_compressor *channel; /* (channels) */
    double channel_scale[LAC_MAX_CHANNELS]; /* divisor 1 + omega where C is used as contractive */
    lac_status (*gradient)(void *oracle, uint32_t client, const double *x,
                           const struct lac_batch *batch, double *loss, double *g);
    void *oracle;
    double
        *capture; /* (1 + d) loss and gradient of the first call of lac_gradient; NULL: not now */
    bool captured;
    struct lac_measure *measure; /* of what lac_compress loses; NULL: not now */
};

/* What the messages of a round hold, for the plan: frames of `clients` on average. */
struct lac_round_kind {
    double clients;
    bool compressed;          /* up: a section of each channel from clients */
    unsigned vectors, models; /* dense ones besides, up and down */
};

struct lac_method {
    const char *name;    /* as written on the command line */
    const char *summary; /* one line for `laconic list` */
    const char *paper;   /* citation and algorithm number */
    unsigned traits;     /* of enum lac_trait */
    unsigned starts;     /* admitted, of enum lac_start; 0: no round 0 */
    enum lac_start start_default;
    unsigned participation; /* samplings besides full, of enum lac_sampling_kind */
    unsigned needs;         /* constants that its steps use themselves, whatever the step rule */
    struct lac_channel channels[LAC_MAX_CHANNELS];
    const struct lac_parameter *parameters; /* NULL: none */
    /* The first is `theory`; ends with a NULL name. NULL: has no such quantity, or (--step) no theory. */
    const struct lac_step_rule *rules[LAC_QUANTITIES];
    /* Which formula of the rule, one of these, holds. NULL: each has one. */
    struct lac_branch (*branch)(const struct lac_problem *p, const struct lac_step_rule *rule);
    /* of rank 0, of a rank (once for all its clients: replicated state, work vectors), of a client */
    struct lac_state server, worker, client;

    /* Who takes part in e->round, ascending, a function of (configuration, seed, round) alone; writes
       who (n) and returns the count. NULL: a draw of e->sampling, everybody in round 0. */
    uint32_t (*participants)(const struct lac_env *e, struct lac_participant *who);
    /* Which messages e->round has (enum lac_messages). NULL: those whose steps are there. */
    unsigned (*messages)(const struct lac_env *e);

    /* Changes kind[0], usual rounds, and kind[1], whole ones, where they are not as by default: a cohort and
       everybody, all channels up, down one model unless it is compressed. Returns the probability of whole ones.
       NULL: all rounds are usual, as by default. */
    double (*kinds)(const struct lac_env *e, struct lac_round_kind kind[2]);

    /* server_begin, server_end: every round. worker_begin: every round on ranks that host a participant
       (with LAC_DOWN_TO_ALL on all), down empty where the round has none. worker_end, client_end: where a
       reply came. A round without LAC_UP is silent: client_step runs, and what it writes goes nowhere. */
    lac_status (*server_begin)(void *server, const struct lac_env *e, struct lac_message *down);
    lac_status (*worker_begin)(void *worker, const struct lac_env *e, struct lac_message *down);
    lac_status (*client_step)(void *worker, void *client, struct lac_env *e,
                              struct lac_message *down, struct lac_message *up);
    lac_status (*server_add)(void *server, const struct lac_env *e, struct lac_message *up);
    /* With compressors that share the coordinates out: x^{t+1} at entries of a message that was added, which no other of
       the round touches; server_end leaves it as it is. NULL: not of this method (--overlap). */
    void (*server_step_at)(void *server, const struct lac_env *e, const struct lac_entries *only);
    lac_status (*server_end)(void *server, const struct lac_env *e, struct lac_message *reply);
    lac_status (*worker_end)(void *worker, const struct lac_env *e, struct lac_message *reply);
    lac_status (*client_end)(void *worker, void *client, const struct lac_env *e,
                             struct lac_message *reply);

    /* What of the run no theory of its steps covers, beside the scopes of its rules: a sentence for the plan, NULL where
       there is nothing. NULL: never. */
    const char *(*unproved)(const struct lac_env *e);

    /* Refuses, by a sentence, steps and probabilities that do not go together; LAC_E_STEP: another step would do. NULL:
       all do. */
    lac_status (*admits)(const struct lac_env *e);

    /* Of a method whose clients' models minimise (1/n) sum f_i(x_i) + (lambda/(2 n)) sum |x_i - xbar|^2: its lambda. */
    double (*coupling)(const struct lac_env *e);

    /* Of methods with a LAC_SHIFT: what the client's is multiplied with to stand for grad f_i. NULL: 1. */
    double (*shift_factor)(const struct lac_env *e);

    /* The epoch of e->round, from 0, for --step-policy. NULL: each round is one, or 1/fraction of them where clients draw
       a part of their rows. */
    uint64_t (*epoch)(const struct lac_env *e);

    /* Bytes that one message can have besides one section per channel and one dense vector. NULL: 0. */
    size_t (*extra_bytes)(const struct lac_env *e);
};

/* The list, and what was added to it. */
const struct lac_method *const *lac_methods(size_t *count);
/* By "name" or "name:parameter=value,...". */
lac_status lac_method_find(const char *text, const struct lac_method **out) LAC_MUST_CHECK;
/* A method from outside the list, borrowed for good; refuses a name that means one already. */
lac_status lac_method_add(const struct lac_method *m) LAC_MUST_CHECK;
void lac_methods_forget(void); /* those that were added */
size_t lac_method_channels(const struct lac_method *m);
/* The first channel whose compressor this option names; NULL: none. */
const struct lac_channel *lac_method_channel(const struct lac_method *m,
                                             enum lac_compressor_option option);
/* The messages of e->round, after the NULL default. Round 0 has LAC_UP alone. */
unsigned lac_method_messages(const struct lac_method *m, const struct lac_env *e);
/* Who takes part in e->round, into who (n); returns the count. e->cohort: of those who were drawn. */
uint32_t lac_method_participants(const struct lac_method *m, struct lac_env *e,
                                 struct lac_participant *who);
/* Refuses, in the name of the option, a method that does not go on when clients are lost. */
lac_status lac_method_check_loss(const struct lac_method *m, const char *option) LAC_MUST_CHECK;
/* The options that a method is opened with, as users write them. */
struct lac_method_texts {
    const char *method; /* with its parameters */
    const char *compressor, *compressor_down;
    const char *wire; /* of the values on channels from clients */
    const char *participation, *gradient;
    const char *rr_order, *step_policy;
};
/* Reads the parameters and the sampling; opens the channels' compressors for e->d, e->n and checks their
   classes. */
lac_status lac_method_open(const struct lac_method *m, struct lac_env *e,
                           const struct lac_method_texts *text, struct lac_arena *a) LAC_MUST_CHECK;
/* Reads what stands behind the name into value (LAC_MAX_PARAMETERS), defaults where nothing does. */
lac_status lac_method_parameters(const struct lac_method *m, const char *text, double *value,
                                 struct lac_arena *a) LAC_MUST_CHECK;
/* lambda of the problem that the clients' models of the method solve; NaN: it has one model for all. */
lac_status lac_method_coupling(const char *text, double *lambda,
                               struct lac_arena *a) LAC_MUST_CHECK;
/* Reads the estimator and checks that the method takes one. */
lac_status lac_method_estimator(const struct lac_method *m, const char *text,
                                struct lac_estimator *out, struct lac_arena *a) LAC_MUST_CHECK;
/* Reads the sampling for n clients and checks that the method admits it. */
lac_status lac_method_sampling(const struct lac_method *m, const char *text, uint32_t n,
                               struct lac_sampling *out, struct lac_arena *a) LAC_MUST_CHECK;
/* Moves e to a round, with its step. */
void lac_method_enter(const struct lac_method *m, struct lac_env *e, uint64_t round);
/* The bound of a message's body. */
size_t lac_method_max_bytes(const struct lac_method *m, const struct lac_env *e);

/*
 * A message: sections, one behind the other. It is written to its end and read from its front; reading
 * counts every bit under its class, each section once.
 */
struct lac_message {
    struct lac_writer out;
    const unsigned char *body; /* what is read: of a message just written, its own bytes */
    size_t length;
    size_t at;       /* where the section under the cursor begins */
    size_t next;     /* where it ends, known once it was read */
    size_t counted;  /* sections before this are in bits */
    uint32_t sender; /* whose draws its compressors use: a client, or LAC_SHARED for rank 0 */
    struct lac_bits bits;
};

/* Starts writing behind room for the frame's header. */
void lac_message_begin(struct lac_message *m, uint32_t sender, unsigned char *buffer,
                       size_t capacity);
void lac_message_read(struct lac_message *m, uint32_t sender, const unsigned char *body,
                      size_t length);

/* The verbs a method is written in. Each is one line of a paper's listing. */

lac_status lac_new_vector(const struct lac_env *e, struct lac_arena *a, double **x) LAC_MUST_CHECK;
/* g <- grad f_i(x) of the client whose turn it is, or its estimate as e->estimator says */
lac_status lac_gradient(struct lac_env *e, const double *x, double *g) LAC_MUST_CHECK;
/* g <- grad f_i(x) from all of its rows, whatever the estimator */
lac_status lac_full_gradient(struct lac_env *e, const double *x, double *g) LAC_MUST_CHECK;
/* As lac_gradient, but where channel's compressor will draw what it keeps of it, whatever it is: those partial
   derivatives of grad f_i(x), the same to the bit, and zeros elsewhere. In evaluated rounds the whole. */
lac_status lac_partial_gradient(struct lac_env *e, size_t channel, const struct lac_message *m,
                                const double *x, double *g) LAC_MUST_CHECK;
/* g <- the gradient of one of the client's fixed minibatches */
lac_status lac_batch_gradient(struct lac_env *e, const double *x, uint32_t number, uint32_t count,
                              double *g) LAC_MUST_CHECK;
/* appends C(v), as channel number `channel` compresses; v must be finite */
lac_status lac_compress(const struct lac_env *e, size_t channel, const double *v,
                        struct lac_message *m) LAC_MUST_CHECK;
/* acc <- acc + scale C(v), from the bytes of the section under the cursor */
lac_status lac_add(const struct lac_env *e, size_t channel, struct lac_message *m, double scale,
                   double *acc) LAC_MUST_CHECK;
/* acc <- acc + C(v)/n, the factor rounded once */
lac_status lac_add_mean(const struct lac_env *e, size_t channel, struct lac_message *m,
                        double *acc) LAC_MUST_CHECK;
/* appends the d doubles of x, at a multiple of 8 bytes */
lac_status lac_put(const struct lac_env *e, struct lac_message *m, const double *x) LAC_MUST_CHECK;
/* *x points at the d doubles of the section under the cursor, in place */
lac_status lac_get(const struct lac_env *e, struct lac_message *m, const double **x) LAC_MUST_CHECK;
/* raw fields, counted under their class: codes, changed positions, ...; extra_bytes has their room */
void lac_put_bytes(struct lac_message *m, enum lac_bit_class class, const void *bytes,
                   size_t count);
/* *bytes points at count bytes under the cursor, in place, of any alignment */
lac_status lac_get_bytes(struct lac_message *m, enum lac_bit_class class, size_t count,
                         const unsigned char **bytes) LAC_MUST_CHECK;
/* moves the cursor behind the section that was read last */
void lac_next(struct lac_message *m);
/* true with probability p: one coin per (round, number), the same on all sides */
bool lac_coin(const struct lac_env *e, uint16_t number, double p);
/* the same of the client whose turn it is, for itself */
bool lac_client_coin(const struct lac_env *e, uint16_t number, double p);

#endif
