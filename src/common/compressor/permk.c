/*
 * PermK: the clients of a round share the coordinates out by a random permutation; each keeps its
 * own and multiplies them so that the mean over the clients is unbiased. draws=m: this m times over
 * with other permutations, and the mean of the m.
 *
 * Let c be the size of the cohort (the participants of the round) and p the client's position in it.
 * For draw t = 0..m-1 let pi be a permutation of 0..d-1 and sigma one of 0..c-1, keyed by the streams
 * (seed, round, SHARED, COMPRESS, channel, step 2 t) and (..., step 2 t + 1), so that all sides draw
 * the same.
 *   d >= c: with q = d div c the client keeps pi(p q), ..., pi(p q + q - 1), and the left-over
 *           coordinate pi(c q + s) where sigma(s) = p for an s < d mod c; its gain is c / m.
 *   d < c:  it keeps pi(sigma(p) mod d), which has floor(c / d) owners, and one more where
 *           sigma(p) mod d < c mod d; its gain is c / owners, so that the mean over the cohort is, at
 *           each coordinate, the mean over its owners. The owners, and so the gain, would change from
 *           draw to draw, and a selection has one gain: m > 1 needs d >= n.
 *
 * Class: unbiased, each client alone with E|C(v)|^2 = (1 + omega) |v|^2 for every v, where
 *   d >= c: omega = (c - 1) / m, since a client owns a coordinate with probability 1/c, in each draw
 *           independently of the others;
 *   d < c:  with c = a d + b, b < d, a class mod d has o owners, is hit with probability o / c and
 *           gives (c / o)^2 |v|^2 / d, so omega = (c / d) (b / (a + 1) + (d - b) / a) - 1, which is
 *           d - 1 where d divides c.
 * info.omega is that of a full cohort. Jointly the clients do better: where all v are equal and the
 * divisor is c, the sum is v exactly (to rounding where d < c or m > 2).
 * Wire:  draw by draw the kept values, unscaled, in the order above, 64 bits each; no indices. In the
 *        authors' count 32 per kept coordinate, in the mean 32 m d / c.
 * Paper: Szlendak, Tyurin, Richtarik. "Permutation compressors for provably faster distributed
 *        nonconvex optimization". ICLR 2022. arXiv:2110.03300; left-over rule and partial cohorts as in
 *        Burlachenko, Richtarik. "Federated learning is better with non-homomorphic encryption".
 *        2023. arXiv:2312.02074.
 */
#include "compressor/parts.h"

enum { MOST_DRAWS = 64 };

struct permk {
    size_t d;
    uint32_t draws;
    size_t room;     /* of index */
    uint32_t *index; /* (kept) of the draws below, one after the other */
    size_t kept;
    uint32_t owners; /* of each kept coordinate */
    struct lac_draw draw;
    bool drawn;
};

static double permk_omega(double d, double c)
{
    if (d >= c) {
        return c - 1.0;
    }
    double a = (double)(uint64_t)(c / d), b = c - a * d;
    double omega = c / d * (b / (a + 1.0) + (d - b) / a) - 1.0;
    return omega > 0.0 ? omega : 0.0; /* d = 1 is 0 but for rounding */
}

static lac_status permk_draws(struct permk *s, const struct lac_compressor_size *size,
                              const struct lac_spec *spec)
{
    static const char *const keys[] = {"draws", NULL};
    LAC_TRY(lac_spec_allow(spec, keys));
    const char *value = lac_spec_get(spec, "draws");
    uint64_t draws = 1;
    if (value) {
        LAC_TRY(lac_parse_count(spec->text, value, &draws));
    }
    if (draws < 1 || draws > MOST_DRAWS) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': draws must be in 1..%d", spec->text, MOST_DRAWS);
    }
    if (draws > 1 && size->d < size->n) {
        return LAC_FAIL(LAC_E_USAGE,
                        "'%s': with more clients (%u) than coordinates (%zu) draws must be 1, "
                        "since a coordinate's owners are not equally many in each draw",
                        spec->text, size->n, size->d);
    }
    s->draws = (uint32_t)draws;
    return LAC_OK;
}

