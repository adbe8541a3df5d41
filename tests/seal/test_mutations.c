/* Blocks and letters that were changed on their way, a million of them: none is opened, none does harm. */
#include <string.h>

#include "base/rng.h"
#include "seal/sealed_frame.h"
#include "seal/secret.h"
#include "tap.h"
#include "wire/bytes.h"

enum { N = 4, BODY = 96, MOST = 2 * (LAC_FRAME_HEADER + BODY) + LAC_LETTER_MORE };
enum { AT_CHECKSUM = 12, BEHIND_CHECKSUM = 16 };

static struct lac_arena arena;
static struct lac_rng rng;
static struct lac_session from, to;

/* A frame as it is on the wire. */
struct sealed {
    bool letter;
    uint64_t number; /* round of a block */
    unsigned char bytes[MOST];
    size_t count;
};

static uint32_t below(uint32_t n)
{
    return lac_rng_word(&rng) % n;
}

static void must(lac_status status)
{
    if (status != LAC_OK) {
        printf("Bail out! %s\n", lac_failure());
        exit(1);
    }
}

static struct lac_session opened(enum lac_seal_purpose purpose, enum lac_cipher cipher,
                                 const unsigned char *group)
{
    static unsigned char randoms[N * LAC_SEAL_RANDOM], configuration[LAC_SESSION];
    struct lac_session s;
    const struct lac_session_members members = {
        .n = N, .random = randoms, .configuration = configuration, .count = 1, .own = randoms};
    const struct lac_session_use use = {purpose, N, cipher, 100};
    must(lac_session_open(&s, &members, group, &use, &arena));
    return s;
}

static struct sealed fresh(bool letter, uint64_t number)
{
    struct sealed f = {.letter = letter, .number = number};
    unsigned char plain[LAC_FRAME_HEADER + BODY];
    struct lac_writer w;
    struct lac_frame update;
    size_t body = 8 * (size_t)below(1 + BODY / 8);
    lac_frame_begin(&w, plain, sizeof plain);
    randombytes_buf(lac_write_room(&w, LAC_BITS_VALUE, body), body);
    lac_frame_end(&w, LAC_MESSAGE_UPDATE, 0, 1, number);
    must(lac_frame_parse(plain, w.bytes, &update));
    must(letter ? lac_letter_seal(&from, 1, number, plain, w.bytes, f.bytes, &f.count)
                : lac_block_seal(&from, &update, 9, f.bytes, &f.count));
    return f;
}

static lac_status open_it(const struct sealed *f)
{
    unsigned char bytes[MOST], plain[MOST], *frame;
    struct lac_frame update;
    size_t opened_bytes;
    const struct lac_block who = {.round = f->number, .sender = 1, .codec = 9};
    memcpy(bytes, f->bytes, f->count);
    return f->letter ? lac_letter_open(&to, 1, f->number, bytes, f->count, &frame, &opened_bytes)
                     : lac_block_open(&to, &who, bytes, f->count, plain, &update);
}

static void fit_header(struct sealed *f)
{
    lac_store64(f->bytes + 24, f->count >= LAC_FRAME_HEADER ? f->count - LAC_FRAME_HEADER : 0);
}

static void flip(struct sealed *f)
{
    for (uint32_t many = 1 + below(8); many > 0; many--) {
        f->bytes[below((uint32_t)f->count)] ^= (unsigned char)(1 + below(255));
    }
}

static void shorten(struct sealed *f)
{
    f->count = below((uint32_t)f->count);
}

static void lengthen(struct sealed *f)
{
    size_t more = 1 + below(LAC_FRAME_HEADER);
    for (size_t i = 0; i < more; i++) {
        f->bytes[f->count++] = (unsigned char)below(256);
    }
}

/* Two stretches of the frame change places: fields, words, the tag. */
static void exchange(struct sealed *f)
{
    unsigned char kept[8];
    size_t bytes = (size_t)1 << below(4);
    unsigned char *a = f->bytes + below((uint32_t)(f->count - bytes)),
                  *b = f->bytes + below((uint32_t)(f->count - bytes));
    memcpy(kept, a, bytes);
    memmove(a, b, bytes);
    memcpy(b, kept, bytes);
}

