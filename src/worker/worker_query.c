/* Questions of the services: evaluation, products with the curvature, smoothness, models. */
#include "base/lanczos.h"
#include "base/machine.h"
#include "base/vec.h"
#include "method/minibatch.h"
#include "worker/worker_state.h"

void *lac_worker_client_state(struct lac_worker *w, uint32_t client)
{
    return w->client_states + (client - w->first) * w->client_stride;
}

/* Whether it can be answered by this rank, and now. */
static lac_status check_question(const struct lac_worker *w)
{
    bool about_test = w->query == LAC_QUERY_TEST || w->query == LAC_QUERY_TEST_CORRECT ||
                      w->query == LAC_QUERY_TEST_DIGEST;
    if (lac_question(w->query)->set_up && w->started) {
        return LAC_FAIL(LAC_E_PROTOCOL, "QUERY: question %d is of the set-up, which is over",
                        (int)w->query);
    }
    if (about_test && w->count > 0 && !w->track.test) {
        return LAC_FAIL(LAC_E_PROTOCOL, "QUERY: one about --test came before its rows");
    }
    if (w->query == LAC_QUERY_TEST_CORRECT && w->count > 0 && !w->local[0].objective->correct) {
        return LAC_FAIL(LAC_E_PROTOCOL, "QUERY: --objective %s has no classes to be right about",
                        w->config->objective);
    }
    if (w->query == LAC_QUERY_ENVELOPE && !w->config->couples) {
        return LAC_FAIL(LAC_E_PROTOCOL, "QUERY: nobody asked for the optimum of personal models");
    }
    if (w->query == LAC_QUERY_MODEL && !(w->started && lac_state_has_model(&w->method->client))) {
        return LAC_FAIL(LAC_E_PROTOCOL,
                        "QUERY: the clients of this method have no models of their own");
    }
    bool about_lost = w->query == LAC_QUERY_LOST || w->query == LAC_QUERY_LOST_SCALED;
    if (about_lost && !(w->started && w->track.lost)) {
        return LAC_FAIL(
            LAC_E_PROTOCOL,
            "QUERY: what messages lose is not measured here; give all ranks the same --track");
    }
    if (w->query == LAC_QUERY_SHIFT && !(w->started && lac_method_shifts(w->method, &w->env) > 0)) {
        return LAC_FAIL(LAC_E_PROTOCOL, "QUERY: the clients of this method have no shifts");
    }
    return LAC_OK;
}

/* The first client from this one on that is asked: once the rounds began, not one that was lost. */
static uint32_t next_asked(const struct lac_worker *w, uint32_t at)
{
    while (at < w->count && w->started &&
           lac_is_uncounted(&w->env.sampling.absence, w->first + at, w->env.round)) {
        at++;
    }
    return at;
}

lac_status lac_worker_begin_query(struct lac_worker *w, const struct lac_frame *f)
{
    if (w->env.d == 0) { /* generated data are made when the first question comes */
        LAC_TRY(lac_worker_generate(w));
    }
    if (w->started) {
        LAC_TRY(lac_worker_go_on(w, f->round));
    }
    if (f->round != w->env.round) {
        return LAC_FAIL(LAC_E_PROTOCOL, "QUERY: it is of round %llu and came in round %llu",
                        (unsigned long long)f->round, (unsigned long long)w->env.round);
    }
    LAC_TRY(lac_take_query(f, w->env.d, &w->query, &w->query_vector));
    LAC_TRY(check_question(w));
    if (w->query == LAC_QUERY_TEST_ROWS) {
        LAC_TRY(lac_worker_load_test(w));
    }
    if (w->query >= LAC_QUERY_DIGEST_1 && w->query <= LAC_QUERY_DIGEST_4) {
        LAC_TRY(lac_worker_digest(w));
    }
    w->cursor = next_asked(w, 0);
    w->task = w->cursor < w->count ? LAC_TASK_QUERY : LAC_TASK_IDLE;
    return LAC_OK;
}

