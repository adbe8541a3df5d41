/* Bytes from outside: every truncation, flipped bits and random bodies, for every compressor. */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "subjects.h"
#include "tap.h"

enum { RANDOM_BODIES = 100000, GUARD = 16 };

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

/* All lengths and places of short sections; of long ones the first 64 bytes and some of the others. */
static bool tried(size_t place, size_t length, struct lac_rng *rng)
{
    return place < 64 || length <= 256 || place + 8 >= length || lac_rng_below(rng, length) < 128;
}

static void check_truncations(struct subject *s)
{
    struct lac_stream stream = {.seed = 6, .purpose = LAC_PURPOSE_TEST};
    struct lac_rng rng;
    bool good = true, refused;
    lac_rng_init(&rng, &stream);
    for (uint64_t round = 1; round <= 5; round++) {
        draw_shape(s, round % 2 ? NORMAL : SPARSE, round);
        good = encode_round(s, round) && good;
        for (size_t length = 0; length < s->length; length++) {
            good = good && (!tried(length, s->length, &rng) ||
                            (decode_hostile(s, s->bytes, length, &refused) && refused));
        }
        good = decode_hostile(s, s->bytes, s->length, &refused) && !refused && good;
    }
    tap_ok(good, "%s, d=%zu: every truncation is refused", s->text, s->size.d);
}

static void check_flips(struct subject *s)
{
    struct lac_stream stream = {.seed = 8, .purpose = LAC_PURPOSE_TEST};
    struct lac_rng rng;
    bool good = true, refused;
    lac_rng_init(&rng, &stream);
    draw_vector(s, 11);
    good = encode_round(s, 11);
    for (size_t bit = 0; bit < 8 * s->length; bit++) {
        if (tried(bit / 8, s->length, &rng)) {
            s->bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
            good = decode_hostile(s, s->bytes, s->length, &refused) && good;
            s->bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        }
    }
    tap_ok(good, "%s, d=%zu: flipped bits are refused or harmless", s->text, s->size.d);
}

static size_t subjects_of[256]; /* by codec: how many the bodies are shared out to */

static void count_subject(struct subject *s)
{
    subjects_of[s->compressor->codec] += !s->pair;
}

/* RANDOM_BODIES for each compressor also under sanitizers, which is where they tell most. */
static size_t bodies_for(const struct subject *s)
{
#ifdef __SANITIZE_ADDRESS__
    size_t all = RANDOM_BODIES;
#else
    size_t all = (size_t)tap_cases(RANDOM_BODIES);
#endif
    return s->pair ? (all + 99) / 100 : all / subjects_of[s->compressor->codec] + 1;
}

/* Random bytes, or a section with some bytes replaced; its length. */
static size_t make_body(const struct subject *s, struct lac_rng *rng, size_t trial,
                        unsigned char *body, size_t longest)
{
    if (trial % 3 == 0) {
        size_t changes = s->length > 0 ? 1 + (size_t)lac_rng_below(rng, 8) : 0;
        memcpy(body, s->bytes, s->length);
        for (size_t i = 0; i < changes; i++) {
            size_t near = i % 2 && s->length > 16 ? 16 : s->length;
            body[lac_rng_below(rng, near)] = (unsigned char)lac_rng_word(rng);
        }
        return s->length;
    }
    size_t length = trial % 2 ? (size_t)lac_rng_below(rng, longest + 1) : longest;
    uint32_t words[64];
    for (size_t i = 0; i < length; i += sizeof words) {
        size_t here = length - i < sizeof words ? length - i : sizeof words;
        lac_rng_fill(rng, words, (here + 3) / 4);
        memcpy(body + i, words, here);
    }
    if (length > 0 && trial % 4 < 3) { /* small first bytes are more often meant */
        body[0] &= 15;
    }
    return length;
}

static void check_random_bodies(struct subject *s)
{
    struct lac_stream stream = {.seed = 5, .purpose = LAC_PURPOSE_TEST};
    struct lac_rng rng;
    lac_rng_init(&rng, &stream);
    draw_vector(s, 1);
    bool good = encode_round(s, 1), refused; /* sets the draw */
    size_t longest = s->info.max_bytes + 8, bodies = bodies_for(s);
    unsigned char *body = malloc(longest);
    LAC_ASSERT(body);
    for (size_t trial = 0; trial < bodies; trial++) {
        size_t length = make_body(s, &rng, trial, body, longest);
        good = decode_hostile(s, body, length, &refused) && good;
    }
    free(body);
    tap_ok(good, "%s, d=%zu: %zu random bodies are refused or harmless", s->text, s->size.d,
           bodies);
}

int main(void)
{
    for_each_subject(SIZES_ODD, count_subject);
    for_each_subject(SIZES_ODD, check_truncations);
    for_each_subject(SIZES_ODD, check_flips);
    for_each_subject(SIZES_ODD, check_random_bodies);
    return tap_done();
}
