#include "tampered_run.h"

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "solo_run.h"

struct tampered_run {
    struct solo_run solo;
    struct lac_peer worker;
    size_t frames;            /* so far, both ways */
    unsigned char *up, *down; /* copies, malloced */
    tampered_change change;
    void *context;
};

enum { ROOM = 65536 }; /* bytes of any frame here */

static const char train_text[] =
    "1 1:1 2:-1\n-1 2:2 3:1\n1 1:3 4:0.5\n-1 3:1\n1 2:1 4:-1\n-1 1:1 3:2\n";
static const char test_text[] = "1 1:1 2:-1\n-1 2:2 3:1\n1 4:1\n";

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    LAC_ASSERT(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

void tampered_files_make(struct tampered_files *files)
{
    snprintf(files->folder, sizeof files->folder, "/tmp/laconic-protocol-XXXXXX");
    LAC_ASSERT(mkdtemp(files->folder));
    snprintf(files->train, sizeof files->train, "%s/train", files->folder);
    snprintf(files->test, sizeof files->test, "%s/test", files->folder);
    snprintf(files->x0, sizeof files->x0, "%s/x0", files->folder);
    bool memory = access("/dev/shm", W_OK) == 0; /* thousands of runs need not wait for a disk */
    snprintf(files->kept, sizeof files->kept, "%s/kept-%d", memory ? "/dev/shm" : files->folder,
             (int)getpid());
    write_file(files->train, train_text);
    write_file(files->test, test_text);
    write_file(files->x0, "1\n2\n3\n4\n");
}

void tampered_files_remove(struct tampered_files *files)
{
    (void)remove(files->train);
    (void)remove(files->test);
    (void)remove(files->x0);
    (void)rmdir(files->folder);
}

/* The frame changed, with a checksum that is right, in copy. */
static size_t tamper(struct tampered_run *r, const unsigned char *frame, size_t count,
                     unsigned char *copy)
{
    struct lac_frame f;
    LAC_ASSERT(count <= ROOM && lac_frame_parse(frame, count, &f) == LAC_OK);
    memcpy(copy, frame, count);
    struct tampered_frame changed = {.message = f.message,
                                     .flags = f.flags,
                                     .client = f.client,
                                     .round = f.round,
                                     .body = copy + LAC_FRAME_HEADER,
                                     .length = f.length,
                                     .room = ROOM - LAC_FRAME_HEADER};
    r->change(r->context, r->frames++, &changed);
    struct lac_writer w = {.start = copy, .bytes = LAC_FRAME_HEADER + changed.length};
    lac_frame_end(&w, changed.message, changed.flags, changed.client, changed.round);
    return w.bytes;
}

/* An exact copy, so that a sanitizer sees one byte too many. */
static lac_status exact(unsigned char **kept, const unsigned char *bytes, size_t count)
{
    free(*kept);
    *kept = aligned_alloc(64, (count + 63) / 64 * 64);
    LAC_ASSERT(*kept);
    memcpy(*kept, bytes, count);
    return LAC_OK;
}

static lac_status tampered_accept(void *self, const unsigned char *frame, size_t count)
{
    struct tampered_run *r = self;
    static unsigned char copy[ROOM] __attribute__((aligned(64)));
    count = tamper(r, frame, count, copy);
    LAC_TRY(exact(&r->down, copy, count));
    return r->worker.accept(r->worker.self, r->down, count);
}

static lac_status tampered_next(void *self, const unsigned char **frame, size_t *count)
{
    struct tampered_run *r = self;
    static unsigned char copy[ROOM] __attribute__((aligned(64)));
    LAC_TRY(r->worker.next(r->worker.self, frame, count));
    if (*count == 0) {
        return LAC_FAIL(LAC_E_PROTOCOL, "the worker waits, and so does the server");
    }
    *count = tamper(r, *frame, *count, copy);
    LAC_TRY(exact(&r->up, copy, *count));
    *frame = r->up;
    return LAC_OK;
}

static lac_status run(struct tampered_run *r, const char *options)
{
    struct solo_run *solo = &r->solo;
    struct lac_place place = {.rank = 1, .ranks = 1, .host = "here"};
    struct lac_peer peer = {.self = r, .accept = tampered_accept, .next = tampered_next};
    LAC_TRY(solo_configure(solo, options));
    LAC_TRY(lac_worker_open(&r->worker, &solo->config, &place, LAC_OK, &solo->worker_arena));
    LAC_TRY(lac_solo_open(&solo->transport, &peer, &solo->arena));
    solo->worker = r->worker.self;
    solo->server = (struct lac_server){.config = &solo->config,
                                       .transport = solo->transport,
                                       .arena = &solo->arena,
                                       .began = lac_seconds(),
                                       .reports = solo->reports};
    LAC_TRY(lac_server_set_up(&solo->server));
    return solo_finish(solo);
}

/* @name in the options by the path of that file. */
static void fill_paths(const char *options, const struct tampered_files *files, char *out,
                       size_t size)
{
    size_t n = 0;
    while (*options && n + 1 < size) {
        const char *path = strncmp(options, "@train", 6) == 0  ? files->train
                           : strncmp(options, "@test", 5) == 0 ? files->test
                           : strncmp(options, "@x0", 3) == 0   ? files->x0
                           : strncmp(options, "@kept", 5) == 0 ? files->kept
                                                               : NULL;
        if (path) {
            n += (size_t)snprintf(out + n, size - n, "%s", path);
            options += strcspn(options, " ");
        } else {
            out[n++] = *options++;
        }
    }
    out[n] = '\0';
}

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    (void)facts;
    (void)kind;
    (void)place;
    return remove(path);
}

static void close_worker(struct lac_worker *w)
{
    if (w) {
        lac_keeper_close(&w->keeper);
        free(w->label);
        free(w->norm_sq);
        lac_text_close(&w->text);
    }
}

lac_status tampered_run(const char *options, const struct tampered_files *files,
                        tampered_change change, void *context)
{
    struct tampered_run r = {.change = change, .context = context};
    char text[1024];
    fill_paths(options, files, text, sizeof text);
    LAC_ASSERT(freopen(files->train, "r", stdin));
    lac_status status = run(&r, text);
    lac_server_keep_close(&r.solo.server, true);
    close_worker(r.solo.worker);
    solo_close(&r.solo);
    (void)nftw(files->kept, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(r.up);
    free(r.down);
    return status;
}
