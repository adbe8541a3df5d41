/*
 * All numbers that the frames of a run hold where nothing is sealed: models, gradients, answers.
 *
 * usage: plain_values OPTIONS    (of `laconic train`, in one text); a line "model HEX" or "update HEX" for each number
 *
 * Numbers of few digits are left out: any memory has those.
 */
#include <math.h>
#include <string.h>

#include "../method/solo_run.h"
#include "transport/transport.h"
#include "wire/bytes.h"

static struct lac_peer worker;

static void print(const char *name, const unsigned char *frame, size_t count)
{
    for (size_t at = LAC_FRAME_HEADER; at + 8 <= count; at += 8) {
        double x;
        memcpy(&x, frame + at, sizeof x);
        if (lac_load32(frame + at) == 0 || !(fabs(x) > 1e-12 && fabs(x) < 1e12)) {
            continue;
        }
        printf("%s ", name);
        for (size_t i = 0; i < 8; i++) {
            printf("%02x", frame[at + i]);
        }
        printf("\n");
    }
}

static lac_status watched_next(void *self, const unsigned char **frame, size_t *count)
{
    LAC_TRY(worker.next(self, frame, count));
    if (*count > 0 && ((*frame)[4] == LAC_MESSAGE_UPDATE || (*frame)[4] == LAC_MESSAGE_ANSWER)) {
        print("update", *frame, *count);
    }
    return LAC_OK;
}

static lac_status watched_accept(void *self, const unsigned char *frame, size_t count)
{
    if (frame[4] == LAC_MESSAGE_ROUND) {
        print("model", frame, count);
    }
    return worker.accept(self, frame, count);
}

static lac_status run(struct solo_run *r, const char *options)
{
    struct lac_place place = {.rank = 1, .ranks = 1, .host = "solo"};
    LAC_TRY(solo_configure(r, options));
    LAC_TRY(lac_worker_open(&worker, &r->config, &place, LAC_OK, &r->worker_arena));
    struct lac_peer peer = worker;
    peer.next = watched_next;
    peer.accept = watched_accept;
    LAC_TRY(lac_solo_open(&r->transport, &peer, &r->arena));
    r->server = (struct lac_server){.config = &r->config,
                                    .transport = r->transport,
                                    .arena = &r->arena,
                                    .host = place.host,
                                    .reports = r->reports};
    LAC_TRY(lac_server_set_up(&r->server));
    return solo_finish(r);
}

int main(int argc, char **argv)
{
    struct solo_run r = {0};
    lac_status status = argc == 2 ? run(&r, argv[1]) : LAC_E_USAGE;
    if (status != LAC_OK) {
        fprintf(stderr, "plain_values: %s\n", lac_failure());
    }
    solo_close(&r);
    return lac_exit_code(status);
}
