/* The check of a refusal; for test programs, which include tap.h. */
#ifndef LAC_TESTS_METHOD_REFUSED_H
#define LAC_TESTS_METHOD_REFUSED_H

#include <string.h>

#include "check.h"
#include "tap.h"

/* The options are refused, as wrong usage, by a sentence that holds this one. */
static inline void refused(const char *options, const char *sentence)
{
    static struct trace t;
    lac_status status = trace_run(&t, 1, options);
    bool refused = status == LAC_E_USAGE || status == LAC_E_STEP;
    tap_ok(refused && strstr(lac_failure(), sentence), "refused: %s", lac_failure());
    trace_close(&t);
}

#endif
