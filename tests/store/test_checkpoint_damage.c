/* A damaged checkpoint is refused, whatever was changed in it; under a key also where who changed it mends the digests. */
#include <hdf5.h>

#include "capture.h"
#include "checkpoint_test.h"
#include "seal/stream.h"

enum { ROUND = 12 };

static struct bytes {
    unsigned char *at;
    size_t count;
} loaded;

static const char *path_in(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", round_folder(ROUND), name);
    return path;
}

static void load(const char *name)
{
    loaded.count = (size_t)file_size(path_in(name));
    loaded.at = (unsigned char *)file_text(path_in(name));
}

static void put(const char *name, const void *bytes, size_t count)
{
    FILE *stream = fopen(path_in(name), "wb");
    if (!stream || fwrite(bytes, 1, count, stream) != count || fclose(stream) != 0) {
        printf("Bail out! cannot write %s\n", path_in(name));
        exit(1);
    }
}

static void put_back(const char *name)
{
    put(name, loaded.at, loaded.count);
    free(loaded.at);
    loaded.at = NULL;
}

static void make(const unsigned char *key)
{
    struct lac_arena arena = {0};
    tree_remove(".");
    struct lac_checkpoints *c = open_test(&arena);
    TAP_OK(commit_round(c, ROUND, 0, key));
    tap_ok(holds(ROUND, key), "it is whole before it is damaged");
    lac_checkpoints_close(c);
    lac_arena_free(&arena);
}

static void write_byte(int fd, size_t at, unsigned char byte)
{
    if (pwrite(fd, &byte, 1, (off_t)at) != 1) {
        printf("Bail out! cannot change a byte\n");
        exit(1);
    }
}

typedef bool trial(const unsigned char *key);

/* How many of the bytes of a file can be changed without the trial's failing. */
static size_t flips(const char *name, trial *refused, const unsigned char *key)
{
    size_t passed = 0;
    load(name);
    int fd = open(path_in(name), O_WRONLY);
    size_t step = getenv("LAC_TEST_SHORT") ? 7 : 1;
    for (size_t at = 0; at < loaded.count; at += step) {
        write_byte(fd, at, loaded.at[at] ^ (unsigned char)(1u << at % 8));
        passed += !refused(key);
        write_byte(fd, at, loaded.at[at]);
    }
    close(fd);
    put_back(name);
    return passed;
}

static bool is_refused(const unsigned char *key)
{
    struct state s;
    uint64_t round;
    return believe(round_folder(ROUND), &s, &round, key) == LAC_E_INPUT;
}

/* As if the digests had been made anew: what is read is what was written, or is refused. */
static bool is_safe_without_digests(const unsigned char *key)
{
    struct lac_saved_file file[FILES] = {
        {.name = "rank-0000.h5", .items = 3, .has_server = true, .has_rank = true},
        {.name = "rank-0001.h5", .first = 3, .items = 2, .has_rank = true}};
    struct lac_manifest m = test_manifest(ROUND, file, key != NULL);
    struct state s = {0};
    return read_state(round_folder(ROUND), &m, &s, key) != LAC_OK || is_state(&s, ROUND);
}

static void each_byte(const unsigned char *key, const char *kind)
{
    static const char *const names[] = {"MANIFEST.json", "rank-0000.h5", "rank-0001.h5"};
    make(key);
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        size_t passed = flips(names[k], is_refused, key);
        tap_ok(passed == 0, "%s: each byte of %s, changed, is refused (%zu are not)", kind,
               names[k], passed);
    }
    tap_ok(holds(ROUND, key), "%s: and with each put back it is whole", kind);
}

static void lengths(void)
{
    static const char *const names[] = {"MANIFEST.json", "rank-0001.h5"};
    size_t passed = 0;
    for (size_t k = 0; k < 2; k++) {
        load(names[k]);
        for (size_t count = 0; count < loaded.count; count += 1 + count / 64) {
            put(names[k], loaded.at, count);
            passed += !is_refused(NULL);
        }
        put(names[k], loaded.at, loaded.count + 1); /* the zero behind it */
        passed += !is_refused(NULL);
        put_back(names[k]);
    }
    tap_ok(passed == 0, "files of any other length are refused");
}

static void files(void)
{
    rename(path_in("rank-0000.h5"), "aside");
    tap_ok(is_refused(NULL), "a file that is missing is found missing");
    load("rank-0001.h5");
    put("rank-0000.h5", loaded.at, loaded.count);
    free(loaded.at);
    tap_ok(is_refused(NULL), "a file under another's name is refused");
    rename("aside", path_in("rank-0000.h5"));
    put("index.h5", "nonsense", 8);
    tap_ok(holds(ROUND, NULL), "the index is never read");
}

