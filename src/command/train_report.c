/* What a run prints: its plan, its progress, its end. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/vec.h"
#include "command/train_parts.h"
#include "method/round_bits.h"
#include "store/columns.h"

bool lac_on_terminal(void)
{
    char link[64], target[64];
    if (!isatty(STDOUT_FILENO) || !getenv("OMPI_COMM_WORLD_SIZE")) {
        return isatty(STDOUT_FILENO);
    }
    /* Open MPI gives every rank a terminal of its own: what counts is where mpirun writes. */
    snprintf(link, sizeof link, "/proc/%d/fd/1", (int)getppid());
    ssize_t length = readlink(link, target, sizeof target - 1);
    target[length > 0 ? length : 0] = '\0';
    return strncmp(target, "/dev/pts/", 9) == 0 || strncmp(target, "/dev/tty", 8) == 0;
}

static void print_constants(const struct lac_server *s)
{
    const struct lac_constants *c = &s->constants;
    if (c->L > 0.0) {
        printf("  L            %.6g\n", c->L);
    }
    if (c->L_i) {
        printf("  L_i          mean %.6g, root mean square %.6g, largest %.6g\n", c->L_mean,
               c->L_rms, c->L_max);
    }
    if (c->owners > 0.0) {
        printf("  features     c = %g clients share one at most, r = %g in a client at most\n",
               c->owners, c->held);
        printf("  L_plus       %.6g, L_rf %.6g\n", c->L_plus, c->L_rf);
    }
    if (c->L_plus_w > 0.0) {
        printf("  sampling     L_{+,w} = %.6g, L_{pm,w} = %.6g\n", c->L_plus_w, c->L_pm_w);
    }
    if (c->rows_noise > 0.0) {
        printf("  rows_noise   %.6g, of the draws of rows in the clients\n", c->rows_noise);
    }
    if (c->rows_variance > 0.0) {
        printf("  rows         rows_variance V = %.6g, rows_spread U = %.6g\n", c->rows_variance,
               c->rows_spread);
    }
}

/* Of a sealed run: no model goes down, but the blocks of all clients to all. */
static void print_blocks(const struct lac_server *s, const struct lac_round_bits *t)
{
    double seals = 8.0 * LAC_SEAL_TAG * lac_sampling_clients(&s->env.sampling);
    double up = t->up + (s->config->bare ? 0.0 : seals);
    printf("  per round    %.6g kbit up and %.6g down, of all clients on average: each client's "
           "block goes to all\n",
           1e-3 * up * (double)s->copies_up, 1e-3 * up * (double)s->copies_down);
    if (!s->config->bare) {
        printf("  sealing      %s, %s%s\n", lac_cipher_name(s->link->cipher), s->config->topology,
               s->link->post
                   ? ""
                   : "; in one process it protects nothing: the key is where the data are");
    }
}

static void print_traffic(const struct lac_server *s)
{
    struct lac_round_bits t;
    bool compressed = lac_method_channel(s->method, LAC_FROM_COMPRESSOR_DOWN) != NULL;
    lac_method_round_bits(s->method, &s->env, &t);
    if (s->forwards) {
        print_blocks(s, &t);
        return;
    }
    printf("  per round    %.6g kbit up and %.6g down (%s), of all clients on average\n",
           1e-3 * t.up, 1e-3 * t.down, compressed ? s->config->compressor_down : "dense");
    if (t.whole > 0.0) {
        printf(
            "  whole rounds a share of %.6g: %.6g kbit up and %.6g down; the others %.6g and %.6g\n",
            t.whole, 1e-3 * t.up_of[1], 1e-3 * t.down_of[1], 1e-3 * t.up_of[0],
            1e-3 * t.down_of[0]);
    }
}

/* What each column on request adds to the evaluation of a row. */
static void print_tracked(const struct lac_server *s)
{
    for (size_t c = LAC_ROW_COLUMN_COUNT; c < LAC_COLUMN_COUNT; c++) {
        if (lac_column_is_in(s->config->tracked, c)) {
            printf("  track        %s: %s\n", lac_columns[c].name, lac_columns[c].cost);
        }
    }
}

