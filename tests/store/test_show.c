/* laconic show: the CSV, the JSON object, and the summary for people whatever the summary lacks. */
#include <jansson.h>
#include <math.h>
#include <signal.h>

#include "capture.h"
#include "command/show.h"
#include "store/columns.h"

static const char full_summary[] =
    "{\"method\": \"ef21\", \"compressor\": \"topk:k=2\", \"objective\": \"logistic\","
    " \"clients\": 4, \"ranks\": 3, \"dim\": 300, \"rounds\": 12, \"step\": 0.1,"
    " \"step_rule\": \"theory\","
    " \"constants\": {\"L\": 0.3, \"L_mean\": 0.3, \"L_rms\": 0.31, \"L_max\": 0.5,"
    " \"alpha\": 0.01, \"omega\": null},"
    " \"final\": {\"loss\": 0.25, \"grad_norm_sq\": 1e-9, \"model_digest\": \"abcdef\"},"
    " \"bits\": {\"up\": {\"value\": 1, \"index\": 2, \"header\": 3, \"seal\": 0, \"padding\": 4,"
    " \"total\": 1234567}, \"down\": {\"value\": 5, \"index\": 0, \"header\": 6, \"seal\": 0,"
    " \"padding\": 7, \"total\": 18}, \"up_paper\": 640, \"scalars_up\": 20, \"scalars_init\": 0,"
    " \"mpi_sent\": {\"server\": 111, \"workers\": 222}},"
    " \"seconds\": {\"total\": 2.0, \"setup\": 0.5, \"gradient\": 1.0, \"compress\": 0.1,"
    " \"send\": 0.1, \"wait\": 0.1, \"aggregate\": 0.1, \"step\": 0.05, \"evaluate\": 0.05},"
    " \"status\": \"done\"}";

static const char csv_title[] = "round,loss,grad_norm_sq,bits_up,bits_down,bits_up_paper,seconds";

#define SHOW(text, ...) \
    run_command(lac_command_show, (const char *const[]){__VA_ARGS__, NULL}, text)

static void make_rows(struct lac_row *rows, size_t count)
{
    static const double losses[] = {0.1,  1.0 / 3.0, 5e-324,   1e-310, 123456789.123456789,
                                    1e22, 0.25,      1.7e+308, -0.0,   2.0 / 3.0};
    for (size_t i = 0; i < count; i++) {
        rows[i] = test_row(i);
        rows[i].loss = losses[i % (sizeof losses / sizeof *losses)];
    }
    rows[count - 1].bits_up = UINT64_MAX;
}

/* Reads one line back into a row; false where it does not hold exactly the columns. */
static bool parse_line(char *line, struct lac_row *row)
{
    char *p = line;
    char *end = line;
#define LAC_ROW_PARSE(type, name, title, text)                                                \
    row->name = _Generic((type)0, double : strtod(p, &end), default : strtoull(p, &end, 10)); \
    if (end == p || (*end != ',' && *end != '\0')) {                                          \
        return false;                                                                         \
    }                                                                                         \
    p = end + (*end == ',');
    LAC_ROW_COLUMNS(LAC_ROW_PARSE)
#undef LAC_ROW_PARSE
    return *end == '\0';
}

static void test_csv(void)
{
    enum { COUNT = 10 };
    struct lac_row rows[COUNT];
    char *text;
    make_rows(rows, COUNT);
    tap_ok(write_run("csv.h5", &test_info, rows, COUNT, full_summary, false), "a run of 10 rows");
    TAP_OK(SHOW(&text, "--csv", "csv.h5"));
    char *rest = text;
    char *line = strsep(&rest, "\n");
    tap_ok(line && strncmp(line, csv_title, strlen(csv_title)) == 0, "the titles begin %s",
           csv_title);
    bool same = true;
    for (size_t i = 0; i < COUNT; i++) {
        struct lac_row row = {0};
        line = strsep(&rest, "\n");
        same = same && line && parse_line(line, &row) && same_bytes(&row, &rows[i], sizeof row);
    }
    tap_ok(same && rest && *rest == '\0', "every value of every row reads back to the bit");
    free(text);
    TAP_OK(SHOW(&text, "csv.h5", "--csv"));
    tap_ok(strstr(text, "\n0,0.1,") && strstr(text, "\n1,0.3333333333333333,"),
           "numbers are as short as they can be");
    free(text);
    TAP_OK(SHOW(&text, "--csv", "csv.h5", "./csv.h5"));
    tap_ok(strstr(text, ",run\n") && strstr(text, ",csv.h5\n9,") && strstr(text, ",./csv.h5\n"),
           "of several runs the last column names the run");
    free(text);
}

