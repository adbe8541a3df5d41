/*
 * Where a solo run's time goes, by a clock that this program turns: it moves where gradients are counted, messages made and
 * added up, and nowhere else. Stages never add up to more than passed, and short ones, of which not all are timed, come out
 * right where clients differ, in cohorts that come round again, and with pauses that fall anywhere.
 */
#include <math.h>

#include "server/server_state.h"
#include "solo_run.h"
#include "tap.h"

enum { CLIENTS = 10, PAUSE_NS = 400000 };

static struct {
    long now_ns;
    uint64_t pauses_ns; /* one after about so much of work; 0: none */
    uint64_t draw;
    const long *gradient_ns; /* (CLIENTS) */
    double gradient, compress, aggregate;
} stage;

/* Work of a stage; what it took with the pauses in it, in seconds. */
static double work(long ns)
{
    long before = stage.now_ns;
    stage.draw = stage.draw * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    bool pause = stage.pauses_ns > 0 && (stage.draw >> 33) % stage.pauses_ns < (uint64_t)ns;
    stage.now_ns += ns + (pause ? PAUSE_NS : 0);
    return 1e-9 * (double)(stage.now_ns - before);
}

/* The linker has these calls come here. */
/* NOLINTBEGIN(bugprone-reserved-identifier): names that the linker gives */
int __wrap_clock_gettime(clockid_t clock, struct timespec *t);
void __wrap_lac_worker_count_gradient(struct lac_worker *w, uint32_t client, size_t rows,
                                      bool whole);
void __real_lac_worker_count_gradient(struct lac_worker *w, uint32_t client, size_t rows,
                                      bool whole);
lac_status __wrap_lac_compress(const struct lac_env *e, size_t channel, const double *v,
                               struct lac_message *m);
lac_status __real_lac_compress(const struct lac_env *e, size_t channel, const double *v,
                               struct lac_message *m);
void __wrap_lac_server_count_update(struct lac_server *s, struct lac_bits *bits);
void __real_lac_server_count_update(struct lac_server *s, struct lac_bits *bits);
/* NOLINTEND(bugprone-reserved-identifier) */

int __wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
    (void)clock;
    t->tv_sec = stage.now_ns / 1000000000;
    t->tv_nsec = stage.now_ns % 1000000000;
    return 0;
}

void __wrap_lac_worker_count_gradient(struct lac_worker *w, uint32_t client, size_t rows,
                                      bool whole)
{
    stage.gradient += work(stage.gradient_ns[client]);
    __real_lac_worker_count_gradient(w, client, rows, whole);
}

lac_status __wrap_lac_compress(const struct lac_env *e, size_t channel, const double *v,
                               struct lac_message *m)
{
    double seconds = work(1000);
    stage.compress +=
        m->sender == LAC_SHARED ? 0.0 : seconds; /* the server's is a step of its own */
    return __real_lac_compress(e, channel, v, m);
}

void __wrap_lac_server_count_update(struct lac_server *s, struct lac_bits *bits)
{
    stage.aggregate += work(500);
    __real_lac_server_count_update(s, bits);
}

/* tolerance: of the whole run. */
static void check(const char *name, const struct solo_run *r, double tolerance)
{
    const struct lac_worker_report *of = &r->reports[1];
    const struct lac_seconds *t = &r->server.seconds;
    double sum = of->gradient + of->compress + t->setup + t->send + t->wait + t->aggregate +
                 t->step + t->evaluate;
    tap_ok(sum <= t->total * (1.0 + 1e-12), "%s: stages take %g s of %g", name, sum, t->total);
    double wrong =
        fmax(fmax(fabs(of->gradient - stage.gradient), fabs(of->compress - stage.compress)),
             fabs(t->aggregate - stage.aggregate));
    tap_ok(wrong <= tolerance * t->total,
           "%s: gradients %g s, in truth %g, compressing %g and %g, adding %g and %g", name,
           of->gradient, stage.gradient, of->compress, stage.compress, t->aggregate,
           stage.aggregate);
}

struct clients {
    const char *name;
    long gradient_ns[CLIENTS];
};

static const struct clients all_clients[] = {
    {"equal clients", {2000, 2000, 2000, 2000, 2000, 2000, 2000, 2000, 2000, 2000}},
    {"one large client", {200, 200, 200, 200, 90000, 200, 200, 200, 200, 200}},
    {"clients of all sizes", {100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200}},
    {"long steps", {900000, 30000, 30000, 30000, 30000, 30000, 30000, 30000, 30000, 30000}},
};

static void run(const char *how, const char *options, uint64_t pauses_ns, double tolerance)
{
    static struct solo_run r;
    for (size_t i = 0; i < sizeof all_clients / sizeof *all_clients; i++) {
        const struct clients *c = &all_clients[i];
        char name[160], all[400];
        snprintf(name, sizeof name, "%s, %s%s", how, c->name, pauses_ns ? ", pauses" : "");
        snprintf(all, sizeof all, "--data synth:logistic,d=20,m=4 --clients %d --rounds 2000 %s",
                 CLIENTS, options);
        stage.gradient = stage.compress = stage.aggregate = 0.0;
        stage.pauses_ns = pauses_ns;
        stage.gradient_ns = c->gradient_ns;
        TAP_OK(solo_open(&r, all, NULL, NULL));
        TAP_OK(solo_finish(&r));
        check(name, &r, tolerance);
        solo_close(&r);
    }
}

int main(void)
{
    run("ef21", "--method ef21 --compressor topk:2 --eval-every 5", 0, 1e-9);
    run("ef21", "--method ef21 --compressor topk:2 --eval-every 5", 200000, 0.05);
    run("cohorts", "--method fedavg --participation cyclic:4 --step 0.01 --eval-every 8", 0, 0.05);
    run("rounds without messages",
        "--method l2gd:lambda=1 --compressor natural --p 0.2 --step 0.01 --regularizer l2:0.1 "
        "--eval-every 50",
        0, 0.02);
    run("blocks that overlap", "--method dcgd --compressor permk --overlap --step 0.01", 0, 1e-9);
    return tap_done();
}
