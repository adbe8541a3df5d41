#include "command/run_key.h"

#include "seal/key_file.h"
#include "seal/secret.h"

lac_status lac_run_key_read(const char *path, unsigned char **key)
{
    unsigned char *secret;
    *key = NULL;
    if (!path) {
        return LAC_OK;
    }
    LAC_TRY(lac_secrets_begin());
    LAC_TRY(lac_secret_new(LAC_SEAL_KEY, &secret));
    lac_status status = lac_of_option("--key", lac_key_file_read(path, LAC_GROUP_KEY, secret));
    if (status != LAC_OK) {
        lac_secret_free(secret);
        return status;
    }
    *key = secret;
    return LAC_OK;
}