static json_t *show_json(const char *path)
{
    char *text;
    json_t *json = NULL;
    if (SHOW(&text, "--json", path) == LAC_OK) {
        json = json_loads(text, 0, NULL);
    }
    free(text);
    return json;
}

static void test_json(void)
{
    static const char *const keys[] = {
        "method", "compressor", "objective", "clients", "ranks", "dim",     "rounds",
        "step",   "step_rule",  "constants", "final",   "bits",  "seconds", "status"};
    struct lac_row rows[3];
    char *text;
    make_rows(rows, 3);
    tap_ok(write_run("json.h5", &test_info, rows, 3, full_summary, true), "a finished run");
    TAP_OK(SHOW(&text, "--json", "json.h5"));
    tap_ok(strncmp(text, "{\n  \"schema\": 1,", 16) == 0, "the JSON begins with its schema");
    free(text);
    json_t *json = show_json("json.h5"), *stored = json_loads(full_summary, 0, NULL);
    json_object_set_new(stored, "schema", json_integer(1));
    json_object_set(stored, "configuration_digest", json_object_get(json, "configuration_digest"));
    tap_ok(json_equal(json, stored) && json_object_get(json, "configuration_digest"),
           "and is the stored one of a finished run");
    json_decref(stored);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        tap_ok(json_object_get(json, keys[i]) != NULL, "the JSON has %s", keys[i]);
    }
    json_decref(json);
    TAP_OK(SHOW(&text, "--json", "json.h5", "json.h5"));
    json = json_loads(text, 0, NULL);
    tap_ok(json_array_size(json) == 2, "of two runs the JSON is an array of two");
    json_decref(json);
    free(text);
}

static void test_unfinished(void)
{
    struct lac_row rows[3];
    make_rows(rows, 3);
    rows[2].loss = 0.125;
    rows[2].grad_norm_sq = (double)NAN;
    tap_ok(write_run("open.h5", &test_info, rows, 3, full_summary, false), "an unfinished run");
    json_t *json = show_json("open.h5");
    const char *status = json_string_value(json_object_get(json, "status"));
    tap_ok(status && strcmp(status, "unfinished") == 0, "its status is unfinished");
    tap_ok(json_integer_value(json_object_get(json, "rounds")) == 2,
           "its rounds are those of the newest row, which only the row log has");
    json_t *final = json_object_get(json, "final");
    tap_ok(json_real_value(json_object_get(final, "loss")) == 0.125, "and so is its loss");
    tap_ok(json_is_null(json_object_get(final, "grad_norm_sq")), "what is no number is null");
    tap_ok(json_is_null(json_object_get(final, "model_digest")), "it has no digest of a model");
    json_decref(json);
    tap_ok(write_run("bare.h5", &test_info, rows, 1, "{}", false), "a run without any summary yet");
    json = show_json("bare.h5");
    json_t *up = json_object_get(json_object_get(json, "bits"), "up");
    tap_ok(json_integer_value(json_object_get(up, "total")) == (json_int_t)rows[0].bits_up,
           "its bits are those of the newest row");
    json_decref(json);
    tap_ok(write_run("empty.h5", &test_info, rows, 0, "{}", false), "a run without rows");
    json = show_json("empty.h5");
    tap_ok(json_is_object(json), "its JSON is an object");
    json_decref(json);
}

static bool has_all(const char *text, const char *const *words)
{
    for (; *words; words++) {
        if (!strstr(text, *words)) {
            printf("# no '%s' in:\n%s\n", *words, text);
            return false;
        }
    }
    return true;
}

static void test_people(void)
{
    static const char *const words[] = {"json.h5: done",
                                        "ef21, topk:k=2",
                                        "300 dimensions, 4 clients, 3 ranks",
                                        "0.1 (theory)",
                                        "L_max 0.5",
                                        "12 in 2 s, 8 per second once set up",
                                        "1,234,567",
                                        "640",
                                        "1,776",
                                        "50.0 %",
                                        "abcdef",
                                        NULL};
    char *text;
    TAP_OK(SHOW(&text, "json.h5"));
    tap_ok(has_all(text, words), "the summary for people says what ran and what came out");
    free(text);
    TAP_OK(SHOW(&text, "open.h5"));
    tap_ok(strstr(text, "open.h5: unfinished") != NULL, "an unfinished run is said to be one");
    free(text);
    TAP_OK(SHOW(&text, "--config", "json.h5"));
    tap_ok(strstr(text, "\nclients = 4\ncompressor = topk:k=2\n") != NULL,
           "the configuration comes as lines key = value");
    free(text);
}

