/* A whole run in the test's process of which one frame between server and worker is changed on its way. */
#ifndef LAC_TESTS_TAMPERED_RUN_H
#define LAC_TESTS_TAMPERED_RUN_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* A frame while it is changed: what its header says, and its body, 8-byte aligned, with room behind it. */
struct tampered_frame {
    uint16_t message, flags;
    uint32_t client;
    uint64_t round;
    unsigned char *body;
    size_t length, room;
};

/* Called with every frame, which gets a new checksum; number counts the frames of both ways from 0. */
typedef void (*tampered_change)(void *context, size_t number, struct tampered_frame *f);

/* Files that runs may read, and a folder for checkpoints, in a folder of their own. */
struct tampered_files {
    char folder[64], train[96], test[96], x0[96], kept[96];
};

void tampered_files_make(struct tampered_files *files);
void tampered_files_remove(struct tampered_files *files);

/* Set-up, rounds and stop; all memory is freed. In options @train, @test, @x0, @kept stand for the files and
   the folder, which is not there before and after; standard input is the training file. */
lac_status tampered_run(const char *options, const struct tampered_files *files,
                        tampered_change change, void *context);

#endif
