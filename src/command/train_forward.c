/* Rank 0 of a sealed run: its run file and what it prints tell of bits and times alone. */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/leave.h"
#include "base/text.h"
#include "command/train_parts.h"
#include "store/json_memory.h"

/* What of the options the server may know, and needs. */
static const struct {
    enum lac_option_id id;
    enum lac_said told; /* by the clients; LAC_SAID_OPTIONS: its own */
} known[] = {
    {LAC_CONFIG_CLIENTS, LAC_SAID_OPTIONS},         {LAC_CONFIG_ROUNDS, LAC_SAID_ROUNDS},
    {LAC_CONFIG_EVAL_EVERY, LAC_SAID_EVAL_EVERY},   {LAC_CONFIG_TOPOLOGY, LAC_SAID_OPTIONS},
    {LAC_CONFIG_REKEY_EVERY, LAC_SAID_REKEY_EVERY}, {LAC_CONFIG_CHUNK, LAC_SAID_OPTIONS}};
enum { KNOWN = sizeof known / sizeof *known };

struct office {
    struct lac_progress progress;
    struct lac_run_writer *writer; /* NULL: no --out */
    struct lac_pair configuration[KNOWN];
    char told[LAC_SAID_OPTIONS][24]; /* of it, as the clients say */
    struct lac_run_info info;
    struct lac_result result;
    double next_publish;
    struct lac_arena *arena;
};

/* As in the summary of any run. */
static json_t *bits_json(const struct lac_account *a)
{
    return json_pack("{s:{s:I}, s:{s:I}, s:{s:I, s:I}, s:{s:I, s:I}, s:I}", "up", "total",
                     (json_int_t)a->bits_up, "down", "total", (json_int_t)a->bits_down,
                     "evaluation", "up", (json_int_t)a->evaluation_up, "down",
                     (json_int_t)a->evaluation_down, "set_up", "up", (json_int_t)a->set_up_up,
                     "down", (json_int_t)a->set_up_down, "up_paper", (json_int_t)a->bits_up_paper);
}

static lac_status summarize(const struct lac_forward *f, const char *status, char **text)
{
    const struct lac_account *a = &f->account;
    lac_json_begin();
    json_t *pairs = lac_train_pairs(0, f->relay.ranks, f->relay.sent, f->relay.received);
    if (f->between) { /* told by each rank as it leaves */
        lac_train_pairs_between(pairs, f->relay.ranks, f->between);
    }
    json_t *o = json_pack("{s:s, s:b, s:s, s:I, s:I, s:I, s:o, s:I, s:I, s:{s:o}, s:{s:f}}",
                          "status", status, "sealed", 1, "topology", f->config->topology, "clients",
                          (json_int_t)f->config->clients, "ranks", (json_int_t)f->relay.ranks + 1,
                          "rounds", (json_int_t)a->round, "bits", bits_json(a), "blocks_forwarded",
                          (json_int_t)f->blocks, "letters_forwarded", (json_int_t)f->letters, "mpi",
                          "pairs", pairs, "seconds", "total", lac_seconds() - f->began);
    *text = lac_json_text(o);
    json_decref(o);
    return *text ? LAC_OK : LAC_FAIL(LAC_E_MEMORY, "the summary: out of memory");
}

static lac_status publish(struct office *o, const struct lac_forward *f, const char *status)
{
    char *summary;
    if (!o->writer) {
        return LAC_OK;
    }
    LAC_TRY(summarize(f, status, &summary));
    o->next_publish = lac_seconds() + 5.0;
    return lac_train_publish(o->writer, summary, NULL, 0);
}

static void print_progress(struct office *o, const struct lac_forward *f, double now)
{
    if (o->progress.quiet || now < o->progress.next) {
        return;
    }
    printf("%sround %" PRIu64 "  up %.3g Mbit  down %.3g Mbit%s", o->progress.terminal ? "\r" : "",
           f->row.round, 1e-6 * (double)f->row.bits_up, 1e-6 * (double)f->row.bits_down,
           o->progress.terminal ? "\033[K" : "\n");
    fflush(stdout);
    o->progress.line_open = o->progress.terminal;
    o->progress.next = now + (o->progress.terminal ? 0.2 : 5.0);
}

