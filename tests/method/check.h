/* What the tests of methods compare. */
#ifndef LAC_TESTS_METHOD_CHECK_H
#define LAC_TESTS_METHOD_CHECK_H

#include "ranks_run.h"

enum { MOST_ROWS = 32768 };

/* A run, written down: rows by number, and the model after each round that had a row. */
struct trace {
    lac_status status;
    size_t rows, d;
    struct lac_row row[MOST_ROWS];
    double *model; /* (MOST_ROWS, d) by rounds done; zero where no row was given then */
    double gamma;
    struct lac_ledger ledger;
    struct lac_constants constants; /* L_i NULL */
    struct ranks_run run;
    /* called with each row, if not NULL */
    void (*also)(struct trace *t);
    double worst; /* for `also` */
};

/* "NAME", or "NAME --p 0.4" where the method has a coin whose theory the problem may not admit. */
const char *runnable(const struct lac_method *m);
/* What makes it gradient descent with step 0.1 where nothing is lost; NULL: it never is. */
const char *as_descent(const struct lac_method *m);

/* Runs the options on so many ranks to their end; the run stays open until trace_close. */
lac_status trace_run(struct trace *t, uint32_t ranks, const char *options);
/* Only opened: the rounds have not begun. */
lac_status trace_open(struct trace *t, uint32_t ranks, const char *options);
lac_status trace_finish(struct trace *t);
void trace_close(struct trace *t);
const double *trace_model(const struct trace *t, uint64_t round);
const double *trace_last(const struct trace *t);

/* |a - b| / |b| */
double apart(const double *a, const double *b, size_t d);
/* Largest of apart() over the models of rounds 0 .. rounds. */
double traces_apart(const struct trace *a, const struct trace *b, uint64_t rounds);
/* As above for the rows' losses and gradients. */
double rows_apart(const struct trace *a, const struct trace *b);
/* Same model to the last bit and the same account. */
bool traces_equal(const struct trace *a, const struct trace *b);
/* |server's vector - mean of the clients'|, against the root of the mean |client's|^2; the means of ef21-w have
   its weights. */
double mean_apart(struct ranks_run *r, const char *server, const char *client);
/* Runs the options for 30 rounds, with every row and with one in `every` (0: first and last): the rows
   must be those asked for and equal, each that of a run that ends there, and f at that run's model as
   computed here. The worst relative difference is returned, HUGE_VAL where anything else is wrong. */
double rows_wrong(const char *options, uint32_t ranks, unsigned every);
/* f and grad f at x, from the clients' rows, weighted 1/n; grad (d). */
double evaluate_at(struct ranks_run *r, const double *x, double *grad);
/* grad f_i at x */
void gradient_at(struct ranks_run *r, uint32_t client, const double *x, double *grad);
/* count doubles, which the caller frees; ends the test where there are none. */
double *numbers(size_t count);

#endif
