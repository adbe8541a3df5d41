/* The digest of a file, and that who waits for it hears of it meanwhile. */
#include "base/tick.h"
#include "store/file_digest.h"
#include "store_test.h"

static void count(void *ticks)
{
    ++*(unsigned *)ticks;
}

int main(void)
{
    enum { BLOCKS = 20, BLOCK = 65536 };
    static const char block[BLOCK];
    char digest[LAC_FILE_DIGEST_TEXT], cut[LAC_FILE_DIGEST_TEXT], none[LAC_FILE_DIGEST_TEXT];
    unsigned ticks = 0;
    bool ok = true;
    scratch_enter();
    FILE *file = fopen("rows.svm", "w");
    for (int i = 0; i < BLOCKS; i++) {
        ok = file && fwrite(block, BLOCK, 1, file) == 1 && ok;
    }
    ok = file && fclose(file) == 0 && ok;
    lac_tick_use(count, &ticks);
    lac_file_digest("rows.svm", digest);
    tap_ok(ok && strlen(digest) == LAC_FILE_DIGEST_TEXT - 1 && ticks >= BLOCKS,
           "each block that is read is a sign of life: %u of %d", ticks, BLOCKS);
    lac_tick_use(NULL, NULL);
    ok = truncate("rows.svm", (off_t)BLOCKS * BLOCK - 1) == 0;
    lac_file_digest("rows.svm", cut);
    tap_ok(ok && *cut && strcmp(cut, digest) != 0, "a byte less is another digest");
    lac_file_digest(".", none);
    tap_ok(!*none, "a folder has none");
    lac_file_digest("nosuch.svm", none);
    tap_ok(!*none, "nor has a file that is not there");
    return tap_done();
}
