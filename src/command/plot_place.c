#include "command/plot_place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "command/picture_facts.h"
#include "command/plot_script.h"

static bool begins(const char *bytes, size_t count, const char *with)
{
    return count >= strlen(with) && memcmp(bytes, with, strlen(with)) == 0;
}

/* Pictures say in their metadata what they are. */
static bool is_ours(const char *bytes, size_t count)
{
    bool picture = begins(bytes, count, "<?xml") || begins(bytes, count, "<svg") ||
                   begins(bytes, count, "\x89PNG") || begins(bytes, count, "%PDF-");
    return count == 0 || begins(bytes, count, FIGURE_DATA_TITLE) ||
           (picture && memmem(bytes, count, FIGURE_FACTS_TITLE, strlen(FIGURE_FACTS_TITLE)));
}

static lac_status look_at(FILE *file, const char *path, size_t bytes, struct lac_arena *arena)
{
    char *text;
    LAC_TRY(LAC_NEW(arena, bytes + 1, &text));
    if (!is_ours(text, fread(text, 1, bytes, file))) {
        return LAC_FAIL(
            LAC_E_USAGE,
            "plot: '%s' is there and was not made by laconic plot; take another name, or "
            "--force to replace it",
            path);
    }
    return LAC_OK;
}

lac_status plot_check_place(const char *path, bool force, struct lac_arena *arena)
{
    struct stat facts;
    if (!path || lstat(path, &facts) != 0) {
        return LAC_OK;
    }
    if (!S_ISREG(facts.st_mode)) {
        return LAC_FAIL(LAC_E_USAGE, "'%s' is there and is no regular file", path);
    }
    if (force) {
        return LAC_OK;
    }
    FILE *file = fopen(path, "rb");
    if (!file) {
        return LAC_FAIL(LAC_E_IO, "cannot read '%s', which would be replaced: %s", path,
                        strerror(errno));
    }
    lac_status status = look_at(file, path, (size_t)facts.st_size, arena);
    fclose(file);
    return status;
}
