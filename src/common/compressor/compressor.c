#include "compressor/compressor.h"

#include <math.h>
#include <string.h>

#define LAC_COMPRESSOR(name) extern const struct lac_compressor lac_compressor_##name;
#include "compressor/compressor.def"
#undef LAC_COMPRESSOR

static const struct lac_compressor *const list[] = {
#define LAC_COMPRESSOR(name) &lac_compressor_##name,
#include "compressor/compressor.def"
#undef LAC_COMPRESSOR
};

enum { COUNT = sizeof list / sizeof list[0] };

const struct lac_compressor *const *lac_compressors(size_t *count)
{
    *count = COUNT;
    return list;
}

lac_status lac_compressor_find(const char *name, const struct lac_compressor **out)
{
    const char *names[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        names[i] = list[i]->name;
        if (strcmp(name, names[i]) == 0) {
            *out = list[i];
            return LAC_OK;
        }
    }
    const char *nearest = lac_nearest(name, names, COUNT);
    if (nearest) {
        return LAC_FAIL(LAC_E_USAGE, "there is no compressor '%s'; did you mean '%s'?", name,
                        nearest);
    }
    return LAC_FAIL(LAC_E_USAGE, "there is no compressor '%s'; `laconic list` names them all",
                    name);
}

lac_status lac_compressor_open(struct lac_channel_compressor *c, const char *text,
                               const struct lac_compressor_size *size, struct lac_arena *arena)
{
    struct lac_spec spec;
    LAC_ASSERT(size->d > 0 && size->n > 0);
    if (size->d > UINT32_MAX) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': the dimension %zu is above %u", text, size->d,
                        UINT32_MAX);
    }
    LAC_TRY(lac_spec_parse(&spec, text, arena));
    *c = (struct lac_channel_compressor){0};
    LAC_TRY(lac_compressor_find(spec.name, &c->compressor));
    unsigned char *state;
    LAC_TRY(LAC_NEW(arena, c->compressor->state_size, &state));
    c->state = state;
    return c->compressor->setup(c->state, size, &spec, arena, &c->info);
}

/* ceil(percent of d); a whole number that the product misses by rounding alone counts as met. */
static lac_status percentage(const struct lac_spec *spec, const char *value, size_t d, size_t *k)
{
    char number[64] = "";
    double percent = 0.0;
    size_t length = strlen(value) - 1; /* without the sign */
    memcpy(number, value, length < sizeof number ? length : 0);
    LAC_TRY(lac_parse_double(spec->text, number, &percent));
    if (!(percent > 0.0 && percent <= 100.0)) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': the percentage must be above 0 and at most 100",
                        spec->text);
    }
    double exact = percent * (double)d / 100.0;
    double whole = floor(exact + 0.5);
    whole = fabs(exact - whole) <= 1e-12 * exact ? whole : ceil(exact);
    *k = (size_t)whole;
    return LAC_OK;
}

lac_status lac_compressor_k(const struct lac_spec *spec, size_t d, size_t *k)
{
    static const char *const keys[] = {"k", "", NULL};
    LAC_TRY(lac_spec_allow(spec, keys));
    const char *value = lac_spec_get(spec, "k");
    value = value ? value : lac_spec_get(spec, "");
    if (!value || spec->count != 1) {
        return LAC_FAIL(LAC_E_USAGE,
                        "'%s': say once how much is kept: %s:k=K with K in 1..%zu, or %s:P%%",
                        spec->text, spec->name, d, spec->name);
    }
    if (*value != '\0' && value[strlen(value) - 1] == '%') {
        return percentage(spec, value, d, k);
    }
    uint64_t count;
    LAC_TRY(lac_parse_count(spec->text, value, &count));
    if (count < 1 || count > d) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': k must be in 1..%zu, the dimension", spec->text, d);
    }
    *k = (size_t)count;
    return LAC_OK;
}
