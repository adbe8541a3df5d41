/*
 * The LIBSVM reader on one core, in MB/s of text: scan (everything checked, nothing kept) and load
 * (kept), beside two references on the same bytes in the same run: memchr for line ends, and the
 * plain parser that calls strtoul and strtod and checks nothing.
 *
 *     parser [FOLDER]    with the files of the libsvm folder (default $LACONIC_DATA/libsvm)
 *
 * "from page cache" maps the file, reads it and unmaps it; the other rows work on pages that are
 * mapped already. Generated texts are measured with or without the folder.
 */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "bench.h"
#include "data/data.h"

struct subject {
    const char *path;
    struct lac_text text;
    char *copy; /* with a zero at the end, for strtod */
    uint32_t *owner;
    struct lac_plan plan;
    size_t sink; /* results, so that no work can be left out */
};

static void must(lac_status status)
{
    if (status != LAC_OK) {
        fprintf(stderr, "parser: %s\n", lac_failure());
        exit(1);
    }
}

static void run_memchr(void *context)
{
    struct subject *s = context;
    const char *p = s->text.bytes, *end = p + s->text.size;
    while (p && p < end) {
        p = memchr(p, '\n', (size_t)(end - p));
        p = p ? p + 1 : NULL;
        s->sink++;
    }
}

static void run_strtod(void *context)
{
    struct subject *s = context;
    char *p = s->copy;
    double sum = 0.0;
    while (*p) {
        sum += strtod(p, &p);
        while (*p == ' ') {
            p++;
        }
        while (*p != '\n' && *p != '\0') {
            s->sink += strtoul(p, &p, 10);
            sum += strtod(p + 1, &p);
            while (*p == ' ') {
                p++;
            }
        }
        p += *p == '\n';
    }
    s->sink += sum > 0.0;
}

static void scan(struct subject *s, const struct lac_text *text)
{
    struct lac_scan facts;
    double *label;
    must(lac_scan_stretch(text, 0, text->size, &facts, &label, NULL));
    if (facts.bad_line) {
        fprintf(stderr, "parser: %s:%" PRIu64 ": %s\n", text->name, facts.bad_line, facts.bad_text);
        exit(1);
    }
    s->sink += facts.values;
    free(label);
}

static void run_scan(void *context)
{
    struct subject *s = context;
    scan(s, &s->text);
}

static void run_scan_mapping(void *context)
{
    struct subject *s = context;
    struct lac_text text;
    must(lac_text_map(&text, s->path));
    scan(s, &text);
    lac_text_close(&text);
}

static void run_load(void *context)
{
    struct subject *s = context;
    struct lac_arena arena = {0};
    struct lac_rows rows;
    must(lac_load_rows(&s->text, &s->plan, s->owner, 0, 1, &rows, &arena));
    s->sink += rows.m;
    lac_arena_free(&arena);
}

static void prepare(struct subject *s, const char *path)
{
    struct lac_scan facts;
    *s = (struct subject){.path = path};
    must(lac_text_map(&s->text, path));
    must(lac_scan_stretch(&s->text, 0, s->text.size, &facts, NULL, NULL));
    must(lac_plan_make(&facts, path, LAC_NUMBERS, 1, 0, &s->plan));
    s->owner = calloc(s->plan.rows, sizeof *s->owner);
    s->copy = malloc(s->text.size + 1);
    if (!s->owner || !s->copy) {
        exit(1);
    }
    memcpy(s->copy, s->text.bytes, s->text.size);
    s->copy[s->text.size] = '\0';
}

static bool measure(const char *path, const char *title, double target)
{
    struct subject s;
    char heading[200], of[40];
    prepare(&s, path);
    double amount = 1e3 * (double)s.text.size; /* bench_rate counts in 1e9 */
    snprintf(heading, sizeof heading, "%s: %.2f MB, %" PRIu64 " rows", title,
             1e-6 * (double)s.text.size, s.plan.rows);
    snprintf(of, sizeof of, "%.0f MB/s", target);
    bench_header(heading);
    bench_row("memchr for line ends", bench_rate(bench_run(run_memchr, &s), amount), "MB/s");
    bench_row("strtoul and strtod, no checks", bench_rate(bench_run(run_strtod, &s), amount),
              "MB/s");
    bench_row("load, one client", bench_rate(bench_run(run_load, &s), amount), "MB/s");
    bench_row("scan", bench_rate(bench_run(run_scan, &s), amount), "MB/s");
    struct bench_time rate = bench_rate(bench_run(run_scan_mapping, &s), amount);
    bool met = true;
    if (target > 0.0) {
        met = bench_row_ratio("scan from page cache", rate, "MB/s", rate.median / target, 1.0, of);
    } else {
        bench_row("scan from page cache", rate, "MB/s");
    }
    free(s.owner);
    free(s.copy);
    lac_text_close(&s.text);
    return met;
}

/* 20000 rows of 30 values as format writes them. */
static bool measure_generated(const char *title, const char *format, double target)
{
    FILE *file = tmpfile();
    char path[64];
    struct lac_rng rng;
    struct lac_stream stream = {.seed = 1, .purpose = LAC_PURPOSE_TEST};
    if (!file) {
        return false;
    }
    lac_rng_init(&rng, &stream);
    for (int row = 0; row < 20000; row++) {
        fprintf(file, row % 3 ? "+1 " : "-1 ");
        for (int k = 1; k <= 30; k++) {
            fprintf(file, "%d:", 3 * k);
            fprintf(file, format, lac_rng_normal(&rng));
            fprintf(file, k < 30 ? " " : "\n");
        }
    }
    fflush(file);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(file));
    bool met = measure(path, title, target);
    fclose(file);
    return met;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        double target; /* MB/s */
    } files[] = {{"w8a", 600},     {"a9a", 600},         {"australian", 500}, {"german.numer", 500},
                 {"madelon", 500}, {"heart_scale", 500}, {"news20", 0}};
    const char *data = getenv("LACONIC_DATA");
    char path[1024];
    bool met = true;
    for (size_t i = 0; (argc > 1 || data) && i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s%s/%s", argc > 1 ? argv[1] : data, argc > 1 ? "" : "/libsvm",
                 files[i].name);
        if (access(path, R_OK) == 0) {
            met = measure(path, files[i].name, files[i].target) && met;
        }
    }
    met = measure_generated("generated, 9 decimals", "%.9f", 500) && met;
    met = measure_generated("generated, 6 digits", "%.6g", 500) && met;
    met = measure_generated("generated, 17 digits", "%.17g", 0) && met;
    return met ? 0 : 1;
}
