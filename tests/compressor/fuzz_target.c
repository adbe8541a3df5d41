/* clang's libFuzzer calls this; FUZZ_COMPRESSOR is set by meson.build. */
#include <stdlib.h>

#include "fuzz_one.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    const struct lac_compressor *compressor;
    if (lac_compressor_find(FUZZ_COMPRESSOR, &compressor) != LAC_OK) {
        abort();
    }
    fuzz_one(compressor, data, size);
    return 0;
}
