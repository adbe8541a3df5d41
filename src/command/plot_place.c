#include "command/plot_place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "command/picture_facts.h"
#include "command/plot_script.h"

enum { BLOCK = 1 << 14 };

static bool begins(const char *bytes, size_t count, const char *with)
{
    return count >= strlen(with) && memcmp(bytes, with, strlen(with)) == 0;
}

static bool is_picture(const char *bytes, size_t count)
{
    return begins(bytes, count, "<?xml") || begins(bytes, count, "<svg") ||
           begins(bytes, count, "\x89PNG") || begins(bytes, count, "%PDF-");
}

/* block: the first count bytes of the file, in which the rest follows. */
static bool has_facts(FILE *file, char block[BLOCK], size_t count)
{
    const size_t length = strlen(FIGURE_FACTS_TITLE);
    for (size_t got = count; got > 0;) {
        if (memmem(block, count, FIGURE_FACTS_TITLE, length)) {
            return true;
        }
        size_t kept = count < length ? count : length; /* the title may lie across two blocks */
        memmove(block, block + count - kept, kept);
        got = fread(block + kept, 1, BLOCK - kept, file);
        count = kept + got;
    }
    return false;
}

/* Pictures say in their metadata what they are. */
static bool is_ours(FILE *file)
{
    char block[BLOCK];
    size_t count = fread(block, 1, BLOCK, file);
    return count == 0 || begins(block, count, FIGURE_DATA_TITLE) ||
           (is_picture(block, count) && has_facts(file, block, count));
}

lac_status plot_check_place(const char *path, bool force)
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
    bool ours = is_ours(file);
    fclose(file);
    return ours ? LAC_OK
                : LAC_FAIL(LAC_E_USAGE,
                           "plot: '%s' is there and was not made by laconic plot; take another "
                           "name, or --force to replace it",
                           path);
}
