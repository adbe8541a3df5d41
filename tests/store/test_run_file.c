/* What is written comes back; what should be refused is refused; damage is named. */
#include <hdf5.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "store/row_log.h"
#include "store/run_checksum.h"
#include "store_test.h"

static const double test_model[] = {0.1, -2.5e-300, 3.0, 1e300, -0.0};
enum { MODEL_SIZE = sizeof test_model / sizeof *test_model };

static void same_pairs(const struct lac_pair *got, size_t got_count, const struct lac_pair *wanted,
                       size_t wanted_count, const char *name)
{
    bool same = got_count == wanted_count;
    for (size_t i = 0; i < got_count && same; i++) {
        bool found = false;
        for (size_t j = 0; j < wanted_count; j++) {
            found = found || (strcmp(got[i].key, wanted[j].key) == 0 &&
                              strcmp(got[i].value, wanted[j].value) == 0);
        }
        same = found && (i == 0 || strcmp(got[i - 1].key, got[i].key) < 0);
    }
    tap_ok(same, "%s come back as given, sorted by key", name);
}

static void test_round_trip(uint64_t rows)
{
    struct lac_arena arena = {0};
    struct lac_run_writer *w = NULL;
    struct lac_run run = {0};
    TAP_OK(lac_run_create(&w, "trip.h5", true, &test_info, &arena));
    TAP_OK(lac_run_read(&run, "trip.h5", &arena));
    tap_ok(run.row_count == 0 && !run.finished && !run.model && strcmp(run.summary, "{}") == 0,
           "a run that was just created can be read: no rows, no model, unfinished");
    tap_ok(test_append(w, 0, rows), "%llu rows are appended", (unsigned long long)rows);
    TAP_OK(lac_run_read(&run, "trip.h5", &arena));
    tap_ok(run.row_count == rows && test_rows_hold(&run) && !run.finished,
           "before any publication the rows are read from the row log");
    TAP_OK(lac_run_publish(w, "{\"status\": \"running\"}", NULL, 0));
    tap_ok(test_append(w, rows, rows + 5), "5 rows more");
    TAP_OK(lac_run_read(&run, "trip.h5", &arena));
    tap_ok(run.row_count == rows + 5 && test_rows_hold(&run) && !run.finished,
           "rows of run.h5 and of the row log are merged");
    TAP_OK(lac_run_publish(w, "{\"status\": \"fin\\u00e9\"}", test_model, MODEL_SIZE));
    lac_run_close(w);
    TAP_OK(lac_run_read(&run, "trip.h5", &arena));
    tap_ok(run.row_count == rows + 5 && test_rows_hold(&run) && run.finished,
           "after the end every row is in run.h5");
    tap_ok(!is_there("trip.h5.rows") && !is_there("trip.h5.tmp") && !is_there("trip.h5.rows.tmp"),
           "after the end nothing is left beside run.h5");
    tap_ok(run.d == MODEL_SIZE && same_bytes(run.model, test_model, sizeof test_model),
           "the model comes back to the bit");
    tap_ok(strcmp(run.summary, "{\"status\": \"fin\\u00e9\"}") == 0, "the summary comes back");
    same_pairs(run.configuration, run.configuration_count, test_configuration,
               test_info.configuration_count, "options");
    same_pairs(run.build, run.build_count, test_build, test_info.build_count, "facts of the build");
    lac_arena_free(&arena);
}

static void make_run(const char *path, uint64_t published, uint64_t rows, bool finish)
{
    struct lac_arena arena = {0};
    struct lac_run_writer *w = NULL;
    TAP_OK(lac_run_create(&w, path, true, &test_info, &arena));
    bool ok = test_append(w, 0, published) &&
              lac_run_publish(w, "{}", test_model, MODEL_SIZE) == LAC_OK &&
              test_append(w, published, rows);
    tap_ok(ok, "%s has %llu rows of which %llu are published", path, (unsigned long long)rows,
           (unsigned long long)published);
    if (finish) {
        TAP_OK(lac_run_publish(w, "{}", test_model, MODEL_SIZE));
    }
    lac_run_close(w); /* leaves the row log where rows are not published */
    lac_arena_free(&arena);
}

/* The number of rows that are read, or -1 where they are not a prefix or reading failed. */
static long rows_read(const char *path)
{
    struct lac_arena arena = {0};
    struct lac_run run = {0};
    lac_status status = lac_run_read(&run, path, &arena);
    long count = status == LAC_OK && test_rows_hold(&run) ? (long)run.row_count : -1;
    lac_arena_free(&arena);
    return count;
}

