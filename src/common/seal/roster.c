/* The list of sites: a text file. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/lines.h"
#include "seal/identity.h"

static const char title[] = "laconic-site-1";

enum { MOST = 1 << 20 }; /* sites */

void lac_site_line(const struct lac_site *site, char line[LAC_SITE_LINE])
{
    char box[2 * sizeof site->box + 1], sign[2 * sizeof site->sign + 1];
    sodium_bin2hex(box, sizeof box, site->box, sizeof site->box);
    sodium_bin2hex(sign, sizeof sign, site->sign, sizeof site->sign);
    (void)snprintf(line, LAC_SITE_LINE, "%s %s %s %s\n", title, site->name, box, sign);
}

static bool read_hex(const char *text, unsigned char *out, size_t bytes)
{
    size_t read = 0;
    return text && strlen(text) == 2 * bytes &&
           sodium_hex2bin(out, bytes, text, 2 * bytes, NULL, &read, NULL) == 0 && read == bytes;
}

/* Words of the line are parted by blanks; the line is cut up. */
static bool parse(char *line, struct lac_site *site)
{
    unsigned char shared[crypto_scalarmult_BYTES], some[crypto_scalarmult_SCALARBYTES] = {8};
    char *rest = NULL, *word[5] = {0};
    for (size_t i = 0; i < 5; i++) {
        word[i] = strtok_r(i == 0 ? line : NULL, " \t\r\n", &rest);
    }
    if (!word[0] || strcmp(word[0], title) != 0 || !word[1] || word[4] ||
        lac_site_name_check(word[1]) != LAC_OK || !read_hex(word[2], site->box, sizeof site->box) ||
        !read_hex(word[3], site->sign, sizeof site->sign)) {
        return false;
    }
    (void)snprintf(site->name, sizeof site->name, "%s", word[1]);
    return crypto_scalarmult(shared, some, site->box) == 0; /* not of low order */
}

static lac_status unlike_others(const struct lac_roster *r, const char *path)
{
    const struct lac_site *last = &r->site[r->count - 1];
    for (uint32_t i = 0; i + 1 < r->count; i++) {
        const struct lac_site *s = &r->site[i];
        if (strcmp(s->name, last->name) == 0 || memcmp(s->box, last->box, sizeof s->box) == 0 ||
            memcmp(s->sign, last->sign, sizeof s->sign) == 0) {
            return LAC_FAIL(LAC_E_INPUT,
                            "%s: sites %" PRIu32 " and %" PRIu32 " have the same name or key", path,
                            i + 1, r->count);
        }
    }
    return LAC_OK;
}

static uint32_t count_lines(FILE *file)
{
    uint32_t lines = 1;
    for (int c = getc(file); c != EOF && lines < MOST; c = getc(file)) {
        lines += c == '\n';
    }
    rewind(file);
    return lines;
}

static lac_status read_lines(FILE *file, const char *path, struct lac_roster *r)
{
    char line[LAC_SITE_LINE];
    for (uint32_t number = 1; fgets(line, sizeof line, file); number++) {
        if (line[0] == '#' || line[strspn(line, " \t\r\n")] == '\0') {
            continue;
        }
        if (!parse(line, &r->site[r->count])) {
            return LAC_FAIL(LAC_E_INPUT,
                            "%s:%" PRIu32 ": is no site: %s NAME, two keys of 64 digits", path,
                            number, title);
        }
        r->count++;
        LAC_TRY(unlike_others(r, path));
    }
    if (ferror(file) || r->count == 0) {
        return LAC_FAIL(LAC_E_INPUT, "%s: lists no site", path);
    }
    return LAC_OK;
}

static void digest(struct lac_roster *r)
{
    struct lac_digest g;
    lac_digest_begin(&g, sizeof r->digest);
    lac_digest_add_text(&g, "laconic-roster-1");
    for (uint32_t i = 0; i < r->count; i++) {
        lac_digest_add_text(&g, r->site[i].name);
        lac_digest_add(&g, r->site[i].box, sizeof r->site[i].box);
        lac_digest_add(&g, r->site[i].sign, sizeof r->site[i].sign);
    }
    lac_digest_end(&g, r->digest);
}

lac_status lac_roster_read(const char *path, struct lac_roster *r, struct lac_arena *a)
{
    *r = (struct lac_roster){0};
    FILE *file = lac_open_regular(path);
    if (!file) {
        return LAC_FAIL(errno == EINVAL ? LAC_E_INPUT : LAC_E_IO,
                        "%s: %s; it is the list of sites, a line of `laconic keygen --identity` "
                        "each",
                        path, errno == EINVAL ? "is no regular file" : strerror(errno));
    }
    lac_status status = LAC_NEW(a, count_lines(file), &r->site);
    if (status == LAC_OK) {
        status = read_lines(file, path, r);
    }
    (void)fclose(file);
    if (status == LAC_OK) {
        digest(r);
    }
    return status;
}

lac_status lac_roster_find(const struct lac_roster *r, const char *path,
                           const struct lac_site *site, uint32_t *number)
{
    for (uint32_t i = 0; i < r->count; i++) {
        if (memcmp(r->site[i].box, site->box, sizeof site->box) == 0 &&
            memcmp(r->site[i].sign, site->sign, sizeof site->sign) == 0) {
            *number = i;
            return LAC_OK;
        }
    }
    return LAC_FAIL(
        LAC_E_SECURITY,
        "--roster: %s does not list this site: add the line that `laconic keygen --identity` printed "
        "for it",
        path);
}