static void describe(struct office *o, const struct lac_forward *f)
{
    const struct lac_config *c = f->config;
    for (size_t i = 0; i < KNOWN; i++) {
        o->configuration[i] = (struct lac_pair){lac_train_options.table[known[i].id].name,
                                                c->setting[known[i].id].value};
        if (known[i].told < LAC_SAID_OPTIONS) {
            char *text = o->told[known[i].told];
            snprintf(text, sizeof o->told[0], "%" PRIu64, f->said[known[i].told]);
            o->configuration[i].value = text;
        }
    }
    o->info.configuration = o->configuration;
    o->info.configuration_count = KNOWN;
    o->info.build = lac_build_info(&o->info.build_count);
    o->info.public = true;
}

/* With the first row: a run that never begins leaves the file that may be there alone. */
static lac_status create_file(struct office *o, const struct lac_forward *f)
{
    const struct lac_config *c = f->config;
    describe(o, f);
    o->next_publish = lac_seconds() + 0.5;
    bool force = c->force;
    LAC_TRY(c->resume ? lac_train_continue_public(&o->info, c->out, f->account.rows_before, &force,
                                                  o->arena)
                      : LAC_OK);
    return lac_run_create(&o->writer, c->out, force, &o->info, o->arena);
}

static lac_status begin_files(struct office *o, const struct lac_forward *f)
{
    const struct lac_result_end running = {.status = "running"};
    LAC_TRY(create_file(o, f));
    o->result.began = true;
    o->result.rounds = f->said[LAC_SAID_ROUNDS];
    return lac_result_write(&o->result, &running);
}

static lac_status on_row(void *listener, const struct lac_forward *f)
{
    struct office *o = listener;
    double now = lac_seconds();
    LAC_TRY(lac_leave_check());
    print_progress(o, f, now);
    if (!f->config->out) {
        return LAC_OK;
    }
    LAC_TRY(o->writer ? LAC_OK : begin_files(o, f));
    LAC_TRY(lac_run_append(o->writer, &f->row));
    return now < o->next_publish ? LAC_OK : publish(o, f, "running");
}

static lac_status open_result(struct office *o, const struct lac_forward *f, uint32_t ranks)
{
    o->result = (struct lac_result){.run_file = f->config->out,
                                    .launcher = "mpi",
                                    .ranks = ranks + 1,
                                    .rounds = f->config->rounds,
                                    .started = time(NULL) - (time_t)(lac_seconds() - f->began)};
    return f->config->out && !f->config->dry_run
               ? lac_result_beside(&o->result, f->config->out, o->arena)
               : LAC_OK;
}

/* Why the clients left they do not tell; a signal comes here too. */
static lac_status end_result(const struct office *o, const struct lac_forward *f, lac_status status)
{
    struct lac_result result = o->result;
    bool refused = status == LAC_E_USAGE || status == LAC_E_INPUT || status == LAC_E_IO ||
                   status == LAC_E_SECURITY || status == LAC_E_ENDED;
    if (refused && !o->writer) { /* it did not begin, and what a run before it left stays */
        return LAC_OK;
    }
    bool left = status == LAC_E_LEFT || (status == LAC_E_FAILED && lac_leave_asked());
    enum lac_leave leave = status == LAC_E_ENDED ? lac_leave_ended()
                           : left                ? lac_leave_asked()
                                                 : LAC_LEAVE_NO;
    bool all = status == LAC_OK && f->account.round == f->said[LAC_SAID_ROUNDS];
    result.rounds = f->said[LAC_SAID_ROUNDS] > 0 ? f->said[LAC_SAID_ROUNDS] : result.rounds;
    const struct lac_result_end end = {.status =
                                           left ? "left" : lac_train_ended(status, LAC_END_ROUNDS),
                                       .reason = all ? "rounds" : lac_leave_name(leave),
                                       .sentence = status == LAC_OK ? NULL : lac_failure(),
                                       .exit_status = lac_exit_code(status),
                                       .hurries = status == LAC_E_ENDED,
                                       .round = f->account.round};
    return lac_result_write(&result, &end);
}

