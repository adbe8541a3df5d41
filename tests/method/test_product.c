/*
 * Every method x sampling of clients x compressor x objective of the lists: it converges at its theory's step, or is refused
 * at its start by one sentence that names the option. A small problem, so that the whole product is seconds.
 *
 * test_method_product [PART OF]: the methods PART, PART + OF, ... of the list.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "tap.h"

enum { N = 4, D = 6, TAIL = 16, ROWS_OF_A_RUN = 64 };

static char trace_path[] = "/tmp/laconic-product-XXXXXX";

/* An example of each sampling of the list, from how it is written there: "nice:TAU" is tried as "nice:2". */
static void sampling_text(const struct lac_choice *c, char *out, size_t size)
{
    static const char *const arguments[][2] = {
        {":TAU", ":2"}, {":P", ":0.5"}, {":C", ":3"}, {":FILE", NULL}};
    snprintf(out, size, "%s", c->usage);
    for (size_t i = 0; i < 4; i++) {
        char *at = strstr(out, arguments[i][0]);
        if (at) {
            const char *value = arguments[i][1];
            size_t room = size - (size_t)(at - out);
            snprintf(at, room, "%s%s", value ? value : ":", value ? "" : trace_path);
            return;
        }
    }
}

static const char *problem_of(const struct lac_objective *f)
{
    if (f->features > 0) {
        return "--data synth:tridiagonal,d=6,m=3,mu=1 --clients 4";
    }
    if (f->classes) {
        return "--data synth:softmax,d=2,m=3,classes=3 --clients 4 --regularizer l2:0.5";
    }
    return f->two_classes ? "--data synth:logistic,d=6,m=3 --clients 4 --regularizer l2:0.5"
                          : "--data synth:least-squares,d=6,m=3,L=2,mu=1 --clients 4";
}

struct pick {
    const struct lac_method *method;
    const struct lac_objective *objective;
    const char *sampling, *compressor;
};

static bool takes_compressor(const struct lac_method *m)
{
    return lac_method_channel(m, LAC_FROM_COMPRESSOR) != NULL;
}

static bool admits_compressor(const struct pick *p, struct lac_arena *a)
{
    const struct lac_method *m = p->method;
    struct lac_channel_compressor opened;
    bool cohorts = m->participants || strcmp(p->sampling, "full") != 0;
    struct lac_compressor_size size = {.d = D, .n = N, .cohort = cohorts ? 1 : 0};
    if (!takes_compressor(m)) {
        return strcmp(p->compressor, "identity") == 0;
    }
    return lac_compressor_open(&opened, p->compressor, &size, a) == LAC_OK &&
           ((opened.info.classes & m->channels[0].classes) || (opened.info.classes & LAC_UNBIASED));
}

static bool admits(const struct pick *p)
{
    struct lac_arena a = {0};
    struct lac_sampling s;
    bool fits = lac_method_sampling(p->method, p->sampling, N, &s, &a) == LAC_OK &&
                admits_compressor(p, &a);
    lac_arena_free(&a);
    return fits;
}

/* Without noise it goes on to the solution; else to a ball, of a radius ~ gamma. */
static bool stays_in_a_ball(const struct pick *p)
{
    bool lossless = !takes_compressor(p->method) ||
                    solo_lossless(p->compressor, &(struct lac_compressor_size){.d = D, .n = N});
    bool everybody = strcmp(p->sampling, "full") == 0;
    bool one_minimiser = strcmp(p->objective->name, "least-squares") == 0;
    return (p->method->traits & LAC_REACHES_A_BALL) && !(lossless && everybody) && !one_minimiser;
}

/* |grad f|^2 of the first row, and of the last ones. */
struct rows {
    double first, last[TAIL];
    size_t count;
};

static lac_status take_row(void *listener, const struct lac_server *s)
{
    struct rows *rows = listener;
    if (rows->count == 0) {
        rows->first = s->row.grad_norm_sq;
    }
    rows->last[rows->count++ % TAIL] = s->row.grad_norm_sq;
    return LAC_OK;
}

static double mean_of_last(const struct rows *rows)
{
    double sum = 0.0;
    size_t count = rows->count < TAIL ? rows->count : TAIL;
    for (size_t i = 0; i < count; i++) {
        sum += rows->last[i] / (double)count;
    }
    return sum;
}

