/* What a run is: the options of `laconic train`, checked one by one. */
#ifndef LAC_CONFIG_H
#define LAC_CONFIG_H

#include "base/options.h"
#include "base/text.h"
#include "config/network.h"

enum lac_option_id {
    LAC_CONFIG_DATA, /* in the order of config.def */
    LAC_CONFIG_DATA_LOCAL,
    LAC_CONFIG_DIM,
    LAC_CONFIG_INTERCEPT,
    LAC_CONFIG_CLIENTS,
    LAC_CONFIG_SPLIT,
    LAC_CONFIG_DROP_REMAINDER,
    LAC_CONFIG_CLIENT_WEIGHTS,
    LAC_CONFIG_OBJECTIVE,
    LAC_CONFIG_REGULARIZER,
    LAC_CONFIG_METHOD,
    LAC_CONFIG_PLUGIN,
    LAC_CONFIG_COMPRESSOR,
    LAC_CONFIG_COMPRESSOR_DOWN,
    LAC_CONFIG_PARTICIPATION,
    LAC_CONFIG_GRADIENT,
    LAC_CONFIG_OVERLAP,
    LAC_CONFIG_WIRE,
    LAC_CONFIG_STEP,
    LAC_CONFIG_SERVER_STEP,
    LAC_CONFIG_META_STEP,
    LAC_CONFIG_P,
    LAC_CONFIG_STEP_POLICY,
    LAC_CONFIG_RR_ORDER,
    LAC_CONFIG_INIT,
    LAC_CONFIG_X0,
    LAC_CONFIG_SEED,
    LAC_CONFIG_SEEDS,
    LAC_CONFIG_ROUNDS,
    LAC_CONFIG_UNTIL_GRAD_NORM_SQ,
    LAC_CONFIG_UNTIL_LOSS,
    LAC_CONFIG_MAX_SECONDS,
    LAC_CONFIG_EVAL_EVERY,
    LAC_CONFIG_TRACK,
    LAC_CONFIG_SOLUTION,
    LAC_CONFIG_OPTIMUM,
    LAC_CONFIG_TEST,
    LAC_CONFIG_NETWORK,
    LAC_CONFIG_OUT,
    LAC_CONFIG_FORCE,
    LAC_CONFIG_DRY_RUN,
    LAC_CONFIG_QUIET,
    LAC_CONFIG_SEAL,
    LAC_CONFIG_IDENTITY,
    LAC_CONFIG_ROSTER,
    LAC_CONFIG_CIPHER,
    LAC_CONFIG_REKEY_EVERY,
    LAC_CONFIG_TOPOLOGY,
    LAC_CONFIG_ROLE,
    LAC_CONFIG_OUT_PRIVATE,
    LAC_CONFIG_PRIVATE_PLAIN,
    LAC_CONFIG_CHECKPOINT,
    LAC_CONFIG_RESUME,
    LAC_CONFIG_CHECKPOINT_EVERY,
    LAC_CONFIG_KEEP,
    LAC_CONFIG_CLIENT_TIMEOUT,
    LAC_CONFIG_ON_LOST_CLIENT,
    LAC_CONFIG_MAX_WAIT,
    LAC_CONFIG_CONFIG,
    LAC_CONFIG_SERVER_BUFFER,
    LAC_CONFIG_MAX_MEMORY,
    LAC_CONFIG_CHUNK,
    LAC_CONFIG_OPTIMA,
    LAC_CONFIG_KERNELS,
    LAC_CONFIG_COUNT
};

enum lac_on_lost { LAC_LOST_STOPS, LAC_LOST_WAITS, LAC_LOST_DROPS };

enum lac_role_of_process { LAC_ROLE_BY_RANK, LAC_ROLE_SERVER, LAC_ROLE_CLIENT };

struct lac_config {
    struct lac_setting setting[LAC_CONFIG_COUNT];
    const char *trajectory; /* "name = value" lines of the trajectory options */
    const char *shared;     /* the same, and what else all ranks must share */