static void print_begin(const struct office *o, const struct lac_config *c, uint32_t ranks)
{
    if (o->progress.quiet) {
        return;
    }
    printf("laconic: sealed: rank 0 forwards what it cannot read, %u client%s on %u rank%s (%s)\n",
           c->clients, lac_plural(c->clients), ranks, lac_plural(ranks), c->topology);
    if (c->out_private) {
        printf("  losses and model go to ");
        lac_print_clean(stdout, c->out_private);
        printf(", %s, at the rank of client 0\n", c->private_plain ? "unsealed" : "sealed");
    } else if (c->role != LAC_ROLE_SERVER) {
        printf("  losses and model are kept nowhere: --out-private FILE has the rank of client 0 "
               "write them\n");
    }
    fflush(stdout);
}

static void print_end(const struct office *o, const struct lac_forward *f)
{
    const struct lac_account *a = &f->account;
    if (o->progress.quiet || (f->config->dry_run && f->config->role == LAC_ROLE_BY_RANK)) {
        return; /* or rank 1 has told the plan */
    }
    if (f->config->dry_run) {
        printf("the ranks have met and nothing was run (--dry-run); the plan is of the data, and "
               "told where all ranks are started without --role\n");
        return;
    }
    if (o->progress.line_open) {
        printf("\r\033[K");
    }
    printf("the clients have ended after %" PRIu64 " round%s, %.3f s in all\n", a->round,
           lac_plural(a->round), lac_seconds() - f->began);
    printf("  bits up      %.6g Mbit\n  bits down    %.6g Mbit\n", 1e-6 * (double)a->bits_up,
           1e-6 * (double)a->bits_down);
    printf("  evaluation   %.6g Mbit up, %.6g down; set-up %.6g up, %.6g down\n",
           1e-6 * (double)a->evaluation_up, 1e-6 * (double)a->evaluation_down,
           1e-6 * (double)a->set_up_up, 1e-6 * (double)a->set_up_down);
    printf("  forwarded    %" PRIu64 " block%s, %" PRIu64 " letter%s\n", f->blocks,
           lac_plural(f->blocks), f->letters, lac_plural(f->letters));
    if (f->config->out) {
        printf("  run file     ");
        lac_print_clean(stdout, f->config->out);
        printf(" (bits and times)\n");
    }
    fflush(stdout);
}

/* Clients that found their run at its end made no row, nor told of one: it is the file that has them. */
static lac_status find_end(struct office *o, struct lac_forward *f)
{
    struct lac_run run;
    bool force;
    const struct lac_config *c = f->config;
    if (f->has_row || !c->resume || !c->out || c->dry_run) {
        return LAC_OK;
    }
    describe(o, f);
    LAC_TRY(lac_train_continue_public(&o->info, c->out, 1, &force, o->arena));
    LAC_TRY(lac_run_read(&run, c->out, o->arena));
    const struct lac_row *last = &run.rows[run.row_count - 1];
    f->account.round = last->round;
    f->account.bits_up = last->bits_up;
    f->account.bits_down = last->bits_down;
    f->account.bits_up_paper = last->bits_up_paper;
    return LAC_OK;
}

lac_status lac_train_forward(const struct lac_config *config, struct lac_forward *f, uint32_t ranks,
                             struct lac_arena *a)
{
    struct office o = {.progress = {.quiet = config->quiet, .terminal = lac_on_terminal()}};
    char sentence[512] = "";
    o.arena = a;
    if (config->out) {
        LAC_TRY(lac_of_option("--out", lac_train_check_out(config, config->out, a)));
    }
    LAC_TRY(open_result(&o, f, ranks));
    LAC_TRY(lac_result_check(&o.result));
    print_begin(&o, config, ranks);
    f->on_row = on_row;
    f->listener = &o;
    lac_status status = lac_forward_run(f, ranks, a);
    status = status == LAC_OK ? find_end(&o, f) : status;
    if (status != LAC_OK) {
        snprintf(sentence, sizeof sentence, "%s", lac_failure());
    }
    lac_status told = status == LAC_OK ? LAC_OK : end_result(&o, f, status);
    lac_status published = publish(&o, f, lac_train_ended(status, LAC_END_ROUNDS));
    lac_run_close(o.writer);
    published = published == LAC_OK ? told : published;
    if (status == LAC_OK && published == LAC_OK) {
        print_end(&o, f);
    }
    if (*sentence) {
        return LAC_FAIL(status, "%s", sentence);
    }
    told = end_result(&o, f, published);
    return published == LAC_OK ? told : published;
}
