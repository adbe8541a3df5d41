"""Plug-ins of version 1.0 in a program of a later minor version: structs have grown at their ends, and what is new is zero.

The later program is the code that opens plug-ins, compiled over headers that have one member more each.
usage: later.py MPIRUN LACONIC BUILD TOP CC
"""

import glob
import os
import re

from bench_of_plugins import Installed, build, call, compiler, finish, laconic, ok, top

GROWN = [("plugin/abi.h", "lac_plugin"), ("common/method/method.h", "lac_method"), ("common/compressor/compressor.h", "lac_compressor"),
         ("worker/objective/objective.h", "lac_objective")]
MAIN = r"""
#include <stdio.h>

#include "plugin/plugin.h"

int main(int argc, char **argv)
{
    struct lac_arena a = {0};
    const char *ids;
    if (argc < 2 || lac_plugins_open(argv[1], &a, &ids) != LAC_OK) {
        printf("%s\n", lac_failure());
        return 2;
    }
    const struct lac_plugin *p = &lac_plugin_file(0)->plugin;
    printf("%d.%d %s", LAC_ABI_MAJOR, LAC_ABI_MINOR, p->methods[0]->name);
    printf(" %d %d\n", p->more == NULL, p->methods[0]->more == NULL);
    return 0;
}
"""
# what stands behind its structs is no part of them
PLUGIN = """
#include <laconic/laconic.h>
struct state { double *x; };
static const struct lac_vector state_vectors[] = {LAC_VECTOR(state, x, LAC_MODEL), {0}};
static lac_status step(void *w, void *c, struct lac_env *e, struct lac_message *down, struct lac_message *up)
{
    (void)w, (void)c, (void)e, (void)down, (void)up;
    return LAC_OK;
}
static lac_status add(void *s, const struct lac_env *e, struct lac_message *up)
{
    (void)s, (void)e, (void)up;
    return LAC_OK;
}
static const struct { struct lac_method method; const void *behind[4]; } kept = {{.name = "old", .summary = "none", .paper = "none", .client_step = step,
    .server_add = add, .server = LAC_HOLDS(state)}, {&kept, &kept, &kept, &kept}};
static const struct lac_method *const methods[] = {&kept.method, NULL};
LAC_PLUGIN(.name = "old", .version = "1", .methods = methods);
"""


def grow(folder):
    for header, name in GROWN:
        path = os.path.join(folder, re.sub("^common/", "", header))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        text = open(os.path.join(top, "src", header)).read()
        text = re.sub(r"(^struct %s \{.*?)(^\};)" % name, r"\1    void (*more)(void);\n\2", text, count=1, flags=re.MULTILINE | re.DOTALL)
        with open(path, "w") as f:
            f.write(text.replace("LAC_ABI_MINOR = 0", "LAC_ABI_MINOR = 1"))


def later(at):
    """The program of version 1.1, or None."""
    folder, out = at.path("later"), at.path("later/open")
    grow(folder)
    with open(os.path.join(folder, "main.c"), "w") as f:
        f.write(MAIN)
    files = [os.path.join(top, "src/plugin", name) for name in sorted(os.listdir(os.path.join(top, "src/plugin"))) if name.endswith(".c")]
    places = [folder, os.path.join(top, "src/common"), os.path.join(top, "src"), os.path.join(top, "proto"), os.path.join(build, "src/plugin")]
    libraries = glob.glob(os.path.join(build, "src/**/lib*.a"), recursive=True)
    libraries = [name for name in libraries if not name.endswith("liblaconic_plugin.a")]
    done = call([compiler, "-std=c11", "-D_GNU_SOURCE", "-o", out, os.path.join(folder, "main.c"), os.path.join(build, "src/plugin/plugin_table.c")] + files
                + ["-I" + name for name in places] + ["-Wl,--start-group"] + libraries + ["-Wl,--end-group", "-ldl", "-lm", "-lpthread", "-lsodium", "-lxxhash"])
    ok(done.returncode == 0, "the code that opens plug-ins compiles over larger structs", done.stderr)
    return out if done.returncode == 0 else None


def main():
    if "__asan_init" in call(["nm", "-D", laconic]).stdout:
        print("1..0 # SKIP the libraries of a sanitized build link into no program but its own")
        return
    with Installed() as at:
        plugin, program = at.text("old", PLUGIN), later(at)
        if plugin and program:
            done = call([program, plugin])
            ok(done.returncode == 0 and done.stdout == "1.1 old 1 1\n", "a plug-in of version 1.0 is opened by 1.1, and what it does not have is zero", done.stdout + done.stderr)
            done = call([program, at.example("example")])
            ok(done.returncode == 0, "so is the example", done.stdout + done.stderr)
            newer = at.text("new", PLUGIN.replace("LAC_PLUGIN(", "LAC_PLUGIN(.abi_minor = 1, "), ["-Wno-override-init"])
            done = call([laconic, "list", "--plugin", newer])
            ok(done.returncode == 2 and "version 1.1 of the interface, and this laconic has 1.0" in done.stderr, "one of version 1.1 is refused by 1.0", done.stderr)
    finish()


main()
