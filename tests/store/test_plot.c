/*
 * laconic plot. A stand-in for gnuplot whose picture is its input shows the script; the true one, where
 * it is installed, has to draw it.
 */
#include <math.h>

#include "capture.h"
#include "command/plot.h"
#include "store/columns.h"
#include "store/optimum.h"

#define PLOT(...) plot_words((const char *const[]){__VA_ARGS__, NULL})

static char true_path[4096];

static lac_status plot_words(const char *const *words)
{
    char *text;
    lac_status status = run_command(lac_command_plot, words, &text);
    free(text);
    return status;
}

/* The program's PATH becomes a folder with this gnuplot alone; NULL: with none. */
static void use_gnuplot(const char *script)
{
    mkdir("programs", 0777);
    unlink("programs/gnuplot");
    if (script) {
        int fd = open("programs/gnuplot", O_WRONLY | O_CREAT | O_TRUNC, 0777);
        FILE *file = fdopen(fd, "w");
        fputs(script, file);
        fclose(file);
    }
    char path[300];
    snprintf(path, sizeof path, "%s/programs", scratch_folder);
    setenv("PATH", path, 1);
}

static const char copier[] =
    "#!/bin/sh\necho '<svg>'\nwhile IFS= read -r line; do printf '%s\\n' \"$line\"; done\necho '</svg>'\n";

static bool make_run(const char *path, const char *method, size_t count, double scale)
{
    struct lac_pair pairs[] = {{"method", method}, {"compressor", "topk:k=1"}, {"clients", "4"}};
    struct lac_run_info info = {.configuration = pairs, .configuration_count = 3};
    struct lac_row *rows = calloc(count ? count : 1, sizeof *rows);
    for (size_t i = 0; i < count; i++) {
        rows[i] = test_row(i);
        rows[i].loss = i == 12345 ? 77.0 : i == 54321 ? 1e-9 : scale / (double)(i + 1);
        rows[i].grad_norm_sq = i % 2 ? -1.0 : 1.0;
        rows[i].bits_up = (uint64_t)(40000.0 * scale) * i;
    }
    bool ok = write_run(path, &info, rows, count, "{\"clients\": 4}", true);
    free(rows);
    return ok;
}

static bool has(const char *path, const char *words)
{
    char *text = file_text(path);
    bool found = text && strstr(text, words);
    if (!found) {
        printf("# no '%s' in %s\n", words + strspn(words, "\n"), path);
    }
    free(text);
    return found;
}

/* Lines after the one that begins so, before the end. */
static size_t lines_between(const char *text, const char *begin, const char *end)
{
    const char *p = strstr(text, begin);
    p = p ? strchr(p, '\n') : NULL;
    const char *stop = p ? strstr(p, end) : NULL;
    size_t lines = 0;
    while (stop && ++p < stop) {
        lines += *p == '\n';
    }
    return lines;
}

static void test_script(void)
{
    use_gnuplot(copier);
    tap_ok(make_run("one.h5", "ef21", 50, 1.0) && make_run("two.h5", "ef21", 50, 2.0) &&
               make_run("three.h5", "gd", 50, 100.0),
           "three runs");
    TAP_OK(PLOT("one.h5", "two.h5", "-o", "script.svg"));
    tap_ok(has("script.svg", "$p0c1 <<") && has("script.svg", "$p1c1 <<"),
           "two runs are two curves in each of two panels");
    tap_ok(has("script.svg", "set label 'ef21, topk:k=1 (one.h5)'"),
           "a curve is named by method, compressor, and file where these are the same");
    tap_ok(has("script.svg", "'kbit sent up per client'") && has("script.svg", "\n10 0.5\n"),
           "bits are per client, in the unit that the axis names");
    tap_ok(has("script.svg", "set logscale y"), "a loss that is positive has a logarithmic axis");
    TAP_OK(PLOT("one.h5", "three.h5", "-o", "script.svg"));
    tap_ok(has("script.svg", "set logscale x") && has("script.svg", "set label 'gd' "),
           "runs that sent very different amounts have a logarithmic axis of bits");
    TAP_OK(PLOT("one.h5", "--x", "round", "--y=grad_norm_sq", "-oscript.svg"));
    tap_ok(!has("script.svg", "\nset logscale y") && !has("script.svg", "$p1c0"),
           "one panel for --x, and an even axis where values are not all positive");
}

