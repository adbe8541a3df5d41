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
    ("rand_diana.c", "    return 1.0 / (p->constants->L_max *", "    return -1.0 / (p->constants->L_max *", "theory gives -"),
    ("rand_diana.c", "    return 1.0 / (p->constants->L_max *", "    double none = p->mu - p->mu;\n    return none / (none *", "theory gives"),
    ("rand_diana.c", '#include "example.h"', '#include <stdlib.h>\n\n#include "example.h"\n\nvoid *spare(void);\nvoid *spare(void)\n{\n    return malloc(8);\n}', "no memory of its own"),
    ("rand_diana.c", '#include "example.h"', '#include <math.h>\n\n#include "example.h"\n\ndouble grows(double x);\ndouble grows(double x)\n{\n    return exp(x);\n}', "no function of libm"),
    ("rand_diana.c", '#include "example.h"', '#include <stdlib.h>\n\n#include "example.h"\n\nint dice(void);\nint dice(void)\n{\n    return rand();\n}', "the run's seed"),
    ("rand_diana.c", '#include "example.h"', '#include <math.h>\n\n#include "example.h"\n\ndouble grows(float x);\ndouble grows(float x)\n{\n    return (double)log2f(x);\n}', "no function of libm"),
    ("rand_diana.c", '#include "example.h"', '#include <stdio.h>\n\n#include "example.h"\n\nvoid *opens(void);\nvoid *opens(void)\n{\n    return fopen("x", "r");\n}', "all else that it calls"),
    ("rand_diana.c", '#include "example.h"', '#include "example.h"\n\nint MPI_Barrier(void *);\nint meets(void);\nint meets(void)\n{\n    return MPI_Barrier(0);\n}', "all else that it calls"),
    ("rand_diana.c", '#include "example.h"', '#include <math.h>\n\n#include "example.h"\n\nlong double twice(long double x, int n);\nlong double twice(long double x, int n)\n{\n    return ldexpl(x, n);\n}', "it calls ldexpl"),
    ("mask.c", ".omega = 1.0 / s->p - 1.0", ".omega = 1.1 * (1.0 / s->p - 1.0)", "the variance is  omega"),
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
    ("huber.c", "t > 1.0 ? 1.0 : t < -1.0 ? -1.0 : t;", "t > 1.0 ? 1.0 : t < -1.0 ? -1.0 : -t;", "huber, dense rows: convex"),
]

# C(v) = v + Jv/2 with J skew: <C(v), v> = |v|^2 and |C(v) - v|^2 <= |v|^2/4, but the mean is not v
SKEW = """
#include <laconic/laconic.h>
struct skew { size_t d; double *c; };
static lac_status setup(void *state, const struct lac_compressor_size *size, const struct lac_spec *spec, struct lac_arena *arena, struct lac_compressor_info *info)
{
    struct skew *s = state;
    (void)spec;
    s->d = size->d;
    *info = (struct lac_compressor_info){.classes = LAC_UNBIASED, .omega = 0.25, .alpha = 0.8, .max_bytes = 8 * s->d, .expected_bits = 64.0 * (double)s->d,
        .information_bits = 64.0 * (double)s->d, .paper_bits = 32.0 * (double)s->d, .homogeneous = true, .moves_zeros = true};
    return LAC_NEW(arena, s->d, &s->c);
}
static lac_status encode(void *state, const struct lac_draw *draw, const double *v, struct lac_writer *w)
{
    struct skew *s = state;
    (void)draw;
    for (size_t j = 0; j < s->d; j++) {
        s->c[j] = v[j] + (j % 2 == 1 ? -0.5 * v[j - 1] : j + 1 < s->d ? 0.5 * v[j + 1] : 0.0);
    }
    lac_write_doubles(w, LAC_BITS_VALUE, s->c, s->d);
    w->bits.paper += 32 * s->d;
    return LAC_OK;
}
static lac_status decode_add(void *state, const struct lac_draw *draw, struct lac_reader *r, double factor, double *acc)
{
    struct skew *s = state;
    (void)draw;
    for (size_t j = 0; j < s->d; j++) {
        s->c[j] = lac_read_double(r, LAC_BITS_VALUE);
    }
    if (r->bad || !vec_finite(s->c, s->d)) {
        return LAC_FAIL(LAC_E_PROTOCOL, "skew: a section is cut");
    }
    vec_axpy(acc, factor, s->c, s->d);
    r->bits.paper += 32 * s->d;
    return LAC_OK;
}
static const struct lac_whole whole = {setup, encode, decode_add};
static const char *const examples[] = {"skew", NULL};
static const struct lac_compressor skew = {.name = "skew", .usage = "skew", .summary = "none", .definition = "v + Jv/2", .omega = "1/4", .bits = "d values", .paper = "none",
    .examples = examples, .codec = LAC_CODEC_PLUGIN, .state_size = sizeof(struct skew), .whole = &whole};
static const struct lac_compressor *const compressors[] = {&skew, NULL};
LAC_PLUGIN(.name = "skew", .version = "1", .compressors = compressors);
"""


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
        for i, (file, old, new, said) in enumerate(FAULTS):
            plugin = at.example("fault-%d" % i, file, old, new)
            done = call([laconic, "test-plugin", plugin]) if plugin else None
            failed = [line for line in done.stdout.splitlines() if line.startswith("not ok")] if done else []
            ok(done and done.returncode == 1 and any(said in line for line in failed), "found: %s in %s" % (new.strip().splitlines()[-1].strip(), file),
               "\n".join(failed) + (done.stderr if done else ""))
        done = call([laconic, "test-plugin", at.text("skew", SKEW)])
        failed = [line for line in done.stdout.splitlines() if line.startswith("not ok")]
        ok(done.returncode == 1 and failed and all("the mean of C(v) is v" in line for line in failed), "found: a mean that is not v, though along v it is",
           "\n".join(failed) + done.stderr)
        done = call([laconic, "test-plugin"])
        ok(done.returncode == 2 and "name a plug-in" in done.stderr, "a file must be named", done.stderr)
        for name in ["--built-in"]:
            done = call([laconic, "test-plugin", name], timeout=300)
            failed = [line for line in done.stdout.splitlines() if line.startswith("not ok")]
            ok(done.returncode == 0 and not failed and done.stdout.count("\nok ") > 2000, "all that is built in meets them", "\n".join(failed) + done.stderr)
    finish()


main()
