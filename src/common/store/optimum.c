#include "store/optimum.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/vec.h"

enum { PROBLEM_DIGITS = 64 };

static lac_status join(struct lac_arena *arena, const char *a, const char *b, const char *c,
                       char **out)
{
    size_t bytes = strlen(a) + strlen(b) + strlen(c) + 1;
    LAC_TRY(LAC_NEW(arena, bytes, out));
    snprintf(*out, bytes, "%s%s%s", a, b, c);
    return LAC_OK;
}

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

lac_status lac_optimum_folder(const char *given, struct lac_arena *arena, const char **out)
{
    const char *cache = variable("XDG_CACHE_HOME"), *home = variable("HOME");
    char *made;
    given = given ? given : variable("LACONIC_OPTIMA");
    if (given) {
        return lac_arena_text(arena, given, out);
    }
    if (!cache && !home) {
        return LAC_FAIL(LAC_E_USAGE, "there is no place for solved optima: give --optima DIR, or "
                                     "LACONIC_OPTIMA, XDG_CACHE_HOME or HOME in the environment");
    }
    LAC_TRY(join(arena, cache ? cache : home, cache ? "" : "/.cache", "/laconic", &made));
    *out = made;
    return LAC_OK;
}

static lac_status cannot_write(const char *folder)
{
    return LAC_FAIL(LAC_E_IO, "cannot write into '%s': %s; optima can be kept elsewhere, --optima",
                    folder, strerror(errno));
}

lac_status lac_optimum_prepare(const char *folder, struct lac_arena *arena)
{
    char *path;
    LAC_TRY(join(arena, folder, "/", "", &path));
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST) {
            return cannot_write(folder);
        }
        *slash = '/';
    }
    return access(path, W_OK | X_OK) == 0 ? LAC_OK : cannot_write(folder);
}

/* It becomes part of a path, and comes out of files. */
static bool is_digest(const char *problem)
{
    return strlen(problem) == PROBLEM_DIGITS &&
           strspn(problem, "0123456789abcdef") == PROBLEM_DIGITS;
}

static lac_status path_of(const char *folder, const char *problem, struct lac_arena *arena,
                          const char **out)
{
    char *path, *name;
    if (!is_digest(problem)) {
        return LAC_FAIL(LAC_E_INPUT, "'%.80s' is no digest of a problem", problem);
    }
    LAC_TRY(join(arena, problem, ".h5", "", &name));
    LAC_TRY(join(arena, folder, "/", name, &path));
    *out = path;
    return LAC_OK;
}

void lac_optimum_coupled(const char *problem, double lambda, char out[LAC_DIGEST_TEXT])
{
    struct lac_digest g;
    lac_digest_begin(&g, LAC_DIGEST_BYTES);
    lac_digest_add_text(&g, "laconic coupled problem 1");
    lac_digest_add_text(&g, problem);
    lac_digest_add(&g, &lambda, sizeof lambda);
    lac_digest_end_text(&g, out);
}

/* What a whole run file may still lack. */
static lac_status check(const struct lac_run *run, const char *problem)
{
    const struct lac_row *last = run->row_count > 0 ? &run->rows[run->row_count - 1] : NULL;
    if (!run->problem || strcmp(run->problem, problem) != 0) {
        return LAC_FAIL(LAC_E_INPUT,
                        "'%s' is not of the problem that it is named after; remove it and solve "
                        "again",
                        run->path);
    }
    if (!run->model || !vec_finite(run->model, run->d) || !last || !isfinite(last->loss) ||
        !(last->grad_norm_sq >= 0.0)) {
        return LAC_FAIL(LAC_E_INPUT, "'%s' has no optimum in it; remove it and solve again",
                        run->path);
    }
    return LAC_OK;
}

lac_status lac_optimum_find(const char *folder, const char *problem, struct lac_optimum *out,
                            struct lac_arena *arena)
{
    struct lac_run run;
    struct stat facts;
    *out = (struct lac_optimum){0};
    LAC_TRY(path_of(folder, problem, arena, &out->path));
    if (lstat(out->path, &facts) != 0 && (errno == ENOENT || errno == ENOTDIR)) {
        return LAC_OK;
    }
    LAC_TRY(lac_run_read(&run, out->path, arena));
    LAC_TRY(check(&run, problem));
    const struct lac_row *last = &run.rows[run.row_count - 1];
    out->x = run.model;
    out->d = run.d;
    out->value = last->loss;
    out->gradient_norm = sqrt(last->grad_norm_sq);
    out->summary = run.summary;
    return LAC_OK;
}

static lac_status write_run(const char *path, const struct lac_run_info *info,
                            const struct lac_row *row, const char *summary, const double *x,
                            size_t d, struct lac_arena *arena)
{
    struct lac_run_writer *writer;
    LAC_TRY(lac_run_create(&writer, path, true, info, arena));
    lac_status status = lac_run_append(writer, row);
    if (status == LAC_OK) {
        status = lac_run_publish(writer, summary, x, d);
    }
    lac_run_close(writer);
    return status;
}

lac_status lac_optimum_store(const char *folder, const struct lac_run_info *info,
                             const struct lac_row *row, const char *summary, const double *x,
                             size_t d, struct lac_arena *arena)
{
    char *temporary, *rows = NULL;
    const char *path;
    LAC_TRY(path_of(folder, info->problem, arena, &path));
    LAC_TRY(join(arena, folder, "/", ".solved-XXXXXX.h5", &temporary));
    int fd = mkstemps(temporary, 3);
    if (fd < 0) {
        return cannot_write(folder);
    }
    close(fd);
    lac_status status = join(arena, temporary, ".rows", "", &rows);
    if (status == LAC_OK) {
        status = write_run(temporary, info, row, summary, x, d, arena);
    }
    if (status == LAC_OK && rename(temporary, path) != 0) {
        status = cannot_write(folder);
    }
    if (status != LAC_OK) {
        if (rows) {
            unlink(rows);
        }
        unlink(temporary);
        return status;
    }
    lac_folder_sync(folder);
    return LAC_OK;
}
