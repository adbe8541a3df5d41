/*
 * Run files: what a run was, one row per evaluated round, the final model.
 *
 * run.h5 is never changed in place: a new one is written beside it, fsynced and renamed, every few
 * seconds and at the end. Rows go at once, each with a checksum, to run.h5.rows; readers merge both,
 * so that a run can be read at any moment, while it runs and after any kill.
 */
#ifndef LAC_STORE_RUN_FILE_H
#define LAC_STORE_RUN_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/atomic_file.h"

/* The columns in the order of the CSV; after them those on request, of store/tracked.def. */
#define LAC_ROW_COLUMNS(X)                                                                       \
    X(uint64_t, round, "round", "rounds of communication so far")                                \
    X(double, loss, "loss", "f(x)")                                                              \
    X(double, grad_norm_sq, "grad_norm_sq", "|grad f(x)|^2")                                     \
    X(uint64_t, bits_up, "bits_up", "bits of all frames, clients to server, total over clients") \
    X(uint64_t, bits_down, "bits_down",                                                          \
      "bits of all frames, server to clients, total over clients")                               \
    X(uint64_t, bits_up_paper, "bits_up_paper", "32 x components sent up, as papers count")      \
    X(double, seconds, "seconds", "since the start of the first round")                          \
    X(uint64_t, mpi_server, "mpi_server", "bytes that rank 0 handed to MPI")                     \
    X(uint64_t, mpi_workers, "mpi_workers", "bytes that rank 0 received over MPI")

struct lac_row {
#define LAC_ROW_FIELD(type, name, title, text) type name;
    LAC_ROW_COLUMNS(LAC_ROW_FIELD)
#undef LAC_ROW_FIELD
#define LAC_TRACKED(type, name, text, cost) type name; /* on request, else 0 */
#include "store/tracked.def"
};

struct lac_pair { /* one line of the configuration or of the build information */
    const char *key, *value;
};

/* What does not change during a run; borrowed for the run. */
struct lac_run_info {
    const struct lac_pair *configuration;
    size_t configuration_count;
    const struct lac_pair *build;
    size_t build_count;
    uint64_t tracked;    /* columns on request that are kept, a set of store/columns.h */
    const char *problem; /* the digest of what f is, in hexadecimal; NULL: not known */
    /* Private: both files are sealed under this group key, 32 bytes in memory of lac_secret_new; NULL: plain. */
    const unsigned char *key;
    /* Public: the columns of bits and times alone, no model, no problem, whatever is given. Configuration and summary are
       as given: what they tell is the caller's care. Never with a key. */
    bool public;
    bool private; /* the files are their owner's alone, mode 0600, whatever the umask */
    /* Of a run that goes on, (row_count) of an earlier start: the first ones of the file. */
    const struct lac_row *rows;
    uint64_t row_count;
    uint64_t rows_check; /* lac_row_check over them */
};

/* A number that tells rows apart: of all rows so far and one more, from 0; of the set of columns that are kept. */
uint64_t lac_row_check(uint64_t before, const struct lac_row *row, uint64_t columns);

struct lac_run_writer;

/* Whether lac_run_create would refuse, before there is anything to write. */
lac_status lac_run_check(const char *path, bool force, struct lac_arena *arena) LAC_MUST_CHECK;
/* Whether a process of this host, or of another where the file system tells, writes the run file now: it holds path.rows locked. */
bool lac_run_is_live(const char *path);
/* LAC_E_USAGE where it does; lac_run_create refuses it too, whatever force. */
lac_status lac_run_check_live(const char *path) LAC_MUST_CHECK;
/* Refuses an existing path unless force (LAC_E_USAGE, says --force), and a path that cannot be
   written (LAC_E_IO), before anything is written. */
lac_status lac_run_create(struct lac_run_writer **out, const char *path, bool force,
                          const struct lac_run_info *info, struct lac_arena *arena) LAC_MUST_CHECK;
/* Appends to path.rows; allocates nothing. Of a private run, none can be appended after one that failed. */
lac_status lac_run_append(struct lac_run_writer *w, const struct lac_row *row) LAC_MUST_CHECK;
/* Writes a new run.h5 beside and renames it: all rows so far, the summary (one JSON object as text)
   and the model ((d) doubles, NULL: none yet). */
lac_status lac_run_publish(struct lac_run_writer *w, const char *summary, const double *model,
                           size_t d) LAC_MUST_CHECK;
/* After the last publish: removes path.rows, closes. NULL is allowed. */
void lac_run_close(struct lac_run_writer *w);

/* Of HDF5, as linked. */
void lac_run_library_version(unsigned *major, unsigned *minor, unsigned *release);

struct lac_run { /* as read; in the arena */
    const char *path;
    const struct lac_pair *configuration, *build;
    size_t configuration_count, build_count;
    const char *summary; /* JSON text */
    struct lac_row *rows;
    size_t row_count;
    uint64_t columns;    /* all that it has, a set of store/columns.h */
    const char *problem; /* as in lac_run_info; NULL: the file does not say */
    const double *model; /* (d), NULL when not there yet */
    size_t d;
    bool finished; /* false: running or killed; rows came from path.rows too */
    bool private;  /* it was sealed */
    bool public;   /* it has only what is no secret */
};

/* A missing file, a file that is no run file, a damaged one: one sentence naming it. LAC_E_SECURITY: a private one. */
lac_status lac_run_read(struct lac_run *out, const char *path,
                        struct lac_arena *arena) LAC_MUST_CHECK;
/* Private files too: those of another key, and those where a byte is not as it was written, are LAC_E_SECURITY. Plain
   files need no key; NULL: none. What is read is in the arena, which is not wiped. */
lac_status lac_run_read_with(struct lac_run *out, const char *path, const unsigned char *key,
                             struct lac_arena *arena) LAC_MUST_CHECK;
/* The same; of a run that ended the last row alone, whatever the number of its rows. */
lac_status lac_run_read_brief(struct lac_run *out, const char *path, const unsigned char *key,
                              struct lac_arena *arena) LAC_MUST_CHECK;
/* Writes the plain run.h5 that the private file at path holds, for other programs: mode 0600, beside, then renamed.
   What is there is refused unless force, and then anything but a run file. Rows that only path.rows has are left out. */
lac_status lac_run_decrypt(const char *path, const unsigned char *key, const char *to, bool force,
                           struct lac_arena *arena) LAC_MUST_CHECK;
/* The option as the run had it; NULL: not set. */
const char *lac_run_option(const struct lac_run *run, const char *name);

#endif