/* hv <- H_i v with the regularizer's bound, as lac_product. */
struct curvature {
    struct lac_worker *w;
    const struct lac_local *f;
};

static void times_curvature(struct lac_worker *w, const struct lac_local *f, const double *v,
                            double *hv)
{
    if (f->rows.m > 0) {
        f->objective->curvature(&f->rows, v, w->work, hv);
    } else {
        vec_zero(hv, w->env.d);
    }
    lac_local_add_curvature(f, v, hv);
    if (f->weight != 1.0) {
        vec_scale(hv, f->weight, hv, w->env.d);
    }
}

static lac_status curvature_product(void *matrix, const double *v, double *hv)
{
    struct curvature *c = matrix;
    times_curvature(c->w, c->f, v, hv);
    return LAC_OK;
}

static lac_status smoothness(struct lac_worker *w, uint32_t client, double *L_i)
{
    struct lac_arena scratch = {0};
    struct lac_lanczos lanczos;
    struct curvature c = {.w = w, .f = &w->local[client - w->first]};
    struct lac_stream stream = {
        .seed = w->config->seed, .client = client, .purpose = LAC_PURPOSE_SPECTRUM};
    lac_status status = lac_lanczos_open(&lanczos, w->env.d, &scratch);
    if (status == LAC_OK) {
        status = lac_largest_eigenvalue(&lanczos, &stream, curvature_product, &c, L_i);
    }
    lac_arena_free(&scratch);
    return status;
}

/* 1 where grad f_i can be nonzero, else 0; returns how many. A regularizer is on all of them, or on its own. */
static double mark_features(const struct lac_local *f, double *mark)
{
    bool all = f->lambda * f->regularizer->smoothness > 0.0 && !f->own;
    size_t d = lac_rows_dimension(&f->rows);
    f->objective->support(&f->rows, mark);
    for (size_t j = 0; all && j < d; j++) {
        mark[j] = 1.0;
    }
    return vec_sum(mark, d);
}

/* The client's rows; where their sum over all clients is known, they become its weight. */
static lac_status weigh(struct lac_worker *w, struct lac_local *f, double sum, double *rows)
{
    *rows = (double)f->rows.m;
    if (sum == 0.0) {
        return LAC_OK;
    }
    if (!(sum >= *rows && sum <= 0x1p53)) {
        return LAC_FAIL(LAC_E_PROTOCOL, "all clients together have %g rows, one of them %g", sum,
                        *rows);
    }
    f->weight = (double)w->env.n * *rows / sum;
    return LAC_OK;
}

/* Its rows of --test, or a word of their digest. */
static double about_test(const struct lac_worker *w, uint32_t client)
{
    return w->query == LAC_QUERY_TEST_DIGEST ? lac_worker_test_digest_word(w, client)
                                             : (double)w->track.test[client - w->first].m;
}

/* The number of the answer; *v is what goes with it, where the question wants a vector. */
static lac_status answer_set_up(struct lac_worker *w, uint32_t client, double *number, double *v)
{
    struct lac_local *f = &w->local[client - w->first];
    switch (w->query) {
    case LAC_QUERY_WEIGHT:
        return weigh(w, f, w->query_vector[0], number);
    case LAC_QUERY_CURVATURE:
        times_curvature(w, f, w->query_vector, v);
        return LAC_OK;
    case LAC_QUERY_CURVATURE_TWICE:
        if (!w->product) {
            LAC_TRY(LAC_NEW(w->arena, w->env.d, &w->product));
        }
        times_curvature(w, f, w->query_vector, w->product);
        times_curvature(w, f, w->product, v);
        return LAC_OK;
    case LAC_QUERY_FEATURES:
        *number = mark_features(f, v);
        return LAC_OK;
    case LAC_QUERY_SMOOTHNESS:
        return smoothness(w, client, number);
    case LAC_QUERY_MEMORY:
        return lac_worker_memory(w, number);
    case LAC_QUERY_DIGEST_1:
    case LAC_QUERY_DIGEST_2:
    case LAC_QUERY_DIGEST_3:
    case LAC_QUERY_DIGEST_4:
        *number = lac_worker_digest_word(w, client, w->query - LAC_QUERY_DIGEST_1);
        return LAC_OK;
    case LAC_QUERY_ENVELOPE:
        return lac_worker_envelope(w, client, number, v);
    case LAC_QUERY_ROWS_NOISE:
    case LAC_QUERY_ROWS_VANILLA:
    case LAC_QUERY_ROWS_SPREAD:
    case LAC_QUERY_ROWS_SMOOTHNESS:
    case LAC_QUERY_ROWS_FRACTION:
        return lac_worker_rows(w, client, number);
    default:
        *number = about_test(w, client);
        return LAC_OK;
    }
}

