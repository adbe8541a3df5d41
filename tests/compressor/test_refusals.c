/* What users write: what is meant, and what is refused with which words. */
#include <string.h>

#include "compressor/parts.h"
#include "tap.h"

static lac_status open_text(const char *text, size_t d, uint32_t n,
                            struct lac_channel_compressor *c)
{
    static struct lac_arena arena;
    lac_arena_free(&arena);
    return lac_compressor_open(c, text, &(struct lac_compressor_size){.d = d, .n = n}, &arena);
}

struct refusal {
    const char *text;
    const char *words; /* that the sentence must have */
};

static const struct refusal refusals[] = {
    {"topk:k=0", "1..1000"},
    {"topk:k=2000", "1..1000"},
    {"randk:k=1001", "1..1000"},
    {"topk:0", "1..1000"},
    {"topk:k=1.5", "1..1000"},
    {"topk:k=-1", "1..1000"},
    {"topk:k=", "1..1000"},
    {"topk:0x10", "1..1000"},
    {"topk:k=99999999999999999999", "1..1000"},
    {"topk", "topk:k=K with K in 1..1000, or topk:P%"},
    {"randk", "randk:k=K with K in 1..1000, or randk:P%"},
    {"topk:k=5,k=6", "twice"},
    {"topk:5,k=6", "once"},
    {"topk:kk=5", "did you mean 'k'"},
    {"randk:0%", "above 0 and at most 100"},
    {"randk:-5%", "above 0 and at most 100"},
    {"topk:100.5%", "above 0 and at most 100"},
    {"topk:%", "no number"},
    {"topk:x%", "'x' is no number"},
    {"topk:nan%", "not a finite number"},
    {"topk:1111111111111111111111111111111111111111111111111111111111111111111111%", "no number"},
    {"blocktopk", "needs a B in 1..4294967295"},
    {"blocktopk:block=0,k=1", "needs a B in 1..4294967295"},
    {"blocktopk:block=16", "needs a K in 1..16"},
    {"blocktopk:block=16,k=0", "needs a K in 1..16"},
    {"blocktopk:block=16,k=17", "needs a K in 1..16"},
    {"blocktopk:block=16,size=2", "'size'"},
    {"toplek", "toplek:k=K with K in 1..1000, or toplek:P%"},
    {"toplek:k=1001", "1..1000"},
    {"toplek:0%", "above 0 and at most 100"},
    {"threshold", "an R above 0 and below 1"},
    {"threshold:ratio=0", "an R above 0 and below 1"},
    {"threshold:ratio=1", "an R above 0 and below 1"},
    {"threshold:ratio=nan", "not a finite number"},
    {"threshold:ratoi=0.5", "did you mean 'ratio'"},
    {"topkk", "did you mean 'topk'"},
    {"topkk:k=5", "did you mean 'topk'"},
    {"tpk:k=5", "did you mean 'topk'"},
    {"rank:k=5", "did you mean 'randk'"},
    {"Identity", "did you mean 'identity'"},
    {"natral", "did you mean 'natural'"},
    {"somethingelse", "laconic list"},
    {"identity:3", "'identity:3'"},
    {"natural+topk:k=3", "before '+' stands"},
    {"topk:k=3+topk:k=2", "before '+' stands"},
    {"topk:k=3+natural+natural", "two parts at most"},
    {"topk:k=3+natrual", "did you mean 'natural'"},
    {"topk:k=3+", "a part is empty"},
    {"+natural", "a part is empty"},
    {"blocktopk:block=2000,k=1500", "1..1000"},
    {"topk:5%,round=sideways", "up or down"},
    {"topk:0.01%,round=down", "none of 1000"},
    {"permk:k=3", "it has draws"},
    {"permk:draws=0", "draws must be in 1..64"},
    {"permk:draws=65", "draws must be in 1..64"},
    {"permk:draws=1.5", "no whole number"},
    {"permk:draw=2", "did you mean 'draws'"},
    {"randseqk:k=0", "1..1000"},
    {"randseqk:k=1001", "1..1000"},
    {"randseqk", "randseqk:k=K with K in 1..1000, or randseqk:P%"},
    {"randseqk:100.5%", "above 0 and at most 100"},
    {"bernoulli", "bernoulli:p=P with P above 0 and at most 1"},
    {"bernoulli:p=0", "p must be in 1e-06..1"},
    {"bernoulli:p=-0.5", "p must be in 1e-06..1"},
    {"bernoulli:p=1.5", "p must be in 1e-06..1"},
    {"bernoulli:p=1e-7", "p must be in 1e-06..1"},
    {"bernoulli:p=nan", "not a finite number"},
    {"bernoulli:p=half", "'half' is no number"},
    {"bernoulli:q=0.5", "did you mean 'p'"},
    {"bernouli:p=0.5", "did you mean 'bernoulli'"},
    {"natural:k=3", "it has bits, coding"},
    {"natural:bits=8", "bits is 12"},
    {"natural:coding=short", "fixed, entropy or auto"},
    {"fp32:round=up", "stochastic or nearest"},
    {"bf16:bits=3", "no parameter 'bits'"},
    {"fp17", "did you mean 'fp16'"},
    {"sign:k=3", "takes no parameters"},
    {"rankk", "k must be in 1..32, the smaller side of 1000 entries as a matrix of 32 x 32"},
    {"rankk:k=33", "1..32"},
    {"rankk:k=0", "1..32"},
    {"rankk:k=2,iterations=0", "iterations must be in 1..1000"},
    {"rankk:k=2,k=3", "twice"},
    {"rankk:2,k=3", "once"},
    {"rankk:k=2+natural", "before '+' stands"},
    {"rankk:k=2+fp32", "before '+' stands"},
    {"dithering:levels=0", "1..32767"},
    {"dithering:levels=32768", "1..32767"},
    {"dithering", "levels=S with S in 1..32767"},
    {"dithering:levels=3,norm=0.5", "1..1000, or inf"},
    {"dithering:levels=3,norm=x", "no number"},
    {"dithering:levels=3,coding=short", "fixed, entropy or auto"},
    {"qsgd:levels=3,norm=2", "'norm'"},
    {"terngrad:levels=1", "'levels'"},
    {"natural-dithering:levels=1001", "1..1000"},
};

