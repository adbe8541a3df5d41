/* What a command prints, and whole files, as text. */
#ifndef LAC_TESTS_CAPTURE_H
#define LAC_TESTS_CAPTURE_H

#include "store_test.h"

/* The whole file with a zero behind it; the caller frees it. NULL where it cannot be read. */
static inline char *file_text(const char *path)
{
    FILE *file = fopen(path, "r");
    off_t size = file_size(path);
    char *text = file && size >= 0 ? calloc((size_t)size + 1, 1) : NULL;
    if (text && fread(text, 1, (size_t)size, file) != (size_t)size) {
        free(text);
        text = NULL;
    }
    if (file) {
        fclose(file);
    }
    return text;
}

/* Standard output goes to the file named until capture_end gives back what it was. */
static inline int capture_begin(const char *path)
{
    fflush(stdout);
    int saved = dup(STDOUT_FILENO);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    dup2(file, STDOUT_FILENO);
    close(file);
    return saved;
}

static inline void capture_end(int saved)
{
    fflush(stdout);
    clearerr(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
}

typedef lac_status command(int argc, char *const *argv);

/* Runs the command with the words, NULL last; *text is what it printed, for the caller to free. */
static inline lac_status run_command(command *run, const char *const *words, char **text)
{
    char *argv[16];
    int argc = 0;
    for (; words[argc]; argc++) {
        argv[argc] = strdup(words[argc]);
    }
    int saved = capture_begin("captured");
    lac_status status = run(argc, argv);
    capture_end(saved);
    *text = file_text("captured");
    while (argc > 0) {
        free(argv[--argc]);
    }
    return status;
}

/* Rows of the caller, then one publication with the summary; unfinished runs get no last one. */
static inline bool write_run(const char *path, const struct lac_run_info *info,
                             const struct lac_row *rows, size_t count, const char *summary,
                             bool finish)
{
    struct lac_arena arena = {0};
    struct lac_run_writer *w = NULL;
    double model[2] = {1.0, 2.0};
    bool ok = lac_run_create(&w, path, true, info, &arena) == LAC_OK;
    size_t first = finish || count == 0 ? count : count - 1; /* the last row is in the log alone */
    for (size_t i = 0; i < first && ok; i++) {
        ok = lac_run_append(w, &rows[i]) == LAC_OK;
    }
    ok = ok && lac_run_publish(w, summary, model, 2) == LAC_OK;
    for (size_t i = first; i < count && ok; i++) {
        ok = lac_run_append(w, &rows[i]) == LAC_OK;
    }
    lac_run_close(w);
    lac_arena_free(&arena);
    return ok;
}

#endif
