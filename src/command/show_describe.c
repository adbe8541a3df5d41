/* A run in the words of a caption: what was done, on what, at which price. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clean.h"
#include "base/text.h"
#include "command/show_command.h"
#include "config/config.h"
#include "method/method.h"
#include "worker/objective/objective.h"

/* Options, by name. */
struct told {
    const struct lac_pair *pair;
    size_t count;
};

static const char *value_of(const struct told *t, const char *name)
{
    for (size_t i = 0; i < t->count; i++) {
        if (strcmp(t->pair[i].key, name) == 0) {
            return t->pair[i].value;
        }
    }
    return NULL;
}

static bool is(const char *value, const char *usual)
{
    return !value || strcmp(value, usual) == 0;
}

static void put(const char *before, const char *value, const char *after)
{
    if (value) {
        printf("%s", before);
        lac_print_clean(stdout, value);
        printf("%s", after);
    }
}

static void put_unless(const char *usual, const char *before, const char *value, const char *after)
{
    put(before, is(value, usual) ? NULL : value, after);
}

/* "ef21 (paper) with the compressor topk:5%"; paper: as the run has it, whose method may be a plug-in's; NULL: not there */
static void put_method(const struct told *t, const char *paper)
{
    const struct lac_method *method;
    const char *name = value_of(t, "method");
    put("Method: ", name, "");
    if (!paper && name && lac_method_find(name, &method) == LAC_OK) {
        paper = method->paper;
    }
    put_unless("", " (", paper, ")");
    put_unless("identity", ", compressor ", value_of(t, "compressor"), "");
    put_unless("identity", ", down ", value_of(t, "compressor-down"), "");
    put_unless("fp64", ", values in ", value_of(t, "wire"), "");
    put_unless("full", ", gradients of ", value_of(t, "gradient"), "");
    printf(". ");
}

/* formula: as paper above. dim 0: not known. rows 0: generated, or not known. */
static void put_problem(const struct told *t, const char *formula, const char *data, uint64_t dim,
                        uint64_t rows)
{
    const struct lac_objective *objective;
    const char *name = value_of(t, "objective");
    put("Objective: ", name ? name : "by default", "");
    if (!formula && name && lac_objective_find(name, &objective) == LAC_OK) {
        formula = objective->formula;
    }
    put_unless("", ", ", formula, "");
    put_unless("none", ", regularizer ", value_of(t, "regularizer"), "");
    const char *slash = data && rows > 0 ? strrchr(data, '/') : NULL;
    put(", on ", slash && slash[1] ? slash + 1 : data, "");
    if (rows > 0) {
        printf(" with %" PRIu64 " row%s", rows, lac_plural(rows));
    }
    if (dim > 0) {
        printf("%s%" PRIu64, rows > 0 ? ", d = " : " with d = ", dim);
    }
    put(", split ", value_of(t, "split"), "");
    put(" among ", value_of(t, "clients"), " clients");
    put_unless("uniform", ", weighted by ", value_of(t, "client-weights"), "");
    put_unless("full", ", participation ", value_of(t, "participation"), "");
    printf(". ");
}

static double number_of(const struct shown *s, const char *object, const char *name,
                        const char *more)
{
    const json_t *o = json_object_get(json_object_get(s->summary, object), name);
    return json_number_value(more ? json_object_get(o, more) : o);
}

/* "Step 0.05 (theory: 1/L)"; key: of the summary */
static void put_step(const struct shown *s, const char *title, const char *key)
{
    char name[64];
    const json_t *value = json_object_get(s->summary, key);
    if (!value) {
        return;
    }
    snprintf(name, sizeof name, "%s_rule", key);
    const char *rule = json_string_value(json_object_get(s->summary, name));
    snprintf(name, sizeof name, "%s_formula", key);
    const char *formula = json_string_value(json_object_get(s->summary, name));
    printf("%s %.6g", title, json_number_value(value));
    put(" (", rule, formula ? ": " : ")");
    put("", rule ? formula : NULL, ")");
    printf(", ");
}

static void put_steps(const struct shown *s)
{
    put_step(s, "Step", "step");
    put_step(s, "server step", "server_step");
    put_step(s, "meta step", "meta_step");
    put_step(s, "p", "p");
}

static void put_start(const struct told *t)
{
    put_unless("constant", "falling as ", value_of(t, "step-policy"), ", ");
    put_unless("zero", "from ", value_of(t, "x0"), ", ");
    put("seed ", value_of(t, "seed"), ", ");
}

/* Per client, on average: what a caption compares. */
static void put_bits(const struct shown *s)
{
    double clients = json_number_value(json_object_get(s->summary, "clients"));
    double up = number_of(s, "bits", "up", "total"), down = number_of(s, "bits", "down", "total");
    if (clients > 0.0 && up + down > 0.0) {
        printf("; a client sent %.6g Mbit and received %.6g Mbit on average", 1e-6 * up / clients,
               1e-6 * down / clients);
    }
}

/* A name in a registry says nothing where the part is from outside. */
static void put_plugins(const struct shown *s)
{
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(s->summary, "plugins"), i, one)
    {
        put(i == 0 ? ", plug-ins: " : ", ", json_string_value(json_object_get(one, "name")), "");
        put(" ", json_string_value(json_object_get(one, "version")), "");
    }
}

static const char *build_of(const struct lac_run *run, const char *key)
{
    const struct told build = {.pair = run->build, .count = run->build_count};
    return value_of(&build, key);
}

void lac_show_description(const struct shown *s)
{
    const struct told t = {.pair = s->run->configuration, .count = s->run->configuration_count};
    const char *status = json_string_value(json_object_get(s->summary, "status"));
    const char *data = json_string_value(json_object_get(s->summary, "data"));
    const json_t *rows = json_object_get(s->summary, "rows");
    const json_t *dim = json_object_get(s->summary, "dim");
    if (!s->run->public) {
        put_method(&t, json_string_value(json_object_get(s->summary, "paper")));
        put_problem(&t, json_string_value(json_object_get(s->summary, "formula")), data,
                    (uint64_t)json_integer_value(dim), (uint64_t)json_integer_value(rows));
        put_steps(s);
        put_start(&t);
    }
    printf("%" JSON_INTEGER_FORMAT " rounds",
           json_integer_value(json_object_get(s->summary, "rounds")));
    put_unless("finished", " (", status, ")");
    put_bits(s);
    printf("%s. ", s->run->private || s->run->public || json_object_get(s->summary, "sealing")
                       ? "; messages are sealed"
                       : "");
    put("Laconic ", build_of(s->run, "version"), "");
    put(" (", build_of(s->run, "git"), ")");
    put_plugins(s);
    printf(".\n");
}

lac_status lac_show_checkpoint_description(const struct lac_manifest *m, struct lac_arena *a)
{
    struct told t;
    LAC_TRY(lac_show_pairs(m->trajectory, &t.pair, &t.count, a));
    put_method(&t, NULL);
    put_problem(&t, NULL, value_of(&t, "data"), m->dim, 0);
    put("Step ", value_of(&t, "step"), ", ");
    put_start(&t);
    printf("after round %" PRIu64 "%s. ", m->round, m->sealed ? "; sealed" : "");
    put("Laconic ", m->version, "");
    put(", plug-ins: ", value_of(&t, "plugin"), "");
    printf(".\n");
    return LAC_OK;
}
