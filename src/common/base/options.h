/*
 * Options of a command from one table: --help, the man page, shell completion and the options file come from it.
 * Later sources win: default < LACONIC_NAME in the environment < --config FILE < command line.
 */
#ifndef LAC_BASE_OPTIONS_H
#define LAC_BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"

enum lac_option_mark {
    LAC_TRAJECTORY, /* must agree on all ranks and with a checkpoint */
    LAC_RUN,        /* may change when a run is resumed */
    LAC_LOCAL,      /* may differ from rank to rank */
};

struct lac_option {
    const char *section;  /* heading in --help */
    const char *name;     /* "until-loss" for --until-loss */
    const char *argument; /* "NUMBER" in --help; NULL for a switch (yes or no in a file) */
    const char *fallback; /* the default; NULL: not set */
    enum lac_option_mark mark;
    const char *help;
};

struct lac_setting {   /* one per option, in the order of the table */
    const char *value; /* NULL: not set */
    bool given;        /* by the user, anywhere */
    const char *where; /* "--", "run.conf:3: ", "LACONIC_ROUNDS: "; for messages, in the arena */
};

struct lac_options {
    const char *command; /* "train" */
    const char *usage;   /* a line for each way to call it */
    const char
        *about; /* what stands before the options, in --help and the man page; NULL: nothing */
    const struct lac_option *table;
    size_t count;
    bool layered;                     /* also from environment and --config FILE, not argv alone */
    const char *not_from_environment; /* an option whose LACONIC_ name means something else */
    const char *
        refused; /* an option of the table that the command refuses, and does not show; NULL: none */
    const char *letter; /* "-o", short for the option long_name; NULL: none */
    const char *long_name;
};

struct lac_operands { /* words that are no options */
    const char **word;
    size_t count;
};

/* Reads environment, --config FILE and argv (the words after the command). help is set where --help
   was among them. settings (count) and operands, NULL where the command has none, in the arena. */
lac_status lac_options_read(const struct lac_options *o, int argc, char *const *argv,
                            struct lac_arena *a, struct lac_setting *settings,
                            struct lac_operands *operands, bool *help) LAC_MUST_CHECK;
/* An option by its name; where: "run.conf:3: ", what a failure begins with, which names the nearest of those that are taken
   (NULL: all are). */
lac_status lac_options_find(const struct lac_options *o, const char *where, const char *name,
                            bool (*is_taken)(size_t option), size_t *option) LAC_MUST_CHECK;
/* As one line of an options file does. value is borrowed, where is copied. */
lac_status lac_options_set(const struct lac_options *o, const char *where, size_t option,
                           const char *value, struct lac_arena *a,
                           struct lac_setting *settings) LAC_MUST_CHECK;
/* The words among the option's values, "stop wait drop" of "stop|wait|drop": whether it has any; to: NULL to know that alone. */
bool lac_option_print_words(const struct lac_option *option, FILE *to);
bool lac_option_is_shown(const struct lac_options *o, size_t option);
void lac_options_help(const struct lac_options *o, FILE *to);
/* troff source of the options for the man page. */
void lac_options_man(const struct lac_options *o, FILE *to);
/* "name = value" of every trajectory option, one per line: what ranks compare. In the arena. */
lac_status lac_options_digest_text(const struct lac_options *o, const struct lac_setting *settings,
                                   struct lac_arena *a, const char **text) LAC_MUST_CHECK;

#endif
