/* Private run files: what was written comes back with the key; without it, or with a byte changed, nothing does. */
#include <endian.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "private_test.h"
#include "store/private_file.h"
#include "store/private_rows.h"

enum { SEALED_ROW = LAC_ROW_BYTES + LAC_STREAM_MORE, ROWS_AT = LAC_ROW_SEALED_HEADER_BYTES };

static bool same_runs(const struct lac_run *a, const struct lac_run *b)
{
    bool same = a->row_count == b->row_count && a->columns == b->columns && a->d == b->d &&
                a->finished == b->finished && strcmp(a->summary, b->summary) == 0 &&
                same_bytes(a->rows, b->rows, a->row_count * sizeof *a->rows) &&
                same_bytes(a->model, b->model, a->d * sizeof *a->model) &&
                a->configuration_count == b->configuration_count &&
                a->build_count == b->build_count;
    for (size_t i = 0; same && i < a->configuration_count; i++) {
        same = strcmp(a->configuration[i].key, b->configuration[i].key) == 0 &&
               strcmp(a->configuration[i].value, b->configuration[i].value) == 0;
    }
    return same;
}

/* Publishes after `published` rows of two runs, one private, and compares them. */
static void test_round_trip(uint64_t published, uint64_t rows, bool finish)
{
    struct lac_arena arena = {0};
    struct lac_run sealed = {0}, plain = {0};
    tap_ok(make_sealed("sealed.h5", group_key, published, rows, finish) &&
               make_sealed("plain.h5", NULL, published, rows, finish),
           "%llu rows, of which %llu are published%s", (unsigned long long)rows,
           (unsigned long long)published, finish ? ", to the end" : "");
    TAP_OK(lac_run_read_with(&sealed, "sealed.h5", group_key, &arena));
    TAP_OK(lac_run_read_with(&plain, "plain.h5", group_key, &arena));
    tap_ok(same_runs(&sealed, &plain) && sealed.row_count == rows && test_rows_hold(&sealed) &&
               sealed.private && !plain.private,
           "the private run is read as the plain one, which needs no key but may be given one");
    tap_ok(tells("plain.h5") && !tells("sealed.h5") && !tells("sealed.h5.rows"),
           "the plain file tells what the private ones do not");
    tap_ok((rows > published && !finish) == is_there("sealed.h5.rows") &&
               !is_there("sealed.h5.tmp") && !is_there("sealed.h5.rows.tmp"),
           "nothing is left beside it but the log of a run that goes on");
    lac_arena_free(&arena);
}

static void test_tracked(void)
{
    struct lac_arena arena = {0};
    struct lac_run_writer *w = NULL;
    struct lac_run run = {0};
    struct lac_run_info info = private_info(group_key);
    struct lac_row row = test_row(0);
    info.tracked = LAC_TRACK(oracle_rows) | LAC_TRACK(test_loss);
    row.oracle_rows = 12;
    row.test_loss = 0.3;
    TAP_OK(lac_run_create(&w, "tracked.h5", true, &info, &arena));
    TAP_OK(lac_run_append(w, &row));
    TAP_OK(lac_run_read_with(&run, "tracked.h5", group_key, &arena));
    tap_ok(run.row_count == 1 && same_bytes(run.rows, &row, sizeof row), "columns on request come");
    lac_run_close(w);
    lac_arena_free(&arena);
}

static void test_keys(void)
{
    struct lac_arena arena = {0};
    struct lac_run run = {.d = 42};
    tap_ok(make_sealed("key.h5", group_key, 3, 6, false), "a private run");
    expect_failure(lac_run_read(&run, "key.h5", &arena), LAC_E_SECURITY,
                   "'key.h5' is a private run file; give its group key: laconic show --key KEYFILE "
                   "key.h5",
                   "without a key it is refused, and the command is named");
    expect_failure(lac_run_read_with(&run, "key.h5", other_key, &arena), LAC_E_SECURITY,
                   "'key.h5' does not open with this key",
                   "with a key that differs in a bit it is refused");
    tap_ok(run.d == 42, "a refusal leaves its output untouched");
    lac_arena_free(&arena);
}

