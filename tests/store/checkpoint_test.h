/* Small checkpoints in the scratch folder, whose values their places give away. */
#ifndef LAC_TESTS_CHECKPOINT_TEST_H
#define LAC_TESTS_CHECKPOINT_TEST_H

#include <errno.h>
#include <ftw.h>

#include "seal/secret.h"
#include "store/checkpoint.h"
#include "store_test.h"

enum { CLIENTS = 5, DIM = 7, WORDS = 3, FILES = 2 };

#define DIR_NAME "kept"

/* HDF5 1.10 does not free all that it has of a file that it could not read or write. Ours has no frame of it. */
const char *__lsan_default_suppressions(
    void); /* NOLINT(bugprone-reserved-identifier): the sanitizer's name */

const char *__lsan_default_suppressions(void) /* NOLINT(bugprone-reserved-identifier) */
{
    return "leak:libhdf5\n";
}

static char scratch_top[sizeof scratch_folder];

static inline int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *walk)
{
    (void)facts;
    (void)kind;
    return walk->level > 0 ? remove(path) : 0;
}

/* A folder in folders, before the program's scratch folder goes. */
static inline void tree_remove(const char *path)
{
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void scratch_clear(void)
{
    tree_remove(scratch_top);
}

static inline void checkpoint_scratch(void)
{
    scratch_enter();
    memcpy(scratch_top, scratch_folder, sizeof scratch_top);
    atexit(scratch_clear);
}

static unsigned char *good_key, *bad_key;

static inline void test_keys(void)
{
    TAP_OK(lac_secrets_begin());
    TAP_OK(lac_secret_new(LAC_DIGEST_BYTES, &good_key));
    TAP_OK(lac_secret_new(LAC_DIGEST_BYTES, &bad_key));
    for (unsigned i = 0; i < LAC_DIGEST_BYTES; i++) {
        good_key[i] = (unsigned char)(i + 1);
        bad_key[i] = (unsigned char)(i + 1);
    }
    bad_key[31] ^= 1;
}

static inline void test_keys_free(void)
{
    lac_secret_free(good_key);
    lac_secret_free(bad_key);
}

/* The state of a run of CLIENTS clients after a round. */
struct state {
    double x[DIM], server_h[DIM], g[CLIENTS][DIM], h[CLIENTS][DIM];
    uint32_t turn[CLIENTS][WORDS];
    uint64_t rounds, draws[CLIENTS];
};

static inline struct state state_of(uint64_t round)
{
    struct state s = {.rounds = round};
    for (size_t j = 0; j < DIM; j++) {
        s.x[j] = (double)round + (double)j / 3.0;
        s.server_h[j] = -s.x[j];
        for (size_t i = 0; i < CLIENTS; i++) {
            s.g[i][j] = (double)(1000 * i + j) / 7.0 + (double)round;
            s.h[i][j] = -1.0 / (double)(i + j + round + 1);
        }
    }
    for (uint32_t i = 0; i < CLIENTS; i++) {
        for (uint32_t k = 0; k < WORDS; k++) {
            s.turn[i][k] = 0xF0000000u + 16 * i + k + (uint32_t)round;
        }
        s.draws[i] = UINT64_MAX - i - round;
    }
    return s;
}

/* Groups over a state; clients first .. first + items - 1. */
struct view {
    struct lac_part server[1], rank[2], clients[4];
    struct lac_part_group server_group, rank_group, clients_group;
};

static inline struct view view_of(struct state *s, uint32_t first, uint32_t items)
{
    return (struct view){
        .server = {{"h", LAC_PART_DOUBLES, DIM, s->server_h}},
        .rank = {{"x", LAC_PART_DOUBLES, DIM, s->x}, {"rounds", LAC_PART_COUNTERS, 1, &s->rounds}},
        .clients = {{"turn", LAC_PART_INTEGERS, WORDS, s->turn[first]},
                    {"g", LAC_PART_DOUBLES, DIM, s->g[first]},
                    {"draws", LAC_PART_COUNTERS, 1, &s->draws[first]},
                    {"h", LAC_PART_DOUBLES, DIM, s->h[first]}},
        .server_group = {"server", 0, 1, NULL, 1},
        .rank_group = {"rank", 0, 1, NULL, 2},
        .clients_group = {"clients", first, items, NULL, 4},
    };
}

/* A view holds no pointers into itself until it stands where it stays. */
static inline void view_settle(struct view *v)
{
    v->server_group.part = v->server;
    v->rank_group.part = v->rank;
    v->clients_group.part = v->clients;
}

/* Clients 0 to 2 with the server, or the others. */
static inline lac_status write_test_file(const char *folder, unsigned which, struct state *s,
                                         struct lac_saved_file *file, const unsigned char *key)
{
    static const uint32_t first[FILES + 1] = {0, 3, CLIENTS};
    struct lac_part_group group[3];
    struct view v = view_of(s, first[which], first[which + 1] - first[which]);
    view_settle(&v);
    *file = (struct lac_saved_file){.first = first[which],
                                    .items = first[which + 1] - first[which],
                                    .has_server = which == 0,
                                    .has_rank = true};
    snprintf(file->name, sizeof file->name, "rank-%04u.h5", which);
    group[0] = v.rank_group;
    group[1] = v.clients_group;
    group[2] = v.server_group;
    return lac_checkpoint_write_file(folder, file, group, which == 0 ? 3 : 2, key);
}

#define TEST_PROBLEM "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static inline struct lac_manifest test_manifest(uint64_t round, struct lac_saved_file *file,
                                                bool sealed)
{
    return (struct lac_manifest){.round = round,
                                 .version = "0.1.0",
                                 .method = "ef21",
                                 .trajectory = "method = ef21\ncompressor = topk:k=2\n",
                                 .problem = TEST_PROBLEM,
                                 .run = "0123456789abcdef",
                                 .clients = CLIENTS,
                                 .ranks = FILES,
                                 .dim = DIM,
                                 .rows = round + 1,
                                 .sealed = sealed,
                                 .file = file,
                                 .files = FILES};
}

