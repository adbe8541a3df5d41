#include "command/keygen.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/output.h"
#include "seal/identity.h"
#include "seal/key_file.h"
#include "seal/secret.h"

enum { IDENTITY, SHOW, NAME, OPTIONS };

static const struct lac_option keygen_table[OPTIONS] = {
    {"Options", "identity", "FILE", NULL, LAC_LOCAL,
     "make the identity of a site instead, and print its line of the roster"},
    {"Options", "show", "FILE", NULL, LAC_LOCAL,
     "print that line again, of an identity that is there"},
    {"Options", "name", "NAME", NULL, LAC_LOCAL,
     "of the site in its line; default: the host's, up to the first dot"},
};

const struct lac_options lac_keygen_options = {
    .command = "keygen",
    .usage = "laconic keygen FILE\n"
             "       laconic keygen --identity FILE [--name NAME] >> ROSTER\n"
             "       laconic keygen --show FILE [--name NAME]",
    .table = keygen_table,
    .count = OPTIONS,
};

struct request { /* one of the three is there */
    const char *group, *identity, *show;
    char name[LAC_SITE_NAME]; /* of the site */
};

static lac_status take_name(const char *name, struct request *r)
{
    LAC_TRY(lac_site_name_check(name));
    memcpy(r->name, name, strlen(name) + 1); /* checked: below LAC_SITE_NAME */
    return LAC_OK;
}

static lac_status take_host_name(struct request *r)
{
    char host[HOST_NAME_MAX + 1] = "";
    if (gethostname(host, sizeof host - 1) != 0) {
        return LAC_FAIL(LAC_E_USAGE, "--name NAME is needed: this host does not say its own: %s",
                        strerror(errno));
    }
    host[strcspn(host, ".")] = '\0';
    if (take_name(host, r) != LAC_OK) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--name NAME is needed: that of this host, '%s', is no name of a site",
                        host);
    }
    return LAC_OK;
}

static lac_status read_request(struct request *r, const struct lac_setting *s,
                               const struct lac_operands *files)
{
    *r = (struct request){.identity = s[IDENTITY].value, .show = s[SHOW].value};
    size_t count = files->count + (r->identity != NULL) + (r->show != NULL);
    if (count != 1) {
        return LAC_FAIL(LAC_E_USAGE, "keygen: give one of FILE, --identity FILE and --show FILE%s",
                        count > 1 ? ", once" : "");
    }
    r->group = files->count ? files->word[0] : NULL;
    const char *made = r->group ? r->group : r->identity;
    if (made && (!*made || strcmp(made, "-") == 0)) {
        return LAC_FAIL(LAC_E_USAGE, "keygen: '%s' is no file; a key is never printed", made);
    }
    if (r->group && s[NAME].value) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--name: a group key has none; a site has: --identity FILE, --show FILE");
    }
    if (r->group) {
        return LAC_OK;
    }
    return s[NAME].value ? lac_of_option("--name", take_name(s[NAME].value, r)) : take_host_name(r);
}

static lac_status make_group_key(const char *path)
{
    LAC_TRY(lac_key_file_make(path, LAC_GROUP_KEY));
    lac_print_clean(stdout, path);
    printf(": a new group key; copy it to all clients by a way that the server has no part in, "
           "then: laconic train --seal ");
    lac_print_clean(stdout, path);
    printf("\n");
    return LAC_OK;
}

static lac_status print_line(const char *path, const char *name)
{
    struct lac_identity *me;
    char line[LAC_SITE_LINE];
    LAC_TRY(lac_secret_new(sizeof *me, &me));
    lac_status status = lac_identity_read(path, me);
    if (status == LAC_OK) {
        (void)snprintf(me->site.name, sizeof me->site.name, "%s", name);
        lac_site_line(&me->site, line);
        if (fputs(line, stdout) < 0 || fflush(stdout) != 0) {
            status = LAC_FAIL(LAC_E_IO,
                              "%s: its line of the roster could not be written: %s; 'laconic "
                              "keygen --show %s --name %s' prints it again",
                              path, strerror(errno), path, name);
        }
    }
    lac_secret_free(me);
    return status;
}

static lac_status make_identity(const struct request *r)
{
    LAC_TRY(lac_key_file_make(r->identity, LAC_IDENTITY));
    LAC_TRY(print_line(r->identity, r->name));
    lac_print_clean(stderr, r->identity);
    fprintf(stderr,
            ": the new identity of %s; it stays at this site alone. The printed line belongs in "
            "the roster of all sites, which each of them gets by a way that the server has no part "
            "in.\n",
            r->name);
    return LAC_OK;
}

static void print_help(void)
{
    lac_options_help(&lac_keygen_options, stdout);
    printf("\nMakes FILE, which its owner alone can read: a group key, that all clients share and "
           "the server\ndoes not have. A file that is there is never written over.\n");
}

static lac_status keygen(int argc, char *const *argv, struct lac_arena *a)
{
    struct lac_setting settings[OPTIONS];
    struct lac_operands files;
    struct request r;
    bool help;
    LAC_TRY(lac_options_read(&lac_keygen_options, argc, argv, a, settings, &files, &help));
    if (help) {
        print_help();
        return LAC_OK;
    }
    LAC_TRY(read_request(&r, settings, &files));
    LAC_TRY(lac_output_check());
    LAC_TRY(lac_secrets_begin());
    if (r.group) {
        return make_group_key(r.group);
    }
    return r.identity ? make_identity(&r) : print_line(r.show, r.name);
}

lac_status lac_command_keygen(int argc, char *const *argv)
{
    struct lac_arena arena = {0};
    lac_status status = keygen(argc, argv, &arena);
    lac_arena_free(&arena);
    return status;
}