static bool flip(const char *path, off_t place)
{
    unsigned char byte = 0;
    int fd = open(path, O_RDWR);
    bool ok = fd >= 0 && pread(fd, &byte, 1, place) == 1;
    byte ^= (unsigned char)(1u << place % 8);
    ok = ok && pwrite(fd, &byte, 1, place) == 1;
    close(fd);
    return ok;
}

static off_t stride(void)
{
    return getenv("LAC_TEST_SHORT") ? 41 : 1;
}

static void test_changed_file(void)
{
    tap_ok(make_sealed("bit.h5", group_key, 2, 2, true), "a small private file");
    long wrong = 0;
    for (off_t place = 0; place < file_size("bit.h5"); place += stride()) {
        long wanted = place < LAC_PRIVATE_TITLE ? -LAC_E_INPUT : -LAC_E_SECURITY;
        wrong += !flip("bit.h5", place) || rows_opened("bit.h5", group_key) != wanted ||
                 !flip("bit.h5", place);
    }
    tap_ok(wrong == 0, "a bit changed in any of its %lld bytes is refused",
           (long long)file_size("bit.h5"));
    tap_ok(rows_opened("bit.h5", group_key) == 2, "with the bit as it was the file is read");
}

static void test_version(void)
{
    struct lac_arena arena = {0};
    struct lac_run run = {0};
    int fd = open("bit.h5", O_WRONLY);
    tap_ok(fd >= 0 && pwrite(fd, "7", 1, LAC_PRIVATE_TITLE - 3) == 1 && close(fd) == 0,
           "a file of a version to come");
    expect_failure(lac_run_read_with(&run, "bit.h5", group_key, &arena), LAC_E_INPUT,
                   "version 7; this program reads version 1", "is refused by its version");
    lac_arena_free(&arena);
}

/* LAC_E_INPUT where even its title is cut. */
static void test_cut_file(void)
{
    tap_ok(make_sealed("cut.h5", group_key, 2, 2, true), "a small private file");
    off_t whole = file_size("cut.h5");
    tap_ok(truncate("cut.h5", whole + 1) == 0 &&
               rows_opened("cut.h5", group_key) == -LAC_E_SECURITY,
           "a byte more at its end is refused");
    long wrong = 0;
    for (off_t size = whole - 1; size >= 0; size -= stride()) {
        long wanted = size < LAC_PRIVATE_TITLE ? -LAC_E_INPUT : -LAC_E_SECURITY;
        wrong += truncate("cut.h5", size) != 0 || rows_opened("cut.h5", group_key) != wanted;
    }
    tap_ok(wrong == 0, "cut at any length it is refused");
}

/* Bytes [from, from + count) of the file stand at `to` too. */
static bool copy_bytes(const char *path, off_t from, off_t to, size_t count)
{
    char *bytes = malloc(count);
    int fd = open(path, O_RDWR);
    bool ok = pread(fd, bytes, count, from) == (ssize_t)count &&
              pwrite(fd, bytes, count, to) == (ssize_t)count;
    close(fd);
    free(bytes);
    return ok;
}

static bool make_large(const char *path)
{
    enum { D = 30000 };
    struct lac_arena arena = {0};
    struct lac_run_writer *w = NULL;
    struct lac_run_info info = private_info(group_key);
    double *model = calloc(D, sizeof *model);
    model[D - 1] = 0.75;
    bool ok = lac_run_create(&w, path, true, &info, &arena) == LAC_OK && test_append(w, 0, 3) &&
              lac_run_publish(w, "{}", model, D) == LAC_OK;
    lac_run_close(w);
    struct lac_run run = {0};
    ok = ok && lac_run_read_with(&run, path, group_key, &arena) == LAC_OK && run.d == D &&
         same_bytes(run.model, model, D * sizeof *model);
    free(model);
    lac_arena_free(&arena);
    return ok;
}

