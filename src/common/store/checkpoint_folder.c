#include "store/checkpoint_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/checkpoint.h"
#include "store/checkpoint_io.h"

static const char prefix[] = "round-";

void lac_round_name(char out[LAC_ROUND_NAME], uint64_t round)
{
    snprintf(out, LAC_ROUND_NAME, "%s%09" PRIu64, prefix, round);
}

bool lac_round_of_name(const char *name, uint64_t *round)
{
    char same[LAC_ROUND_NAME];
    if (strncmp(name, prefix, sizeof prefix - 1) != 0) {
        return false;
    }
    uint64_t found = strtoull(name + sizeof prefix - 1, NULL, 10);
    lac_round_name(same, found);
    if (strcmp(name, same) != 0) {
        return false;
    }
    *round = found;
    return true;
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* NULL: it is none; a link is none, wherever it leads. */
static DIR *open_itself(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    if (fd >= 0 && !folder) {
        close(fd);
    }
    return folder;
}

bool lac_folder_remove(const char *path)
{
    DIR *folder = open_itself(path);
    const struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        if (!is_dots(entry->d_name)) {
            (void)unlinkat(dirfd(folder), entry->d_name, 0);
        }
    }
    if (folder) {
        closedir(folder);
    }
    return rmdir(path) == 0 || errno == ENOENT || (errno == ENOTDIR && unlink(path) == 0);
}

void lac_folder_sweep(const char *dir, const char *beginning)
{
    char path[LAC_PATH];
    DIR *folder = opendir(dir);
    const struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        if (strncmp(entry->d_name, beginning, strlen(beginning)) == 0 &&
            lac_path_join(path, dir, entry->d_name) == LAC_OK && unlink(path) != 0) {
            (void)lac_folder_remove(path);
        }
    }
    if (folder) {
        closedir(folder);
    }
}

/* The rounds found so far, in memory of malloc. */
struct rounds {
    uint64_t *round;
    size_t count, room;
};

static bool add_round(struct rounds *r, uint64_t round)
{
    if (r->count == r->room) {
        size_t room = r->room ? 2 * r->room : 64;
        uint64_t *larger = realloc(r->round, room * sizeof *larger);
        if (!larger) {
            return false;
        }
        r->round = larger;
        r->room = room;
    }
    r->round[r->count++] = round;
    return true;
}

static int newest_first(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x < y) - (x > y);
}

static lac_status find_rounds(const char *dir, struct rounds *r)
{
    DIR *folder = opendir(dir);
    if (!folder) {
        return errno == ENOENT ? LAC_OK : lac_cannot("read", dir, errno);
    }
    lac_status status = LAC_OK;
    const struct dirent *entry;
    errno = 0;
    while (status == LAC_OK && (entry = readdir(folder))) {
        uint64_t round;
        if (lac_round_of_name(entry->d_name, &round) && !add_round(r, round)) {
            status = LAC_FAIL(LAC_E_MEMORY, "out of memory: the checkpoints of '%s'", dir);
        }
        errno = 0;
    }
    if (status == LAC_OK && errno != 0) {
        status = lac_cannot("read", dir, errno);
    }
    closedir(folder);
    return status;
}

lac_status lac_checkpoints_list(const char *dir, uint64_t **rounds, size_t *count,
                                struct lac_arena *arena)
{
    struct rounds found = {0};
    uint64_t *kept = NULL;
    lac_status status = find_rounds(dir, &found);
    if (status == LAC_OK) {
        status = LAC_NEW(arena, found.count + 1, &kept);
    }
    if (status == LAC_OK) {
        if (found.count > 0) {
            qsort(found.round, found.count, sizeof *found.round, newest_first);
            memcpy(kept, found.round, found.count * sizeof *kept);
        }
        *rounds = kept;
        *count = found.count;
    }
    free(found.round);
    return status;
}

lac_status lac_checkpoint_folder(const char *dir, uint64_t round, const char **folder,
                                 struct lac_arena *arena)
{
    char name[LAC_ROUND_NAME], path[LAC_PATH];
    lac_round_name(name, round);
    LAC_TRY(lac_path_join(path, dir, name));
    return lac_arena_text(arena, path, folder);
}
