#include "command/list.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/data.h"
#include "method/method.h"
#include "worker/objective/objective.h"

struct size {
    uint64_t d, n;
};

static json_t *methods_json(const struct size *size)
{
    size_t count;
    const struct lac_method *const *methods = lac_methods(&count);
    json_t *all = json_array();
    (void)size;
    for (size_t i = 0; i < count; i++) {
        const struct lac_method *m = methods[i];
        json_t *rules = json_object();
        for (const struct lac_step_rule *r = m->rules; r && r->name; r++) {
            json_object_set_new(rules, r->name, json_string(r->formula));
        }
        unsigned classes = m->channels[0].name ? m->channels[0].classes : 0;
        const char *needs = m->channels[0].option == LAC_LOSSLESS ? "no compressor"
                            : classes & LAC_CONTRACTIVE           ? "contractive or unbiased"
                                                                  : "unbiased";
        json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:s, s:o}", "name", m->name,
                                             "summary", m->summary, "compressors", needs, "paper",
                                             m->paper, "step_rules", rules));
    }
    return all;
}

static json_t *compressor_json(const struct lac_compressor *c, const struct size *size)
{
    struct lac_arena a = {0};
    struct lac_channel_compressor open;
    struct lac_compressor_size at = {.d = size->d, .n = (uint32_t)size->n};
    json_t *o = json_pack("{s:s, s:s, s:s, s:s}", "name", c->name, "usage", c->usage, "summary",
                          c->summary, "paper", c->paper);
    if (lac_compressor_open(&open, c->examples[0], &at, &a) == LAC_OK) {
        const struct lac_compressor_info *info = &open.info;
        bool unbiased = info->classes & LAC_UNBIASED;
        json_object_set_new(o, "class",
                            json_string(!unbiased                         ? "contractive"
                                        : info->classes & LAC_CONTRACTIVE ? "both"
                                                                          : "unbiased"));
        json_object_set_new(o, "example", json_string(c->examples[0]));
        json_object_set_new(o, "alpha", json_real(info->alpha));
        json_object_set_new(o, "omega", unbiased ? json_real(info->omega) : json_null());
        json_object_set_new(o, "bits", json_real(info->expected_bits));
    }
    lac_arena_free(&a);
    return o;
}

static json_t *compressors_json(const struct size *size)
{
    size_t count;
    const struct lac_compressor *const *compressors = lac_compressors(&count);
    json_t *all = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(all, compressor_json(compressors[i], size));
    }
    return all;
}

static json_t *objectives_json(const struct size *size)
{
    size_t count;
    const struct lac_objective *const *objectives = lac_objectives(&count);
    json_t *all = json_array();
    (void)size;
    for (size_t i = 0; i < count; i++) {
        const struct lac_objective *o = objectives[i];
        json_array_append_new(all, json_pack("{s:s, s:s, s:s}", "name", o->name, "class",
                                             o->convex ? "convex" : "non-convex", "formula",
                                             o->formula));
    }
    return all;
}

static json_t *regularizers_json(const struct size *size)
{
    size_t count;
    const struct lac_regularizer *const *regularizers = lac_regularizers(&count);
    json_t *all = json_array();
    (void)size;
    for (size_t i = 0; i < count; i++) {
        const struct lac_regularizer *r = regularizers[i];
        json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:f}", "name", r->name, "class",
                                             r->convex ? "convex" : "non-convex", "formula",
                                             r->formula, "smoothness", r->smoothness));
    }
    return all;
}

static json_t *samplings_json(const struct size *size)
{
    (void)size;
    return json_pack("[{s:s, s:s}]", "name", "all", "summary",
                     "every client takes part in every round");
}

static json_t *generators_json(const struct size *size)
{
    size_t count;
    const struct lac_generator *const *generators = lac_generators(&count);
    json_t *all = json_array();
    (void)size;
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(all,
                              json_pack("{s:s, s:s, s:s, s:s}", "name", generators[i]->name,
                                        "usage", generators[i]->usage, "summary",
                                        generators[i]->summary, "paper", generators[i]->paper));
    }
    return all;
}

static json_t *splits_json(const struct size *size)
{
    size_t count;
    const struct lac_split *const *splits = lac_splits(&count);
    json_t *all = json_array();
    (void)size;
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(
            all, json_pack("{s:s, s:s}", "name", splits[i]->name, "summary", splits[i]->summary));
    }
    return all;
}