static void test_pieces(void)
{
    enum {
        HEAD = LAC_PRIVATE_TITLE + LAC_STREAM_HEAD,
        PIECE = LAC_PRIVATE_PIECE + LAC_STREAM_MORE
    };
    tap_ok(make_large("pieces.h5") && file_size("pieces.h5") > HEAD + 3 * PIECE,
           "a file of several pieces is read back");
    tap_ok(copy_bytes("pieces.h5", HEAD + PIECE, HEAD, PIECE) &&
               rows_opened("pieces.h5", group_key) == -LAC_E_SECURITY,
           "a piece in another's place is refused");
    tap_ok(make_large("pieces.h5") && truncate("pieces.h5", HEAD + 3 * PIECE) == 0 &&
               rows_opened("pieces.h5", group_key) == -LAC_E_SECURITY,
           "a file without its last piece is refused");
    tap_ok(make_large("pieces.h5") && make_large("others.h5") && truncate("others.h5", HEAD) == 0 &&
               rows_opened("others.h5", group_key) == -LAC_E_SECURITY,
           "a head alone is refused");
}

static void test_changed_log(void)
{
    long wrong = 0;
    tap_ok(make_sealed("log.h5", group_key, 3, 6, false) &&
               file_size("log.h5.rows") == ROWS_AT + 6 * SEALED_ROW,
           "a private run of 6 rows, 3 of them published");
    for (off_t place = 0; place < file_size("log.h5.rows"); place++) {
        long wanted = place < LAC_ROW_FORM_BYTES          ? 3
                      : place >= ROWS_AT + 5 * SEALED_ROW ? 5
                                                          : -LAC_E_SECURITY;
        wrong += !flip("log.h5.rows", place) || rows_opened("log.h5", group_key) != wanted ||
                 !flip("log.h5.rows", place);
    }
    tap_ok(wrong == 0,
           "a bit changed in the log is refused, in its last record it ends the rows, and "
           "with another form or run it is no log of the run");
    tap_ok(rows_opened("log.h5", group_key) == 6, "with the bit as it was all rows are read");
    for (off_t size = file_size("log.h5.rows"); size >= 0; size--) {
        long whole = (long)((size - ROWS_AT) / SEALED_ROW);
        wrong += truncate("log.h5.rows", size) != 0 ||
                 rows_opened("log.h5", group_key) != (whole > 3 ? whole : 3);
    }
    tap_ok(wrong == 0, "a log torn at any length gives the whole rows before the tear");
}

static off_t record_at(int i)
{
    return ROWS_AT + i * SEALED_ROW;
}

static bool give_run_id(const char *from, const char *to)
{
    unsigned char id[8];
    int source = open(from, O_RDONLY), target = open(to, O_WRONLY);
    bool ok = pread(source, id, sizeof id, 16) == sizeof id &&
              pwrite(target, id, sizeof id, 16) == sizeof id;
    close(source);
    close(target);
    return ok;
}

static void test_moved_records(void)
{
    bool made = make_sealed("move.h5", group_key, 1, 6, false);
    tap_ok(made && copy_bytes("move.h5.rows", record_at(2), record_at(3), SEALED_ROW) &&
               rows_opened("move.h5", group_key) == -LAC_E_SECURITY,
           "a record that stands twice is refused");
    made = make_sealed("move.h5", group_key, 1, 6, false);
    tap_ok(made && copy_bytes("move.h5.rows", record_at(3), record_at(2), 3 * SEALED_ROW) &&
               truncate("move.h5.rows", record_at(5)) == 0 &&
               rows_opened("move.h5", group_key) == -LAC_E_SECURITY,
           "a record left out is refused");
    made = make_sealed("move.h5", group_key, 1, 2, false) &&
           make_sealed("away.h5", group_key, 1, 6, false);
    tap_ok(made && rename("away.h5.rows", "move.h5.rows") == 0 &&
               rows_opened("move.h5", group_key) == 1,
           "the log of another run is ignored");
    made = make_sealed("move.h5", group_key, 1, 2, false) &&
           make_sealed("away.h5", group_key, 1, 6, false);
    tap_ok(made && give_run_id("move.h5.rows", "away.h5.rows") &&
               rename("away.h5.rows", "move.h5.rows") == 0 &&
               rows_opened("move.h5", group_key) == -LAC_E_SECURITY,
           "with the run id of this one it is refused");
}

