/* The digest of a problem: of all that says what f is, and of nothing else. */
#include <string.h>

#include "base/digest.h"
#include "server/server_state.h"
#include "store/optimum.h"

/* One word of each client's digest, as the questions bring them: (n, LAC_ROWS_DIGEST_WORDS). */
struct words {
    double *word;
    size_t at;
};

static void keep_word(void *context, uint32_t client, double number, const double *v)
{
    struct words *w = context;
    (void)v;
    w->word[(size_t)client * LAC_ROWS_DIGEST_WORDS + w->at] = number;
}

static lac_status add_rows(struct lac_server *s, struct lac_digest *g)
{
    struct words w;
    size_t count = (size_t)s->n * LAC_ROWS_DIGEST_WORDS;
    LAC_TRY(LAC_NEW(s->arena, count, &w.word));
    for (w.at = 0; w.at < LAC_ROWS_DIGEST_WORDS; w.at++) {
        enum lac_query kind = (enum lac_query)(LAC_QUERY_DIGEST_1 + w.at);
        LAC_TRY(lac_server_ask(s, kind, NULL, keep_word, &w));
    }
    for (size_t k = 0; k < count; k++) {
        lac_digest_add_count(g, (uint64_t)w.word[k]);
    }
    return LAC_OK;
}

lac_status lac_server_problem(struct lac_server *s)
{
    struct lac_digest g;
    const struct lac_spec *regularizer = &s->config->regularizer;
    double lambda = 0.0;
    LAC_TRY(lac_spec_double(regularizer, "", &lambda));
    lac_digest_begin(&g, LAC_DIGEST_BYTES);
    lac_digest_add_text(&g, "laconic problem 1");
    lac_digest_add_text(&g, s->config->objective);
    lac_digest_add_text(&g, regularizer->name);
    lac_digest_add(&g, &lambda, sizeof lambda);
    lac_digest_add_count(&g, s->d);
    lac_digest_add_count(&g, s->n);
    LAC_TRY(add_rows(s, &g));
    if (s->config->problem_plugin) { /* what a name means there is the file's word */
        lac_digest_add_text(&g, s->config->problem_plugin);
    }
    if (s->config->by_samples) {
        lac_digest_add_text(&g, "client-weights samples");
    }
    lac_digest_end_text(&g, s->problem);
    if (s->config->couples) {
        char of_f[LAC_DIGEST_TEXT];
        memcpy(of_f, s->problem, sizeof of_f);
        lac_optimum_coupled(of_f, s->config->coupling, s->problem);
    }
    return LAC_OK;
}
