/* laconic show of a checkpoint: what it is of, and whether it is whole. */
#include <jansson.h>

#include "capture.h"
#include "checkpoint_test.h"
#include "command/show.h"

#define SHOW(text, ...) \
    run_command(lac_command_show, (const char *const[]){__VA_ARGS__, NULL}, text)

static void make(uint64_t round, const unsigned char *key)
{
    struct lac_arena arena = {0};
    struct lac_checkpoints *c = open_test(&arena);
    TAP_OK(commit_round(c, round, 0, key));
    lac_checkpoints_close(c);
    lac_arena_free(&arena);
}

static bool has(const char *text, const char *words)
{
    bool found = text && strstr(text, words);
    if (!found) {
        printf("# no '%s'\n", words);
    }
    return found;
}

static void for_people(void)
{
    char *text;
    make(12, NULL);
    lac_status status = SHOW(&text, round_folder(12));
    tap_ok(status == LAC_OK &&
               has(text, "kept/round-000000012: checkpoint after round 12, whole\n") &&
               has(text, "  method        ef21\n") &&
               has(text, "  size          d = 7, clients 5, on 2 ranks\n") &&
               has(text, "  sealed        no\n") &&
               has(text, "0123456789abcdef, 13 rows, laconic 0.1.0") &&
               has(text, "  problem       " TEST_PROBLEM "\n") &&
               has(text, " bytes  whole   clients 0 to 2, server, rank\n") &&
               has(text, " bytes  whole   clients 3 to 4, rank\n") &&
               has(text, "  options       method = ef21\n                compressor = topk:k=2\n"),
           "a checkpoint is shown to people");
    free(text);
    make(14, good_key);
    status = SHOW(&text, DIR_NAME);
    tap_ok(status == LAC_OK && has(text, "checkpoint after round 14, whole") &&
               has(text, "  sealed        yes"),
           "of a folder of checkpoints the newest is shown, and a sealed one needs no key for it");
    free(text);
    status = SHOW(&text, "--config", round_folder(12));
    tap_ok(status == LAC_OK &&
               strcmp(text, "# kept/round-000000012\nmethod = ef21\ncompressor = topk:k=2\n") == 0,
           "--config gives its options as a file");
    free(text);
}

static json_t *shown_json(lac_status wanted)
{
    char *text;
    json_error_t error;
    lac_status status = SHOW(&text, "--json", round_folder(12));
    json_t *json = json_loads(text, 0, &error);
    free(text);
    tap_ok(json && status == wanted, "--json prints an object, with status %d", (int)wanted);
    return json;
}

static void as_json(void)
{
    json_t *json = shown_json(LAC_OK);
    json_t *files = json_object_get(json, "files");
    int whole = 0, first = 0, items = 0;
    const char *compressor = "";
    json_int_t round = 0, clients = 0;
    bool ok =
        json_unpack(json, "{s:b, s:I, s:I, s:{s:s}}", "whole", &whole, "round", &round, "clients",
                    &clients, "configuration", "compressor", &compressor) == 0 &&
        json_unpack(json_array_get(files, 1), "{s:i, s:i}", "first", &first, "items", &items) == 0;
    tap_ok(ok && whole && round == 12 && clients == 5 && first == 3 && items == 2 &&
               strcmp(compressor, "topk:k=2") == 0 && json_array_size(files) == 2,
           "and it says the same");
    json_decref(json);
}

static void damaged(void)
{
    char *text;
    int fd = open(DIR_NAME "/round-000000012/rank-0001.h5", O_WRONLY);
    tap_ok(fd >= 0 && pwrite(fd, "?", 1, 3000) == 1, "a byte is changed");
    close(fd);
    lac_status status = SHOW(&text, round_folder(12));
    expect_failure(status, LAC_E_INPUT, "rank-0001.h5' is damaged: its digest",
                   "a damaged file is said in a sentence");
    tap_ok(has(text, "after round 12, DAMAGED") && has(text, " bytes  DAMAGED clients 3 to 4") &&
               has(text, " bytes  whole   clients 0 to 2"),
           "and shown beside those that are whole");
    free(text);
    json_t *json = shown_json(LAC_E_INPUT);
    tap_ok(json_is_false(json_object_get(json, "whole")), "and in JSON");
    json_decref(json);
    close(open(DIR_NAME "/round-000000012/MANIFEST.json", O_WRONLY | O_TRUNC));
    status = SHOW(&text, round_folder(12));
    expect_failure(status, LAC_E_INPUT, "MANIFEST.json' is damaged", "a damaged manifest is, too");
    tap_ok(*text == '\0', "and nothing of it is shown");
    free(text);
}

static void refusals(void)
{
    char *text;
    mkdir("empty", 0777);
    expect_failure(SHOW(&text, "empty"), LAC_E_INPUT, "'empty' has no checkpoint in it",
                   "a folder without one is refused");
    free(text);
    expect_failure(SHOW(&text, "--csv", DIR_NAME), LAC_E_USAGE, "has no rows",
                   "a checkpoint has no CSV");
    free(text);
    expect_failure(SHOW(&text, DIR_NAME, DIR_NAME), LAC_E_USAGE, "alone",
                   "two are not shown at once");
    free(text);
    tap_ok(SHOW(&text, "--decrypt-to", "plain.h5", DIR_NAME) == LAC_E_USAGE,
           "--decrypt-to needs a key also here");
    free(text);
}

int main(void)
{
    checkpoint_scratch();
    test_keys();
    for_people();
    as_json();
    damaged();
    refusals();
    test_keys_free();
    return tap_done();
}
