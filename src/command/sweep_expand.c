/* From the sections of a file to its runs: the product of what varies, for each [run NAME]. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "command/sweep_parts.h"

/* An option that varies. */
struct axis {
    size_t option, line;
    const char *const *value; /* (count) */
    size_t count;
};

struct matrix {
    struct lac_sweep *sweep;
    const struct lac_sweep_file *file;
    struct axis axis[LAC_CONFIG_COUNT];
    size_t axes, product;
    struct lac_setting base[LAC_CONFIG_COUNT]; /* defaults, and what the environment says */
};

static const char *option_name(size_t option)
{
    return lac_train_options.table[option].name;
}

static void print_where(const struct matrix *m, size_t line, char where[300])
{
    snprintf(where, 300, "%.250s:%zu: ", m->file->path, line);
}

static lac_status add_axis(struct matrix *m, size_t option, size_t line, const char *text)
{
    char where[300], what[400];
    struct axis *axis = &m->axis[m->axes];
    print_where(m, line, where);
    snprintf(what, sizeof what, "%s%s: ", where, option_name(option));
    size_t before = m->file->shared.line_of[option];
    if (before > 0) {
        return LAC_FAIL(LAC_E_USAGE, "%sit varies, and has one value in line %zu; leave one out",
                        what, before);
    }
    *axis = (struct axis){.option = option, .line = line};
    LAC_TRY(lac_sweep_values(what, text, &axis->value, &axis->count, m->sweep->arena));
    m->axes++;
    m->product *= axis->count;
    return LAC_OK;
}

/* "1 2 3" of [table], as [vary] would write it. */
static lac_status add_seeds(struct matrix *m)
{
    char text[4096] = "";
    const char *seeds = m->file->seeds;
    char where[300];
    print_where(m, m->file->seeds_line, where);
    if (m->file->vary.line_of[LAC_CONFIG_SEED] > 0) {
        return LAC_FAIL(LAC_E_USAGE, "%sseed varies in line %zu already", where,
                        m->file->vary.line_of[LAC_CONFIG_SEED]);
    }
    for (size_t n = 0; *seeds && n < sizeof text - 64;) {
        size_t length = strcspn(seeds, " \t");
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%.*s", n > 0 ? "|" : "",
                              length < 40 ? (int)length : 40, seeds);
        seeds += length + strspn(seeds + length, " \t");
    }
    return add_axis(m, LAC_CONFIG_SEED, m->file->seeds_line, text);
}

static lac_status list_axes(struct matrix *m, size_t sections)
{
    const struct lac_sweep_section *vary = &m->file->vary;
    m->product = sections;
    for (size_t i = 0; i < vary->count; i++) {
        size_t option = vary->order[i];
        LAC_TRY(add_axis(m, option, vary->line_of[option], vary->value[option]));
        if (m->product > LAC_SWEEP_MOST_RUNS) {
            break;
        }
    }
    if (m->file->seeds) {
        LAC_TRY(add_seeds(m));
    }
    if (m->product > LAC_SWEEP_MOST_RUNS) {
        return LAC_FAIL(LAC_E_USAGE,
                        "%s: more than %d runs are asked for; let less vary, or take several files",
                        m->file->path, LAC_SWEEP_MOST_RUNS);
    }
    return LAC_OK;
}

/* A value as part of a name of a file: of a path its last part; what is awkward there becomes '-'. */
static size_t put_value(char *out, size_t capacity, const char *value)
{
    const char *slash = strrchr(value, '/');
    size_t n = 0;
    for (const char *p = slash && slash[1] ? slash + 1 : value; *p && n + 1 < capacity; p++) {
        out[n++] = isalnum((unsigned char)*p) || strchr("._@+%=,-", *p) ? *p : '-';
    }
    out[n] = '\0';
    return n;
}

/* "ef21-compressor-topk-1%-seed-3" */
static lac_status name_run(const struct matrix *m, const struct lac_sweep_section *section,
                           const size_t *place, const char **out)
{
    char name[2 * LAC_SWEEP_LONGEST_NAME + 300];
    size_t n = (size_t)snprintf(name, sizeof name, "%s", section ? section->name : "");
    for (size_t i = 0; i < m->axes && n <= LAC_SWEEP_LONGEST_NAME; i++) {
        const struct axis *axis = &m->axis[i];
        n += (size_t)snprintf(name + n, sizeof name - n, "%s%s-", n > 0 ? "-" : "",
                              option_name(axis->option));
        n += put_value(name + n, LAC_SWEEP_LONGEST_NAME, axis->value[place[i]]);
    }
    if (n > LAC_SWEEP_LONGEST_NAME) {
        return LAC_FAIL(LAC_E_USAGE,
                        "%s: the name '%.60s...' of a run is longer than %d bytes; give long "
                        "values in [run NAME], whose names are short",
                        m->file->path, name, LAC_SWEEP_LONGEST_NAME);
    }
    return lac_arena_text(m->sweep->arena, n > 0 ? name : "run", out);
}

