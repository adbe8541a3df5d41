#include "command/list.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/list_compressors.h"
#include "data/data.h"
#include "method/first_model.h"
#include "method/method.h"
#include "store/columns.h"
#include "worker/objective/objective.h"

static json_t *methods_json(const struct list_size *size)
{
    size_t count;
    const struct lac_method *const *methods = lac_methods(&count);
    json_t *all = json_array();
    (void)size;
    for (size_t i = 0; i < count; i++) {
        const struct lac_method *m = methods[i];
        json_t *rules = json_object();
        for (const struct lac_step_rule *r = m->rules[LAC_STEP]; r && r->name; r++) {
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

static const char *labels_of(const struct lac_objective *o)
{
    return o->two_classes ? "two classes" : o->classes ? "several classes" : "numbers";
}

static json_t *objectives_json(const struct list_size *size)
{
    size_t count;
    const struct lac_objective *const *objectives = lac_objectives(&count);
    json_t *all = json_array();
    (void)size;
    for (size_t i = 0; i < count; i++) {
        const struct lac_objective *o = objectives[i];
        json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:s}", "name", o->name, "class",
                                             o->convex ? "convex" : "non-convex", "formula",
                                             o->formula, "labels", labels_of(o)));
    }
    return all;
}

static json_t *regularizers_json(const struct list_size *size)
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

static json_t *choices_json(const struct lac_choices *choices)
{
    json_t *all = json_array();
    for (size_t i = 0; i < choices->count; i++) {
        const struct lac_choice *entry = &choices->entries[i];
        json_array_append_new(all, json_pack("{s:s, s:s, s:s}", "name", entry->name, "usage",
                                             entry->usage, "summary", entry->summary));
    }
    return all;
}

static json_t *samplings_json(const struct list_size *size)
{
    (void)size;
    return choices_json(&lac_samplings);
}

static json_t *estimators_json(const struct list_size *size)
{
    (void)size;
    return choices_json(&lac_estimators);
}

static json_t *first_models_json(const struct list_size *size)
{
    (void)size;
    return choices_json(&lac_first_models);
}

static json_t *generators_json(const struct list_size *size)
{
    size_t count;
    const struct lac_generator *const *generators = lac_generators(&count);
    json_t *all = json_array();
    (void)size;
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(
            all, json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", generators[i]->name, "usage",
                           generators[i]->usage, "objective", generators[i]->objective, "summary",
                           generators[i]->summary, "paper", generators[i]->paper));
    }
    return all;
}

static json_t *columns_json(const struct list_size *size)
{
    json_t *all = json_array();
    (void)size;
    for (size_t c = 0; c < LAC_COLUMN_COUNT; c++) {
        const struct lac_column *column = &lac_columns[c];
        json_array_append_new(all, json_pack("{s:s, s:s, s:s}", "name", column->name, "definition",
                                             column->text, "cost",
                                             column->cost ? column->cost : "always there"));
    }
    return all;
}

static void print_escaped(const char *text)
{
    for (; *text; text++) {
        printf("%s%c", *text == '|' ? "\\" : "", *text);
    }
}

static void columns_markdown(void)
{
    printf("| column | what it is | what a row of it costs |\n|---|---|---|\n");
    for (size_t c = 0; c < LAC_COLUMN_COUNT; c++) {
        printf("| `%s` | ", lac_columns[c].name);
        print_escaped(lac_columns[c].text);
        printf(" | %s |\n", lac_columns[c].cost ? lac_columns[c].cost : "always there");
    }
}

static json_t *splits_json(const struct list_size *size)
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
    json_t *(*make)(const struct list_size *size);
    void (*print)(json_t *all, const struct list_size *size); /* NULL: key by key */
} kinds[] = {
    {"methods", methods_json, NULL},
    {"compressors", compressors_json, compressors_print},
    {"objectives", objectives_json, NULL},
    {"regularizers", regularizers_json, NULL},
    {"samplings", samplings_json, NULL},
    {"estimators", estimators_json, NULL},
    {"first-models", first_models_json, NULL},
    {"generators", generators_json, NULL},
    {"splits", splits_json, NULL},
    {"columns", columns_json, NULL},
};