static lac_status permk_setup(void *state, const struct lac_compressor_size *size,
                              const struct lac_spec *spec, struct lac_arena *arena,
                              struct lac_selector_info *info)
{
    struct permk *s = state;
    LAC_TRY(permk_draws(s, size, spec));
    if (size->n < 2) {
        return LAC_FAIL(LAC_E_USAGE,
                        "'permk' shares the coordinates out among the clients: it needs at least 2 "
                        "clients, here is 1; use identity or randk, or raise --clients");
    }
    uint32_t least = size->cohort > 0 ? size->cohort : size->n;
    s->d = size->d;
    s->room = s->draws * (s->d / least + (s->d % least > 0));
    LAC_TRY(LAC_NEW(arena, s->room, &s->index));
    double d = (double)s->d, n = (double)size->n, draws = (double)s->draws;
    double omega = permk_omega(d, n) / draws;
    double kept = draws * (d >= n ? d / n : 1.0);
    *info = (struct lac_selector_info){
        .unbiased = true,
        .omega = omega,
        .omega_exact = true,
        .alpha = 1.0 / (1.0 + omega),
        .most = s->room,
        .sent = 1.0,
        .mean = kept,
        .correlated = true,
        .repeats = s->draws > 1,
        .sparse = true,
    };
    return LAC_OK;
}

/* A permutation of 0..size-1 that all clients of the round draw alike. */
static void permk_shared(const struct lac_draw *draw, uint16_t step, uint64_t size,
                         struct lac_permutation *out)
{
    struct lac_stream stream = lac_draw_stream(draw, LAC_SHARED, LAC_PURPOSE_COMPRESS, step);
    lac_permutation_init(out, &stream, size);
}

/* d >= c */
static void permk_draw_block(struct permk *s, const struct lac_draw *draw, uint16_t step)
{
    uint64_t q = s->d / draw->cohort, left_over = s->d % draw->cohort, slot = 0;
    struct lac_permutation pi, sigma;
    if (left_over > 0) {
        permk_shared(draw, (uint16_t)(step + 1), draw->cohort, &sigma);
        slot = lac_permutation_inverse(&sigma, draw->position);
    }
    uint32_t *index = s->index + s->kept;
    s->kept += q + (slot < left_over);
    LAC_ASSERT(s->kept <= s->room);
    permk_shared(draw, step, s->d, &pi);
    lac_permutation_fill(&pi, draw->position * q, q, index);
    if (slot < left_over) {
        index[q] = (uint32_t)lac_permutation_at(&pi, draw->cohort * q + slot);
    }
}

/* d < c */
static void permk_draw_one(struct permk *s, const struct lac_draw *draw)
{
    struct lac_permutation pi, sigma;
    permk_shared(draw, 0, s->d, &pi);
    permk_shared(draw, 1, draw->cohort, &sigma);
    uint64_t class = lac_permutation_at(&sigma, draw->position) % s->d;
    s->owners = (uint32_t)(draw->cohort / s->d + (class < draw->cohort % s->d));
    s->kept = 1;
    s->index[0] = (uint32_t)lac_permutation_at(&pi, class);
}

/* A client encodes and at once decodes with the same draw: it pays once. */
static void permk_draw(struct permk *s, const struct lac_draw *draw)
{
    LAC_ASSERT(draw->position < draw->cohort);
    if (s->drawn && lac_draw_equal(&s->draw, draw)) {
        return;
    }
    s->kept = 0;
    s->owners = 1;
    if (s->d < draw->cohort) {
        permk_draw_one(s, draw);
    } else {
        for (uint32_t t = 0; t < s->draws; t++) {
            permk_draw_block(s, draw, (uint16_t)(2 * t));
        }
    }
    s->draw = *draw;
    s->drawn = true;
}

static lac_status permk_choose(struct permk *s, const struct lac_draw *draw,
                               struct lac_selection *out)
{
    permk_draw(s, draw);
    *out = (struct lac_selection){s->index, 0, s->kept, (double)draw->cohort,
                                  (double)s->owners * (double)s->draws};
    return LAC_OK;
}

static lac_status permk_select(void *state, const struct lac_draw *draw, const double *v,
                               struct lac_writer *w, struct lac_selection *out)
{
    (void)v, (void)w;
    return permk_choose(state, draw, out);
}

static lac_status permk_receive(void *state, const struct lac_draw *draw, struct lac_reader *r,
                                struct lac_selection *out)
{
    (void)r;
    return permk_choose(state, draw, out);
}

static const struct lac_selector permk_selector = {permk_setup, permk_select, permk_receive};
static const char *const permk_examples[] = {"permk", "permk:draws=3", NULL};

const struct lac_compressor lac_compressor_permk = {
    .name = "permk",
    .usage = "permk or permk:draws=M",
    .summary = "the clients share the coordinates out; sends no indices",
    .definition =
        "n v_j for j in the client's block of a random permutation, else 0; the mean of M",
    .omega = "(n - 1)/M; n > d: d - 1 where d divides n, a little more else",
    .alpha = "M/(n - 1 + M)",
    .bits = "M d/n values",
    .paper = "Szlendak, Tyurin, Richtarik, ICLR 2022, arXiv:2110.03300",
    .examples = permk_examples,
    .codec = LAC_CODEC_PERMK,
    .state_size = sizeof(struct permk),
    .draws = true,
    .selector = &permk_selector,
};
