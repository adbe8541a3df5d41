#include "compressor/compressor.h"

#include <math.h>
#include <string.h>

#include "compressor/compose.h"
#include "compressor/parts.h"

#define LAC_COMPRESSOR(name) extern const struct lac_compressor lac_compressor_##name;
#include "compressor/compressor.def"
#undef LAC_COMPRESSOR

static const struct lac_compressor *const built_in[] = {
#define LAC_COMPRESSOR(name) &lac_compressor_##name,
#include "compressor/compressor.def"
#undef LAC_COMPRESSOR
};

enum { BUILT_IN = sizeof built_in / sizeof built_in[0], MOST_COMPRESSORS = 96 };

static const struct lac_compressor *list[MOST_COMPRESSORS];
static size_t list_count;

static const char *const wire_names[LAC_WIRES] = {"fp64", "fp32", "bf16", "fp16"};

const struct lac_compressor *const *lac_compressors(size_t *count)
{
    if (list_count == 0) {
        memcpy(list, built_in, sizeof built_in);
        list_count = BUILT_IN;
    }
    *count = list_count;
    return list;
}

lac_status lac_compressor_add(const struct lac_compressor *c)
{
    size_t count;
    const struct lac_compressor *const *all = lac_compressors(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(c->name, all[i]->name) == 0) {
            return LAC_FAIL(LAC_E_USAGE, "there is a compressor '%s' already", c->name);
        }
    }
    if (count == MOST_COMPRESSORS) {
        return LAC_FAIL(LAC_E_USAGE, "there are %d compressors already", MOST_COMPRESSORS);
    }
    list[list_count++] = c;
    return LAC_OK;
}

void lac_compressors_forget(void)
{
    list_count = 0;
}

const char *lac_wire_name(enum lac_wire wire)
{
    return wire_names[wire];
}

lac_status lac_wire_find(const char *name, enum lac_wire *out)
{
    for (enum lac_wire wire = 0; wire < LAC_WIRES; wire++) {
        if (strcmp(name, wire_names[wire]) == 0) {
            *out = wire;
            return LAC_OK;
        }
    }
    const char *nearest = lac_nearest(name, wire_names, LAC_WIRES);
    return LAC_FAIL(LAC_E_USAGE, "--wire: there is no '%s'; did you mean '%s'?", name,
                    nearest ? nearest : wire_names[LAC_FP32]);
}

lac_status lac_compressor_find(const char *name, const struct lac_compressor **out)
{
    const char *names[MOST_COMPRESSORS];
    size_t count;
    const struct lac_compressor *const *all = lac_compressors(&count);
    for (size_t i = 0; i < count; i++) {
        names[i] = all[i]->name;
        if (strcmp(name, names[i]) == 0) {
            *out = all[i];
            return LAC_OK;
        }
    }
    const char *nearest = lac_nearest(name, names, count);
    if (nearest) {
        return LAC_FAIL(LAC_E_USAGE, "there is no compressor '%s'; did you mean '%s'?", name,
                        nearest);
    }
    return LAC_FAIL(LAC_E_USAGE, "there is no compressor '%s'; `laconic list` names them all",
                    name);
}

/* What "A" or "A+B" names. */
struct named {
    const struct lac_compressor *part[2];
    struct lac_spec spec[2];
    size_t count;
};

static lac_status read_part(struct named *n, const char *text, size_t length, struct lac_arena *a)
{
    char *copy;
    LAC_TRY(LAC_NEW(a, length + 1, &copy));
    memcpy(copy, text, length);
    LAC_TRY(lac_spec_parse(&n->spec[n->count], copy, a));
    LAC_TRY(lac_compressor_find(n->spec[n->count].name, &n->part[n->count]));
    n->count++;
    return LAC_OK;
}

static lac_status read_names(struct named *n, const char *text, struct lac_arena *a)
{
    const char *rest = text;
    *n = (struct named){0};
    for (;;) {
        size_t length = strcspn(rest, "+");
        if (length == 0) {
            return LAC_FAIL(
                LAC_E_USAGE,
                "'%s': a part is empty; write SELECTOR, QUANTIZER or SELECTOR+QUANTIZER, "
                "as in topk:1%%+natural",
                text);
        }
        if (n->count == 2) {
            return LAC_FAIL(LAC_E_USAGE,
                            "'%s': a compressor has two parts at most: which entries, and how "
                            "their values are coded, as in topk:1%%+natural",
                            text);
        }
        LAC_TRY(read_part(n, rest, length, a));
        if (rest[length] == '\0') {
            break;
        }
        rest += length + 1;
    }
    if (n->count == 2 && (!n->part[0]->selector || !n->part[1]->quantizer)) {
        return LAC_FAIL(LAC_E_USAGE,
                        "'%s': before '+' stands which entries are sent (topk, randk, ...), behind "
                        "it how their values are coded (natural, qsgd, ...); '%s' does not",
                        text, n->part[!n->part[0]->selector ? 0 : 1]->name);
    }
    return LAC_OK;
}

lac_status lac_compressor_check(const char *text, struct lac_arena *arena)
{
    struct named n;
    return read_names(&n, text, arena);
}

