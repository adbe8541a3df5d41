/* The run files of a run: who would not be let to write them finds out before the first round, in a dry run and by `laconic check` too. */
#include "command/train_parts.h"

/* Where losses and model go. */
static const char *path_of(const struct lac_server *s)
{
    return s->forwards ? s->config->out_private : s->config->out;
}

static const char *option_of(const struct lac_server *s)
{
    return s->forwards ? "--out-private" : "--out";
}

lac_status lac_train_check_out(const struct lac_config *c, const char *path, struct lac_arena *a)
{
    LAC_TRY(lac_run_check(path, c->force || c->resume, a));
    return c->resume ? LAC_OK : lac_run_check_live(path);
}

lac_status lac_run_files_begin(struct lac_run_files *f, const struct lac_server *s)
{
    const struct lac_config *c = s->config;
    bool here = s->forwards && !s->link->post; /* else rank 0 writes it */
    f->path = path_of(s);
    f->public_path = here ? c->out : NULL;
    return f->path ? lac_of_option(option_of(s), lac_train_check_out(c, f->path, s->arena))
                   : LAC_OK;
}

static void describe(struct lac_run_files *f, const struct lac_server *s)
{
    const struct lac_config *c = s->config;
    size_t count = 0;
    for (size_t i = 0; i < LAC_CONFIG_COUNT; i++) {
        if (c->setting[i].value && lac_train_is_kept(i)) {
            f->configuration[count++] =
                (struct lac_pair){lac_train_options.table[i].name, c->setting[i].value};
        }
    }
    f->info.configuration = f->configuration;
    f->info.configuration_count = count;
    f->info.tracked = c->tracked;
    f->info.problem = s->problem;
    f->info.build = lac_build_info(&f->info.build_count);
    f->info.private = s->forwards;
    f->info.key = s->forwards && !c->private_plain ? s->link->group : NULL;
}

static lac_status look(struct lac_run_info *info, const struct lac_server *s, const char *option,
                       const char *path, bool *force)
{
    LAC_TRY(lac_train_continue(info, s, path, force));
    LAC_TRY(lac_of_option(option, lac_run_check_live(path)));
    return lac_of_option(option, lac_run_check(path, *force, s->arena));
}

lac_status lac_run_files_look(struct lac_run_files *f, const struct lac_server *s)
{
    if (f->public_path) {
        f->public_info.build = lac_build_info(&f->public_info.build_count);
        f->public_info.public = true;
        LAC_TRY(look(&f->public_info, s, "--out", f->public_path, &f->forces_public));
    }
    if (!f->path) {
        return LAC_OK;
    }
    describe(f, s);
    LAC_TRY(look(&f->info, s, option_of(s), f->path, &f->forces));
    return lac_server_check_rows(s, f->info.rows_check);
}
