/* The run file of a run that goes on: its rows up to the checkpoint, and no others. */
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "command/train_parts.h"
#include "store/columns.h"

/* The run file is not where it is looked for; its checkpoints say where it was. */
static lac_status refuse_missing(const char *path, const char *folder, uint64_t rows)
{
    char result[4096];
    snprintf(result, sizeof result, "%s/result.json", folder);
    json_t *json = json_load_file(result, 0, NULL);
    const char *then = json_string_value(json_object_get(json, "run_file"));
    lac_status status = LAC_FAIL(
        LAC_E_INPUT,
        "--resume: '%s' is not there, and the checkpoint is of a run file with %llu row%s%s%s%s; "
        "put that there, or leave the option out to go on without one",
        path, (unsigned long long)rows, rows == 1 ? "" : "s", then ? " ('" : "", then ? then : "",
        then ? "')" : "");
    json_decref(json);
    return status;
}

static lac_status refuse(const char *path, const char *why)
{
    return LAC_FAIL(LAC_E_INPUT,
                    "--resume: '%s' %s; put the run file of this run there, or leave the option "
                    "out to go on without one",
                    path, why);
}

static uint64_t check_of(const struct lac_run *run, uint64_t rows)
{
    uint64_t check = 0;
    for (uint64_t i = 0; i < rows; i++) {
        check = lac_row_check(check, &run->rows[i], run->columns);
    }
    return check;
}

/* The rows of the file at path that the checkpoint knows, into info. */
static lac_status keep_rows(struct lac_run_info *info, const struct lac_server *s, const char *path)
{
    struct lac_run run;
    uint64_t rows = s->survival.rows;
    if (access(path, F_OK) != 0) {
        return rows > 0 ? refuse_missing(path, s->config->checkpoint, rows) : LAC_OK;
    }
    LAC_TRY(lac_run_read_with(&run, path, info->key, s->arena));
    if (run.columns != lac_columns_kept(info->tracked, info->public)) {
        return refuse(path, "has other columns (--track)");
    }
    if (run.row_count < rows) {
        return refuse(path, "has fewer rows than the checkpoint counts");
    }
    info->rows = run.rows;
    info->row_count = rows;
    info->rows_check = check_of(&run, rows);
    return LAC_OK;
}

/* An earlier start that came to no checkpoint left its run file: the same options make the same rows. */
static bool is_left_over(const struct lac_run_info *info, const char *path, struct lac_arena *a)
{
    struct lac_run run;
    bool same = lac_run_read_with(&run, path, info->key, a) == LAC_OK &&
                run.configuration_count == info->configuration_count;
    for (size_t i = 0; same && i < info->configuration_count; i++) {
        const char *then = lac_run_option(&run, info->configuration[i].key);
        same = then && strcmp(then, info->configuration[i].value) == 0;
    }
    return same;
}

lac_status lac_train_continue(struct lac_run_info *info, const struct lac_server *s,
                              const char *path, bool *force)
{
    *force = s->config->force;
    if (!s->config->resume) {
        return LAC_OK;
    }
    if (s->survival.from) {
        *force = true;
        return keep_rows(info, s, path);
    }
    *force = *force || is_left_over(info, path, s->arena);
    return LAC_OK;
}

lac_status lac_train_continue_public(struct lac_run_info *info, const char *path, uint64_t rows,
                                     bool *force, struct lac_arena *a)
{
    struct lac_run run;
    if (access(path, F_OK) != 0) {
        return rows > 0 ? refuse(path, "is not there") : LAC_OK;
    }
    LAC_TRY(lac_run_read(&run, path, a));
    const char *name = lac_train_options.table[LAC_CONFIG_CLIENTS].name;
    const char *then = lac_run_option(&run, name), *now = NULL;
    for (size_t i = 0; i < info->configuration_count; i++) {
        now = strcmp(info->configuration[i].key, name) == 0 ? info->configuration[i].value : now;
    }
    if (!run.public || (then && now && strcmp(then, now) != 0)) {
        return refuse(path, "is the file of another run");
    }
    if (run.row_count < rows) {
        return refuse(path, "has fewer rows than the clients' checkpoint counts");
    }
    *force = true;
    info->rows = run.rows;
    info->row_count = rows;
    return LAC_OK;
}