static void test_torn_tail(void)
{
    make_run("torn.h5", 3, 6, false);
    bool ok = rows_read("torn.h5") == 6;
    for (off_t size = file_size("torn.h5.rows"); size >= 0 && ok; size--) {
        long whole = ((long)size - LAC_ROW_HEADER_BYTES) / LAC_ROW_BYTES;
        ok = truncate("torn.h5.rows", size) == 0 && rows_read("torn.h5") == (whole > 3 ? whole : 3);
    }
    tap_ok(ok, "a row log torn at any length gives the whole rows before the tear");
}

static bool flip(const char *path, off_t place, unsigned char mask)
{
    unsigned char byte = 0;
    int fd = open(path, O_RDWR);
    bool ok = fd >= 0 && pread(fd, &byte, 1, place) == 1;
    byte ^= mask;
    ok = ok && pwrite(fd, &byte, 1, place) == 1;
    close(fd);
    return ok;
}

static void test_damaged_file(void)
{
    make_run("bit.h5", 4, 4, true);
    bool ok = true;
    for (off_t place = 0; place < file_size("bit.h5") && ok; place += place < 512 ? 1 : 11) {
        struct lac_arena arena = {0};
        struct lac_run run;
        ok = flip("bit.h5", place, (unsigned char)(1u << place % 8)) &&
             lac_run_read(&run, "bit.h5", &arena) != LAC_OK && strstr(lac_failure(), "'bit.h5'") &&
             flip("bit.h5", place, (unsigned char)(1u << place % 8));
        lac_arena_free(&arena);
    }
    tap_ok(ok, "one changed bit anywhere in run.h5 is refused by name");
    tap_ok(rows_read("bit.h5") == 4, "with the bit as it was the file is read");
}

static void test_damaged_record(void)
{
    make_run("flip.h5", 2, 5, false);
    bool ok = true;
    for (off_t place = 0; place < file_size("flip.h5.rows"); place++) {
        long record = (place - LAC_ROW_HEADER_BYTES) / LAC_ROW_BYTES;
        long wanted = place < LAC_ROW_HEADER_BYTES ? 2 : record < 2 ? 5 : record;
        ok = ok && flip("flip.h5.rows", place, 0x10) && rows_read("flip.h5") == wanted &&
             flip("flip.h5.rows", place, 0x10);
    }
    tap_ok(ok, "one changed bit anywhere in the row log ends the rows before it");
    tap_ok(rows_read("flip.h5") == 5, "with the bit as it was all rows are read again");
}

static bool copy_record(const char *path, uint64_t from, uint64_t to)
{
    static const struct lac_row_form form = {.columns = LAC_USUAL_COLUMNS}; /* no run id here */
    unsigned char record[LAC_ROW_BYTES];
    int fd = open(path, O_RDWR);
    off_t place = lac_row_offset(&form, to);
    bool ok = fd >= 0 && lac_row_read(fd, &form, from, record, 1) == 1 &&
              pwrite(fd, record, sizeof record, place) == (ssize_t)sizeof record;
    close(fd);
    return ok;
}

static void test_foreign_log(void)
{
    make_run("mine.h5", 2, 4, false);
    make_run("other.h5", 2, 9, false);
    tap_ok(copy_record("mine.h5.rows", 2, 3) && rows_read("mine.h5") == 3,
           "a record that stands twice counts once");
    tap_ok(rename("other.h5.rows", "mine.h5.rows") == 0 && rows_read("mine.h5") == 2,
           "the row log of another run is ignored");
    struct lac_arena arena = {0};
    struct lac_run run;
    TAP_OK(lac_run_read(&run, "mine.h5", &arena));
    tap_ok(run.finished, "and does not make a run unfinished");
    lac_arena_free(&arena);
    tap_ok(rows_read("other.h5") == 2, "a run that lost its row log keeps what was published");
}

static void test_refusals(void)
{
    struct lac_arena arena = {0};
    struct lac_run_writer *w = NULL;
    make_run("there.h5", 1, 1, true);
    expect_failure(lac_run_create(&w, "there.h5", false, &test_info, &arena), LAC_E_USAGE,
                   "'there.h5' exists; give --force to replace it or another name",
                   "an existing file is refused and --force named");
    tap_ok(rows_read("there.h5") == 1 && !is_there("there.h5.rows") && !is_there("there.h5.tmp"),
           "after a refusal the file is as it was and nothing is beside it");
    expect_failure(lac_run_create(&w, "no/such/run.h5", false, &test_info, &arena), LAC_E_IO,
                   "there is no folder 'no/such'", "a missing folder is named");
    expect_failure(lac_run_create(&w, "/dev/null", true, &test_info, &arena), LAC_E_USAGE,
                   "no regular file", "a device is refused even with force");
    tap_ok(mkdir("folder.h5", 0777) == 0, "folder.h5 is a folder");
    expect_failure(lac_run_create(&w, "folder.h5", true, &test_info, &arena), LAC_E_USAGE,
                   "no regular file", "a folder is refused even with force");
    rmdir("folder.h5");
    tap_ok(mkdir("closed", 0555) == 0, "closed is a folder without write permission");
    if (geteuid() == 0) {
        tap_skip("root may write anywhere", "an unwritable folder is named");
    } else {
        expect_failure(lac_run_create(&w, "closed/run.h5", false, &test_info, &arena), LAC_E_IO,
                       "Permission denied", "an unwritable folder is named");
    }
    rmdir("closed");
    tap_ok(w == NULL, "a refused creation leaves its output untouched");
    lac_arena_free(&arena);
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
}

