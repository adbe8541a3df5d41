/*
 * The one reader of LIBSVM text: a row is one line,
 *
 *     label index:value index:value ...
 *
 * label and values are numbers as in decimal.h; indices are whole numbers from 1 to 4294967295,
 * strictly ascending. Tokens are separated by blanks (spaces, tabs); blanks before the label and at
 * the line's end mean nothing; a line ends with \n, \r\n or the end of the text; a row may have no
 * pairs; zeroes that are written are stored. A token behind the label that begins with '#' begins a
 * comment, which ends with the line.
 * Query ids (qid:) and lines without a label are refused.
 */
#ifndef LAC_WORKER_DATA_LIBSVM_LINE_H
#define LAC_WORKER_DATA_LIBSVM_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LAC_LINE_ERROR_MAX = 192 };

struct lac_line_reader {
    const char *p, *end;            /* where reading stands; the end of the text */
    uint32_t last;                  /* the index read last in this row, 0: none yet */
    bool row_done;                  /* p is at the next line */
    char error[LAC_LINE_ERROR_MAX]; /* what is wrong; written when a call returns false */
};

/* Begins a row at r->p, which is before r->end. */
bool lac_line_label(struct lac_line_reader *r, double *label);
/* The next pairs of the row, at most capacity (> 0); indices 0-based. r->row_done: there are no more. */
bool lac_line_pairs(struct lac_line_reader *r, uint32_t *index, double *value, size_t capacity,
                    size_t *count);

#endif
