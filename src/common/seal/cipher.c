#include "seal/cipher.h"

#include <string.h>

#include "base/text.h"

static const char *const names[LAC_CIPHERS] = {
    [LAC_AES256GCM] = "aes256gcm",
    [LAC_CHACHA20POLY1305] = "chacha20poly1305",
};

_Static_assert(crypto_aead_aes256gcm_KEYBYTES == LAC_SEAL_KEY, "AES-256");
_Static_assert(crypto_aead_chacha20poly1305_ietf_KEYBYTES == LAC_SEAL_KEY, "ChaCha20");
_Static_assert(crypto_aead_aes256gcm_NPUBBYTES == LAC_SEAL_NONCE, "of 96 bits");
_Static_assert(crypto_aead_chacha20poly1305_ietf_NPUBBYTES == LAC_SEAL_NONCE, "of 96 bits");
_Static_assert(crypto_aead_aes256gcm_ABYTES == LAC_SEAL_TAG, "of 128 bits");
_Static_assert(crypto_aead_chacha20poly1305_ietf_ABYTES == LAC_SEAL_TAG, "of 128 bits");

const char *lac_cipher_name(enum lac_cipher cipher)
{
    LAC_ASSERT(cipher > 0 && cipher < LAC_CIPHERS);
    return names[cipher];
}

lac_status lac_cipher_find(const char *name, enum lac_cipher *cipher)
{
    for (int c = 1; c < LAC_CIPHERS; c++) {
        if (strcmp(name, names[c]) == 0) {
            *cipher = (enum lac_cipher)c;
            return LAC_OK;
        }
    }
    return LAC_FAIL(LAC_E_USAGE, "'%s' is no cipher: %s or %s", name, names[LAC_AES256GCM],
                    names[LAC_CHACHA20POLY1305]);
}

bool lac_cipher_here(enum lac_cipher cipher)
{
    return cipher != LAC_AES256GCM || crypto_aead_aes256gcm_is_available();
}

enum lac_cipher lac_cipher_best(void)
{
    return lac_cipher_here(LAC_AES256GCM) ? LAC_AES256GCM : LAC_CHACHA20POLY1305;
}

void lac_cipher_ready(struct lac_cipher_key *key, enum lac_cipher cipher,
                      const unsigned char raw[LAC_SEAL_KEY])
{
    LAC_ASSERT(lac_cipher_here(cipher));
    key->cipher = cipher;
    if (cipher == LAC_AES256GCM) {
        crypto_aead_aes256gcm_beforenm(&key->of.aes, raw);
    } else {
        memcpy(key->of.chacha, raw, LAC_SEAL_KEY);
    }
}

void lac_cipher_seal(const struct lac_cipher_key *key, const struct lac_sealed_with *with,
                     const unsigned char *plain, size_t bytes, unsigned char *sealed)
{
    unsigned char *tag = sealed + bytes;
    if (key->cipher == LAC_AES256GCM) {
        crypto_aead_aes256gcm_encrypt_detached_afternm(sealed, tag, NULL, plain, bytes, with->data,
                                                       with->length, NULL, with->nonce,
                                                       &key->of.aes);
    } else {
        crypto_aead_chacha20poly1305_ietf_encrypt_detached(sealed, tag, NULL, plain, bytes,
                                                           with->data, with->length, NULL,
                                                           with->nonce, key->of.chacha);
    }
}

bool lac_cipher_open(const struct lac_cipher_key *key, const struct lac_sealed_with *with,
                     const unsigned char *sealed, size_t bytes, unsigned char *plain)
{
    const unsigned char *tag = sealed + bytes;
    if (key->cipher == LAC_AES256GCM) {
        return crypto_aead_aes256gcm_decrypt_detached_afternm(plain, NULL, sealed, bytes, tag,
                                                              with->data, with->length, with->nonce,
                                                              &key->of.aes) == 0;
    }
    return crypto_aead_chacha20poly1305_ietf_decrypt_detached(plain, NULL, sealed, bytes, tag,
                                                              with->data, with->length, with->nonce,
                                                              key->of.chacha) == 0;
}
