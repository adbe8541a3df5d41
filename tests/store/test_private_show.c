/* laconic show and plot of private run files: with the key as of plain ones, and the plain file written out. */
#include "capture.h"
#include "command/plot.h"
#include "command/show.h"
#include "private_test.h"
#include "server/vector_file.h"

#define SHOW(text, ...) \
    run_command(lac_command_show, (const char *const[]){__VA_ARGS__, NULL}, text)

static void refused(lac_status status, char *text, lac_status wanted, const char *words,
                    const char *name)
{
    expect_failure(status, wanted, words, name);
    tap_ok(text && *text == '\0', "and nothing is printed");
    free(text);
}

static void same_output(const char *form)
{
    char *sealed, *plain;
    TAP_OK(SHOW(&sealed, form, "--key", "group.key", "run.h5"));
    tap_ok(rename("run.h5", "run.sealed") == 0 && rename("run.plain", "run.h5") == 0,
           "the plain run takes the name");
    TAP_OK(SHOW(&plain, form, "run.h5"));
    tap_ok(strlen(sealed) > 20 && strcmp(sealed, plain) == 0,
           "%s prints what it does of a plain run", form);
    free(sealed);
    TAP_OK(SHOW(&sealed, form, "--key", "group.key", "run.h5"));
    tap_ok(strcmp(sealed, plain) == 0, "to a plain run a key does nothing");
    free(sealed);
    free(plain);
    tap_ok(rename("run.h5", "run.plain") == 0 && rename("run.sealed", "run.h5") == 0,
           "and gives it back");
}

static void test_forms(void)
{
    char *text;
    tap_ok(make_sealed("run.h5", group_key, 3, 3, true) &&
               make_sealed("run.plain", NULL, 3, 3, true),
           "a private run and a plain one");
    same_output("--json");
    same_output("--csv");
    same_output("--config");
    TAP_OK(SHOW(&text, "--key", "group.key", "run.h5"));
    tap_ok(strstr(text, "run.h5: whispered, private, version 1 ("),
           "for people it says that it is private, and of which version");
    free(text);
    TAP_OK(SHOW(&text, "--csv", "--key", "group.key", "run.h5", "run.plain"));
    tap_ok(strstr(text, ",run.h5\n") && strstr(text, ",run.plain\n"), "both kinds stand together");
    free(text);
}

static void test_refusals(void)
{
    static const mode_t modes[] = {0640, 0604, 0644, 0660};
    char *text;
    lac_status status = SHOW(&text, "--json", "run.h5");
    refused(status, text, LAC_E_SECURITY, "laconic show --key KEYFILE run.h5", "without a key");
    TAP_OK(lac_key_file_make("other.key", LAC_GROUP_KEY));
    status = SHOW(&text, "--key", "other.key", "run.plain", "run.h5");
    refused(status, text, LAC_E_SECURITY, "'run.h5' does not open", "with another key");
    TAP_OK(lac_key_file_make("site.key", LAC_IDENTITY));
    status = SHOW(&text, "--key", "site.key", "run.h5");
    refused(status, text, LAC_E_SECURITY, "--key: site.key: is no group key", "an identity");
    status = SHOW(&text, "--key", "no.key", "run.h5");
    refused(status, text, LAC_E_IO, "--key: no.key", "a key file that is not there");
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        tap_ok(chmod("group.key", modes[i]) == 0, "a key file of mode %04o", (unsigned)modes[i]);
        status = SHOW(&text, "--key", "group.key", "run.h5");
        refused(status, text, LAC_E_SECURITY, "others may open it", "is refused");
    }
    tap_ok(chmod("group.key", 0600) == 0, "it is its owner's again");
}

static void test_plot(void)
{
    char *text;
    lac_status status = run_command(lac_command_plot,
                                    (const char *const[]){"run.h5", "-o", "run.svg", NULL}, &text);
    refused(status, text, LAC_E_SECURITY, "laconic plot --key", "plot without a key");
    setenv("PATH", ".", 1);
    status = run_command(
        lac_command_plot,
        (const char *const[]){"run.h5", "-o", "run.svg", "--key", "group.key", NULL}, &text);
    refused(status, text, LAC_E_FAILED, "gnuplot", "plot with it comes as far as gnuplot");
}

