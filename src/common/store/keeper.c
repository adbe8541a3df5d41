#include "store/keeper.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/tick.h"
#include "seal/cipher.h"
#include "seal/secret.h"

struct lac_keeper_writer {
    pthread_t thread;
    bool runs; /* the thread is there, and was not waited for */
    atomic_bool ended;
    lac_status status;
    char sentence[1024];
    char folder[4096];
    struct lac_saved_file file;
    struct lac_part_group group[LAC_KEEPER_GROUPS];
    size_t groups;
    unsigned char *key; /* of its own, in memory of lac_secret_new; NULL: plain */
};

/*
 * The state as parts
 */

/* Walks over an item's state in the order of its parts. */
struct walk {
    struct lac_visitor visitor;
    struct lac_kept_group *group;
    size_t part;   /* the next one */
    uint32_t item; /* whose turn it is */
    enum { LISTS, COPIES, RESTORES } does;
};

static void list_part(struct walk *w, const char *name, enum lac_part_type type, size_t count)
{
    struct lac_kept_group *g = w->group;
    LAC_ASSERT(w->part < LAC_KEEPER_PARTS);
    g->part[w->part] = (struct lac_part){.name = name, .type = type, .count = count};
}

static void visit(struct walk *w, const char *name, enum lac_part_type type, void *x, size_t count)
{
    size_t bytes = count * lac_part_bytes(type);
    if (w->does == LISTS) {
        list_part(w, name, type, count);
    } else {
        unsigned char *copy = (unsigned char *)w->group->part[w->part].values + w->item * bytes;
        memcpy(w->does == COPIES ? (void *)copy : x, w->does == COPIES ? x : (void *)copy, bytes);
    }
    w->part++;
}

static void visit_vector(struct lac_visitor *v, const char *name, double *x, size_t count)
{
    visit((struct walk *)(void *)v, name, LAC_PART_DOUBLES, x, count);
}

static void visit_integers(struct lac_visitor *v, const char *name, uint32_t *x, size_t count)
{
    visit((struct walk *)(void *)v, name, LAC_PART_INTEGERS, x, count);
}

static void visit_counter(struct lac_visitor *v, const char *name, uint64_t *x)
{
    visit((struct walk *)(void *)v, name, LAC_PART_COUNTERS, x, 1);
}

static struct walk walk_over(struct lac_kept_group *g)
{
    return (struct walk){.visitor = {visit_vector, visit_integers, visit_counter}, .group = g};
}

static void walk_item(struct walk *w, uint32_t item)
{
    const struct lac_kept_group *g = w->group;
    w->part = 0;
    w->item = item;
    if (g->kind) {
        lac_state_visit(g->kind, g->states + item * g->stride, g->env, &w->visitor);
    }
}

void lac_keeper_state(struct lac_keeper *k, const char *group, uint32_t first, uint32_t items,
                      const struct lac_state *kind, void *states, size_t stride,
                      const struct lac_env *e)
{
    LAC_ASSERT(k->groups < LAC_KEEPER_GROUPS);
    struct lac_kept_group *g = &k->group[k->groups++];
    *g = (struct lac_kept_group){.name = group,
                                 .first = first,
                                 .items = items,
                                 .kind = kind,
                                 .states = states,
                                 .stride = stride,
                                 .env = e};
    struct walk w = walk_over(g);
    if (items > 0) {
        w.does = LISTS;
        walk_item(&w, 0);
    }
    g->parts = w.part;
}

static void add_numbers(struct lac_kept_group *g, const char *name, enum lac_part_type type,
                        void *numbers, size_t count)
{
    LAC_ASSERT(g->parts < LAC_KEEPER_PARTS);
    g->number[g->parts] = numbers;
    g->part[g->parts++] = (struct lac_part){.name = name, .type = type, .count = count};
}

void lac_keeper_numbers(struct lac_keeper *k, const char *name, enum lac_part_type type,
                        void *numbers, size_t count)
{
    add_numbers(&k->group[k->groups - 1], name, type, numbers, count);
}

void lac_keeper_only_reads(struct lac_keeper *k, bool only)
{
    k->group[k->groups - 1].only_read = only;
}

static size_t bytes_of(const struct lac_kept_group *g, size_t part)
{
    return g->items * g->part[part].count * lac_part_bytes(g->part[part].type);
}

