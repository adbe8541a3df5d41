/*
 * The same bytes for the same key on any machine: a digest of all sections of each compressor, and of
 * what they decode to, is the same on every instruction set and the one that is kept in a file, one
 * line each.
 *
 * usage: test_bytes FILE [--write]
 */
#include <string.h>
#include <xxhash.h>

#include "base/vec.h"
#include "subjects.h"
#include "tap.h"

enum { MOST_TEXTS = 2000, LENGTH = 96 };

struct digests {
    size_t count;
    char text[MOST_TEXTS][LENGTH];
    XXH64_hash_t value[MOST_TEXTS];
};

static struct digests now, first, kept;

static size_t find(struct digests *list, const char *text)
{
    size_t i = 0;
    while (i < list->count && strcmp(list->text[i], text) != 0) {
        i++;
    }
    return i;
}

static XXH64_hash_t mix(XXH64_hash_t so_far, const void *bytes, size_t length)
{
    return XXH3_64bits_withSeed(bytes, length, so_far);
}

/* Called in the same order on each instruction set. */
static void digest(struct subject *s)
{
    size_t i = find(&now, s->text);
    LAC_ASSERT(i < MOST_TEXTS && strlen(s->text) < LENGTH);
    if (i == now.count) {
        strcpy(now.text[i], s->text);
        now.value[i] = 0;
        now.count++;
    }
    for (enum shape shape = 0; shape < SHAPES; shape++) {
        for (uint64_t round = 1; round <= 3; round++) {
            draw_shape(s, shape, round);
            lac_status status = try_encode(s, round);
            now.value[i] = mix(now.value[i], &s->length, status ? 0 : sizeof s->length);
            if (status == LAC_OK) {
                bool good = decode_side(s, 1, 1.0, 3.0);
                LAC_ASSERT(good);
                now.value[i] = mix(now.value[i], s->bytes, s->length);
                now.value[i] = mix(now.value[i], s->out[1], s->size.d * sizeof(double));
            }
        }
    }
}

static void on_every_set(void)
{
    static const char *const sets[] = {"portable", "avx2", "avx512"};
    for (size_t k = 0; k < sizeof sets / sizeof *sets; k++) {
        if (lac_kernels_select(sets[k]) != LAC_OK) {
            tap_skip("not on this machine", "the same bytes with %s", sets[k]);
            continue;
        }
        now.count = 0;
        for_each_subject(SIZES_ODD, digest);
        if (k == 0) {
            first = now;
        }
        for (size_t i = 0; k > 0 && i < now.count; i++) {
            tap_ok(now.value[i] == first.value[i],
                   "%s: the same bytes and decoded bits with %s as with %s", now.text[i], sets[k],
                   sets[0]);
        }
    }
}

static void read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[256];
    while (file && fgets(line, sizeof line, file)) {
        unsigned long long value;
        if (sscanf(line, "%95s %llx", kept.text[kept.count], &value) == 2 &&
            kept.count + 1 < MOST_TEXTS) {
            kept.value[kept.count++] = value;
        }
    }
    if (file) {
        fclose(file);
    }
}

static int write_file(const char *path)
{
    FILE *file = fopen(path, "w");
    if (!file) {
        perror(path);
        return 1;
    }
    for (size_t i = 0; i < first.count; i++) {
        fprintf(file, "%s %016llx\n", first.text[i], (unsigned long long)first.value[i]);
    }
    return fclose(file) != 0;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s FILE [--write]\n", argv[0]);
        return 2;
    }
    on_every_set();
    if (argc == 3 && strcmp(argv[2], "--write") == 0) {
        return write_file(argv[1]);
    }
    read_file(argv[1]);
    for (size_t i = 0; i < first.count; i++) {
        size_t at = find(&kept, first.text[i]);
        tap_ok(
            at < kept.count && kept.value[at] == first.value[i],
            "%s: the bytes are those of %s (renewed with --write where they were meant to change)",
            first.text[i], argv[1]);
    }
    tap_ok(first.count == kept.count || getenv("LAC_TEST_SHORT"),
           "%s has a line for each text and no other: %zu of %zu (renew it with --write)", argv[1],
           kept.count, first.count);
    return tap_done();
}