/* Shows the summary in both forms; the only demand is that it is shown. */
static bool shows(json_t *summary, bool finish)
{
    struct lac_row rows[2];
    char *text = NULL;
    make_rows(rows, 2);
    char *dump = json_dumps(summary, 0);
    bool ok = write_run("odd.h5", &test_info, rows, 2, dump, finish);
    free(dump);
    ok = ok && SHOW(&text, "odd.h5") == LAC_OK && strstr(text, "odd.h5: ");
    free(text);
    json_t *json = ok ? show_json("odd.h5") : NULL;
    ok = json_is_object(json);
    json_decref(json);
    return ok;
}

/* The key once missing and once of each wrong kind. */
static bool shows_without(json_t *root, json_t *object, const char *key)
{
    static const char *const kinds[] = {"null", "\"text\"", "[1]", "{\"total\": []}", "-1"};
    json_t *value = json_incref(json_object_get(object, key));
    json_object_del(object, key);
    bool ok = shows(root, true);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && ok; i++) {
        json_object_set_new(object, key, json_loads(kinds[i], JSON_DECODE_ANY, NULL));
        ok = shows(root, i % 2 == 0);
        if (!ok) {
            printf("# fails with %s = %s\n", key, kinds[i]);
        }
    }
    json_object_set_new(object, key, value);
    return ok;
}

/* So every key at every depth. */
static bool shows_without_each(json_t *root, json_t *object)
{
    enum { MOST = 20 };
    char names[MOST][32];
    size_t count = 0;
    bool ok = true;
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        snprintf(names[count++ % MOST], sizeof names[0], "%s", key);
    }
    for (size_t i = 0; i < count && ok; i++) { /* putting a key back changes the order */
        ok = shows_without(root, object, names[i]) &&
             shows_without_each(root, json_object_get(object, names[i]));
    }
    return ok;
}

static void test_odd_summaries(void)
{
    json_t *root = json_loads(full_summary, 0, NULL);
    tap_ok(shows_without_each(root, root), "show copes with every missing or odd key");
    json_decref(root);
    struct lac_row row = test_row(0);
    char *text;
    write_run("odd.h5", &test_info, &row, 1, "[1, 2]", true);
    expect_failure(SHOW(&text, "odd.h5"), LAC_E_INPUT, "its summary is no JSON object",
                   "a summary that is no object is named as damage");
    free(text);
}

/* Under a name each; what is as always is left out. */
static void test_options(void)
{
    static const struct lac_pair pairs[] = {
        {"method", "ef21"},        {"participation", "nice:2"},
        {"gradient", "full"},      {"init", "exact"},
        {"step-policy", "sqrt:3"}, {"client-weights", "samples"},
        {"intercept", "yes"},      {"eval-every", "1"},
        {"rounds", "12"},          {"server-buffer", "268435456"}};
    static const char summary[] =
        "{\"rounds\": 12, \"x0\": \"normal\", \"step\": 0.5, \"step_rule\": \"theory\","
        " \"step_branch\": \"convex\", \"step_formula\": \"1/L\", \"server_step\": 2.0,"
        " \"server_step_rule\": \"number\", \"server_step_formula\": null}";
    static const char *const words[] = {"\n  participation nice:2\n  gradient      full\n",
                                        "\n  x0            normal\n  init          exact\n",
                                        "\n  step          0.5 (theory, convex: 1/L)\n",
                                        "\n  server-step   2 (number)\n",
                                        "\n  step-policy   sqrt:3\n",
                                        "\n  options       --intercept --client-weights samples\n",
                                        NULL};
    struct lac_run_info info = {.configuration = pairs,
                                .configuration_count = sizeof pairs / sizeof *pairs};
    struct lac_row row = test_row(12);
    char *text;
    tap_ok(write_run("options.h5", &info, &row, 1, summary, true), "a run of many options");
    TAP_OK(SHOW(&text, "options.h5"));
    tap_ok(has_all(text, words), "each stands under its name");
    free(text);
}

/* A plug-in may have no paper, and an objective no formula. */
static void test_description(void)
{
    static const struct lac_pair pairs[] = {{"method", "stub"}, {"objective", "mine"}};
    struct lac_run_info info = {.configuration = pairs, .configuration_count = 2};
    struct lac_row row = test_row(3);
    char *text;
    tap_ok(write_run("bare.h5", &info, &row, 1,
                     "{\"rounds\": 3, \"paper\": \"\", \"formula\": \"\"}", true),
           "a run of a method without a paper");
    TAP_OK(SHOW(&text, "--describe", "bare.h5"));
    tap_ok(strstr(text, "Method: stub. Objective: mine. 3 rounds") == text,
           "its description has no empty brackets");
    free(text);
}

