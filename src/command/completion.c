#include <string.h>

#include "command/help.h"
#include "command/list.h"
#include "config/config.h"
#include "store/columns.h"

/* Bash splits words at ':' and '=': "--method=gd" comes as three, "synth:" as two. */
static const char head[] =
    "# bash completion of laconic: source it, or install it as \"laconic\" among bash's completions\n"
    "_laconic()\n{\n"
    "    local at=$COMP_CWORD front= words=\n"
    "    local word=${COMP_WORDS[at]} command=${COMP_WORDS[1]}\n"
    "    if [[ $word == [:=] ]]; then word= at=$((at + 1)); fi\n"
    "    local previous=${COMP_WORDS[at - 1]}\n"
    "    if [[ $previous == = ]]; then previous=${COMP_WORDS[at - 2]}; fi\n"
    "    if [[ $previous == : ]]; then previous=${COMP_WORDS[at - 2]}:; fi\n"
    "    if ((COMP_CWORD == 1)); then\n"
    "        words=\"";

static const char options[] =
    "help --help --version\"\n"
    "    else\n"
    "        case $previous in\n"
    "        --data) words=\"synth:\" && compopt -o nospace 2>/dev/null ;;\n";

/* Of a list only what stands behind the last comma is completed. */
static const char list[] = "            front=${word%\"${word##*,}\"}\n            words=\"";

static const char all_but[] =
    "            front=${word%\"${word##*,}\"}\n"
    "            if [[ -z $front && $word == all-but-* ]]; then front=all-but-; fi\n"
    "            words=\"";

static const char tail[] =
    "        esac\n    fi\n"
    "    COMPREPLY=($(compgen -P \"$front\" -W \"$words\" -- \"${word#\"$front\"}\"))\n}\n"
    "complete -o default -F _laconic laconic\n";

static void print_commands(FILE *to)
{
    for (size_t c = 0; lac_help_options(c); c++) {
        fprintf(to, "%s ", lac_help_options(c)->command);
    }
}

/* A choice of names, or a list of them. */
static void print_kind(FILE *to, size_t k)
{
    bool data = strcmp(lac_list_options_of(k), "--data") == 0;
    fprintf(to, "        %s) words=\"", data ? "synth:" : lac_list_options_of(k));
    lac_list_print_names(k, to);
    fprintf(to, "\" ;;\n");
}

static void print_columns(FILE *to, bool on_request)
{
    for (size_t c = on_request ? LAC_ROW_COLUMN_COUNT : 0; c < LAC_COLUMN_COUNT; c++) {
        fprintf(to, "%s ", lac_columns[c].name);
    }
}

static void print_train_options(FILE *to)
{
    for (size_t i = 0; i < lac_train_options.count; i++) {
        fprintf(to, "%s ", lac_train_options.table[i].name);
    }
}

/* Whether an earlier command has an option of this name. */
static bool is_known(size_t command, const char *name)
{
    for (size_t c = 0; c < command; c++) {
        const struct lac_options *o = lac_help_options(c);
        for (size_t i = 0; i < o->count; i++) {
            if (strcmp(o->table[i].name, name) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* What may stand behind an option, where its own line in the table says so. */
static void print_values(FILE *to, const struct lac_option *o)
{
    bool on_request;
    if (lac_help_takes_columns(o, &on_request)) {
        fprintf(to, "        --%s)\n%s", o->name, list);
        print_columns(to, on_request);
        fprintf(to, "\" ;;\n");
    } else if (lac_help_takes_options(o)) {
        fprintf(to, "        --%s)\n%s", o->name, all_but);
        print_train_options(to);
        fprintf(to, "\" ;;\n");
    }
    if (lac_option_print_words(o, NULL)) {
        fprintf(to, "        --%s) words=\"", o->name);
        lac_option_print_words(o, to);
        fprintf(to, "\" ;;\n");
    }
}

static void print_options(FILE *to, const struct lac_options *o)
{
    fprintf(to, "            %s) words=\"", o->command);
    for (size_t k = 0; o == &lac_list_options && lac_list_kind(k); k++) {
        fprintf(to, "%s ", lac_list_kind(k));
    }
    if (o->letter) {
        fprintf(to, "%s ", o->letter);
    }
    for (size_t i = 0; i < o->count; i++) {
        if (lac_option_is_shown(o, i)) {
            fprintf(to, "--%s ", o->table[i].name);
        }
    }
    fprintf(to, "--help\" ;;\n");
}

void lac_print_completion(FILE *to)
{
    fprintf(to, "%s", head);
    print_commands(to);
    fprintf(to, "%s", options);
    for (size_t c = 0; lac_help_options(c); c++) {
        const struct lac_options *o = lac_help_options(c);
        for (size_t i = 0; i < o->count; i++) {
            if (!is_known(c, o->table[i].name)) {
                print_values(to, &o->table[i]);
            }
        }
    }
    for (size_t k = 0; lac_list_kind(k); k++) {
        print_kind(to, k);
    }
    fprintf(to, "        *)\n            case $command in\n");
    for (size_t c = 0; lac_help_options(c); c++) {
        print_options(to, lac_help_options(c));
    }
    fprintf(to, "            help) words=\"");
    print_commands(to);
    fprintf(to, "--man --completion --completion-zsh\" ;;\n            esac ;;\n%s", tail);
}
