#include "command/list.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/list_compressors.h"
#include "data/data.h"
#include "method/first_model.h"
#include "method/method.h"
#include "method/minibatch.h"
#include "method/step_policy.h"
#include "plugin/plugin.h"
#include "store/columns.h"
#include "worker/objective/objective.h"

/* "from 1e-09 to 1 [0.1]: weight of ..." */
static json_t *parameter_json(const struct lac_parameter *p)
{
    char standard[40] = "";
    if (p->standard >= p->least) {
        snprintf(standard, sizeof standard, " [%g]", p->standard);
    }
    return json_sprintf("%s%g to %g%s: %s", p->whole ? "whole, " : "", p->least, p->most, standard,
                        p->meaning);
}

static json_t *rules_json(const struct lac_step_rule *r)
{
    json_t *rules = json_object();
    for (; r && r->name; r++) {
        json_object_set_new(rules, r->name, json_string(r->formula));
    }
    return rules;
}

/* Of the quantities besides the step, where the method has them. */
static void put_more_rules(json_t *entry, const struct lac_method *m)
{
    static const char *const names[] = {[LAC_CHANCE] = "p_rules",
                                        [LAC_SERVER_STEP] = "server_step_rules",
                                        [LAC_META_STEP] = "meta_step_rules"};
    for (size_t k = 0; k < LAC_QUANTITIES; k++) {
        if (k != LAC_STEP && m->rules[k]) {
            json_object_set_new(entry, names[k], rules_json(m->rules[k]));
        }
    }
}