enum { KINDS = sizeof kinds / sizeof kinds[0], OPTIONS = 4 };

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

static void print_entries(json_t *all)
{
    size_t i;
    const char *key;
    json_t *entry, *value;
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
    bool json, markdown, columns, wanted[KINDS]; /* columns: they are asked for by name */
    struct list_size size;
};

static lac_status read_kind(struct request *r, const char *word)
{
    const char *names[KINDS + OPTIONS] = {"--json", "--markdown", "--dim", "--clients"};
    for (size_t k = 0; k < KINDS; k++) {
        names[k + OPTIONS] = kinds[k].name;
        if (strcmp(word, kinds[k].name) == 0) {
            r->wanted[k] = true;
            return LAC_OK;
        }
    }
    const char *nearest = lac_nearest(word, names, KINDS + OPTIONS);
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
        } else if (strcmp(argv[i], "--markdown") == 0) {
            r->markdown = true;
        } else if (number) {
            LAC_TRY(lac_parse_count(argv[i], i + 1 < argc ? argv[i + 1] : "", number));
            if (*number < 1 || *number > UINT32_MAX - 1) {
                return LAC_FAIL(LAC_E_USAGE, "%s: %s is outside 1..%u", argv[i], argv[i + 1],
                                UINT32_MAX - 1);
            }
            i++;
        } else {
            LAC_TRY(read_kind(r, argv[i]));
            r->columns = r->columns || strcmp(argv[i], "columns") == 0;
            any = true;
        }
    }
    if (r->markdown && r->json) {
        return LAC_FAIL(LAC_E_USAGE, "list: --json and --markdown exclude each other");
    }
    for (size_t k = 0; k < KINDS && !any; k++) {
        r->wanted[k] = true;
    }
    return LAC_OK;
}

static void print_help(void)
{
    printf("usage: laconic list [KIND...] [--json | --markdown] [--dim D] [--clients N]\n\n"
           "Shows what there is to choose from. KIND is one of:");
    for (size_t k = 0; k < KINDS; k++) {
        printf(" %s", kinds[k].name);
    }
    printf("\n\n  --json       one JSON object with an array per kind\n"
           "  --markdown   the table of docs/compressors.md; of columns, of docs/metrics.md\n"
           "  --dim D      dimension for the constants of compressors [1000]\n"
           "  --clients N  clients for the constants of compressors [10]\n");
}

static void print_markdown(const struct list_size *size)
{
    json_t *all = compressors_json(size);
    compressors_markdown(all, size);
    json_decref(all);
}

static void print_wanted(const struct request *r)
{
    json_t *all = json_object();
    for (size_t k = 0; k < KINDS; k++) {
        json_t *kind = r->wanted[k] ? kinds[k].make(&r->size) : NULL;
        if (!kind) {
            continue;
        }
        json_object_set_new(all, kinds[k].name, kind);
        if (!r->json) {
            printf("%s\n", kinds[k].name);
            if (kinds[k].print) {
                kinds[k].print(kind, &r->size);
            } else {
                print_entries(kind);
            }
        }
    }
    if (r->json) {
        json_dumpf(all, stdout, JSON_INDENT(2));
        printf("\n");
    }
    json_decref(all);
}

lac_status lac_command_list(int argc, char *const *argv)
{
    struct request r;
    if (argc > 0 && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)) {
        print_help();
        return LAC_OK;
    }
    LAC_TRY(read_request(&r, argc, argv));
    if (r.markdown && r.columns) {
        columns_markdown();
        return LAC_OK;
    }
    if (r.markdown) {
        print_markdown(&r.size);
        return LAC_OK;
    }
    print_wanted(&r);
    return LAC_OK;
}
