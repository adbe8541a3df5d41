#include "base/vec.h"
#include "method/method.h"

static double **member(void *state, const struct lac_vector *vector)
{
    return (double **)(void *)((char *)state + vector->at);
}

lac_status lac_state_setup(const struct lac_state *kind, void *state, const struct lac_env *e,
                           struct lac_arena *a)
{
    for (const struct lac_vector *v = kind->vectors; v && v->name; v++) {
        LAC_TRY(lac_new_vector(e, a, member(state, v)));
        if (v->role == LAC_AT_X0 || v->role == LAC_MODEL) {
            vec_copy(*member(state, v), e->x0, e->d);
        }
    }
    return kind->setup ? kind->setup(state, e, a) : LAC_OK;
}

void lac_state_visit(const struct lac_state *kind, void *state, const struct lac_env *e,
                     struct lac_visitor *visitor)
{
    for (const struct lac_vector *v = kind->vectors; v && v->name; v++) {
        if (v->role != LAC_WORK) {
            visitor->vector(visitor, v->name, *member(state, v), e->d);
        }
    }
    if (kind->visit) {
        kind->visit(state, e, visitor);
    }
}

static const struct lac_vector *model(const struct lac_state *kind)
{
    const struct lac_vector *v = kind->vectors;
    while (v && v->name && v->role != LAC_MODEL) {
        v++;
    }
    return v && v->name ? v : NULL;
}

bool lac_state_has_model(const struct lac_state *kind)
{
    return model(kind) != NULL;
}

double *lac_state_model(const struct lac_state *kind, void *state)
{
    const struct lac_vector *v = model(kind);
    return v ? *member(state, v) : NULL;
}
