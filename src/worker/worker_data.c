/* A rank's rows: scanned, planned with the others, kept for its own clients. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "worker/worker_state.h"

static lac_status open_text(struct lac_worker *w)
{
    const char *path = w->config->data_path;
    if (!path) {
        LAC_TRY(lac_config_path_of_rank(w->config->data_local, w->place.rank, w->arena, &path));
    }
    struct stat about;
    if (w->config->data_path && stat(path, &about) == 0 && S_ISFIFO(about.st_mode)) {
        return LAC_FAIL(LAC_E_INPUT,
                        "--data: %s: a pipe; it is read as standard input, by --data -", path);
    }
    LAC_TRY(lac_of_option(w->config->data_path ? "--data" : "--data-local",
                          lac_text_map(&w->text, path)));
    w->text_bytes = w->text.size;
    return LAC_OK;
}

lac_status lac_worker_scan(struct lac_worker *w, const unsigned char **frame, size_t *count)
{
    const struct lac_split *split;
    size_t begin = 0, end;
    LAC_TRY(open_text(w));
    LAC_TRY(lac_split_find(&w->config->split, &split));
    end = w->text.size;
    if (w->config->data_path) {
        lac_text_stretch(&w->text, w->place.rank - 1, w->place.ranks, &begin, &end);
    }
    LAC_TRY(lac_scan_stretch(&w->text, begin, end, &w->scan,
                             split->wants & LAC_WANT_LABELS ? &w->label : NULL,
                             split->wants & LAC_WANT_NORMS ? &w->norm_sq : NULL));
    /* labels and norms of data that may not leave its owner stay here */
    const double *label = w->config->data_path ? w->label : NULL;
    const double *norm_sq = w->config->data_path ? w->norm_sq : NULL;
    unsigned char *bytes;
    struct lac_writer out;
    size_t capacity = lac_scan_bytes(&w->scan, w->text.name, label, norm_sq);
    LAC_TRY(LAC_NEW(w->arena, capacity, &bytes));
    lac_frame_begin(&out, bytes, capacity);
    lac_put_scan(&out, &w->scan, w->text.name, label, norm_sq);
    lac_frame_end(&out, LAC_MESSAGE_SCAN, 0, LAC_NO_CLIENT, 0);
    *frame = bytes;
    *count = out.bytes;
    return LAC_OK;
}

void lac_worker_expect_generated(struct lac_worker *w)
{
    uint32_t d = 0;
    if (lac_config_generated(w->config) &&
        lac_generator_check(&w->config->data, w->config->clients, &d, NULL) == LAC_OK) {
        w->planned = d; /* else whoever makes the rows says why */
    }
}

/* SCAN and PLAN: a row takes two bytes of its file at least. */
static size_t longest_of_rows(const struct lac_worker *w)
{
    size_t rows = w->text_bytes / 2 + 1, stretch = w->text_bytes / w->place.ranks / 2 + 2;
    bool shared = w->config->data_path != NULL;
    const struct lac_scan scan = {.lines = stretch};
    const struct lac_plan plan = {.rows = rows, .classes = LAC_CLASSES_MAX};
    size_t up = lac_scan_bytes(&scan, "", shared, shared) + LAC_MOST_NAME;
    size_t down = lac_plan_bytes(&plan, shared, 0);
    return up > down ? up : down;
}

/* LAC_SMALL_FRAME where neither rows nor a plan are here. */
size_t lac_worker_longest_of_set_up(const struct lac_worker *w)
{
    size_t known = 0;
    if (w->planned > 0) {
        known = lac_start_bytes(w->config->clients, w->planned); /* no question is longer */
    } else if (w->text_bytes > 0) {
        known = longest_of_rows(w);
    }
    return known > LAC_SMALL_FRAME ? known : LAC_SMALL_FRAME;
}

