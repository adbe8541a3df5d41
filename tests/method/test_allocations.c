/*
 * The round loop allocates nothing. The linker turns every call of the allocator in the program's own
 * objects into one of the functions below, which count while a run is between its first and its last
 * row.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "sketches.h"
#include "tap.h"

/* NOLINTBEGIN(bugprone-reserved-identifier): names that the linker gives */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
int __real_posix_memalign(void **p, size_t alignment, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
int __wrap_posix_memalign(void **p, size_t alignment, size_t size);
void __wrap_free(void *p);
/* NOLINTEND(bugprone-reserved-identifier) */

static bool counting;
static unsigned long calls, before;

static void call(void)
{
    calls += counting;
    before += !counting;
}

void *__wrap_malloc(size_t size)
{
    call();
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    call();
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    call();
    return __real_realloc(p, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    call();
    return __real_aligned_alloc(alignment, size);
}

int __wrap_posix_memalign(void **p, size_t alignment, size_t size)
{
    call();
    return __real_posix_memalign(p, alignment, size);
}

void __wrap_free(void *p)
{
    call();
    __real_free(p);
}

/* DCGD whose clients allocate in their step. */
static struct lac_method wasteful;
static lac_status (*thrifty_step)(void *worker, void *client, struct lac_env *e,
                                  struct lac_message *down, struct lac_message *up);

static void *volatile seen; /* so that no compiler leaves the call out */

static lac_status wasteful_step(void *worker, void *client, struct lac_env *e,
                                struct lac_message *down, struct lac_message *up)
{
    void *work = malloc(e->d * sizeof(double));
    seen = work;
    lac_status status = thrifty_step(worker, client, e, down, up);
    free(work);
    return status;
}

enum { ROUNDS = 25, CLIENTS = 7 };

static void watch_rows(struct trace *t)
{
    counting = t->rows <= ROUNDS;
}

static unsigned long count(const char *options, lac_status *status)
{
    static struct trace t;
    calls = before = 0;
    t.also = watch_rows;
    *status = trace_run(&t, 2, options);
    counting = false;
    if (*status == LAC_OK && (t.rows != ROUNDS + 1 || before == 0)) {
        *status = LAC_FAIL(LAC_E_FAILED, "%zu rows, %lu calls before", t.rows, before);
    }
    trace_close(&t);
    return calls;
}

static unsigned refusals; /* runs that none() left out */

static void none(const char *method, const char *compressor, const char *step)
{
    char options[512];
    lac_status status;
    snprintf(
        options, sizeof options,
        "--data synth:logistic,d=20,m=6 --clients %d --regularizer l2:0.1 --rounds %d --method %s %s%s "
        "--step %s",
        CLIENTS, ROUNDS, method, compressor ? "--compressor " : "", compressor ? compressor : "",
        step);
    unsigned long n = count(options, &status);
    if (status == LAC_E_USAGE) { /* a compressor that the method refuses */
        refusals++;
        return;
    }
    tap_ok(status == LAC_OK && n == 0, "%s with %s allocates nothing in its rounds%s%s", method,
           compressor ? compressor : "nothing", status ? ": " : "", status ? lac_failure() : "");
}

static void registered(void)
{
    size_t methods;
    const struct lac_method *const *method = lac_methods(&methods);
    for (size_t i = 0; i < methods; i++) {
        none(runnable(method[i]), NULL, "0.01");
        for (size_t j = 0; solo_compressor(j); j++) {
            none(runnable(method[i]), solo_compressor(j), "0.01");
        }
    }
}

/* What is not listed, or needs options; none of these is refused. */
static void others(void)
{
    static const struct {
        const char *method, *compressor, *step;
    } cases[] = {
        {"marina:p=0.3", "randk:30%", "0.01"},
        {"marina:p=0.3 --gradient nice:2", "randk:30%", "0.01"},
        {"pp-marina:p=0.3 --participation uniform:2", "randk:30%", "0.01"},
        {"cofig:independent=1 --participation nice:1", "permk", "0.01"},
        {"frecon --participation nice:1", "randk:30%", "0.01"},
        {"ef21 --participation bernoulli:0.5 --gradient independent:2", "topk:30%", "0.01"},
        {"ef21-w --gradient minibatch:2", "topk:30%", "0.01"},
        {"dcgd --gradient uniform:50%", "natural", "0.01"},
        {"page --participation importance:3 --gradient weighted:2", NULL, "0.01"},
        {"l2gd --p 0.5", "natural", "0.1"},
        {"diana-rr:batches=3", "randk:30%", "0.001"},
        {"pv-tuning", "identity", "0.1"},
        {"local-rounds", NULL, "0.01"},
    };
    unsigned earlier = refusals;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        none(cases[i].method, cases[i].compressor, cases[i].step);
    }
    tap_ok(refusals == earlier, "none of those was refused%s%s", refusals == earlier ? "" : ": ",
           refusals == earlier ? "" : lac_failure());
}

static void shown_able_to_fail(void)
{
    char options[512];
    lac_status status;
    const struct lac_method *gd;
    if (lac_method_find("gd", &gd) != LAC_OK) {
        tap_ok(false, "there is gd");
        return;
    }
    wasteful = *gd;
    wasteful.name = "wasteful";
    thrifty_step = wasteful.client_step;
    wasteful.client_step = wasteful_step;
    TAP_OK(lac_method_add(&wasteful));
    snprintf(
        options, sizeof options,
        "--data synth:logistic,d=20,m=6 --clients %d --regularizer l2:0.1 --rounds %d --method wasteful "
        "--step 0.01",
        CLIENTS, ROUNDS);
    unsigned long n = count(options, &status);
    tap_ok(status == LAC_OK && n == 2UL * CLIENTS * (ROUNDS - 1),
           "a method that allocates in its step is found: %lu calls in %d rounds of %d clients", n,
           ROUNDS - 1, CLIENTS);
}

int main(void)
{
    ranks_lazy = true;
    registered();
    TAP_OK(sketches_add());
    others();
    shown_able_to_fail();
    return tap_done();
}
