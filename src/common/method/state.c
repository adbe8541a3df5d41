#include "base/vec.h"
#include "method/method.h"

static double **member(void *state, const struct lac_vector *vector)
{
    return (double **)(void *)((char *)state + vector->at);
}

static size_t count_of(const struct lac_vector *v, const struct lac_env *e)
{
    return v->count ? v->count(e) : 1;
}

lac_status lac_state_setup(const struct lac_state *kind, void *state, const struct lac_env *e,
                           struct lac_arena *a)
{
    for (const struct lac_vector *v = kind->vectors; v && v->name; v++) {
        size_t count = count_of(v, e);
        if (count == 0) {
            continue;
        }
        LAC_TRY(lac_arena_array(a, count, e->d * sizeof(double), member(state, v)));
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
        size_t count = count_of(v, e);
        if (v->role != LAC_WORK && count > 0) {
            visitor->vector(visitor, v->name, *member(state, v), count * e->d);
        }
    }
    if (kind->visit) {
        kind->visit(state, e, visitor);
    }
}

double lac_state_bytes(const struct lac_state *kind, const struct lac_env *e)
{
    double bytes = (double)kind->size;
    for (const struct lac_vector *v = kind->vectors; v && v->name; v++) {
        bytes += (double)count_of(v, e) * (double)e->d * sizeof(double);
    }
    return bytes + (kind->setup_bytes ? (double)kind->setup_bytes(e) : 0.0);
}

const struct lac_vector *lac_state_largest(const struct lac_state *kind, const struct lac_env *e,
                                           size_t *count)
{
    const struct lac_vector *largest = NULL;
    *count = 0;
    for (const struct lac_vector *v = kind->vectors; v && v->name; v++) {
        if (count_of(v, e) > *count) {
            *count = count_of(v, e);
            largest = v;
        }
    }
    return largest;
}

static const struct lac_vector *find(const struct lac_state *kind, enum lac_role role)
{
    const struct lac_vector *v = kind->vectors;
    while (v && v->name && v->role != role) {
        v++;
    }
    return v && v->name ? v : NULL;
}

bool lac_state_has_model(const struct lac_state *kind)
{
    return find(kind, LAC_MODEL) != NULL;
}

double *lac_state_model(const struct lac_state *kind, void *state)
{
    const struct lac_vector *v = find(kind, LAC_MODEL);
    return v ? *member(state, v) : NULL;
}

size_t lac_state_count(const struct lac_state *kind, const struct lac_env *e, enum lac_role role)
{
    const struct lac_vector *v = find(kind, role);
    return v ? count_of(v, e) : 0;
}

double *lac_state_first(const struct lac_state *kind, enum lac_role role, void *state)
{
    return *member(state, find(kind, role));
}

bool lac_state_has(const struct lac_state *kind, const struct lac_env *e, enum lac_role role)
{
    return lac_state_count(kind, e, role) == 1;
}

double *lac_state_of(const struct lac_state *kind, const struct lac_env *e, enum lac_role role,
                     void *state)
{
    return lac_state_has(kind, e, role) ? lac_state_first(kind, role, state) : NULL;
}