static void test_columns(void)
{
    struct lac_row rows[3] = {test_row(0), test_row(1), test_row(2)};
    struct lac_run_info info = test_info;
    info.tracked = LAC_TRACK(oracle_rows) | LAC_TRACK(loss_gap);
    for (size_t i = 0; i < 3; i++) {
        rows[i].oracle_rows = 50 * (i + 1);
        rows[i].loss_gap = i == 2 ? -0.5 : 0.25 / (double)(i + 1);
    }
    tap_ok(write_run("tracked.h5", &info, rows, 3, "{}", true), "a run with columns on request");
    TAP_OK(PLOT("tracked.h5", "--x", "oracle_rows", "--y", "loss_gap", "-o", "script.svg"));
    tap_ok(has("script.svg", "\n50 0.25\n100 0.125\n150 -0.5\n") &&
               has("script.svg", "xlabel 'gradients of single rows'") &&
               !has("script.svg", "\nset logscale y"),
           "any column is drawn against any other");
    rows[1].loss_gap = (double)NAN;
    tap_ok(write_run("hole.h5", &info, rows, 3, "{}", true), "one of whose rows has no number");
    TAP_OK(PLOT("hole.h5", "--x", "oracle_rows", "--y", "loss_gap", "-o", "script.svg"));
    tap_ok(has("script.svg", "\n50 0.25\n150 -0.5\n"), "which is no point");
    TAP_OK(PLOT("tracked.h5", "--x", "loss", "--y", "bits_up", "--log", "xy", "-o", "script.svg"));
    tap_ok(has("script.svg", "set logscale x") && has("script.svg", "set logscale y"),
           "--log xy: both axes are logarithmic");
    TAP_OK(PLOT("one.h5", "--x", "round", "--log", "none", "-o", "script.svg"));
    tap_ok(!has("script.svg", "\nset logscale y"), "--log none: neither is");
    expect_failure(PLOT("one.h5", "--x", "oracle_rows", "-o", "script.svg"), LAC_E_INPUT,
                   "train with --track oracle_rows", "a column that a run does not have is named");
    expect_failure(PLOT("one.h5", "--x", "oracle_row", "-o", "script.svg"), LAC_E_USAGE,
                   "'oracle_rows'", "the nearest column is named");
    expect_failure(PLOT("one.h5", "--log", "z", "-o", "script.svg"), LAC_E_USAGE, "--log",
                   "a scale that there is not is refused");
}

/* f* of one run is 0.25, of the other not known. */
static void test_gap(void)
{
    static const char known[] = "00000000000000000000000000000000000000000000000000000000000000aa";
    static const char other[] = "00000000000000000000000000000000000000000000000000000000000000bb";
    const struct lac_pair pairs[] = {{"data", "of mine"},      {"clients", "4"},
                                     {"split", "contiguous"},  {"intercept", "yes"},
                                     {"regularizer", "l2:.1"}, {"seed", "3"}};
    struct lac_run_info info = {.configuration = pairs, .configuration_count = 6};
    struct lac_row rows[2] = {test_row(0), test_row(1)}, optimum = {.loss = 0.25};
    struct lac_arena arena = {0};
    info.problem = known;
    rows[0].loss = 1.0;
    rows[1].loss = 0.375;
    TAP_OK(lac_optimum_store(".", &info, &optimum, "{}", (const double[]){1.0}, 1, &arena));
    tap_ok(write_run("known.h5", &info, rows, 2, "{}", true), "a run of a problem");
    TAP_OK(PLOT("known.h5", "--y", "gap", "--x", "round", "--optima", ".", "-o", "script.svg"));
    tap_ok(has("script.svg", "\n0 0.75\n1 0.125\n") && has("script.svg", "set label 'f(x) - f*'"),
           "--y gap draws f(x) less what is stored");
    info.problem = other;
    tap_ok(write_run("other.h5", &info, rows, 2, "{}", true), "a run of another problem");
    expect_failure(PLOT("known.h5", "other.h5", "--y", "gap", "--optima=.", "-o", "script.svg"),
                   LAC_E_INPUT,
                   "'known.h5' and 'other.h5' are of different problems: their options",
                   "runs of two problems have no gap in common");
    expect_failure(PLOT("other.h5", "--y", "gap", "--optima=.", "-o", "script.svg"), LAC_E_INPUT,
                   "'other.h5': f* is not known yet, '.' does not have it: laconic solve --data "
                   "'of mine' --intercept --clients 4 --regularizer l2:.1 --seed 3 --optima .",
                   "a run whose f* is not known names the command, without what is usual anyway");
    expect_failure(PLOT("one.h5", "--y", "gap", "-o", "script.svg"), LAC_E_INPUT, "which problem",
                   "a run that does not say its problem is refused");
    lac_arena_free(&arena);
}

