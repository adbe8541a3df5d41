/* The mean of the models x^0 .. x^t, and one of them drawn uniformly: what many theorems are about. */
#include "base/rng.h"
#include "base/vec.h"
#include "server/track_parts.h"

static const uint64_t of_mean = LAC_TRACK(average_loss) | LAC_TRACK(average_grad_norm_sq);
static const uint64_t of_drawn =
    LAC_TRACK(drawn_round) | LAC_TRACK(drawn_loss) | LAC_TRACK(drawn_grad_norm_sq);

lac_status lac_track_open_iterates(struct lac_server *s)
{
    if (lac_tracks(s, of_mean | of_drawn) && !lac_state_has_model(&s->method->server)) {
        return LAC_FAIL(
            LAC_E_USAGE,
            "--track: the models of %s live on its clients, and are not sent after each "
            "round; the columns average_... and drawn_... are of methods with one model",
            s->method->name);
    }
    if (lac_tracks(s, of_mean)) {
        LAC_TRY(LAC_NEW(s->arena, s->d, &s->track.models));
    }
    return lac_tracks(s, of_drawn) ? LAC_NEW(s->arena, s->d, &s->track.drawn) : LAC_OK;
}

/* x^t takes the place of what was drawn with probability 1/(t + 1): then each of x^0 .. x^t is there alike. */
static bool takes_the_place(const struct lac_server *s, uint64_t t)
{
    struct lac_stream stream = {
        .seed = s->config->seed, .round = t, .client = LAC_SHARED, .purpose = LAC_PURPOSE_ITERATE};
    struct lac_rng r;
    lac_rng_init(&r, &stream);
    return lac_rng_below(&r, t + 1) == 0;
}

void lac_track_add_iterate(struct lac_server *s)
{
    if (s->track.models) {
        vec_axpy(s->track.models, 1.0, lac_server_model(s), s->d);
    }
    if (s->track.drawn && takes_the_place(s, s->env.round)) {
        vec_copy(s->track.drawn, lac_server_model(s), s->d);
        s->track.kept.drawn_round = s->env.round;
    }
}

static lac_status evaluate_at(struct lac_server *s, const double *x, double *loss,
                              double *grad_norm_sq)
{
    double n = lac_counted(&s->env.sampling.absence, s->n, s->env.round);
    LAC_TRY(lac_track_ask(s, LAC_QUERY_EVALUATE, x));
    *loss = s->track.sum / n;
    *grad_norm_sq = vec_norm_sq(s->track.gradient, s->d) / (n * n);
    return LAC_OK;
}

lac_status lac_track_iterates(struct lac_server *s, struct lac_row *row)
{
    if (lac_tracks(s, of_mean)) {
        double count = (double)s->env.round + 1.0;
        vec_scale(s->mean, 1.0 / count, s->track.models, s->d);
        LAC_TRY(evaluate_at(s, s->mean, &row->average_loss, &row->average_grad_norm_sq));
    }
    row->drawn_round = lac_tracks(s, LAC_TRACK(drawn_round)) ? s->track.kept.drawn_round : 0;
    if (lac_tracks(s, LAC_TRACK(drawn_loss) | LAC_TRACK(drawn_grad_norm_sq))) {
        LAC_TRY(evaluate_at(s, s->track.drawn, &row->drawn_loss, &row->drawn_grad_norm_sq));
    }
    return LAC_OK;
}
