/* What a tuning prints and keeps: the plan, the progress, the table, tune.json. */
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomic_file.h"
#include "base/clean.h"
#include "base/clock.h"
#include "base/text.h"
#include "command/run_folder.h"
#include "command/tune_parts.h"

static const char *step_name(size_t axis)
{
    return lac_train_options.table[lac_tune_axes[axis].step].name;
}

static double multiplier_of(const struct lac_tune *t, const struct lac_tune_run *run, size_t axis)
{
    return t->grid[axis].multiplier[run->place[axis]];
}

/* "--step theory*16", of every step with a grid. */
static void print_steps(const struct lac_tune *t, const struct lac_tune_run *run)
{
    for (size_t i = 0; i < LAC_TUNE_AXES; i++) {
        if (t->grid[i].count > 0) {
            printf("%s--%s ", i > 0 ? " " : "", step_name(i));
            lac_print_clean(stdout, run->step[i]);
        }
    }
}

void lac_tune_print_plan(const struct lac_tune *t)
{
    const struct lac_config *c = &t->run[0].config;
    if (t->quiet) {
        return;
    }
    printf("laconic: %zu runs of %s, %zu of them there already, in ", t->count, c->method,
           t->count - t->to_do);
    lac_print_clean(stdout, t->folder);
    printf("\n");
    for (size_t r = 0; r < t->count && t->dry_run; r++) {
        printf("  %-28s ", t->run[r].file);
        print_steps(t, &t->run[r]);
        printf("%s\n", t->run[r].kept ? "  (there already)" : "");
    }
    fflush(stdout);
}

void lac_tune_print_progress(struct lac_tune *t, const struct lac_tune_run *run)
{
    bool terminal = lac_on_terminal();
    t->done++;
    if (t->quiet) {
        return;
    }
    double spent = lac_seconds() - t->began;
    double left = spent / (double)t->done * (double)(t->to_do - t->done);
    printf("%s%s is %s, %zu of %zu, about %.0f s left%s", terminal ? "\r\033[K" : "", run->file,
           run->refused ? "refused" : "done", t->done, t->to_do, left,
           terminal && t->done < t->to_do ? "" : "\n");
    fflush(stdout);
}

static const char *word_of(const struct lac_tune *t, const struct lac_tune_run *run)
{
    const struct lac_tune_outcome *o = &run->outcome;
    if (run->refused) {
        return "refused";
    }
    if (o->diverged) {
        return "diverged";
    }
    if (t->criterion.best == LAC_TUNE_LOWEST) {
        return o->grew ? "grew" : "finished";
    }
    return o->reached ? "reached" : "not reached";
}

static void print_titles(const struct lac_tune *t)
{
    printf("  ");
    for (size_t i = 0; i < LAC_TUNE_AXES; i++) {
        if (t->grid[i].count > 0) {
            printf("%12s  %12s  ", "x", step_name(i));
        }
    }
    printf("%16s  %9s  %12s", t->criterion.column->name, "rounds", "Mbit up");
    if (t->criterion.best != LAC_TUNE_LOWEST) {
        printf("  %9s  %12s", "to target", "Mbit up to");
    }
    printf("  status\n");
}

static void print_run(const struct lac_tune *t, size_t r)
{
    const struct lac_tune_run *run = &t->run[r];
    const struct lac_tune_outcome *o = &run->outcome;
    char text[32];
    printf("%s ", r == t->best ? "*" : " ");
    for (size_t i = 0; i < LAC_TUNE_AXES; i++) {
        if (t->grid[i].count > 0) {
            printf("%12s  ", lac_shortest(multiplier_of(t, run, i), text));
            snprintf(text, sizeof text, run->refused ? "-" : "%.6g", o->step[i]);
            printf("%12s  ", text);
        }
    }
    snprintf(text, sizeof text, "%.6e", o->value);
    printf("%16s  %9" PRIu64 "  %12.6g", isfinite(o->value) ? text : "-", o->rounds,
           1e-6 * (double)o->bits_up);
    if (t->criterion.best != LAC_TUNE_LOWEST && o->reached) {
        printf("  %9" PRIu64 "  %12.6g", o->target_round, 1e-6 * (double)o->target_bits_up);
    } else if (t->criterion.best != LAC_TUNE_LOWEST) {
        printf("  %9s  %12s", "-", "-");
    }
    printf("  %s\n", word_of(t, run));
}

/* -1: the best is the smallest of its grid, 1: the largest; of a grid with one step there is none. */
static int edge_of(const struct lac_tune *t, size_t axis)
{
    const struct lac_tune_grid *g = &t->grid[axis];
    if (t->best == t->count || g->count < 2) {
        return 0;
    }
    size_t place = t->run[t->best].place[axis];
    return place == 0 ? -1 : place == g->count - 1 ? 1 : 0;
}

/* Of a method whose clients have models of their own. */
static void warn_of_mean_model(const struct lac_tune *t)
{
    const struct lac_config *c = &t->run[t->best].config;
    const char *column = t->criterion.column->name;
    struct lac_arena arena = {0};
    double lambda = (double)NAN;
    if (lac_method_coupling(c->method, &lambda, &arena) == LAC_OK && !isnan(lambda) &&
        strncmp(column, "personal_", strlen("personal_")) != 0) {
        printf("warning: %s is of the mean of the clients' models, which is not what %s minimises: "
               "--column personal_objective --track personal_objective\n",
               column, c->method);
    }
    lac_arena_free(&arena);
}

