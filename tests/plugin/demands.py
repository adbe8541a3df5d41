"""`laconic test-plugin` finds what is wrong: each of its demands is shown to fail by a fault in the example.

usage: demands.py MPIRUN LACONIC BUILD TOP CC
"""

from bench_of_plugins import Installed, call, finish, laconic, ok

# file, what stands there, what stands there instead, what is then not ok
FAULTS = [
    ("rand_diana.c", "    LAC_VECTOR(rand_diana_client, h_i, LAC_STATE),", "    LAC_VECTOR(rand_diana_client, h_i, LAC_WORK),", "interrupted on 2 ranks"),
    ("rand_diana.c", "    vec_axpy(s->h, 1.0 / (double)e->n, diff, e->d);", "    vec_axpy(s->h, -1.0 / (double)e->n, diff, e->d);", "in 1200 rounds"),
    ("rand_diana.c", "    if (!renews(e)) {\n        return LAC_OK; /*", "    static double turn;\n    vec_scale(c->h_i, 1.0 - 1e-9 * ++turn, c->h_i, e->d);\n    if (!renews(e)) {\n        return LAC_OK; /*",
     "run again, and on 3 and 5 ranks"),
    ("rand_diana.c", "    vec_sub(w->diff, w->diff, c->h_i, e->d);", "    vec_sub(w->diff, w->diff, c->h_i, e->d);\n    static double carry;\n    carry = e->round <= 1 ? 0.0 : carry;\n    w->diff[0] += 0.1 * carry;\n    carry = w->diff[0];",
     "run again, and on 3 and 5 ranks"),
    ("rand_diana.c", "    vec_sub(w->diff, w->diff, c->h_i, e->d);", "    vec_sub(w->diff, w->diff, c->h_i, e->d);\n    static int hidden;\n    w->diff[0] *= 1.0 + 0.01 * (hidden++ % 7);",
     "run again, and on 3 and 5 ranks"),
    ("rand_diana.c", "    vec_sub(w->diff, w->diff, c->h_i, e->d);", "    vec_sub(w->diff, w->diff, c->h_i, e->d);\n    static double kept[99];\n    double *mine = &kept[e->who.client];\n    *mine = e->round <= 1 ? 0.0 : *mine + 1.0;\n    w->diff[0] *= 1.0 + 0.01 * *mine;",
     "interrupted on 2 ranks"),
    ("rand_diana.c", "    LAC_TRY(lac_get(e, up, &diff));", "    if (lac_get(e, up, &diff) != LAC_OK) {\n        return LAC_FAIL(LAC_E_FAILED, \"no diff\");\n    }",
     "runs with changed messages"),
    ("rand_diana.c", "    return 1.0 / (p->constants->L_max *", "    return -1.0 / (p->constants->L_max *", "the others give positive numbers: "),
    ("rand_diana.c", "    vec_axpy(s->x, -e->gamma, s->g, e->d);", "    vec_axpy(s->x, -1e-3 * e->gamma, s->g, e->d);", "in 1200 rounds"),
    ("rand_diana.c", "    return 1.0 / (p->constants->L_max *", "    double none = p->mu - p->mu;\n    return none / (none *", "theory gives"),
    ("rand_diana.c", '#include "example.h"', '#include <stdlib.h>\n\n#include "example.h"\n\nvoid *spare(void);\nvoid *spare(void)\n{\n    return malloc(8);\n}', "no memory of its own"),
    ("rand_diana.c", '#include "example.h"', '#include <math.h>\n\n#include "example.h"\n\ndouble grows(double x);\ndouble grows(double x)\n{\n    return exp(x);\n}', "no function of libm"),
    ("rand_diana.c", '#include "example.h"', '#include <stdlib.h>\n\n#include "example.h"\n\nint dice(void);\nint dice(void)\n{\n    return rand();\n}', "the run's seed"),
    ("rand_diana.c", '#include "example.h"', '#include <math.h>\n\n#include "example.h"\n\ndouble grows(float x);\ndouble grows(float x)\n{\n    return (double)log2f(x);\n}', "no function of libm"),
    ("rand_diana.c", '#include "example.h"', '#include <stdio.h>\n\n#include "example.h"\n\nvoid *opens(void);\nvoid *opens(void)\n{\n    return fopen("x", "r");\n}', "all else that it calls"),
    ("rand_diana.c", '#include "example.h"', '#include <stdio.h>\n\n#include "example.h"\n\nvoid says(int n);\nvoid says(int n)\n{\n    printf("%d", n);\n}', "all else that it calls"),
    ("rand_diana.c", '#include "example.h"', '#include "example.h"\n\nint MPI_Barrier(void *);\nint meets(void);\nint meets(void)\n{\n    return MPI_Barrier(0);\n}', "all else that it calls"),
    ("rand_diana.c", '#include "example.h"', '#include <math.h>\n\n#include "example.h"\n\nlong double twice(long double x, int n);\nlong double twice(long double x, int n)\n{\n    return ldexpl(x, n);\n}', "it calls ldexpl"),
    ("mask.c", ".omega = 1.0 / s->p - 1.0", ".omega = 1.1 * (1.0 / s->p - 1.0)", "the variance is  omega"),
    ("mask.c", ".omega = 1.0 / s->p - 1.0", ".omega = 0.9 * (1.0 / s->p - 1.0)", "the variance is  omega"),
    ("mask.c", "    (void)v, (void)w;\n    return mask_choose(state, draw, out);",
     "    (void)w;\n    if (v[0] - v[0] != 0.0) {\n        return LAC_FAIL(LAC_E_FAILED, \"no number\");\n    }\n    return mask_choose(state, draw, out);", "what is not finite is refused"),
    ("mask.c", "1.0, s->p}", "1.0, 0.9 * s->p}", "unbiased: the mean"),
    ("mask.c", ".mean = d * s->p / (1.0 - none)", ".mean = d * s->p", "papers' bits"),
    ("mask.c", ".contractive = s->p == 1.0", ".contractive = true", "C contracts by alpha"),
    ("mask.c", "    (void)v, (void)w;\n    return mask_choose(state, draw, out);",
     "    struct lac_draw other = *draw;\n    (void)v, (void)w;\n    other.round++;\n    return mask_choose(state, &other, out);", "both sides decode"),
    ("huber.c", "t < -1.0 ? -1.0 : t", "t < -1.0 ? -0.9 : t", "the gradient is that of the loss"),
    ("huber.c", "    lac_rows_curvature(rows, 1.0, v, work, hv);", "    lac_rows_curvature(rows, 0.5, v, work, hv);", "the curvature bounds"),
    ("huber.c", "    lac_rows_smoothness(rows, 1.0, L);", "    lac_rows_smoothness(rows, 0.9, L);", "constants of single rows"),
    ("huber.c", "rows, 1.0, weight, v, hv", "rows, 1.1, weight, v, hv", "constants of single rows"),
    ("huber.c", "return lac_rows_entries(rows, huber_rows, 1.0", "return lac_rows_entries(rows, huber_rows, 0.5", "entries and support"),
    ("huber.c", "    return vec_sum(loss, count);", "    return vec_sum(loss, count) + 1e-3 / (double)count;", "it is the mean over its rows"),
    ("huber.c", "    return vec_sum(loss, count);", "    static double turn;\n    return vec_sum(loss, count) * (1.0 + 1e-14 * ++turn);",
     "the same bits on every instruction set", "to the same bits on 1, 3 and 5 ranks"),
    ("huber.c", "    lac_rows_support(rows, mark);", "    lac_rows_support(rows, mark);\n    mark[0] = 0.0;", "entries and support"),
    ("huber.c", "t > 1.0 ? 1.0 : t < -1.0 ? -1.0 : t;", "t > 1.0 ? 1.0 : t < -1.0 ? -1.0 : -t;", "huber, dense rows: convex"),
]

