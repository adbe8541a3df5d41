/* What the machine has for this process. */
#ifndef LAC_BASE_MACHINE_H
#define LAC_BASE_MACHINE_H

/* Bytes of memory: the machine's, or what the process is limited to; infinity where nobody says. */
double lac_machine_memory(void);

#endif
