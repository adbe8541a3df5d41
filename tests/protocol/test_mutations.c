/* Random changes of valid frames of each kind: the run ends, well or with a sentence, and no sanitizer objects. */
#include <string.h>

#include "base/rng.h"
#include "protocol/protocol.h"
#include "tampered_run.h"
#include "tap.h"
#include "wire/wire.h"

enum { TRIES = 6, MOST_CHANGES = 4, MOST_QUESTIONS = 64 };

/* --dim and --split sorted, where rows are: sizes that are possible are believed, and would only take memory. */
static const struct {
    size_t d;
    const char *options;
} runs[] = {
    {4, "--data @train --dim 4 --clients 2 --split sorted --method marina --compressor randk:k=2 "
        "--gradient nice:1 --rounds 3 --eval-every 2"},
    {8,
     "--data @train --dim 4 --clients 2 --split sorted --objective softmax --method ef21 "
     "--compressor topk:k=3 --rounds 2 --test @test --track test_loss,test_accuracy,oracle_rows"},
    {5, "--data - --dim 4 --clients 2 --intercept --method diana --compressor natural --rounds 2 "
        "--objective least-squares --test @test --track test_loss"},
    {9, "--data synth:least-squares,d=9,m=3 --clients 3 --method dcgd --compressor qsgd:levels=4 "
        "--participation importance:2 --x0 uniform --rounds 3"},
    {9, "--data synth:least-squares,d=9,m=3 --clients 2 --method ef21 --compressor topk:k=2 "
        "--step theory-rf --participation bernoulli:0.3 --rounds 8 --eval-every 1"},
    {9,
     "--data synth:least-squares,d=9,m=3 --clients 2 --method l2gd --p 0.5 --step 0.01 --rounds 8 "
     "--compressor natural --compressor-down identity --eval-every 1"},
    {9,
     "--data synth:least-squares,d=9,m=3 --clients 2 --method diana --compressor natural --rounds 1 --checkpoint @kept --checkpoint-every 1"},
    {9, "--data synth:logistic,d=9,m=6 --clients 2 --method page --gradient nice:2 --rounds 3"},
};

enum { RUNS = sizeof runs / sizeof *runs };

struct mutation {
    struct lac_rng rng;
    size_t number; /* of the frame that is changed */
    size_t d;
    uint64_t question; /* 0, or what is asked instead, where it is a QUERY */
    size_t frames;     /* seen */
    uint64_t kinds;
    size_t asked[MOST_QUESTIONS], questions; /* the numbers of QUERY frames */
};

static void change_body(struct lac_rng *rng, struct tampered_frame *f)
{
    static const double doubles[] = {0.0, -1.0, 0x1p1023, 0x1p-1074};
    size_t begin = f->length < 16 ? f->length : 16; /* where kinds and counts stand */
    size_t at = (size_t)lac_rng_below(rng, lac_rng_below(rng, 2) ? begin : f->length);
    size_t word = at / 8 * 8;
    switch (lac_rng_below(rng, 5)) {
    case 0:
        f->body[at] ^= (unsigned char)(1u << lac_rng_below(rng, 8));
        break;
    case 1:
        f->body[at] = (unsigned char)lac_rng_below(rng, 256);
        break;
    case 2:
        memset(f->body + at, 0xFF, f->length - at < 4 ? f->length - at : 4);
        break;
    case 3:
        f->body[at / 4 * 4] = (unsigned char)lac_rng_below(rng, 20);
        break;
    default:
        if (word + 8 <= f->length) {
            memcpy(f->body + word, &doubles[lac_rng_below(rng, 4)], 8);
        }
        break;
    }
}

/* Another question, as long as it is. */
static void change_question(const struct mutation *m, struct tampered_frame *f)
{
    bool vector = lac_question((enum lac_query)m->question)->sends_vector;
    memcpy(f->body, &m->question, sizeof m->question);
    memset(f->body + 8, 0, 8 * m->d);
    f->length = 8 + (vector ? 8 * m->d : 0);
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
        f->message = (uint16_t)(1 + lac_rng_below(rng, 23));
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
    if (f->message == LAC_MESSAGE_QUERY && m->questions < MOST_QUESTIONS) {
        m->asked[m->questions++] = number;
    }
    if (number != m->number) {
        return;
    }
    if (m->question > 0) {
        change_question(m, f);
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

static bool ends_well(lac_status status)
{
    return status == LAC_OK || (*lac_failure() && !strchr(lac_failure(), '\n'));
}

/* In place of every question of the run each of those that there are. */
static void try_questions(uint32_t which, const struct tampered_files *files,
                          const struct mutation *seen)
{
    bool good = true;
    size_t tried = 0, all = (LAC_QUERY_END - 1) * seen->questions;
    for (size_t i = 0; i < all; i += TRIES / tries_of_each(), tried++) {
        struct mutation m = {.number = seen->asked[i / (LAC_QUERY_END - 1)],
                             .d = runs[which].d,
                             .question = 1 + i % (LAC_QUERY_END - 1)};
        good = ends_well(tampered_run(runs[which].options, files, mutate, &m)) && good;
    }
    tap_ok(good, "%zu other questions in place of its own end it with a sentence, or do no harm",
           tried);
}

/* Every frame of the run, each changed in several ways. */
static uint64_t try_run(uint32_t which, const struct tampered_files *files)
{
    const char *options = runs[which].options;
    struct mutation seen = {.number = SIZE_MAX};
    lac_status status = tampered_run(options, files, mutate, &seen);
    tap_ok(status == LAC_OK, "%s%s%s", options, status ? ": " : "", status ? lac_failure() : "");
    size_t all = seen.frames * tries_of_each(), harmless = 0;
    bool good = true;
    for (size_t i = 0; i < all; i++) {
        struct lac_stream stream = {.seed = i, .client = which, .purpose = LAC_PURPOSE_TEST};
        struct mutation m = {.number = i % seen.frames};
        lac_rng_init(&m.rng, &stream);
        status = tampered_run(options, files, mutate, &m);
        good = ends_well(status) && good;
        harmless += status == LAC_OK;
    }
    tap_ok(good, "%zu changes of its frames end it with a sentence, or do no harm (%zu)", all,
           harmless);
    if (!strstr(options,
                "@kept")) { /* whose runs wait for the disk, and ask nothing of their own */
        try_questions(which, files, &seen);
    }
    return seen.kinds;
}

int main(void)
{
    struct tampered_files files;
    uint64_t kinds = 0;
    tampered_files_make(&files);
    for (uint32_t i = 0; i < RUNS; i++) {
        kinds |= try_run(i, &files);
    }
    tampered_files_remove(&files);
    uint64_t all = (UINT64_C(1) << 15) - 2 - (UINT64_C(1) << LAC_MESSAGE_ERROR) +
                   (UINT64_C(1) << LAC_MESSAGE_KEEP) + (UINT64_C(1) << LAC_MESSAGE_KEPT);
    tap_ok(kinds == all, "every message but ERROR was among them");
    return tap_done();
}
