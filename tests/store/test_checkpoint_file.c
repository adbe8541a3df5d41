/* Files of a checkpoint: what is written is read, by any number of ranks, and nothing else is. */
#include "checkpoint_test.h"

static struct state written;

static bool reads(const struct lac_saved_file *file, const struct lac_part_group *group,
                  const unsigned char *key)
{
    lac_status status = lac_checkpoint_read_file(".", file, group, key);
    if (status != LAC_OK) {
        printf("# %s\n", lac_failure());
    }
    return status == LAC_OK;
}

static void round_trip(const unsigned char *key, const char *kind)
{
    struct lac_saved_file file[FILES];
    struct state s = {0};
    struct lac_manifest m = test_manifest(3, file, key != NULL);
    written = state_of(3);
    TAP_OK(write_test_file(".", 0, &written, &file[0], key));
    TAP_OK(write_test_file(".", 1, &written, &file[1], key));
    TAP_OK(lac_checkpoint_check_file(".", &file[0]));
    tap_ok(read_state(".", &m, &s, key) == LAC_OK && is_state(&s, 3),
           "%s: every client alone, the server and the rank read as they were written", kind);
    bool all = true;
    for (uint32_t first = 0; first < 3; first++) {
        for (uint32_t items = 0; first + items <= 3; items++) {
            struct state part = {0};
            struct view v = view_of(&part, first, items);
            view_settle(&v);
            all = all && reads(&file[0], &v.clients_group, key);
            for (uint32_t i = 0; i < CLIENTS; i++) {
                bool there = i >= first && i < first + items;
                all = all && (part.draws[i] == (there ? written.draws[i] : 0)) &&
                      (part.g[i][DIM - 1] == (there ? written.g[i][DIM - 1] : 0.0)) &&
                      (part.turn[i][1] == (there ? written.turn[i][1] : 0));
            }
        }
    }
    tap_ok(all, "%s: every range of the clients of a file is read, and nothing beside it", kind);
}

/* A range, type, count or name that the file does not have. */
static void refusals(const unsigned char *key, const char *kind)
{
    struct lac_saved_file file;
    struct state s = {0};
    TAP_OK(write_test_file(".", 1, &written, &file, key));
    lac_status parts = key ? LAC_E_SECURITY : LAC_E_INPUT;
    struct view v = view_of(&s, 2, 2);
    view_settle(&v);
    expect_failure(lac_checkpoint_read_file(".", &file, &v.clients_group, key), LAC_E_INPUT,
                   "has clients 3 to 4", "a client that the file does not have is refused");
    v = view_of(&s, 3, 2);
    view_settle(&v);
    expect_failure(lac_checkpoint_read_file(".", &file, &v.server_group, key), LAC_E_INPUT,
                   "has no server", "so is a group that it does not have");
    v.clients[0].name = "torn";
    lac_status status = lac_checkpoint_read_file(".", &file, &v.clients_group, key);
    tap_ok(status == parts, "%s: a part of another name is refused", kind);
    v.clients[0].name = "turn";
    v.clients[2].type = LAC_PART_DOUBLES;
    status = lac_checkpoint_read_file(".", &file, &v.clients_group, key);
    tap_ok(status == parts, "%s: a part of another type of the same size is refused", kind);
    v.clients[2].type = LAC_PART_COUNTERS;
    v.clients_group.part_count = 3;
    status = lac_checkpoint_read_file(".", &file, &v.clients_group, key);
    tap_ok(status == LAC_E_INPUT, "%s: a part too few is refused", kind);
    v.clients_group.part_count = 4;
    v.clients[1].count = DIM - 1;
    v.clients[3].count = DIM + 1; /* the same sum */
    s = (struct state){0};
    status = lac_checkpoint_read_file(".", &file, &v.clients_group, key);
    tap_ok(status == parts && s.g[3][0] == 0.0, "%s: parts of other sizes are refused", kind);
    v = view_of(&s, 3, 2);
    view_settle(&v);
    struct lac_part first = v.clients[0];
    v.clients[0] = v.clients[3];
    v.clients[3] = first;
    tap_ok(reads(&file, &v.clients_group, key) && s.h[4][2] == written.h[4][2] &&
               s.turn[4][2] == written.turn[4][2],
           "%s: parts are read in any order", kind);
}

