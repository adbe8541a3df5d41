/* Bytes from outside: every truncation, flipped bits and random bodies, for every compressor. */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "subjects.h"
#include "tap.h"

enum { RANDOM_BODIES = 10000, GUARD = 16 };

static const double guard_value = 0x1.23456789abcdep+7;

/* Decodes a copy that ends where its memory ends, between guards; *refused says how it ended.
   False where it wrote outside of acc, read too far, or failed with another status. */
static bool decode_hostile(struct subject *s, const unsigned char *bytes, size_t length,
                           bool *refused)
{
    size_t d = s->size.d;
    unsigned char *copy = malloc(length > 0 ? length : 1);
    double *acc = calloc(d + GUARD + GUARD, sizeof *acc);
    LAC_ASSERT(copy && acc);
    memcpy(copy, bytes, length);
    for (size_t i = 0; i < GUARD; i++) {
        acc[i] = acc[GUARD + d + i] = guard_value;
    }
    struct lac_reader r;
    const struct lac_channel_compressor *c = &s->sides[1];
    lac_reader_init(&r, copy, length);
    lac_status status = lac_decode_add(c, &s->draw, &r, 1.0, 1.0, acc + GUARD);
    *refused = status != LAC_OK;
    bool harmless = status == LAC_OK || status == LAC_E_PROTOCOL;
    harmless = harmless && r.end == copy + length && r.p >= copy && r.p <= r.end;
    harmless =
        harmless && (status != LAC_OK || lac_bits_total(&r.bits) == 8 * (uint64_t)(r.p - copy));
    for (size_t i = 0; i < GUARD; i++) {
        harmless = harmless && acc[i] == guard_value && acc[GUARD + d + i] == guard_value;
    }
    free(acc);
    free(copy);
    return harmless;
}

static void check_truncations(struct subject *s)
{
    bool good = true, refused;
    for (uint64_t round = 1; round <= 5; round++) {
        draw_vector(s, round);
        good = encode_round(s, round) && good;
        for (size_t length = 0; length < s->length; length++) {
            good = decode_hostile(s, s->bytes, length, &refused) && refused && good;
        }
        good = decode_hostile(s, s->bytes, s->length, &refused) && !refused && good;
    }
    tap_ok(good, "%s, d=%zu: every truncation is refused", s->text, s->size.d);
}

static void check_flips(struct subject *s)
{
    bool good = true, refused;
    draw_vector(s, 11);
    good = encode_round(s, 11);
    for (size_t bit = 0; bit < 8 * s->length; bit++) {
        s->bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        good = decode_hostile(s, s->bytes, s->length, &refused) && good;
        s->bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    tap_ok(good, "%s, d=%zu: every flipped bit is refused or harmless", s->text, s->size.d);
}

static void check_random_bodies(struct subject *s)
{
    struct lac_stream stream = {.seed = 5, .purpose = LAC_PURPOSE_TEST};
    struct lac_rng rng;
    lac_rng_init(&rng, &stream);
    draw_vector(s, 1);
    bool good = encode_round(s, 1), refused; /* sets the draw */
    size_t longest = s->info.max_bytes + 8;
    unsigned char *body = malloc(longest);
    LAC_ASSERT(body);
    for (int trial = 0; trial < RANDOM_BODIES; trial++) {
        size_t length = trial % 2 ? (size_t)lac_rng_below(&rng, longest + 1) : longest;
        for (size_t i = 0; i < length; i++) {
            body[i] = (unsigned char)lac_rng_word(&rng);
        }
        if (length > 0 && trial % 4 < 3) { /* small first bytes are more often meant */
            body[0] &= 15;
        }
        good = decode_hostile(s, body, length, &refused) && good;
    }
    free(body);
    tap_ok(good, "%s, d=%zu: %d random bodies are refused or harmless", s->text, s->size.d,
           RANDOM_BODIES);
}

int main(void)
{
    for_each_subject(SIZES_SMALL, check_truncations);
    for_each_subject(SIZES_SMALL, check_flips);
    for_each_subject(SIZES_SMALL, check_random_bodies);
    return tap_done();
}