/* A random header; every second one is a frame's, with fields that are nearly right. */
static void behead(struct sealed *f)
{
    if (below(2)) {
        randombytes_buf(f->bytes, LAC_FRAME_HEADER);
        return;
    }
    lac_store16(f->bytes + 4, (uint16_t)below(24));
    lac_store16(f->bytes + 6, (uint16_t)below(2));
    lac_store32(f->bytes + 8, below(3));
    lac_store64(f->bytes + 16, f->number + below(3) - 1);
}

/* Of another frame of the sender, the part behind the header. */
static void graft(struct sealed *f)
{
    static struct sealed other;
    if (other.count > 0) {
        size_t bytes = other.count < f->count ? other.count : f->count;
        memcpy(f->bytes + LAC_FRAME_HEADER, other.bytes + LAC_FRAME_HEADER,
               bytes - LAC_FRAME_HEADER);
    }
    other = *f;
}

static void (*const changes[])(struct sealed *) = {flip,     shorten, lengthen,
                                                   exchange, behead,  graft};
enum { CHANGES = sizeof changes / sizeof *changes };

/* But for the checksum, which a receiver with the key does not need. */
static bool is_same(const struct sealed *a, const struct sealed *b)
{
    return a->count == b->count && memcmp(a->bytes, b->bytes, AT_CHECKSUM) == 0 &&
           memcmp(a->bytes + BEHIND_CHECKSUM, b->bytes + BEHIND_CHECKSUM,
                  a->count - BEHIND_CHECKSUM) == 0;
}

static void try(bool letters, enum lac_cipher cipher, const unsigned char *group)
{
    enum lac_seal_purpose purpose = letters ? LAC_SEAL_LETTER : LAC_SEAL_BLOCK;
    int cases = tap_cases(255000), taken = 0, refused = 0, honest = 0, wrong_status = 0, meant = 0;
    from = opened(purpose, cipher, group);
    to = opened(purpose, cipher, group);
    for (int i = 0; i < cases; i++) {
        const struct sealed whole = fresh(letters, (uint64_t)i + 1);
        struct sealed changed = whole;
        changes[below(CHANGES)](&changed);
        if (below(2) && changed.count >= LAC_FRAME_HEADER) {
            fit_header(&changed);
        }
        if (!is_same(&whole, &changed)) {
            lac_status status = open_it(&changed);
            meant++;
            taken += status == LAC_OK;
            refused += status == LAC_E_SECURITY || status == LAC_E_PROTOCOL;
            wrong_status += status == LAC_E_PROTOCOL && changed.count >= LAC_FRAME_HEADER &&
                            memcmp(whole.bytes, changed.bytes, LAC_FRAME_HEADER) == 0 &&
                            changed.count == whole.count;
        }
        honest += open_it(&whole) == LAC_OK;
    }
    const char *what = letters ? "letters" : "blocks";
    tap_ok(taken == 0 && refused == meant && meant > cases / 2,
           "%s, %s: none of %d that were changed is opened", lac_cipher_name(cipher), what, meant);
    tap_ok(wrong_status == 0, "where the header is right it is the seal that refuses");
    tap_ok(honest == cases, "and all %d that were not changed are, in between", cases);
    lac_session_close(&from);
    lac_session_close(&to);
}

int main(void)
{
    unsigned char *group;
    struct lac_stream stream = {.seed = 8};
    lac_rng_init(&rng, &stream);
    TAP_OK(lac_secrets_begin());
    TAP_OK(lac_secret_new(LAC_SEAL_KEY, &group));
    randombytes_buf(group, LAC_SEAL_KEY);
    for (int c = 1; c < LAC_CIPHERS; c++) {
        for (int letters = 0; letters < 2 && lac_cipher_here((enum lac_cipher)c); letters++) {
            try(letters == 1, (enum lac_cipher)c, group);
        }
    }
    lac_secret_free(group);
    lac_arena_free(&arena);
    return tap_done();
}
