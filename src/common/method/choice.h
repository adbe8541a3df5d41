/* An option that is one of a few names, some with an argument: "full", "nice:20%". */
#ifndef LAC_METHOD_CHOICE_H
#define LAC_METHOD_CHOICE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"

struct lac_choice {
    unsigned kind;                      /* the owner's enum */
    const char *name, *usage, *summary; /* usage is the name where there is no argument */
    const char *key;                    /* of one more, "key=value"; NULL: none */
};

struct lac_choices {
    const char *option; /* "--participation" */
    const char *listed; /* by `laconic list samplings`; NULL: the failure names them all */
    const struct lac_choice *entries;
    size_t count;
};

/* Reads text; its argument is that of the key "", NULL where the choice has none. The failure says what is
   wrong. */
lac_status lac_choose(const struct lac_choices *all, const char *text, struct lac_arena *a,
                      const struct lac_choice **out, struct lac_spec *spec) LAC_MUST_CHECK;

/* "full, nice:TAU, ..." */
void lac_choices_usage(const struct lac_choices *all, char *out, size_t capacity);

#endif