/* Without the key, but with the run id, which the log tells. */
static void test_forged_log(void)
{
    unsigned char header[LAC_ROW_HEADER_BYTES], record[LAC_ROW_MOST_BYTES];
    struct lac_row_form form = {.columns = LAC_USUAL_COLUMNS};
    struct lac_row row = test_row(2);
    tap_ok(make_sealed("forge.h5", group_key, 2, 3, false), "a private run");
    int fd = open("forge.h5.rows", O_RDWR);
    bool ok = pread(fd, &form.run_id, 8, 16) == 8;
    form.run_id = le64toh(form.run_id);
    lac_row_header_encode(header, &form);
    ok = ok && ftruncate(fd, 0) == 0 && pwrite(fd, header, sizeof header, 0) == sizeof header;
    lac_row_encode(record, &row, &form, 2);
    ok = ok && pwrite(fd, record, LAC_ROW_BYTES, lac_row_offset(&form, 2)) == LAC_ROW_BYTES;
    close(fd);
    tap_ok(ok && rows_opened("forge.h5", group_key) == 2,
           "a plain log is none of a private run, whatever stands in it");
}

/* A limit on the size of files stands in for a full disk. */
static int fill_disk(void)
{
    struct lac_arena arena = {0};
    struct lac_run_writer *w = NULL;
    struct lac_run_info info = private_info(group_key);
    signal(SIGXFSZ, SIG_IGN);
    bool ok = lac_run_create(&w, "full.h5", true, &info, &arena) == LAC_OK && test_append(w, 0, 4);
    struct rlimit limit = {(rlim_t)file_size("full.h5.rows") + 10, RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &limit);
    ok = ok && !test_append(w, 4, 5) && !is_there("full.h5.tmp") &&
         lac_run_publish(w, "{}", NULL, 0) == LAC_E_IO && !is_there("full.h5.tmp");
    limit.rlim_cur = RLIM_INFINITY;
    setrlimit(RLIMIT_FSIZE, &limit);
    struct lac_row row = test_row(4);
    ok = ok && lac_run_append(w, &row) == LAC_E_IO && strstr(lac_failure(), "a row before") &&
         lac_run_publish(w, "{}", NULL, 0) == LAC_OK;
    lac_run_close(w);
    lac_arena_free(&arena);
    return ok ? 0 : 1;
}

static void test_full_disk(void)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        _exit(fill_disk());
    }
    int result;
    tap_ok(waitpid(child, &result, 0) == child && result == 0,
           "after a row that did not fit none is sealed in its place, and the rest is published");
    tap_ok(rows_opened("full.h5", group_key) == 4, "the rows before it are read");
}

static void test_replaced(void)
{
    struct lac_arena arena = {0};
    struct lac_run_writer *w = NULL;
    struct lac_run_info info = private_info(group_key);
    tap_ok(make_sealed("there.h5", group_key, 1, 1, true), "a private run");
    expect_failure(lac_run_create(&w, "there.h5", false, &info, &arena), LAC_E_USAGE, "--force",
                   "one that is there is refused");
    tap_ok(make_sealed("there.h5", NULL, 2, 2, true) && rows_opened("there.h5", NULL) == 2,
           "with force a plain one replaces it");
    tap_ok(make_sealed("there.h5", group_key, 3, 3, true) &&
               rows_opened("there.h5", group_key) == 3,
           "and the other way round");
    lac_arena_free(&arena);
}

int main(void)
{
    scratch_enter();
    make_keys();
    test_round_trip(0, 0, false);
    test_round_trip(3, 7, false);
    test_round_trip(7, 7, true);
    test_round_trip(2500, 5000, true);
    test_tracked();
    test_keys();
    test_changed_file();
    test_version();
    test_cut_file();
    test_pieces();
    test_changed_log();
    test_moved_records();
    test_forged_log();
    test_full_disk();
    test_replaced();
    lac_secret_free(group_key);
    lac_secret_free(other_key);
    return tap_done();
}