static void test_usage(void)
{
    char *text;
    expect_failure(SHOW(&text, "--jsn", "json.h5"), LAC_E_USAGE, "did you mean '--json'",
                   "an unknown option names the nearest");
    free(text);
    expect_failure(SHOW(&text, "--json", "--csv", "json.h5"), LAC_E_USAGE, "one of",
                   "two forms at once are refused");
    free(text);
    expect_failure(SHOW(&text, "--json"), LAC_E_USAGE, "name a run file", "no run is refused");
    free(text);
    expect_failure(SHOW(&text, "json.h5", "nowhere.h5"), LAC_E_INPUT, "nowhere.h5",
                   "a missing run among others is named");
    tap_ok(*text == '\0', "and nothing is printed");
    free(text);
}

static lac_status show_into(int out, const char *path)
{
    char csv[] = "--csv";
    char name[32];
    char *const words[] = {csv, name};
    snprintf(name, sizeof name, "%s", path);
    fflush(stdout);
    int saved = dup(STDOUT_FILENO);
    dup2(out, STDOUT_FILENO);
    lac_status status = lac_command_show(2, words);
    capture_end(saved);
    return status;
}

static void test_broken_output(void)
{
    enum { COUNT = 3000 };
    struct lac_row *rows = calloc(COUNT, sizeof *rows);
    int ends[2];
    make_rows(rows, COUNT);
    tap_ok(write_run("long.h5", &test_info, rows, COUNT, full_summary, true), "3000 rows");
    free(rows);
    signal(SIGPIPE, SIG_IGN);
    if (pipe(ends) == 0) {
        close(ends[0]);
        tap_ok(show_into(ends[1], "long.h5") == LAC_OK, "a closed pipe is no failure, long output");
        tap_ok(show_into(ends[1], "json.h5") == LAC_OK,
               "a closed pipe is no failure, short output");
        close(ends[1]);
    }
    int full = open("/dev/full", O_WRONLY);
    if (full < 0) {
        tap_skip("no /dev/full", "a full device is a failure with its reason");
        return;
    }
    expect_failure(show_into(full, "long.h5"), LAC_E_IO, "No space left",
                   "a full device is a failure with its reason, long output");
    expect_failure(show_into(full, "json.h5"), LAC_E_IO, "No space left",
                   "a full device is a failure with its reason, short output");
    close(full);
}

static void test_tracked(void)
{
    struct lac_row rows[2] = {test_row(0), test_row(1)};
    struct lac_run_info info = test_info;
    char *text;
    info.tracked = LAC_TRACK(oracle_rows) | LAC_TRACK(test_loss);
    rows[0].oracle_rows = 12;
    rows[1].oracle_rows = 12345;
    rows[1].test_loss = 0.625;
    tap_ok(write_run("tracked.h5", &info, rows, 2, "{}", true), "a run with columns on request");
    TAP_OK(SHOW(&text, "--csv", "tracked.h5"));
    tap_ok(strstr(text, ",mpi_workers,oracle_rows,test_loss\n0,") && strstr(text, ",12,0\n1,") &&
               strstr(text, ",12345,0.625\n"),
           "they stand behind the others");
    free(text);
    TAP_OK(SHOW(&text, "--csv", "csv.h5", "tracked.h5"));
    tap_ok(strstr(text, ",,,csv.h5\n") && strstr(text, ",12345,0.625,tracked.h5\n"),
           "beside a run without them its cells are empty");
    free(text);
    TAP_OK(SHOW(&text, "tracked.h5"));
    tap_ok(strstr(text, "  oracle_rows         12,345\n  test_loss           0.625\n"),
           "for people the newest values are printed");
    free(text);
    tap_ok(write_run("killed.h5", &info, rows, 2, "{\"status\": \"running\"}", false),
           "a run that was killed");
    json_t *json = show_json("killed.h5");
    json_t *last =
        json_object_get(json_object_get(json_object_get(json, "final"), "tracked"), "test_loss");
    tap_ok(json_real_value(last) == 0.625, "its JSON has them from the newest row");
    json_decref(json);
}

int main(void)
{
    scratch_enter();
    test_csv();
    test_json();
    test_unfinished();
    test_people();
    test_odd_summaries();
    test_tracked();
    test_options();
    test_description();
    test_usage();
    test_broken_output();
    return tap_done();
}
