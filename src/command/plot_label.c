#include "command/plot_label.h"

#include <string.h>

#include "config/config.h"

static lac_status join_words(struct lac_arena *arena, const char *a, const char *middle,
                             const char *b, const char *end, const char **out)
{
    char *text;
    size_t bytes = strlen(a) + strlen(middle) + strlen(b) + strlen(end) + 1;
    LAC_TRY(LAC_NEW(arena, bytes, &text));
    snprintf(text, bytes, "%s%s%s%s", a, middle, b, end);
    *out = text;
    return LAC_OK;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static bool is_repeated(const char *const *texts, size_t count, size_t i)
{
    for (size_t j = 0; j < count; j++) {
        if (j != i && strcmp(texts[i], texts[j]) == 0) {
            return true;
        }
    }
    return false;
}

static lac_status name_kind(const struct lac_run *run, struct lac_arena *arena, const char **out)
{
    const char *method = lac_run_option(run, "method");
    const char *compressor = lac_run_option(run, "compressor");
    const char *wire = lac_run_option(run, "wire");
    bool doubles = !wire || strcmp(wire, "fp64") == 0;
    const char *kind;
    LAC_TRY(join_words(arena, method ? method : base_name(run->path), compressor ? ", " : "",
                       compressor ? compressor : "", "", &kind));
    return join_words(arena, kind, doubles ? "" : " at ", doubles ? "" : wire, "", out);
}

/* The kind says method, compressor and precision already. */
static bool may_tell(const struct lac_option *option, const char *section)
{
    return option->mark == LAC_TRAJECTORY && strcmp(option->section, section) == 0 &&
           strcmp(option->name, "method") != 0 && strcmp(option->name, "compressor") != 0 &&
           strcmp(option->name, "wire") != 0;
}

/* Files of older versions lack the newer options. NULL: not set. */
static const char *value_of(const struct lac_run *run, const struct lac_option *option)
{
    const char *value = lac_run_option(run, option->name);
    return value ? value : option->fallback;
}

/* Whether another run of the kind of run i has the option otherwise. */
static bool differs(const struct curve *curves, const char *const *kinds, size_t count, size_t i,
                    const struct lac_option *option)
{
    const char *own = value_of(curves[i].run, option);
    for (size_t j = 0; j < count; j++) {
        const char *other = value_of(curves[j].run, option);
        bool same = own && other ? strcmp(own, other) == 0 : own == other;
        if (!same && strcmp(kinds[i], kinds[j]) == 0) {
            return true;
        }
    }
    return false;
}

/* How to train comes before what the problem is. */
static lac_status add_differences(const struct curve *curves, const char *const *kinds,
                                  size_t count, size_t i, struct lac_arena *arena,
                                  const char **label)
{
    static const char *const sections[] = {"Method", "Problem"};
    for (size_t k = 0; k < 2 * lac_train_options.count; k++) {
        const struct lac_option *option = &lac_train_options.table[k % lac_train_options.count];
        const char *value = value_of(curves[i].run, option);
        if (value && may_tell(option, sections[k / lac_train_options.count]) &&
            differs(curves, kinds, count, i, option)) {
            const char *named;
            LAC_TRY(
                join_words(arena, *label, ", ", option->name, option->argument ? " " : "", &named));
            LAC_TRY(
                join_words(arena, named, option->argument ? base_name(value) : "", "", "", label));
        }
    }
    return LAC_OK;
}

/* The labels of all runs of the kind of run i. */
static bool fit(const char *const *kinds, const char *const *labels, size_t count, size_t i,
                size_t most)
{
    for (size_t j = 0; j < count; j++) {
        if (strcmp(kinds[i], kinds[j]) == 0 && strlen(labels[j]) > most) {
            return false;
        }
    }
    return true;
}

lac_status lac_plot_label(struct curve *curves, size_t count, size_t most, struct lac_arena *arena)
{
    const char **kinds, **labels, **names, **files;
    LAC_TRY(LAC_NEW(arena, count, &kinds));
    LAC_TRY(LAC_NEW(arena, count, &labels));
    LAC_TRY(LAC_NEW(arena, count, &names));
    LAC_TRY(LAC_NEW(arena, count, &files));
    for (size_t i = 0; i < count; i++) {
        files[i] = base_name(curves[i].run->path);
        LAC_TRY(name_kind(curves[i].run, arena, &kinds[i]));
    }
    for (size_t i = 0; i < count; i++) {
        labels[i] = kinds[i];
        LAC_TRY(add_differences(curves, kinds, count, i, arena, &labels[i]));
    }
    for (size_t i = 0; i < count; i++) {
        names[i] = fit(kinds, labels, count, i, most) ? labels[i] : kinds[i];
    }
    for (size_t i = 0; i < count; i++) {
        curves[i].label = names[i];
        if (is_repeated(names, count, i)) {
            const char *file = is_repeated(files, count, i) ? curves[i].run->path : files[i];
            LAC_TRY(join_words(arena, names[i], " (", file, ")", &curves[i].label));
        }
    }
    return LAC_OK;
}
