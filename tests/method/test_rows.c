/* The rows of a run, its start, its end, and its account of bits. */
#include <math.h>
#include <string.h>

#include "base/vec.h"
#include "check.h"
#include "sketches.h"
#include "tap.h"

#define SQUARES "--data synth:least-squares,d=14,m=5,L=4,mu=1,noise=1 --clients 7 "

static void every_row(void)
{
    static const char *const runs[] = {
        "--method gd --step 0.1",
        "--method dcgd --compressor randk:k=5 --step 0.02",
        "--method dcgd --compressor permk --step 0.02",
        "--method ef21 --compressor topk:k=3 --step 0.02",
        "--method ef21 --compressor topk:k=3 --step 0.02 --init exact",
        "--method ef21 --compressor topk:k=3 --step 0.02 --init zero",
        "--method ef21-w --compressor natural --step 0.02",
    };
    static const unsigned every[] = {1, 3, 30, 0};
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        for (size_t k = 0; k < 4; k++) {
            char options[512];
            snprintf(options, sizeof options, SQUARES "%s", runs[i]);
            double worst = rows_wrong(options, 1 + (uint32_t)k, every[k]);
            tap_ok(worst <= 1e-11, "row t is f(x^t), --eval-every %u: %s (%.1e)", every[k], runs[i],
                   worst);
        }
    }
}

/* What round 0 sends: 7 clients, d = 14. */
static void starts(void)
{
    static const struct {
        const char *start;
        uint64_t scalars, bits;
    } cases[] = {
        {"zero", 0, 0},
        {"compressed", UINT64_C(7) * 3, UINT64_C(7) * (256 + 3 * 64)},
        {"exact", UINT64_C(7) * 14, UINT64_C(7) * (256 + 14 * 64)},
    };
    static struct trace t, none;
    for (size_t i = 0; i < 3; i++) {
        char options[512];
        snprintf(options, sizeof options,
                 SQUARES "--method ef21 --compressor randk:k=3 --step 0.02 --rounds 5 --init %s",
                 cases[i].start);
        trace_run(&t, 2, options);
        tap_ok(t.ledger.start.paper / 32 == cases[i].scalars &&
                   lac_bits_total(&t.ledger.start) == cases[i].bits,
               "--init %s sends %llu scalars in round 0, %llu bits", cases[i].start,
               (unsigned long long)cases[i].scalars, (unsigned long long)cases[i].bits);
        tap_ok(lac_bits_total(&t.ledger.up) == cases[i].bits + 5 * 7 * (256 + 3 * 64) &&
                   t.row[0].bits_up == cases[i].bits && t.row[0].bits_up_paper == 0 &&
                   t.row[5].bits_up_paper == 5 * 7 * 3 * 32,
               "and it is in the bits, but not in the papers' count");
        trace_close(&t);
    }
    lac_status status = trace_open(&none, 1, SQUARES "--method gd --init exact --step 0.1");
    tap_ok(status == LAC_E_USAGE, "refused: %s", lac_failure());
    trace_close(&none);
    status = trace_open(&none, 1,
                        SQUARES "--method ef21 --compressor topk:k=2 --init exactly --step 0.1");
    tap_ok(status == LAC_E_USAGE, "refused: %s", lac_failure());
    trace_close(&none);
}

/*
 * By hand: d = 14, 7 clients, 5 rounds of ef21 with topk:k=1 and an exact start.
 *   down  each round, to each client: header 32 bytes, 14 doubles: 256 + 896 bits
 *   up    round 0: header, 14 doubles: 256 + 896
 *         rounds 1..5: header 256, one value 64; its position: one bit for the usual coding and 4 bits
 *         for its rank among 14; filled up to 8
 */
static void by_hand(void)
{
    static struct trace t;
    trace_run(&t, 3,
              SQUARES "--method ef21 --compressor topk:k=1 --step 0.02 --rounds 5 --init exact");
    const struct lac_bits *up = &t.ledger.up, *down = &t.ledger.down;
    tap_ok(t.ledger.frames_down == 35 && down->of[LAC_BITS_HEADER] == 35 * 256 &&
               down->of[LAC_BITS_VALUE] == 35 * 896 && lac_bits_total(down) == 35 * 1152,
           "down: 35 frames of 256 bits of header and 896 of values");
    tap_ok(t.ledger.frames_up == 42 && up->of[LAC_BITS_HEADER] == 42 * 256 &&
               up->of[LAC_BITS_VALUE] == 7 * 896 + 35 * 64,
           "up: 42 frames; 896 bits of values in round 0, then 64");
    uint64_t index = up->of[LAC_BITS_INDEX], padding = up->of[LAC_BITS_PADDING];
    tap_ok(index == 35 * 5 && padding == 35 * 3,
           "and one byte each for the position (%llu bits and %llu of padding)",
           (unsigned long long)index, (unsigned long long)padding);
    tap_ok(up->of[LAC_BITS_SEAL] == 0 && up->paper == 32 * (7 * 14 + 35),
           "paper: 32 bits per component");
    uint64_t sum = 0;
    for (size_t i = 0; i < LAC_BIT_CLASSES; i++) {
        sum += up->of[i];
    }
    tap_ok(lac_bits_total(up) == sum && sum == t.row[t.rows - 1].bits_up,
           "the total is the sum over the classes, and that of the last row");
    trace_close(&t);
}