lac_status lac_keeper_open(struct lac_keeper *k, const unsigned char *key, struct lac_arena *a)
{
    LAC_TRY(LAC_NEW(a, 1, &k->writer));
    if (key) {
        LAC_TRY(lac_secret_new(LAC_SEAL_KEY, &k->writer->key));
        memcpy(k->writer->key, key, LAC_SEAL_KEY);
    }
    for (size_t i = 0; i < k->groups; i++) {
        struct lac_kept_group *g = &k->group[i];
        LAC_TRY(LAC_NEW(a, g->items + 1, &g->stamp));
        add_numbers(g, "stamp", LAC_PART_COUNTERS, g->stamp, sizeof *g->stamp / sizeof(uint64_t));
        for (size_t p = 0; p < g->parts; p++) {
            size_t bytes = bytes_of(g, p);
            lac_tick_now();
            LAC_TRY(lac_arena_array(a, 1, bytes + 1, &g->part[p].values));
        }
    }
    return LAC_OK;
}

/*
 * Writing
 */

static void copy_group(struct lac_kept_group *g, const struct lac_stamp *stamp)
{
    struct walk w = walk_over(g);
    w.does = COPIES;
    for (uint32_t i = 0; i < g->items; i++) {
        lac_tick();
        walk_item(&w, i);
        g->stamp[i] = *stamp;
    }
    for (size_t p = 0; p < g->parts; p++) {
        if (g->number[p]) {
            memcpy(g->part[p].values, g->number[p], bytes_of(g, p));
        }
    }
}

static void *write_file(void *argument)
{
    struct lac_keeper_writer *w = argument;
    w->status = lac_checkpoint_write_file(w->folder, &w->file, w->group, w->groups, w->key);
    if (w->status != LAC_OK) {
        snprintf(w->sentence, sizeof w->sentence, "%s", lac_failure());
    }
    atomic_store(&w->ended, true);
    return NULL;
}

void lac_run_identity(const struct lac_manifest *m, unsigned char identity[LAC_RUN_IDENTITY])
{
    enum { HALF = LAC_RUN_IDENTITY / 2 };
    struct lac_digest g;
    memset(identity, 0, LAC_RUN_IDENTITY);
    (void)sodium_hex2bin(identity, HALF, m->run, strlen(m->run), NULL, NULL, NULL);
    lac_digest_begin(&g, HALF);
    lac_digest_add_text(&g, m->trajectory);
    lac_digest_add_text(&g, m->problem ? m->problem : "");
    lac_digest_add_count(&g, m->clients);
    lac_digest_add_count(&g, m->dim);
    lac_digest_end(&g, identity + HALF);
}

lac_status lac_keeper_write(struct lac_keeper *k, const char *folder, const char *name,
                            uint64_t round, const unsigned char identity[LAC_RUN_IDENTITY])
{
    struct lac_keeper_writer *w = k->writer;
    struct lac_stamp stamp = {.round = round};
    memcpy(stamp.identity, identity, sizeof stamp.identity);
    LAC_ASSERT(!w->runs);
    w->groups = 0;
    w->file = (struct lac_saved_file){0};
    for (size_t i = 0; i < k->groups; i++) {
        struct lac_kept_group *g = &k->group[i];
        if (!g->only_read && g->items > 0 && g->parts > 0) {
            copy_group(g, &stamp);
            w->group[w->groups++] =
                (struct lac_part_group){g->name, g->first, g->items, g->part, g->parts};
        }
    }
    int length = snprintf(w->folder, sizeof w->folder, "%s", folder);
    snprintf(w->file.name, sizeof w->file.name, "%s", name);
    if (length >= (int)sizeof w->folder) {
        return LAC_FAIL(LAC_E_USAGE, "the name of the folder '%s' is too long", folder);
    }
    atomic_store(&w->ended, false);
    w->runs = lac_store_has_threads() && pthread_create(&w->thread, NULL, write_file, w) == 0;
    if (!w->runs) { /* then the round waits for it */
        write_file(w);
    }
    return LAC_OK;
}

bool lac_keeper_ended(struct lac_keeper *k, bool wait)
{
    struct lac_keeper_writer *w = k->writer;
    if (!w || !w->runs) {
        return true;
    }
    if (!wait && !atomic_load(&w->ended)) {
        return false;
    }
    while (!atomic_load(&w->ended)) { /* a slow disk is no silence of this rank */
        const struct timespec moment = {.tv_nsec = 1000000};
        nanosleep(&moment, NULL);
        lac_tick_now();
    }
    pthread_join(w->thread, NULL);
    w->runs = false;
    return true;
}

lac_status lac_keeper_result(struct lac_keeper *k, struct lac_saved_file *file)
{
    const struct lac_keeper_writer *w = k->writer;
    *file = w->file;
    return w->status == LAC_OK ? LAC_OK : LAC_FAIL(w->status, "%s", w->sentence);
}

void lac_keeper_close(struct lac_keeper *k)
{
    (void)lac_keeper_ended(k, true);
    if (k->writer) {
        lac_secret_free(k->writer->key);
        k->writer->key = NULL;
    }
}