static void print_beyond(unsigned scope)
{
    const char *cohorts = scope & LAC_FOR_ESTIMATES ? ", cohorts" : "cohorts";
    const char *convex = scope & (LAC_FOR_ESTIMATES | LAC_FOR_COHORTS) ? ", " : "";
    if (scope & LAC_NO_THEOREM) {
        printf("  unproved     no theorem has this rule\n");
        scope &= ~(unsigned)LAC_NO_THEOREM;
    }
    if (scope) {
        printf("  unproved     the theory of this step does not cover %s%s%s%s\n",
               scope & LAC_FOR_ESTIMATES ? "estimates of gradients" : "",
               scope & LAC_FOR_COHORTS ? cohorts : "", scope & LAC_FOR_CONVEX ? convex : "",
               scope & LAC_FOR_CONVEX ? "a non-convex objective" : "");
    }
}

/* What of the file is not as regularized participation has it. */
static void print_trace(const struct lac_trace *t, uint32_t n)
{
    if (t->rounds == 0) {
        return;
    }
    printf("  trace        %u round%s in %u meta epoch%s", t->rounds, lac_plural(t->rounds),
           t->meta_epochs, lac_plural(t->meta_epochs));
    if (t->odd_clients == 0) {
        printf(", each client once in each\n");
    } else {
        printf(
            "; %u of %u clients not once in each: client %u takes part %u times in meta epoch %u\n",
            t->odd_clients, n, t->odd_client, t->odd_times, t->odd_meta_epoch);
    }
}

static void warn_of_trace(const struct lac_server *s)
{
    const struct lac_trace *t = &s->env.sampling.trace;
    if (t->odd_clients > 0) {
        fprintf(stderr, "warning: --participation: ");
        lac_print_clean(stderr, s->config->participation);
        fprintf(
            stderr,
            ": %u of %u clients do not take part once in each meta epoch (client %u %u times in "
            "meta epoch %u): the sums are not those of f; mend the file where that is not meant\n",
            t->odd_clients, s->n, t->odd_client, t->odd_times, t->odd_meta_epoch);
    }
}

static void print_quantities(const struct lac_server *s)
{
    unsigned beyond = 0;
    for (size_t k = 0; k < LAC_QUANTITIES; k++) {
        const struct lac_chosen *c = &s->chosen[k];
        if (c->option) {
            printf("  %-12s %.9g (%s%s%s%s%s)\n", c->option + 2, c->value, c->rule,
                   c->branch ? ", " : "", c->branch ? c->branch : "", c->formula ? ": " : "",
                   c->formula ? c->formula : "");
            beyond |= c->beyond;
        }
    }
    if (strcmp(s->config->step_policy, "constant") != 0) {
        printf("  step-policy  %s\n", s->config->step_policy);
    }
    print_beyond(beyond);
    const char *unproved = s->method->unproved ? s->method->unproved(&s->env) : NULL;
    if (unproved) {
        printf("  unproved     %s\n", unproved);
    }
}

/* Members of a state that are several vectors, as counted by its method. */
static void print_many(const struct lac_server *s, const char *where, const struct lac_state *kind)
{
    size_t count;
    const struct lac_vector *largest = lac_state_largest(kind, &s->env, &count);
    if (count > 1) {
        printf("  %-12s %zu x %u doubles %s\n", largest->name, count, s->d, where);
    }
}

static void print_memory(const struct lac_server *s)
{
    const struct lac_memory *m = &s->memory;
    printf(
        "  memory       %.1f MB at rank 0, of which %.1f the method's; at most %.1f, %.1f in a worker "
        "rank\n",
        1e-6 * m->server, 1e-6 * m->server_states, 1e-6 * m->worker, 1e-6 * m->worker_states);
    if (strcmp(s->transport->kind->name, "solo") != 0) {
        printf("  machine      at most %.1f MB on one, of all its ranks together\n",
               1e-6 * m->machine);
    }
    print_many(s, "at rank 0", &s->method->server);
    print_many(s, "in each client", &s->method->client);
}

void lac_print_size(const struct lac_server *s)
{
    const struct lac_config *c = s->config;
    printf("  data         %s%s, d = %u, %u client%s on %u worker rank%s (%s)\n",
           s->rows ? c->split.text : "generated", s->rows ? " split" : "", s->d, s->n,
           lac_plural(s->n), s->transport->ranks, lac_plural(s->transport->ranks),
           s->transport->kind->name);
    if (s->rows) {
        printf("  rows         %" PRIu64 "\n", s->rows);
    }
    if (c->by_samples) {
        printf("  weights      by samples: %.4g to %.4g times 1/n\n", s->least_weight,
               s->most_weight);
    }
}

