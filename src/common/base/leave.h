/*
 * Requests to leave, by signals. Handlers set a flag and no more; who runs the rounds looks at it.
 *
 *   USR1                      leave after the round, with a checkpoint
 *   INT, without a launcher   leave after the round; a second one ends the process at once
 *   TERM, HUP, INT of a launcher   leave at once, in order where there is time: LAC_LEAVE_SECONDS, then the signal acts as by default
 */
#ifndef LAC_BASE_LEAVE_H
#define LAC_BASE_LEAVE_H

#include <stdbool.h>

#include "base/status.h"

enum { LAC_LEAVE_SECONDS = 10, LAC_LEAVE_LINGER = 2 };

enum lac_leave { LAC_LEAVE_NO, LAC_LEAVE_USR1, LAC_LEAVE_INT, LAC_LEAVE_TERM, LAC_LEAVE_HUP };

/* Before MPI is started. INT, TERM and HUP that the process was started to ignore stay ignored. */
void lac_leave_listen(bool has_launcher);
/* Of a rank that writes nothing: TERM ends it LAC_LEAVE_LINGER seconds later. mpirun kills all as soon as it sees one end, and others are
   writing. */
void lac_leave_last(void);
/* What was asked first of those that wait for the end of a round. As cheap as reading a variable. */
enum lac_leave lac_leave_asked(void);
/* LAC_E_ENDED once the process is to leave at once, for whoever waits; else LAC_OK, as cheaply. */
lac_status lac_leave_check(void) LAC_MUST_CHECK;
/* Of the latter; LAC_LEAVE_NO: nobody ended it. */
enum lac_leave lac_leave_ended(void);
const char *lac_leave_name(enum lac_leave leave); /* "USR1"; NULL of LAC_LEAVE_NO */

#endif