static lac_status find_objective(struct lac_worker *w)
{
    const struct lac_objective *objective;
    const struct lac_regularizer *regularizer;
    double lambda;
    LAC_TRY(lac_objective_find(w->config->objective, &objective));
    LAC_TRY(lac_regularizer_find(&w->config->regularizer, &regularizer, &lambda));
    for (uint32_t i = 0; i < w->count; i++) {
        w->local[i].objective = objective;
        w->local[i].regularizer = regularizer;
        w->local[i].lambda = lambda;
        w->local[i].weight = 1.0;
    }
    return LAC_OK;
}

/* Room that the objective and the answers need, now that d is known. */
static lac_status prepare(struct lac_worker *w, uint32_t d)
{
    size_t most = 1;
    LAC_TRY(find_objective(w));
    for (uint32_t i = 0; i < w->count; i++) {
        LAC_TRY(lac_rows_prepare(&w->local[i].rows, w->arena));
        LAC_TRY(lac_local_own(&w->local[i], w->arena));
        size_t work = w->local[i].objective->work(&w->local[i].rows);
        most = work > most ? work : most;
    }
    w->env.d = d;
    w->env.n = w->config->clients;
    LAC_TRY(LAC_NEW(w->arena, most, &w->work));
    LAC_TRY(LAC_NEW(w->arena, (size_t)d + 1, &w->capture));
    w->ring_bytes = (LAC_FRAME_HEADER + sizeof(double) * ((size_t)d + 1) + 127) / 64 * 64;
    w->ring_count = 2;
    LAC_TRY(lac_worker_track_open(w));
    return LAC_NEW(w->arena, w->ring_count * w->ring_bytes, &w->ring);
}

static lac_status load(struct lac_worker *w, const struct lac_text *text,
                       const struct lac_plan *plan, const uint32_t *owner, uint32_t first)
{
    struct lac_rows *rows;
    LAC_TRY(LAC_NEW(w->arena, w->count + 1, &rows));
    LAC_TRY(lac_load_rows(text, plan, owner, first, w->count, rows, w->arena));
    for (uint32_t i = 0; i < w->count; i++) {
        w->local[i].rows = rows[i];
    }
    return LAC_OK;
}

/* The owner's own file: its rows go to its own clients, split as the whole file would be. */
static lac_status load_local(struct lac_worker *w, struct lac_plan plan)
{
    if (w->count == 0) {
        return LAC_OK;
    }
    plan.rows = w->scan.lines;
    plan.n = w->count;
    if (plan.rows < plan.n) {
        return LAC_FAIL(LAC_E_INPUT,
                        "%s: %llu row%s cannot be spread over the %u clients of rank %u",
                        w->text.name, (unsigned long long)plan.rows, lac_plural(plan.rows), plan.n,
                        w->place.rank);
    }
    uint32_t *owner = malloc(plan.rows * sizeof *owner);
    if (!owner) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory: the owners of %llu rows",
                        (unsigned long long)plan.rows);
    }
    lac_status status =
        lac_split_rows(&w->config->split, w->config->seed, w->count, w->config->drop_remainder,
                       plan.rows, w->label, w->norm_sq, owner);
    if (status == LAC_E_USAGE) {
        status = lac_of_option("--split", status);
    }
    if (status == LAC_OK) {
        status = load(w, &w->text, &plan, owner, 0);
    }
    free(owner);
    return status;
}

static lac_status load_planned(struct lac_worker *w, const struct lac_rows_plan *p)
{
    struct lac_text dealt = {.name = "standard input", .bytes = p->text, .size = p->text_length};
    const struct lac_text *text =
        w->config->data_path && strcmp(w->config->data_path, "-") == 0 ? &dealt : &w->text;
    size_t rows = p->plan.rows;
    uint32_t *owner = malloc((rows + 1) * sizeof *owner);
    if (!owner) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory: the owners of %zu rows", rows);
    }
    memcpy(owner, p->owner,
           rows * sizeof *owner); /* little-endian on both sides, HELLO checked it */
    lac_status status = load(w, text, &p->plan, owner, w->first);
    free(owner);
    return status;
}

