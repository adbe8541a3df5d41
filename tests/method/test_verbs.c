/* The verbs on messages alone: what is written is read, once counted, never beyond its end. */
#include <string.h>

#include "base/vec.h"
#include "method/method.h"
#include "tap.h"

enum { D = 11, CLIENTS = 6 };

static const struct lac_method toy = {
    .name = "toy",
    .channels = {{"up", LAC_FROM_COMPRESSOR, LAC_UNBIASED | LAC_CONTRACTIVE},
                 {"down", LAC_FROM_COMPRESSOR_DOWN, LAC_CONTRACTIVE}},
};

static unsigned char buffer[4096] __attribute__((aligned(64)));
static double x[D], y[D];

static bool same(const double *a, const double *b)
{
    size_t j = 0;
    while (j < D && a[j] == b[j]) {
        j++;
    }
    return j == D;
}

static lac_status open_env(struct lac_env *e, const char *up, const char *down, struct lac_arena *a)
{
    *e = (struct lac_env){.d = D, .n = CLIENTS, .seed = 5, .round = 3, .cohort = CLIENTS};
    for (size_t j = 0; j < D; j++) {
        x[j] = (double)(j * j) - 17.5;
        y[j] = 1.0 / (double)(j + 1);
    }
    struct lac_method_texts texts = {.method = "toy",
                                     .rr_order = "reshuffle",
                                     .step_policy = "constant",
                                     .compressor = up,
                                     .compressor_down = down,
                                     .wire = "fp64",
                                     .participation = "full",
                                     .gradient = "full"};
    return lac_method_open(&toy, e, &texts, a);
}

/* A compressed section of odd length, raw bytes, and a dense vector, which is aligned by padding. */
static void sections(void)
{
    struct lac_arena a = {0};
    struct lac_env e;
    struct lac_message m;
    const double *dense;
    const unsigned char *raw;
    double sum[D] = {0};
    bool ok = open_env(&e, "topk:k=3", "identity", &a) == LAC_OK;
    lac_message_begin(&m, 2, buffer, sizeof buffer);
    ok = ok && lac_compress(&e, 0, x, &m) == LAC_OK;
    lac_put_bytes(&m, LAC_BITS_INDEX, "abc", 3);
    ok = ok && lac_put(&e, &m, y) == LAC_OK;
    lac_put_bytes(&m, LAC_BITS_VALUE, "z", 1);
    struct lac_bits written = m.out.bits;
    size_t length = m.length;
    lac_message_read(&m, 2, buffer + LAC_FRAME_HEADER, length);
    ok = ok && lac_add(&e, 0, &m, 1.0, sum) == LAC_OK && lac_add(&e, 0, &m, 1.0, sum) == LAC_OK;
    lac_next(&m);
    ok = ok && lac_get_bytes(&m, LAC_BITS_INDEX, 3, &raw) == LAC_OK && memcmp(raw, "abc", 3) == 0;
    lac_next(&m);
    ok = ok && lac_get(&e, &m, &dense) == LAC_OK && same(dense, y);
    lac_next(&m);
    ok = ok && lac_get_bytes(&m, LAC_BITS_VALUE, 1, &raw) == LAC_OK && *raw == 'z';
    tap_ok(ok && sum[10] == 2.0 * x[10] && sum[9] == 2.0 * x[9] && sum[8] == 2.0 * x[8] &&
               sum[5] == 0.0,
           "sections are read as they were written, one of them twice");
    written.of[LAC_BITS_HEADER] = 0; /* the frame's */
    tap_ok(memcmp(&written, &m.bits, sizeof written) == 0 &&
               lac_bits_total(&m.bits) == 8 * length && m.bits.of[LAC_BITS_PADDING] > 8,
           "every bit is counted under its class, once (%zu bytes)", length);
    bool refused = true;
    for (size_t cut = 0; cut < length; cut++) { /* whatever is missing */
        lac_message_read(&m, 2, buffer + LAC_FRAME_HEADER, cut);
        bool all = lac_add(&e, 0, &m, 1.0, sum) == LAC_OK;
        lac_next(&m);
        all = all && lac_get_bytes(&m, LAC_BITS_INDEX, 3, &raw) == LAC_OK;
        lac_next(&m);
        all = all && lac_get(&e, &m, &dense) == LAC_OK;
        lac_next(&m);
        refused = refused && !(all && lac_get_bytes(&m, LAC_BITS_VALUE, 1, &raw) == LAC_OK);
    }
    tap_ok(refused, "a message cut short anywhere is refused");
    lac_arena_free(&a);
}

