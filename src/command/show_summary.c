/*
 * The summary of a run for people: what ran, what came out, where bits and seconds went. Whatever
 * the stored summary lacks is left out.
 */
#include "command/show_summary.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clean.h"
#include "base/text.h"
#include "command/result.h"
#include "store/columns.h"
#include "store/private_file.h"

/* 12345678 as 12,345,678. */
static const char *grouped(uint64_t value, char out[32])
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, value);
    int place = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            out[place++] = ',';
        }
        out[place++] = digits[i];
    }
    out[place] = '\0';
    return out;
}

/* "bits.up.total" in nested objects; NULL where a step is missing. */
static json_t *find(json_t *object, const char *path)
{
    while (object && *path) {
        size_t length = strcspn(path, ".");
        char key[64];
        snprintf(key, sizeof key, "%.*s", (int)length, path);
        object = json_object_get(object, key);
        path += length + (path[length] == '.');
    }
    return object;
}

static const char *number_of(json_t *value, char out[32])
{
    if (json_is_integer(value)) {
        json_int_t whole = json_integer_value(value);
        return whole < 0 ? "-" : grouped((uint64_t)whole, out);
    }
    if (json_is_real(value)) {
        snprintf(out, 32, "%.6g", json_real_value(value));
        return out;
    }
    lac_clean(json_is_string(value) ? json_string_value(value) : "-", out, 32);
    return out;
}

static void print_counts(const struct shown *s)
{
    static const char *const keys[] = {"dim", "clients", "ranks"};
    static const char *const names[] = {"dimensions", "clients", "ranks"};
    bool any = false;
    for (size_t i = 0; i < 3; i++) {
        char number[32];
        json_t *value = find(s->summary, keys[i]);
        if (value) {
            if (!any) {
                lac_show_name("size");
            }
            int letters = (int)strlen(names[i]) - (json_integer_value(value) == 1);
            printf("%s%s %.*s", any ? ", " : "", number_of(value, number), letters, names[i]);
            any = true;
        }
    }
    printf("%s", any ? "\n" : "");
}

/* Nothing where who takes part is no file's. */
static void print_trace(const struct shown *s)
{
    char rounds[32], meta_epochs[32], odd[32];
    json_t *clients = find(s->summary, "trace.odd_clients");
    if (json_is_integer(clients)) {
        json_int_t count = json_integer_value(clients);
        lac_show_name("trace");
        printf("%s rounds, meta epochs %s, ", number_of(find(s->summary, "trace.rounds"), rounds),
               number_of(find(s->summary, "trace.meta_epochs"), meta_epochs));
        if (count == 0) {
            printf("each client once in each\n");
        } else {
            printf("%s client%s not once in each\n", number_of(clients, odd),
                   lac_plural((uint64_t)count));
        }
    }
}

/* "clients 4 to 7 of node2, absent from round 12 on" */
static void print_absent(json_t *of)
{
    char first[32], last[32], round[32];
    json_int_t count = json_integer_value(json_object_get(of, "count"));
    json_t *begin = json_object_get(of, "first"), *host = json_object_get(of, "host");
    printf("client%s %s", lac_plural((uint64_t)count), number_of(begin, first));
    if (count > 1) {
        printf(" to %s", grouped((uint64_t)(json_integer_value(begin) + count - 1), last));
    }
    if (json_is_string(host)) {
        printf(" on ");
        lac_print_clean(stdout, json_string_value(host));
    }
    printf(", absent from round %s on", number_of(json_object_get(of, "round"), round));
}

/* Nothing where nobody was lost. Rows are then of those who were left when they were made. */
static void print_lost(const struct shown *s)
{
    char row[32];
    json_t *all = find(s->summary, "lost.clients"), *of;
    size_t i;
    json_array_foreach(all, i, of)
    {
        lac_show_name(i == 0 ? "lost" : "");
        print_absent(of);
        printf("; loss and gradient are without from the row of round %s on\n",
               number_of(json_object_get(of, "row"), row));
    }
}

/* Text of the summary under "key" with the ending; "" where there is none. */
static const char *with_ending(const struct shown *s, const char *key, const char *ending)
{
    char name[64];
    snprintf(name, sizeof name, "%s%s", key, ending);
    const char *text = json_string_value(json_object_get(s->summary, name));
    return text ? text : "";
}

/* "  step  0.1 (theory, convex: 1/L)"; the option of "server_step" is --server-step. */
static void print_quantity(const struct shown *s, const char *key, const char *option)
{
    char number[32], words[800];
    json_t *value = json_object_get(s->summary, key);
    const char *rule = with_ending(s, key, "_rule"), *branch = with_ending(s, key, "_branch");
    const char *formula = with_ending(s, key, "_formula");
    if (!value) {
        return;
    }
    snprintf(words, sizeof words, " (%s%s%s%s%s)", rule, *branch ? ", " : "", branch,
             *formula ? ": " : "", formula);
    lac_show_name(option);
    printf("%s", number_of(value, number));
    lac_print_clean(stdout, *rule ? words : "");
    printf("\n");
}

