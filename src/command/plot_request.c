#include "command/plot_request.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "command/plot.h"
#include "command/run_key.h"

enum {
    OUTPUT,
    DATA,
    FORCE,
    OPTIMA,
    KEY,
    X,
    Y,
    PER_CLIENT,
    TOTAL,
    LOG,
    X_RANGE,
    Y_RANGE,
    GROUP,
    BAND,
    ERROR_BARS,
    MARKERS,
    LABELS,
    TITLE,
    SIZE,
    OPTIONS
};

static const struct lac_option plot_table[OPTIONS] = {
    {"Files", "output", "FILE", NULL, LAC_LOCAL,
     "the figure, in .svg, .png or .pdf; -o FILE for short"},
    {"Files", "data", "FILE.csv", NULL, LAC_LOCAL,
     "the points as they are drawn; without -o these alone"},
    {"Files", "force", NULL, NULL, LAC_LOCAL,
     "replace what is there, though laconic plot did not make it"},
    {"Files", "optima", "DIR", NULL, LAC_LOCAL,
     "where gap finds optima; default: where 'laconic solve' keeps them"},
    LAC_RUN_KEY_OPTION_IN("Files"),
    {"Axes", "x", "COLUMN,...", "bits_up,round", LAC_LOCAL,
     "a panel for each; any column, 'laconic list columns', or gap"},
    {"Axes", "y", "COLUMN", "loss", LAC_LOCAL,
     "a column, or gap: f(x) - f*, of which 'laconic solve' found f*; personal_gap is found so too"},
    {"Axes", "per-client", NULL, NULL, LAC_LOCAL,
     "bits and gradients counted per client; bits are without it too"},
    {"Axes", "total", NULL, NULL, LAC_LOCAL, "bits and gradients counted over all clients"},
    {"Axes", "log", "x|y|xy|none", NULL, LAC_LOCAL,
     "the logarithmic axes: x, y, xy or none; default: those that the values fit"},
    {"Axes", "xrange", "FROM:TO", NULL, LAC_LOCAL,
     "of the axis, in bits where it has bits; either may be left out"},
    {"Axes", "yrange", "FROM:TO", NULL, LAC_LOCAL, "of the axis; either may be left out"},
    {"Curves", "group", LAC_GROUP_ARGUMENT, NULL, LAC_LOCAL,
     "one curve, the median, for all runs that are alike in these options of train; with all-but- before them, in all others: all-but-seed"},
    {"Curves", "band", "quartiles|range|none", "quartiles", LAC_LOCAL,
     "about a median: quartiles, range (least to most) or none"},
    {"Curves", "error-bars", NULL, NULL, LAC_LOCAL, "the band as bars at some points"},
    {"Curves", "markers", "some|all|none", "some", LAC_LOCAL,
     "on curves: some, all (each point) or none"},
    {"Curves", "labels", "A|B|...", NULL, LAC_LOCAL,
     "of the legend, one for each curve; default: the options that differ"},
    {"Curves", "title", "TEXT", NULL, LAC_LOCAL, "above the figure"},
    {"Curves", "size", "screen|one-column|two-column|WIDTHxHEIGHT", "screen", LAC_LOCAL,
     "screen, one-column (84 mm wide), two-column (174 mm), or WIDTHxHEIGHT in mm"},
};

const struct lac_options lac_plot_options = {
    .command = "plot",
    .usage = "laconic plot RUN|FOLDER... -o FILE.svg|.png|.pdf [OPTIONS]\n"
             "       laconic plot RUN|FOLDER... --data FILE.csv [OPTIONS]",
    .table = plot_table,
    .count = OPTIONS,
    .letter = "-o",
    .long_name = "output",
};

static bool ends_in(const char *text, const char *suffix)
{
    size_t length = strlen(text), end = strlen(suffix);
    return length > end && strcmp(text + length - end, suffix) == 0;
}

