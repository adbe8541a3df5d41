#include "store/json_memory.h"

#include <stdlib.h>

static _Thread_local bool lacked;
static json_malloc_t allocate;

static void *noting(size_t bytes)
{
    void *p = allocate(bytes);
    lacked = lacked || !p;
    return p;
}

void lac_json_begin(void)
{
    json_malloc_t now;
    json_free_t release;
    json_get_alloc_funcs(&now, &release);
    if (now != noting) {
        allocate = now;
        json_set_alloc_funcs(noting, release);
    }
    lacked = false;
}

bool lac_json_lacked(void)
{
    return lacked;
}

char *lac_json_text(const json_t *json)
{
    char *text = json && !lacked ? json_dumps(json, JSON_INDENT(2)) : NULL;
    if (lacked) {
        free(text);
        return NULL;
    }
    return text;
}