static bool make_run_of(const char *path, const char *gradient, const char *seed)
{
    const struct lac_pair pairs[] = {{"method", "ef21"},   {"compressor", "topk:k=1"},
                                     {"data", "a/b.svm"},  {"gradient", gradient},
                                     {"step", "theory*2"}, {"seed", seed}};
    struct lac_run_info info = {.configuration = pairs, .configuration_count = 6};
    struct lac_row rows[3] = {test_row(0), test_row(1), test_row(2)};
    return write_run(path, &info, rows, 3, "{\"clients\": 4}", true);
}

static bool make_run_with(const char *path, const char *data)
{
    const struct lac_pair pairs[] = {{"method", "ef21"}, {"data", data}};
    struct lac_run_info info = {.configuration = pairs, .configuration_count = 2};
    struct lac_row rows[2] = {test_row(0), test_row(1)};
    return write_run(path, &info, rows, 2, "{}", true);
}

/* What the curves of a legend differ in, and no more. */
static void test_labels(void)
{
    use_gnuplot(copier);
    tap_ok(make_run_of("full.h5", "full", "1") && make_run_of("nice.h5", "nice:4", "1") &&
               make_run_of("seed.h5", "nice:4", "2"),
           "runs of one method");
    TAP_OK(PLOT("full.h5", "nice.h5", "-o", "script.svg"));
    tap_ok(has("script.svg", "set label 'gradient full' ") &&
               has("script.svg", "set label 'gradient nice:4' "),
           "a legend names the option in which runs differ, and no other");
    TAP_OK(PLOT("full.h5", "nice.h5", "seed.h5", "-o", "script.svg"));
    tap_ok(has("script.svg", "set label 'gradient nice:4, seed 2' "),
           "and all of them where there are several");
    TAP_OK(PLOT("one.h5", "nice.h5", "-o", "script.svg"));
    tap_ok(has("script.svg", "set label 'gradient full, step theory, ") &&
               has("script.svg", "set label 'gradient nice:4, step theory*2, "),
           "what a run does not say is as by default");
    tap_ok(make_run_with("low.h5", "synth:rare,d=5,s=0.1") &&
               make_run_with("high.h5", "synth:rare,d=5,s=1"),
           "runs whose data differ in one number");
    TAP_OK(PLOT("low.h5", "high.h5", "-o", "script.svg"));
    tap_ok(has("script.svg", "set label 'data s=0.1' ") &&
               has("script.svg", "set label 'data s=1' "),
           "of a value, too, only what differs is told");
    tap_ok(make_run_of("wide.h5", "nice:4000000000000000000000000000000000000000000000000000000000",
                       "1"),
           "a run whose option is long");
    TAP_OK(PLOT("full.h5", "wide.h5", "-o", "script.svg", "--x", "round"));
    tap_ok(has("script.svg", "set label 'gradient full' ") &&
               has("script.svg", "set label 'nice:40000000000000000000000000") &&
               !has("script.svg", "(wide.h5)"),
           "it takes several lines, and is told");
}

static bool make_run_like(const char *path, const char *problem, const char *summary,
                          uint64_t tracked, const char *option, const char *value)
{
    const struct lac_pair pairs[] = {
        {"method", "ef21"}, {"data", "a/b.svm"}, {option, value}, {"seed", path}};
    struct lac_run_info info = {
        .configuration = pairs, .configuration_count = 4, .problem = problem, .tracked = tracked};
    struct lac_row rows[2] = {test_row(0), test_row(1)};
    return write_run(path, &info, rows, 2, summary, true);
}