static void print_best(const struct lac_tune *t)
{
    static const char *const what[] = {
        [LAC_TUNE_BITS] = "the fewest bits up", [LAC_TUNE_ROUNDS] = "the fewest rounds"};
    const struct lac_tune_criterion *k = &t->criterion;
    if (t->best == t->count) {
        return;
    }
    printf("best: ");
    print_steps(t, &t->run[t->best]);
    if (k->best == LAC_TUNE_LOWEST) {
        printf(", the lowest %s (mean over the last quarter of the rows)\n", k->column->name);
    } else {
        printf(", %s to %s <= %g\n", what[k->best], k->column->name, k->target);
    }
    warn_of_mean_model(t);
    for (size_t i = 0; i < LAC_TUNE_AXES; i++) {
        int edge = edge_of(t, i);
        if (edge != 0) {
            printf("warning: the best --%s is at the edge of the grid: widen it to %s steps\n",
                   step_name(i), edge < 0 ? "smaller" : "larger");
        }
    }
}

static json_t *number_or_null(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static json_t *run_json(const struct lac_tune *t, const struct lac_tune_run *run)
{
    const struct lac_tune_outcome *o = &run->outcome;
    json_t *steps = json_object();
    for (size_t i = 0; i < LAC_TUNE_AXES; i++) {
        if (t->grid[i].count > 0) {
            json_object_set_new(steps, step_name(i),
                                json_pack("{s:f, s:s, s:o}", "multiplier", multiplier_of(t, run, i),
                                          "option", run->step[i], "value",
                                          number_or_null(o->step[i])));
        }
    }
    json_t *target = !o->reached ? json_null()
                                 : json_pack("{s:I, s:I}", "round", (json_int_t)o->target_round,
                                             "bits_up", (json_int_t)o->target_bits_up);
    return json_pack("{s:s, s:o, s:s, s:o, s:I, s:I, s:o}", "file", run->file, "steps", steps,
                     "status", word_of(t, run), "value", number_or_null(o->value), "rounds",
                     (json_int_t)o->rounds, "bits_up", (json_int_t)o->bits_up, "target", target);
}

static json_t *configuration_json(const struct lac_tune *t)
{
    char value[4096]; /* names of files may be of any bytes, JSON is UTF-8 */
    json_t *o = json_object();
    const struct lac_setting *setting = t->run[0].config.setting;
    for (size_t i = 0; i < LAC_CONFIG_COUNT; i++) {
        const struct lac_option *option = &lac_train_options.table[i];
        if (setting[i].value && lac_bears_on_numbers(i)) {
            lac_clean(setting[i].value, value, sizeof value);
            json_object_set_new(o, option->name, json_string(value));
        }
    }
    for (size_t i = 0; i < LAC_TUNE_AXES; i++) {
        enum lac_option_id id = lac_tune_axes[i].step;
        const char *base = t->setting[LAC_TUNE_OWN_COUNT + id].value;
        if (base) {
            json_object_set_new(o, step_name(i), json_string(base));
        }
    }
    return o;
}

/* A function of options and run files alone: no times, no folder, no number of jobs. */
static json_t *tune_json(const struct lac_tune *t)
{
    static const char *const names[] = {"lowest", "bits", "rounds"};
    const struct lac_tune_criterion *k = &t->criterion;
    json_t *runs = json_array(), *edges = json_array();
    for (size_t r = 0; r < t->count; r++) {
        json_array_append_new(runs, run_json(t, &t->run[r]));
    }
    for (size_t i = 0; i < LAC_TUNE_AXES; i++) {
        if (edge_of(t, i) != 0) {
            json_array_append_new(edges, json_string(step_name(i)));
        }
    }
    json_t *target = k->best == LAC_TUNE_LOWEST ? json_null() : json_real(k->target);
    json_t *best = t->best < t->count ? json_string(t->run[t->best].file) : json_null();
    return json_pack("{s:{s:s, s:s, s:o}, s:o, s:o, s:o, s:o}", "criterion", "best", names[k->best],
                     "column", k->column->name, "target", target, "best", best, "edge", edges,
                     "runs", runs, "configuration", configuration_json(t));
}

static lac_status write_json(const struct lac_tune *t, const char *text)
{
    char *path;
    size_t bytes = strlen(t->folder) + sizeof "/tune.json";
    LAC_TRY(LAC_NEW(t->arena, bytes, &path));
    snprintf(path, bytes, "%s/tune.json", t->folder);
    return lac_file_replace(path, text);
}

static lac_status no_best(const struct lac_tune *t)
{
    const struct lac_tune_criterion *k = &t->criterion;
    size_t refused = 0;
    for (size_t r = 0; r < t->count; r++) {
        refused += t->run[r].refused;
    }
    if (refused == t->count) {
        return LAC_FAIL(LAC_E_FAILED,
                        "%s admits no step of the grid; 'laconic train --step ...' says why; try "
                        "smaller steps",
                        t->run[0].config.method);
    }
    if (k->best == LAC_TUNE_LOWEST) {
        return LAC_FAIL(LAC_E_FAILED,
                        "no run of the grid ends with a lower %s than it began with; "
                        "try smaller steps",
                        k->column->name);
    }
    return LAC_FAIL(LAC_E_FAILED,
                    "no run of the grid reaches %s <= %g; widen the grid, or give "
                    "more --rounds",
                    k->column->name, k->target);
}

lac_status lac_tune_report(struct lac_tune *t)
{
    json_t *json = tune_json(t);
    char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
    json_decref(json);
    if (!text) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory: the results of the tuning");
    }
    lac_status status = write_json(t, text);
    if (t->json) {
        printf("%s\n", text);
    }
    free(text);
    LAC_TRY(status);
    if (!t->quiet) {
        print_titles(t);
        for (size_t r = 0; r < t->count; r++) {
            print_run(t, r);
        }
        print_best(t);
    }
    return t->best < t->count ? LAC_OK : no_best(t);
}