static lac_status new_state(const struct lac_compressor *part, struct lac_arena *arena, void **out)
{
    unsigned char *state;
    LAC_TRY(LAC_NEW(arena, part->state_size, &state));
    *out = state;
    return LAC_OK;
}

static lac_status open_whole(struct lac_channel_compressor *c, const struct named *n,
                             const struct lac_compressor_size *size, struct lac_arena *a)
{
    c->whole = n->part[0];
    LAC_TRY(new_state(c->whole, a, &c->whole_state));
    return c->whole->whole->setup(c->whole_state, size, &n->spec[0], a, &c->info);
}

/* The part that is not named: all entries, or values as --wire says. */
static lac_status complete(struct named *n, const struct lac_compressor_size *size,
                           struct lac_arena *a)
{
    if (n->part[0]->quantizer) {
        n->part[1] = n->part[0];
        n->spec[1] = n->spec[0];
        n->count = 0;
        LAC_TRY(read_part(n, "identity", strlen("identity"), a));
    } else if (n->count == 1) {
        const char *wire = lac_wire_name(size->wire);
        LAC_TRY(read_part(n, wire, strlen(wire), a));
    }
    return LAC_OK;
}

static lac_status open_parts(struct lac_channel_compressor *c, const struct named *n,
                             const struct lac_compressor_size *size, struct lac_arena *a)
{
    struct lac_selector_info s = {0};
    struct lac_quantizer_info q = {0};
    c->selector = n->part[0];
    c->quantizer = n->part[1];
    LAC_TRY(new_state(c->selector, a, &c->select_state));
    LAC_TRY(new_state(c->quantizer, a, &c->quantize_state));
    LAC_TRY(c->selector->selector->setup(c->select_state, size, &n->spec[0], a, &s));
    struct lac_quantizer_size values = {.most = s.most,
                                        .mean = s.mean,
                                        .contractive = !s.unbiased,
                                        .wire = size->wire == LAC_FP64 ? LAC_FP64 : LAC_FP32};
    LAC_TRY(c->quantizer->quantizer->setup(c->quantize_state, &values, &n->spec[1], a, &q));
    if (s.repeats && !q.unbiased) {
        return LAC_FAIL(LAC_E_USAGE,
                        "'%s': '%s' sends an entry several times, so its values must be unbiased; "
                        "'%s' is not",
                        c->text, n->spec[0].text, c->quantizer->name);
    }
    LAC_TRY(LAC_NEW(a, s.in_place ? 1 : s.most, &c->kept));
    lac_compose(c, &s, &q);
    return LAC_OK;
}

lac_status lac_compressor_open(struct lac_channel_compressor *c, const char *text,
                               const struct lac_compressor_size *size, struct lac_arena *arena)
{
    struct named n;
    LAC_ASSERT(size->d > 0 && size->n > 0);
    if (size->d > UINT32_MAX) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': the dimension %zu is above %u", text, size->d,
                        UINT32_MAX);
    }
    *c = (struct lac_channel_compressor){.d = size->d};
    LAC_TRY(lac_arena_text(arena, text, &c->text));
    LAC_TRY(read_names(&n, text, arena));
    if (n.part[0]->whole) {
        return open_whole(c, &n, size, arena);
    }
    LAC_TRY(complete(&n, size, arena));
    return open_parts(c, &n, size, arena);
}

static lac_status percentage(const struct lac_spec *spec, const char *value, size_t d, bool down,
                             size_t *k)
{
    double percent = 0.0;
    LAC_TRY(lac_parse_percentage(spec->text, value, &percent));
    if (!(percent > 0.0 && percent <= 100.0)) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': the percentage must be above 0 and at most 100",
                        spec->text);
    }
    double whole = lac_percent_of(percent, d, down);
    if (whole < 1.0) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': rounded down that is none of %zu entries", spec->text,
                        d);
    }
    *k = (size_t)whole;
    return LAC_OK;
}

static lac_status rounding(const struct lac_spec *spec, bool *down)
{
    const char *value = lac_spec_get(spec, "round");
    *down = value && strcmp(value, "down") == 0;
    if (value && !*down && strcmp(value, "up") != 0) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': round is up or down", spec->text);
    }
    return LAC_OK;
}

lac_status lac_compressor_k(const struct lac_spec *spec, size_t d, size_t *k)
{
    bool down;
    const char *keyed = lac_spec_get(spec, "k"), *bare = lac_spec_get(spec, "");
    const char *value = keyed ? keyed : bare;
    if (!value || (keyed && bare)) {
        return LAC_FAIL(LAC_E_USAGE,
                        "'%s': say once how much is kept: %s:k=K with K in 1..%zu, or %s:P%%",
                        spec->text, spec->name, d, spec->name);
    }
    LAC_TRY(rounding(spec, &down));
    if (lac_is_percentage(value)) {
        return percentage(spec, value, d, down, k);
    }
    uint64_t count;
    if (lac_parse_count(spec->text, value, &count) != LAC_OK || count < 1 || count > d) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': k must be a whole number in 1..%zu, the dimension",
                        spec->text, d);
    }
    *k = (size_t)count;
    return LAC_OK;
}
