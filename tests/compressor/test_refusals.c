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
    {"topk:k=1.5", "no whole number"},
    {"topk:k=-1", "no whole number"},
    {"topk:k=", "no whole number"},
    {"topk:0x10", "no whole number"},
    {"topk:k=99999999999999999999", "too large"},
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
    {"topk:k=3+", "there is no compressor"},
    {"topk:5%,round=sideways", "up or down"},
    {"topk:0.01%,round=down", "none of 1000"},
    {"natural:k=3", "takes no parameters"},
    {"permk:k=3", "takes no parameters"},
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
    tap_ok(open_text("permk", 1000, 1, &c) == LAC_E_USAGE &&
               strstr(lac_failure(), "at least 2 clients"),
           "permk with one client is refused: %s", lac_failure());
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
    check_meanings();
    check_registry();
    return tap_done();
}
