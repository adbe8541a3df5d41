/* What the files of `laconic check` share. */
#ifndef LAC_COMMAND_CHECK_PARTS_H
#define LAC_COMMAND_CHECK_PARTS_H

#include "config/config.h"
#include "transport/mpi.h"

enum { LAC_CHECK_LINES = 16, LAC_CHECK_TEXT = 600 };

enum lac_verdict { LAC_CHECK_OK, LAC_CHECK_WARN, LAC_CHECK_FAIL };

struct lac_check_line {
    enum lac_verdict verdict;
    char name[16];
    char text[LAC_CHECK_TEXT];
};

/* What the run would be, as the rank with the server's code found; in bytes and bits. */
struct lac_check_plan {
    bool is_known;
    char what[200];  /* "ef21 on synth:logistic,...: d = 300, 20 clients" */
    double up, down; /* bits of a round, of all clients on average */
    bool is_sealed;  /* then up and down are of blocks, from each to all */
    double server, worker,
        machine;  /* memory: of rank 0, of a worker rank, of one machine at most */
    double state; /* of a checkpoint */
};

/* What a rank has found; gathered as it is. */
struct lac_findings {
    char host[64];
    double memory, free_memory; /* of its machine; infinity where nobody says */
    uint32_t count;
    struct lac_check_line line[LAC_CHECK_LINES];
    struct lac_check_plan plan;
};

struct lac_check {
    struct lac_config config;
    bool json, large;
    bool is_mpi;        /* a launcher started this process, and MPI is there */
    struct lac_mpi mpi; /* of one rank where it is not */
    struct lac_findings mine;
    bool no_files,
        no_folder; /* unfit for use: the plan is made without run files, or checkpoints */
    char trouble[LAC_CHECK_TEXT]; /* the plan's first warning */
    struct lac_findings *all;     /* (mpi.size) at rank 0, once they are gathered */
    struct lac_arena *arena;
};

void lac_check_say(struct lac_check *k, const char *name, enum lac_verdict verdict,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Says that it failed, in the sentence that was recorded. */
void lac_check_say_failure(struct lac_check *k, const char *name);
/* "12 MB" */
void lac_check_bytes(char *out, size_t size, double bytes);

/* The calls of transport/mpi.h, also of one process. */
lac_status lac_check_broadcast(const struct lac_check *k, void *bytes, size_t count) LAC_MUST_CHECK;
lac_status lac_check_gather(const struct lac_check *k, const void *mine, size_t count,
                            void *all) LAC_MUST_CHECK;

/* Whether on any rank a line of this name fails; name NULL: any line. */
lac_status lac_check_agree(struct lac_check *k, const char *name, bool *fails) LAC_MUST_CHECK;

/* Between these two calls the program ends, with a sentence, where ranks wait for one another too long. */
void lac_check_begin_deadline(const struct lac_check *k);
void lac_check_end_deadline(void);

/* Starts MPI where a launcher did. False: there are no ranks that could go on together. */
bool lac_check_launcher(struct lac_check *k);
/* Of this rank alone: libsodium, key files, memory. */
void lac_check_rank(struct lac_check *k);
/* The run files that this rank would write, as far as can be said before the set-up. */
void lac_check_files(struct lac_check *k);
/* Of all ranks together: */
lac_status lac_check_folder(struct lac_check *k) LAC_MUST_CHECK;
lac_status lac_check_messages(struct lac_check *k) LAC_MUST_CHECK;
lac_status lac_check_plan(struct lac_check *k) LAC_MUST_CHECK;
/* At rank 0, with all findings: whether the run fits into machines and folder. */
void lac_check_fit(struct lac_check *k, const struct lac_check_plan *plan);

/* Rank 0's: prints; LAC_E_USAGE where a check failed. */
lac_status lac_check_report(struct lac_check *k) LAC_MUST_CHECK;
/* The worst of the rank's lines of this name; of all where it is NULL. */
enum lac_verdict lac_check_worst(const struct lac_findings *f, const char *name);

#endif
