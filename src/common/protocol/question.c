/* Questions and answers: what each question sends and wants, and what its answer may be. */
#include <float.h>
#include <math.h>

#include "base/vec.h"
#include "protocol/body.h"
#include "protocol/protocol.h"

#define SQUARE (LAC_MOST_SMOOTHNESS * LAC_MOST_SMOOTHNESS)
#define DIGEST_WORD                                                                       \
    {                                                                                     \
        .name = "a word of the digest", .set_up = true, .whole = true, .most = 0x1p48 - 1 \
    }

static const struct lac_question questions[] = {
    [LAC_QUERY_EVALUATE] = {.name = "a loss",
                            .sends_vector = true,
                            .wants_vector = true,
                            .any = true},
    [LAC_QUERY_CURVATURE] = {.name = "zero",
                             .sends_vector = true,
                             .wants_vector = true,
                             .set_up = true},
    [LAC_QUERY_SMOOTHNESS] = {.name = "L_i", .set_up = true, .most = LAC_MOST_SMOOTHNESS},
    [LAC_QUERY_MODEL] = {.name = "a loss", .wants_vector = true, .any = true},
    [LAC_QUERY_MEMORY] = {.name = "a number of bytes",
                          .set_up = true,
                          .whole = true,
                          .most = LAC_MOST_COUNT},
    [LAC_QUERY_FEATURES] = {.name = "a number of features",
                            .wants_vector = true,
                            .set_up = true,
                            .whole = true,
                            .most = UINT32_MAX},
    [LAC_QUERY_CURVATURE_TWICE] = {.name = "zero",
                                   .sends_vector = true,
                                   .wants_vector = true,
                                   .set_up = true},
    [LAC_QUERY_ROWS_NOISE] = {.name = "the noise of the rows", .set_up = true, .most = SQUARE},
    [LAC_QUERY_ROWS_VANILLA] = {.name = "the noise of the rows", .set_up = true, .most = SQUARE},
    [LAC_QUERY_ROWS_FRACTION] = {.name = "the part of the rows",
                                 .set_up = true,
                                 .least = DBL_TRUE_MIN,
                                 .most = UINT32_MAX},
    [LAC_QUERY_ROWS_SPREAD] = {.name = "the spread of the rows", .set_up = true, .most = SQUARE},
    [LAC_QUERY_TEST_ROWS] = {.name = "a number of rows",
                             .set_up = true,
                             .whole = true,
                             .most = UINT32_MAX},
    [LAC_QUERY_TEST] = {.name = "a loss", .sends_vector = true, .wants_vector = true, .any = true},
    [LAC_QUERY_TEST_CORRECT] = {.name = "a number of rows",
                                .sends_vector = true,
                                .whole = true,
                                .most = UINT32_MAX},
    [LAC_QUERY_ORACLE_ROWS] = {.name = "a number of gradients",
                               .whole = true,
                               .most = LAC_MOST_COUNT},
    [LAC_QUERY_ORACLE_FULL] = {.name = "a number of gradients",
                               .whole = true,
                               .most = LAC_MOST_COUNT},
    [LAC_QUERY_ROWS_SMOOTHNESS] = {.name = "a row's smoothness",
                                   .set_up = true,
                                   .most = LAC_MOST_SMOOTHNESS},
    [LAC_QUERY_WEIGHT] = {.name = "a number of rows",
                          .sends_vector = true,
                          .set_up = true,
                          .whole = true,
                          .most = UINT32_MAX},
    [LAC_QUERY_DIGEST_1] = DIGEST_WORD,
    [LAC_QUERY_DIGEST_2] = DIGEST_WORD,
    [LAC_QUERY_DIGEST_3] = DIGEST_WORD,
    [LAC_QUERY_DIGEST_4] = DIGEST_WORD,
    [LAC_QUERY_ENVELOPE] =
        {.name = "a loss", .sends_vector = true, .wants_vector = true, .set_up = true, .any = true},
    [LAC_QUERY_SHIFT] = {.name = "a squared distance", .sends_vector = true, .any = true},
    [LAC_QUERY_LOST] = {.name = "a share", .least = LAC_LOST_NOTHING_SENT, .most = DBL_MAX},
    [LAC_QUERY_LOST_SCALED] = {.name = "a share", .least = LAC_LOST_NOTHING_SENT, .most = DBL_MAX},
    [LAC_QUERY_RESIDENT] = {.name = "a number of bytes", .whole = true, .most = LAC_MOST_COUNT},
    [LAC_QUERY_TEST_DIGEST] = DIGEST_WORD,
};

_Static_assert(sizeof questions / sizeof *questions == LAC_QUERY_END, "each question is here");

const struct lac_question *lac_question(enum lac_query kind)
{
    return &questions[kind];
}

void lac_put_query(struct lac_writer *w, enum lac_query kind, const double *v, size_t d)
{
    lac_write_u64(w, LAC_BITS_HEADER, kind);
    if (v) {
        lac_write_doubles(w, LAC_BITS_VALUE, v, d);
    }
}

lac_status lac_take_query(const struct lac_frame *f, size_t d, enum lac_query *kind,
                          const double **v)
{
    struct lac_body b;
    lac_body_begin(&b, f);
    uint64_t number = lac_body_u64(&b, "its kind", LAC_QUERY_EVALUATE, LAC_QUERY_END - 1);
    *kind = (enum lac_query)number;
    *v = questions[number].sends_vector ? lac_body_any_vector(&b, d) : NULL;
    return lac_body_end(&b);
}

void lac_put_answer(struct lac_writer *w, double number, const double *v, size_t d)
{
    lac_write_doubles(w, LAC_BITS_VALUE, &number, 1);
    if (v) {
        lac_write_doubles(w, LAC_BITS_VALUE, v, d);
    }
}

/* One where the client has the feature, else zero; number says how many ones. */
static bool are_marks(double number, const double *v, size_t d)
{
    bool good = vec_sum(v, d) == number;
    for (size_t j = 0; good && j < d; j++) {
        good = v[j] == 0.0 || v[j] == 1.0;
    }
    return good;
}

lac_status lac_check_answer(enum lac_query kind, double number, const double *v, size_t d)
{
    const struct lac_question *q = &questions[kind];
    if (q->any) {
        return LAC_OK;
    }
    if (!(number >= q->least && number <= q->most) || (q->whole && number != floor(number))) {
        return LAC_FAIL(LAC_E_PROTOCOL, "ANSWER: %s is %.10g, not a %snumber from %.10g to %.10g",
                        q->name, number, q->whole ? "whole " : "", q->least, q->most);
    }
    if (v && !vec_finite(v, d)) {
        return LAC_FAIL(LAC_E_PROTOCOL, "ANSWER: a product with the curvature is not finite");
    }
    if (kind == LAC_QUERY_FEATURES && !are_marks(number, v, d)) {
        return LAC_FAIL(LAC_E_PROTOCOL, "ANSWER: features are not marked by %.10g ones", number);
    }
    return LAC_OK;
}

lac_status lac_take_answer(const struct lac_frame *f, enum lac_query kind, size_t d, double *number,
                           const double **v)
{
    struct lac_body b;
    lac_body_begin(&b, f);
    *number = lac_read_double(&b.r, LAC_BITS_VALUE);
    *v = questions[kind].wants_vector ? lac_body_any_vector(&b, d) : NULL;
    LAC_TRY(lac_body_end(&b));
    return lac_check_answer(kind, *number, *v, d);
}
