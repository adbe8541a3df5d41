#include "config/network.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

struct unit {
    const char *name;
    double value;
};

static const struct unit times[] = {{"s", 1.0}, {"ms", 1e-3}, {"us", 1e-6}};
static const struct unit rates[] = {{"bit", 1.0}, {"kbit", 1e3}, {"Mbit", 1e6}, {"Gbit", 1e9}};

/* A number above 0, or at least 0, with its unit behind it; what: "a time as 5ms". */
static lac_status read_quantity(const struct lac_spec *s, const char *key, const struct unit *units,
                                size_t count, const char *what, double *out)
{
    const char *text = lac_spec_get(s, key);
    char number[32];
    double value;
    if (!text) {
        return LAC_OK;
    }
    size_t digits = strspn(text, "0123456789.");
    for (size_t i = 0; i < count; i++) {
        if (digits > 0 && digits < sizeof number && strcmp(text + digits, units[i].name) == 0) {
            memcpy(number, text, digits);
            number[digits] = '\0';
            LAC_TRY(lac_parse_double(key, number, &value));
            *out = value * units[i].value;
            return LAC_OK;
        }
    }
    return LAC_FAIL(LAC_E_USAGE, "%s: '%s' is no %s", key, text, what);
}

static lac_status read_rate(const struct lac_spec *s, const char *key, double *out)
{
    LAC_TRY(read_quantity(s, key, rates, sizeof rates / sizeof *rates,
                          "rate as 500kbit, 10Mbit or 1Gbit (a second)", out));
    return *out > 0.0
               ? LAC_OK
               : LAC_FAIL(LAC_E_USAGE, "%s: %s never sends anything", key, lac_spec_get(s, key));
}

static lac_status read_access(const struct lac_spec *s, struct lac_access *access)
{
    LAC_TRY(read_quantity(s, "latency", times, sizeof times / sizeof *times,
                          "time as 5ms, 200us or 0.1s", &access->latency));
    LAC_TRY(read_rate(s, "up", &access->up));
    return read_rate(s, "down", &access->down);
}

/* The reader of "name:key=value,..." wants a name. */
static lac_status read_spec(struct lac_spec *s, const char *name, const char *text,
                            const char *const *keys, struct lac_arena *a)
{
    size_t bytes = strlen(name) + strlen(text) + 2;
    char *named;
    LAC_TRY(LAC_NEW(a, bytes, &named));
    snprintf(named, bytes, "%s:%s", name, text);
    LAC_TRY(lac_spec_parse(s, named, a));
    s->text += strlen(name) + 1; /* as it was written */
    return lac_spec_allow(s, keys);
}

lac_status lac_network_parse(struct lac_network_options *n, const char *text, struct lac_arena *a)
{
    static const char *const keys[] = {"latency", "up", "down", "server", "clients", NULL};
    const double no_limit = (double)INFINITY;
    struct lac_spec s;
    *n = (struct lac_network_options){text, {0.0, no_limit, no_limit}, no_limit, NULL};
    LAC_TRY(read_spec(&s, "network", text, keys, a));
    LAC_TRY(read_access(&s, &n->access));
    LAC_TRY(read_rate(&s, "server", &n->server));
    n->clients = lac_spec_get(&s, "clients");
    return LAC_OK;
}

lac_status lac_access_parse(struct lac_access *access, const char *line, struct lac_arena *a)
{
    static const char *const keys[] = {"latency", "up", "down", NULL};
    struct lac_spec s;
    LAC_TRY(read_spec(&s, "client", line, keys, a));
    return read_access(&s, access);
}
