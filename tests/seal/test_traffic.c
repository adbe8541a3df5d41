/* Bytes by formula: the numbers that published sources give, and those that follow by hand. */
#include <math.h>

#include "ckks.h"
#include "tap.h"

static bool are(struct traffic t, uint64_t up, uint64_t down)
{
    bool right = t.up == up && t.down == down;
    if (!right) {
        printf("# %llu up, %llu down\n", (unsigned long long)t.up, (unsigned long long)t.down);
    }
    return right;
}

static void ckks_bytes(void)
{
    const struct ckks *c = &ckks_published;
    tap_ok(ckks_slots(c) == 8192, "N = 2^14 has 8192 slots");
    tap_ok(ckks_packed_bytes(c, 0) == 614400 && ckks_word_bytes(c, 0) == 1048576,
           "a fresh ciphertext takes 614,400 bytes packed, 1,048,576 as words");
    tap_ok(ckks_packed_bytes(c, 1) == 491520 && ckks_word_bytes(c, 1) == 786432,
           "a rescaled one has a prime of 30 bits less");
    tap_ok(ckks_ciphertexts(c, 1) == 1 && ckks_ciphertexts(c, 8192) == 1 &&
               ckks_ciphertexts(c, 8193) == 2 && ckks_ciphertexts(c, 1000000) == 123,
           "a ciphertext is begun for every 8192 numbers");
    tap_ok(are(ckks_packed_traffic(c, 1000), 614400, 491520) &&
               are(ckks_word_traffic(c, 1000), 1048576, 786432),
           "d = 1000 takes one ciphertext each way");
    tap_ok(are(ckks_packed_traffic(c, 100000), UINT64_C(7987200), UINT64_C(6389760)),
           "d = 100,000 takes thirteen");
    struct ckks other = {.degree = 8192, .primes = 3, .prime_bits = {60, 40, 60}};
    tap_ok(ckks_packed_bytes(&other, 0) == 204800 && ckks_slots(&other) == 4096,
           "N = 2^13 with primes of 60, 40, 60 bits takes 200 KiB");
}

static void sealed_bytes(void)
{
    tap_ok(are(traffic_permk(1000, 50, TRAFFIC_NONCE_AND_TAG), 192, 9600),
           "PermK as published takes 192 bytes up, 9,600 down at d = 1000, n = 50");
    tap_ok(are(traffic_permk(1000, 50, TRAFFIC_TAG), 176, 8800), "and without nonces 176, 8,800");
    tap_ok(are(traffic_permk(7, 3, TRAFFIC_TAG), 3 * 8 + 16, 7 * 8 + 3 * 16),
           "where n does not divide d the longest block counts up, all numbers down");
    tap_ok(are(traffic_dense(1000, 50, TRAFFIC_NONCE_AND_TAG), 8032, 401600),
           "dense gradients as published take 8,032 bytes up, 401,600 down");
}

/* Of what is sent in the clear, d numbers of input_bits; without the sum on its way back. */
static double expansion(const struct traffic_masks *m, uint64_t d, uint64_t n)
{
    struct traffic t = traffic_secure_aggregation(m, d, n);
    return 8.0 * (double)(t.up + t.down - 8 * d) / (double)(d * m->input_bits);
}

static void masked_bytes(void)
{
    struct traffic_masks published = {.key_bits = 256, .share_bits = 256, .input_bits = 16};
    tap_ok(fabs(expansion(&published, 1 << 20, 1 << 10) - 1.73) < 0.005,
           "2^10 clients with 2^20 numbers of 16 bits take 1.73 times the clear text, as the "
           "abstract says");
    tap_ok(traffic_masked_bits(&published, 1 << 10) == 26 &&
               traffic_masked_bits(&published, 1) == 16 && traffic_masked_bits(&published, 2) == 17,
           "a sum takes as many bits as its largest value");
    tap_ok(are(traffic_secure_aggregation(&traffic_masks_assumed, 1000, 50),
               2 * 32 + (2 * 49 + 50) * 32 + 1000 * 38 / 8, 2 * 49 * 32 * 2 + 8000),
           "d = 1000, n = 50: keys, shares, and 38 bits a number");
}

int main(void)
{
    ckks_bytes();
    sealed_bytes();
    masked_bytes();
    return tap_done();
}
