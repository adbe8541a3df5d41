/* A stream opens in its order, whole, with its key and for its purpose, and in no other way. */
#include <string.h>

#include "seal/secret.h"
#include "seal/stream.h"
#include "tap.h"

enum { COUNT = 4, BYTES = 40, SEALED = BYTES + LAC_STREAM_MORE };

static unsigned char *group;
static unsigned char head[LAC_STREAM_HEAD], sealed[COUNT][SEALED];
static const char purpose[] = "laconic-test-1";

static struct lac_message message(int i)
{
    return (struct lac_message){.with = i == 0 ? head : NULL,
                                .with_bytes = i == 0 ? sizeof head : 0,
                                .bytes = BYTES,
                                .last = i == COUNT - 1};
}

static void plain_text(int i, unsigned char text[BYTES])
{
    memset(text, 'a' + i, BYTES);
}

static void seal_all(void)
{
    struct lac_stream *s;
    unsigned char text[BYTES];
    TAP_OK(lac_stream_begin(&s, purpose, group, head));
    for (int i = 0; i < COUNT; i++) {
        struct lac_message m = message(i);
        plain_text(i, text);
        lac_stream_seal(s, &m, text, sealed[i]);
    }
    lac_stream_close(s);
}

/* How many of the messages in this order open as number 0, 1, ... */
static int opened(const char *why, const unsigned char *key, const int order[COUNT])
{
    struct lac_stream *s;
    unsigned char text[BYTES], wanted[BYTES];
    int count = 0;
    if (lac_stream_open(&s, why, key, head) != LAC_OK) {
        return -1;
    }
    for (bool ok = true; ok && count < COUNT; count += ok) {
        struct lac_message m = message(count);
        plain_text(count, wanted);
        ok = lac_stream_unseal(s, &m, sealed[order[count]], text) &&
             memcmp(text, wanted, BYTES) == 0;
    }
    lac_stream_close(s);
    return count;
}

static const int in_order[COUNT] = {0, 1, 2, 3};

static void test_order(void)
{
    tap_ok(opened(purpose, group, in_order) == COUNT, "in its order all of it opens");
    tap_ok(opened(purpose, group, (const int[]){0, 2, 1, 3}) == 1, "exchanged messages do not");
    tap_ok(opened(purpose, group, (const int[]){0, 1, 1, 3}) == 2, "nor one twice");
    tap_ok(opened(purpose, group, (const int[]){1, 2, 3, 0}) == 0, "nor without the first");
    struct lac_stream *s;
    unsigned char text[BYTES];
    struct lac_message m = message(0);
    m.last = true;
    TAP_OK(lac_stream_open(&s, purpose, group, head));
    tap_ok(!lac_stream_unseal(s, &m, sealed[0], text),
           "one that is not the last is not taken for it");
    lac_stream_close(s);
}

static void test_keys(void)
{
    unsigned char *other;
    TAP_OK(lac_secret_new(LAC_STREAM_KEY, &other));
    memcpy(other, group, LAC_STREAM_KEY);
    other[31] ^= 1;
    tap_ok(opened(purpose, other, in_order) == 0, "with a key that differs in a bit nothing opens");
    tap_ok(opened("laconic-test-2", group, in_order) == 0, "nor for another purpose");
    lac_secret_free(other);
}

static void test_bits(void)
{
    int wrong = 0;
    for (int i = 0; i < COUNT; i++) {
        for (int bit = 0; bit < 8 * SEALED; bit++) {
            sealed[i][bit / 8] ^= (unsigned char)(1u << bit % 8);
            wrong += opened(purpose, group, in_order) != i;
            sealed[i][bit / 8] ^= (unsigned char)(1u << bit % 8);
        }
    }
    tap_ok(wrong == 0, "each bit of each message, changed, ends the stream before it");
    for (int bit = 0; bit < 8 * LAC_STREAM_HEAD; bit++) {
        head[bit / 8] ^= (unsigned char)(1u << bit % 8);
        wrong += opened(purpose, group, in_order) != 0;
        head[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    tap_ok(wrong == 0, "each bit of its head, changed, leaves nothing to open");
}

static void test_fresh(void)
{
    unsigned char before[LAC_STREAM_HEAD], first[SEALED];
    memcpy(before, head, sizeof head);
    memcpy(first, sealed[1], SEALED);
    seal_all();
    tap_ok(memcmp(before, head, LAC_STREAM_SALT) != 0 && memcmp(first, sealed[1], SEALED) != 0,
           "the same texts are never sealed alike twice");
}

int main(void)
{
    TAP_OK(lac_secrets_begin());
    TAP_OK(lac_secret_new(LAC_STREAM_KEY, &group));
    memset(group, 7, LAC_STREAM_KEY);
    seal_all();
    test_order();
    test_keys();
    test_bits();
    test_fresh();
    lac_secret_free(group);
    return tap_done();
}
