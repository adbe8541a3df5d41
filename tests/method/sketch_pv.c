/*
 * PV-Tuning (arXiv:2405.14852), its form for vectors: x has at most `entries` different values.
 *
 *   paper   here            held by         meaning
 *   V(x)    book            server, ranks   the values (codebook)
 *   P(x)    codes           server, ranks   which value each coordinate has
 *   x       x               server, ranks   x_j = book[codes_j]
 *   1/L     e->gamma
 *
 * P step, odd rounds:   book_k -= (1/L) mean of grad_j f over the coordinates of code k
 * V step, even rounds:  of the coordinates whose code would change by rounding x_j - grad_j f/L to the
 *                       nearest value, the `flips` ones of largest |grad_j f| change.
 * Both minimise the same upper bound of f, so that f never grows.
 *
 * Tried here: state that is not one vector, and raw fields: only changed codes and the codebook go
 * down, to every rank. Invariant: all ranks have the server's codes and codebook.
 */
#include <math.h>
#include <string.h>

#include "base/vec.h"
#include "sketches.h"

enum { ENTRIES, FLIPS };

struct quantised {
    uint32_t *codes; /* (d) */
    double *book;    /* (entries) */
    double *x;       /* (d) */
};

struct pv_server {
    struct quantised q;
    double *g;
    uint32_t *changed; /* (d) coordinates whose code changed since the last message */
    uint32_t count;
};

struct pv_worker {
    struct quantised q;
    double *grad;
};

static const struct lac_vector pv_server_vectors[] = {
    {"x", offsetof(struct pv_server, q.x), LAC_MODEL, NULL},
    LAC_VECTOR(pv_server, g, LAC_WORK),
    {0},
};

static const struct lac_vector pv_worker_vectors[] = {
    {"x", offsetof(struct pv_worker, q.x), LAC_STATE, NULL},
    LAC_VECTOR(pv_worker, grad, LAC_WORK),
    {0},
};

static const struct lac_parameter pv_parameters[] = {
    {"entries", 4.0, 2.0, 256.0, true, "values of the codebook"},
    {"flips", 2.0, 1.0, 1e9, true, "codes that change in a V step at most"},
    {0},
};

static size_t entries(const struct lac_env *e)
{
    return (size_t)e->parameter[ENTRIES];
}

static void dequantise(const struct lac_env *e, struct quantised *q)
{
    for (size_t j = 0; j < e->d; j++) {
        q->x[j] = q->book[q->codes[j]];
    }
}

/* Values from -1 to 1, random codes: the same on every side, without a message. */
static lac_status quantised_setup(struct quantised *q, const struct lac_env *e, struct lac_arena *a)
{
    struct lac_stream stream = {
        .seed = e->seed, .client = LAC_SHARED, .purpose = LAC_PURPOSE_START};
    struct lac_rng r;
    LAC_TRY(LAC_NEW(a, e->d, &q->codes));
    LAC_TRY(LAC_NEW(a, entries(e), &q->book));
    lac_rng_init(&r, &stream);
    for (size_t k = 0; k < entries(e); k++) {
        q->book[k] = 2.0 * (double)k / (double)(entries(e) - 1) - 1.0;
    }
    for (size_t j = 0; j < e->d; j++) {
        q->codes[j] = (uint32_t)lac_rng_below(&r, entries(e));
    }
    dequantise(e, q);
    return LAC_OK;
}

static lac_status pv_server_setup(void *state, const struct lac_env *e, struct lac_arena *a)
{
    struct pv_server *s = state;
    LAC_TRY(quantised_setup(&s->q, e, a));
    return LAC_NEW(a, e->d, &s->changed);
}

static lac_status pv_worker_setup(void *state, const struct lac_env *e, struct lac_arena *a)
{
    struct pv_worker *w = state;
    return quantised_setup(&w->q, e, a);
}

static lac_status pv_server_begin(void *state, const struct lac_env *e, struct lac_message *down)
{
    struct pv_server *s = state;
    lac_put_bytes(down, LAC_BITS_INDEX, &s->count, sizeof s->count);
    lac_put_bytes(down, LAC_BITS_INDEX, s->changed, s->count * sizeof *s->changed);
    for (uint32_t i = 0; i < s->count; i++) {
        unsigned char code = (unsigned char)s->q.codes[s->changed[i]];
        lac_put_bytes(down, LAC_BITS_VALUE, &code, 1);
    }
    lac_put_bytes(down, LAC_BITS_VALUE, s->q.book, entries(e) * sizeof *s->q.book);
    s->count = 0;
    vec_zero(s->g, e->d);
    return LAC_OK;
}

