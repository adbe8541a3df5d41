/* Zsh's completion: an argument specification for each option of each command, from the same tables as bash's. */
#include <string.h>

#include "command/help.h"
#include "command/list.h"
#include "config/config.h"
#include "store/columns.h"

enum { LONGEST_HELP = 70 };

/* Up to the first clause's end, without what means something in a specification. */
static void print_help(FILE *to, const char *text)
{
    for (size_t i = 0; text[i] && text[i] != ';' && i < LONGEST_HELP; i++) {
        fputc(strchr("[]:'\\", text[i]) ? ' ' : text[i], to);
    }
}

/* Whether the option named is one of "--a|--b". */
static bool is_among(const char *options, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = options; *at; at += *at == '|') {
        size_t here = strcspn(at, "|");
        if (here == length + 2 && strncmp(at + 2, name, length) == 0) {
            return true;
        }
        at += here;
    }
    return false;
}

static void print_columns(FILE *to, bool on_request)
{
    fprintf(to, "_values -s , column");
    for (size_t c = on_request ? LAC_ROW_COLUMN_COUNT : 0; c < LAC_COLUMN_COUNT; c++) {
        fprintf(to, " %s", lac_columns[c].name);
    }
}

static void print_train_options(FILE *to)
{
    fprintf(to, "_values -s , option");
    for (size_t i = 0; i < lac_train_options.count; i++) {
        fprintf(to, " %s", lac_train_options.table[i].name);
    }
}

/* "(stop wait drop)"; false, and nothing, where there are none. */
static bool print_words(FILE *to, const struct lac_option *o)
{
    bool any = lac_option_print_words(o, NULL);
    if (any) {
        fprintf(to, "(");
        lac_option_print_words(o, to);
        fprintf(to, ")");
    }
    return any;
}

/* What may stand behind the option. */
static void print_action(FILE *to, const struct lac_option *o)
{
    bool is_file = strstr(o->argument, "FILE") || strstr(o->argument, "DIR"), on_request;
    if (lac_help_takes_columns(o, &on_request)) {
        print_columns(to, on_request);
        return;
    }
    if (lac_help_takes_options(o)) {
        print_train_options(to);
        return;
    }
    if (!is_file && print_words(to, o)) {
        return;
    }
    bool mostly_file = strcmp(o->name, "data") == 0;
    for (size_t k = 0; !mostly_file && lac_list_kind(k); k++) {
        if (is_among(lac_list_options_of(k), o->name)) {
            fprintf(to, "(");
            lac_list_print_names(k, to);
            fprintf(to, ")");
            return;
        }
    }
    fprintf(to, "%s", is_file ? "_files" : "");
}

static void print_option(FILE *to, const struct lac_option *o)
{
    fprintf(to, "            '--%s%s[", o->name, o->argument ? "=" : "");
    print_help(to, o->help);
    fprintf(to, "]");
    if (o->argument) {
        fprintf(to, ":");
        print_help(to, o->argument);
        fprintf(to, ":");
        print_action(to, o);
    }
    fprintf(to, "' \\\n");
}

static void print_command(FILE *to, const struct lac_options *o)
{
    fprintf(to, "    %s)\n        _arguments \\\n", o->command);
    for (size_t i = 0; i < o->count; i++) {
        if (lac_option_is_shown(o, i)) {
            print_option(to, &o->table[i]);
        }
    }
    if (o == &lac_list_options) {
        fprintf(to, "            '*:kind:(");
        for (size_t k = 0; lac_list_kind(k); k++) {
            fprintf(to, "%s%s", k > 0 ? " " : "", lac_list_kind(k));
        }
        fprintf(to, ")' \\\n");
    } else {
        fprintf(to, "            '*:file:_files' \\\n");
    }
    fprintf(to, "            '--help[what the command does]'\n        ;;\n");
}

void lac_print_completion_zsh(FILE *to)
{
    fprintf(
        to,
        "#compdef laconic\n# zsh completion of laconic: install it as \"_laconic\" in a folder of $fpath\n\n"
        "if ((CURRENT == 2)); then\n    compadd");
    for (size_t c = 0; lac_help_options(c); c++) {
        fprintf(to, " %s", lac_help_options(c)->command);
    }
    fprintf(to, " help -- --help --version\n    return\nfi\nlocal command=$words[2]\n"
                "words=($words[2,-1])\n((CURRENT--))\ncase $command in\n");
    for (size_t c = 0; lac_help_options(c); c++) {
        print_command(to, lac_help_options(c));
    }
    fprintf(to, "    help)\n        compadd");
    for (size_t c = 0; lac_help_options(c); c++) {
        fprintf(to, " %s", lac_help_options(c)->command);
    }
    fprintf(to, " -- --man --completion --completion-zsh\n        ;;\nesac\n");
}