static lac_status read_files(const struct lac_setting *s, struct plot_request *q)
{
    static const char *const suffixes[] = {
        [PICTURE_SVG] = ".svg", [PICTURE_PNG] = ".png", [PICTURE_PDF] = ".pdf"};
    q->output = s[OUTPUT].value;
    q->data = s[DATA].value;
    if (q->words.count == 0 || (!q->output && !q->data)) {
        return LAC_FAIL(LAC_E_USAGE, "plot: name %s: laconic plot run.h5 -o run.svg",
                        q->words.count == 0 ? "a run file" : "a picture");
    }
    if (q->data && !ends_in(q->data, ".csv")) {
        return LAC_FAIL(LAC_E_USAGE, "plot: --data: '%s' must end in .csv", q->data);
    }
    for (size_t i = 0; i < 3 && q->output; i++) {
        if (ends_in(q->output, suffixes[i])) {
            q->figure.picture = (enum picture)i;
            return LAC_OK;
        }
    }
    return q->output ? LAC_FAIL(LAC_E_USAGE, "plot: '%s' must end in .svg, .png or .pdf", q->output)
                     : LAC_OK;
}

/* One of words, which ends with NULL, to its place; the failure lists them. */
static lac_status read_word(const char *option, const char *value, const char *const *words,
                            const char *all, size_t *place)
{
    for (size_t i = 0; words[i]; i++) {
        if (strcmp(words[i], value) == 0) {
            *place = i;
            return LAC_OK;
        }
    }
    return LAC_FAIL(LAC_E_USAGE, "plot: %s: '%s' is none of %s", option, value, all);
}

static lac_status read_scales(const char *log, struct figure *f)
{
    static const char *const words[] = {"x", "y", "xy", "none", NULL};
    size_t place;
    if (!log) {
        return LAC_OK;
    }
    LAC_TRY(read_word("--log", log, words, "x, y, xy, none", &place));
    f->x_scale = place == 0 || place == 2 ? SCALE_LOGARITHMIC : SCALE_EVEN;
    f->y_scale = place == 1 || place == 2 ? SCALE_LOGARITHMIC : SCALE_EVEN;
    return LAC_OK;
}

static lac_status read_end(const char *option, const char *text, size_t length, double *out)
{
    char number[64];
    *out = (double)NAN;
    if (length == 0) {
        return LAC_OK;
    }
    snprintf(number, sizeof number, "%.*s", (int)length, text);
    return lac_parse_double(option, number, out);
}

static lac_status read_limits(const char *option, const char *text, enum scale scale,
                              struct limits *out)
{
    struct limits limits = {(double)NAN, (double)NAN};
    *out = limits;
    if (!text) {
        return LAC_OK;
    }
    const char *colon = strchr(text, ':');
    if (!colon) {
        return LAC_FAIL(LAC_E_USAGE, "plot: %s: '%s' is no FROM:TO, as 1e-8:1", option, text);
    }
    LAC_TRY(read_end(option, text, (size_t)(colon - text), &limits.least));
    LAC_TRY(read_end(option, colon + 1, strlen(colon + 1), &limits.most));
    if (limits.least >= limits.most) {
        return LAC_FAIL(LAC_E_USAGE, "plot: %s: %g is not below %g", option, limits.least,
                        limits.most);
    }
    if (scale == SCALE_LOGARITHMIC && (limits.least <= 0 || limits.most <= 0)) {
        return LAC_FAIL(LAC_E_USAGE, "plot: %s: a logarithmic axis lies above 0, and '%s' does not",
                        option, text);
    }
    *out = limits;
    return LAC_OK;
}

static lac_status read_panels(const char *text, enum count_of counts, struct figure *f)
{
    for (const char *p = text; p;) {
        char name[64];
        size_t length = strcspn(p, ",");
        snprintf(name, sizeof name, "%.*s", (int)length, p);
        if (f->panels == MOST_PANELS) {
            return LAC_FAIL(LAC_E_USAGE, "plot: --x: at most %d columns, a panel for each",
                            MOST_PANELS);
        }
        LAC_TRY(quantity_find("plot", "--x", name, counts, &f->x[f->panels]));
        if (f->x[f->panels].column == f->y.column) {
            return LAC_FAIL(LAC_E_USAGE, "plot: --x and --y are one column, %s", name);
        }
        f->panels++;
        p = p[length] ? p + length + 1 : NULL;
    }
    return LAC_OK;
}

