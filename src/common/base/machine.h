/* What the machine has, and what of it this process may take. */
#ifndef LAC_BASE_MACHINE_H
#define LAC_BASE_MACHINE_H

/* Bytes of memory; infinity where nobody says. */
double lac_machine_memory(void);
/* The machine's, or what the process is limited to where that is less. */
double lac_process_memory(void);
/* The most bytes that this process had in memory so far. */
double lac_process_resident(void);
/* This process's rank in the job, as the launcher wrote it; NULL without one. */
const char *lac_machine_rank(void);

#endif
