/* The list of generators. A specification is "synth:NAME,key=value,...". */
#include "data/generator.h"

#include <stdio.h>
#include <string.h>

#define LAC_GENERATOR(name) extern const struct lac_generator lac_generator_##name;
#include "data/generators.def"
#undef LAC_GENERATOR

static const struct lac_generator *const generators[] = {
#define LAC_GENERATOR(name) &lac_generator_##name,
#include "data/generators.def"
#undef LAC_GENERATOR
};

enum {
#define LAC_GENERATOR(name) +1
    GENERATORS = 0
#include "data/generators.def"
#undef LAC_GENERATOR
};

const struct lac_generator *const *lac_generators(size_t *count)
{
    *count = GENERATORS;
    return generators;
}

static lac_status refuse_nameless(const struct lac_spec *spec, const char *const *names)
{
    char known[256] = "";
    size_t at = 0;
    for (size_t i = 0; i < GENERATORS && at < sizeof known; i++) {
        const char *before = i == 0 ? "" : i + 1 == GENERATORS ? " or " : ", ";
        at += (size_t)snprintf(known + at, sizeof known - at, "%ssynth:%s", before, names[i]);
    }
    return LAC_FAIL(LAC_E_USAGE, "'%s': name a generator: %s", spec->text, known);
}

static lac_status find(const struct lac_spec *spec, const struct lac_generator **out)
{
    const char *names[GENERATORS];
    const char *name = spec->count > 0 && *spec->key[0] == '\0' ? spec->value[0] : "";
    for (size_t i = 0; i < GENERATORS; i++) {
        names[i] = generators[i]->name;
        if (strcmp(name, names[i]) == 0) {
            *out = generators[i];
            return LAC_OK;
        }
    }
    const char *nearest = lac_nearest(name, names, GENERATORS);
    if (*name && nearest) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': there is no generator '%s'; did you mean '%s'?",
                        spec->text, name, nearest);
    }
    return refuse_nameless(spec, names);
}

static lac_status refuse_unnamed(const struct lac_spec *spec)
{
    for (size_t i = 1; i < spec->count; i++) {
        if (*spec->key[i] == '\0') {
            return LAC_FAIL(LAC_E_USAGE, "'%s': '%s' is no key=value", spec->text, spec->value[i]);
        }
    }
    return LAC_OK;
}

lac_status lac_generator_check(const struct lac_spec *spec, uint32_t n, uint32_t *d,
                               const struct lac_generator **out)
{
    const struct lac_generator *generator;
    LAC_TRY(find(spec, &generator));
    LAC_TRY(refuse_unnamed(spec));
    LAC_TRY(lac_spec_allow(spec, generator->allowed));
    if (n == 0) {
        return LAC_FAIL(LAC_E_USAGE, "--clients: at least 1 is needed");
    }
    LAC_TRY(generator->check(spec, n, d));
    if (out) {
        *out = generator;
    }
    return LAC_OK;
}

lac_status lac_generate(const struct lac_spec *spec, uint64_t seed, uint32_t n, uint32_t first,
                        uint32_t count, struct lac_rows *rows, struct lac_arena *arena)
{
    const struct lac_generator *generator;
    double shared = 0.0;
    LAC_ASSERT(first <= n && count <= n - first);
    LAC_TRY(find(spec, &generator));
    if (generator->share && count > 0) {
        LAC_TRY(generator->share(spec, seed, n, &shared));
    }
    for (uint32_t i = 0; i < count; i++) {
        LAC_TRY(generator->generate(spec, seed, n, first + i, shared, &rows[i], arena));
    }
    return LAC_OK;
}

lac_status lac_generator_number(const struct lac_spec *spec, const char *key, double least,
                                double most, double *out)
{
    double number = *out;
    LAC_TRY(lac_spec_double(spec, key, &number));
    if (!(number >= least && number <= most)) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': %s is from %g to %g", spec->text, key, least, most);
    }
    *out = number;
    return LAC_OK;
}

lac_status lac_generator_size(const struct lac_spec *spec, const char *key, uint32_t *out)
{
    uint64_t number = *out;
    LAC_TRY(lac_spec_count(spec, key, &number));
    if (number == 0 || number > LAC_GENERATOR_SIZE_MAX) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': %s is from 1 to %lu", spec->text, key,
                        (unsigned long)LAC_GENERATOR_SIZE_MAX);
    }
    *out = (uint32_t)number;
    return LAC_OK;
}

void lac_generator_stream(struct lac_rng *rng, uint64_t seed, uint32_t client, uint8_t channel)
{
    struct lac_stream stream = {
        .seed = seed, .client = client, .purpose = LAC_PURPOSE_DATA, .channel = channel};
    lac_rng_init(rng, &stream);
}
