/* Each field of each message with a value that it may not have: one sentence, which names the rank that sent it
   where a worker did, and the field. */
#include <math.h>
#include <string.h>

#include "protocol/protocol.h"
#include "tampered_run.h"
#include "tap.h"

static const char *const FILE_RUN =
    "--data @train --dim 4 --clients 2 --split sorted --method marina --compressor randk:k=2 "
    "--gradient nice:1 --rounds 4 --eval-every 2";
static const char *const NORMS_RUN =
    "--data @train --clients 2 --split lvar --method gd --rounds 1";
static const char *const CLASSES_RUN =
    "--data @train --clients 2 --objective softmax --method gd --rounds 1";
static const char *const DEALT_RUN = "--data - --clients 2 --intercept --method gd --rounds 1";
static const char *const OWN_RUN = "--data-local @train --clients 2 --method gd --rounds 1";
static const char *const WEIGHTED_RUN =
    "--data synth:least-squares,d=4,m=3 --clients 3 --method dcgd --compressor identity "
    "--participation importance:2 --x0 @x0 --rounds 3";
static const char *const TRACKED_RUN =
    "--data @train --clients 2 --objective least-squares --method gd --rounds 2 --test @test "
    "--track test_loss,oracle_rows,oracle_full";
static const char *const RIGHT_RUN =
    "--data @train --clients 2 --method gd --rounds 1 --test @test --track test_accuracy";
static const char *const RARE_RUN =
    "--data synth:least-squares,d=4,m=3 --clients 2 --method ef21 --compressor topk:k=1 "
    "--step theory-rf --rounds 1";
static const char *const PAGE_RUN =
    "--data synth:least-squares,d=4,m=6 --clients 2 --method page --participation nice:1 --rounds 3";
static const char *const SPREAD_RUN =
    "--data synth:logistic,d=4,m=6 --clients 2 --method vr-diana --gradient nice:2 "
    "--compressor randk:k=2 --rounds 2";
static const char *const SOME_RUN =
    "--data synth:least-squares,d=4,m=3 --clients 2 --method ef21 --compressor topk:k=1 "
    "--participation bernoulli:0.3 --rounds 30 --eval-every 1";
static const char *const LOCAL_RUN =
    "--data synth:least-squares,d=4,m=3 --clients 2 --method l2gd --p 0.5 --step 0.01 --rounds 20 "
    "--compressor identity --compressor-down identity --eval-every 1";
static const char *const DENSE_RUN =
    "--data synth:least-squares,d=4,m=3 --clients 2 --method dcgd --compressor identity --rounds 2";
static const char *const KEPT_RUN =
    "--data @train --clients 2 --method gd --rounds 1 --out kept.h5"; /* which asks for its digest */
static const char *const SURVIVING_RUN =
    "--data synth:least-squares,d=4,m=3 --clients 2 --method gd --rounds 3 --checkpoint @kept "
    "--checkpoint-every 1";
enum what { U32, U64, DOUBLE, BYTE, FLAGS, CLIENT, ROUND, CUT, GROW, AS };

struct change {
    enum what what;
    size_t at; /* in the body */
    double value;
};

struct row {
    const char *const *options;
    uint16_t message;
    unsigned which; /* of the frames of this message, from 1; or Q */
    struct change change[2];
    const char *words; /* of the sentence */
};

#define NAN_VALUE      ((double)NAN)
#define INFINITE       ((double)INFINITY)
#define H(name)        LAC_MESSAGE_##name
#define Q(name, which) (LAC_QUERY_##name * 100 + (which))

static const struct row rows[] = {
#include "fields.def"
};

struct attempt {
    const struct row *row;
    uint64_t question; /* asked last */
    unsigned seen;
};

static void store(unsigned char *at, enum what what, double value)
{
    uint32_t u32 = (uint32_t)value;
    uint64_t u64 = (uint64_t)value;
    if (what == DOUBLE) {
        memcpy(at, &value, sizeof value);
    } else if (what == U64) {
        memcpy(at, &u64, sizeof u64);
    } else if (what == U32) {
        memcpy(at, &u32, sizeof u32);
    } else {
        *at = (unsigned char)value;
    }
}

static void apply(const struct change *c, struct tampered_frame *f)
{
    size_t number = (size_t)c->value;
    switch (c->what) {
    case FLAGS:
        f->flags = (uint16_t)number;
        break;
    case CLIENT:
        f->client = (uint32_t)number;
        break;
    case ROUND:
        f->round = number;
        break;
    case CUT:
        f->length -= number;
        break;
    case GROW:
        memset(f->body + f->length, 0, number);
        f->length += number;
        break;
    case AS:
        f->message = (uint16_t)number;
        break;
    default:
        store(f->body + c->at, c->what, c->value);
        break;
    }
}

static void change(void *context, size_t number, struct tampered_frame *f)
{
    struct attempt *a = context;
    unsigned question = a->row->which / 100, which = a->row->which % 100;
    (void)number;
    if (f->message == H(QUERY)) {
        memcpy(&a->question, f->body, sizeof a->question);
    }
    bool counts = f->message == a->row->message && (question == 0 || question == a->question);
    a->seen += counts;
    if (!counts || a->seen != which) {
        return;
    }
    apply(&a->row->change[0], f);
    if (a->row->change[1].value != 0.0) {
        apply(&a->row->change[1], f);
    }
}

