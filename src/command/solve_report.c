/* What solve prints, and what it writes beside x*. */
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clean.h"
#include "base/clock.h"
#include "command/solve_parts.h"
#include "command/train_parts.h"

void lac_print_problem(const struct lac_server *s)
{
    const struct lac_config *c = s->config;
    printf("laconic: solve ");
    lac_print_clean(stdout, s->data_name);
    printf("\n");
    lac_print_size(s);
    printf("  objective    %s, regularizer %s%s\n", c->objective, c->regularizer.text,
           c->convex ? "" : ": not convex, any stationary point will do");
    printf("  problem      %s\n", s->problem);
    fflush(stdout);
}

void lac_print_iteration(struct lac_solve *v, const struct lac_server *s, double now)
{
    printf("%siteration %" PRIu64 "  loss %.15g  |grad| %.3e  %" PRIu64 " gradients  %.1f s%s",
           v->terminal ? "\r" : "", s->row.round, s->row.loss, sqrt(s->row.grad_norm_sq),
           v->solution.gradients, now - s->began, v->terminal ? "\033[K" : "\n");
    fflush(stdout);
    v->line_open = v->terminal;
    v->next = now + (v->terminal ? 0.2 : 5.0);
}

/* A convex f with (lambda/2)|x|^2 in it is lambda-strongly convex. */
static void print_bound(const struct lac_solve *v, const struct lac_config *c)
{
    double lambda = 0.0, norm = v->solution.gradient_norm;
    if (c->convex && strcmp(c->regularizer.name, "l2") == 0 &&
        lac_spec_double(&c->regularizer, "", &lambda) == LAC_OK && lambda > 0.0) {
        double convexity = c->couples ? lambda * c->coupling / (lambda + c->coupling) : lambda;
        printf("  bound        besides rounding at most %.2g above the minimum: %s\n",
               convexity > 0.0 ? norm * norm / (2.0 * convexity) : 0.0,
               c->couples ? "|grad|^2 (1/mu + 1/lambda)/2" : "|grad f|^2/(2 lambda)");
    } else if (c->convex) {
        printf(
            "  bound        none: f may have no minimum, only lower and lower values; --regularizer "
            "l2:LAMBDA gives it one\n");
    }
}

void lac_print_solution(struct lac_solve *v, const struct lac_server *s)
{
    const struct lac_solution *x = &v->solution;
    printf("%s", v->line_open ? "\r\033[K" : "");
    printf(s->config->couples ? "F* = %.17g, |grad| = %.3g" : "f* = %.17g, |grad f| = %.3g",
           x->loss, x->gradient_norm);
    if (v->was_stored) {
        printf(", solved before; --force solves again\n");
    } else {
        printf(", %" PRIu64 " iterations, %" PRIu64 " gradients, %.3f s\n", x->iterations,
               x->gradients, lac_seconds() - s->began);
    }
    if (x->gradient_norm > v->tolerance) {
        printf("  floor        rounding keeps |grad f| above --tolerance %g\n", v->tolerance);
    }
    if (!s->config->convex) {
        printf("  claim        a stationary point: f is not convex, a lower one may exist\n");
    }
    print_bound(v, s->config);
    printf("  stored       ");
    lac_print_clean(stdout, v->path);
    printf("\n");
    fflush(stdout);
}

bool lac_solve_at_floor(const char *summary)
{
    json_t *o = json_loads(summary, 0, NULL);
    bool at_floor = json_is_true(json_object_get(json_object_get(o, "solve"), "at_floor"));
    json_decref(o);
    return at_floor;
}

lac_status lac_solve_summary(const struct lac_solve *v, const struct lac_server *s, char **text)
{
    char digest[LAC_DIGEST_TEXT], data[1024]; /* names of files may be of any bytes */
    const struct lac_config *c = s->config;
    const struct lac_solution *x = &v->solution;
    lac_clean(s->data_name, data, sizeof data);
    lac_model_digest(x->x, s->d, digest);
    json_t *o = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "status", "solved", "problem",
        s->problem, "claim", c->convex ? "minimum" : "stationary point", "method", "l-bfgs",
        "objective", c->objective, "regularizer", c->regularizer.text, "data", data, "clients",
        (json_int_t)s->n, "dim", (json_int_t)s->d, "rounds", (json_int_t)x->iterations);
    json_object_set_new(o, "final",
                        json_pack("{s:I, s:f, s:f, s:s}", "round", (json_int_t)x->iterations,
                                  "loss", x->loss, "grad_norm_sq", s->row.grad_norm_sq,
                                  "model_digest", digest));
    json_object_set_new(o, "solve",
                        json_pack("{s:f, s:f, s:b, s:f, s:I}", "tolerance", v->tolerance,
                                  "gradient_norm", x->gradient_norm, "at_floor", x->at_floor,
                                  "floor", x->floor, "gradients", (json_int_t)x->gradients));
    if (c->couples) {
        json_object_set_new(o, "coupling", json_real(c->coupling));
    }
    json_object_set_new(
        o, "seconds",
        json_pack("{s:f, s:f}", "total", lac_seconds() - s->began, "setup", s->seconds.setup));
    *text = json_dumps(o, JSON_INDENT(2));
    json_decref(o);
    return *text ? LAC_OK : LAC_FAIL(LAC_E_MEMORY, "out of memory: the summary of the optimum");
}