static lac_status set(const struct matrix *m, struct lac_sweep_run *run, size_t option, size_t line,
                      const char *text)
{
    char where[300];
    const char *value;
    print_where(m, line, where);
    LAC_TRY(lac_sweep_place(m->sweep, where, run->name, text, &value));
    return lac_options_set(&lac_train_options, where, option, value, m->sweep->arena, run->setting);
}

/* Adds "--seed 1" to what is told of the run. */
static void tell(char *told, size_t capacity, size_t option, const char *value)
{
    char word[1024];
    size_t n = strlen(told);
    if (4 * strlen(value) + 3 < sizeof word) {
        (void)lac_put_word(word, value);
        snprintf(told + n, capacity - n, "%s--%s %s", n > 0 ? " " : "", option_name(option), word);
    }
}

static lac_status set_section(const struct matrix *m, struct lac_sweep_run *run,
                              const struct lac_sweep_section *section, char *told, size_t capacity)
{
    for (size_t i = 0; section && i < section->count; i++) {
        size_t option = section->order[i];
        const char *value = section->value[option];
        if (*value) {
            LAC_TRY(set(m, run, option, section->line_of[option], value));
            tell(told, capacity, option, value);
        }
    }
    return LAC_OK;
}

/* [shared], but for what [run NAME] says itself. */
static lac_status set_shared(const struct matrix *m, struct lac_sweep_run *run,
                             const struct lac_sweep_section *section)
{
    const struct lac_sweep_section *shared = &m->file->shared;
    for (size_t i = 0; i < shared->count; i++) {
        size_t option = shared->order[i];
        bool own = section && section->line_of[option] > 0;
        if (!own && *shared->value[option]) {
            LAC_TRY(set(m, run, option, shared->line_of[option], shared->value[option]));
        }
    }
    return LAC_OK;
}

static lac_status shorten(const struct matrix *m, struct lac_sweep_run *run)
{
    struct lac_setting *rounds = &run->setting[LAC_CONFIG_ROUNDS];
    uint64_t count;
    char text[32];
    if (lac_parse_count("rounds", rounds->value, &count) != LAC_OK ||
        count <= m->sweep->most_rounds) {
        return LAC_OK; /* what is no number is refused later, with its place */
    }
    snprintf(text, sizeof text, "%llu", (unsigned long long)m->sweep->most_rounds);
    return lac_arena_text(m->sweep->arena, text, &rounds->value);
}

static lac_status make_run(struct matrix *m, struct lac_sweep_run *run,
                           const struct lac_sweep_section *section, const size_t *place)
{
    struct lac_sweep *s = m->sweep;
    char path[4400], told[2048] = "";
    LAC_TRY(name_run(m, section, place, &run->name));
    snprintf(path, sizeof path, "%.4000s/%s.h5", s->folder, run->name);
    LAC_TRY(lac_arena_text(s->arena, path, &run->file));
    LAC_TRY(LAC_NEW(s->arena, LAC_CONFIG_COUNT, &run->setting));
    memcpy(run->setting, m->base, sizeof m->base);
    LAC_TRY(set_shared(m, run, section));
    LAC_TRY(set_section(m, run, section, told, sizeof told));
    for (size_t i = 0; i < m->axes; i++) {
        const struct axis *axis = &m->axis[i];
        size_t line = section ? section->line_of[axis->option] : 0;
        if (line > 0) {
            return LAC_FAIL(LAC_E_USAGE,
                            "%s:%zu: %s has one value in [run %s], and varies in line "
                            "%zu; leave one out",
                            m->file->path, line, option_name(axis->option), section->name,
                            axis->line);
        }
        LAC_TRY(set(m, run, axis->option, axis->line, axis->value[place[i]]));
        tell(told, sizeof told, axis->option, axis->value[place[i]]);
    }
    LAC_TRY(shorten(m, run));
    return lac_arena_text(s->arena, told, &run->told);
}

/* The last axis is the fastest. */
static lac_status make_section(struct matrix *m, const struct lac_sweep_section *section,
                               size_t first, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        size_t place[LAC_CONFIG_COUNT] = {0}, rest = k;
        for (size_t i = m->axes; i-- > 0;) {
            place[i] = rest % m->axis[i].count;
            rest /= m->axis[i].count;
        }
        LAC_TRY(make_run(m, &m->sweep->run[first + k], section, place));
    }
    return LAC_OK;
}

static lac_status check_names(const struct matrix *m)
{
    const struct lac_sweep *s = m->sweep;
    for (size_t r = 0; r < s->count; r++) {
        for (size_t other = 0; other < r; other++) {
            if (strcmp(s->run[r].name, s->run[other].name) == 0) {
                return LAC_FAIL(LAC_E_USAGE,
                                "%s: runs %zu (%s) and %zu (%s) would both be '%s'; give them "
                                "sections [run NAME] of their own",
                                m->file->path, other + 1, s->run[other].told, r + 1, s->run[r].told,
                                s->run[r].name);
            }
        }
    }
    return LAC_OK;
}

