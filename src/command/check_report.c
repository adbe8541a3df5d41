/* One line for each check: the worst of what the ranks found. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clean.h"
#include "base/text.h"
#include "command/check_parts.h"

static const char *const words[] = {
    [LAC_CHECK_OK] = "ok", [LAC_CHECK_WARN] = "warn", [LAC_CHECK_FAIL] = "FAIL"};

struct verdict {
    const struct lac_check_line *line;
    uint32_t rank, others; /* who found it first, and how many more found the like */
};

enum lac_verdict lac_check_worst(const struct lac_findings *f, const char *name)
{
    enum lac_verdict worst = LAC_CHECK_OK;
    for (uint32_t i = 0; i < f->count; i++) {
        bool counts = !name || strcmp(f->line[i].name, name) == 0;
        worst = counts && f->line[i].verdict > worst ? f->line[i].verdict : worst;
    }
    return worst;
}

static void take_line(struct verdict *v, size_t *count, const struct lac_check_line *line,
                      uint32_t rank)
{
    size_t i = 0;
    while (i < *count && strcmp(v[i].line->name, line->name) != 0) {
        i++;
    }
    if (i == *count) {
        LAC_ASSERT(*count < LAC_CHECK_LINES);
        ++*count;
        v[i] = (struct verdict){.line = line, .rank = rank};
    } else if (line->verdict > v[i].line->verdict) {
        v[i] = (struct verdict){.line = line, .rank = rank};
    } else {
        v[i].others += line->verdict == v[i].line->verdict;
    }
}

static size_t merge(const struct lac_check *k, struct verdict *v)
{
    size_t count = 0;
    for (uint32_t rank = 0; rank < k->mpi.size; rank++) {
        for (uint32_t i = 0; i < k->all[rank].count; i++) {
            take_line(v, &count, &k->all[rank].line[i], rank);
        }
    }
    return count;
}

static uint32_t hosts_of(const struct lac_check *k)
{
    uint32_t hosts = 0;
    for (uint32_t rank = 0; rank < k->mpi.size; rank++) {
        bool first = true;
        for (uint32_t r = 0; r < rank; r++) {
            first = first && strcmp(k->all[r].host, k->all[rank].host) != 0;
        }
        hosts += first;
    }
    return hosts;
}

/* A finding of a rank names it, where there are others. */
static void describe(const struct lac_check *k, const struct verdict *v, char *out, size_t size)
{
    char text[LAC_CHECK_TEXT + 200], others[48] = "";
    bool names = v->line->verdict != LAC_CHECK_OK && v->rank > 0;
    if (names && v->others > 0) {
        snprintf(others, sizeof others, " (and %u other rank%s)", v->others, lac_plural(v->others));
    }
    if (names) {
        snprintf(text, sizeof text, "[rank %u/%s] %s%s", v->rank, k->all[v->rank].host,
                 v->line->text, others);
    } else {
        snprintf(text, sizeof text, "%s", v->line->text);
    }
    lac_clean(text, out, size);
}

static void print_text(const struct lac_check *k, const struct verdict *v, size_t count)
{
    char text[2 * LAC_CHECK_TEXT];
    uint32_t hosts = hosts_of(k);
    printf("laconic check: %u rank%s on %u host%s\n", k->mpi.size, lac_plural(k->mpi.size), hosts,
           lac_plural(hosts));
    for (size_t i = 0; i < count; i++) {
        describe(k, &v[i], text, sizeof text);
        printf("  %-4s  %-10s  %s\n", words[v[i].line->verdict], v[i].line->name, text);
    }
    fflush(stdout);
}

static void put_plan(json_t *o, const struct lac_check *k)
{
    for (uint32_t rank = 0; rank < k->mpi.size; rank++) {
        const struct lac_check_plan *p = &k->all[rank].plan;
        if (p->is_known) {
            json_object_set_new(o, "plan",
                                json_pack("{s:f, s:f, s:f, s:f, s:f, s:f}", "bits_up", p->up,
                                          "bits_down", p->down, "memory_rank_0", p->server,
                                          "memory_worker", p->worker, "memory_machine", p->machine,
                                          "checkpoint", p->state));
        }
    }
}

static lac_status print_json(const struct lac_check *k, const struct verdict *v, size_t count,
                             size_t failed)
{
    char text[2 * LAC_CHECK_TEXT];
    json_t *checks = json_array();
    for (size_t i = 0; i < count; i++) {
        describe(k, &v[i], text, sizeof text);
        json_array_append_new(
            checks,
            json_pack("{s:s, s:s, s:i, s:s}", "check", v[i].line->name, "result",
                      v[i].line->verdict == LAC_CHECK_FAIL ? "fail" : words[v[i].line->verdict],
                      "rank", (int)v[i].rank, "text", text));
    }
    json_t *o = json_pack("{s:b, s:i, s:i, s:o}", "ok", failed == 0, "ranks", (int)k->mpi.size,
                          "hosts", (int)hosts_of(k), "checks", checks);
    put_plan(o, k);
    char *all = json_dumps(o, JSON_INDENT(2));
    json_decref(o);
    if (!all) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory: the checks");
    }
    printf("%s\n", all);
    free(all);
    return LAC_OK;
}

lac_status lac_check_report(struct lac_check *k)
{
    struct verdict v[LAC_CHECK_LINES];
    char names[256] = "";
    size_t count = merge(k, v), failed = 0, used = 0;
    for (size_t i = 0; i < count; i++) {
        if (v[i].line->verdict == LAC_CHECK_FAIL) {
            int wrote = snprintf(names + used, sizeof names - used, "%s%s", failed ? ", " : "",
                                 v[i].line->name);
            used += wrote > 0 ? (size_t)wrote : 0;
            failed++;
        }
    }
    if (k->json) {
        LAC_TRY(print_json(k, v, count, failed));
    } else {
        print_text(k, v, count);
    }
    return failed == 0
               ? LAC_OK
               : LAC_FAIL(LAC_E_USAGE, "check: %zu of %zu failed: %s", failed, count, names);
}
