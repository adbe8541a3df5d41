#include "config/sealing.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const struct lac_config *c, enum lac_option_id id)
{
    return c->setting[id].value;
}

static lac_status read_role(struct lac_config *c)
{
    const char *text = text_of(c, LAC_CONFIG_ROLE);
    c->role = LAC_ROLE_BY_RANK;
    if (text && strcmp(text, "server") == 0) {
        c->role = LAC_ROLE_SERVER;
    } else if (text && strcmp(text, "client") == 0) {
        c->role = LAC_ROLE_CLIENT;
    } else if (text) {
        return LAC_FAIL(LAC_E_USAGE, "--role: '%s' is neither server nor client", text);
    }
    return LAC_OK;
}

/* Options of sealed runs where none is asked for. */
static lac_status check_unsealed(const struct lac_config *c)
{
    static const enum lac_option_id ids[] = {
        LAC_CONFIG_ROSTER, LAC_CONFIG_CIPHER,      LAC_CONFIG_REKEY_EVERY,  LAC_CONFIG_TOPOLOGY,
        LAC_CONFIG_ROLE,   LAC_CONFIG_OUT_PRIVATE, LAC_CONFIG_PRIVATE_PLAIN};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        const char *usual = lac_train_options.table[ids[i]].fallback, *value = text_of(c, ids[i]);
        if (c->setting[ids[i]].given && (!usual || strcmp(value, usual) != 0)) {
            return LAC_FAIL(
                LAC_E_USAGE,
                "--%s: is for sealed runs; give --seal KEYFILE, or --identity and --roster",
                lac_train_options.table[ids[i]].name);
        }
    }
    return LAC_OK;
}

static lac_status check_server(const struct lac_config *c)
{
    static const enum lac_option_id ids[] = {LAC_CONFIG_SEAL,        LAC_CONFIG_IDENTITY,
                                             LAC_CONFIG_ROSTER,      LAC_CONFIG_DATA_LOCAL,
                                             LAC_CONFIG_OUT_PRIVATE, LAC_CONFIG_PRIVATE_PLAIN};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        if (c->setting[ids[i]].given) {
            return LAC_FAIL(LAC_E_USAGE,
                            "--%s: --role server opens neither data nor keys; leave it out",
                            lac_train_options.table[ids[i]].name);
        }
    }
    return LAC_OK;
}

/* Of any spelling: what its folder is called, and its own name there. */
static bool is_same_file(const char *a, const char *b)
{
    const char *const path[] = {a, b};
    char found[2][PATH_MAX];
    const char *name[2];
    for (size_t i = 0; i < 2; i++) {
        char folder[PATH_MAX];
        const char *slash = strrchr(path[i], '/');
        name[i] = slash ? slash + 1 : path[i];
        int length = slash ? (int)(slash - path[i]) + 1 : 1;
        snprintf(folder, sizeof folder, "%.*s", length, slash ? path[i] : ".");
        if (!realpath(folder, found[i])) {
            return strcmp(a, b) == 0;
        }
    }
    return strcmp(found[0], found[1]) == 0 && strcmp(name[0], name[1]) == 0;
}

/* A key in place of its file's name: it must not come back in a sentence. */
static lac_status check_path(const char *option, const char *text)
{
    if (text && (strstr(text, LAC_GROUP_KEY_TITLE) || strstr(text, LAC_IDENTITY_TITLE))) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--%s: wants the name of a file, and was given what stands in one: others "
                        "may have seen the key, make a new one",
                        option);
    }
    return LAC_OK;
}

static lac_status check_together(const struct lac_config *c)
{
    if (c->role == LAC_ROLE_SERVER) {
        return check_server(c);
    }
    if (c->role == LAC_ROLE_CLIENT && !c->seal && !c->identity) {
        return LAC_FAIL(
            LAC_E_USAGE,
            "--role: clients need --seal KEYFILE, or --identity FILE and --roster FILE");
    }
    if (c->role == LAC_ROLE_CLIENT && c->setting[LAC_CONFIG_OUT].given) {
        return LAC_FAIL(LAC_E_USAGE, "--out: is written by rank 0, which was started by another "
                                     "command: give it there, and --out-private here");
    }
    if (!c->seal && !c->identity) {
        return check_unsealed(c);
    }
    if (c->seal && c->identity) {
        return LAC_FAIL(LAC_E_USAGE, "--seal and --identity exclude each other: a key that all "
                                     "have, or one that sites agree on");
    }
    if (!c->identity != !c->roster) {
        return LAC_FAIL(LAC_E_USAGE, "--%s: --identity and --roster go together",
                        c->identity ? "identity" : "roster");
    }
    if (c->private_plain && !c->out_private) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--private-plain: there is no --out-private to leave unsealed");
    }
    if (c->identity && c->out_private && !c->private_plain) {
        return LAC_FAIL(
            LAC_E_USAGE,
            "--out-private: with --identity the key of a session is kept nowhere, so that "
            "nobody could open the file: give --private-plain, or --seal KEYFILE");
    }
    if (c->out && c->out_private && is_same_file(c->out, c->out_private)) {
        return LAC_FAIL(LAC_E_USAGE, "--out-private: is the same file as --out");
    }
    return LAC_OK;
}

lac_status lac_config_read_sealing(struct lac_config *c)
{
    c->seal = text_of(c, LAC_CONFIG_SEAL);
    c->identity = text_of(c, LAC_CONFIG_IDENTITY);
    c->roster = text_of(c, LAC_CONFIG_ROSTER);
    c->cipher = text_of(c, LAC_CONFIG_CIPHER);
    c->topology = text_of(c, LAC_CONFIG_TOPOLOGY);
    c->out_private = text_of(c, LAC_CONFIG_OUT_PRIVATE);
    c->overlap = text_of(c, LAC_CONFIG_OVERLAP) != NULL;
    c->private_plain = text_of(c, LAC_CONFIG_PRIVATE_PLAIN) != NULL;
    LAC_TRY(check_path("seal", c->seal));
    LAC_TRY(check_path("identity", c->identity));
    LAC_TRY(read_role(c));
    LAC_TRY(lac_config_option(
        c, LAC_CONFIG_REKEY_EVERY,
        lac_parse_count("--rekey-every", text_of(c, LAC_CONFIG_REKEY_EVERY), &c->rekey_every)));
    return check_together(c);
}
