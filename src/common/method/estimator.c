#include "method/estimator.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const struct lac_estimator_entry estimators[] = {
    {LAC_ESTIMATOR_FULL, "full", "full", "all rows of the client"},
    {LAC_ESTIMATOR_NICE, "nice", "nice:TAU", "TAU rows (or TAU%) without replacement"},
    {LAC_ESTIMATOR_UNIFORM, "uniform", "uniform:TAU", "TAU draws (or TAU%) with replacement"},
    {LAC_ESTIMATOR_INDEPENDENT, "independent", "independent:TAU",
     "each row independently, TAU (or TAU%) on average"},
    {LAC_ESTIMATOR_MINIBATCH, "minibatch", "minibatch:B",
     "B rows (or B%) in an order reshuffled each epoch"},
};

enum { ESTIMATORS = sizeof estimators / sizeof estimators[0] };

const struct lac_estimator_entry *lac_estimators(size_t *count)
{
    *count = ESTIMATORS;
    return estimators;
}

static lac_status find_kind(const struct lac_spec *spec, const struct lac_estimator_entry **out)
{
    const char *names[ESTIMATORS];
    for (size_t i = 0; i < ESTIMATORS; i++) {
        names[i] = estimators[i].name;
        if (strcmp(spec->name, names[i]) == 0) {
            *out = &estimators[i];
            return LAC_OK;
        }
    }
    const char *nearest = lac_nearest(spec->name, names, ESTIMATORS);
    return LAC_FAIL(
        LAC_E_USAGE, "--gradient: there is no '%s'%s%s%s; 'laconic list estimators' shows all",
        spec->name, nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'" : "");
}

static lac_status read_size(struct lac_estimator *s, const char *text)
{
    char number[32];
    size_t length = strlen(text);
    s->percent = length > 0 && text[length - 1] == '%';
    snprintf(number, sizeof number, "%.*s",
             (int)(length < sizeof number ? length - s->percent : sizeof number - 1), text);
    LAC_TRY(lac_parse_double("--gradient", number, &s->size));
    bool whole = s->size >= 1.0 && s->size == floor(s->size) && s->size < 4294967296.0;
    bool part = s->size > 0.0 && s->size <= 100.0;
    if (s->percent ? part : whole) {
        return LAC_OK;
    }
    return LAC_FAIL(LAC_E_USAGE,
                    "--gradient: '%s' is not a number of rows from 1, nor a percentage", text);
}

lac_status lac_estimator_open(struct lac_estimator *s, const char *text, struct lac_arena *a)
{
    static const char *const none[] = {NULL}, *const one[] = {"", NULL};
    const struct lac_estimator_entry *entry = NULL;
    struct lac_spec spec;
    LAC_TRY(lac_spec_parse(&spec, text, a));
    LAC_TRY(find_kind(&spec, &entry));
    LAC_TRY(lac_spec_allow(&spec, entry->kind == LAC_ESTIMATOR_FULL ? none : one));
    *s = (struct lac_estimator){.kind = entry->kind};
    if (entry->kind == LAC_ESTIMATOR_FULL) {
        return LAC_OK;
    }
    const char *argument = lac_spec_get(&spec, "");
    if (!argument) {
        return LAC_FAIL(LAC_E_USAGE, "--gradient: write it %s", entry->usage);
    }
    return read_size(s, argument);
}

size_t lac_estimator_rows(const struct lac_estimator *s, size_t m)
{
    double size = s->percent ? ceil(s->size * (double)m / 100.0) : s->size;
    return size < 1.0 ? 1 : (size_t)size;
}
