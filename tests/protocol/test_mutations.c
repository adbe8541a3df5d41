/* Random changes of valid frames of each kind: the run ends, well or with a sentence, and no sanitizer objects. */
#include <string.h>

#include "base/rng.h"
#include "sketches.h"
#include "tampered_run.h"
#include "tap.h"
#include "wire/wire.h"

enum { TRIES = 6, MOST_CHANGES = 4 };

/* --dim and --split sorted, where rows are: sizes that are possible are believed, and would only take memory. */
static const char *const runs[] = {
    "--data @train --dim 4 --clients 2 --split sorted --method marina --compressor randk:k=2 "
    "--gradient nice:1 --rounds 3 --eval-every 2",
    "--data @train --dim 4 --clients 2 --split sorted --objective softmax --method ef21 "
    "--compressor topk:k=3 --rounds 2 --test @test --track test_loss,test_accuracy,oracle_rows",
    "--data - --dim 4 --clients 2 --intercept --method diana --compressor natural --rounds 2",
    "--data synth:least-squares,d=9,m=3 --clients 3 --method dcgd --compressor qsgd:levels=4 "
    "--participation importance:2 --x0 uniform --rounds 3",
    "--data synth:least-squares,d=9,m=3 --clients 2 --method ef21 --compressor topk:k=2 --step theory-rf "
    "--participation bernoulli:0.3 --rounds 8 --eval-every 1",
    "--data synth:least-squares,d=9,m=3 --clients 2 --method l2gd --step 0.01 --rounds 8 "
    "--compressor natural --compressor-down identity --eval-every 1",
    "--data synth:logistic,d=9,m=6 --clients 2 --method page --gradient nice:2 --rounds 3",
};

enum { RUNS = sizeof runs / sizeof *runs };

struct mutation {
    struct lac_rng rng;
    size_t number; /* of the frame that is changed */
    size_t frames; /* seen */
    uint64_t kinds;
};

static void change_body(struct lac_rng *rng, struct tampered_frame *f)
{
    static const double doubles[] = {0.0, -1.0, 0x1p1023, 0x1p-1074};
    size_t at = (size_t)lac_rng_below(rng, f->length);
    size_t word = at / 8 * 8;
    switch (lac_rng_below(rng, 4)) {
    case 0:
        f->body[at] ^= (unsigned char)(1u << lac_rng_below(rng, 8));
        break;
    case 1:
        f->body[at] = (unsigned char)lac_rng_below(rng, 256);
        break;
    case 2:
        memset(f->body + at, 0xFF, f->length - at < 4 ? f->length - at : 4);
        break;
    default:
        if (word + 8 <= f->length) {
            memcpy(f->body + word, &doubles[lac_rng_below(rng, 4)], 8);
        }
        break;
    }
}

static void change_length(struct lac_rng *rng, struct tampered_frame *f)
{
    size_t by = 1 + (size_t)lac_rng_below(rng, 16);
    if (lac_rng_below(rng, 2) == 0) {
        f->length -= by < f->length ? by : f->length;
        return;
    }
    for (size_t i = 0; i < by; i++) {
        f->body[f->length++] = (unsigned char)lac_rng_below(rng, 256);
    }
}

static void change_header(struct lac_rng *rng, struct tampered_frame *f)
{
    switch (lac_rng_below(rng, 4)) {
    case 0:
        f->message = (uint16_t)(1 + lac_rng_below(rng, 14));
        break;
    case 1:
        f->flags ^= (uint16_t)(1u << lac_rng_below(rng, 16));
        break;
    case 2:
        f->client = (uint32_t)lac_rng_below(rng, 4) - 1;
        break;
    default:
        f->round =
            lac_rng_below(rng, 2) ? lac_rng_below(rng, 8) : UINT64_MAX - lac_rng_below(rng, 3);
        break;
    }
}

static void mutate(void *context, size_t number, struct tampered_frame *f)
{
    struct mutation *m = context;
    m->frames++;
    m->kinds |= UINT64_C(1) << f->message;
    if (number != m->number) {
        return;
    }
    uint64_t changes = 1 + lac_rng_below(&m->rng, MOST_CHANGES);
    for (uint64_t i = 0; i < changes; i++) {
        uint64_t what = lac_rng_below(&m->rng, 8);
        if (what == 0) {
            change_header(&m->rng, f);
        } else if (what == 1) {
            change_length(&m->rng, f);
        } else if (f->length > 0) {
            change_body(&m->rng, f);
        }
    }
}

/* All of them also under sanitizers, which is where they tell most. */
static size_t tries_of_each(void)
{
#ifdef __SANITIZE_ADDRESS__
    return TRIES;
#else
    return (size_t)tap_cases(TRIES);
#endif
}

/* Every frame of the run, each changed in several ways. */
static uint64_t try_run(const char *options, uint32_t which, const struct tampered_files *files)
{
    struct mutation m = {.number = SIZE_MAX};
    lac_status status = tampered_run(options, files, mutate, &m);
    tap_ok(status == LAC_OK, "%s%s%s", options, status ? ": " : "", status ? lac_failure() : "");
    size_t frames = m.frames, tries = tries_of_each(), refused = 0;
    bool said = true;
    for (size_t i = 0; i < frames * tries; i++) {
        struct lac_stream stream = {.seed = i, .client = which, .purpose = LAC_PURPOSE_TEST};
        struct mutation change = {.number = i % frames};
        lac_rng_init(&change.rng, &stream);
        status = tampered_run(options, files, mutate, &change);
        said = said && (status == LAC_OK || (*lac_failure() && !strchr(lac_failure(), '\n')));
        refused += status != LAC_OK;
    }
    tap_ok(said, "%zu changes of its frames end it with a sentence, or do no harm (%zu)",
           frames * tries, frames * tries - refused);
    return m.kinds;
}

int main(void)
{
    struct tampered_files files;
    uint64_t kinds = 0;
    sketches_extend();
    tampered_files_make(&files);
    for (uint32_t i = 0; i < RUNS; i++) {
        kinds |= try_run(runs[i], i, &files);
    }
    tampered_files_remove(&files);
    uint64_t all = (UINT64_C(1) << 15) - 2 - (UINT64_C(1) << LAC_MESSAGE_ERROR);
    tap_ok(kinds == all, "every message but ERROR was among them");
    return tap_done();
}