void lac_worker_close_text(struct lac_worker *w)
{
    free(w->label);
    free(w->norm_sq);
    w->label = w->norm_sq = NULL;
    lac_text_close(&w->text);
}

/* The plan against the options and what this rank found: nothing in it is believed that can be known. */
static lac_status check_plan(const struct lac_worker *w, uint16_t message,
                             const struct lac_rows_plan *p)
{
    const struct lac_config *c = w->config;
    const struct lac_plan *plan = &p->plan;
    uint32_t in_text = plan->d - plan->intercept;
    bool dealt = c->data_path && strcmp(c->data_path, "-") == 0;
    const char *wrong = NULL;
    if ((message == LAC_MESSAGE_ROWS) != dealt || (!dealt && p->text_length > 0)) {
        wrong = dealt ? "the rows of standard input" : "the file that this rank has";
    } else if ((p->owner != NULL) != !c->data_local) {
        wrong = "who owns which row";
    } else if (plan->labels != lac_labels_of(c->two_classes, c->classes)) {
        wrong = "the labels of --objective";
    } else if (plan->n != c->clients) {
        wrong = "--clients";
    } else if (plan->intercept != c->intercept) {
        wrong = "--intercept";
    } else if ((c->dim != 0 && in_text != c->dim) || in_text < w->scan.max_index) {
        wrong = "the number of features";
    }
    return wrong ? LAC_FAIL(LAC_E_PROTOCOL, "%s: it is at odds with %s", lac_message_name(message),
                            wrong)
                 : LAC_OK;
}

lac_status lac_worker_plan(struct lac_worker *w, const struct lac_frame *f)
{
    struct lac_rows_plan p;
    if (w->env.d != 0 || lac_config_generated(w->config)) {
        return LAC_FAIL(LAC_E_PROTOCOL, "%s: nobody waits for it", lac_message_name(f->message));
    }
    LAC_TRY(lac_take_plan(f, &p));
    w->planned = (size_t)lac_dimension(p.plan.d, p.plan.classes);
    LAC_TRY(check_plan(w, f->message, &p));
    LAC_TRY(lac_check_dimension(p.plan.d, p.plan.classes));
    lac_status status = w->config->data_local ? load_local(w, p.plan) : load_planned(w, &p);
    lac_worker_close_text(w);
    LAC_TRY(status);
    w->plan = p.plan;
    return prepare(w, (uint32_t)lac_dimension(p.plan.d, p.plan.classes));
}

/* What a plan would say of generated rows: their labels are +1 and -1, or 0 .. K-1, or numbers. */
static void plan_generated(struct lac_worker *w, const struct lac_rows *rows)
{
    const struct lac_config *c = w->config;
    w->plan = (struct lac_plan){.labels = c->two_classes ? LAC_TWO_CLASSES : LAC_NUMBERS,
                                .positive = 1.0,
                                .negative = -1.0};
    if (w->count > 0) {
        w->plan.d = (uint32_t)rows[0].d;
        w->plan.classes = (uint32_t)rows[0].classes;
    }
    for (uint32_t k = 0; k < w->plan.classes; k++) {
        w->plan.labels = LAC_CLASSES;
        w->plan.class_label[k] = k;
    }
}

lac_status lac_worker_generate(struct lac_worker *w)
{
    const struct lac_config *c = w->config;
    struct lac_rows *rows;
    uint32_t d;
    if (!lac_config_generated(c)) {
        return LAC_FAIL(LAC_E_PROTOCOL, "a question came before the plan of the data");
    }
    LAC_TRY(lac_generator_check(&c->data, c->clients, &d, NULL));
    LAC_TRY(LAC_NEW(w->arena, w->count + 1, &rows));
    LAC_TRY(lac_generate(&c->data, c->seed, c->clients, w->first, w->count, rows, w->arena));
    for (uint32_t i = 0; i < w->count; i++) {
        w->local[i].rows = rows[i];
    }
    plan_generated(w, rows);
    return prepare(w, d);
}
