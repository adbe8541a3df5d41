#include "server/network.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "data/data.h"

/* Line number i + 1 is client i's; what it leaves out is as the option says. */
static lac_status read_line(const struct lac_text *t, uint32_t i, const char *p, size_t length,
                            struct lac_access *access)
{
    enum { LONGEST_LINE = 255 };
    char line[LONGEST_LINE + 1];
    struct lac_arena scratch = {0};
    while (length > 0 && strchr(" \t\r", p[length - 1]) && p[length - 1]) {
        length--;
    }
    if (length > LONGEST_LINE) {
        return LAC_FAIL(LAC_E_INPUT, "%s:%u: the line is too long", t->name, i + 1);
    }
    memcpy(line, p, length);
    line[length] = '\0';
    lac_status status = length > 0 ? lac_access_parse(access, line, &scratch) : LAC_OK;
    lac_arena_free(&scratch);
    if (status != LAC_OK) {
        char said[512];
        snprintf(said, sizeof said, "%s", lac_failure());
        return LAC_FAIL(LAC_E_INPUT, "%s:%u: %s", t->name, i + 1, said);
    }
    return LAC_OK;
}

static lac_status read_lines(const struct lac_text *t, uint32_t n, struct lac_access *access)
{
    const char *p = t->bytes, *end = t->bytes + t->size;
    uint32_t lines = 0;
    while (p < end) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        const char *stop = newline ? newline : end;
        if (lines == n) {
            return LAC_FAIL(LAC_E_INPUT, "%s:%u: there are %u clients; a line is one", t->name,
                            lines + 1, n);
        }
        LAC_TRY(read_line(t, lines, p, (size_t)(stop - p), &access[lines]));
        lines++;
        p = newline ? newline + 1 : end;
    }
    return lines == n ? LAC_OK
                      : LAC_FAIL(LAC_E_INPUT, "%s has %u line%s; there are %u clients, a line each",
                                 t->name, lines, lac_plural(lines), n);
}

lac_status lac_network_open(struct lac_network *w, const struct lac_network_options *options,
                            uint32_t n, struct lac_arena *a)
{
    struct lac_text text;
    if (!options->text) {
        return LAC_OK;
    }
    w->n = n;
    w->server = options->server;
    LAC_TRY(LAC_NEW(a, n, &w->access));
    LAC_TRY(LAC_NEW(a, n, &w->down));
    LAC_TRY(LAC_NEW(a, n, &w->up));
    for (uint32_t i = 0; i < n; i++) {
        w->access[i] = options->access;
    }
    if (!options->clients) {
        return LAC_OK;
    }
    LAC_TRY(lac_of_option("--network", lac_text_map(&text, options->clients)));
    lac_status status = read_lines(&text, n, w->access);
    lac_text_close(&text);
    return lac_of_option("--network", status);
}

void lac_network_down(struct lac_network *w, uint32_t client, uint64_t bits)
{
    w->down[client] += bits;
}

void lac_network_down_all(struct lac_network *w, uint64_t bits)
{
    w->down_all += bits;
}

void lac_network_up(struct lac_network *w, uint32_t client, uint64_t bits)
{
    w->up[client] += bits;
}

double lac_network_end_phase(struct lac_network *w)
{
    double slowest = 0.0, delay = 0.0;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < w->n; i++) {
        const struct lac_access *a = &w->access[i];
        uint64_t down = w->down[i] + w->down_all, up = w->up[i];
        double late = ((down > 0) + (up > 0)) * a->latency;
        slowest = fmax(slowest, late + (double)down / a->down + (double)up / a->up);
        delay = fmax(delay, late);
        sum += down + up;
        w->down[i] = w->up[i] = 0;
    }
    w->down_all = 0;
    return fmax(slowest, delay + (double)sum / w->server);
}