/* The draws belong to the sender: both sides have them, whoever's turn it is there. */
static void draws(void)
{
    struct lac_arena a = {0};
    struct lac_env e;
    struct lac_message m;
    double from_two[D] = {0}, from_server[D] = {0}, again[D] = {0}, other_channel[D] = {0};
    bool ok = open_env(&e, "randk:k=4", "randk:k=4", &a) == LAC_OK;
    e.who.client = e.position = 2;
    lac_message_begin(&m, 2, buffer, sizeof buffer);
    ok = ok && lac_compress(&e, 0, x, &m) == LAC_OK && lac_add(&e, 0, &m, 1.0, from_two) == LAC_OK;
    lac_message_begin(&m, LAC_SHARED, buffer, sizeof buffer);
    ok = ok && lac_compress(&e, 0, x, &m) == LAC_OK &&
         lac_add(&e, 0, &m, 1.0, from_server) == LAC_OK;
    e.who.client = e.position = 4; /* another turn on the other side */
    lac_message_read(&m, LAC_SHARED, buffer + LAC_FRAME_HEADER, m.length);
    ok = ok && lac_add(&e, 0, &m, 1.0, again) == LAC_OK;
    lac_message_begin(&m, LAC_SHARED, buffer, sizeof buffer);
    ok = ok && lac_compress(&e, 1, x, &m) == LAC_OK &&
         lac_add(&e, 1, &m, 1.0, other_channel) == LAC_OK;
    tap_ok(ok && same(from_server, again), "a message down is read as it was written");
    tap_ok(!same(from_server, from_two), "clients and server draw apart");
    vec_scale(other_channel, 2.75, other_channel, D); /* 1 + omega = d/k: contractive, so scaled */
    tap_ok(!same(from_server, other_channel), "channels draw apart");
    lac_arena_free(&a);
}

/* Rank 0 is no participant: what it sends does not depend on who takes part, if anybody. */
static void empty_cohort(void)
{
    struct lac_arena a = {0};
    struct lac_env e;
    struct lac_message m;
    double full[D] = {0}, empty[D] = {0};
    bool ok = open_env(&e, "permk", "permk", &a) == LAC_OK;
    lac_message_begin(&m, LAC_SHARED, buffer, sizeof buffer);
    ok = ok && lac_compress(&e, 1, x, &m) == LAC_OK && lac_add(&e, 1, &m, 1.0, full) == LAC_OK;
    e.cohort = 0;
    lac_message_begin(&m, LAC_SHARED, buffer, sizeof buffer);
    ok = ok && lac_compress(&e, 1, x, &m) == LAC_OK && lac_add(&e, 1, &m, 1.0, empty) == LAC_OK;
    tap_ok(ok && same(full, empty), "rank 0 draws for all clients, whoever takes part");
    lac_arena_free(&a);
}

static void scaled(void)
{
    struct lac_arena a = {0};
    struct lac_env e;
    struct lac_message m;
    double sum[D] = {0};
    bool ok = open_env(&e, "randk:k=4", "randk:k=4", &a) == LAC_OK;
    lac_message_begin(&m, LAC_SHARED, buffer, sizeof buffer);
    ok = ok && lac_compress(&e, 1, x, &m) == LAC_OK && lac_add(&e, 1, &m, 1.0, sum) == LAC_OK;
    unsigned kept = 0, wrong = 0;
    for (size_t j = 0; j < D; j++) {
        kept += sum[j] != 0.0;
        wrong += sum[j] != 0.0 && sum[j] != x[j];
    }
    tap_ok(ok && kept == 4 && wrong == 0,
           "an unbiased compressor in a contractive channel is divided by 1 + omega, exactly");
    lac_arena_free(&a);
}

static void not_finite(void)
{
    struct lac_arena a = {0};
    struct lac_env e;
    struct lac_message m;
    bool ok = open_env(&e, "topk:k=3", "identity", &a) == LAC_OK;
    x[3] = 0.0 / (y[0] - y[0]);
    lac_message_begin(&m, 2, buffer, sizeof buffer);
    tap_ok(ok && lac_compress(&e, 0, x, &m) == LAC_E_NUMERIC, "refused: %s", lac_failure());
    tap_ok(strstr(lac_failure(), "client 2") != NULL, "by the name of who computed it");
    lac_message_begin(&m, LAC_SHARED, buffer, sizeof buffer);
    tap_ok(lac_put(&e, &m, x) == LAC_E_NUMERIC && !strstr(lac_failure(), "client"), "refused: %s",
           lac_failure());
    lac_arena_free(&a);
}

static void coins(void)
{
    struct lac_env e = {.seed = 9};
    unsigned heads = 0, equal = 0, never = 0, always = 0;
    for (e.round = 1; e.round <= 10000; e.round++) {
        e.who.client = (uint32_t)e.round % 7;
        bool first = lac_coin(&e, 0, 0.3);
        heads += first;
        equal += first == lac_coin(&e, 1, 0.3);
        never += lac_coin(&e, 0, 0.0);
        always += lac_coin(&e, 0, 1.0);
        e.who.client++;
        always -= first != lac_coin(&e, 0, 0.3);
    }
    tap_ok(heads > 2816 && heads < 3184,
           "10000 coins of probability 0.3: %u heads (4 deviations are 183)", heads);
    tap_ok(equal > 5600 && equal < 6000,
           "coins of different numbers are independent (%u equal of 5800)", equal);
    tap_ok(never == 0 && always == 10000,
           "probability 0 and 1 are certain, and all sides have the same coin");
}

int main(void)
{
    sections();
    draws();
    empty_cohort();
    scaled();
    not_finite();
    coins();
    return tap_done();
}
