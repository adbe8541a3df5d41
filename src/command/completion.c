#include <string.h>

#include "command/help.h"
#include "command/list.h"
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
    "        --data) words=\"synth:\" && compopt -o nospace 2>/dev/null ;;\n"
    "        --track)\n"
    "            front=${word%\"${word##*,}\"}\n"
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

static void print_values(FILE *to, size_t k)
{
    bool data = strcmp(lac_list_options_of(k), "--data") == 0;
    fprintf(to, "        %s) words=\"", data ? "synth:" : lac_list_options_of(k));
    lac_list_print_names(k, to);
    fprintf(to, "\" ;;\n");
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
        fprintf(to, "--%s ", o->table[i].name);
    }
    fprintf(to, "--help\" ;;\n");
}

void lac_print_completion(FILE *to)
{
    fprintf(to, "%s", head);
    print_commands(to);
    fprintf(to, "%s", options);
    for (size_t c = LAC_ROW_COLUMN_COUNT; c < LAC_COLUMN_COUNT; c++) {
        fprintf(to, "%s ", lac_columns[c].name);
    }
    fprintf(to, "\" ;;\n");
    for (size_t k = 0; lac_list_kind(k); k++) {
        print_values(to, k);
    }
    fprintf(to, "        *)\n            case $command in\n");
    for (size_t c = 0; lac_help_options(c); c++) {
        print_options(to, lac_help_options(c));
    }
    fprintf(to, "            help) words=\"");
    print_commands(to);
    fprintf(to, "--man --completion --completion-zsh\" ;;\n            esac ;;\n%s", tail);
}
