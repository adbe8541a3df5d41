/* Published vectors through our own wrapper, and what an attacker may change. */
#include <string.h>

#include "seal/cipher.h"
#include "seal/secret.h"
#include "tap.h"

struct vector {
    const char *source;
    enum lac_cipher cipher;
    const char *key, *nonce, *data, *plain, *sealed; /* hexadecimal */
};

static const struct vector vectors[] = {
    {"RFC 8439, 2.8.2", LAC_CHACHA20POLY1305,
     "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f", "070000004041424344454647",
     "50515253c0c1c2c3c4c5c6c7",
     "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a204966204920636f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73637265656e20776f756c642062652069742e",
     "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691"},
    {"McGrew and Viega, GCM, test case 16", LAC_AES256GCM,
     "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"},
    {"the same, test case 13", LAC_AES256GCM,
     "0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {"the same, test case 14", LAC_AES256GCM,
     "0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     "", "00000000000000000000000000000000",
     "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
};

static size_t hex(const char *text, unsigned char out[256])
{
    size_t bytes;
    return sodium_hex2bin(out, 256, text, strlen(text), NULL, &bytes, NULL) == 0 ? bytes : 0;
}

struct box {
    struct lac_cipher_key *key;
    unsigned char data[256], plain[256], sealed[256];
    struct lac_sealed_with with;
    size_t bytes;
};

static void fill(struct box *b, const struct vector *v)
{
    unsigned char raw[256], nonce[256];
    hex(v->key, raw);
    hex(v->nonce, nonce);
    memcpy(b->with.nonce, nonce, LAC_SEAL_NONCE);
    b->with.data = b->data;
    b->with.length = hex(v->data, b->data);
    b->bytes = hex(v->plain, b->plain);
    hex(v->sealed, b->sealed);
    lac_cipher_ready(b->key, v->cipher, raw);
}

static void published(struct box *b, const struct vector *v)
{
    unsigned char out[256];
    fill(b, v);
    lac_cipher_seal(b->key, &b->with, b->plain, b->bytes, out);
    tap_ok(memcmp(out, b->sealed, b->bytes + LAC_SEAL_TAG) == 0, "%s is sealed", v->source);
    tap_ok(lac_cipher_open(b->key, &b->with, b->sealed, b->bytes, out) &&
               memcmp(out, b->plain, b->bytes) == 0,
           "%s is opened", v->source);
    memcpy(out, b->plain, b->bytes);
    lac_cipher_seal(b->key, &b->with, out, b->bytes, out);
    bool same = memcmp(out, b->sealed, b->bytes + LAC_SEAL_TAG) == 0;
    tap_ok(same && lac_cipher_open(b->key, &b->with, out, b->bytes, out) &&
               memcmp(out, b->plain, b->bytes) == 0,
           "%s is sealed and opened in place", v->source);
}

/* Every bit of the nonce, the data and what is sealed; each shorter length. */
static void changed(struct box *b, const struct vector *v)
{
    unsigned char out[256];
    unsigned opened = 0, shown = 0;
    fill(b, v);
    struct {
        unsigned char *at;
        size_t bytes;
    } part[] = {{b->with.nonce, LAC_SEAL_NONCE},
                {b->data, b->with.length},
                {b->sealed, b->bytes + LAC_SEAL_TAG}};
    for (size_t p = 0; p < 3; p++) {
        for (size_t bit = 0; bit < 8 * part[p].bytes; bit++) {
            part[p].at[bit / 8] ^= (unsigned char)(1U << (bit % 8));
            memset(out, 0xa5, sizeof out); /* libsodium leaves zeros */
            opened += lac_cipher_open(b->key, &b->with, b->sealed, b->bytes, out);
            shown += b->bytes > 0 && b->plain[0] != 0 && memcmp(out, b->plain, b->bytes) == 0;
            part[p].at[bit / 8] ^= (unsigned char)(1U << (bit % 8));
        }
    }
    for (size_t bytes = 0; bytes < b->bytes; bytes++) {
        opened += lac_cipher_open(b->key, &b->with, b->sealed, bytes, out);
    }
    tap_ok(opened == 0 && shown == 0, "%s with a bit changed, or cut short, is never opened",
           v->source);
    tap_ok(lac_cipher_open(b->key, &b->with, b->sealed, b->bytes, out), "%s is, unchanged",
           v->source);
}

int main(void)
{
    struct box b;
    enum lac_cipher cipher;
    TAP_OK(lac_secrets_begin());
    TAP_OK(lac_secret_new(sizeof *b.key, &b.key));
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        if (lac_cipher_here(vectors[i].cipher)) {
            published(&b, &vectors[i]);
            changed(&b, &vectors[i]);
        } else {
            tap_skip("this processor has no AES", "%s", vectors[i].source);
        }
    }
    tap_ok(lac_cipher_find("aes256gcm", &cipher) == LAC_OK && cipher == LAC_AES256GCM &&
               lac_cipher_find("chacha20poly1305", &cipher) == LAC_OK &&
               cipher == LAC_CHACHA20POLY1305,
           "both ciphers are found by name");
    tap_ok(lac_cipher_find("aes", &cipher) == LAC_E_USAGE && strstr(lac_failure(), "aes256gcm"),
           "another one is refused, and both are named");
    tap_ok(lac_cipher_here(lac_cipher_best()), "the best one is one that is here");
    lac_secret_free(b.key);
    return tap_done();
}
