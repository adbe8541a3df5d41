/* What columns on request are measured against: a run that goes on has the same, or one column would be of two definitions. */
#include <math.h>
#include <string.h>

#include "base/digest.h"
#include "server/track_parts.h"

/* A part of the digest, told from others by chance alone. */
static uint64_t end_digest(struct lac_digest *g)
{
    unsigned char bytes[LAC_DIGEST_BYTES];
    uint64_t number;
    lac_digest_end(g, bytes);
    memcpy(&number, bytes, sizeof number);
    return number;
}

static uint64_t digest_of(const void *data, size_t bytes)
{
    struct lac_digest g;
    lac_digest_begin(&g, LAC_DIGEST_BYTES);
    lac_digest_add(&g, data, bytes);
    return end_digest(&g);
}

static uint64_t network_of(const struct lac_network *w)
{
    struct lac_digest g;
    lac_digest_begin(&g, LAC_DIGEST_BYTES);
    lac_digest_add(&g, w->access, w->n * sizeof *w->access);
    lac_digest_add(&g, &w->server, sizeof w->server);
    return end_digest(&g);
}

static void add_word(void *digest, uint32_t client, double number, const double *v)
{
    (void)client;
    (void)v;
    lac_digest_add_count(digest, (uint64_t)number);
}

/* Of the rows as the clients have them: rank 0 need not see the file. */
static lac_status ask_test(struct lac_server *s, uint64_t *test)
{
    struct lac_digest g;
    lac_digest_begin(&g, LAC_DIGEST_BYTES);
    LAC_TRY(lac_server_ask(s, LAC_QUERY_TEST_DIGEST, NULL, add_word, &g));
    *test = end_digest(&g);
    return LAC_OK;
}

lac_status lac_track_measure_by(struct lac_server *s)
{
    struct lac_measured_by *by = &s->track.by;
    const struct lac_track *t = &s->track;
    by->network = t->network.access ? network_of(&t->network) : 0;
    by->solution = lac_tracks(s, LAC_TRACK(distance_sq))
                       ? digest_of(t->solution, s->d * sizeof *t->solution)
                       : 0;
    by->optimum = lac_tracks(s, LAC_TRACK(loss_gap)) ? t->optimum : (double)NAN;
    by->personal_optimum =
        lac_tracks(s, LAC_TRACK(personal_gap)) ? t->personal_optimum : (double)NAN;
    return s->config->test ? ask_test(s, &by->test) : LAC_OK;
}

static bool same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* name: of the least value */
static lac_status check_least(const struct lac_server *s, const char *name, double then, double now)
{
    const struct lac_config *c = s->config;
    bool given = isfinite(c->optimum) || c->optimum_solved;
    return same(then, now)
               ? LAC_OK
               : LAC_FAIL(LAC_E_USAGE,
                          "--resume: with --%s %s is %.17g, and it is %.17g in the run of '%s'; "
                          "give --optimum %.17g, or another folder",
                          given ? "optimum" : "solution", name, now, then, s->survival.from_folder,
                          then);
}

lac_status lac_server_check_measured_by(const struct lac_server *s)
{
    const struct lac_measured_by *then = &s->survival.progress.by, *now = &s->track.by;
    const char *what = then->network != now->network     ? "--network has other links"
                       : then->solution != now->solution ? "--solution is another x*"
                       : then->test != now->test         ? "--test has other rows"
                                                         : NULL;
    if (what) {
        return LAC_FAIL(
            LAC_E_USAGE,
            "--resume: %s than in the run of '%s'; give the same again, or another folder", what,
            s->survival.from_folder);
    }
    LAC_TRY(check_least(s, "f*", then->optimum, now->optimum));
    return check_least(s, "F*", then->personal_optimum, now->personal_optimum);
}
