#include "seal/secret.h"

#include <sodium.h>
#include <string.h>
#include <sys/resource.h>

lac_status lac_secrets_begin(void)
{
    struct rlimit none = {0};
    if (sodium_init() < 0) {
        return LAC_FAIL(LAC_E_SECURITY, "libsodium does not start: no source of random numbers");
    }
    if (setrlimit(RLIMIT_CORE, &none) != 0) {
        return LAC_FAIL(LAC_E_SECURITY, "core dumps cannot be forbidden: keys could be in them");
    }
    return LAC_OK;
}

lac_status lac_secret_new(size_t bytes, void *secret)
{
    void *memory = sodium_malloc(bytes); /* madvise(MADV_DONTDUMP), mlock, guard pages */
    if (!memory) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory: %zu bytes for keys", bytes);
    }
    memset(memory, 0, bytes);
    memcpy(secret, &memory, sizeof memory);
    return LAC_OK;
}

void lac_secret_free(void *secret)
{
    sodium_free(secret);
}
