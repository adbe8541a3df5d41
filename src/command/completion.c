#include "command/help.h"
#include "command/tune.h"
#include "config/config.h"

static void print_options(const struct lac_options *o, FILE *to)
{
    fprintf(to, "        %s) words=\"--help", o->command);
    for (size_t i = 0; i < o->count; i++) {
        fprintf(to, " --%s", o->table[i].name);
    }
    fprintf(to, "\" ;;\n");
}

void lac_print_completion(FILE *to)
{
    fprintf(
        to,
        "# bash completion of laconic: source it, or install it as \"laconic\" among bash's completions\n"
        "_laconic()\n{\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]}\n"
        "    local words=\"train tune list show plot help --help --version\"\n"
        "    if ((COMP_CWORD > 1)); then\n        case $command in\n");
    print_options(&lac_train_options, to);
    print_options(&lac_tune_options, to);
    fprintf(
        to,
        "        list) words=\"methods compressors objectives regularizers samplings generators splits "
        "--json --markdown --dim --clients --help\" ;;\n"
        "        show) words=\"--json --csv --config --help\" ;;\n"
        "        plot) words=\"-o --title --x --y --help\" ;;\n"
        "        esac\n    fi\n"
        "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\n"
        "complete -o default -F _laconic laconic\n");
}
