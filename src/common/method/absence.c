#include "method/absence.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const char key[] = "lost=";

enum { NUMBER = 24 }; /* bytes of a number, with its zero */

const char *lac_absence_text(const char *text)
{
    const char *at = strstr(text, key);
    while (at && (at == text || (at[-1] != ',' && at[-1] != ':'))) {
        at = strstr(at + 1, key);
    }
    return at;
}

lac_status lac_absence_open(struct lac_absence *b, uint32_t n, struct lac_arena *a)
{
    LAC_TRY(LAC_NEW(a, n, &b->round));
    LAC_TRY(LAC_NEW(a, n, &b->row));
    for (uint32_t i = 0; i < n; i++) {
        b->round[i] = b->row[i] = UINT64_MAX;
    }
    return LAC_OK;
}

/* The number before one of `ends`, or before the end, of which the text moves behind what ended it. */
static lac_status read_number(const char **text, const char *ends, char *ended, uint64_t *out)
{
    char number[NUMBER];
    size_t length = strcspn(*text, ends);
    snprintf(number, sizeof number, "%.*s", (int)(length < NUMBER ? length : NUMBER), *text);
    LAC_TRY(lac_parse_count("lost", number, out));
    *ended = (*text)[length];
    *text += length + (*ended != '\0');
    return LAC_OK;
}

/* "4-7@12" or "9@15/14", and the '+' behind it. */
static lac_status read_one(struct lac_absence *b, const char **text, uint32_t n)
{
    uint64_t first, last, round, row;
    char ended;
    LAC_TRY(read_number(text, "-@", &ended, &first));
    last = first;
    if (ended == '-') {
        LAC_TRY(read_number(text, "@", &ended, &last));
    }
    if (ended != '@' || first > last || last >= n) {
        return LAC_FAIL(LAC_E_USAGE,
                        "lost: CLIENT@ROUND or FIRST-LAST@ROUND, joined by '+', with clients from "
                        "0 to %u",
                        n - 1);
    }
    LAC_TRY(read_number(text, "/+", &ended, &round));
    row = round;
    if (ended == '/') {
        LAC_TRY(read_number(text, "+", &ended, &row));
    }
    if (row > round || round - row > 1 || round == UINT64_MAX || (ended == '+' && !**text)) {
        return LAC_FAIL(LAC_E_USAGE,
                        "lost: who is absent from round %" PRIu64 " on is so from its row on, or "
                        "from the one before",
                        round);
    }
    for (uint64_t i = first; i <= last; i++) {
        if (b->round[i] != UINT64_MAX) {
            return LAC_FAIL(LAC_E_USAGE, "lost: client %" PRIu64 " stands there twice", i);
        }
        b->round[i] = round;
        b->row[i] = row;
    }
    return LAC_OK;
}

lac_status lac_absence_read(struct lac_absence *b, const char *lost, uint32_t n,
                            struct lac_arena *a)
{
    const char *text = lost + sizeof key - 1;
    LAC_TRY(lac_absence_open(b, n, a));
    do {
        LAC_TRY(lac_of_option("--participation", read_one(b, &text, n)));
    } while (*text);
    for (uint32_t i = 0; i < n; i++) {
        if (b->round[i] == UINT64_MAX) {
            return LAC_OK;
        }
    }
    return LAC_FAIL(LAC_E_USAGE,
                    "--participation: lost: somebody has to stay, and all %" PRIu32 " clients go",
                    n);
}

uint32_t lac_absence_run(const struct lac_absence *b, uint32_t n, uint32_t first)
{
    uint32_t after = first + 1;
    while (after < n && b->round[after] == b->round[first] && b->row[after] == b->row[first]) {
        after++;
    }
    return after - first - 1;
}

static void write_one(const struct lac_absence *b, uint32_t first, uint32_t more, char out[96])
{
    char last[NUMBER] = "", row[NUMBER] = "";
    if (more > 0) {
        snprintf(last, sizeof last, "-%" PRIu32, first + more);
    }
    if (b->row[first] != b->round[first]) {
        snprintf(row, sizeof row, "/%" PRIu64, b->row[first]);
    }
    snprintf(out, 96, "%" PRIu32 "%s@%" PRIu64 "%s", first, last, b->round[first], row);
}

size_t lac_absence_write(const struct lac_absence *b, uint32_t n, char *out, size_t capacity)
{
    size_t length = 0;
    *out = '\0';
    for (uint32_t i = 0, more; b->round && i < n; i += 1 + more) {
        char one[96];
        more = lac_absence_run(b, n, i);
        if (b->round[i] == UINT64_MAX) {
            continue;
        }
        write_one(b, i, more, one);
        size_t at = length < capacity ? length : capacity;
        length += (size_t)snprintf(out + at, capacity - at, "%s%s", length > 0 ? "+" : key, one);
    }
    return length;
}

bool lac_is_absent(const struct lac_absence *b, uint32_t client, uint64_t round)
{
    return b->round && round >= b->round[client];
}

bool lac_is_uncounted(const struct lac_absence *b, uint32_t client, uint64_t round)
{
    return b->round && round >= b->row[client];
}

uint32_t lac_counted(const struct lac_absence *b, uint32_t n, uint64_t round)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < n; i++) {
        count += !lac_is_uncounted(b, i, round);
    }
    return count;
}