static void ends(void)
{
    static struct trace t;
    trace_run(&t, 1,
              SQUARES
              "--method ef21 --compressor topk:k=3 --rounds 5000 --until-grad-norm-sq 1e-6");
    const struct lac_server *s = &t.run.solo.server;
    tap_ok(t.status == LAC_OK && s->end == LAC_END_TARGET && s->row.grad_norm_sq <= 1e-6 &&
               t.rows > 2 && t.row[t.rows - 2].grad_norm_sq > 1e-6 &&
               s->row.round == s->rounds_done,
           "--until-grad-norm-sq stops ef21 at the first row below it (round %llu)",
           (unsigned long long)s->row.round);
    trace_close(&t);
    trace_run(&t, 1, SQUARES "--method gd --rounds 5000 --until-grad-norm-sq 1e-6");
    size_t below = 0;
    while (below < t.rows && t.row[below].grad_norm_sq > 1e-6) {
        below++;
    }
    tap_ok(t.status == LAC_OK && s->end == LAC_END_TARGET && below + 2 >= t.rows &&
               s->row.round == s->rounds_done,
           "and gd, whose rows come a round late, at most one round after it");
    trace_close(&t);
    trace_run(&t, 1, SQUARES "--method gd --rounds 5000 --until-loss 5");
    tap_ok(s->end == LAC_END_TARGET && s->row.loss <= 5.0, "--until-loss stops");
    trace_close(&t);
    trace_run(&t, 1, SQUARES "--method gd --rounds 7");
    tap_ok(s->end == LAC_END_ROUNDS && s->row.round == 7 && t.rows == 8, "--rounds stops");
    trace_close(&t);
    trace_run(&t, 1, SQUARES "--method gd --rounds 0");
    tap_ok(t.status == LAC_OK && t.rows == 1 && t.row[0].round == 0,
           "no rounds: the row of x^0 alone");
    trace_close(&t);
    trace_run(&t, 2, SQUARES "--method gd --rounds 500 --max-seconds 0");
    tap_ok(t.status == LAC_OK && s->end == LAC_END_TIME && s->rounds_done == 0,
           "--max-seconds stops");
    trace_close(&t);
    trace_run(&t, 2, SQUARES "--method gd --step 1e6 --rounds 500");
    tap_ok(t.status == LAC_E_NUMERIC, "a step that is far too large: %s", lac_failure());
    trace_close(&t);
}

/* Ranks that can be stopped by the clock after any round must not have gone on to the next one. */
static void waiting(void)
{
    static struct trace t;
    const char *run =
        SQUARES "--method l2gd --p 0.4 --compressor identity --step 0.1 --rounds 30 --eval-every 0";
    char options[512];
    trace_run(&t, 2, run);
    tap_ok(t.run.solo.transport->sent_by_message[LAC_MESSAGE_GO] == UINT64_C(2) * 32,
           "silent rounds need no message to go on, but before the first");
    trace_close(&t);
    snprintf(options, sizeof options, "%s --max-seconds 1000", run);
    trace_run(&t, 2, options);
    tap_ok(t.run.solo.transport->sent_by_message[LAC_MESSAGE_GO] == UINT64_C(30) * 2 * 32,
           "with --max-seconds every round waits to be let go");
    trace_close(&t);
    trace_run(&t, 3, SQUARES "--method ef21 --compressor topk:k=2 --step 0.02 --rounds 30");
    tap_ok(t.run.solo.transport->sent_by_message[LAC_MESSAGE_GO] == 0,
           "a method with a message down to everybody needs none at all");
    trace_close(&t);
}

/* --wire is of what clients send; what comes down keeps its precision. */
static void precision_down(void)
{
    static struct trace t;
    trace_run(&t, 2,
              SQUARES "--method ef21-bc --compressor randk:k=3 --compressor-down randk:k=4 "
                      "--wire fp32 --init zero --step 0.02 --rounds 5");
    uint64_t up = t.ledger.up.of[LAC_BITS_VALUE], down = t.ledger.down.of[LAC_BITS_VALUE];
    tap_ok(t.status == LAC_OK && up % (7 * 3 * 32) == 0 && up / (7 * 3 * 32) >= 5 &&
               down == UINT64_C(5) * 7 * 4 * 64,
           "--wire fp32: %llu bits of values up, %llu down", (unsigned long long)up,
           (unsigned long long)down);
    trace_close(&t);
}

int main(void)
{
    TAP_OK(sketches_add());
    every_row();
    starts();
    by_hand();
    ends();
    waiting();
    precision_down();
    return tap_done();
}
