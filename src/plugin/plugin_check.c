/* Whether a descriptor is whole: all that the program uses without asking is there. */
#include <stdio.h>
#include <string.h>

#include "plugin/plugin.h"

enum { LONGEST_NAME = 40, LONGEST_VERSION = 40, MOST_TEXT = 400 };

#define NAMES "names are small letters, digits and '-', %d at most, and begin with a letter"

static bool is_name(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz", more[] = "0123456789-";
    size_t length = text ? strlen(text) : 0;
    bool begins = length > 0 && strchr(letters, *text);
    for (size_t i = 0; begins && i < length; i++) {
        begins = strchr(letters, text[i]) || strchr(more, text[i]);
    }
    return begins && length <= LONGEST_NAME;
}

/* The part that is looked at, for messages. */
struct part {
    const char *kind, *name;
};

static lac_status lacks(struct part part, const char *member)
{
    return LAC_FAIL(LAC_E_USAGE, "its %s '%s' has no %s", part.kind, part.name, member);
}

struct member {
    const char *name;
    bool is_there;
};

static lac_status check_members(struct part part, const struct member *m, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!m[i].is_there) {
            return lacks(part, m[i].name);
        }
    }
    return LAC_OK;
}

#define MEMBER(of, member)            \
    {                                 \
#member, (of)->member != NULL \
    }
#define CHECK_MEMBERS(part, list) LAC_TRY(check_members(part, list, sizeof(list) / sizeof *(list)))

static lac_status check_state(struct part part, const char *side, const struct lac_state *s)
{
    for (const struct lac_vector *v = s->vectors; v && v->name; v++) {
        if (s->size < sizeof(double *) || v->at > s->size - sizeof(double *)) {
            return LAC_FAIL(LAC_E_USAGE, "its %s '%s': vector '%s' is not in its struct (%s)",
                            part.kind, part.name, v->name, side);
        }
        if (v->role > LAC_SHIFT) {
            return LAC_FAIL(
                LAC_E_USAGE,
                "its %s '%s': vector '%s' (%s) has role %u, which is none of enum lac_role",
                part.kind, part.name, v->name, side, (unsigned)v->role);
        }
    }
    return LAC_OK;
}

static lac_status check_channels(struct part part, const struct lac_method *m)
{
    for (size_t i = 0; i < LAC_MAX_CHANNELS && m->channels[i].name; i++) {
        unsigned known = LAC_UNBIASED | LAC_CONTRACTIVE;
        if (m->channels[i].option > LAC_FROM_COMPRESSOR_DOWN ||
            (m->channels[i].option != LAC_LOSSLESS && !(m->channels[i].classes & known))) {
            return LAC_FAIL(LAC_E_USAGE, "its %s '%s': channel '%s' admits no compressor",
                            part.kind, part.name, m->channels[i].name);
        }
    }
    return LAC_OK;
}

static lac_status check_rules(struct part part, const struct lac_method *m)
{
    for (size_t k = 0; k < LAC_QUANTITIES; k++) {
        for (const struct lac_step_rule *r = m->rules[k]; r && r->name; r++) {
            if (!r->formula || !r->step) {
                return LAC_FAIL(LAC_E_USAGE,
                                "its %s '%s': step rule '%s' has no formula, or no step", part.kind,
                                part.name, r->name);
            }
        }
    }
    return LAC_OK;
}

static lac_status check_parameters(struct part part, const struct lac_method *m)
{
    size_t count = 0;
    for (const struct lac_parameter *p = m->parameters; p && p->name; p++, count++) {
        if (count == LAC_MAX_PARAMETERS || !p->meaning) {
            return LAC_FAIL(LAC_E_USAGE,
                            "its %s '%s': parameter '%s' has no meaning, or is one too many",
                            part.kind, part.name, p->name);
        }
    }
    return LAC_OK;
}

static lac_status check_method(const struct lac_method *m)
{
    struct part part = {"method", m->name};
    const struct member needed[] = {MEMBER(m, summary), MEMBER(m, paper), MEMBER(m, client_step),
                                    MEMBER(m, server_add)};
    CHECK_MEMBERS(part, needed);
    LAC_TRY(check_state(part, "server", &m->server));
    LAC_TRY(check_state(part, "worker", &m->worker));
    LAC_TRY(check_state(part, "client", &m->client));
    if (!lac_state_has_model(&m->server) && !lac_state_has_model(&m->client)) {
        return lacks(part, "vector LAC_MODEL, in its server's list or its client's");
    }
    if (m->starts && !(m->starts & m->start_default)) {
        return lacks(part, "start_default among its starts");
    }
    LAC_TRY(check_channels(part, m));
    LAC_TRY(check_rules(part, m));
    return check_parameters(part, m);
}