static lac_status read_axes(const struct lac_setting *s, struct figure *f)
{
    enum count_of counts = s[TOTAL].value        ? COUNT_TOTAL
                           : s[PER_CLIENT].value ? COUNT_PER_CLIENT
                                                 : COUNT_AS_USUAL;
    if (s[TOTAL].value && s[PER_CLIENT].value) {
        return LAC_FAIL(LAC_E_USAGE, "plot: give one of --per-client and --total");
    }
    if (strchr(s[Y].value, ',')) {
        return LAC_FAIL(LAC_E_USAGE,
                        "plot: --y: '%s' is more than one column; draw a figure of each",
                        s[Y].value);
    }
    LAC_TRY(quantity_find("plot", "--y", s[Y].value, counts, &f->y));
    LAC_TRY(read_panels(s[X].value, counts, f));
    LAC_TRY(read_scales(s[LOG].value, f));
    LAC_TRY(read_limits("--xrange", s[X_RANGE].value, f->x_scale, &f->x_limits));
    return read_limits("--yrange", s[Y_RANGE].value, f->y_scale, &f->y_limits);
}

static lac_status read_size(const char *text, struct figure *f)
{
    enum { LEAST = 30, MOST = 1000 };
    static const struct {
        const char *name;
        double width;
    } sizes[] = {{"screen", 0}, {"one-column", 84}, {"two-column", 174}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (strcmp(sizes[i].name, text) == 0) {
            f->width = sizes[i].width;
            return LAC_OK;
        }
    }
    const char *by = strchr(text, 'x');
    if (!by) {
        return LAC_FAIL(
            LAC_E_USAGE,
            "plot: --size: '%s' is none of screen, one-column, two-column, WIDTHxHEIGHT", text);
    }
    LAC_TRY(read_end("--size", text, (size_t)(by - text), &f->width));
    LAC_TRY(read_end("--size", by + 1, strlen(by + 1), &f->height));
    if (!(f->width >= LEAST && f->width <= MOST && f->height >= LEAST && f->height <= MOST)) {
        return LAC_FAIL(LAC_E_USAGE, "plot: --size: '%s': from %d to %d mm each way", text, LEAST,
                        MOST);
    }
    return LAC_OK;
}

static lac_status read_curves(const struct lac_setting *s, struct plot_request *q)
{
    static const char *const bands[] = {"none", "quartiles", "range", NULL};
    static const char *const markers[] = {"some", "all", "none", NULL};
    struct figure *f = &q->figure;
    size_t band, marks;
    LAC_TRY(lac_grouping_parse("plot", s[GROUP].value, &q->grouping));
    LAC_TRY(read_word("--band", s[BAND].value, bands, "quartiles, range, none", &band));
    LAC_TRY(read_word("--markers", s[MARKERS].value, markers, "some, all, none", &marks));
    if (!q->grouping.any && (s[BAND].given || s[ERROR_BARS].value)) {
        return LAC_FAIL(LAC_E_USAGE, "plot: %s is about medians: give --group, as all-but-seed",
                        s[BAND].given ? "--band" : "--error-bars");
    }
    if (band == SPREAD_NONE && s[ERROR_BARS].value) {
        return LAC_FAIL(LAC_E_USAGE, "plot: --error-bars have nothing to show with --band none");
    }
    f->markers = (enum markers)marks;
    f->spread = q->grouping.any ? (enum spread)band : SPREAD_NONE;
    f->bars = s[ERROR_BARS].value != NULL;
    f->band = f->spread != SPREAD_NONE && !f->bars;
    f->title = s[TITLE].value;
    q->labels = s[LABELS].value;
    return read_size(s[SIZE].value, f);
}

lac_status plot_request_read(struct plot_request *q, int argc, char *const *argv, bool *help,
                             struct lac_arena *arena)
{
    struct lac_setting s[OPTIONS];
    *q = (struct plot_request){0};
    LAC_TRY(lac_options_read(&lac_plot_options, argc, argv, arena, s, &q->words, help));
    if (*help) {
        return LAC_OK;
    }
    LAC_TRY(read_files(s, q));
    LAC_TRY(read_axes(s, &q->figure));
    LAC_TRY(read_curves(s, q));
    quantity_mark_options(&q->figure.y, q->grouping.shown);
    for (size_t panel = 0; panel < q->figure.panels; panel++) {
        quantity_mark_options(&q->figure.x[panel], q->grouping.shown);
    }
    q->optima = s[OPTIMA].value;
    q->key = s[KEY].value;
    q->force = s[FORCE].value != NULL;
    return LAC_OK;
}
