#include "method/trace.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "base/text.h"

enum { WORD = 24 }; /* longest number of a client, with its end */

/* Read twice: first to count, then to fill. */
struct reading {
    const char *path;
    uint32_t n, line, rounds, clients, meta_epochs;
    uint32_t first;                        /* round of the meta epoch at hand */
    uint32_t *start, *client, *meta_epoch; /* NULL: count */
};

static int ascending(const void *a, const void *b)
{
    uint32_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

static lac_status take_client(struct reading *r, const char *word)
{
    char what[512];
    uint64_t client;
    snprintf(what, sizeof what, "%s:%u", r->path, r->line);
    LAC_TRY(lac_parse_count(what, word, &client));
    if (client >= r->n) {
        return LAC_FAIL(LAC_E_INPUT, "%s: client %s is outside 0..%u", what, word, r->n - 1);
    }
    if (r->client) {
        r->client[r->clients] = (uint32_t)client;
    }
    r->clients++;
    return LAC_OK;
}

static void end_meta_epoch(struct reading *r)
{
    if (r->rounds == r->first) {
        return;
    }
    r->meta_epochs++;
    r->first = r->rounds;
}

static lac_status end_round(struct reading *r, uint32_t first)
{
    if (r->client) {
        uint32_t *client = r->client + first;
        qsort(client, r->clients - first, sizeof *client, ascending);
        for (uint32_t k = 1; k < r->clients - first; k++) {
            if (client[k] == client[k - 1]) {
                return LAC_FAIL(LAC_E_INPUT, "%s:%u: client %u stands twice in one round", r->path,
                                r->line, client[k]);
            }
        }
        r->start[r->rounds + 1] = r->clients;
        r->meta_epoch[r->rounds] = r->meta_epochs;
    }
    r->rounds++;
    return LAC_OK;
}

/* The line at hand ends: a round, or an empty line, which ends a meta epoch; a comment alone is neither. */
static lac_status end_line(struct reading *r, uint32_t first, bool comment)
{
    if (r->clients > first) {
        return end_round(r, first);
    }
    if (!comment) {
        end_meta_epoch(r);
    }
    return LAC_OK;
}

/* The next word of the line, "" at its end; what ended it is returned: '\n', EOF, '#' or a blank. */
static lac_status read_word(struct reading *r, FILE *file, char word[WORD], int *end)
{
    size_t length = 0;
    for (;;) {
        int c = getc(file);
        if (c == EOF || c == '\n' || c == '#' || c == ' ' || c == '\t' || c == '\r') {
            word[length] = '\0';
            *end = c;
            return LAC_OK;
        }
        if (length == WORD - 1) {
            return LAC_FAIL(LAC_E_INPUT, "%s:%u: '%.*s...' is no number of a client", r->path,
                            r->line, WORD - 1, word);
        }
        word[length++] = (char)c;
    }
}

static lac_status read_line(struct reading *r, FILE *file, int *end)
{
    char word[WORD];
    uint32_t first = r->clients;
    bool comment = false, any = false;
    r->line++;
    do {
        LAC_TRY(read_word(r, file, word, end));
        if (*word && !comment) {
            LAC_TRY(take_client(r, word));
        }
        comment = comment || *end == '#';
        any = any || *word || *end != EOF;
    } while (*end != '\n' && *end != EOF);
    return any ? end_line(r, first, comment) : LAC_OK;
}

static lac_status read_lines(struct reading *r, FILE *file)
{
    int end = '\n';
    rewind(file);
    *r = (struct reading){.path = r->path,
                          .n = r->n,
                          .start = r->start,
                          .client = r->client,
                          .meta_epoch = r->meta_epoch};
    while (end != EOF) {
        LAC_TRY(read_line(r, file, &end));
    }
    end_meta_epoch(r);
    if (ferror(file) || r->rounds == 0) {
        return LAC_FAIL(LAC_E_INPUT, "--participation: %s: %s", r->path,
                        ferror(file) ? strerror(errno) : "no round; a line lists its clients");
    }
    return LAC_OK;
}

static lac_status read_file(struct reading *r, FILE *file, struct lac_arena *a)
{
    LAC_TRY(read_lines(r, file));
    LAC_TRY(LAC_NEW(a, r->rounds + 1, &r->start));
    LAC_TRY(LAC_NEW(a, r->clients, &r->client));
    LAC_TRY(LAC_NEW(a, r->rounds, &r->meta_epoch));
    return read_lines(r, file);
}

/* How often each client was there before, and the largest round. */
static lac_status count_turns(struct lac_trace *t, uint32_t n, struct lac_arena *a)
{
    uint32_t *times, *before;
    LAC_TRY(LAC_NEW(a, n, &times));
    LAC_TRY(LAC_NEW(a, t->start[t->rounds], &before));
    for (uint32_t line = 0; line < t->rounds; line++) {
        uint32_t clients = t->start[line + 1] - t->start[line];
        t->largest = clients > t->largest ? clients : t->largest;
    }
    for (uint32_t k = 0; k < t->start[t->rounds]; k++) {
        before[k] = times[t->client[k]]++;
    }
    t->times = times;
    t->before = before;
    return LAC_OK;
}

/* The clients that a meta epoch has not, or more than once: of those not marked yet. */
static void mark_odd(struct lac_trace *t, uint32_t meta_epoch, uint32_t n, const uint32_t *here,
                     bool *odd)
{
    for (uint32_t i = 0; i < n; i++) {
        if (here[i] == 1 || odd[i]) {
            continue;
        }
        odd[i] = true;
        if (t->odd_clients++ == 0) {
            t->odd_client = i;
            t->odd_times = here[i];
            t->odd_meta_epoch = meta_epoch + 1;
        }
    }
}

static lac_status check_meta_epochs(struct lac_trace *t, uint32_t n, struct lac_arena *a)
{
    uint32_t *here;
    bool *odd;
    LAC_TRY(LAC_NEW(a, n, &here));
    LAC_TRY(LAC_NEW(a, n, &odd));
    for (uint32_t line = 0; line < t->rounds; line++) {
        for (uint32_t k = t->start[line]; k < t->start[line + 1]; k++) {
            here[t->client[k]]++;
        }
        if (line + 1 == t->rounds || t->meta_epoch[line + 1] != t->meta_epoch[line]) {
            mark_odd(t, t->meta_epoch[line], n, here, odd);
            memset(here, 0, n * sizeof *here);
        }
    }
    return LAC_OK;
}

lac_status lac_trace_read(struct lac_trace *t, const char *path, uint32_t n, struct lac_arena *a)
{
    struct reading r = {.path = path, .n = n};
    if (*path == '\0') {
        return LAC_FAIL(
            LAC_E_USAGE,
            "--participation: trace: has no file; give trace:FILE, of rounds or of a run");
    }
    FILE *file = lac_open_regular(path);
    if (!file) {
        return LAC_FAIL(LAC_E_INPUT, "--participation: trace:%s: %s", path,
                        errno == EINVAL ? "no regular file" : strerror(errno));
    }
    lac_status status = read_file(&r, file, a);
    fclose(file);
    LAC_TRY(status);
    *t = (struct lac_trace){.rounds = r.rounds,
                            .meta_epochs = r.meta_epochs,
                            .start = r.start,
                            .client = r.client,
                            .meta_epoch = r.meta_epoch};
    LAC_TRY(count_turns(t, n, a));
    return check_meta_epochs(t, n, a);
}
