#include "command/whole_text.h"

#include <stdbool.h>
#include <stdlib.h>

static lac_status no_memory(void)
{
    return LAC_FAIL(LAC_E_MEMORY, "out of memory: text for standard output");
}

lac_status lac_whole_text_begin(struct lac_whole_text *t)
{
    t->text = NULL;
    t->to = open_memstream(&t->text, &t->bytes);
    return t->to ? LAC_OK : no_memory();
}

lac_status lac_whole_text_print(struct lac_whole_text *t, lac_status status)
{
    bool whole = fclose(t->to) == 0;
    if (status == LAC_OK && whole) {
        (void)fwrite(t->text, 1, t->bytes, stdout);
    }
    free(t->text);
    return status == LAC_OK && !whole ? no_memory() : status;
}
