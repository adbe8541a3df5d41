#include "command/list_compressors.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compressor/compressor.h"
#include "plugin/plugin.h"

/* Some that are made of two, in the tables beside the examples of each part. */
static const char *const compositions[] = {"topk:1%+fp64", "topk:1%+natural", "randk:1%+natural",
                                           NULL};

void lac_list_origin(json_t *entry, const void *part)
{
    const struct lac_plugin_file *from = lac_plugin_of(part);
    if (from) {
        json_object_set_new(entry, "plugin",
                            json_sprintf("%s %s", from->plugin.name, from->plugin.version));
    }
}

static const char *class_name(const struct lac_compressor_info *info)
{
    if (!(info->classes & LAC_UNBIASED)) {
        return "contractive";
    }
    return info->classes & LAC_CONTRACTIVE ? "both" : "unbiased";
}

/* What this size makes of the text: its constants, or why it refuses. */
static json_t *example_json(const char *text, const struct list_size *size)
{
    struct lac_arena a = {0};
    struct lac_channel_compressor open;
    struct lac_compressor_size at = {.d = size->d, .n = (uint32_t)size->n};
    json_t *o = json_pack("{s:s}", "text", text);
    if (lac_compressor_open(&open, text, &at, &a) == LAC_OK) {
        const struct lac_compressor_info *info = &open.info;
        bool unbiased = info->classes & LAC_UNBIASED;
        json_object_update_new(
            o, json_pack("{s:s, s:o, s:f, s:f, s:f, s:f, s:f, s:I, s:b, s:b, s:b}", "class",
                         class_name(info), "omega", unbiased ? json_real(info->omega) : json_null(),
                         "alpha", info->alpha, "bits", info->expected_bits, "information_bits",
                         info->information_bits, "paper_bits", info->paper_bits, "ratio",
                         info->information_bits > 0.0 ? info->expected_bits / info->information_bits
                                                      : 1.0,
                         "max_bits", 8 * (json_int_t)info->max_bytes, "data_dependent",
                         info->data_dependent, "homogeneous", info->homogeneous, "correlated",
                         info->correlated));
    } else {
        json_object_set_new(o, "refused", json_string(lac_failure()));
    }
    lac_arena_free(&a);
    return o;
}

static json_t *examples_json(const char *const *text, const struct list_size *size)
{
    json_t *all = json_array();
    for (; *text; text++) {
        json_array_append_new(all, example_json(*text, size));
    }
    return all;
}

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

json_t *compressors_json(const struct list_size *size)
{
    size_t count;
    const struct lac_compressor *const *list = lac_compressors(&count);
    json_t *all = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct lac_compressor *c = list[i];
        const char *part = c->selector ? "selector" : c->quantizer ? "quantizer" : "whole";
        json_t *formulas = json_pack("{s:o, s:o, s:o}", "omega", text_or_null(c->omega), "alpha",
                                     text_or_null(c->alpha), "bits", text_or_null(c->bits));
        json_t *entry = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:o}", "name", c->name,
                                  "usage", c->usage, "part", part, "summary", c->summary,
                                  "definition", c->definition, "formulas", formulas, "paper",
                                  c->paper, "examples", examples_json(c->examples, size));
        lac_list_origin(entry, c);
        json_array_append_new(all, entry);
    }
    return all;
}

static const char *text_of(json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text ? text : "";
}

static double number_of(json_t *o, const char *key)
{
    return json_number_value(json_object_get(o, key));
}

/* 1234567.8 as 1,234,567.8: one decimal where it is not whole. */
static const char *grouped(double value, char out[40])
{
    char plain[40];
    (void)snprintf(plain, sizeof plain, value == floor(value) ? "%.0f" : "%.1f", value);
    size_t whole = strcspn(plain, "."), at = 0;
    for (size_t i = 0; plain[i] && at + 2 < 40; i++) {
        if (i > 0 && i < whole && (whole - i) % 3 == 0) {
            out[at++] = ',';
        }
        out[at++] = plain[i];
    }
    out[at] = '\0';
    return out;
}

enum { TEXT_WIDTH = 34 };

