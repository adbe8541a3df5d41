#include "command/plot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/atomic_file.h"
#include "base/clean.h"
#include "command/gnuplot.h"
#include "command/picture_facts.h"
#include "command/plot_place.h"
#include "command/plot_request.h"
#include "command/plot_script.h"
#include "command/plot_warnings.h"
#include "command/result.h"
#include "command/run_key.h"
#include "command/run_label.h"
#include "command/run_problem.h"
#include "seal/secret.h"
#include "store/columns.h"

static bool draws_gap(const struct figure *f, bool *personal)
{
    const struct lac_column *of_personal = &lac_columns[LAC_COLUMN_personal_gap];
    bool gap = f->y.is_gap;
    *personal = f->y.column == of_personal;
    for (size_t panel = 0; panel < f->panels; panel++) {
        gap = gap || f->x[panel].is_gap;
        *personal = *personal || f->x[panel].column == of_personal;
    }
    return gap;
}

static bool takes_own_optimum(const struct figure *f, const struct lac_run_list *runs)
{
    bool takes = quantity_is_of_own_optimum(&f->y, runs);
    for (size_t panel = 0; panel < f->panels; panel++) {
        takes = takes || quantity_is_of_own_optimum(&f->x[panel], runs);
    }
    return takes;
}

static lac_status fill_runs(const struct plot_request *q, const struct lac_run_list *runs,
                            struct lac_arena *arena)
{
    const struct figure *f = &q->figure;
    bool personal;
    if (draws_gap(f, &personal)) {
        LAC_TRY(lac_runs_of_one_problem(
            runs, personal, "plot: gaps to one minimum",
            "; draw grad_norm_sq or another column, or runs of one problem", arena));
    }
    if (takes_own_optimum(f, runs)) {
        LAC_TRY(lac_runs_of_one_optimum("plot", runs, arena));
    }
    for (size_t i = 0; i < runs->count; i++) {
        LAC_TRY(quantity_fill("plot", &f->y, &runs->run[i], q->optima, arena));
        for (size_t panel = 0; panel < f->panels; panel++) {
            LAC_TRY(quantity_fill("plot", &f->x[panel], &runs->run[i], q->optima, arena));
        }
    }
    return LAC_OK;
}

static const char *why_without_rows(const struct lac_run *run)
{
    return lac_result_says(run->path, "running")    ? " yet"
           : lac_result_says(run->path, "failed")   ? ": it failed"
           : lac_result_says(run->path, "diverged") ? ": it diverged"
                                                    : "";
}

/* A run without rows is left out where others have some. */
static lac_status leave_out_without_rows(struct lac_run_list *runs)
{
    size_t kept = 0;
    for (size_t i = 0; i < runs->count; i++) {
        kept += runs->run[i].row_count > 0;
    }
    if (kept == 0) {
        return LAC_FAIL(LAC_E_INPUT, "plot: '%s' has no rows to draw%s%s", runs->run[0].path,
                        why_without_rows(&runs->run[0]),
                        runs->count > 1 ? ", nor has any other of the runs" : "");
    }
    kept = 0;
    for (size_t i = 0; i < runs->count; i++) {
        if (runs->run[i].row_count > 0) {
            runs->run[kept++] = runs->run[i];
            continue;
        }
        fputs("warning: plot: left out '", stderr);
        lac_print_clean(stderr, runs->run[i].path);
        fprintf(stderr, "', which has no rows%s\n", why_without_rows(&runs->run[i]));
    }
    runs->count = kept;
    return LAC_OK;
}

static lac_status make_curves(const struct plot_request *q, const struct lac_run_list *runs,
                              struct figure *f, struct lac_arena *arena)
{
    struct lac_run_groups groups;
    struct curve *curves;
    LAC_TRY(lac_run_groups_make(runs, &q->grouping, "plot", &groups, arena));
    if (groups.count > MOST_CURVES) {
        return LAC_FAIL(LAC_E_USAGE,
                        "plot: %zu curves are more than can be told apart, %d: name fewer runs, or "
                        "make one curve of several, --group OPTION or --group all-but-seed",
                        groups.count, MOST_CURVES);
    }
    LAC_TRY(lac_run_groups_label(&groups, &q->grouping, "plot", q->labels, arena));
    LAC_TRY(LAC_NEW(arena, groups.count, &curves));
    for (size_t i = 0; i < groups.count; i++) {
        for (size_t panel = 0; panel < f->panels; panel++) {
            LAC_TRY(curve_fill(&curves[i], panel, &groups.group[i], &f->x[panel], &f->y,
                               q->grouping.any, f->spread, arena));
        }
    }
    f->curves = curves;
    f->count = groups.count;
    return LAC_OK;
}

