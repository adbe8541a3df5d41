/*
 * One status type. A function that can fail returns lac_status; the sentence for the user is
 * recorded once, at the line where it failed. Only the program's main prints it and exits.
 */
#ifndef LAC_BASE_STATUS_H
#define LAC_BASE_STATUS_H

#define LAC_STATUS_LIST(X)                                                  \
    X(LAC_OK, 0, "success")                                                 \
    X(LAC_E_FAILED, 1, "the run failed")                                    \
    X(LAC_E_MEMORY, 1, "out of memory")                                     \
    X(LAC_E_PROTOCOL, 1, "malformed or unexpected message from a peer")     \
    X(LAC_E_MPI, 1, "MPI call failed")                                      \
    X(LAC_E_NUMERIC, 1, "not a number, or infinity, in the iterates")       \
    X(LAC_E_USAGE, 2, "bad option or combination of options")               \
    X(LAC_E_INPUT, 2, "bad input data")                                     \
    X(LAC_E_IO, 3, "file could not be read or written")                     \
    X(LAC_E_LOST, 4, "a client was lost")                                   \
    X(LAC_E_SECURITY, 5, "authentication failed or key missing")            \
    X(LAC_E_STEP, 2, "a step that the method does not admit")               \
    X(LAC_E_LEFT, 75, "left with a checkpoint: run the same command again") \
    X(LAC_E_ENDED, 1, "ended from outside")

#define LAC_STATUS_NAME(name, exit_code, text) name,
typedef enum lac_status { LAC_STATUS_LIST(LAC_STATUS_NAME) } lac_status;
#undef LAC_STATUS_NAME

#define LAC_MUST_CHECK __attribute__((warn_unused_result))

/* How files begin that hold a secret: the digits behind it get into no sentence, whatever the file was
   taken for. */
#define LAC_GROUP_KEY_TITLE "laconic-group-key-1"
#define LAC_IDENTITY_TITLE  "laconic-identity-1"

/* Records the sentence (what, where, what to do); its value is code. */
#define LAC_FAIL(code, ...) (lac_fail(__FILE__, __LINE__, __VA_ARGS__), (code))
#define LAC_TRY(expr)                       \
    do {                                    \
        lac_status lac_try_status = (expr); \
        if (lac_try_status != LAC_OK) {     \
            return lac_try_status;          \
        }                                   \
    } while (0)

/* For our own bugs only, in every build; bytes from outside are checked, never asserted. */
#define LAC_ASSERT(cond) ((cond) ? (void)0 : lac_bug(__FILE__, __LINE__, #cond))

void lac_fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
const char *lac_failure(void);       /* the recorded sentence; borrowed until the next failure */
void lac_forget_failure(void);       /* the sentence is "" */
const char *lac_failure_place(void); /* "topk.c:105", for a bug report */
/* status; a failure whose sentence does not begin with an option gets this one before it. */
lac_status lac_of_option(const char *option, lac_status status) LAC_MUST_CHECK;
int lac_exit_code(lac_status status);
const char *lac_status_text(lac_status status);

/* Called by LAC_ASSERT; runs the hook (the program aborts MPI there), then aborts. */
_Noreturn void lac_bug(const char *file, int line, const char *what);
void lac_set_bug_hook(void (*hook)(const char *text));

#endif
