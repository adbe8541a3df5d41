/* Writes the checkpoint of round 12 into the folder named: two files, five clients. */
#include "checkpoint_test.h"

int main(int argc, char **argv)
{
    struct lac_arena arena = {0};
    bool ok = argc == 2 && chdir(argv[1]) == 0;
    struct lac_checkpoints *c = ok ? open_test(&arena) : NULL;
    ok = c && commit_round(c, 12, 0, NULL) == LAC_OK;
    lac_checkpoints_close(c);
    lac_arena_free(&arena);
    return ok ? 0 : 1;
}
