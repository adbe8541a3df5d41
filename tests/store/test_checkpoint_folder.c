/* A folder of checkpoints: what is committed is there whole, what is not leaves nothing, the newest are kept. */
#include "checkpoint_test.h"
#include "store/checkpoint_manifest.h"

static void commits(const unsigned char *key, const char *kind)
{
    struct lac_arena arena = {0};
    struct lac_checkpoints *c = open_test(&arena);
    TAP_OK(commit_round(c, 12, 2, key));
    tap_ok(holds(12, key), "%s: a committed checkpoint reads back", kind);
    TAP_OK(commit_round(c, 40, 2, key));
    TAP_OK(commit_round(c, 1234567890123, 2, key));
    tap_ok(strcmp(rounds_there(), "1234567890123 40") == 0, "%s: the newest two are kept: %s", kind,
           rounds_there());
    tap_ok(holds(40, key) && holds(1234567890123, key), "%s: and both are whole", kind);
    TAP_OK(commit_round(c, 41, 0, key));
    tap_ok(strcmp(rounds_there(), "1234567890123 41 40") == 0, "keep 0 keeps all");
    TAP_OK(commit_round(c, 42, 1, key));
    tap_ok(strcmp(rounds_there(), "1234567890123 42") == 0,
           "rounds after the committed one are not counted, and stay");
    lac_checkpoints_close(c);
    tap_ok(names_with(DIR_NAME, ".") == 0 && !is_there(DIR_NAME "/lock"),
           "%s: nothing else is left: no lock, no folder in the making", kind);
    lac_arena_free(&arena);
    tree_remove(".");
}

static void replaces(void)
{
    struct lac_arena arena = {0};
    struct lac_checkpoints *c = open_test(&arena);
    TAP_OK(commit_round(c, 5, 0, NULL));
    int fd = open(DIR_NAME "/round-000000005/rank-0001.h5", O_WRONLY | O_TRUNC);
    close(fd);
    tap_ok(!holds(5, NULL), "a checkpoint whose file is cut is not believed");
    TAP_OK(commit_round(c, 5, 0, NULL));
    tap_ok(holds(5, NULL) && names_with(DIR_NAME, ".tmp-") == 0,
           "a round that is there already is replaced, whole");
    lac_checkpoints_close(c);
    lac_arena_free(&arena);
    tree_remove(".");
}

static void drops(void)
{
    struct lac_arena arena = {0};
    struct lac_checkpoints *c = open_test(&arena);
    struct lac_saved_file file[FILES];
    struct state s = state_of(6);
    const char *folder;
    TAP_OK(commit_round(c, 5, 0, NULL));
    TAP_OK(lac_checkpoints_begin(c, 6, &folder));
    TAP_OK(write_test_file(folder, 0, &s, &file[0], NULL));
    tap_ok(strcmp(rounds_there(), "5") == 0, "what is begun is no checkpoint");
    lac_checkpoints_drop(c);
    tap_ok(names_with(DIR_NAME, ".tmp-") == 0 && holds(5, NULL), "what is dropped is gone");
    TAP_OK(lac_checkpoints_begin(c, 6, &folder));
    TAP_OK(write_test_file(folder, 0, &s, &file[0], NULL));
    TAP_OK(lac_checkpoints_begin(c, 7, &folder));
    tap_ok(names_with(DIR_NAME, ".tmp-") == 1 && names_with(folder, "") == 0,
           "what is begun over another one is empty, and the other gone");
    struct lac_manifest m = test_manifest(7, file, false);
    file[1] = file[0];
    expect_failure(lac_checkpoints_commit(c, &m, 0), LAC_E_IO, "cannot write",
                   "a checkpoint without its files is not committed");
    tap_ok(strcmp(rounds_there(), "5") == 0 && names_with(DIR_NAME, ".tmp-") == 0,
           "and leaves nothing");
    lac_checkpoints_close(c);
    lac_arena_free(&arena);
    tree_remove(".");
}

static bool reads(struct lac_manifest *m, struct lac_manifest *back, struct lac_arena *arena)
{
    unsigned char digest[LAC_DIGEST_BYTES];
    return lac_manifest_write(m, ".") == LAC_OK &&
           lac_manifest_read(back, ".", digest, arena) == LAC_OK;
}

