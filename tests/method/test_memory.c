/* What a run will take is known before it is there, for every method, and refused where it is too much. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/machine.h"
#include "check.h"
#include "refused.h"
#include "tap.h"

#define RUN     "--clients 6 --rounds 2 --eval-every 0 --step 1e-3 "
#define PROBLEM "--data synth:logistic,d=4000,m=3 " RUN
/* A vector is 8 kB, so that a forgotten one shows. */
#define SMALL "--data synth:logistic,d=1000,m=3 " RUN
enum { VECTOR = 8000 };

static void foreseen(const char *method, const char *more)
{
    static struct trace t;
    char options[400];
    for (uint32_t ranks = 1; ranks <= 2; ranks++) {
        snprintf(options, sizeof options, SMALL "--method %s %s", method, more);
        trace_open(&t, ranks, options);
        const struct lac_memory m = t.run.solo.server.memory;
        double server = (double)t.run.solo.arena.bytes, worker = 0.0;
        trace_finish(&t);
        for (uint32_t r = 1; r <= ranks && !t.status; r++) {
            worker = fmax(worker, (double)t.run.worker[r]->arena->bytes);
        }
        double off = fmax(fabs(m.server - server), fabs(m.worker - worker));
        tap_ok(
            !t.status &&
                    off<VECTOR / 4,
                        "%s on %u rank%s: %.0f kB at rank 0 and %.0f in a worker rank, foreseen %.0f and "
                        "%.0f%s",
                        method, ranks, ranks> 1
                ? "s"
                : "",
            1e-3 * server, 1e-3 * worker, 1e-3 * m.server, 1e-3 * m.worker,
            t.status ? lac_failure() : "");
        trace_close(&t);
    }
}

static void every_method(void)
{
    size_t count;
    const struct lac_method *const *methods = lac_methods(&count);
    for (size_t i = 0; i < count; i += getenv("LAC_TEST_SHORT") ? 5 : 1) {
        char more[200];
        const struct lac_channel *up = lac_method_channel(methods[i], LAC_FROM_COMPRESSOR);
        snprintf(more, sizeof more, "%s%s%s", up ? "--compressor randk:50" : "",
                 methods[i]->rules[LAC_SERVER_STEP] ? " --server-step 1e-3" : "",
                 methods[i]->rules[LAC_META_STEP] ? " --meta-step 1e-3" : "");
        foreseen(runnable(methods[i]), more);
    }
    foreseen("ef21:measured-c=1", "--compressor topk:50 --step theory-old");
    foreseen("diana-nastya", "--compressor randk:50 --server-step 1e-3 --participation nice:2");
    foreseen("diana-rr:batches=30", "--compressor randk:50");
    foreseen("q-rr", "--compressor randk:50 --data synth:least-squares,d=400,m=300");
}

#define ON_MACHINES PROBLEM "--method diana-rr --compressor randk:50 "

/* Three worker ranks and rank 0 on one machine, or each on its own: refused where those on one need more. */
static void shared_machine(bool apart)
{
    static struct trace t;
    char options[400];
    ranks_apart = apart;
    trace_open(&t, 3, ON_MACHINES);
    const struct lac_memory m = t.run.solo.server.memory;
    double most = fmax(m.server, m.worker), all = m.server;
    trace_finish(&t);
    for (uint32_t r = 1; r <= 3 && !t.status; r++) {
        all += (double)t.run.worker[r]->arena->bytes;
    }
    trace_close(&t);
    tap_ok(!t.status && all > 1.5 * most && fabs(m.machine - (apart ? most : all)) < VECTOR / 4,
           "4 ranks%s: %.0f kB on one machine, of %.0f and at most %.0f each",
           apart ? " on machines of their own" : " on one machine", 1e-3 * m.machine, 1e-3 * all,
           1e-3 * most);
    for (double limit = 0.9; limit < 1.3; limit += 0.2) {
        snprintf(options, sizeof options, ON_MACHINES "--max-memory %.0f", limit * most);
        trace_open(&t, 3, options);
        bool refused = t.status == LAC_E_USAGE;
        const char *who = apart ? "rank 1 needs" : "the 4 ranks on here together need";
        tap_ok(refused == (limit < 1.0 || !apart) && (!refused || strstr(lac_failure(), who)),
               "%.1f times the largest is %s%s", limit, refused ? "refused: " : "enough",
               refused ? lac_failure() : "");
        trace_close(&t);
    }
    ranks_apart = false;
}

static void refusals(void)
{
    refused(PROBLEM "--method diana-rr --compressor randk:50 --max-memory 1M", "the run needs 9.");
    refused(PROBLEM "--method diana-rr --compressor randk:50 --max-memory 1M",
            "'shift' alone 60 x 4000 doubles");
    refused(PROBLEM "--method diana-rr --compressor randk:50 --max-memory 1M",
            "--max-memory allows 1M");
    refused(PROBLEM "--method diana-rr:batches=1000000000 --compressor randk:50",
            "the machine has");
    refused(PROBLEM "--max-memory 1Q", "--max-memory: '1Q'");
    refused(PROBLEM "--max-memory 99999999999T", "too large");
    foreseen("diana-rr", "--compressor randk:50 --max-memory 1G");
    double machine = lac_machine_memory();
    tap_ok(machine > 1e8 && isfinite(machine), "the machine has %.1f GB", 1e-9 * machine);
}

int main(void)
{
    every_method();
    shared_machine(false);
    shared_machine(true);
    refusals();
    return tap_done();
}
