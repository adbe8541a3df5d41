/*
 * Writing and reading a checkpoint's file, in bytes a second, beside a plain write and fsync of the same bytes in the same run.
 * Arguments: megabytes (1024), repetitions (5), folder (the one where it runs).
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "bench.h"
#include "seal/secret.h"
#include "store/checkpoint.h"

enum { CLIENTS = 8, MOST = 50, BODIES = 5, DIGEST = 2 };

struct job {
    double *values, *read;
    size_t count; /* of a client */
    struct lac_part part[2];
    struct lac_part_group group;
    struct lac_saved_file file;
    const char *folder;
    unsigned char *key;
    lac_status status;
};

struct half {
    const unsigned char *bytes;
    size_t count;
};

static double bytes_of(const struct job *job)
{
    return (double)job->count * CLIENTS * 2 * sizeof(double);
}

static bool write_plainly(const char *path, const struct job *job)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    const char *from = (const char *)job->values;
    size_t left = job->count * CLIENTS * 2 * sizeof(double);
    while (fd >= 0 && left > 0) {
        ssize_t part = write(fd, from, left < (1u << 30) ? left : 1u << 30);
        if (part <= 0) {
            break;
        }
        from += part;
        left -= (size_t)part;
    }
    bool ok = fd >= 0 && left == 0 && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

static void plain_body(void *context)
{
    struct job *job = context;
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/plain", job->folder);
    (void)unlink(path);
    if (!write_plainly(path, job)) {
        job->status = LAC_FAIL(LAC_E_IO, "cannot write '%s': %s", path, strerror(errno));
    }
}

/* BLAKE2b of half of the bytes, in memory: what checking cannot be faster than, on two cores. */
static void *digest_half(void *half)
{
    unsigned char digest[LAC_DIGEST_BYTES];
    const struct half *h = half;
    struct lac_digest g;
    lac_digest_begin(&g, sizeof digest);
    lac_digest_add(&g, h->bytes, h->count);
    lac_digest_end(&g, digest);
    return NULL;
}

static void digest_body(void *context)
{
    struct job *job = context;
    pthread_t other;
    size_t count = (size_t)bytes_of(job) / 2;
    struct half half[2] = {{(unsigned char *)job->values, count},
                           {(unsigned char *)job->values + count, count}};
    bool helped = pthread_create(&other, NULL, digest_half, &half[1]) == 0;
    (void)digest_half(&half[0]);
    if (helped) {
        (void)pthread_join(other, NULL);
    } else {
        (void)digest_half(&half[1]);
    }
}

static void keep_first(struct job *job, lac_status status)
{
    job->status = job->status != LAC_OK ? job->status : status;
}

static void write_body(void *context)
{
    struct job *job = context;
    job->part[0].values = job->values;
    job->part[1].values = job->values + job->count * CLIENTS;
    keep_first(job, lac_checkpoint_write_file(job->folder, &job->file, &job->group, 1, job->key));
}

static void check_body(void *context)
{
    struct job *job = context;
    keep_first(job, lac_checkpoint_check_file(job->folder, &job->file));
}

static void read_body(void *context)
{
    struct job *job = context;
    job->part[0].values = job->read;
    job->part[1].values = job->read + job->count * CLIENTS;
    keep_first(job, lac_checkpoint_check_file(job->folder, &job->file));
    keep_first(job, lac_checkpoint_read_file(job->folder, &job->file, &job->group, job->key));
}

/* In turn, so that other load on the machine meets all alike. */
static void measure(struct job *job, int repetitions)
{
    static bench_body *const body[] = {plain_body, write_body, digest_body, check_body, read_body};
    static const char *const name[] = {"write, fsync", "lac_checkpoint_write_file",
                                       "BLAKE2b alone, two threads", "lac_checkpoint_check_file",
                                       "check and read"};
    /* what each is compared with */
    static const int beside[] = {0, 0, 0, DIGEST, DIGEST};
    double sample[BODIES][MOST], ratio[BODIES][MOST];
    for (int k = 0; k < repetitions; k++) {
        for (int b = 0; b < BODIES; b++) {
            sample[b][k] = bench_once(body[b], job, 1);
            ratio[b][k] = sample[beside[b]][k] / sample[b][k];
        }
    }
    for (int b = 0; b < BODIES; b++) {
        struct bench_time rate = bench_rate(bench_summary(sample[b], repetitions), bytes_of(job));
        double of = bench_summary(ratio[b], repetitions).median;
        if (b == 0) {
            bench_row(name[b], rate, "GB/s");
        } else {
            (void)bench_row_ratio(name[b], rate, "GB/s", of, b == 1 && !job->key ? 0.6 : 0.0,
                                  name[beside[b]]);
        }
    }
}

static lac_status make_job(struct job *job, size_t megabytes, const char *folder,
                           struct lac_arena *arena)
{
    job->count = megabytes * (1 << 20) / sizeof(double) / CLIENTS / 2;
    job->folder = folder;
    LAC_TRY(LAC_NEW(arena, job->count * CLIENTS * 2, &job->values));
    LAC_TRY(LAC_NEW(arena, job->count * CLIENTS * 2, &job->read));
    for (size_t i = 0; i < job->count * CLIENTS * 2; i++) {
        job->values[i] = (double)i;
        job->read[i] = 0.0;
    }
    job->part[0] = (struct lac_part){"g", LAC_PART_DOUBLES, job->count, NULL};
    job->part[1] = (struct lac_part){"h", LAC_PART_DOUBLES, job->count, NULL};
    job->group = (struct lac_part_group){"clients", 0, CLIENTS, job->part, 2};
    job->file = (struct lac_saved_file){.name = "rank-0001.h5", .items = CLIENTS};
    return LAC_OK;
}

static void clear(const struct job *job)
{
    static const char *const names[] = {"plain", "rank-0001.h5"};
    char path[4096];
    for (int k = 0; k < 2; k++) {
        (void)snprintf(path, sizeof path, "%s/%s", job->folder, names[k]);
        (void)unlink(path);
    }
}

static lac_status run(size_t megabytes, int repetitions, const char *folder,
                      struct lac_arena *arena)
{
    static struct job job;
    unsigned char *key;
    char title[128];
    LAC_TRY(make_job(&job, megabytes, folder, arena));
    LAC_TRY(lac_secret_new(LAC_DIGEST_BYTES, &key));
    for (int sealed = 0; sealed < 2 && job.status == LAC_OK; sealed++) {
        job.key = sealed ? key : NULL;
        (void)snprintf(title, sizeof title, "%s, %zu MB, %d clients, %d repetitions",
                       sealed ? "sealed" : "plain", megabytes, CLIENTS, repetitions);
        bench_header(title);
        measure(&job, repetitions);
    }
    clear(&job);
    lac_secret_free(key);
    return job.status;
}

int main(int argc, char **argv)
{
    struct lac_arena arena = {0};
    size_t megabytes = argc > 1 ? strtoul(argv[1], NULL, 10) : 1024;
    int repetitions = argc > 2 ? atoi(argv[2]) : 5;
    repetitions = repetitions < 1 ? 1 : repetitions > MOST ? MOST : repetitions;
    lac_status status = lac_secrets_begin();
    if (status == LAC_OK) {
        status = run(megabytes, repetitions, argc > 3 ? argv[3] : ".", &arena);
    }
    if (status != LAC_OK) {
        (void)fprintf(stderr, "checkpoint_store: %s\n", lac_failure());
    }
    lac_arena_free(&arena);
    return status == LAC_OK ? 0 : lac_exit_code(status);
}
