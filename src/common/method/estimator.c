#include "method/estimator.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

static const struct lac_choice estimators[] = {
    {LAC_ESTIMATOR_FULL, "full", "full", "all rows of the client", NULL},
    {LAC_ESTIMATOR_NICE, "nice", "nice:TAU", "TAU rows (or TAU%) without replacement", NULL},
    {LAC_ESTIMATOR_UNIFORM, "uniform", "uniform:TAU", "TAU draws (or TAU%) with replacement", NULL},
    {LAC_ESTIMATOR_IMPORTANCE, "importance", "importance:TAU",
     "TAU draws (or TAU%) with replacement, in proportion to the rows' smoothness", NULL},
    {LAC_ESTIMATOR_INDEPENDENT, "independent", "independent:TAU",
     "each row independently, TAU (or TAU%) on average", NULL},
    {LAC_ESTIMATOR_WEIGHTED, "weighted", "weighted:TAU",
     "each row independently, in proportion to its smoothness, TAU (or TAU%) on average", NULL},
    {LAC_ESTIMATOR_EXTENDED_NICE, "extended-nice", "extended-nice:TAU",
     "TAU copies (or TAU%) without replacement; smoother rows have fewer", NULL},
    {LAC_ESTIMATOR_MINIBATCH, "minibatch", "minibatch:B",
     "the m rows in ceil(m/B) batches of equal size, at most B (or B%), reshuffled each epoch; "
     "order=once: always the same; order=exhaust: B rows until fewer are left",
     "order"},
};

const struct lac_choices lac_estimators = {
    .option = "--gradient",
    .listed = "estimators",
    .entries = estimators,
    .count = sizeof estimators / sizeof estimators[0],
};

static lac_status read_size(struct lac_estimator *s, const char *text)
{
    s->percent = lac_is_percentage(text);
    if (s->percent) {
        LAC_TRY(lac_parse_percentage("--gradient", text, &s->size));
    } else {
        LAC_TRY(lac_parse_double("--gradient", text, &s->size));
    }
    bool whole = s->size >= 1.0 && s->size == floor(s->size) && s->size < 4294967296.0;
    bool part = s->size > 0.0 && s->size <= 100.0;
    if (s->percent ? part : whole) {
        return LAC_OK;
    }
    return LAC_FAIL(LAC_E_USAGE,
                    "--gradient: '%s' is not a number of rows from 1, nor a percentage", text);
}

static lac_status read_order(struct lac_estimator *s, const char *text)
{
    static const char *const names[] = {[LAC_ORDER_RESHUFFLE] = "reshuffle",
                                        [LAC_ORDER_ONCE] = "once",
                                        [LAC_ORDER_EXHAUST] = "exhaust"};
    for (unsigned k = LAC_ORDER_RESHUFFLE; k <= LAC_ORDER_EXHAUST; k++) {
        if (strcmp(text, names[k]) == 0) {
            s->order = (enum lac_batch_order)k;
            return LAC_OK;
        }
    }
    return LAC_FAIL(LAC_E_USAGE, "--gradient: order is reshuffle, once or exhaust, not '%s'", text);
}

lac_status lac_estimator_open(struct lac_estimator *s, const char *text, struct lac_arena *a)
{
    const struct lac_choice *choice;
    struct lac_spec spec;
    LAC_TRY(lac_choose(&lac_estimators, text, a, &choice, &spec));
    *s = (struct lac_estimator){.kind = (enum lac_estimator_kind)choice->kind};
    const char *argument = lac_spec_get(&spec, ""), *order = lac_spec_get(&spec, "order");
    if (order) {
        LAC_TRY(read_order(s, order));
    }
    return argument ? read_size(s, argument) : LAC_OK;
}

size_t lac_estimator_rows(const struct lac_estimator *s, size_t m)
{
    double size = s->percent ? lac_percent_of(s->size, m, false) : s->size;
    return size < 1.0 ? 1 : (size_t)size;
}

bool lac_estimator_law(const struct lac_estimator *s, enum lac_law_kind *law)
{
    static const enum lac_law_kind laws[] = {
        [LAC_ESTIMATOR_NICE] = LAC_LAW_NICE,
        [LAC_ESTIMATOR_UNIFORM] = LAC_LAW_UNIFORM,
        [LAC_ESTIMATOR_IMPORTANCE] = LAC_LAW_IMPORTANCE,
        [LAC_ESTIMATOR_INDEPENDENT] = LAC_LAW_INDEPENDENT,
        [LAC_ESTIMATOR_WEIGHTED] = LAC_LAW_WEIGHTED,
        [LAC_ESTIMATOR_EXTENDED_NICE] = LAC_LAW_EXTENDED_NICE,
    };
    if (s->kind == LAC_ESTIMATOR_FULL || s->kind == LAC_ESTIMATOR_MINIBATCH) {
        return false;
    }
    *law = laws[s->kind];
    return true;
}
