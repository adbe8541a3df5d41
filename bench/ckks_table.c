/* Bytes of a client, of PermK sealed and of what else hides gradients from a server: by formula, not measured. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "ckks.h"

enum { CLIENTS = 50 };

/* docs/methods/dcgd.md, run/experiment dcgd-permk: rounds to |grad f|^2 <= 1e-6 of PermK with the step 0.007, and of
   gradient descent, whose rounds all others are taken to need, as if their rounding cost none. */
enum { TARGET_DIMENSION = 1000, TARGET_ROUNDS_PERMK = 2062, TARGET_ROUNDS_GD = 114 };

static void row(const char *name, struct traffic t, struct traffic least)
{
    printf("  %-48s %14" PRIu64 " %14" PRIu64 " %10.1f %10.1f\n", name, t.up, t.down,
           (double)t.up / (double)least.up, (double)t.down / (double)least.down);
}

static struct traffic times(struct traffic t, uint64_t rounds)
{
    return (struct traffic){t.up * rounds, t.down * rounds};
}

static void rows(uint64_t d, uint64_t n, uint64_t rounds_permk, uint64_t rounds)
{
    struct traffic least = times(traffic_permk(d, n, TRAFFIC_TAG), rounds_permk);
    printf("  %-48s %14s %14s %10s %10s\n", "", "up", "down", "up/PermK", "down/PermK");
    row("PermK, sealed", least, least);
    row("PermK as published, 32 bytes a block",
        times(traffic_permk(d, n, TRAFFIC_NONCE_AND_TAG), rounds_permk), least);
    row("dense gradients, each sealed, all forwarded",
        times(traffic_dense(d, n, TRAFFIC_TAG), rounds), least);
    row("secure aggregation by pairwise masks (1)",
        times(traffic_secure_aggregation(&traffic_masks_assumed, d, n), rounds), least);
    row("CKKS, packed bits: the lower bound (2)",
        times(ckks_packed_traffic(&ckks_published, d), rounds), least);
    row("CKKS, residues as words of 64 bits (2)",
        times(ckks_word_traffic(&ckks_published, d), rounds), least);
}

static void round_table(uint64_t d, uint64_t n)
{
    printf("\nOne round, d = %" PRIu64 ", n = %" PRIu64 "\n", d, n);
    rows(d, n, 1, 1);
}

/* A round of PermK does less than one of the others. */
static void target_table(void)
{
    printf("\nA run to |grad f|^2 <= 1e-6 (run/experiment dcgd-permk), d = %d, n = %d: "
           "%d rounds of PermK, %d of the others\n",
           TARGET_DIMENSION, CLIENTS, TARGET_ROUNDS_PERMK, TARGET_ROUNDS_GD);
    rows(TARGET_DIMENSION, CLIENTS, TARGET_ROUNDS_PERMK, TARGET_ROUNDS_GD);
}

static void notes(uint64_t n)
{
    const struct traffic_masks *m = &traffic_masks_assumed;
    const struct ckks *c = &ckks_published;
    printf(
        "\n(1) Computed, from memory of the published formula (Bonawitz et al. 2017, CCS; "
        "semi-honest, with drop-out handling):\n    2n a_K + (5n - 4) a_S + d ceil(log2 R) bits, "
        "a_K = %" PRIu32 ", a_S = %" PRIu32 ", numbers of %" PRIu32 " bits in fixed point,\n    "
        "so ceil(log2 R) = %" PRIu32 "; new keys in each round; and the sum back in the clear, "
        "8 d.\n",
        m->key_bits, m->share_bits, m->input_bits, traffic_masked_bits(m, n));
    printf("(2) N = %" PRIu32 ", %" PRIu32 " primes, the last not in a ciphertext: %" PRIu32
           " numbers in %" PRIu64 " bytes packed, %" PRIu64 " as words;\n    one prime less on the "
           "way down, after the server's factor 1/n: %" PRIu64 " and %" PRIu64 ".\n",
           c->degree, c->primes, ckks_slots(c), ckks_packed_bytes(c, 0), ckks_word_bytes(c, 0),
           ckks_packed_bytes(c, 1), ckks_word_bytes(c, 1));
}

int main(void)
{
    static const uint64_t dimensions[] = {1000, 10000, 100000, 1000000};
    printf(
        "Bytes of one client in one round, bodies alone, numbers of 64 bits: computed by formula, "
        "all of them; nothing here is measured\n");
    for (size_t i = 0; i < sizeof dimensions / sizeof *dimensions; i++) {
        round_table(dimensions[i], CLIENTS);
    }
    target_table();
    notes(CLIENTS);
    return 0;
}