static const struct {
    const char *name;
    json_t *(*make)(const struct size *size);
} kinds[] = {
    {"methods", methods_json},       {"compressors", compressors_json},
    {"objectives", objectives_json}, {"regularizers", regularizers_json},
    {"samplings", samplings_json},   {"generators", generators_json},
    {"splits", splits_json},
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

static void print_value(const char *key, json_t *value)
{
    const char *inner;
    json_t *item;
    if (json_is_string(value) && *json_string_value(value)) {
        printf("      %-12s %s\n", key, json_string_value(value));
    } else if (json_is_number(value)) {
        printf("      %-12s %.6g\n", key, json_number_value(value));
    } else if (json_is_object(value)) {
        json_object_foreach(value, inner, item)
        {
            printf("      step %-12s %s\n", inner, json_string_value(item));
        }
    }
}

static void print_kind(const char *name, json_t *all)
{
    size_t i;
    const char *key;
    json_t *entry, *value;
    printf("%s\n", name);
    json_array_foreach(all, i, entry)
    {
        printf("  %s\n", json_string_value(json_object_get(entry, "name")));
        json_object_foreach(entry, key, value)
        {
            if (strcmp(key, "name") != 0) {
                print_value(key, value);
            }
        }
    }
}

struct request {
    bool json, wanted[KINDS];
    struct size size;
};

static lac_status read_kind(struct request *r, const char *word)
{
    const char *names[KINDS + 3] = {"--json", "--dim", "--clients"};
    for (size_t k = 0; k < KINDS; k++) {
        names[k + 3] = kinds[k].name;
        if (strcmp(word, kinds[k].name) == 0) {
            r->wanted[k] = true;
            return LAC_OK;
        }
    }
    const char *nearest = lac_nearest(word, names, KINDS + 3);
    return LAC_FAIL(LAC_E_USAGE, "list: there is no '%s'; did you mean '%s'?", word,
                    nearest ? nearest : "methods");
}

static lac_status read_request(struct request *r, int argc, char *const *argv)
{
    bool any = false;
    *r = (struct request){.size = {.d = 1000, .n = 10}};
    for (int i = 0; i < argc; i++) {
        uint64_t *number = strcmp(argv[i], "--dim") == 0       ? &r->size.d
                           : strcmp(argv[i], "--clients") == 0 ? &r->size.n
                                                               : NULL;
        if (strcmp(argv[i], "--json") == 0) {
            r->json = true;
        } else if (number) {
            LAC_TRY(lac_parse_count(argv[i], i + 1 < argc ? argv[i + 1] : "", number));
            if (*number < 1 || *number > UINT32_MAX - 1) {
                return LAC_FAIL(LAC_E_USAGE, "%s: %s is outside 1..%u", argv[i], argv[i + 1],
                                UINT32_MAX - 1);
            }
            i++;
        } else {
            LAC_TRY(read_kind(r, argv[i]));
            any = true;
        }
    }
    for (size_t k = 0; k < KINDS && !any; k++) {
        r->wanted[k] = true;
    }
    return LAC_OK;
}

static void print_help(void)
{
    printf("usage: laconic list [KIND...] [--json] [--dim D] [--clients N]\n\n"
           "Shows what there is to choose from. KIND is one of:");
    for (size_t k = 0; k < KINDS; k++) {
        printf(" %s", kinds[k].name);
    }
    printf("\n\n  --json       one JSON object with an array per kind\n"
           "  --dim D      dimension for the constants of compressors [1000]\n"
           "  --clients N  clients for the constants of compressors [10]\n");
}

lac_status lac_command_list(int argc, char *const *argv)
{
    struct request r;
    if (argc > 0 && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)) {
        print_help();
        return LAC_OK;
    }
    LAC_TRY(read_request(&r, argc, argv));
    json_t *all = json_object();
    for (size_t k = 0; k < KINDS; k++) {
        if (r.wanted[k]) {
            json_object_set_new(all, kinds[k].name, kinds[k].make(&r.size));
        }
    }
    if (r.json) {
        json_dumpf(all, stdout, JSON_INDENT(2));
        printf("\n");
    }
    for (size_t k = 0; k < KINDS && !r.json; k++) {
        json_t *kind = json_object_get(all, kinds[k].name);
        if (kind) {
            print_kind(kinds[k].name, kind);
        }
    }
    json_decref(all);
    return LAC_OK;
}