/* The whole way of a checkpoint. */
static inline lac_status commit_round(struct lac_checkpoints *c, uint64_t round, uint64_t keep,
                                      const unsigned char *key)
{
    struct lac_saved_file file[FILES];
    struct state s = state_of(round);
    struct lac_manifest m = test_manifest(round, file, key != NULL);
    const char *folder;
    LAC_TRY(lac_checkpoints_begin(c, round, &folder));
    for (unsigned which = 0; which < FILES; which++) {
        LAC_TRY(write_test_file(folder, which, &s, &file[which], key));
    }
    return lac_checkpoints_commit(c, &m, keep);
}

/* Reads the clients one by one from the file that has each, and the rest. */
static inline lac_status read_state(const char *folder, const struct lac_manifest *m,
                                    struct state *s, const unsigned char *key)
{
    for (size_t k = 0; k < m->files; k++) {
        const struct lac_saved_file *file = &m->file[k];
        for (uint32_t i = file->first; i < file->first + file->items; i++) {
            struct view v = view_of(s, i, 1);
            view_settle(&v);
            LAC_TRY(lac_checkpoint_read_file(folder, file, &v.clients_group, key));
        }
        struct view v = view_of(s, 0, 1);
        view_settle(&v);
        if (file->has_server) {
            LAC_TRY(lac_checkpoint_read_file(folder, file, &v.server_group, key));
        }
        LAC_TRY(lac_checkpoint_read_file(folder, file, &v.rank_group, key));
    }
    return LAC_OK;
}

static inline bool is_state(const struct state *s, uint64_t round)
{
    struct state wanted = state_of(round);
    return same_bytes(s->x, wanted.x, sizeof s->x) &&
           same_bytes(s->server_h, wanted.server_h, sizeof s->server_h) &&
           same_bytes(s->g, wanted.g, sizeof s->g) && same_bytes(s->h, wanted.h, sizeof s->h) &&
           same_bytes(s->turn, wanted.turn, sizeof s->turn) && s->rounds == round &&
           same_bytes(s->draws, wanted.draws, sizeof s->draws);
}

/* As a run does that resumes: manifest, digests, values. */
static inline lac_status believe(const char *folder, struct state *s, uint64_t *round,
                                 const unsigned char *key)
{
    struct lac_arena arena = {0};
    struct lac_manifest m;
    unsigned char digest[LAC_DIGEST_BYTES];
    lac_status status = lac_manifest_read(&m, folder, digest, &arena);
    for (size_t k = 0; status == LAC_OK && k < m.files; k++) {
        status = lac_checkpoint_check_file(folder, &m.file[k]);
    }
    if (status == LAC_OK && m.clients != CLIENTS) {
        status = LAC_FAIL(LAC_E_INPUT, "%u clients", m.clients);
    }
    if (status == LAC_OK) {
        *round = m.round;
        status = read_state(folder, &m, s, key);
    }
    lac_arena_free(&arena);
    return status;
}

static inline const char *round_folder(uint64_t round)
{
    static char path[64];
    snprintf(path, sizeof path, DIR_NAME "/round-%09llu", (unsigned long long)round);
    return path;
}

/* Whether the checkpoint of this round is there, whole, and that round's. */
static inline bool holds(uint64_t round, const unsigned char *key)
{
    struct state s = {0};
    uint64_t found = 0;
    return believe(round_folder(round), &s, &found, key) == LAC_OK && found == round &&
           is_state(&s, round);
}

/* The rounds of DIR_NAME as text, newest first: "12 7". */
static inline const char *rounds_there(void)
{
    static char text[256];
    struct lac_arena arena = {0};
    uint64_t *rounds;
    size_t count = 0, length = 0;
    text[0] = '\0';
    if (lac_checkpoints_list(DIR_NAME, &rounds, &count, &arena) != LAC_OK) {
        count = 0;
    }
    for (size_t i = 0; i < count && length < sizeof text - 32; i++) {
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%llu", i ? " " : "",
                                   (unsigned long long)rounds[i]);
    }
    lac_arena_free(&arena);
    return text;
}

/* How many names in a folder begin so. */
static inline size_t names_with(const char *path, const char *beginning)
{
    size_t count = 0;
    DIR *folder = opendir(path);
    const struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        count += strncmp(entry->d_name, beginning, strlen(beginning)) == 0 &&
                 strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    if (folder) {
        closedir(folder);
    }
    return count;
}

static inline struct lac_checkpoints *open_test(struct lac_arena *arena)
{
    struct lac_checkpoints *c = NULL;
    const char *warning;
    lac_status status = lac_checkpoints_open(&c, DIR_NAME, "0123456789abcdef", arena, &warning);
    if (status != LAC_OK) {
        printf("# %s\n", lac_failure());
    }
    return status == LAC_OK ? c : NULL;
}

#endif
