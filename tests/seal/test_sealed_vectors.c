/*
 * proto/vectors/sealed.hex, made anew and compared byte by byte: a session of fixed randoms, and what its clients send.
 * With the argument --write the file is written instead: only when the wire version changes. tests/wire/decode_sealed.py
 * opens the same file by proto/README.md alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "protocol/protocol.h"
#include "seal/sealed_frame.h"
#include "seal/secret.h"
#include "tap.h"

enum { N = 3, RANKS = 2, CLIENT = 1, REKEY = 10, ROOM = 512 };

static struct lac_arena arena;
static unsigned char *group;
static unsigned char randoms[N * LAC_SEAL_RANDOM], configuration[LAC_DIGEST_BYTES];

static void count_up(unsigned char *bytes, size_t count, size_t first)
{
    for (size_t i = 0; i < count; i++) {
        bytes[i] = (unsigned char)(first + i);
    }
}

static struct lac_session opened(enum lac_seal_purpose purpose, uint32_t senders, uint64_t rekey)
{
    struct lac_session s;
    const struct lac_session_members members = {.n = N,
                                                .random = randoms,
                                                .configuration = configuration,
                                                .first = CLIENT,
                                                .count = 1,
                                                .own = randoms + CLIENT * LAC_SEAL_RANDOM};
    const struct lac_session_use use = {purpose, senders, LAC_CHACHA20POLY1305, rekey};
    LAC_ASSERT(lac_session_open(&s, &members, group, &use, &arena) == LAC_OK);
    return s;
}

static void put_bytes(FILE *f, const char *key, const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i % 32 == 0) {
            fprintf(f, i > 0 ? "\n%s" : "%s", key);
        }
        fprintf(f, " %02x", bytes[i]);
    }
    fputc('\n', f);
}

static void put_session(FILE *f)
{
    struct lac_session s = opened(LAC_SEAL_BLOCK, N, REKEY);
    fprintf(f, "\nexample session\nclients %d\n", N);
    put_bytes(f, "group", group, LAC_SEAL_KEY);
    put_bytes(f, "random", randoms, sizeof randoms);
    put_bytes(f, "configuration", configuration, sizeof configuration);
    put_bytes(f, "meeting", s.meeting, sizeof s.meeting);
    put_bytes(f, "session", s.id, sizeof s.id);
    lac_session_close(&s);
}

static void put_confirm(FILE *f)
{
    struct lac_session s = opened(LAC_SEAL_BLOCK, N, REKEY);
    unsigned char frame[ROOM];
    struct lac_writer w;
    lac_frame_begin(&w, frame, sizeof frame);
    for (uint32_t client = CLIENT; client < N; client++) {
        lac_session_confirmation(&s, client, lac_write_room(&w, LAC_BITS_HEADER, LAC_CONFIRMATION));
    }
    lac_frame_end(&w, LAC_MESSAGE_CONFIRM, 0, LAC_NO_CLIENT, 0);
    fprintf(f, "\nexample CONFIRM\nfirst %d\n", CLIENT);
    put_bytes(f, "frame", frame, w.bytes);
    lac_session_close(&s);
}

static void put_block(FILE *f, uint64_t round)
{
    struct lac_session s = opened(LAC_SEAL_BLOCK, N, REKEY);
    unsigned char body[40], block[ROOM];
    size_t bytes;
    const struct lac_frame update = {.message = LAC_MESSAGE_UPDATE,
                                     .client = CLIENT,
                                     .round = round,
                                     .body = body,
                                     .length = sizeof body};
    count_up(body, sizeof body, 200);
    LAC_ASSERT(lac_block_seal(&s, &update, 4, block, &bytes) == LAC_OK);
    fprintf(f, "\nexample BLOCK\nrekey %d\ncodec 4\nclient %d\nround %llu\n", REKEY, CLIENT,
            (unsigned long long)round);
    put_bytes(f, "plain", body, sizeof body);
    put_bytes(f, "frame", block, bytes);
    lac_session_close(&s);
}

static void put_letter(FILE *f, uint32_t sender, uint64_t number)
{
    struct lac_session s = opened(LAC_SEAL_LETTER, 2 * RANKS + 1, 0);
    unsigned char go[LAC_FRAME_HEADER], letter[ROOM];
    struct lac_writer w;
    size_t bytes;
    lac_frame_begin(&w, go, sizeof go);
    lac_frame_end(&w, LAC_MESSAGE_GO, LAC_FLAG_EVALUATE, LAC_NO_CLIENT, 7);
    LAC_ASSERT(lac_letter_seal(&s, sender, number, go, w.bytes, letter, &bytes) == LAC_OK);
    fprintf(f, "\nexample LETTER\nsender %u\nnumber %llu\n", sender, (unsigned long long)number);
    put_bytes(f, "plain", go, w.bytes);
    put_bytes(f, "frame", letter, bytes);
    lac_session_close(&s);
}

static void put_account(FILE *f)
{
    const struct lac_account account = {N,    1,    20,   1001, 2002, 3003,
                                        4004, 5005, 6006, 7007, 808,  909};
    unsigned char frame[LAC_ACCOUNT_FRAME];
    struct lac_writer w;
    lac_frame_begin(&w, frame, sizeof frame);
    lac_put_account(&w, &account);
    lac_frame_end(&w, LAC_MESSAGE_ACCOUNT, 0, LAC_NO_CLIENT, account.round);
    fprintf(
        f,
        "\nexample ACCOUNT\nround 20\nclients %d\ntopology 1\nfields 20 1001 2002 3003 4004 5005 6006 7007 808 909\n",
        N);
    put_bytes(f, "frame", frame, w.bytes);
}

static void put_close(FILE *f)
{
    static const struct lac_traffic sent[1 + RANKS] = {{9, 9}, {0, 0}, {3, 1003}};
    unsigned char frame[LAC_FRAME_HEADER + 8 + 24 * RANKS];
    struct lac_writer w;
    LAC_ASSERT(lac_close_bytes(RANKS) == sizeof frame);
    lac_frame_begin(&w, frame, sizeof frame);
    lac_put_close(&w, LAC_E_NUMERIC, sent, RANKS);
    lac_frame_end(&w, LAC_MESSAGE_CLOSE, 0, LAC_NO_CLIENT, 0);
    fprintf(f, "\nexample CLOSE\nstatus %d\nsent 2 3 1003\n", LAC_E_NUMERIC);
    put_bytes(f, "frame", frame, w.bytes);
    lac_frame_begin(&w, frame, sizeof frame);
    lac_frame_end(&w, LAC_MESSAGE_CLOSE, 0, LAC_NO_CLIENT, 0);
    fprintf(f, "\nexample CLOSE\n");
    put_bytes(f, "frame", frame, w.bytes);
}

static void put_all(FILE *f)
{
    fprintf(
        f,
        "# A session, and frames of its clients; cipher: chacha20poly1305. plain: what is sealed.\n");
    put_session(f);
    put_confirm(f);
    put_block(f, 0);
    put_block(f, 25);
    put_letter(f, 2, 1);
    put_letter(f, RANKS + 2, 300);
    put_account(f);
    put_close(f);
}

static void check_file(const char *folder, bool write)
{
    static char stored[1 << 14];
    char path[1024], *text;
    size_t size;
    FILE *memory = open_memstream(&text, &size);
    LAC_ASSERT(memory);
    put_all(memory);
    fclose(memory);
    snprintf(path, sizeof path, "%s/sealed.hex", folder);
    FILE *file = fopen(path, write ? "w" : "r");
    size_t length = file && !write ? fread(stored, 1, sizeof stored, file) : 0;
    if (file && write) {
        length = fwrite(text, 1, size, file);
        memcpy(stored, text, size);
    }
    tap_ok(length == size && memcmp(stored, text, size) == 0,
           "sealed.hex is what this program makes");
    if (file) {
        fclose(file);
    }
    free(text);
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 3 || (argc == 3 && strcmp(argv[2], "--write") != 0)) {
        fprintf(stderr, "usage: %s FOLDER [--write]\n", argv[0]);
        return 2;
    }
    if (lac_secrets_begin() != LAC_OK || lac_secret_new(LAC_SEAL_KEY, &group) != LAC_OK) {
        printf("Bail out! %s\n", lac_failure());
        return 1;
    }
    count_up(group, LAC_SEAL_KEY, 1);
    count_up(randoms, sizeof randoms, 100);
    count_up(configuration, sizeof configuration, 60);
    check_file(argv[1], argc == 3);
    lac_secret_free(group);
    lac_arena_free(&arena);
    return tap_done();
}