/* The number of the answer to a question of the columns on request; *vector is what goes with it. */
static double answer_column(struct lac_worker *w, uint32_t client, double *vector)
{
    switch (w->query) {
    case LAC_QUERY_TEST:
        return lac_worker_test(w, client, w->query_vector, vector);
    case LAC_QUERY_TEST_CORRECT:
        return lac_worker_test_correct(w, client, w->query_vector, vector);
    case LAC_QUERY_ORACLE_ROWS:
        return (double)w->track.oracle_rows[client - w->first];
    case LAC_QUERY_ORACLE_FULL:
        return (double)w->track.oracle_full[client - w->first];
    case LAC_QUERY_SHIFT:
        return lac_worker_shift_error(w, client, w->query_vector, vector);
    case LAC_QUERY_LOST:
    case LAC_QUERY_LOST_SCALED:
        return lac_worker_lost(w, client, w->query == LAC_QUERY_LOST_SCALED);
    default:
        return lac_process_resident();
    }
}

static lac_status answer_one(struct lac_worker *w, uint32_t client, struct lac_writer *out)
{
    const struct lac_local *f = &w->local[client - w->first];
    double *vector = w->capture + 1;
    double number = 0.0;
    switch (w->query) {
    case LAC_QUERY_EVALUATE:
        lac_local_evaluate(f, w->query_vector, w->work, &number, vector);
        break;
    case LAC_QUERY_MODEL: {
        double *x = lac_state_model(&w->method->client, lac_worker_client_state(w, client));
        lac_local_evaluate(f, x, w->work, &number, vector);
        vector = x;
        break;
    }
    default:
        if (lac_question(w->query)->set_up) {
            LAC_TRY(answer_set_up(w, client, &number, vector));
        } else {
            number = answer_column(w, client, vector);
        }
        break;
    }
    const struct lac_question *question = lac_question(w->query);
    vector = question->wants_vector ? vector : NULL;
    if (question->set_up && lac_check_answer(w->query, number, vector, w->env.d) != LAC_OK) {
        return LAC_FAIL(LAC_E_INPUT, "the smoothness constants overflow; scale the data");
    }
    lac_put_answer(out, number, vector, w->env.d);
    return LAC_OK;
}

lac_status lac_worker_answer(struct lac_worker *w, const unsigned char **frame, size_t *count)
{
    struct lac_writer out;
    uint32_t client = w->first + w->cursor;
    unsigned char *bytes = lac_worker_frame(w);
    lac_frame_begin(&out, bytes, w->ring_bytes);
    LAC_TRY(answer_one(w, client, &out));
    lac_frame_end(&out, LAC_MESSAGE_ANSWER, 0, client, w->env.round);
    w->cursor = next_asked(w, w->cursor + 1);
    w->task = w->cursor == w->count ? LAC_TASK_IDLE : LAC_TASK_QUERY;
    *frame = bytes;
    *count = out.bytes;
    return LAC_OK;
}