static void keys(void)
{
    struct lac_saved_file plain, sealed;
    struct state s = {0};
    struct view v = view_of(&s, 3, 1);
    view_settle(&v);
    TAP_OK(write_test_file(".", 1, &written, &plain, NULL));
    expect_failure(lac_checkpoint_read_file(".", &plain, &v.clients_group, good_key),
                   LAC_E_SECURITY, "is not sealed", "a plain file is not believed under a key");
    TAP_OK(write_test_file(".", 1, &written, &sealed, good_key));
    expect_failure(lac_checkpoint_read_file(".", &sealed, &v.clients_group, NULL), LAC_E_SECURITY,
                   "is sealed", "a sealed file is not read without a key");
    expect_failure(lac_checkpoint_read_file(".", &sealed, &v.clients_group, bad_key),
                   LAC_E_SECURITY, "does not open with this key", "nor with another one");
    tap_ok(s.g[3][0] == 0.0 && s.draws[3] == 0, "and no value of it was given out");
}

/* A file of one part of `bytes` bytes for a client. */
static void large(size_t count, const unsigned char *key, const char *kind)
{
    struct lac_saved_file file = {.name = "large.h5", .items = 2};
    double *values = malloc((2 * count + 1) * sizeof *values);
    double *read = malloc((2 * count + 1) * sizeof *read);
    uint32_t mark[2] = {7, 8}, seen[2] = {0};
    struct lac_part part[] = {{"a", LAC_PART_INTEGERS, 1, mark},
                              {"v", LAC_PART_DOUBLES, count, values}};
    struct lac_part_group group = {"clients", 0, 2, part, 2};
    for (size_t i = 0; i < 2 * count; i++) {
        values[i] = (double)i;
        read[i] = -1.0;
    }
    bool ok = lac_checkpoint_write_file(".", &file, &group, 1, key) == LAC_OK &&
              lac_checkpoint_check_file(".", &file) == LAC_OK;
    part[0].values = seen;
    part[1].values = read;
    ok = ok && reads(&file, &group, key) && same_bytes(seen, mark, sizeof mark) &&
         same_bytes(read, values, 2 * count * sizeof *read);
    tap_ok(ok, "%s: two clients of %zu numbers, in pieces", kind, count);
    free(values);
    free(read);
}

static void sizes(void)
{
    static const size_t count[] = {0, 1, 8191, 8192, 16384, 700001};
    for (size_t k = 0; k < sizeof count / sizeof *count; k++) {
        large(count[k], NULL, "plain");
        large(count[k], good_key, "sealed");
    }
}

/* BLAKE2b over the digests of pieces and the size, as the header of checkpoint_digest.h says. */
static void definition(void)
{
    enum { COUNT = 1100000, PIECE = 4 << 20 };
    struct lac_saved_file file = {.name = "digest.h5", .has_server = true};
    double *values = calloc(COUNT, sizeof *values);
    struct lac_part part = {"v", LAC_PART_DOUBLES, COUNT, values};
    struct lac_part_group group = {"server", 0, 1, &part, 1};
    TAP_OK(lac_checkpoint_write_file(".", &file, &group, 1, NULL));
    FILE *stream = fopen("digest.h5", "rb");
    unsigned char *bytes = calloc(1, file.bytes);
    bool ok = fread(bytes, 1, file.bytes, stream) == file.bytes &&
              file_size("digest.h5") == (off_t)file.bytes;
    fclose(stream);
    unsigned char pieces[3][32], size[8], digest[32];
    size_t count = (size_t)(file.bytes + PIECE - 1) / PIECE;
    crypto_generichash_state all;
    crypto_generichash_init(&all, NULL, 0, 32);
    for (size_t k = 0; k < count && count <= 3; k++) {
        size_t left = file.bytes - k * PIECE;
        crypto_generichash(pieces[k], 32, bytes + k * PIECE, left < PIECE ? left : PIECE, NULL, 0);
        crypto_generichash_update(&all, pieces[k], 32);
    }
    for (unsigned k = 0; k < 8; k++) {
        size[k] = (unsigned char)(file.bytes >> (8 * k));
    }
    crypto_generichash_update(&all, size, 8);
    crypto_generichash_final(&all, digest, 32);
    tap_ok(ok && count == 3 && same_bytes(digest, file.digest, 32),
           "a digest is BLAKE2b over the BLAKE2b of %zu pieces and the size", count);
    free(bytes);
    free(values);
}