static void check_refusals(void)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct lac_channel_compressor c;
        lac_status status = open_text(refusals[i].text, 1000, 10, &c);
        tap_ok(status == LAC_E_USAGE && strstr(lac_failure(), refusals[i].words),
               "'%s' at d=1000 is refused with \"%s\": %s", refusals[i].text, refusals[i].words,
               status == LAC_OK ? "accepted" : lac_failure());
    }
    struct lac_channel_compressor c;
    struct lac_arena arena = {0};
    struct lac_compressor_size narrow = {.d = 1000, .n = 1, .wire = LAC_BF16};
    tap_ok(lac_compressor_open(&c, "rankk:k=2", &narrow, &arena) == LAC_E_USAGE &&
               strstr(lac_failure(), "use --wire fp32 or fp64"),
           "rankk with --wire bf16 is refused: %s", lac_failure());
    lac_arena_free(&arena);
    tap_ok(open_text("permk", 1000, 1, &c) == LAC_E_USAGE &&
               strstr(lac_failure(), "at least 2 clients"),
           "permk with one client is refused: %s", lac_failure());
    tap_ok(open_text("permk:draws=2", 9, 10, &c) == LAC_E_USAGE &&
               strstr(lac_failure(), "draws must be 1") &&
               open_text("permk:draws=2", 10, 10, &c) == LAC_OK,
           "permk with several draws and more clients than coordinates is refused");
}

/* Copies of an entry add up, which only unbiased values may. */
static void check_repeats(void)
{
    size_t count;
    const struct lac_compressor *const *list = lac_compressors(&count);
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        char text[128];
        struct lac_channel_compressor c;
        if (list[i]->quantizer) {
            LAC_ASSERT(open_text(list[i]->examples[0], 1000, 10, &c) == LAC_OK);
            bool unbiased = (c.info.classes & LAC_UNBIASED) != 0;
            snprintf(text, sizeof text, "permk:draws=2+%s", list[i]->examples[0]);
            good = (open_text(text, 1000, 10, &c) == LAC_OK) == unbiased && good;
        }
    }
    tap_ok(good, "permk with several draws takes unbiased values and no others");
}

struct meaning {
    const char *text;
    size_t d, k;
};

static const struct meaning meanings[] = {
    {"k=1", 1, 1},          {"100%", 1, 1},
    {"0.001%", 1, 1},       {"k=100", 1000, 100},
    {"100", 1000, 100},     {"5%", 1000, 50},
    {"5%", 1001, 51},       {"20%", 37, 8},
    {"2.3%", 1000, 23},     {"0.1%", 1000, 1},
    {"0.7%", 1000, 7},      {"1.1%", 1000, 11},
    {"0.01%", 1000, 1},     {"99.9%", 1000, 999},
    {"99.91%", 1000, 1000}, {"33.3333%", 3000000, 999999},
    {"1e-3%", 1000000, 10},
};

static void check_meanings(void)
{
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        char text[32];
        struct lac_arena arena = {0};
        struct lac_spec spec;
        size_t k = 0;
        snprintf(text, sizeof text, "topk:%s", meanings[i].text);
        lac_status status = lac_spec_parse(&spec, text, &arena);
        status = status == LAC_OK ? lac_compressor_k(&spec, meanings[i].d, &k) : status;
        tap_ok(status == LAC_OK && k == meanings[i].k, "'%s' of %zu is k = %zu (%zu)",
               meanings[i].text, meanings[i].d, meanings[i].k, k);
        lac_arena_free(&arena);
    }
    bool all = true;
    for (size_t percent = 1; percent <= 100; percent++) {
        char text[32];
        struct lac_channel_compressor c;
        snprintf(text, sizeof text, "randk:%zu%%", percent);
        all = open_text(text, 700, 2, &c) == LAC_OK && c.info.max_bytes == percent * 56 && all;
    }
    tap_ok(all, "whole percentages that divide are exact");
}

static void check_registry(void)
{
    size_t count;
    const struct lac_compressor *const *list = lac_compressors(&count);
    bool complete = count > 0, different = true;
    for (size_t i = 0; i < count; i++) {
        const struct lac_compressor *c = list[i], *found = NULL;
        int kinds = (c->selector != NULL) + (c->quantizer != NULL) + (c->whole != NULL);
        complete = complete && c->usage && c->summary && c->definition && c->bits && c->paper &&
                   (c->omega || c->alpha) && kinds == 1 && c->state_size > 0 && c->examples &&
                   c->examples[0] && strncmp(c->usage, c->name, strlen(c->name)) == 0;
        different = lac_compressor_find(c->name, &found) == LAC_OK && found == c && different;
        for (size_t j = 0; j < i; j++) {
            different =
                different && c->codec != list[j]->codec && strcmp(c->name, list[j]->name) != 0;
        }
    }
    tap_ok(complete,
           "every compressor has its texts, examples, and is a selector, a quantizer or whole");
    tap_ok(different, "names and codec numbers differ, and each is found by its name");
}

int main(void)
{
    check_refusals();
    check_repeats();
    check_meanings();
    check_registry();
    return tap_done();
}