static json_t *methods_json(const struct list_size *size)
{
    size_t count;
    const struct lac_method *const *methods = lac_methods(&count);
    json_t *all = json_array();
    (void)size;
    for (size_t i = 0; i < count; i++) {
        const struct lac_method *m = methods[i];
        json_t *parameters = json_object();
        for (const struct lac_parameter *p = m->parameters; p && p->name; p++) {
            json_object_set_new(parameters, p->name, parameter_json(p));
        }
        unsigned classes = m->channels[0].name ? m->channels[0].classes : 0;
        const char *needs = m->channels[0].option == LAC_LOSSLESS ? "no compressor"
                            : classes == LAC_UNBIASED             ? "unbiased"
                            : classes & LAC_UNBIASED ? "unbiased, others without theory"
                                                     : "contractive or unbiased";
        const char *sealed = m->traits & LAC_ONLY_CONCATENATES ? "with permk" : "no";
        json_t *entry =
            json_pack("{s:s, s:s, s:s, s:s, s:b, s:s, s:o, s:o}", "name", m->name, "summary",
                      m->summary, "compressors", needs, "sealed", sealed, "admits_loss",
                      (int)((m->traits & LAC_ADMITS_LOSS) != 0), "paper", m->paper, "step_rules",
                      rules_json(m->rules[LAC_STEP]), "parameters", parameters);
        put_more_rules(entry, m);
        lac_list_origin(entry, m);
        json_array_append_new(all, entry);
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
        json_t *entry = json_pack("{s:s, s:s, s:s, s:s}", "name", o->name, "class",
                                  o->convex ? "convex" : "non-convex", "formula", o->formula,
                                  "labels", labels_of(o));
        lac_list_origin(entry, o);
        json_array_append_new(all, entry);
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

/* Of a row: that of loss and gradient is one evaluation. */
static const char *cost_of(size_t column)
{
    bool evaluated = column == LAC_COLUMN_loss || column == LAC_COLUMN_grad_norm_sq;
    return lac_columns[column].cost ? lac_columns[column].cost
           : evaluated ? "always there, both at once: d + 1 numbers up per client, and x down "
                         "where the next round does not send it anyway"
                       : "always there";
}

static json_t *columns_json(const struct list_size *size)
{
    json_t *all = json_array();
    (void)size;
    for (size_t c = 0; c < LAC_COLUMN_COUNT; c++) {
        const struct lac_column *column = &lac_columns[c];
        json_array_append_new(all, json_pack("{s:s, s:s, s:s}", "name", column->name, "definition",
                                             column->text, "cost", cost_of(c)));
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
        printf(" | %s |\n", cost_of(c));
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
    const char *options;                           /* of train, that take one of the names */
    json_t *(*make)(const struct list_size *size); /* NULL: choices */
    void (*print)(json_t *all, const struct list_size *size); /* NULL: key by key */
    const struct lac_choices *choices;                        /* NULL: make */
} kinds[] = {
    {"methods", "--method", methods_json, NULL, NULL},
    {"compressors", "--compressor|--compressor-down", compressors_json, compressors_print, NULL},
    {"objectives", "--objective", objectives_json, NULL, NULL},
    {"regularizers", "--regularizer", regularizers_json, NULL, NULL},
    {"samplings", "--participation", NULL, NULL, &lac_samplings},
    {"estimators", "--gradient", NULL, NULL, &lac_estimators},
    {"step-policies", "--step-policy", NULL, NULL, &lac_step_policies},
    {"rr-orders", "--rr-order", NULL, NULL, &lac_rr_orders},
    {"first-models", "--x0", NULL, NULL, &lac_first_models},
    {"generators", "--data", generators_json, NULL, NULL},
    {"splits", "--split", splits_json, NULL, NULL},
    {"columns", "--x|--y|--column", columns_json, NULL, NULL},
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

static json_t *make(size_t k, const struct list_size *size)
{
    return kinds[k].choices ? choices_json(kinds[k].choices) : kinds[k].make(size);
}

enum { JSON, MARKDOWN, DIM, CLIENTS, PLUGIN, OPTIONS };

static const struct lac_option list_table[OPTIONS] = {
    {"Options", "json", NULL, NULL, LAC_LOCAL, "one JSON object with an array per kind"},
    {"Options", "markdown", NULL, NULL, LAC_LOCAL,
     "the table of docs/compressors.md; of columns, of docs/metrics.md"},
    {"Options", "dim", "D", "1000", LAC_LOCAL, "dimension for the constants of compressors"},
    {"Options", "clients", "N", "10", LAC_LOCAL, "clients for the constants of compressors"},
    {"Options", "plugin", "FILE,...", NULL, LAC_LOCAL, "with what these plug-ins bring"},
};

const struct lac_options lac_list_options = {
    .command = "list",
    .usage = "laconic list [KIND...] [OPTIONS]",
    .table = list_table,
    .count = OPTIONS,
};

const char *lac_list_kind(size_t k)
{
    return k < KINDS ? kinds[k].name : NULL;
}

const char *lac_list_options_of(size_t k)
{
    return kinds[k].options;
}

void lac_list_print_names(size_t k, FILE *to)
{
    size_t i;
    json_t *entry, *all = make(k, &(struct list_size){.d = 1000, .n = 10});
    json_array_foreach(all, i, entry)
    {
        const char *name = json_string_value(json_object_get(entry, "name"));
        if (islower((unsigned char)*name)) { /* FILE stands for a name of the user's */
            fprintf(to, "%s%s", i > 0 ? " " : "", name);
        }
    }
    json_decref(all);
}

/* Before each line of an object: which option takes it. */
static const char *label_of(const char *key)
{
    static const char *const labels[][2] = {{"step_rules", "--step"},
                                            {"server_step_rules", "--server-step"},
                                            {"meta_step_rules", "--meta-step"},
                                            {"p_rules", "--p"},
                                            {"parameters", "parameter"}};
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        if (strcmp(key, labels[i][0]) == 0) {
            return labels[i][1];
        }
    }
    return key;
}

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
            printf("      %-12s %-12s %s\n", label_of(key), inner, json_string_value(item));
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
    const char *names[KINDS];
    for (size_t k = 0; k < KINDS; k++) {
        names[k] = kinds[k].name;
        if (strcmp(word, kinds[k].name) == 0) {
            r->wanted[k] = true;
            r->columns = r->columns || kinds[k].make == columns_json;
            return LAC_OK;
        }
    }
    const char *nearest = lac_nearest(word, names, KINDS);
    return LAC_FAIL(LAC_E_USAGE, "list: there is no '%s'; %s%s%s", word,
                    nearest ? "did you mean '" : "",
                    nearest ? nearest : "'laconic list --help' names all", nearest ? "'?" : "");
}

static lac_status read_number(const char *option, const char *text, uint64_t *out)
{
    LAC_TRY(lac_parse_count(option, text, out));
    if (*out < 1 || *out > UINT32_MAX - 1) {
        return LAC_FAIL(LAC_E_USAGE, "%s: %s is outside 1..%u", option, text, UINT32_MAX - 1);
    }
    return LAC_OK;
}

static lac_status read_request(struct request *r, const struct lac_setting *s,
                               const struct lac_operands *kinds_given)
{
    *r = (struct request){.json = s[JSON].value, .markdown = s[MARKDOWN].value};
    LAC_TRY(read_number("--dim", s[DIM].value, &r->size.d));
    LAC_TRY(read_number("--clients", s[CLIENTS].value, &r->size.n));
    for (size_t i = 0; i < kinds_given->count; i++) {
        LAC_TRY(read_kind(r, kinds_given->word[i]));
    }
    for (size_t i = 0; r->markdown && i < kinds_given->count; i++) {
        bool table = r->columns || strcmp(kinds_given->word[i], "compressors") == 0;
        if (!table || kinds_given->count > 1) {
            return LAC_FAIL(LAC_E_USAGE, "list: --markdown is for compressors, or for columns");
        }
    }
    for (size_t k = 0; k < KINDS && kinds_given->count == 0; k++) {
        r->wanted[k] = true;
    }
    if (r->markdown && r->json) {
        return LAC_FAIL(LAC_E_USAGE, "list: --json and --markdown exclude each other");
    }
    return LAC_OK;
}

static void print_help(void)
{
    lac_options_help(&lac_list_options, stdout);
    printf("\nShows what there is to choose from. KIND is one of:");
    for (size_t k = 0; k < KINDS; k++) {
        printf(" %s", kinds[k].name);
    }
    printf("\n");
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
        json_t *kind = r->wanted[k] ? make(k, &r->size) : NULL;
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

static lac_status list(int argc, char *const *argv, struct lac_arena *a)
{
    struct lac_setting settings[OPTIONS];
    struct lac_operands kinds_given;
    struct request r;
    bool help;
    LAC_TRY(lac_options_read(&lac_list_options, argc, argv, a, settings, &kinds_given, &help));
    if (help) {
        print_help();
        return LAC_OK;
    }
    LAC_TRY(read_request(&r, settings, &kinds_given));
    const char *ids, *plugins = settings[PLUGIN].value;
    if (plugins) {
        LAC_TRY(lac_of_option("--plugin", lac_plugins_open(plugins, a, &ids)));
    }
    if (r.markdown && r.columns) {
        columns_markdown();
    } else if (r.markdown) {
        print_markdown(&r.size);
    } else {
        print_wanted(&r);
    }
    return LAC_OK;
}

lac_status lac_command_list(int argc, char *const *argv)
{
    struct lac_arena arena = {0};
    lac_status status = list(argc, argv, &arena);
    lac_arena_free(&arena);
    return status;
}