static bool is_up(uint16_t message)
{
    return message == H(HELLO) || message == H(SCAN) || message == H(UPDATE) ||
           message == H(ANSWER) || message == H(REPORT) || message == H(KEPT);
}

/* The frame of a failure, its sentence's length changed. */
static void check_error(uint32_t status, const char *sentence, uint32_t length, lac_status expected,
                        const char *words)
{
    unsigned char bytes[LAC_ERROR_FRAME + LAC_FRAME_HEADER];
    struct lac_writer w;
    struct lac_frame f;
    lac_frame_begin(&w, bytes, sizeof bytes);
    lac_put_error(&w, (lac_status)status, sentence);
    memcpy(bytes + LAC_FRAME_HEADER + 4, &length, sizeof length);
    lac_frame_end(&w, LAC_MESSAGE_ERROR, 0, LAC_NO_CLIENT, 0);
    TAP_OK(lac_frame_parse(bytes, w.bytes, &f));
    tap_ok(lac_take_error(&f, 7) == expected && strcmp(lac_failure(), words) == 0, "ERROR: %s",
           words);
}

static void check_errors(void)
{
    check_error(LAC_E_NUMERIC, "as it is", 8, LAC_E_NUMERIC, "[rank 7] as it is");
    check_error(LAC_E_USAGE, "of the user", 11, LAC_E_USAGE, "of the user");
    check_error(LAC_E_NUMERIC, "two\nlines\x1b[0m", 13, LAC_E_NUMERIC,
                "[rank 7] two\\x0alines\\x1b[0m");
    check_error(0, "of no failure", 13, LAC_E_FAILED, "[rank 7] of no failure");
    check_error(99, "of no status", 12, LAC_E_FAILED, "[rank 7] of no status");
    check_error(LAC_E_IO, "long", 5, LAC_E_PROTOCOL,
                "[rank 7] a message ends before its content does, or pads with ones");
    check_error(LAC_E_IO, "longer", 4000000000, LAC_E_PROTOCOL,
                "[rank 7] ERROR: the length of its sentence is 4000000000, not from 0 to 1216");
}

/* A CLOSE of a job of three ranks of clients, as three numbers a pair. */
static void check_close(const uint64_t *pair, uint32_t pairs, const char *words)
{
    struct lac_traffic sent[4] = {{0}};
    unsigned char bytes[LAC_FRAME_HEADER + 8 + 24 * 4];
    struct lac_writer w;
    struct lac_frame f;
    lac_status ended, expected = words ? LAC_E_PROTOCOL : LAC_OK;
    lac_frame_begin(&w, bytes, sizeof bytes);
    lac_write_u32(&w, LAC_BITS_HEADER, LAC_E_NUMERIC);
    lac_write_u32(&w, LAC_BITS_HEADER, pairs);
    for (uint32_t i = 0; i < 3 * pairs; i++) {
        lac_write_u64(&w, LAC_BITS_HEADER, pair[i]);
    }
    lac_frame_end(&w, LAC_MESSAGE_CLOSE, 0, LAC_NO_CLIENT, 0);
    TAP_OK(lac_frame_parse(bytes, w.bytes, &f));
    lac_status status = lac_take_close(&f, &ended, sent, 3);
    bool good = words ? strstr(lac_failure(), words) != NULL
                      : ended == LAC_E_NUMERIC && sent[pair[0]].messages == pair[1] &&
                            sent[pair[0]].bytes == pair[2];
    tap_ok(status == expected && good, "CLOSE: %s", words ? words : "as it is");
}

static void check_closes(void)
{
    check_close((const uint64_t[]){2, 5, 600}, 1, NULL);
    check_close((const uint64_t[]){3, 5, 600}, 1, NULL);
    check_close((const uint64_t[]){4, 5, 600}, 1, "a rank that it sent to is 4, not from 1 to 3");
    check_close((const uint64_t[]){0, 5, 600}, 1, "a rank that it sent to is 0, not from 1 to 3");
    check_close((const uint64_t[]){2, 5, 6, 2, 5, 6}, 2,
                "a rank that it sent to is 2, not from 3 to 3");
    check_close((const uint64_t[]){2, 0, 6}, 1, "the messages to a rank is 0, not from 1");
    check_close((const uint64_t[]){2, 1, UINT64_MAX}, 1, "the bytes to a rank is 1.8");
    check_close((const uint64_t[]){1, 1, 1, 2, 1, 1, 3, 1, 1, 3, 1, 1}, 4,
                "the number of ranks that it sent to is 4, not from 0 to 3");
}

int main(void)
{
    struct tampered_files files;
    tampered_files_make(&files);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct attempt a = {.row = row};
        lac_status status = tampered_run(*row->options, &files, change, &a);
        bool named = !is_up(row->message) || strncmp(lac_failure(), "[rank 1] ", 9) == 0;
        bool good = status == LAC_E_PROTOCOL && named && strstr(lac_failure(), row->words);
        tap_ok(good, "%s %u: %s", lac_message_name(row->message), row->which, row->words);
        if (!good) {
            printf("# status %d after %u such frames: %s\n", (int)status, a.seen,
                   status ? lac_failure() : "");
        }
    }
    check_errors();
    check_closes();
    tampered_files_remove(&files);
    return tap_done();
}