/* Whether a group of two runs is one curve. */
static bool one_curve(const char *y)
{
    bool drawn = PLOT("first.h5", "second.h5", "--group", "all-but-seed", "--x", "round", "--y", y,
                      "-o", "script.svg") == LAC_OK;
    return drawn && !has("script.svg", "$p0c1");
}

/* What no option of the trajectory tells. */
static void test_groups(void)
{
    static const char with_a[] = "{\"plugins\": [{\"name\": \"mine\", \"digest\": \"aa\"}]}";
    static const char with_b[] = "{\"plugins\": [{\"name\": \"mine\", \"digest\": \"bb\"}]}";
    const uint64_t network = LAC_TRACK(network_seconds), test = LAC_TRACK(test_loss);
    use_gnuplot(copier);
    tap_ok(make_run_like("first.h5", "11", with_a, 0, "step", "1") &&
               make_run_like("second.h5", "11", with_a, 0, "step", "1") && one_curve("loss"),
           "runs that differ in the seed alone are one curve");
    tap_ok(has("script.svg", "plugins mine=aa"), "which says what plug-ins they had");
    tap_ok(make_run_like("second.h5", "11", with_b, 0, "step", "1") && !one_curve("loss"),
           "other plug-ins of one name make another");
    tap_ok(make_run_like("second.h5", "22", with_a, 0, "step", "1") && !one_curve("loss"),
           "so do other data of one name");
    tap_ok(make_run_like("first.h5", "11", "{}", network, "network", "up=1Mbit") &&
               make_run_like("second.h5", "11", "{}", network, "network", "up=10Mbit") &&
               one_curve("loss") && !one_curve("network_seconds"),
           "another network does where its time is drawn");
    tap_ok(make_run_like("first.h5", "11", "{}", test, "test", "a") &&
               make_run_like("second.h5", "11", "{}", test, "test", "b") && one_curve("loss") &&
               !one_curve("test_loss"),
           "and other test data where their loss is");
}

static void test_thinning(void)
{
    use_gnuplot(copier);
    tap_ok(make_run("long.h5", "gd", 100000, 1.0), "a run of 100000 rows");
    TAP_OK(PLOT("long.h5", "--x", "round", "-o", "script.svg"));
    char *text = file_text("script.svg");
    size_t lines = text ? lines_between(text, "$p0c0 <<", "\nEND\n") : 0;
    printf("# %zu points\n", lines);
    tap_ok(lines > 1000 && lines <= 2000, "a long run is thinned to at most 2000 points");
    free(text);
    tap_ok(has("script.svg", "\n12345 77\n") &&
               has("script.svg", "\n54321 1.0000000000000001e-09\n"),
           "single spikes are still there, up and down");
    tap_ok(has("script.svg", "<< END\n0 1\n") &&
               has("script.svg", "\n99999 1.0000000000000001e-05\nEND"),
           "so are the first row and the last");
}

