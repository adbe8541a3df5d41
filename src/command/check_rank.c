/* What a rank finds out alone: libsodium, its key files, where the run file goes, its machine. */
#include <errno.h>
#include <libgen.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/machine.h"
#include "command/check_parts.h"
#include "command/keys.h"
#include "seal/secret.h"
#include "seal/self_test.h"
#include "store/run_file.h"

static void check_libsodium(struct lac_check *k)
{
    if (lac_seal_self_test() != LAC_OK) {
        lac_check_say_failure(k, "libsodium");
    } else {
        lac_check_say(k, "libsodium", LAC_CHECK_OK, "%s, the published vectors; %s",
                      sodium_version_string(),
                      lac_cipher_here(LAC_AES256GCM)
                          ? "AES in the processor"
                          : "no AES in a processor: sealed runs take chacha20poly1305");
    }
}

/* Rank 0 of several has no key, and looks for none. */
static void check_keys(struct lac_check *k)
{
    const struct lac_config *c = &k->config;
    struct lac_keys keys = {0};
    uint32_t rank = k->is_mpi ? k->mpi.rank : 1, ranks = k->is_mpi ? k->mpi.size - 1 : 1;
    if (!(c->seal || c->identity) || rank == 0 || ranks == 0) {
        return;
    }
    lac_status status = lac_keys_open(&keys, c, rank, ranks, k->arena);
    lac_keys_close(&keys);
    if (status != LAC_OK) {
        lac_check_say_failure(k, "keys");
    } else {
        lac_check_say(k, "keys", LAC_CHECK_OK, "%s",
                      c->seal ? "the group key is its owner's alone"
                              : "the site's secret is its owner's alone, and the roster has it");
    }
}

/* The folder must be there, and a file may be made in it. */
static void check_file(struct lac_check *k, const char *name, const char *option, const char *path)
{
    const char *copy;
    char *folder;
    bool replaces = k->config.force || k->config.resume;
    if (lac_of_option(option, lac_run_check(path, replaces, k->arena)) != LAC_OK ||
        lac_arena_text(k->arena, path, &copy) != LAC_OK ||
        LAC_NEW(k->arena, strlen(path) + 2, &folder) != LAC_OK) {
        lac_check_say_failure(k, name);
        return;
    }
    memcpy(folder, copy, strlen(copy) + 1);
    folder = dirname(folder);
    if (access(folder, W_OK | X_OK) != 0) {
        lac_check_say(k, name, LAC_CHECK_FAIL, "%s: no file can be made in %.300s: %s", option,
                      folder, strerror(errno));
    } else {
        lac_check_say(k, name, LAC_CHECK_OK, "%.300s can be written", path);
    }
}

/* Rank 0 writes the run file, the rank of client 0 the private one. */
void lac_check_files(struct lac_check *k)
{
    const struct lac_config *c = &k->config;
    if (c->out && k->mpi.rank == 0) {
        check_file(k, "run file", "--out", c->out);
    }
    if (c->out_private && k->mpi.rank == (k->mpi.size > 1 ? 1U : 0U)) {
        check_file(k, "private file", "--out-private", c->out_private);
    }
}

/* Bytes that programs could still have, as the kernel sees it; infinity where it does not say. */
static double available_memory(void)
{
    char line[128];
    double kilobytes = (double)INFINITY;
    FILE *file = fopen("/proc/meminfo", "re");
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "MemAvailable:", 13) == 0) {
            kilobytes = strtod(line + 13, NULL);
        }
    }
    if (file) {
        (void)fclose(file);
    }
    return 1024.0 * kilobytes;
}

/* What Slurm gave the job on this machine, in megabytes of 2^20 bytes; it ends a job that takes more. */
static double allotted_memory(void)
{
    const char *node = getenv("SLURM_MEM_PER_NODE"), *each = getenv("SLURM_MEM_PER_CPU");
    const char *processors = getenv("SLURM_CPUS_ON_NODE");
    double megabytes = node                 ? strtod(node, NULL)
                       : each && processors ? strtod(each, NULL) * strtod(processors, NULL)
                                            : 0.0;
    return megabytes > 0.0 ? megabytes * 1048576.0 : (double)INFINITY;
}

void lac_check_rank(struct lac_check *k)
{
    check_libsodium(k);
    check_keys(k);
    if (!k->is_mpi && gethostname(k->mpi.host, sizeof k->mpi.host - 1) != 0) {
        snprintf(k->mpi.host, sizeof k->mpi.host, "unknown");
    }
    snprintf(k->mine.host, sizeof k->mine.host, "%s", k->mpi.host);
    k->mine.memory = fmin(lac_process_memory(), allotted_memory());
    k->mine.free_memory = fmin(available_memory(), k->mine.memory);
}