static void print_checkpoints(const struct lac_server *s)
{
    const struct lac_config *c = s->config;
    if (!c->checkpoint) {
        return;
    }
    printf("  checkpoints  every %s%s in ", c->setting[LAC_CONFIG_CHECKPOINT_EVERY].value,
           c->checkpoint_rounds > 0 ? " rounds" : "");
    lac_print_clean(stdout, c->checkpoint);
    if (s->survival.from) {
        printf("; goes on after round %" PRIu64, s->survival.from->round);
    }
    printf("\n");
}

void lac_print_plan(const struct lac_server *s)
{
    const struct lac_config *c = s->config;
    printf("laconic: %s on ", c->method);
    lac_print_clean(stdout, s->data_name);
    printf("\n");
    lac_print_size(s);
    printf("  objective    %s, regularizer %s\n", c->objective, c->regularizer.text);
    if (lac_method_channels(s->method) > 0) {
        const struct lac_compressor_info *info = &s->env.channel[0].info;
        bool doubles = strcmp(c->wire, lac_wire_name(LAC_FP64)) == 0;
        printf("  compressor   %s%s%s:", c->compressor, doubles ? "" : " at ",
               doubles ? "" : c->wire);
        if (info->classes & LAC_UNBIASED) {
            printf(" omega = %.6g", info->omega);
        }
        printf(" alpha = %.6g\n", info->alpha);
    }
    print_traffic(s);
    if (s->env.estimator.kind != LAC_ESTIMATOR_FULL) {
        printf("  gradient     %s: estimates\n", c->gradient);
    }
    if (s->env.sampling.kind != LAC_SAMPLING_FULL) {
        printf("  participation %s: %.6g of %u client%s a round on average\n", c->participation,
               lac_sampling_clients(&s->env.sampling), s->n, lac_plural(s->n));
    }
    print_trace(&s->env.sampling.trace, s->n);
    if (s->env.sampling.order == LAC_COHORTS_LISTED) {
        printf(
            "  order        clients take turns as they are numbered: where neighbours have similar "
            "rows (sorted by label), cyclic:C without order=listed comes closer to the "
            "solution\n");
    }
    print_constants(s);
    print_quantities(s);
    print_tracked(s);
    print_memory(s);
    print_checkpoints(s);
    fflush(stdout);
}

void lac_print_warnings(const struct lac_server *s)
{
    const char *const warnings[] = {s->x0_warning, s->solution_warning};
    for (size_t i = 0; i < sizeof warnings / sizeof *warnings; i++) {
        if (warnings[i]) {
            fprintf(stderr, "warning: ");
            lac_print_clean(stderr, warnings[i]);
            fprintf(stderr, "\n");
        }
    }
    warn_of_trace(s);
    if (s->config->on_lost == LAC_LOST_DROPS && lac_mpi_ends_all()) {
        fprintf(stderr, "warning: --on-lost-client drop: mpirun ends the job itself when a rank "
                        "dies; with mpirun --enable-recovery the others go on\n");
    }
}

static void print_line(const struct lac_server *s, bool terminal, double now)
{
    const struct lac_row *row = &s->row;
    uint64_t done = s->rounds_done;
    double spent = now - s->rounds_began;
    double rate = done > 0 && spent > 0.0 ? (double)done / spent : 0.0;
    printf("%sround %" PRIu64 "  ", terminal ? "\r" : "", done);
    if (s->has_row) {
        printf("loss %.9g  |grad|^2 %.3e", row->loss, row->grad_norm_sq);
        if (row->round != done) {
            printf(" (of round %" PRIu64 ")", row->round);
        }
        printf("  ");
    }
    printf("up %.3g Mbit  %.0f rounds/s  ", 1e-6 * (double)lac_bits_total(&s->ledger.up), rate);
    if (rate > 0.0) {
        printf("at most %.0f s left", (double)(s->config->rounds - done) / rate);
    }
    printf("%s", terminal ? "\033[K" : "\n");
    fflush(stdout);
}

void lac_print_progress(struct lac_progress *p, const struct lac_server *s, double now)
{
    if (p->quiet) {
        return;
    }
    print_line(s, p->terminal, now);
    p->line_open = p->terminal;
    p->next = now + (p->terminal ? 0.2 : 5.0);
}