static lac_status take_codes(struct quantised *q, const struct lac_env *e, struct lac_message *down)
{
    const unsigned char *bytes, *codes;
    uint32_t count, at;
    LAC_TRY(lac_get_bytes(down, LAC_BITS_INDEX, sizeof count, &bytes));
    memcpy(&count, bytes, sizeof count);
    lac_next(down);
    LAC_TRY(lac_get_bytes(down, LAC_BITS_INDEX, count * sizeof at, &bytes));
    lac_next(down);
    LAC_TRY(lac_get_bytes(down, LAC_BITS_VALUE, count, &codes));
    for (uint32_t i = 0; i < count; i++) {
        memcpy(&at, bytes + i * sizeof at, sizeof at);
        if (at >= e->d || codes[i] >= entries(e)) {
            return LAC_FAIL(LAC_E_PROTOCOL, "pv: coordinate %u gets code %u", at, codes[i]);
        }
        q->codes[at] = codes[i];
    }
    return LAC_OK;
}

static lac_status pv_worker_begin(void *worker, const struct lac_env *e, struct lac_message *down)
{
    struct pv_worker *w = worker;
    const unsigned char *book;
    LAC_TRY(take_codes(&w->q, e, down));
    lac_next(down);
    LAC_TRY(lac_get_bytes(down, LAC_BITS_VALUE, entries(e) * sizeof *w->q.book, &book));
    memcpy(w->q.book, book, entries(e) * sizeof *w->q.book);
    dequantise(e, &w->q);
    return LAC_OK;
}

static lac_status pv_client_step(void *worker, void *client, struct lac_env *e,
                                 struct lac_message *down, struct lac_message *up)
{
    struct pv_worker *w = worker;
    (void)client;
    (void)down;
    LAC_TRY(lac_gradient(e, w->q.x, w->grad));
    return lac_compress(e, 0, w->grad, up);
}

static lac_status pv_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct pv_server *s = state;
    return lac_add_mean(e, 0, up, s->g);
}

static void p_step(struct pv_server *s, const struct lac_env *e)
{
    for (size_t k = 0; k < entries(e); k++) {
        double sum = 0.0, count = 0.0;
        for (size_t j = 0; j < e->d; j++) {
            sum += s->q.codes[j] == k ? s->g[j] : 0.0;
            count += s->q.codes[j] == k;
        }
        s->q.book[k] -= count > 0.0 ? e->gamma * sum / count : 0.0;
    }
}

static uint32_t nearest(const struct lac_env *e, const struct quantised *q, double target)
{
    uint32_t best = 0;
    for (uint32_t k = 1; k < entries(e); k++) {
        best = fabs(q->book[k] - target) < fabs(q->book[best] - target) ? k : best;
    }
    return best;
}

static void v_step(struct pv_server *s, const struct lac_env *e)
{
    while (s->count < e->parameter[FLIPS]) {
        size_t most = e->d;
        for (size_t j = 0; j < e->d; j++) {
            bool changes = nearest(e, &s->q, s->q.x[j] - e->gamma * s->g[j]) != s->q.codes[j];
            most = changes && (most == e->d || fabs(s->g[j]) > fabs(s->g[most])) ? j : most;
        }
        if (most == e->d) {
            return;
        }
        s->q.codes[most] = nearest(e, &s->q, s->q.x[most] - e->gamma * s->g[most]);
        s->changed[s->count++] = (uint32_t)most;
    }
}

static lac_status pv_server_end(void *state, const struct lac_env *e, struct lac_message *reply)
{
    struct pv_server *s = state;
    (void)reply;
    if (e->round % 2 == 1) {
        p_step(s, e);
    } else {
        v_step(s, e);
    }
    dequantise(e, &s->q);
    return LAC_OK;
}

static size_t pv_extra_bytes(const struct lac_env *e)
{
    return sizeof(uint32_t) + e->d * (sizeof(uint32_t) + 1) + entries(e) * sizeof(double);
}

static void pv_visit(struct quantised *q, const struct lac_env *e, struct lac_visitor *v)
{
    v->integers(v, "codes", q->codes, e->d);
    v->vector(v, "book", q->book, entries(e));
}

static void pv_server_visit(void *state, const struct lac_env *e, struct lac_visitor *v)
{
    struct pv_server *s = state;
    pv_visit(&s->q, e, v);
}

static void pv_worker_visit(void *state, const struct lac_env *e, struct lac_visitor *v)
{
    struct pv_worker *w = state;
    pv_visit(&w->q, e, v);
}

const struct lac_method sketch_pv = {
    .name = "pv-tuning",
    .summary = "sketch",
    .paper = "Malinovskii et al., arXiv:2405.14852",
    .traits = LAC_GIVES_EVALUATION | LAC_DOWN_TO_ALL,
    .channels = {{"up gradient", LAC_FROM_COMPRESSOR, LAC_UNBIASED}},
    .parameters = pv_parameters,
    .server = {.size = sizeof(struct pv_server),
               .vectors = pv_server_vectors,
               .setup = pv_server_setup,
               .visit = pv_server_visit},
    .worker = {.size = sizeof(struct pv_worker),
               .vectors = pv_worker_vectors,
               .setup = pv_worker_setup,
               .visit = pv_worker_visit},
    .server_begin = pv_server_begin,
    .worker_begin = pv_worker_begin,
    .client_step = pv_client_step,
    .server_add = pv_server_add,
    .server_end = pv_server_end,
    .extra_bytes = pv_extra_bytes,
};