/* A text that is longer has a line of its own, so that columns stay where they are. */
static void print_text(const char *text)
{
    printf("    %-*s%s", TEXT_WIDTH, text, strlen(text) > TEXT_WIDTH ? "\n" : "");
    if (strlen(text) > TEXT_WIDTH) {
        printf("    %-*s", TEXT_WIDTH, "");
    }
}

static void print_example(json_t *o)
{
    char omega[32] = "-", bits[40], bound[40];
    print_text(text_of(o, "text"));
    if (json_object_get(o, "refused")) {
        printf(" refused at this size\n");
        return;
    }
    if (json_is_real(json_object_get(o, "omega"))) {
        (void)snprintf(omega, sizeof omega, "%.5g", number_of(o, "omega"));
    }
    printf(" %-11s %10s %10.5g %14s %14s %7.3f  %s\n", text_of(o, "class"), omega,
           number_of(o, "alpha"), grouped(number_of(o, "bits"), bits),
           grouped(number_of(o, "information_bits"), bound), number_of(o, "ratio"),
           json_is_true(json_object_get(o, "data_dependent")) ? "by data" : "-");
}

static void print_examples(json_t *examples)
{
    size_t i;
    json_t *example;
    json_array_foreach(examples, i, example)
    {
        print_example(example);
    }
}

void compressors_print(json_t *all, const struct list_size *size)
{
    size_t i;
    json_t *c;
    json_array_foreach(all, i, c)
    {
        printf("  %-18s %s\n", text_of(c, "name"), text_of(c, "summary"));
        printf("  %-18s %s\n", "", text_of(c, "usage"));
        if (strcmp(text_of(c, "paper"), "-") != 0) {
            printf("  %-18s %s\n", "", text_of(c, "paper"));
        }
        if (json_object_get(c, "plugin")) {
            printf("  %-18s plug-in %s\n", "", text_of(c, "plugin"));
        }
    }
    printf(
        "\n  Constants at d = %llu, n = %llu. Bits of a message, expected; the bound is what its "
        "content takes at least.\n  Entries and values combine: SELECTOR+QUANTIZER. Length: "
        "whether it depends on the data.\n\n",
        (unsigned long long)size->d, (unsigned long long)size->n);
    printf("    %-*s %-11s %10s %10s %14s %14s %7s  %s\n", TEXT_WIDTH, "", "class", "omega",
           "alpha", "bits", "bound", "ratio", "length");
    json_array_foreach(all, i, c)
    {
        print_examples(json_object_get(c, "examples"));
    }
    json_t *composed = examples_json(compositions, size);
    print_examples(composed);
    json_decref(composed);
}

/* In a cell of a table a bar needs a backslash; code spans included. */
static void put_cell(const char *text, bool code)
{
    printf(code ? " `" : " ");
    for (; *text; text++) {
        if (*text == '|') {
            putchar('\\');
        }
        putchar(*text);
    }
    printf(code ? "` |" : " |");
}

static void put_formula(json_t *c, const char *key)
{
    const char *text = text_of(json_object_get(c, "formulas"), key);
    put_cell(*text ? text : "-", false);
}

static void put_row(json_t *c)
{
    char bits[40], bound[40], cell[160] = "-";
    json_t *o = json_array_get(json_object_get(c, "examples"), 0);
    printf("|");
    put_cell(text_of(c, "name"), true);
    put_cell(text_of(c, "definition"), true);
    put_cell(json_object_get(o, "refused") ? "-" : text_of(o, "class"), false);
    put_formula(c, "omega");
    put_formula(c, "alpha");
    put_formula(c, "bits");
    if (!json_object_get(o, "refused")) {
        (void)snprintf(cell, sizeof cell, "`%s`: %s of %s", text_of(o, "text"),
                       grouped(floor(number_of(o, "bits") + 0.5), bits),
                       grouped(floor(number_of(o, "information_bits") + 0.5), bound));
    }
    put_cell(cell, false);
    put_cell(text_of(c, "paper"), false);
    printf("\n");
}

void compressors_markdown(json_t *all, const struct list_size *size)
{
    size_t i;
    json_t *c;
    printf(
        "| name | C(v) | class | omega | alpha | bits | bits and their bound, d = %llu | paper |\n"
        "|---|---|---|---|---|---|---|---|\n",
        (unsigned long long)size->d);
    json_array_foreach(all, i, c)
    {
        put_row(c);
    }
}
