#include "server/vector_file.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/vec.h"
#include "data/data.h"
#include "store/run_file.h"

enum { LONGEST_NUMBER = 95 };

/* The line [p, end) as a number; blanks around it are left out. */
static lac_status read_line(const struct lac_text *t, size_t line, const char *p, const char *end,
                            double *out)
{
    char number[LONGEST_NUMBER + 1], what[512];
    while (p < end && strchr(" \t\r", *p) && *p) {
        p++;
    }
    while (end > p && strchr(" \t\r", end[-1]) && end[-1]) {
        end--;
    }
    size_t length = (size_t)(end - p);
    if (length > LONGEST_NUMBER) {
        return LAC_FAIL(LAC_E_INPUT, "%s:%zu: '%.20s...' is no number; a line has one", t->name,
                        line, p);
    }
    memcpy(number, p, length);
    number[length] = '\0';
    snprintf(what, sizeof what, "%s:%zu", t->name, line);
    return lac_parse_double(what, number, out);
}

static lac_status wrong_count(const char *option, const char *path, size_t count, size_t d)
{
    return LAC_FAIL(LAC_E_INPUT, "%s: '%s' has %zu numbers; the problem has d = %zu", option, path,
                    count, d);
}

/* Blank lines at the end are no lines. */
static lac_status read_text(const char *option, const struct lac_text *t, size_t d, double *x)
{
    const char *p = t->bytes, *end = t->bytes + t->size;
    size_t lines = 0;
    while (end > p && strchr(" \t\r\n", end[-1]) && end[-1]) {
        end--;
    }
    while (p < end) {
        double unused;
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        const char *stop = newline ? newline : end;
        LAC_TRY(read_line(t, lines + 1, p, stop, lines < d ? &x[lines] : &unused));
        lines++;
        p = newline ? newline + 1 : end;
    }
    return lines == d ? LAC_OK : wrong_count(option, t->name, lines, d);
}

/* The model is that of the last publication, which may be older than the last row. */
static lac_status warn_of(const char *option, const struct lac_run *run, const char **warning,
                          struct lac_arena *a)
{
    char text[1024], of[64] = "a round that the file does not name", rows[64] = "";
    json_t *summary = json_loads(run->summary, 0, NULL);
    const char *stored = json_string_value(json_object_get(summary, "status"));
    json_t *rounds = json_object_get(summary, "rounds");
    bool diverged = stored && strcmp(stored, "diverged") == 0;
    bool ended = run->finished && !diverged && (!stored || strcmp(stored, "running") != 0) &&
                 (!stored || strcmp(stored, "failed") != 0) &&
                 (!stored || strcmp(stored, "left") != 0);
    if (json_is_integer(rounds)) {
        snprintf(of, sizeof of, "round %" JSON_INTEGER_FORMAT, json_integer_value(rounds));
    }
    if (run->row_count > 0) {
        snprintf(rows, sizeof rows, ", its last row of round %" PRIu64,
                 run->rows[run->row_count - 1].round);
    }
    snprintf(text, sizeof text, "%s: the run of '%s' %s; the model is that of %s%s", option,
             run->path, diverged ? "diverged" : "did not come to its end", of, rows);
    json_decref(summary);
    return ended ? LAC_OK : lac_arena_text(a, text, warning);
}

static lac_status read_run(const char *option, const char *path, size_t d, double *x,
                           const char **warning, struct lac_arena *a)
{
    struct lac_arena scratch = {0};
    struct lac_run run;
    lac_status status = lac_of_option(option, lac_run_read(&run, path, &scratch));
    if (status == LAC_OK && !run.model) {
        status = LAC_FAIL(LAC_E_INPUT, "%s: '%s' has no model yet", option, path);
    }
    if (status == LAC_OK && run.d != d) {
        status = wrong_count(option, path, run.d, d);
    }
    if (status == LAC_OK && !vec_finite(run.model, d)) {
        status = LAC_FAIL(LAC_E_INPUT, "%s: the model of '%s' is not finite", option, path);
    }
    if (status == LAC_OK) {
        vec_copy(x, run.model, d);
        status = warn_of(option, &run, warning, a);
    }
    lac_arena_free(&scratch);
    return status;
}

lac_status lac_vector_read(const char *option, const char *path, size_t d, double *x,
                           const char **warning, struct lac_arena *a)
{
    static const char run_file[] = "laconic run file", hdf5[] = "\x89HDF";
    struct lac_text t;
    *warning = NULL;
    LAC_TRY(lac_of_option(option, lac_text_map(&t, path)));
    bool is_run =
        (t.size >= sizeof run_file && memcmp(t.bytes, run_file, sizeof run_file - 1) == 0) ||
        (t.size >= sizeof hdf5 && memcmp(t.bytes, hdf5, sizeof hdf5 - 1) == 0);
    lac_status status = is_run ? LAC_OK : read_text(option, &t, d, x);
    lac_text_close(&t);
    return is_run ? read_run(option, path, d, x, warning, a) : status;
}