static void print_spread(const char *name, const struct lac_server *s, size_t offset)
{
    double least = (double)INFINITY, most = 0.0;
    for (uint32_t rank = 1; rank <= s->transport->ranks; rank++) {
        double x = *(const double *)(const void *)((const char *)&s->reports[rank] + offset);
        least = x < least ? x : least;
        most = x > most ? x : most;
    }
    printf("  %-12s max %.3f s, min %.3f s, ratio %.2f over %u rank%s\n", name, most, least,
           least > 0.0 ? most / least : 0.0, s->transport->ranks, lac_plural(s->transport->ranks));
}

static void print_bits(const char *name, const struct lac_bits *b, uint64_t frames)
{
    char seal[48] = "";
    if (b->of[LAC_BITS_SEAL] > 0) {
        snprintf(seal, sizeof seal, "seal %.6g, ", 1e-6 * (double)b->of[LAC_BITS_SEAL]);
    }
    printf("  %-12s %.6g Mbit: value %.6g, index %.6g, header %.6g, %spadding %.6g; %" PRIu64
           " frames\n",
           name, 1e-6 * (double)lac_bits_total(b), 1e-6 * (double)b->of[LAC_BITS_VALUE],
           1e-6 * (double)b->of[LAC_BITS_INDEX], 1e-6 * (double)b->of[LAC_BITS_HEADER], seal,
           1e-6 * (double)b->of[LAC_BITS_PADDING], frames);
}

/* Noise about a solution raises f a little; a step that is too long raises f and its gradient beyond all bounds. */
static void print_growth(const struct lac_server *s)
{
    double first = s->first_row.loss, last = s->row.loss;
    if (last - first > fabs(first) && s->row.grad_norm_sq > s->first_row.grad_norm_sq) {
        printf(
            "  warning      the loss grew from %.6g to %.6g: the step is likely too long; give a "
            "smaller --step\n",
            first, last);
    }
}

static void print_path(const char *name, const char *path)
{
    if (path) {
        printf("  %-12s ", name);
        lac_print_clean(stdout, path);
        printf("\n");
    }
}

static void print_checkpoint(const struct lac_server *s)
{
    if (s->survival.newest == 0) {
        return;
    }
    printf("  checkpoint   after round %" PRIu64 " in ", s->survival.newest);
    lac_print_clean(stdout, s->config->checkpoint);
    if (s->survival.longest > 0.0) {
        printf(", written in at most %.3g s", s->survival.longest);
    }
    printf("\n");
}

void lac_print_end(struct lac_progress *p, const struct lac_server *s)
{
    static const char *const ends[] = {"all rounds are done", "the target is reached",
                                       "the time is over", "nothing was run (--dry-run)", "left"};
    const struct lac_ledger *l = &s->ledger;
    uint64_t most = 0;
    if (p->quiet) {
        return;
    }
    if (p->line_open) {
        printf("\r\033[K");
    }
    printf("%s after %" PRIu64 " round%s, %.3f s in all, %.3f s before the first\n", ends[s->end],
           s->rounds_done, lac_plural(s->rounds_done), s->seconds.total, s->seconds.setup);
    if (!s->has_row) {
        return;
    }
    printf("  loss         %.15g (at the start %.6g)\n", s->row.loss, s->first_row.loss);
    printf("  |grad|^2     %.6e (at the start %.3e)\n", s->row.grad_norm_sq,
           s->first_row.grad_norm_sq);
    print_growth(s);
    print_bits("bits up", &l->up, l->frames_up);
    print_bits("bits down", &l->down, l->frames_down);
    printf("  papers count %.6g Mbit up: 32 per component, indices and the start free\n",
           1e-6 * (double)(l->up.paper - l->start.paper));
    print_spread("gradients", s, offsetof(struct lac_worker_report, gradient));
    print_spread("compression", s, offsetof(struct lac_worker_report, compress));
    lac_print_straggler(s);
    for (uint32_t rank = 1; rank <= s->transport->ranks; rank++) {
        most = s->reports[rank].resident_bytes > most ? s->reports[rank].resident_bytes : most;
    }
    printf("  memory       at most %.1f MB resident in a worker rank\n", 1e-6 * (double)most);
    print_path("run file", s->config->out);
    print_path("private file", s->config->out_private);
    print_checkpoint(s);
    fflush(stdout);
}
