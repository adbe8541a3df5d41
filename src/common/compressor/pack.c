#include "base/kernels.h"
#include "compressor/pack_kernels.h"

const struct lac_pack_kernels *lac_pack_kernels(void)
{
#ifdef __x86_64__
    static const struct lac_pack_kernels *const tables[LAC_LEVELS] = {
        &lac_pack_kernels_portable,
        &lac_pack_kernels_avx2,
        &lac_pack_kernels_avx512,
    };
    return tables[lac_kernels_level()];
#else
    return &lac_pack_kernels_portable;
#endif
}