    struct lac_spec data;   /* of generated data: "synth:KIND,..." */
    const char *data_path;  /* a file or "-"; NULL: generated or local */
    const char *data_local; /* NULL: not given */
    struct lac_spec split, regularizer;
    const char *method, *wire, *step, *participation, *gradient, *x0;
    const char *server_step, *meta_step, *p, *step_policy, *rr_order;
    const char *objective, *compressor, *compressor_down, *start; /* NULL where not given */
    uint64_t dim, seed, rounds, eval_every, chunk, server_buffer; /* dim 0: from the data */
    uint64_t max_memory;                                          /* UINT64_MAX: not given */
    uint32_t clients;
    double until_grad_norm_sq, until_loss,
        max_seconds; /* -infinity, -infinity, infinity: not given */
    bool intercept, drop_remainder, force, dry_run, quiet, overlap;
    bool by_samples; /* clients weigh m_i/sum m, not 1/n */
    const char *out, *kernels;
    const char *seal, *identity, *roster, *cipher; /* NULL where not given */
    const char *topology, *out_private;
    const char *plugins;        /* "NAME VERSION DIGEST, ..." of what --plugin opened; NULL: none */
    const char *problem_plugin; /* the same of the one that has the objective; NULL: none has */
    uint64_t rekey_every;
    const char *checkpoint;           /* the folder of --checkpoint or --resume; NULL: neither */
    bool resume;                      /* and go on where it ends */
    uint64_t checkpoint_rounds, keep; /* rounds 0: by time */
    double checkpoint_seconds;        /* infinity: by rounds */
    double client_timeout, max_wait;  /* seconds */
    enum lac_on_lost on_lost;
    enum lac_role_of_process role;
    bool private_plain;
    bool bare; /* as --seal, but nothing is sealed: of no option, for measurements */
    bool
        asks_rows; /* of no option: in the run that is replayed rows were of questions from this round on */
    uint64_t asked_from;
    const char *track, *solution, *test; /* NULL where not given */
    struct lac_network_options network;
    bool couples; /* of solve: F is wanted, not f, with the weight `coupling` */
    double coupling;
    double optimum;                       /* NaN: no number was given */
    bool optimum_solved, solution_solved; /* what `laconic solve` stored is wanted */
    const char *optima;                   /* the folder of solved optima; NULL where not given */
    uint64_t tracked;                     /* columns on request, a set of store/columns.h */
    bool two_classes;                     /* what the objective makes of labels */
    bool classes;      /* the objective is of several classes, its model a vector for each */
    uint32_t features; /* that a row may have for the objective; 0: any number */
    bool rare;         /* gradients vanish where a client has no feature: no regularizer there */
    double strong;     /* convexity of the regularizer: lambda of l2, else 0 */
    double own;        /* smoothness of a regularizer on each client's own features, else 0 */
    bool convex;       /* objective and regularizer are */
    bool quadratic;    /* both are: the curvature bound is the Hessian */
};

extern const struct lac_options lac_train_options;

/* Fills c from its settings; every refusal names the option. */
lac_status lac_config_read(struct lac_config *c, int argc, char *const *argv, struct lac_arena *a,
                           bool *help) LAC_MUST_CHECK;
/* The same from c->setting, which is filled already; all else of c is zero. */
lac_status lac_config_fill(struct lac_config *c, struct lac_arena *a) LAC_MUST_CHECK;
/* trajectory and shared, which options have to be told again once defaults are found that depend on others. */
lac_status lac_config_tell(struct lac_config *c, struct lac_arena *a) LAC_MUST_CHECK;
/* Adds what --plugin opened, as plugins of the struct has it, to what ranks and checkpoints compare. */
lac_status lac_config_add_plugins(struct lac_config *c, const char *plugins,
                                  struct lac_arena *a) LAC_MUST_CHECK;
/* status; a failure's sentence is made to name the option, and where its value stands if not on the command line. */
lac_status lac_config_option(const struct lac_config *c, enum lac_option_id id,
                             lac_status status) LAC_MUST_CHECK;
/* The path with the rank in place of {rank}; in the arena, or as given where it has none. */
lac_status lac_config_path_of_rank(const char *given, uint32_t rank, struct lac_arena *a,
                                   const char **path) LAC_MUST_CHECK;
bool lac_config_generated(const struct lac_config *c);
/* Whether the server only forwards. */
bool lac_config_forwards(const struct lac_config *c);
/* The run is evaluated after round r, where it goes so far. */
bool lac_config_is_due(const struct lac_config *c, uint64_t r);
/* Clients wait after round r: the run may be evaluated, kept or ended there. */
bool lac_config_waits_after(const struct lac_config *c, uint64_t r);
/* Whether the run needs what `laconic solve` stored. */
bool lac_config_wants_optimum(const struct lac_config *c);
/* Whether the option says what f is, not how to train. */
bool lac_config_is_of_problem(size_t id);
/* The words of `laconic solve` for the problem that these options say; value_of gives one by its name, or NULL. The
   folder optima may be NULL, the method too, whose coupling makes it another problem. In the arena. */
lac_status lac_config_solve_words(const char *(*value_of)(const void *from, const char *name),
                                  const void *from, const char *method, const char *optima,
                                  struct lac_arena *a, const char **words) LAC_MUST_CHECK;
/* As value_of: of a configuration. */
const char *lac_config_value(const void *config, const char *name);

#endif
