/* Private run files in the scratch folder, under keys that the program makes. */
#ifndef LAC_TESTS_PRIVATE_TEST_H
#define LAC_TESTS_PRIVATE_TEST_H

#include "seal/key_file.h"
#include "seal/secret.h"
#include "store/columns.h"
#include "store_test.h"

enum { PRIVATE_MODEL = 5 };
static const double private_model[PRIVATE_MODEL] = {0.1234567, -2.5e-300, 3.1415926, 1e300,
                                                    7.25e-9};
static const char private_summary[] = "{\"status\": \"whispered\"}";
static unsigned char *group_key, *other_key;

static inline void make_keys(void)
{
    TAP_OK(lac_secrets_begin());
    TAP_OK(lac_key_file_make("group.key", LAC_GROUP_KEY));
    TAP_OK(lac_secret_new(LAC_SEAL_KEY, &group_key));
    TAP_OK(lac_secret_new(LAC_SEAL_KEY, &other_key));
    TAP_OK(lac_key_file_read("group.key", LAC_GROUP_KEY, group_key));
    memcpy(other_key, group_key, LAC_SEAL_KEY);
    other_key[0] ^= 1;
}

static inline struct lac_run_info private_info(const unsigned char *key)
{
    struct lac_run_info info = test_info;
    info.key = key;
    return info;
}

/* Of rows, so many published; key: NULL: plain. */
static inline bool make_sealed(const char *path, const unsigned char *key, uint64_t published,
                               uint64_t rows, bool finish)
{
    struct lac_arena arena = {0};
    struct lac_run_writer *w = NULL;
    struct lac_run_info info = private_info(key);
    bool ok =
        lac_run_create(&w, path, true, &info, &arena) == LAC_OK && test_append(w, 0, published) &&
        lac_run_publish(w, private_summary, private_model, PRIVATE_MODEL) == LAC_OK &&
        test_append(w, published, rows) &&
        (!finish || lac_run_publish(w, private_summary, private_model, PRIVATE_MODEL) == LAC_OK);
    lac_run_close(w);
    lac_arena_free(&arena);
    return ok;
}

/* The number of rows read, or -1 where they are not a prefix, or minus the status. */
static inline long rows_opened(const char *path, const unsigned char *key)
{
    struct lac_arena arena = {0};
    struct lac_run run = {0};
    lac_status status = lac_run_read_with(&run, path, key, &arena);
    long count = status != LAC_OK ? -(long)status : test_rows_hold(&run) ? (long)run.row_count : -1;
    lac_arena_free(&arena);
    return count;
}

static inline bool has_bytes(const char *path, const void *bytes, size_t count)
{
    FILE *file = fopen(path, "r");
    off_t size = file_size(path);
    char *text = malloc(size > 0 ? (size_t)size : 1);
    bool ok = file && size > 0 && fread(text, 1, (size_t)size, file) == (size_t)size &&
              memmem(text, (size_t)size, bytes, count);
    if (file) {
        fclose(file);
    }
    free(text);
    return ok;
}

/* Whether a file holds anything that only clients may know: the model, an option, a loss, the summary, the key. */
static inline bool tells(const char *path)
{
    bool told = has_bytes(path, "whispered", 9) || has_bytes(path, "topk:k=2", 8) ||
                has_bytes(path, "compressor", 10) || has_bytes(path, group_key, LAC_SEAL_KEY);
    for (size_t i = 0; i < PRIVATE_MODEL; i++) {
        told = told || has_bytes(path, &private_model[i], sizeof *private_model);
    }
    for (uint64_t i = 0; i < 8; i++) {
        double loss = test_row(i).loss;
        told = told || has_bytes(path, &loss, sizeof loss);
    }
    return told;
}

#endif