# C(v) = v
PLAIN = """
#include <laconic/laconic.h>
struct plain { size_t d; double *c; };
static lac_status setup(void *state, const struct lac_compressor_size *size, const struct lac_spec *spec, struct lac_arena *arena, struct lac_compressor_info *info)
{
    struct plain *s = state;
    (void)spec;
    s->d = size->d;
    *info = (struct lac_compressor_info){.classes = LAC_UNBIASED, .omega = 0.0, .alpha = 1.0, .max_bytes = 8 * s->d, .expected_bits = 64.0 * (double)s->d,
        .information_bits = 64.0 * (double)s->d, .paper_bits = 32.0 * (double)s->d, .homogeneous = true, .moves_zeros = true};
    return LAC_NEW(arena, s->d, &s->c);
}
static lac_status encode(void *state, const struct lac_draw *draw, const double *v, struct lac_writer *w)
{
    struct plain *s = state;
    (void)draw;
    for (size_t j = 0; j < s->d; j++) {
        s->c[j] = v[j];
    }
    lac_write_doubles(w, LAC_BITS_VALUE, s->c, s->d);
    w->bits.paper += 32 * s->d;
    return LAC_OK;
}
static lac_status decode_add(void *state, const struct lac_draw *draw, struct lac_reader *r, double factor, double *acc)
{
    struct plain *s = state;
    (void)draw;
    for (size_t j = 0; j < s->d; j++) {
        s->c[j] = lac_read_double(r, LAC_BITS_VALUE);
    }
    if (r->bad || !vec_finite(s->c, s->d)) {
        return LAC_FAIL(LAC_E_PROTOCOL, "plain: a section is cut");
    }
    vec_axpy(acc, factor, s->c, s->d);
    r->bits.paper += 32 * s->d;
    return LAC_OK;
}
static const struct lac_whole whole = {setup, encode, decode_add};
static const char *const examples[] = {"plain", NULL};
static const struct lac_compressor plain = {.name = "plain", .usage = "plain", .summary = "none", .definition = "v", .omega = "0", .bits = "d values", .paper = "none",
    .examples = examples, .codec = LAC_CODEC_PLUGIN, .state_size = sizeof(struct plain), .whole = &whole};
static const struct lac_compressor *const compressors[] = {&plain, NULL};
LAC_PLUGIN(.name = "plain", .version = "1", .compressors = compressors);
"""
# with J skew: <C(v), v> = |v|^2 and |C(v) - v|^2 <= |v|^2/4, but the mean is not v
SKEW = {"s->c[j] = v[j];": "s->c[j] = v[j] + (j % 2 == 1 ? -0.5 * v[j - 1] : j + 1 < s->d ? 0.5 * v[j + 1] : 0.0);", ".omega = 0.0, .alpha = 1.0": ".omega = 0.25, .alpha = 0.8"}
# what stands in it instead of what, what is then not ok
WHOLE = [
    ({"    w->bits.paper += 32 * s->d;": "    w->bits.paper += 32 * s->d;\n    w->bits.of[LAC_BITS_VALUE] -= 8;"}, "every bit is counted"),
    ({**SKEW, ".omega = 0.0, .alpha = 1.0": ".omega = 0.25, .alpha = 0.9"}, "C/(1 + omega) contracts by alpha"),
    ({".expected_bits = 64.0": ".expected_bits = 65.0"}, "the mean of value and index bits"),
    ({"s->c[j] = lac_read_double(r, LAC_BITS_VALUE);": "s->c[j] = r->p < r->end ? lac_read_double(r, LAC_BITS_VALUE) : 0.0;"}, "every truncation is refused"),
    ({"    vec_axpy(acc, factor, s->c, s->d);": "    vec_axpy(acc, factor, s->c, s->d);\n    if (s->c[0] > 1e3) {\n        acc[s->d] = 0.0;\n    }"}, "changed bytes are refused or harmless"),
    ({"s->c[j] = v[j];": "s->c[j] = draw->round % 2 ? v[j] : 0.0;", "LAC_UNBIASED, .omega = 0.0, .alpha = 1.0": "LAC_CONTRACTIVE, .alpha = 0.5, .every_draw = true"}, "in every draw"),
]


