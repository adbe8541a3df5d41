#include "command/help.h"
#include "command/solve.h"
#include "config/config.h"

void lac_print_completion(FILE *to)
{
    fprintf(
        to,
        "# bash completion of laconic: source it, or install it as \"laconic\" among bash's completions\n"
        "_laconic()\n{\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]}\n"
        "    local words=\"train solve list show plot help --help --version\"\n"
        "    if ((COMP_CWORD > 1)); then\n        case $command in\n"
        "        train) words=\"--help");
    for (size_t i = 0; i < lac_train_options.count; i++) {
        fprintf(to, " --%s", lac_train_options.table[i].name);
    }
    fprintf(to, "\" ;;\n        solve) words=\"--help");
    const struct lac_options *solve = lac_solve_options();
    for (size_t i = 0; i < solve->count; i++) {
        fprintf(to, " --%s", solve->table[i].name);
    }
    fprintf(
        to,
        "\" ;;\n"
        "        list) words=\"methods compressors objectives regularizers samplings generators splits "
        "--json --markdown --dim --clients --help\" ;;\n"
        "        show) words=\"--json --csv --config --help\" ;;\n"
        "        plot) words=\"-o --title --x --y --gap --optima --log --help\" ;;\n"
        "        esac\n    fi\n"
        "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\n"
        "complete -o default -F _laconic laconic\n");
}