static lac_status out_of_memory(const char *output)
{
    return LAC_FAIL(LAC_E_MEMORY, "out of memory: '%s'", output);
}

/* What stamps make of gnuplot's picture, whole or not at all. */
static lac_status write_picture(const struct figure *f, const char *output, FILE *picture,
                                const char *facts, struct lac_arena *arena)
{
    struct stat made;
    char *drawn, *stamped = NULL;
    size_t bytes;
    if (fstat(fileno(picture), &made) != 0 || fseek(picture, 0, SEEK_SET) != 0) {
        return LAC_FAIL(LAC_E_IO, "cannot read a temporary file: %s", strerror(errno));
    }
    LAC_TRY(LAC_NEW(arena, (size_t)made.st_size + 1, &drawn));
    if (fread(drawn, 1, (size_t)made.st_size, picture) != (size_t)made.st_size) {
        return LAC_FAIL(LAC_E_IO, "cannot read a temporary file");
    }
    FILE *to = open_memstream(&stamped, &bytes);
    if (!to) {
        return out_of_memory(output);
    }
    lac_status status =
        picture_stamp(f->picture, drawn, (size_t)made.st_size, facts, f->width > 0 ? 300 : 192, to);
    if (fclose(to) != 0 && status == LAC_OK) {
        status = out_of_memory(output);
    }
    if (status == LAC_OK) {
        status = lac_file_replace_bytes(output, stamped, bytes);
    }
    free(stamped);
    return status;
}

static lac_status draw(const struct figure *f, const char *output, const char *facts,
                       struct lac_arena *arena)
{
    struct layout layout;
    LAC_TRY(layout_make(f, &layout));
    plot_warn_of_cuts(f, &layout);
    plot_warn_of_no_logarithm(f);
    FILE *script = tmpfile(), *picture = tmpfile();
    lac_status status = LAC_OK;
    if (!script || !picture) {
        status = LAC_FAIL(LAC_E_IO, "cannot make a temporary file: %s", strerror(errno));
    } else {
        figure_write(script, f, &layout);
        status = gnuplot_draw(script, picture);
    }
    if (status == LAC_OK) {
        status = write_picture(f, output, picture, facts, arena);
    }
    if (script) {
        fclose(script);
    }
    if (picture) {
        fclose(picture);
    }
    return status;
}

static lac_status write_data(const struct figure *f, const char *path)
{
    char *text = NULL;
    size_t bytes;
    FILE *to = open_memstream(&text, &bytes);
    if (!to) {
        return out_of_memory(path);
    }
    figure_write_data(to, f);
    lac_status status =
        fclose(to) == 0 ? lac_file_replace_bytes(path, text, bytes) : out_of_memory(path);
    free(text);
    return status;
}

/* The data come after the picture: where that fails, nothing is written. */
static lac_status plot(struct plot_request *q, const unsigned char *key, struct lac_arena *arena)
{
    struct lac_run_list runs;
    const char *facts;
    LAC_TRY(plot_check_place(q->output, q->force));
    LAC_TRY(plot_check_place(q->data, q->force));
    LAC_TRY(lac_run_list_read("plot", &q->words, key, &runs, arena));
    LAC_TRY(leave_out_without_rows(&runs));
    LAC_TRY(fill_runs(q, &runs, arena));
    LAC_TRY(make_curves(q, &runs, &q->figure, arena));
    plot_warn_of_empty_panels(&q->figure);
    if (q->output) {
        LAC_TRY(picture_facts(&q->figure, &runs, &q->grouping, &facts, arena));
        LAC_TRY(draw(&q->figure, q->output, facts, arena));
    }
    return q->data ? write_data(&q->figure, q->data) : LAC_OK;
}

lac_status lac_command_plot(int argc, char *const *argv)
{
    struct lac_arena arena = {0};
    struct plot_request q;
    unsigned char *key = NULL;
    bool help = false;
    lac_status status = plot_request_read(&q, argc, argv, &help, &arena);
    if (status == LAC_OK && help) {
        lac_options_help(&lac_plot_options, stdout);
    } else if (status == LAC_OK) {
        status = lac_run_key_read(q.key, &key);
        status = status == LAC_OK ? plot(&q, key, &arena) : status;
        lac_secret_free(key);
    }
    lac_arena_free(&arena);
    return status;
}
