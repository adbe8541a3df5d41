#include "seal/self_test.h"

#include <string.h>

#include "seal/cipher.h"
#include "seal/secret.h"

struct vector {
    const char *source;
    enum lac_cipher cipher;
    const char *key, *nonce, *data, *plain, *sealed; /* hexadecimal */
};

static const struct vector vectors[] = {
    {"RFC 8439, 2.8.2", LAC_CHACHA20POLY1305,
     "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f", "070000004041424344454647",
     "50515253c0c1c2c3c4c5c6c7",
     "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a20496620492063"
     "6f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73"
     "637265656e20776f756c642062652069742e",
     "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b"
     "1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
     "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691"},
    {"McGrew and Viega, GCM, test case 16", LAC_AES256GCM,
     "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
     "b16aedf5aa0de657ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
     "c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"},
};

static const char abc_digest[] = /* of "abc", RFC 7693, appendix A */
    "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
    "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923";

enum { MOST = 160 };

static size_t hex(const char *text, unsigned char out[MOST])
{
    size_t bytes = 0;
    return sodium_hex2bin(out, MOST, text, strlen(text), NULL, &bytes, NULL) == 0 ? bytes : 0;
}

/* Whether the vector is sealed and opened as published, and is not opened with a bit changed. */
static bool is_as_published(const struct vector *v, struct lac_cipher_key *key)
{
    unsigned char raw[MOST], nonce[MOST], data[MOST], plain[MOST], sealed[MOST], out[MOST];
    struct lac_sealed_with with = {.data = data};
    hex(v->key, raw);
    hex(v->nonce, nonce);
    memcpy(with.nonce, nonce, sizeof with.nonce);
    with.length = hex(v->data, data);
    size_t bytes = hex(v->plain, plain), all = hex(v->sealed, sealed);
    lac_cipher_ready(key, v->cipher, raw);
    lac_cipher_seal(key, &with, plain, bytes, out);
    bool same = all == bytes + LAC_SEAL_TAG && memcmp(out, sealed, all) == 0;
    same =
        same && lac_cipher_open(key, &with, sealed, bytes, out) && memcmp(out, plain, bytes) == 0;
    sealed[bytes / 2] ^= 1;
    return same && !lac_cipher_open(key, &with, sealed, bytes, out);
}

static lac_status refuse(const char *source)
{
    return LAC_FAIL(LAC_E_SECURITY,
                    "libsodium %s does not compute what is published (%s): install it anew, and "
                    "seal nothing here",
                    sodium_version_string(), source);
}

lac_status lac_seal_self_test(void)
{
    unsigned char digest[crypto_generichash_BYTES_MAX], published[MOST];
    struct lac_cipher_key *key;
    lac_status status = LAC_OK;
    LAC_TRY(lac_secrets_begin());
    crypto_generichash(digest, sizeof digest, (const unsigned char *)"abc", 3, NULL, 0);
    if (hex(abc_digest, published) != sizeof digest ||
        memcmp(digest, published, sizeof digest) != 0) {
        return refuse("RFC 7693, appendix A");
    }
    LAC_TRY(lac_secret_new(sizeof *key, &key));
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors && status == LAC_OK; i++) {
        const struct vector *v = &vectors[i];
        if (lac_cipher_here(v->cipher) && !is_as_published(v, key)) {
            status = refuse(v->source);
        }
    }
    lac_secret_free(key);
    return status;
}