/* The rows of clients 3 and 4, exchanged. */
static void exchange_items(void)
{
    hsize_t size[2];
    hid_t file = H5Fopen(path_in("rank-0001.h5"), H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t set = H5Dopen2(file, "clients/sealed", H5P_DEFAULT), space = H5Dget_space(set);
    H5Sget_simple_extent_dims(space, size, NULL);
    unsigned char *rows = malloc(3 * size[1]);
    H5Dread(set, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows);
    memcpy(rows + 2 * size[1], rows, size[1]);
    H5Dwrite(set, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows + size[1]);
    free(rows);
    H5Sclose(space);
    H5Dclose(set);
    H5Fclose(file);
}

static void attacked(void)
{
    make(good_key);
    size_t passed = flips("rank-0001.h5", is_safe_without_digests, good_key);
    tap_ok(passed == 0, "sealed: no byte changes a value, digests or not");
    struct state s;
    uint64_t round;
    expect_failure(believe(round_folder(ROUND), &s, &round, bad_key), LAC_E_SECURITY,
                   "does not open with this key", "sealed: another key opens nothing");
    exchange_items();
    struct lac_saved_file file = {.name = "rank-0001.h5"};
    struct view v = view_of(&s, 3, 1);
    view_settle(&v);
    expect_failure(lac_checkpoint_read_file(round_folder(ROUND), &file, &v.clients_group, good_key),
                   LAC_E_SECURITY, "client 3 does not open",
                   "sealed: one client is not taken for another");
}

/* Two groups of the same parts in two files: the bytes of one do not pass for the other. */
static void groups_are_bound(void)
{
    double values[DIM] = {1.0}, read[DIM] = {0.0};
    struct lac_part part = {"v", LAC_PART_DOUBLES, DIM, values};
    struct lac_part_group server = {"server", 0, 1, &part, 1}, rank = {"ranks_", 0, 1, &part, 1};
    struct lac_saved_file file = {.name = "server.h5"};
    TAP_OK(lac_checkpoint_write_file(".", &file, &server, 1, good_key));
    unsigned char *bytes = (unsigned char *)file_text("server.h5");
    hid_t opened = H5Fopen("server.h5", H5F_ACC_RDWR, H5P_DEFAULT);
    bool renamed = H5Lmove(opened, "server", H5L_SAME_LOC, "ranks_", H5P_DEFAULT, H5P_DEFAULT) >= 0;
    H5Fclose(opened);
    part.values = read;
    lac_status status = lac_checkpoint_read_file(".", &file, &rank, good_key);
    tap_ok(renamed && status == LAC_E_SECURITY && read[0] == 0.0,
           "sealed: one group is not taken for another");
    free(bytes);
}

/* An item of three messages, the last of 5 numbers. */
enum { PIECE = 65536, PIECES = 3, LONG = 2 * PIECE / 8 + 5, LAST = 5 * 8 };
static double numbers[LONG];
static unsigned char row[LAC_STREAM_HEAD + 8 * LONG + PIECES * LAC_STREAM_MORE];

static struct lac_part_group long_group(struct lac_part *part, double *values)
{
    *part = (struct lac_part){"v", LAC_PART_DOUBLES, LONG, values};
    return (struct lac_part_group){"server", 0, 1, part, 1};
}

/* docs/checkpoints.md: what the first message of it is bound to. */
static void bind_long(unsigned char with[LAC_DIGEST_BYTES])
{
    struct lac_digest of;
    lac_digest_begin(&of, LAC_DIGEST_BYTES);
    lac_digest_add_text(&of, "laconic checkpoint");
    lac_digest_add_count(&of, LAC_CHECKPOINT_VERSION);
    lac_digest_add_text(&of, "server");
    lac_digest_add_count(&of, 0);
    lac_digest_add_count(&of, 1);
    lac_digest_add_text(&of, "v");
    lac_digest_add_count(&of, LAC_PART_DOUBLES);
    lac_digest_add_count(&of, LONG);
    lac_digest_end(&of, with);
}

static void move_row(bool write)
{
    hid_t file = H5Fopen("long.h5", H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t set = H5Dopen2(file, "server/sealed", H5P_DEFAULT);
    herr_t moved = write ? H5Dwrite(set, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, row)
                         : H5Dread(set, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, row);
    tap_ok(moved >= 0 && H5Dget_storage_size(set) == sizeof row, "an item is a row of %zu bytes",
           sizeof row);
    H5Dclose(set);
    H5Fclose(file);
}

/* Opens the row's messages, or seals them anew with the values at hand; the one numbered `final` is the last. How many did. */
static int walk_row(bool seal, int final)
{
    char purpose[64];
    unsigned char with[LAC_DIGEST_BYTES], *values = (unsigned char *)numbers;
    unsigned char *sealed = row + LAC_STREAM_HEAD;
    struct lac_stream *s;
    int count = 0;
    snprintf(purpose, sizeof purpose, "laconic-checkpoint-%d server", LAC_CHECKPOINT_VERSION);
    lac_status status = seal ? lac_stream_begin(&s, purpose, good_key, row)
                             : lac_stream_open(&s, purpose, good_key, row);
    bind_long(with);
    for (bool good = status == LAC_OK; good && count < PIECES; count += good) {
        const struct lac_message m = {.with = count == 0 ? with : NULL,
                                      .with_bytes = count == 0 ? sizeof with : 0,
                                      .bytes = count + 1 < PIECES ? PIECE : LAST,
                                      .last = count == final};
        if (seal) {
            lac_stream_seal(s, &m, values, sealed);
        } else {
            good = lac_stream_unseal(s, &m, sealed, values);
        }
        values += m.bytes;
        sealed += m.bytes + LAC_STREAM_MORE;
    }
    lac_stream_close(s);
    return count;
}

/* The last message of an item says that it is: what ends elsewhere, or nowhere, is no item. */
static void ends_are_bound(void)
{
    static double read[LONG];
    struct lac_part part;
    struct lac_part_group group = long_group(&part, numbers);
    struct lac_saved_file file = {.name = "long.h5"};
    for (size_t i = 0; i < LONG; i++) {
        numbers[i] = (double)i;
    }
    TAP_OK(lac_checkpoint_write_file(".", &file, &group, 1, good_key));
    move_row(false);
    tap_ok(walk_row(false, PIECES - 1) == PIECES && numbers[LONG - 1] == LONG - 1,
           "sealed: an item opens as docs/checkpoints.md has it, with a last message");
    tap_ok(walk_row(false, -1) == PIECES - 1, "sealed: and that alone is tagged as the last");
    group = long_group(&part, read);
    static const int ends[] = {PIECES - 1, 0, -1}; /* -1: none */
    for (size_t k = 0; k < sizeof ends / sizeof *ends; k++) {
        walk_row(true, ends[k]);
        move_row(true);
        lac_status status = lac_checkpoint_read_file(".", &file, &group, good_key);
        tap_ok(status == (k == 0 ? LAC_OK : LAC_E_SECURITY),
               "sealed: an item made anew under the key, message %d its last: %s", ends[k],
               status == LAC_OK ? "read" : lac_failure());
    }
}

/* The manifest with one text in the place of another, its digest made anew. */
static void edit(const char *from, const char *to)
{
    static const char tail[] = ",\n  \"blake2b\": \"";
    char *text = file_text(path_in("MANIFEST.json")), *edited = calloc(1, 8192);
    char *place = strstr(text, from);
    *strstr(text, tail) = '\0';
    if (!place) {
        printf("Bail out! no %s\n", from);
        exit(1);
    }
    size_t length = (size_t)(place - text);
    snprintf(edited, 8000, "%.*s%s%s", (int)length, text, to, place + strlen(from));
    struct lac_digest of;
    char digest[LAC_DIGEST_TEXT];
    lac_digest_begin(&of, LAC_DIGEST_BYTES);
    lac_digest_add(&of, edited, strlen(edited));
    lac_digest_end_text(&of, digest);
    length = strlen(edited);
    snprintf(edited + length, 8192 - length, "%s%s\"\n}\n", tail, digest);
    put("MANIFEST.json", edited, strlen(edited));
    free(edited);
    free(text);
}

static const struct {
    const char *from, *to, *words;
} edits[] = {
    {"\"format_version\": 3", "\"format_version\": 5",
     "is of version 5; this laconic reads versions 3 and 4"},
    {"\"format_version\": 3", "\"format_version\": 1",
     "is of version 1; this laconic reads versions 3 and 4: go on with the laconic that made it"},
    {"\"format_version\": 3", "\"format_version\": 2", "is of version 2"},
    {"\"format_version\": 3", "\"format_version\": 4", "other fields than its version has"},
    {"\"laconic-checkpoint\"", "\"laconic-checkpoints\"", "no manifest"},
    {"\"format_version\": 3", "\"format_version\": \"3\"", "no manifest"},
    {"\"round\": 12", "\"round\": -1", "'round'"},
    {"\"round\": 12", "\"round\": 12.0", "'round'"},
    {"\"round\": 12", "\"round\": 9223372036854775808", "no JSON"},
    {"\"round\": 12", "\"round\": 12, \"round\": 12", "no JSON"},
    {"\"round\": 12", "\"rounds\": 12", "'round'"},
    {"\"round\": 12", "\"round\": 12, \"more\": 1", "other fields"},
    {"\"ef21\"", "\"ef\\n21\"", "'method'"},
    {"\"ef21\"", "\"\"", "'method'"},
    {"\"0.1.0\"", "null", "'laconic'"},
    {"\"clients\": 5", "\"clients\": 0", "'clients'"},
    {"\"clients\": 5", "\"clients\": 4294967296", "'clients'"},
    {"\"clients\": 5", "\"clients\": 6", "each client once"},
    {"\"clients\": 5", "\"clients\": 4", "each client once"},
    {"\"ranks\": 2", "\"ranks\": 0", "'ranks'"},
    {"\"dim\": 7", "\"dim\": 0", "'dim'"},
    {"\"rows\": 13", "\"rows\": true", "'rows'"},
    {"\"sealed\": false", "\"sealed\": 0", "'sealed'"},
    {"\"problem\": \"00", "\"problem\": \"0", "'problem'"},
    {"\"problem\": \"00", "\"problem\": \"AA", "'problem'"},
    {"\"run\": \"01", "\"run\": \"x1", "'run'"},
    {"\"trajectory\": \"method = ef21\\ncompressor = topk:k=2\\n\"", "\"trajectory\": 1",
     "'trajectory'"},
    {"\"rank-0000.h5\"", "\"../rank-0000.h5\"", "a name that none"},
    {"\"rank-0000.h5\"", "\".rank\"", "a name that none"},
    {"\"rank-0000.h5\"", "\"\"", "a name that none"},
    {"\"rank-0000.h5\"", "\"index.h5\"", "a name that none"},
    {"\"rank-0000.h5\"", "\"0123456789012345678901234567890123\"", "'name'"},
    {"\"rank-0000.h5\"", "\"rank-0001.h5\"", "two files have one name"},
    {"\"bytes\": ", "\"bytes\": -", "'bytes'"},
    {"\"digest\": \"", "\"digest\": \"0", "'digest'"},
    {"\"first\": 3", "\"first\": 2", "each client once"},
    {"\"first\": 3", "\"first\": 4", "each client once"},
    {"\"items\": 3", "\"items\": 5", "each client once"},
    {"\"items\": 2", "\"items\": 4294967295", "each client once"},
    {"\"server\": true", "\"server\": false", "the server"},
    {"\"server\": false", "\"server\": true", "the server"},
    {"\"server\": true", "\"server\": 1", "'server'"},
    {"\"files\": [", "\"files\": [7, ", "'files'"},
    {"\"files\": [", "\"files\": \"\", \"old\": [", "other fields"},
};

static void fields(void)
{
    struct lac_arena arena = {0};
    struct lac_manifest m;
    unsigned char digest[LAC_DIGEST_BYTES];
    make(NULL);
    edit("\"ef21\"", "\"ef14\"");
    TAP_OK(lac_manifest_read(&m, round_folder(ROUND), digest, &arena));
    tap_ok(strcmp(m.method, "ef14") == 0, "a manifest whose digest is made anew is read");
    edit("\"ef14\"", "\"ef21\"");
    for (size_t k = 0; k < sizeof edits / sizeof *edits; k++) {
        char name[128];
        snprintf(name, sizeof name, "a manifest with %s in the place of %s is refused", edits[k].to,
                 edits[k].from);
        for (char *p = name; *p; p++) {
            *p = *p == '\n' || *p == '#' ? ' ' : *p;
        }
        load("MANIFEST.json");
        edit(edits[k].from, edits[k].to);
        lac_status wanted = k < 3 ? LAC_E_USAGE : LAC_E_INPUT; /* another version is not damage */
        expect_failure(lac_manifest_read(&m, round_folder(ROUND), digest, &arena), wanted,
                       edits[k].words, name);
        put_back("MANIFEST.json");
    }
    edit("\"problem\": \"" TEST_PROBLEM "\"", "\"problem\": null");
    TAP_OK(lac_manifest_read(&m, round_folder(ROUND), digest, &arena));
    tap_ok(!m.problem && strcmp(m.run, "0123456789abcdef") == 0 && m.rows == 13 && m.ranks == 2 &&
               m.dim == DIM &&
               strcmp(m.trajectory, "method = ef21\ncompressor = topk:k=2\n") == 0 &&
               m.file[1].items == 2 && m.file[1].first == 3 && !m.sealed,
           "a manifest says what was written into it");
    lac_arena_free(&arena);
}

int main(void)
{
    checkpoint_scratch();
    test_keys();
    each_byte(NULL, "plain");
    lengths();
    files();
    each_byte(good_key, "sealed");
    attacked();
    groups_are_bound();
    ends_are_bound();
    fields();
    test_keys_free();
    return tap_done();
}
