/* An option that is one of a few names, some with an argument: "full", "nice:20%". */
#ifndef LAC_METHOD_CHOICE_H
#define LAC_METHOD_CHOICE_H

#include <stddef.h>

#include "base/arena.h"

struct lac_choice {
    unsigned kind;                      /* the owner's enum */
    const char *name, *usage, *summary; /* usage is the name where there is no argument */
};

struct lac_choices {
    const char *option; /* "--participation" */
    const char *listed; /* by `laconic list samplings` */
    const struct lac_choice *entries;
    size_t count;
};

/* Reads text; *argument as written, NULL where the choice has none. The failure says what is wrong. */
lac_status lac_choose(const struct lac_choices *all, const char *text, struct lac_arena *a,
                      const struct lac_choice **out, const char **argument) LAC_MUST_CHECK;

#endif