def whole(at, name, changes, more=""):
    """Lines of test-plugin that are not ok, for the plain compressor with changes."""
    text = PLAIN
    for old, new in changes.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    done = call([laconic, "test-plugin", at.text(name, text + more, ["-Wl,--hash-style=sysv"] if more else [])])
    return done.returncode, [line for line in done.stdout.splitlines() if line.startswith("not ok")], done.stdout + done.stderr


HARMLESS = """#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "example.h"

double uses(char *text, size_t room, double x, float y);
double uses(char *text, size_t room, double x, float y)
{
    sprintf(text, "%g", x);
    strcat(text, "1");
    __builtin___strncat_chk(text, "2", room, room);
    errno = 0;
    x += fma(x, 2.0, strtod(text, NULL)) + (double)sqrtf(y) + (double)labs(strtol(text, NULL, 10));
    return errno + (double)nextafterf(y, 2.0f) + (double)strcspn(text, "3") + fmod(x, 3.0);
}
"""


def harmless(at):
    """What gives the same everywhere, also by the names that a compiler who checks lengths gives it."""
    plugin = at.example("harmless", "rand_diana.c", '#include "example.h"', HARMLESS)
    done = call([laconic, "test-plugin", plugin])
    failed = [line for line in done.stdout.splitlines() if line.startswith("not ok") and "calls" in line]
    ok("ok 4 - all else that it calls" in done.stdout and not failed, "bytes, texts, whole numbers and exact functions are for everybody", "\n".join(failed) + done.stderr)


