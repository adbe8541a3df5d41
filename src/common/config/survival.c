#include "config/survival.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *text_of(const struct lac_config *c, enum lac_option_id id)
{
    return c->setting[id].value;
}

static lac_status read_folder(struct lac_config *c)
{
    const char *checkpoint = text_of(c, LAC_CONFIG_CHECKPOINT);
    const char *resume = text_of(c, LAC_CONFIG_RESUME);
    if (checkpoint && resume && strcmp(checkpoint, resume) != 0) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--resume: goes on in the folder whose checkpoints it reads; leave "
                        "--checkpoint out");
    }
    c->checkpoint = resume ? resume : checkpoint;
    c->resume = resume != NULL;
    return LAC_OK;
}

enum { MOST_HOURS = 8760 }; /* a year */

static lac_status check_time(const char *text, double seconds)
{
    if (seconds > MOST_HOURS * 3600.0) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--checkpoint-every: %s is longer than a year; give %dh at most", text,
                        MOST_HOURS);
    }
    return seconds > 0.0 ? LAC_OK
                         : LAC_FAIL(LAC_E_USAGE, "--checkpoint-every: %s is no time", text);
}

/* A number of rounds, or a time with its unit. */
static lac_status read_every(struct lac_config *c)
{
    static const struct {
        const char *name;
        double seconds;
    } unit[] = {{"s", 1.0}, {"min", 60.0}, {"h", 3600.0}};
    const char *text = text_of(c, LAC_CONFIG_CHECKPOINT_EVERY);
    size_t digits = strspn(text, "0123456789.");
    char number[32];
    for (size_t i = 0; i < sizeof unit / sizeof *unit; i++) {
        if (digits > 0 && digits < sizeof number && strcmp(text + digits, unit[i].name) == 0) {
            memcpy(number, text, digits);
            number[digits] = '\0';
            LAC_TRY(lac_parse_double("--checkpoint-every", number, &c->checkpoint_seconds));
            c->checkpoint_seconds *= unit[i].seconds;
            return check_time(text, c->checkpoint_seconds);
        }
    }
    c->checkpoint_seconds = (double)INFINITY;
    if (text[digits] != '\0') {
        return LAC_FAIL(LAC_E_USAGE,
                        "--checkpoint-every: '%s' is neither a number of rounds nor a time as "
                        "30s, 5min, 2h",
                        text);
    }
    LAC_TRY(lac_parse_count("--checkpoint-every", text, &c->checkpoint_rounds));
    return c->checkpoint_rounds > 0 ? LAC_OK
                                    : LAC_FAIL(LAC_E_USAGE, "--checkpoint-every: 0 is never");
}

static lac_status read_seconds(const struct lac_config *c, enum lac_option_id id, double *out)
{
    char name[32];
    const char *text = text_of(c, id);
    const double least = 0.1; /* beats and looks at the clock take as long */
    snprintf(name, sizeof name, "--%s", lac_train_options.table[id].name);
    LAC_TRY(lac_parse_double(name, text, out));
    return *out >= least
               ? LAC_OK
               : LAC_FAIL(LAC_E_USAGE, "%s: %s is too short a time to wait; %g s is the least",
                          name, text, least);
}

static lac_status read_lost(struct lac_config *c)
{
    static const char *const name[] = {"stop", "wait", "drop"};
    const char *text = text_of(c, LAC_CONFIG_ON_LOST_CLIENT);
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        if (strcmp(text, name[i]) == 0) {
            c->on_lost = (enum lac_on_lost)i;
            return LAC_OK;
        }
    }
    return LAC_FAIL(LAC_E_USAGE, "--on-lost-client: '%s' is none of stop, wait and drop", text);
}

static lac_status check_lost(const struct lac_config *c)
{
    if (c->on_lost == LAC_LOST_WAITS && c->max_wait < c->client_timeout) {
        return LAC_FAIL(LAC_E_USAGE, "--max-wait: %g s are shorter than --client-timeout, %g s",
                        c->max_wait, c->client_timeout);
    }
    if (c->on_lost == LAC_LOST_DROPS && lac_config_forwards(c)) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--on-lost-client drop: in a sealed run each client has coordinates that "
                        "no other has, so that it cannot go on without one; stop is possible");
    }
    if (c->on_lost != LAC_LOST_WAITS && c->setting[LAC_CONFIG_MAX_WAIT].given) {
        return LAC_FAIL(LAC_E_USAGE, "--max-wait: is for runs with --on-lost-client wait");
    }
    return LAC_OK;
}

/* Options that say how to keep, where nothing is kept. */
static lac_status check_together(const struct lac_config *c)
{
    static const enum lac_option_id ids[] = {LAC_CONFIG_CHECKPOINT_EVERY, LAC_CONFIG_KEEP};
    for (size_t i = 0; i < sizeof ids / sizeof *ids && !c->checkpoint; i++) {
        if (c->setting[ids[i]].given) {
            return LAC_FAIL(LAC_E_USAGE, "--%s: is for runs with --checkpoint DIR or --resume DIR",
                            lac_train_options.table[ids[i]].name);
        }
    }
    if (c->checkpoint && c->identity) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--%s: with --identity the key of a session is kept nowhere, so that no "
                        "later one could open a checkpoint: give --seal KEYFILE",
                        c->resume ? "resume" : "checkpoint");
    }
    return LAC_OK;
}

lac_status lac_config_read_survival(struct lac_config *c)
{
    LAC_TRY(read_folder(c));
    LAC_TRY(lac_config_option(c, LAC_CONFIG_CHECKPOINT_EVERY, read_every(c)));
    LAC_TRY(lac_config_option(c, LAC_CONFIG_KEEP,
                              lac_parse_count("--keep", text_of(c, LAC_CONFIG_KEEP), &c->keep)));
    LAC_TRY(lac_config_option(c, LAC_CONFIG_CLIENT_TIMEOUT,
                              read_seconds(c, LAC_CONFIG_CLIENT_TIMEOUT, &c->client_timeout)));
    LAC_TRY(lac_config_option(c, LAC_CONFIG_MAX_WAIT,
                              read_seconds(c, LAC_CONFIG_MAX_WAIT, &c->max_wait)));
    LAC_TRY(lac_config_option(c, LAC_CONFIG_ON_LOST_CLIENT, read_lost(c)));
    LAC_TRY(check_lost(c));
    return check_together(c);
}