/*
 * Reading
 */

lac_status lac_keeper_manifest(struct lac_manifest *m, const char *dir, const char *name,
                               const unsigned char digest[LAC_DIGEST_BYTES], const char **folder,
                               struct lac_arena *a)
{
    unsigned char found[LAC_DIGEST_BYTES];
    size_t bytes = strlen(dir) + strlen(name) + 2;
    char *path;
    LAC_TRY(LAC_NEW(a, bytes, &path));
    snprintf(path, bytes, "%s/%s", dir, name);
    LAC_TRY(lac_manifest_read(m, path, found, a));
    if (memcmp(found, digest, sizeof found) != 0) {
        return LAC_FAIL(LAC_E_INPUT,
                        "'%s' is another folder for this rank than for rank 0: all ranks must see "
                        "the same checkpoints",
                        path);
    }
    *folder = path;
    return LAC_OK;
}

/* It stays what it is here: nobody needs it. */
static bool is_absent(const struct lac_manifest *m, const struct lac_kept_group *g, uint32_t item)
{
    return strcmp(g->name, "clients") == 0 && lac_manifest_is_absent(m, g->first + item);
}

static void restore_group(const struct lac_manifest *m, struct lac_kept_group *g)
{
    struct walk w = walk_over(g);
    w.does = RESTORES;
    for (uint32_t i = 0; i < g->items; i++) {
        if (!is_absent(m, g, i)) {
            walk_item(&w, i);
        }
    }
    for (size_t p = 0; p < g->parts; p++) {
        if (g->number[p]) {
            memcpy(g->number[p], g->part[p].values, bytes_of(g, p));
        }
    }
}

/* The items that the file and this process both have, into their place. */
static lac_status read_shared(struct lac_kept_group *g, const char *folder,
                              const struct lac_saved_file *file, const unsigned char *key)
{
    struct lac_part part[LAC_KEEPER_PARTS];
    uint32_t first = g->first > file->first ? g->first : file->first;
    uint32_t end = g->first + g->items, file_end = file->first + file->items;
    end = end < file_end ? end : file_end;
    if (first >= end) {
        return LAC_OK;
    }
    for (size_t p = 0; p < g->parts; p++) {
        part[p] = g->part[p];
        size_t item = part[p].count * lac_part_bytes(part[p].type);
        part[p].values = (unsigned char *)part[p].values + (first - g->first) * item;
    }
    const struct lac_part_group wanted = {g->name, first, end - first, part, g->parts};
    return lac_checkpoint_read_file(folder, file, &wanted, key);
}

static lac_status read_one(struct lac_kept_group *g, const char *folder,
                           const struct lac_manifest *m, const unsigned char *key)
{
    bool of_server = strcmp(g->name, "rank") != 0;
    const struct lac_part_group wanted = {g->name, 0, 1, g->part, g->parts};
    for (size_t i = 0; i < m->files; i++) {
        if (of_server ? m->file[i].has_server : m->file[i].has_rank) {
            return lac_checkpoint_read_file(folder, &m->file[i], &wanted, key);
        }
    }
    return LAC_FAIL(LAC_E_INPUT, "'%s' has no file with '%s'", folder, g->name);
}

/* Of every item, before any of them is believed. */
static lac_status check_stamps(const struct lac_kept_group *g, const char *folder,
                               const struct lac_manifest *m)
{
    struct lac_stamp wanted = {.round = m->round};
    lac_run_identity(m, wanted.identity);
    const unsigned char *stamps = g->part[g->parts - 1].values;
    for (uint32_t i = 0; i < g->items; i++) {
        if (!is_absent(m, g, i) &&
            memcmp(stamps + i * sizeof wanted, &wanted, sizeof wanted) != 0) {
            return LAC_FAIL(LAC_E_SECURITY,
                            "'%s': its '%s' are of another round or run than its manifest says: "
                            "somebody put them there",
                            folder, g->name);
        }
    }
    return LAC_OK;
}

lac_status lac_keeper_read(struct lac_keeper *k, const char *group, const char *folder,
                           const struct lac_manifest *m, const unsigned char *key)
{
    for (size_t i = 0; i < k->groups; i++) {
        struct lac_kept_group *g = &k->group[i];
        bool clients = strcmp(group, "clients") == 0;
        if (strcmp(g->name, group) != 0 || g->items == 0 || g->parts == 0) {
            continue;
        }
        for (size_t f = 0; clients && f < m->files; f++) {
            LAC_TRY(read_shared(g, folder, &m->file[f], key));
        }
        LAC_TRY(clients ? LAC_OK : read_one(g, folder, m, key));
        LAC_TRY(check_stamps(g, folder, m));
        restore_group(m, g);
    }
    return LAC_OK;
}