static lac_status check_kind(struct part part, const struct lac_compressor *c)
{
    if ((c->selector != NULL) + (c->quantizer != NULL) + (c->whole != NULL) != 1) {
        return LAC_FAIL(LAC_E_USAGE,
                        "its %s '%s' is one of selector, quantizer and whole, and says not which",
                        part.kind, part.name);
    }
    if (c->selector) {
        const struct member s[] = {MEMBER(c->selector, setup), MEMBER(c->selector, select),
                                   MEMBER(c->selector, receive)};
        CHECK_MEMBERS(part, s);
    }
    if (c->quantizer) {
        const struct member q[] = {MEMBER(c->quantizer, setup), MEMBER(c->quantizer, encode),
                                   MEMBER(c->quantizer, decode_add),
                                   MEMBER(c->quantizer, paper_bits)};
        CHECK_MEMBERS(part, q);
    }
    if (c->whole) {
        const struct member w[] = {MEMBER(c->whole, setup), MEMBER(c->whole, encode),
                                   MEMBER(c->whole, decode_add)};
        CHECK_MEMBERS(part, w);
    }
    return LAC_OK;
}

static lac_status check_compressor(const struct lac_compressor *c)
{
    struct part part = {"compressor", c->name};
    const struct member needed[] = {MEMBER(c, usage), MEMBER(c, summary), MEMBER(c, definition),
                                    MEMBER(c, bits),  MEMBER(c, paper),   MEMBER(c, examples)};
    CHECK_MEMBERS(part, needed);
    if (!c->examples[0]) {
        return lacks(part, "example, which lists and tests need");
    }
    if (c->state_size == 0) {
        return lacks(part, "state_size");
    }
    if (c->codec != LAC_CODEC_PLUGIN) {
        return lacks(part, "codec LAC_CODEC_PLUGIN");
    }
    return check_kind(part, c);
}

static lac_status check_objective(const struct lac_objective *o)
{
    struct part part = {"objective", o->name};
    const struct member needed[] = {MEMBER(o, formula),        MEMBER(o, work),
                                    MEMBER(o, evaluate),       MEMBER(o, curvature),
                                    MEMBER(o, row_smoothness), MEMBER(o, curvature_squared),
                                    MEMBER(o, support)};
    CHECK_MEMBERS(part, needed);
    if ((o->two_classes || o->classes) && !o->correct) {
        return lacks(part, "correct, which labels of classes need");
    }
    return LAC_OK;
}

static lac_status check_name(const char *kind, size_t number, const char *name)
{
    if (is_name(name)) {
        return LAC_OK;
    }
    return LAC_FAIL(LAC_E_USAGE, "its %s number %zu has the name '%.60s'; " NAMES, kind, number + 1,
                    name ? name : "", LONGEST_NAME);
}

static lac_status check_title(const struct lac_plugin *p)
{
    if (!p->name || !*p->name || !p->version || !*p->version) {
        return LAC_FAIL(LAC_E_USAGE,
                        "has no name and version of its own: LAC_PLUGIN(.name = \"mine\", "
                        ".version = \"1.0\", ...)");
    }
    if (!is_name(p->name)) {
        return LAC_FAIL(LAC_E_USAGE, "has the name '%.60s'; " NAMES, p->name, LONGEST_NAME);
    }
    if (strpbrk(p->version, " ,\n") || strlen(p->version) > LONGEST_VERSION) {
        return LAC_FAIL(LAC_E_USAGE,
                        "has the version '%.60s'; a version is %d characters at most, no blank and "
                        "no comma among them",
                        p->version, LONGEST_VERSION);
    }
    return LAC_OK;
}

lac_status lac_plugin_check(const struct lac_plugin *p)
{
    LAC_TRY(check_title(p));
    if (!p->setup) {
        return LAC_FAIL(LAC_E_USAGE, "has no set-up; it was not made by LAC_PLUGIN");
    }
    if (!(p->methods && *p->methods) && !(p->compressors && *p->compressors) &&
        !(p->objectives && *p->objectives)) {
        return LAC_FAIL(LAC_E_USAGE, "has no method, compressor or objective");
    }
    for (size_t i = 0; p->methods && p->methods[i]; i++) {
        LAC_TRY(check_name("method", i, p->methods[i]->name));
        LAC_TRY(check_method(p->methods[i]));
    }
    for (size_t i = 0; p->compressors && p->compressors[i]; i++) {
        LAC_TRY(check_name("compressor", i, p->compressors[i]->name));
        LAC_TRY(check_compressor(p->compressors[i]));
    }
    for (size_t i = 0; p->objectives && p->objectives[i]; i++) {
        LAC_TRY(check_name("objective", i, p->objectives[i]->name));
        LAC_TRY(check_objective(p->objectives[i]));
    }
    return LAC_OK;
}
