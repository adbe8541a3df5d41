#include "method/first_model.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "base/text.h"
#include "base/vec.h"
#include "method/method.h"

static const struct lac_choice first_models[] = {
    {LAC_FIRST_ZERO, "zero", "zero", "every coordinate is 0", NULL},
    {LAC_FIRST_UNIFORM, "uniform", "uniform[:A]", "A (1) times U[0, 1) in each coordinate", NULL},
    {LAC_FIRST_NORMAL, "normal", "normal[:A]", "A (1) times N(0, 1) in each coordinate", NULL},
    {LAC_FIRST_LINEAR, "linear", "linear[:A]",
     "A (1) times U[-1, 1)/sqrt d in each coordinate, as torch starts linear layers", NULL},
    {LAC_FIRST_E1, "e1", "e1[:A]", "A (1) in the first coordinate, 0 in the others", NULL},
    {LAC_FIRST_FILE, "FILE", "FILE", "a text of d numbers, one a line, or the model of a run file",
     NULL},
};

const struct lac_choices lac_first_models = {
    .option = "--x0",
    .listed = "first-models",
    .entries = first_models,
    .count = sizeof first_models / sizeof first_models[0],
};

lac_status lac_first_model_open(struct lac_first_model *m, const char *text)
{
    size_t length = strcspn(text, ":");
    *m = (struct lac_first_model){.kind = LAC_FIRST_FILE, .scale = 1.0, .path = text};
    for (unsigned kind = LAC_FIRST_ZERO; kind < LAC_FIRST_FILE; kind++) {
        const char *name = first_models[kind].name;
        if (strlen(name) == length && strncmp(text, name, length) == 0) {
            *m = (struct lac_first_model){.kind = (enum lac_first_kind)kind, .scale = 1.0};
        }
    }
    if (m->kind == LAC_FIRST_FILE || text[length] == '\0') {
        return LAC_OK;
    }
    if (m->kind == LAC_FIRST_ZERO) {
        return LAC_FAIL(LAC_E_USAGE, "--x0: zero takes no number; write it zero, or uniform:A");
    }
    return lac_parse_double("--x0", text + length + 1, &m->scale);
}

void lac_first_model_fill(const struct lac_first_model *m, uint64_t seed, size_t d, double *x)
{
    struct lac_stream stream = {.seed = seed, .client = LAC_SHARED, .purpose = LAC_PURPOSE_START};
    struct lac_rng r;
    if (m->kind == LAC_FIRST_FILE) {
        return;
    }
    vec_zero(x, d);
    if (m->kind == LAC_FIRST_E1) {
        x[0] = m->scale;
        return;
    }
    double radius = m->scale / sqrt((double)d);
    lac_rng_init(&r, &stream);
    for (size_t j = 0; m->kind != LAC_FIRST_ZERO && j < d; j++) {
        x[j] = m->kind == LAC_FIRST_UNIFORM  ? m->scale * lac_rng_uniform(&r)
               : m->kind == LAC_FIRST_NORMAL ? m->scale * lac_rng_normal(&r)
                                             : radius * (2.0 * lac_rng_uniform(&r) - 1.0);
    }
}