static void test_unreadable(void)
{
    struct lac_arena arena = {0};
    struct lac_run run = {.d = 42};
    expect_failure(lac_run_read(&run, "missing.h5", &arena), LAC_E_INPUT,
                   "cannot read 'missing.h5': No such file", "a missing file is named");
    write_text("text.h5", "round,loss\n0,1\n");
    expect_failure(lac_run_read(&run, "text.h5", &arena), LAC_E_INPUT, "no run file",
                   "a text file is no run file");
    expect_failure(lac_run_read(&run, ".", &arena), LAC_E_INPUT, "no run file",
                   "a folder is no run file");
    hid_t file = H5Fcreate("alien.h5", H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    expect_failure(lac_run_read(&run, "alien.h5", &arena), LAC_E_INPUT,
                   "is an HDF5 file, but not a run", "an HDF5 file of another program is no run");
    tap_ok(run.d == 42, "a failed read leaves its output untouched");
    lac_arena_free(&arena);
}

static void test_truncated(void)
{
    make_run("cut.h5", 4, 4, true);
    bool ok = true;
    for (off_t size = file_size("cut.h5") - 1; size >= 0 && ok; size -= 97) {
        struct lac_arena arena = {0};
        struct lac_run run;
        ok = truncate("cut.h5", size) == 0 && lac_run_read(&run, "cut.h5", &arena) != LAC_OK &&
             strstr(lac_failure(), "cut.h5");
        lac_arena_free(&arena);
    }
    tap_ok(ok, "a run.h5 cut off anywhere is refused by name");
}

/* As if the writer had made the file as it now is. */
static bool renew_checksum(const char *path)
{
    int fd = open(path, O_RDWR);
    bool ok = fd >= 0 && lac_run_checksum_put(fd);
    close(fd);
    return ok;
}

static void delete_object(const char *name)
{
    struct lac_arena arena = {0};
    struct lac_run run;
    make_run("part.h5", 4, 4, true);
    hid_t file = H5Fopen("part.h5", H5F_ACC_RDWR, H5P_DEFAULT);
    herr_t result = name[0] == '@' ? H5Adelete(file, name + 1) : H5Ldelete(file, name, H5P_DEFAULT);
    H5Fclose(file);
    result = renew_checksum("part.h5") ? result : -1;
    lac_status status = lac_run_read(&run, "part.h5", &arena);
    tap_ok(result >= 0 && status == LAC_E_INPUT, "without %s: %s", name, lac_failure());
    lac_arena_free(&arena);
}

static void test_incomplete(void)
{
#define LAC_ROW_DELETE(type, name, title, text) delete_object("rows/" title);
    LAC_ROW_COLUMNS(LAC_ROW_DELETE)
#undef LAC_ROW_DELETE
    static const char *const names[] = {"rows",    "model",           "configuration", "build",
                                        "summary", "@format_version", "@format",       "@run_id"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        delete_object(names[i]);
    }
}

/* A limit on the size of files stands in for a full disk. */
static void test_full_disk(void)
{
    make_run("full.h5", 3, 3, true);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct lac_arena arena = {0};
        struct lac_run_writer *w = NULL;
        double *model = calloc(100000, sizeof *model);
        signal(SIGXFSZ, SIG_IGN);
        bool ok = lac_run_create(&w, "full.h5", true, &test_info, &arena) == LAC_OK &&
                  test_append(w, 0, 20);
        struct rlimit limit = {200000, 200000};
        setrlimit(RLIMIT_FSIZE, &limit);
        ok = ok && lac_run_publish(w, "{}", model, 100000) == LAC_E_IO &&
             strstr(lac_failure(), "cannot write 'full.h5': File too large") &&
             !is_there("full.h5.tmp") && lac_run_publish(w, "{}", model, 1000) == LAC_OK &&
             test_append(w, 20, 30);
        lac_run_close(w);
        lac_arena_free(&arena);
        free(model);
        _exit(ok ? 0 : 1);
    }
    int result;
    tap_ok(waitpid(child, &result, 0) == child && result == 0,
           "a publication that does not fit fails with the reason, and the run goes on");
    tap_ok(rows_read("full.h5") == 30 && !is_there("full.h5.tmp"),
           "after it the run file is whole and nothing half-written is left");
}

