/*
 * The state of a method on one side: a struct whose vectors are listed once. The list allocates them, sets the
 * first model, finds the model and is what tests, memory reports and checkpoints walk over.
 */
#ifndef LAC_METHOD_STATE_H
#define LAC_METHOD_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"

struct lac_env;

enum lac_role {
    LAC_WORK,  /* written anew in each step: nothing to keep */
    LAC_STATE, /* begins at 0 */
    LAC_AT_X0, /* state that begins at x^0 */
    LAC_MODEL, /* the same, and it is the model that is evaluated */
    /* State, of the server: g, what stands for grad f at the model between rounds (methods that step first). */
    LAC_ESTIMATE,
    /* State, of a client: what stands for its grad f_i, h_i or g_i; or one for each of the minibatches that it deals. */
    LAC_SHIFT,
};

/* A member `double *` of a state: `count` vectors of d doubles, one behind the other. */
struct lac_vector {
    const char *name; /* NULL ends the list */
    size_t at;        /* offset of the member */
    enum lac_role role;
    size_t (*count)(const struct lac_env *e); /* NULL: one; where it is 0 the member stays NULL */
};

#define LAC_VECTORS(state, member, role, count)              \
    {                                                        \
#member, offsetof(struct state, member), role, count \
    }
#define LAC_VECTOR(state, member, role) LAC_VECTORS(state, member, role, NULL)

struct lac_visitor {
    void (*vector)(struct lac_visitor *v, const char *name, double *x, size_t d);
    void (*integers)(struct lac_visitor *v, const char *name, uint32_t *x, size_t count);
    void (*counter)(struct lac_visitor *v, const char *name, uint64_t *x);
};

struct lac_state {
    size_t size; /* of the struct, which comes zeroed */
    const struct lac_vector *vectors;
    /* What the list cannot say, after it. NULL: nothing. */
    lac_status (*setup)(void *state, const struct lac_env *e, struct lac_arena *a);
    size_t (*setup_bytes)(const struct lac_env *e); /* that setup takes. NULL: none */
    void (*visit)(void *state, const struct lac_env *e, struct lac_visitor *v);
};

/* struct NAME with the list NAME_vectors and nothing else */
#define LAC_HOLDS(name)                                        \
    {                                                          \
        .size = sizeof(struct name), .vectors = name##_vectors \
    }

lac_status lac_state_setup(const struct lac_state *kind, void *state, const struct lac_env *e,
                           struct lac_arena *a) LAC_MUST_CHECK;
/* Everything that is state, in the order of the list. */
void lac_state_visit(const struct lac_state *kind, void *state, const struct lac_env *e,
                     struct lac_visitor *v);
/* What it will take, at most as many bytes as a double counts. */
double lac_state_bytes(const struct lac_state *kind, const struct lac_env *e);
/* The member that takes most, and how many vectors it is; NULL where the state has none. */
const struct lac_vector *lac_state_largest(const struct lac_state *kind, const struct lac_env *e,
                                           size_t *count);
bool lac_state_has_model(const struct lac_state *kind);
/* (d), borrowed; NULL where no vector of the list is the model. */
double *lac_state_model(const struct lac_state *kind, void *state);
/* How many vectors the role is; 0: the list has none. */
size_t lac_state_count(const struct lac_state *kind, const struct lac_env *e, enum lac_role role);
/* The first of them; the others lie behind it. */
double *lac_state_first(const struct lac_state *kind, enum lac_role role, void *state);
/* As the model, of a role that is one vector; NULL also where it is several. */
bool lac_state_has(const struct lac_state *kind, const struct lac_env *e, enum lac_role role);
double *lac_state_of(const struct lac_state *kind, const struct lac_env *e, enum lac_role role,
                     void *state);

#endif
