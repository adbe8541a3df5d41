/* x*, f* and F*: given, read from files, or as `laconic solve` stored them. */
#include <math.h>

#include "base/vec.h"
#include "server/track_parts.h"
#include "server/vector_file.h"
#include "store/optimum.h"

/* What `laconic solve` stored; the method is that of a coupled problem, NULL: of f. */
static lac_status find_stored(struct lac_server *s, const char *problem, const char *method,
                              struct lac_optimum *found)
{
    const struct lac_config *c = s->config;
    const char *folder, *words;
    LAC_TRY(lac_optimum_folder(c->optima, s->arena, &folder));
    LAC_TRY(lac_optimum_find(folder, problem, found, s->arena));
    if (!found->x) {
        LAC_TRY(lac_config_solve_words(lac_config_value, c, method, c->optima, s->arena, &words));
        return LAC_FAIL(LAC_E_INPUT, "--%s: '%s' has no optimum of this problem yet: %s",
                        c->optimum_solved ? "optimum" : "solution", folder, words);
    }
    if (found->d != s->d) {
        return LAC_FAIL(LAC_E_INPUT, "'%s' has %zu numbers; the problem has d = %u", found->path,
                        found->d, s->d);
    }
    return LAC_OK;
}

/* f* and x*. */
static lac_status find_solved(struct lac_server *s)
{
    const struct lac_config *c = s->config;
    struct lac_optimum found;
    LAC_TRY(find_stored(s, s->problem, NULL, &found));
    if (c->solution_solved) {
        LAC_TRY(LAC_NEW(s->arena, s->d, &s->track.solution));
        vec_copy(s->track.solution, found.x, s->d);
    }
    s->track.optimum = isfinite(c->optimum) ? c->optimum : found.value;
    return LAC_OK;
}

/* F*, the least of another problem than f*: that of the clients' own models. */
static lac_status find_personal(struct lac_server *s)
{
    const struct lac_config *c = s->config;
    char problem[LAC_DIGEST_TEXT];
    struct lac_optimum found;
    if (!c->optimum_solved || !lac_tracks(s, LAC_TRACK(personal_gap))) {
        s->track.personal_optimum = c->optimum;
        return LAC_OK;
    }
    lac_optimum_coupled(s->problem, s->method->coupling(&s->env) + 0.0, problem);
    LAC_TRY(find_stored(s, problem, c->method, &found));
    s->track.personal_optimum = found.value;
    return LAC_OK;
}

/* x*, and f* where only x* is given: f there. */
lac_status lac_track_open_solution(struct lac_server *s)
{
    const struct lac_config *c = s->config;
    s->track.optimum = c->optimum;
    LAC_TRY(find_personal(s));
    if (c->solution_solved || (c->optimum_solved && lac_tracks(s, LAC_TRACK(loss_gap)))) {
        LAC_TRY(find_solved(s));
    }
    if (!c->solution || c->solution_solved) {
        return LAC_OK;
    }
    LAC_TRY(LAC_NEW(s->arena, s->d, &s->track.solution));
    LAC_TRY(lac_vector_read("--solution", c->solution, s->d, s->track.solution,
                            &s->solution_warning, s->arena));
    if (!lac_tracks(s, LAC_TRACK(loss_gap)) || isfinite(s->track.optimum)) {
        return LAC_OK;
    }
    LAC_TRY(lac_track_ask(s, LAC_QUERY_EVALUATE, s->track.solution));
    s->track.optimum = s->track.sum / (double)s->n;
    if (!isfinite(s->track.optimum)) {
        return LAC_FAIL(LAC_E_NUMERIC, "--solution: the loss at '%s' is not finite", c->solution);
    }
    return LAC_OK;
}