static void same_state_same_bytes(void)
{
    struct lac_saved_file first, second, sealed[2];
    struct state s = state_of(3);
    TAP_OK(write_test_file(".", 0, &s, &first, NULL));
    sleep(1); /* what has a time in it has another now */
    TAP_OK(write_test_file(".", 0, &s, &second, NULL));
    tap_ok(first.bytes == second.bytes && same_bytes(first.digest, second.digest, 32),
           "the same state has the same bytes at another time");
    s.x[0] += 1.0;
    TAP_OK(write_test_file(".", 0, &s, &second, NULL));
    tap_ok(!same_bytes(first.digest, second.digest, 32), "another state has others");
    TAP_OK(write_test_file(".", 0, &s, &sealed[0], good_key));
    TAP_OK(write_test_file(".", 0, &s, &sealed[1], good_key));
    tap_ok(!same_bytes(sealed[0].digest, sealed[1].digest, 32), "no two sealed ones are alike");
}

static void plain_bytes(void)
{
    struct lac_saved_file file;
    struct state s = state_of(3);
    for (unsigned sealed = 0; sealed < 2; sealed++) {
        TAP_OK(write_test_file(".", 0, &s, &file, sealed ? good_key : NULL));
        FILE *stream = fopen(file.name, "rb");
        unsigned char *bytes = calloc(1, file.bytes);
        bool ok = fread(bytes, 1, file.bytes, stream) == file.bytes;
        bool tells = memmem(bytes, file.bytes, s.g[1], sizeof s.g[1]) ||
                     memmem(bytes, file.bytes, s.server_h, sizeof s.server_h) ||
                     memmem(bytes, file.bytes, s.g[2], sizeof(double));
        tap_ok(ok && tells == !sealed, sealed ? "a sealed file has no value in it as it is"
                                              : "a plain one has them as they are");
        fclose(stream);
        free(bytes);
    }
}

static void places(void)
{
    struct lac_saved_file file;
    struct state s = state_of(3);
    expect_failure(write_test_file("nowhere", 0, &s, &file, NULL), LAC_E_IO,
                   "cannot write 'nowhere/rank-0000.h5': No such file",
                   "a folder that is not there");
    mkdir("rank-0000.h5.d", 0777);
    expect_failure(lac_checkpoint_check_file(".", &(struct lac_saved_file){.name = "absent.h5"}),
                   LAC_E_INPUT, "'./absent.h5' is not there", "a file that is not there");
    file = (struct lac_saved_file){.name = "rank-0000.h5.d", .bytes = 4096};
    expect_failure(lac_checkpoint_check_file(".", &file), LAC_E_INPUT, "no regular file",
                   "a folder is no file");
    expect_failure(write_test_file("/dev/full", 0, &s, &file, NULL), LAC_E_IO, "Not a directory",
                   "a device is no folder");
}

int main(void)
{
    checkpoint_scratch();
    test_keys();
    round_trip(NULL, "plain");
    round_trip(good_key, "sealed");
    refusals(NULL, "plain");
    refusals(good_key, "sealed");
    keys();
    sizes();
    definition();
    same_state_same_bytes();
    plain_bytes();
    places();
    test_keys_free();
    return tap_done();
}