static void test_takeover(void)
{
    struct lac_arena arena = {0};
    struct lac_run_writer *first = NULL;
    struct lac_run_writer *second = NULL;
    TAP_OK(lac_run_create(&first, "two.h5", false, &test_info, &arena));
    tap_ok(test_append(first, 0, 2), "two rows of the first run");
    expect_failure(lac_run_create(&second, "two.h5", true, &test_info, &arena), LAC_E_USAGE,
                   "'two.h5' is being written by a run that goes on",
                   "a run file that is being written is not replaced, whatever force");
    int publishes = open("two.h5.tmp", O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
    tap_ok(lac_run_check("two.h5", true, &arena) == LAC_OK && is_there("two.h5.tmp"),
           "a look leaves alone what the run that goes on is about to publish");
    close(publishes);
    tap_ok(lac_run_is_live("two.h5") && !lac_run_is_live("there.h5") && !lac_run_is_live("none.h5"),
           "and can be told from others");
    unlink("two.h5.rows"); /* and with it the lock */
    TAP_OK(lac_run_create(&second, "two.h5", true, &test_info, &arena));
    tap_ok(test_append(second, 0, 7), "seven rows of the second");
    expect_failure(lac_run_publish(first, "{}", NULL, 0), LAC_E_IO, "taken over by another run",
                   "a run whose file was taken over all the same does not write over it");
    lac_run_close(first);
    tap_ok(rows_read("two.h5") == 7, "the second run is untouched");
    unlink("two.h5.rows");
    TAP_OK(lac_run_publish(second, "{}", NULL, 0));
    lac_run_close(second);
    tap_ok(rows_read("two.h5") == 7, "a removed row log costs a running run nothing");
    lac_run_close(NULL);
    lac_arena_free(&arena);
}

/* Columns on request beside the others: in run.h5, and in records that are longer. */
static void test_tracked(void)
{
    struct lac_arena arena = {0};
    struct lac_run_writer *w = NULL;
    struct lac_run run = {0};
    struct lac_run_info info = test_info;
    struct lac_row rows[6];
    info.tracked = LAC_TRACK(oracle_rows) | LAC_TRACK(test_loss);
    TAP_OK(lac_run_create(&w, "tracked.h5", true, &info, &arena));
    for (uint64_t i = 0; i < 6; i++) {
        rows[i] = test_row(i);
        rows[i].oracle_rows = 100 * i + 7;
        rows[i].test_loss = (double)i / 7.0;
        tap_ok(lac_run_append(w, &rows[i]) == LAC_OK, "row %d", (int)i);
        if (i == 2) {
            TAP_OK(lac_run_publish(w, "{}", test_model, MODEL_SIZE));
        }
    }
    TAP_OK(lac_run_read(&run, "tracked.h5", &arena));
    tap_ok(run.columns == (info.tracked | LAC_USUAL_COLUMNS) && run.row_count == 6 &&
               !run.finished && same_bytes(run.rows, rows, sizeof rows),
           "columns on request come back from run.h5 and from the row log");
    TAP_OK(lac_run_publish(w, "{}", test_model, MODEL_SIZE));
    lac_run_close(w);
    TAP_OK(lac_run_read(&run, "tracked.h5", &arena));
    tap_ok(run.columns == (info.tracked | LAC_USUAL_COLUMNS) && run.finished &&
               same_bytes(run.rows, rows, sizeof rows),
           "and from run.h5 alone");
    make_run("plain.h5", 4, 6, false);
    TAP_OK(lac_run_read(&run, "plain.h5", &arena));
    tap_ok(run.columns == LAC_USUAL_COLUMNS && test_rows_hold(&run), "a run without them has none");
    tap_ok(rename("plain.h5.rows", "tracked.h5.rows") == 0 &&
               lac_run_read(&run, "tracked.h5", &arena) == LAC_OK && run.finished,
           "a row log of other columns is no log of the run");
    unlink("tracked.h5.rows");
    lac_arena_free(&arena);
}

int main(void)
{
    scratch_enter();
    test_round_trip(0);
    test_round_trip(1);
    test_round_trip(10000);
    test_tracked();
    test_torn_tail();
    test_damaged_file();
    test_damaged_record();
    test_foreign_log();
    test_refusals();
    test_unreadable();
    test_truncated();
    test_incomplete();
    test_full_disk();
    test_takeover();
    return tap_done();
}