static void print_quantities(const struct shown *s)
{
    static const char *const keys[][2] = {
        {"p", "p"}, {"step", "step"}, {"server_step", "server-step"}, {"meta_step", "meta-step"}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        print_quantity(s, keys[i][0], keys[i][1]);
    }
}

static void print_constants(const struct shown *s)
{
    json_t *constants = find(s->summary, "constants");
    const char *key;
    json_t *value;
    bool any = false;
    json_object_foreach(constants, key, value)
    {
        char number[32], words[64];
        if (!json_is_number(value)) {
            continue;
        }
        if (!any) {
            lac_show_name("constants");
        }
        lac_clean(key, words, sizeof words);
        printf("%s%s %s", any ? ", " : "", words, number_of(value, number));
        any = true;
    }
    printf("%s", any ? "\n" : "");
}

/* Nothing where the file does not say its problem. */
static void print_gap(const struct shown *s)
{
    const struct lac_optimum *o = &s->gap->optimum;
    json_t *loss = find(s->summary, "final.loss");
    if (o->x && json_is_number(loss)) {
        bool convex = !strstr(o->summary, "stationary point");
        lac_show_name("f(x) - f*");
        printf("%.6g, f* = %.17g where |grad f| = %.2g%s\n", json_number_value(loss) - o->value,
               o->value, o->gradient_norm, convex ? "" : ", a stationary point");
    } else if (s->gap->words) {
        lac_show_name("f(x) - f*");
        printf("not known: ");
        if (s->gap->damage) {
            lac_print_clean(stdout, s->gap->damage);
            printf("; remove it, then: ");
        }
        lac_print_clean(stdout, s->gap->words);
        printf("\n");
    }
}

/* After which round a number is, where the last row is of an earlier one than the last round. */
static void print_round_of(const struct shown *s, const char *key)
{
    char number[32];
    json_t *row = find(s->summary, "final.round");
    if (row && json_integer_value(row) != json_integer_value(find(s->summary, "rounds"))) {
        printf(" after round %s", number_of(find(s->summary, key), number));
    }
    printf("\n");
}

static void print_loss(const struct shown *s)
{
    char number[32];
    lac_show_name("loss");
    if (s->run->public) {
        printf("not in this file, which is public; the first client's private file has it\n");
        return;
    }
    printf("%s", number_of(find(s->summary, "final.loss"), number));
    print_round_of(s, "final.round");
    lac_show_name("|grad|^2");
    printf("%s", number_of(find(s->summary, "final.grad_norm_sq"), number));
    print_round_of(s, "final.round");
}

static void print_result(const struct shown *s)
{
    char a[32], b[32];
    json_t *seconds = find(s->summary, "seconds.total");
    json_t *digest = find(s->summary, "final.model_digest");
    json_t *before = find(s->summary, "resumed_from"); /* the seconds are of the last start */
    double rounds = json_number_value(find(s->summary, "rounds")) - json_number_value(before);
    lac_show_name("rounds");
    printf("%s", number_of(find(s->summary, "rounds"), a));
    if (before) {
        printf(", those after round %s", number_of(before, b));
    }
    double setup = json_number_value(find(s->summary, "seconds.setup"));
    if (json_number_value(seconds) > setup) {
        printf(" in %s s, %.4g per second once set up", number_of(seconds, b),
               rounds / (json_number_value(seconds) - setup));
    }
    printf("\n");
    print_loss(s);
    print_gap(s);
    if (json_is_string(digest)) {
        lac_show_name("model");
        lac_print_clean(stdout, json_string_value(digest));
        printf(" (BLAKE2b-256)");
        bool is_of_clients = find(s->summary, "final.personal_loss"); /* as last evaluated */
        print_round_of(s, is_of_clients ? "final.round" : "rounds");
    }
}

json_t *lac_tracked_json(uint64_t tracked, const struct lac_row *row)
{
    json_t *all = json_object();
    for (size_t c = LAC_ROW_COLUMN_COUNT; c < LAC_COLUMN_COUNT; c++) {
        double real = lac_column_real(&lac_columns[c], row);
        if (!lac_column_is_in(tracked, c)) {
            continue;
        }
        json_t *value = lac_columns[c].is_double
                            ? isfinite(real) ? json_real(real) : json_null()
                            : json_integer((json_int_t)lac_column_count(&lac_columns[c], row));
        json_object_set_new(all, lac_columns[c].name, value);
    }
    return all;
}

/* The newest row of each column on request. */
static void print_tracked(const struct lac_run *run)
{
    json_t *all =
        run->row_count > 0 ? lac_tracked_json(run->columns, &run->rows[run->row_count - 1]) : NULL;
    const char *key;
    json_t *value;
    json_object_foreach(all, key, value)
    {
        char number[32];
        printf("  %-19s %s\n", key, number_of(value, number));
    }
    json_decref(all);
}

static void print_bits_row(const struct shown *s, const char *class)
{
    char path[32];
    char up[32];
    char down[32];
    snprintf(path, sizeof path, "bits.up.%s", class);
    json_t *up_value = find(s->summary, path);
    snprintf(path, sizeof path, "bits.down.%s", class);
    json_t *down_value = find(s->summary, path);
    if (up_value || down_value) {
        printf("    %-26s %20s %20s\n", class, number_of(up_value, up),
               number_of(down_value, down));
    }
}