static void test_failures(void)
{
    FILE *file = fopen("kept.svg", "w");
    fputs("<svg><metadata>laconic figure 1 (old)</metadata></svg>", file);
    fclose(file);
    use_gnuplot("#!/bin/sh\necho half\necho 'line 3: bad things' >&2\nexit 1\n");
    expect_failure(PLOT("one.h5", "-o", "kept.svg"), LAC_E_FAILED, "gnuplot failed: line 3: bad",
                   "when gnuplot fails its reason is given");
    tap_ok(has("kept.svg", "old") && !is_there("kept.svg.tmp"),
           "the picture that was there stays, and nothing half-written");
    use_gnuplot("#!/bin/sh\nexit 0\n");
    expect_failure(PLOT("one.h5", "-o", "new.svg"), LAC_E_FAILED, "gnuplot failed",
                   "an empty picture is a failure");
    use_gnuplot(NULL);
    expect_failure(PLOT("one.h5", "-o", "new.svg"), LAC_E_FAILED, "apt install gnuplot-nox",
                   "without gnuplot the way to get it is named");
    tap_ok(!is_there("new.svg") && !is_there("new.svg.tmp"), "and no picture appears");
    use_gnuplot(copier);
    expect_failure(PLOT("one.h5", "-o", "new.gif"), LAC_E_USAGE, ".svg, .png or .pdf",
                   "an unknown suffix is refused with the known ones");
    expect_failure(PLOT("one.h5", "--titles", "x", "-o", "new.svg"), LAC_E_USAGE,
                   "did you mean '--title'", "an unknown option names the nearest");
    expect_failure(PLOT("one.h5", "--x", "secs", "-o", "new.svg"), LAC_E_USAGE, "secs",
                   "an unknown quantity is refused");
    expect_failure(PLOT("one.h5"), LAC_E_USAGE, "name a picture", "a picture must be named");
    expect_failure(PLOT("-o", "new.svg"), LAC_E_USAGE, "name a run file", "a run must be named");
    expect_failure(PLOT("one.h5", "-o"), LAC_E_USAGE, "needs a value", "-o needs a value");
    expect_failure(PLOT("one.h5", "-o", "no/new.svg"), LAC_E_IO, "cannot write 'no/new.svg'",
                   "a missing folder is named");
    make_run("empty.h5", "gd", 0, 1.0);
    expect_failure(PLOT("empty.h5", "-o", "new.svg"), LAC_E_INPUT, "'empty.h5' has no rows",
                   "a run without rows is named");
}

static bool find_true_gnuplot(void)
{
    char *paths = strdup(true_path);
    char *rest = paths;
    bool found = false;
    for (char *folder = strsep(&rest, ":"); folder && !found; folder = strsep(&rest, ":")) {
        char name[4200];
        snprintf(name, sizeof name, "%s/gnuplot", folder);
        found = access(name, X_OK) == 0;
    }
    free(paths);
    setenv("PATH", true_path, 1);
    return found;
}

static bool begins(const char *path, const char *magic)
{
    char head[8] = "";
    FILE *file = fopen(path, "r");
    bool ok = file && fread(head, 1, strlen(magic), file) == strlen(magic);
    if (file) {
        fclose(file);
    }
    return ok && strcmp(head, magic) == 0;
}

static void test_pictures(void)
{
    static const char title[] = "''it's ''; system \"touch owned\"; \" `touch owned` $(x) <b> & "
                                "x_1^2 {/A} \\\n\x01 \xff é @x %d";
    if (!find_true_gnuplot()) {
        tap_skip("gnuplot is not installed", "pictures are drawn");
        return;
    }
    rename("two.h5", "it's `touch owned`_{2}.h5");
    TAP_OK(PLOT("one.h5", "it's `touch owned`_{2}.h5", "-o", "picture.svg", "--title", title));
    char *text = file_text("picture.svg");
    size_t length = text ? strlen(text) : 0;
    tap_ok(begins("picture.svg", "<?xml") && length > 8 &&
               strcmp(text + length - 8, "</svg>\n\n") == 0,
           "the SVG is whole");
    free(text);
    tap_ok(has("picture.svg",
               "''it's ''; system \"touch owned\"; \" `touch owned` $(x) &lt;b> &amp; "
               "x_1^2 {/A} \\") &&
               has("picture.svg", "? é @x %d"),
           "a title is drawn as it was typed");
    tap_ok(has("picture.svg", "(it's `touch owned`_{2}.h5)"), "so is the name of a file");
    tap_ok(!is_there("owned"), "no word of a user is run as a command");
    TAP_OK(PLOT("one.h5", "-o", "picture.png"));
    tap_ok(begins("picture.png", "\x89PNG"), "the PNG is one");
    TAP_OK(PLOT("three.h5", "long.h5", "-o", "picture.pdf", "--y", "grad_norm_sq"));
    tap_ok(begins("picture.pdf", "%PDF"), "the PDF is one");
}

int main(void)
{
    const char *path = getenv("PATH");
    snprintf(true_path, sizeof true_path, "%s", path ? path : "");
    scratch_enter();
    test_script();
    test_columns();
    test_gap();
    test_labels();
    test_groups();
    test_thinning();
    test_failures();
    test_pictures();
    unlink("programs/gnuplot");
    return tap_done();
}