static void test_vector(void)
{
    struct lac_arena arena = {0};
    const char *warning;
    double x[PRIVATE_MODEL] = {0};
    expect_failure(lac_vector_read("--x0", "run.h5", PRIVATE_MODEL, x, &warning, &arena),
                   LAC_E_SECURITY, "--x0: 'run.h5' is a private run file; give its group key",
                   "as a first model it is refused as what it is");
    lac_arena_free(&arena);
}

static mode_t mode_of(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 ? facts.st_mode & 07777 : 0;
}

#define DECRYPT(text, to, ...) SHOW(text, "--decrypt-to", to, "--key", "group.key", __VA_ARGS__)

static void test_decrypt(void)
{
    struct lac_arena arena = {0};
    struct lac_run run = {0};
    char *text;
    mode_t before = umask(0);
    TAP_OK(DECRYPT(&text, "out.h5", "run.h5"));
    umask(before);
    tap_ok(strcmp(text, "out.h5: plain, readable by you alone\n") == 0, "it says so");
    free(text);
    tap_ok(mode_of("out.h5") == 0600 && !is_there("out.h5.tmp"), "its mode is 0600");
    TAP_OK(lac_run_read(&run, "out.h5", &arena));
    tap_ok(run.row_count == 3 && test_rows_hold(&run) && run.finished && !run.private &&
               run.d == PRIVATE_MODEL &&
               same_bytes(run.model, private_model, sizeof private_model) &&
               file_size("out.h5") == file_size("run.plain"),
           "what it holds is the plain run file, of the same size");
    tap_ok(make_sealed("going.h5", group_key, 2, 3, false), "a run that goes on");
    TAP_OK(DECRYPT(&text, "going.out", "going.h5"));
    tap_ok(strstr(text, "rows after its last publication are not in it"), "has rows that are left");
    free(text);
    lac_arena_free(&arena);
}

static void test_decrypt_refusals(void)
{
    char *text;
    lac_status status = DECRYPT(&text, "out.h5", "run.h5");
    refused(status, text, LAC_E_USAGE, "'out.h5' exists; give --force", "what is there stays");
    TAP_OK(DECRYPT(&text, "out.h5", "run.h5", "--force"));
    free(text);
    status = DECRYPT(&text, "run.h5", "run.h5", "--force");
    refused(status, text, LAC_E_USAGE, "the private file itself", "nor is it written over itself");
    status = DECRYPT(&text, "group.key", "run.h5", "--force");
    refused(status, text, LAC_E_USAGE, "no run file", "--force replaces run files alone");
    tap_ok(symlink("nowhere", "link.h5") == 0, "a link");
    status = DECRYPT(&text, "link.h5", "run.h5", "--force");
    refused(status, text, LAC_E_IO, "cannot write 'link.h5'", "is not followed");
    status = DECRYPT(&text, "new.h5", "run.plain");
    refused(status, text, LAC_E_USAGE, "no private run file", "a plain file is none to decrypt");
    status = SHOW(&text, "--decrypt-to", "new.h5", "run.h5");
    refused(status, text, LAC_E_USAGE, "needs --key", "without a key");
    status = DECRYPT(&text, "-", "run.h5");
    refused(status, text, LAC_E_USAGE, "'-' is no file", "standard output");
    tap_ok(!is_there("-"), "nor is it a file's name");
    status = DECRYPT(&text, "new.h5", "run.h5", "--json");
    refused(status, text, LAC_E_USAGE, "shows nothing", "with a form");
    status = SHOW(&text, "--force", "run.h5");
    refused(status, text, LAC_E_USAGE, "--force is for", "--force alone");
    status = SHOW(&text, "--decrypt-to", "new.h5", "--key", "other.key", "run.h5");
    refused(status, text, LAC_E_SECURITY, "does not open", "with another key");
    tap_ok(!is_there("new.h5") && !is_there("new.h5.tmp"), "a refusal leaves no file");
}

int main(void)
{
    scratch_enter();
    make_keys();
    test_forms();
    test_refusals();
    test_vector();
    test_decrypt();
    test_decrypt_refusals();
    test_plot();
    lac_secret_free(group_key);
    lac_secret_free(other_key);
    return tap_done();
}
