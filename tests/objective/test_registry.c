#include <string.h>

#include "tap.h"
#include "worker/objective/objective.h"

static void test_objectives(void)
{
    size_t count;
    const struct lac_objective *const *list = lac_objectives(&count), *found = NULL;
    bool complete = count > 0, unique = true;
    for (size_t i = 0; i < count; i++) {
        const struct lac_objective *o = list[i];
        complete = complete && o->formula && o->work && o->evaluate && o->curvature &&
                   o->row_smoothness && o->curvature_squared && o->support;
        tap_ok(lac_objective_find(o->name, &found) == LAC_OK && found == o,
               "%s is found by its name", o->name);
        for (size_t j = 0; j < i; j++) {
            unique = unique && strcmp(list[j]->name, o->name) != 0;
        }
    }
    tap_ok(complete, "every objective is complete");
    tap_ok(unique, "no two objectives have one name");
    found = NULL;
    tap_ok(lac_objective_find("logistics", &found) == LAC_E_USAGE && !found &&
               strstr(lac_failure(), "'logistic'"),
           "an unknown objective is refused and the nearest named");
    tap_ok(lac_objective_find("zzzzzzzzzzzz", &found) == LAC_E_USAGE && !found,
           "an objective like none is refused");
}

static void test_regularizers(void)
{
    struct lac_arena arena = {0};
    struct lac_spec spec;
    size_t count;
    const struct lac_regularizer *const *list = lac_regularizers(&count), *found = NULL;
    char text[64];
    double lambda = -1.0;
    for (size_t i = 0; i < count; i++) {
        bool weighted = list[i]->smoothness > 0.0;
        (void)snprintf(text, sizeof text, "%s%s", list[i]->name, weighted ? ":0.25" : "");
        TAP_OK(lac_spec_parse(&spec, text, &arena));
        tap_ok(lac_regularizer_find(&spec, &found, &lambda) == LAC_OK && found == list[i] &&
                   lambda == (weighted ? 0.25 : 0.0),
               "'%s' is found, with its weight", text);
    }
    static const char *const bad[] = {"l2",     "l2:x",   "l2:-1",  "l2:nan", "l2:lambda=1", "l3:1",
                                      "none:1", "noncvx", "l2:1,2", "",       "l2:inf"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lambda = 5.0;
        found = NULL;
        TAP_OK(lac_spec_parse(&spec, bad[i], &arena));
        tap_ok(lac_regularizer_find(&spec, &found, &lambda) == LAC_E_USAGE && !found &&
                   lambda == 5.0,
               "'%s' is refused: %s", bad[i], lac_failure());
    }
    lac_arena_free(&arena);
}

int main(void)
{
    test_objectives();
    test_regularizers();
    return tap_done();
}