/* Per client and round, of the totals. */
static void print_bits_mean(const struct shown *s)
{
    double clients = json_number_value(find(s->summary, "clients"));
    double rounds = json_number_value(find(s->summary, "rounds"));
    if (clients > 0 && rounds > 0) {
        double up = json_number_value(find(s->summary, "bits.up.total"));
        double down = json_number_value(find(s->summary, "bits.down.total"));
        printf("    %-26s %20.1f %20.1f\n", "total per client and round", up / clients / rounds,
               down / clients / rounds);
    }
}

/* An account in bits; nothing where it is empty. unit: bits of what is stored. */
static void print_account(const struct shown *s, const char *name, const char *up, const char *down,
                          json_int_t unit)
{
    char a[32], b[32];
    json_int_t bits_up = unit * json_integer_value(find(s->summary, up));
    json_int_t bits_down = unit * json_integer_value(find(s->summary, down));
    if (bits_up > 0 || bits_down > 0) {
        printf("    %-26s %20s %20s\n", name, grouped((uint64_t)bits_up, a),
               grouped((uint64_t)bits_down, b));
    }
}

static void print_bits(const struct shown *s)
{
    static const char *const classes[] = {"value", "index", "header", "seal", "padding", "total"};
    char number[32];
    if (!find(s->summary, "bits")) {
        return;
    }
    printf("\n  bits of all clients%32s %20s\n", "up", "down");
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        print_bits_row(s, classes[i]);
    }
    print_bits_mean(s);
    json_t *paper = find(s->summary, "bits.up_paper");
    if (paper) {
        printf("    %-26s %20s\n", "as papers count: 32 each", number_of(paper, number));
    }
    print_account(s, "besides: evaluation", "bits.evaluation.up", "bits.evaluation.down", 1);
    print_account(s, "besides: set-up", "bits.set_up.up", "bits.set_up.down", 1);
    print_account(s, "all that crossed MPI", "bits.mpi_sent.workers", "bits.mpi_sent.server", 8);
}

static void print_seconds(const struct shown *s)
{
    json_t *seconds = find(s->summary, "seconds");
    double total = json_number_value(find(seconds, "total"));
    const char *key;
    json_t *value;
    bool any = false;
    json_object_foreach(seconds, key, value)
    {
        if (!json_is_number(value) || strcmp(key, "total") == 0) {
            continue;
        }
        double amount = json_number_value(value);
        char name[64];
        lac_clean(key, name, sizeof name);
        printf("%s    %-26s %20.6f", any ? "" : "\n  seconds\n", name, amount);
        if (total > 0) {
            printf(" %18.1f %%", 100 * amount / total);
        }
        printf("\n");
        any = true;
    }
    if (any) {
        printf("    %-26s %20.6f\n", "total", total);
    }
}

static void print_rows(const struct lac_run *run)
{
    enum { FIRST = 3, LAST = 5 };
    if (run->row_count == 0) {
        printf("\n  no rows yet\n");
        return;
    }
    printf("\n  %10s", "round");
    if (!run->public) {
        printf(" %14s %14s", "loss", "|grad|^2");
    }
    printf(" %20s %20s %10s\n", "bits up", "bits down", "seconds");
    for (size_t i = 0; i < run->row_count; i++) {
        const struct lac_row *row = &run->rows[i];
        char up[32], down[32];
        if (i == FIRST && run->row_count > FIRST + LAST + 1) {
            printf("  %10s\n", "...");
            i = run->row_count - LAST - 1;
            continue;
        }
        printf("  %10" PRIu64, row->round);
        if (!run->public) {
            printf(" %14.8g %14.6g", row->loss, row->grad_norm_sq);
        }
        printf(" %20s %20s %10.3f\n", grouped(row->bits_up, up), grouped(row->bits_down, down),
               row->seconds);
    }
}

void lac_show_summary(const struct shown *s)
{
    const char *status = json_string_value(find(s->summary, "status"));
    lac_print_clean(stdout, s->run->path);
    printf(": ");
    lac_print_clean(stdout, status && *status ? status : "unknown status");
    if (s->run->private) {
        printf(", private, version %d (it opened with the key)\n", LAC_PRIVATE_VERSION);
    } else {
        printf("%s\n", s->run->public ? ", public (bits and times alone)" : "");
    }
    lac_result_show(s->run->path);
    lac_show_texts(s, "method");
    lac_show_texts(s, "participation");
    print_lost(s);
    print_trace(s);
    lac_show_texts(s, "gradient");
    lac_show_texts(s, "objective");
    lac_show_texts(s, "data");
    print_counts(s);
    lac_show_texts(s, "seed");
    lac_show_texts(s, "x0");
    lac_show_texts(s, "init");
    print_quantities(s);
    lac_show_texts(s, "step-policy");
    lac_show_texts(s, "rr-order");
    print_constants(s);
    lac_show_others(s);
    print_result(s);
    print_tracked(s->run);
    print_bits(s);
    print_seconds(s);
    print_rows(s->run);
}