static lac_status add_need(struct lac_sweep_run *run, size_t option, size_t own, size_t other,
                           const struct lac_sweep *s)
{
    const char *where = run->setting[option].where, *name = option_name(option);
    if (other == own) {
        return LAC_FAIL(LAC_E_USAGE, "%s%s: the run '%s' would read its own file", where, name,
                        run->name);
    }
    if (other > own) {
        return LAC_FAIL(LAC_E_USAGE,
                        "%s%s: the run '%s' reads the file of '%s', which stands behind it; give "
                        "the one that is read first",
                        where, name, run->name, s->run[other].name);
    }
    if (run->need_count == LAC_SWEEP_MOST_NEEDS) {
        return LAC_FAIL(LAC_E_USAGE, "%s%s: the run '%s' reads the files of more than %d runs",
                        where, name, run->name, LAC_SWEEP_MOST_NEEDS);
    }
    run->needs[run->need_count++] = other;
    return LAC_OK;
}

const char *lac_sweep_inside(const struct lac_sweep *s, const char *value)
{
    static const char trace[] = "trace:";
    size_t kind = strncmp(value, trace, sizeof trace - 1) == 0 ? sizeof trace - 1 : 0;
    size_t length = s->folder ? strlen(s->folder) : 0;
    const char *path = value + kind;
    return length > 0 && strncmp(path, s->folder, length) == 0 && path[length] == '/' ? path : NULL;
}

/* Of a file among those of the runs, which is that of none. */
static lac_status check_stranger(const struct lac_setting *setting, size_t option, const char *path)
{
    static const char ending[] = ".h5";
    const char *slash = strrchr(path, '/'), *name = slash + 1;
    size_t length = strlen(name), end = sizeof ending - 1;
    bool reads = option == LAC_CONFIG_SOLUTION || option == LAC_CONFIG_X0 ||
                 option == LAC_CONFIG_PARTICIPATION;
    if (!reads || length <= end || strcmp(name + length - end, ending) != 0 ||
        access(path, F_OK) == 0) {
        return LAC_OK;
    }
    return LAC_FAIL(LAC_E_USAGE,
                    "%s%s: no run is '%.*s', whose file it would be, and '%s' is not there",
                    setting->where, option_name(option), (int)(length - end), name, path);
}

/* Which runs' files the options of this one name. */
static lac_status find_needs(const struct matrix *m, size_t r)
{
    const struct lac_sweep *s = m->sweep;
    struct lac_sweep_run *run = &s->run[r];
    for (size_t o = 0; o < LAC_CONFIG_COUNT; o++) {
        const char *value = run->setting[o].value;
        const char *path = value ? lac_sweep_inside(s, value) : NULL;
        size_t other = 0;
        if (!path) {
            continue;
        }
        while (other < s->count && strcmp(path, s->run[other].file) != 0) {
            other++;
        }
        LAC_TRY(other < s->count ? add_need(run, o, r, other, s)
                                 : check_stranger(&run->setting[o], o, path));
    }
    return LAC_OK;
}

const struct lac_sweep_run *lac_sweep_needed(const struct lac_sweep *s,
                                             const struct lac_sweep_run *run, size_t option)
{
    const char *value = run->setting[option].value;
    const char *path = value ? lac_sweep_inside(s, value) : NULL;
    for (size_t i = 0; path && i < run->need_count; i++) {
        if (strcmp(path, s->run[run->needs[i]].file) == 0) {
            return &s->run[run->needs[i]];
        }
    }
    return NULL;
}

/* Runs that keep checkpoints have a folder each. */
static lac_status check_checkpoints(const struct lac_sweep *s)
{
    for (size_t r = 0; r < s->count; r++) {
        const char *own = lac_sweep_checkpoint(&s->run[r]);
        for (size_t other = 0; other < r && own; other++) {
            const char *its = lac_sweep_checkpoint(&s->run[other]);
            if (its && strcmp(own, its) == 0) {
                return LAC_FAIL(LAC_E_USAGE,
                                "%s: the runs '%s' and '%s' would keep checkpoints in one folder, "
                                "'%s'; write {run} in it, which stands for the name of the run",
                                s->source, s->run[other].name, s->run[r].name, own);
            }
        }
    }
    return LAC_OK;
}

lac_status lac_sweep_expand(struct lac_sweep *s, const struct lac_sweep_file *file)
{
    struct matrix m = {.sweep = s, .file = file};
    size_t sections = 0, first = 0;
    bool help;
    for (const struct lac_sweep_section *n = file->first_run; n; n = n->next) {
        sections++;
    }
    LAC_TRY(lac_options_read(&lac_train_options, 0, NULL, s->arena, m.base, NULL, &help));
    LAC_TRY(list_axes(&m, sections > 0 ? sections : 1));
    s->count = m.product;
    LAC_TRY(LAC_NEW(s->arena, s->count, &s->run));
    size_t each = s->count / (sections > 0 ? sections : 1);
    if (sections == 0) {
        LAC_TRY(make_section(&m, NULL, 0, each));
    }
    for (const struct lac_sweep_section *n = file->first_run; n; n = n->next) {
        LAC_TRY(make_section(&m, n, first, each));
        first += each;
    }
    LAC_TRY(check_names(&m));
    for (size_t r = 0; r < s->count; r++) {
        LAC_TRY(find_needs(&m, r));
    }
    return check_checkpoints(s);
}
