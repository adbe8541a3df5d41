/*
 * Looks for secrets where they must not be.
 *
 * usage: scan_memory PATTERNS FILE|PID
 *
 * PATTERNS: lines "NAME HEX", of at least 8 bytes each, nine at most different names. The target is a file, or all readable
 * memory of a running process. Prints each NAME with how many of its patterns are there, at whatever address, and "bytes"
 * with how much was looked through. Exit status 1 where the target cannot be read at all.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SHORTEST = 8, LONGEST = 128, PIECE = 1 << 20, NAMES = 9 };

static const unsigned long largest = 1UL << 32; /* a mapping beyond is a sanitizer's, of shadows */

struct pattern {
    unsigned char bytes[LONGEST];
    size_t count;
    unsigned name;
    int found;
    struct pattern *next; /* of the same slot */
};

static struct pattern **slot;
static size_t slots = 1 << 22;
static unsigned char
    may_begin[1 << 16]; /* a bit for each value of the upper bits of a slot's number */
static char names[NAMES][32];
static unsigned name_count;
static size_t found[NAMES], looked_through;

static size_t slot_of(const unsigned char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return (size_t)((word * UINT64_C(0x9e3779b97f4a7c15)) >> 42);
}

static unsigned number_of(const char *name)
{
    for (unsigned i = 0; i < name_count; i++) {
        if (strcmp(names[i], name) == 0) {
            return i;
        }
    }
    if (name_count == NAMES) {
        exit(2);
    }
    snprintf(names[name_count], sizeof names[0], "%s", name);
    return name_count++;
}

static void read_patterns(const char *path)
{
    char name[32], hex[2 * LONGEST + 1];
    FILE *file = fopen(path, "r");
    slot = calloc(slots, sizeof(struct pattern *));
    while (file && slot && fscanf(file, "%31s %256s", name, hex) == 2) {
        struct pattern *p = calloc(1, sizeof *p);
        p->name = number_of(name);
        for (p->count = 0; hex[2 * p->count]; p->count++) {
            char digits[3] = {hex[2 * p->count], hex[2 * p->count + 1], 0};
            p->bytes[p->count] = (unsigned char)strtoul(digits, NULL, 16);
        }
        if (p->count < SHORTEST) {
            exit(2);
        }
        size_t at = slot_of(p->bytes);
        may_begin[at >> 6] |= (unsigned char)(1 << (at >> 3 & 7));
        p->next = slot[at];
        slot[at] = p;
    }
    if (!file) {
        exit(2);
    }
    fclose(file);
}

/* Patterns that begin among the first `count` of the bytes, of which `have` are there. */
static void look(const unsigned char *bytes, size_t count, size_t have)
{
    for (size_t i = 0; i < count && i + SHORTEST <= have; i++) {
        size_t at = slot_of(bytes + i);
        if (!(may_begin[at >> 6] >> (at >> 3 & 7) & 1)) {
            continue;
        }
        for (struct pattern *p = slot[at]; p; p = p->next) {
            if (!p->found && i + p->count <= have && memcmp(bytes + i, p->bytes, p->count) == 0) {
                p->found = 1;
                found[p->name]++;
            }
        }
    }
}

static void look_through(int file, uint64_t from, uint64_t behind)
{
    static unsigned char bytes[PIECE + LONGEST];
    for (uint64_t at = from; at < behind; at += PIECE) {
        size_t want = behind - at < sizeof bytes ? (size_t)(behind - at) : sizeof bytes;
        ssize_t got = pread(file, bytes, want, (off_t)at);
        if (got <= 0) { /* a page that is guarded, or gone */
            continue;
        }
        size_t have = (size_t)got;
        look(bytes, have < PIECE ? have : PIECE, have);
        looked_through += have < PIECE ? have : PIECE;
    }
}

static void look_through_process(const char *pid)
{
    char path[64], line[512], rights[8], name[256];
    unsigned long from, behind;
    snprintf(path, sizeof path, "/proc/%s/mem", pid);
    int memory = open(path, O_RDONLY);
    snprintf(path, sizeof path, "/proc/%s/maps", pid);
    FILE *maps = fopen(path, "r");
    while (maps && memory >= 0 && fgets(line, sizeof line, maps)) {
        *name = 0;
        if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %255s", &from, &behind, rights, name) >= 3 &&
            rights[0] == 'r' && strncmp(name, "[v", 2) != 0 && behind - from <= largest) {
            look_through(memory, from, behind);
        }
    }
    if (maps) {
        fclose(maps);
    }
    close(memory);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        return 2;
    }
    read_patterns(argv[1]);
    int file = open(argv[2], O_RDONLY);
    if (file >= 0) {
        look_through(file, 0, (uint64_t)lseek(file, 0, SEEK_END));
        close(file);
    } else {
        look_through_process(argv[2]);
    }
    for (unsigned i = 0; i < name_count; i++) {
        printf("%s %zu\n", names[i], found[i]);
    }
    printf("bytes %zu\n", looked_through);
    return looked_through > 0 ? 0 : 1;
}
