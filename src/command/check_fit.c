/* Whether the run fits: into the memory of each machine, and into the folder of its checkpoints. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/text.h"
#include "command/check_parts.h"

void lac_check_bytes(char *out, size_t size, double bytes)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB", "PB"};
    size_t i = 0;
    for (bytes *= 1e-3; bytes >= 1000.0 && i < 4; i++) {
        bytes *= 1e-3;
    }
    snprintf(out, size, "%.*f %s", bytes < 10.0 ? 1 : 0, bytes, units[i]);
}

/* Bytes that the ranks on the machine of this one need together, at most; how many they are. */
static double need_of(const struct lac_check *k, const struct lac_check_plan *p, uint32_t rank,
                      uint32_t *ranks)
{
    double need = 0.0;
    *ranks = 0;
    for (uint32_t r = 0; r < k->mpi.size; r++) {
        if (strcmp(k->all[r].host, k->all[rank].host) == 0) {
            need += r == 0 ? p->server : p->worker;
            ++*ranks;
        }
    }
    return k->is_mpi ? need : p->machine;
}

static void check_memory(struct lac_check *k, const struct lac_check_plan *p)
{
    enum lac_verdict verdict = LAC_CHECK_OK;
    double closest = (double)INFINITY;
    uint32_t rank = 0, ranks;
    for (uint32_t r = 0; r < k->mpi.size; r++) { /* the machine with the least room left */
        double left = k->all[r].memory - need_of(k, p, r, &ranks);
        rank = left < closest ? r : rank;
        closest = fmin(left, closest);
    }
    const struct lac_findings *there = &k->all[rank];
    char needs[32], has[32], left[32];
    double need = need_of(k, p, rank, &ranks);
    lac_check_bytes(needs, sizeof needs, need);
    lac_check_bytes(has, sizeof has, there->memory);
    lac_check_bytes(left, sizeof left, there->free_memory);
    verdict = need > there->memory        ? LAC_CHECK_FAIL
              : need > there->free_memory ? LAC_CHECK_WARN
                                          : LAC_CHECK_OK;
    lac_check_say(k, "memory", verdict,
                  "%u rank%s on %s take%s at most %s together; of the %s there %s are free%s",
                  ranks, lac_plural(ranks), there->host, ranks == 1 ? "s" : "", needs, has, left,
                  verdict == LAC_CHECK_OK ? "" : ": spread the ranks over more machines");
}

/* The checkpoints that stay, and the one that is being written. */
static uint64_t kept_at_once(const struct lac_config *c)
{
    uint64_t all = c->checkpoint_rounds > 0 ? c->rounds / c->checkpoint_rounds : 1;
    return 1 + (c->keep > 0 ? c->keep : all);
}

static void check_space(struct lac_check *k, const struct lac_check_plan *p)
{
    const struct lac_config *c = &k->config;
    struct statvfs s;
    char each[32], all[32], has[32];
    const char *folder = c->checkpoint;
    char parent[1024];
    if (statvfs(folder, &s) != 0) { /* it will be made */
        const char *slash = strrchr(folder, '/');
        snprintf(parent, sizeof parent, "%.*s", slash ? (int)(slash - folder + 1) : 1,
                 slash ? folder : ".");
        if (statvfs(parent, &s) != 0) {
            return; /* said of the folder already */
        }
    }
    double kept = (double)kept_at_once(c), room = (double)s.f_bavail * (double)s.f_frsize;
    lac_check_bytes(each, sizeof each, p->state);
    lac_check_bytes(all, sizeof all, kept * p->state);
    lac_check_bytes(has, sizeof has, room);
    bool fits = kept * p->state <= room;
    lac_check_say(k, "space", fits ? LAC_CHECK_OK : LAC_CHECK_FAIL,
                  "%.0f checkpoints of %s take %s; %s are free in %.300s%s", kept, each, all, has,
                  folder, fits ? "" : ": lower --keep, or take another folder");
}

static void say_bits(struct lac_check *k, const struct lac_check_plan *p)
{
    lac_check_say(k, "plan", LAC_CHECK_OK, "%s", p->what);
    lac_check_say(k, "bits", LAC_CHECK_OK,
                  "%.6g kbit up and %.6g down a round, of all clients on average%s", 1e-3 * p->up,
                  1e-3 * p->down, p->is_sealed ? ": each client's sealed block goes to all" : "");
}

void lac_check_fit(struct lac_check *k, const struct lac_check_plan *p)
{
    say_bits(k, p);
    check_memory(k, p);
    if (k->config.checkpoint) {
        check_space(k, p);
    }
}
