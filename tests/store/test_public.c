/* Public run files: the columns of bits and times, and nothing else, in the file, in its log, in what is printed. */
#include <hdf5.h>
#include <jansson.h>

#include "capture.h"
#include "command/gap.h"
#include "command/plot.h"
#include "command/show.h"
#include "store/columns.h"
#include "store/row_log.h"

#define SHOW(text, ...) \
    run_command(lac_command_show, (const char *const[]){__VA_ARGS__, NULL}, text)

static struct lac_run_info public_info(void)
{
    struct lac_run_info info = test_info;
    info.public = true;
    info.tracked = LAC_TRACK(test_loss);
    info.problem = "00ff";
    return info;
}

static bool make_public(const char *path, bool finish)
{
    struct lac_run_info info = public_info();
    struct lac_row rows[4];
    for (uint64_t i = 0; i < 4; i++) {
        rows[i] = test_row(i);
        rows[i].test_loss = 0.123;
    }
    return write_run(path, &info, rows, 4, finish ? "{\"rounds\": 3}" : "{}", finish);
}

static bool rows_are_public(const struct lac_run *run)
{
    for (size_t i = 0; i < run->row_count; i++) {
        struct lac_row row = test_row(i);
        row.loss = row.grad_norm_sq = 0;
        if (!same_bytes(&row, &run->rows[i], sizeof row)) {
            return false;
        }
    }
    return true;
}

static bool has_loss(const char *path)
{
    char *text = file_text(path);
    double loss = test_row(1).loss, tracked = 0.123;
    bool told = memmem(text, (size_t)file_size(path), &loss, sizeof loss) ||
                memmem(text, (size_t)file_size(path), &tracked, sizeof tracked);
    free(text);
    return told;
}

static void test_files(void)
{
    struct lac_arena arena = {0};
    struct lac_run run = {0};
    tap_ok(make_public("public.h5", true) && make_public("going.h5", false), "public runs");
    TAP_OK(lac_run_read(&run, "public.h5", &arena));
    tap_ok(run.public && !run.private && run.columns == LAC_PUBLIC_COLUMNS && run.row_count == 4 &&
               rows_are_public(&run) && !run.model && !run.problem && run.finished,
           "rows of bits and times come back, without loss, model and problem");
    TAP_OK(lac_run_read(&run, "going.h5", &arena));
    tap_ok(run.public && run.row_count == 4 && rows_are_public(&run) && !run.finished,
           "those in the row log too");
    tap_ok(file_size("going.h5.rows") == LAC_ROW_HEADER_BYTES + 4 * LAC_ROW_LEAST_BYTES &&
               !has_loss("going.h5.rows") && !has_loss("going.h5") && !has_loss("public.h5"),
           "no loss stands anywhere in them");
    lac_arena_free(&arena);
}

static void test_objects(void)
{
    static const char *const missing[] = {"rows/loss", "rows/grad_norm_sq", "rows/test_loss",
                                          "model"};
    hid_t file = H5Fopen("public.h5", H5F_ACC_RDONLY, H5P_DEFAULT);
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++) {
        tap_ok(H5Lexists(file, missing[i], H5P_DEFAULT) == 0, "there is no %s", missing[i]);
    }
    tap_ok(H5Lexists(file, "rows/bits_up", H5P_DEFAULT) > 0, "there is rows/bits_up");
    tap_ok(H5Aexists(file, "problem") == 0, "there is no problem");
    H5Fclose(file);
}

static void test_show(void)
{
    char *text;
    TAP_OK(SHOW(&text, "--csv", "public.h5"));
    tap_ok(strncmp(text, "round,bits_up,bits_down,bits_up_paper,seconds,mpi_server,mpi_workers\n0,",
                   70) == 0,
           "the CSV has the columns that are there");
    free(text);
    TAP_OK(SHOW(&text, "public.h5"));
    tap_ok(strstr(text, "public.h5: unfinished, public (bits and times alone)\n") &&
               strstr(text, "  rounds        3 in ") &&
               strstr(text, "  loss          not in this file, which is public") &&
               !strstr(text, "|grad|^2") && strstr(text, "bits up") && strstr(text, "seconds"),
           "for people it says what it has not, and prints rounds, bits and seconds");
    free(text);
    TAP_OK(SHOW(&text, "--json", "going.h5"));
    json_t *json = json_loads(text, 0, NULL);
    json_t *final = json_object_get(json, "final");
    tap_ok(json_object_size(final) == 1 && json_object_get(final, "round") &&
               json_object_get(json, "bits") && json_object_get(json, "seconds"),
           "the JSON of one that did not end has rounds, bits and seconds, no loss");
    json_decref(json);
    free(text);
    struct lac_row row = test_row(0);
    tap_ok(write_run("usual.h5", &test_info, &row, 1, "{}", true), "a usual run");
    TAP_OK(SHOW(&text, "--csv", "usual.h5", "public.h5"));
    tap_ok(strncmp(text, "round,loss,grad_norm_sq,bits_up", 31) == 0 && strstr(text, "\n3,,,1001,"),
           "beside a usual run its cells are empty");
    free(text);
}

static void test_readers(void)
{
    struct lac_arena arena = {0};
    struct lac_run run = {0};
    char *text;
    const char *const plot[] = {"public.h5", "-o", "public.svg", NULL};
    const char *const gap[] = {"public.h5", "-o", "public.svg", "--y", "gap", NULL};
    expect_failure(run_command(lac_command_plot, plot, &text), LAC_E_INPUT,
                   "'public.h5' is a public run file, which has no column loss",
                   "plot says which column is not there");
    free(text);
    expect_failure(run_command(lac_command_plot, gap, &text), LAC_E_INPUT,
                   "'public.h5' is a public run file, which has no losses", "so does --y gap");
    free(text);
    TAP_OK(lac_run_read(&run, "public.h5", &arena));
    tap_ok(!run.model, "there is no model to go on from");
    lac_arena_free(&arena);
}

int main(void)
{
    scratch_enter();
    test_files();
    test_objects();
    test_show();
    test_readers();
    return tap_done();
}