/* Clients that a run lost: listed, and in no file or in one. */
static void absent_clients(void)
{
    struct lac_arena arena = {0};
    struct lac_saved_file file[] = {
        {.name = "rank-0002.h5", .bytes = 1, .first = 2, .items = 3, .has_rank = true},
        {.name = "server.h5", .bytes = 1, .has_server = true}};
    struct lac_saved_absence absence[] = {{0, 2, 12, 11, "a host"}, {4, 1, 13, 13, NULL}};
    struct lac_manifest m = test_manifest(20, file, false), back;
    m.clients = 5;
    m.files = 2;
    m.absence = absence;
    m.absences = 2;
    tap_ok(reads(&m, &back, &arena) && back.absences == 2 && back.absence[0].count == 2 &&
               back.absence[0].round == 12 && back.absence[0].row == 11 &&
               strcmp(back.absence[0].host, "a host") == 0 && back.absence[1].first == 4 &&
               back.absence[1].host == NULL,
           "lost clients are listed, those of no file and those of one");
    tap_ok(lac_manifest_is_absent(&back, 1) && !lac_manifest_is_absent(&back, 2) &&
               lac_manifest_is_absent(&back, 4),
           "and found there");
    m.absences = 0;
    expect_failure(lac_manifest_write(&m, "."), LAC_E_INPUT, "each client once",
                   "who is not lost is in a file");
    m.absences = 2;
    absence[0].row = 10;
    tap_ok(!reads(&m, &back, &arena), "a row is that of the round, or of the one before");
    absence[0].row = 12;
    absence[1].count = 2;
    tap_ok(!reads(&m, &back, &arena), "nobody is lost who is not there");
    absence[1] = (struct lac_saved_absence){1, 1, 13, 13, NULL};
    tap_ok(!reads(&m, &back, &arena), "nor twice");
    lac_arena_free(&arena);
    tree_remove(".");
}

static void sweeps(void)
{
    struct lac_arena arena = {0};
    mkdir(DIR_NAME, 0777);
    mkdir(DIR_NAME "/.tmp-round-000000003", 0777);
    close(open(DIR_NAME "/.tmp-round-000000003/rank-0000.h5", O_CREAT | O_WRONLY, 0666));
    close(open(DIR_NAME "/.lock-abcdef", O_CREAT | O_WRONLY, 0666));
    close(open(DIR_NAME "/.mine", O_CREAT | O_WRONLY, 0666));
    mkdir(DIR_NAME "/round-000000007", 0777);
    mkdir(DIR_NAME "/round-8", 0777);
    mkdir(DIR_NAME "/round-000000009.old", 0777);
    mkdir(DIR_NAME "/round-0000000010", 0777);
    struct lac_checkpoints *c = open_test(&arena);
    tap_ok(names_with(DIR_NAME, ".tmp-") == 0 && names_with(DIR_NAME, ".lock-") == 0,
           "what dead writers left goes when the folder is opened");
    tap_ok(names_with(DIR_NAME, ".mine") == 1, "and nothing else");
    tap_ok(strcmp(rounds_there(), "7") == 0, "only names that rounds have are rounds");
    struct state s;
    uint64_t round;
    expect_failure(believe(round_folder(7), &s, &round, NULL), LAC_E_INPUT,
                   "MANIFEST.json' is not there", "a folder without a manifest is no checkpoint");
    lac_checkpoints_close(c);
    lac_arena_free(&arena);
    tree_remove(".");
}

static void places(void)
{
    struct lac_arena arena = {0};
    struct lac_checkpoints *c;
    const char *warning;
    tap_ok(strcmp(rounds_there(), "") == 0, "a folder that is not there has no checkpoints");
    expect_failure(lac_checkpoints_open(&c, "a/b", "0a", &arena, &warning), LAC_E_IO,
                   "cannot write 'a/b': No such file or directory", "parents are not made");
    close(open("file", O_CREAT | O_WRONLY, 0666));
    expect_failure(lac_checkpoints_open(&c, "file", "0a", &arena, &warning), LAC_E_IO,
                   "cannot write 'file': Not a directory", "a file is no folder");
    expect_failure(lac_checkpoints_open(&c, "/proc/self", "0a", &arena, &warning), LAC_E_IO,
                   "cannot write '/proc/self/lock'", "nothing is written where nothing can be");
    lac_arena_free(&arena);
}

/* The index is for people: its names are relative, and its rows those of the files. */
static void index_is_there(void)
{
    struct lac_arena arena = {0};
    struct lac_checkpoints *c = open_test(&arena);
    TAP_OK(commit_round(c, 5, 0, NULL));
    tap_ok(file_size(DIR_NAME "/round-000000005/index.h5") > 0, "an index is beside the files");
    unlink(DIR_NAME "/round-000000005/index.h5");
    tap_ok(holds(5, NULL), "and nothing needs it");
    lac_checkpoints_close(c);
    lac_arena_free(&arena);
    tree_remove(".");
}

int main(void)
{
    checkpoint_scratch();
    test_keys();
    commits(NULL, "plain");
    commits(good_key, "sealed");
    replaces();
    drops();
    absent_clients();
    sweeps();
    places();
    index_is_there();
    test_keys_free();
    return tap_done();
}