def main():
    with Installed() as at:
        done = call([laconic, "test-plugin", at.example("good")])
        ok(done.returncode == 0 and "not ok" not in done.stdout and done.stdout.count("\nok ") > 100, "the example meets all demands",
           done.stdout[-3000:] + done.stderr)
        harmless(at)
        for i, (file, old, new, *said) in enumerate(FAULTS):
            plugin = at.example("fault-%d" % i, file, old, new)
            done = call([laconic, "test-plugin", plugin]) if plugin else None
            failed = [line for line in done.stdout.splitlines() if line.startswith("not ok")] if done else []
            ok(done and done.returncode == 1 and all(any(one in line for line in failed) for one in said), "found: %s in %s" % (new.strip().splitlines()[-1].strip(), file),
               "\n".join(failed) + (done.stderr if done else ""))
        status, failed, said = whole(at, "plain", {})
        ok(status == 0 and not failed, "a compressor that sends everything meets all demands", said)
        status, failed, said = whole(at, "skew", SKEW)
        ok(status == 1 and failed and all("the mean of C(v) is v" in line for line in failed), "found: a mean that is not v, though along v it is", said)
        for i, (changes, wanted) in enumerate(WHOLE):
            status, failed, said = whole(at, "whole-%d" % i, changes)
            ok(status == 1 and any(wanted in line for line in failed), "found: %s" % list(changes.values())[0].strip().splitlines()[-1], said)
        more = "#include <math.h>\nvoid *valloc(size_t size);\nvoid *valloc(size_t size)\n{\n    return size ? 0 : 0;\n}\ndouble grows(double x);\ndouble grows(double x)\n{\n    return exp(x);\n}\n"
        status, failed, said = whole(at, "old-hash", {}, more)
        ok(status == 1 and len(failed) == 1 and "it calls exp;" in failed[0], "found: what a file with the older table of symbols calls, and not what it has of the same name", said)
        done = call([laconic, "test-plugin"])
        ok(done.returncode == 2 and "name a plug-in" in done.stderr, "a file must be named", done.stderr)
        for name in ["--built-in"]:
            done = call([laconic, "test-plugin", name], timeout=300)
            failed = [line for line in done.stdout.splitlines() if line.startswith("not ok")]
            ok(done.returncode == 0 and not failed and done.stdout.count("\nok ") > 2000, "all that is built in meets them", "\n".join(failed) + done.stderr)
    finish()


main()