static void write_options(const struct pick *p, bool ball, char *out, size_t size)
{
    const struct lac_method *m = p->method;
    const struct lac_step_rule *server = m->rules[LAC_SERVER_STEP];
    bool theory = m->rules[LAC_STEP],
         named = takes_compressor(m) || strcmp(p->compressor, "identity") != 0;
    double factor = (ball ? 0.1 : 1.0) * (theory ? 1.0 : 0.05);
    snprintf(out, size,
             "%s --objective %s --method %s%s --participation %s %s %s %s --step %s%g %s %s",
             problem_of(p->objective), p->objective->name, m->name,
             m->traits & LAC_DEALS_BATCHES ? ":batches=1" : "", p->sampling,
             named ? "--compressor" : "", named ? p->compressor : "",
             lac_method_channel(m, LAC_FROM_COMPRESSOR_DOWN) ? "--compressor-down natural" : "",
             theory ? "theory*" : "", factor,
             server && server->needs && !ball ? "--server-step theory*16" : "",
             m->rules[LAC_CHANCE] ? "--p 0.4" : "");
}

static const unsigned most_rounds = 64000;

/* How far |grad f|^2 falls; the status of the run. */
static lac_status fall_of(const char *options, bool ball, double *fall, unsigned *rounds)
{
    static struct solo_run r;
    struct rows rows = {0};
    char text[700];
    lac_status status = LAC_OK;
    *fall = 1.0;
    /* longer and longer, as long as it takes */
    for (*rounds = 500; *rounds <= most_rounds && status == LAC_OK && *fall > (ball ? 0.3 : 1e-4);
         *rounds *= 4) {
        rows.count = 0;
        snprintf(text, sizeof text, "%s --rounds %u --eval-every %u", options, *rounds,
                 *rounds / ROWS_OF_A_RUN);
        status = solo_open(&r, text, take_row, &rows);
        status = status == LAC_OK ? solo_finish(&r) : status;
        *fall = rows.count > 0 ? mean_of_last(&rows) / rows.first : 1.0;
        solo_close(&r);
    }
    return status;
}

struct tally {
    unsigned converged, refused, wrong;
    char faults[4000];
};

static void try(const struct pick *p, struct tally *t)
{
    char options[600];
    bool ball = stays_in_a_ball(p);
    double fall;
    unsigned rounds;
    write_options(p, ball, options, sizeof options);
    lac_status status = fall_of(options, ball, &fall, &rounds);
    bool fits = admits(p);
    if (fits && status == LAC_OK && fall <= (ball ? 0.3 : 1e-4)) {
        t->converged++;
        return;
    }
    if (!fits && status == LAC_E_USAGE && strncmp(lac_failure(), "--", 2) == 0 &&
        !strchr(lac_failure(), '\n')) {
        t->refused++;
        return;
    }
    size_t used = strlen(t->faults);
    t->wrong++;
    snprintf(t->faults + used, sizeof t->faults - used, "# falls to %.1e in %u rounds, %s: %s%s\n",
             fall, rounds / 4, fits ? "should converge" : "should be refused", options,
             status ? lac_failure() : "");
}

/* Every compressor, or one of twelve in turn where tests are to be short. */
static void try_all(const struct lac_method *m, const char *sampling, size_t turn)
{
    static struct tally t;
    size_t objectives;
    const struct lac_objective *const *objective = lac_objectives(&objectives);
    memset(&t, 0, sizeof t);
    size_t stride = getenv("LAC_TEST_SHORT") ? 12 : 1;
    for (size_t j = turn % stride; solo_compressor(j); j += stride) {
        char compressor[128];
        snprintf(compressor, sizeof compressor, "%s", solo_compressor(j));
        for (size_t k = 0; k < objectives; k++) {
            try(&(struct pick){m, objective[k], sampling, compressor}, &t);
        }
    }
    tap_ok(t.wrong == 0,
           "%s, %s: %u of compressors x objectives converge, %u are refused by a sentence", m->name,
           strncmp(sampling, "trace:", 6) == 0 ? "trace:FILE" : sampling, t.converged, t.refused);
    fputs(t.faults, stdout);
}

static bool write_trace(void)
{
    static const char text[] = "0 2\n1 3\n\n3 0\n2 1\n";
    int file = mkstemp(trace_path);
    return file >= 0 && write(file, text, sizeof text - 1) == sizeof text - 1 && close(file) == 0;
}

int main(int argc, char **argv)
{
    size_t methods, part = argc > 2 ? strtoul(argv[1], NULL, 10) : 1,
                    of = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
    const struct lac_method *const *method = lac_methods(&methods);
    if (!write_trace()) {
        printf("Bail out! no file for the trace\n");
        return 1;
    }
    for (size_t i = part - 1; i < methods; i += of) {
        for (size_t k = 0; k < lac_samplings.count; k++) {
            char sampling[128];
            sampling_text(&lac_samplings.entries[k], sampling, sizeof sampling);
            if (!method[i]->coupling) { /* personal models: tests/method/test_l2gd.c */
                try_all(method[i], sampling, i + k);
            }
        }
    }
    unlink(trace_path);
    return tap_done();
}
