"""Plug-ins as their users have them: built outside the tree, run on ranks, kept, refused.

usage: plugins.py MPIRUN LACONIC BUILD TOP CC
"""

import os
import platform
import re
import shutil
import signal
import subprocess

from bench_of_plugins import Installed, build, compiler, finish, laconic, ok, sources, top
from calls import call, messages, mpirun, refused, run, summary

RUN = ["--method", "rand-diana", "--compressor", "mask:p=0.2", "--objective", "huber", "--data", "synth:least-squares,d=30",
       "--clients", "8", "--regularizer", "l2:0.1", "--rounds", "40", "--quiet"]
# a method that does nothing, and what is said of it
STUB = """
#include <laconic/laconic.h>
#include <stdlib.h>
struct state { double *x; };
static const struct lac_vector state_vectors[] = {LAC_VECTOR(state, x, LAC_MODEL), {0}};
static lac_status step(void *w, void *c, struct lac_env *e, struct lac_message *down, struct lac_message *up)
{
    (void)w, (void)c, (void)e, (void)down, (void)up;
    %(step)s
    return LAC_OK;
}
static lac_status add(void *s, const struct lac_env *e, struct lac_message *up)
{
    (void)s, (void)e, (void)up;
    return LAC_OK;
}
static const struct lac_method stub = {.name = "%(name)s", .summary = "none", .paper = "none", .client_step = %(client_step)s,
    .server_add = add, .server = LAC_HOLDS(state)};
static const struct lac_method *const methods[] = {&stub, NULL};
static bool chosen(void)
{
    const char *rank = getenv("OMPI_COMM_WORLD_RANK"), *wanted = getenv("STUB_RANK");
    return !wanted || (rank && *rank == *wanted);
}
static lac_status start(void)
{
    if (chosen()) {
        %(start)s
    }
    return LAC_OK;
}
%(end)s
"""


def stub(name="stub", step="", start="", client_step="step", end=None, tail=""):
    end = end or 'LAC_PLUGIN(.name = "stub", .version = "1", .methods = methods, .start = start);'
    return STUB % {"name": name, "step": step, "start": start, "client_step": client_step, "end": end + tail}


def package(at):
    wanted = ["usr/local/include/laconic/laconic.h", "usr/local/bin/laconic", "usr/local/share/man/man1/laconic.1"]
    ok(all(any(name.endswith(one.split("usr/local/")[1]) for name in at.files) for one in wanted) and at.flags,
       "program, header, man page and pkg-config file are installed", sorted(at.files))
    source = at.path("alone.c")
    open(source, "w").write("#include <laconic/laconic.h>\n")
    done = call([compiler, "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror", "-fsyntax-only"] + at.flags + [source])
    ok(done.returncode == 0, "the header compiles alone", done.stderr)
    done = call([compiler, "-ffast-math", "-fsyntax-only"] + at.flags + [source])
    ok(done.returncode != 0 and "-ffast-math" in done.stderr, "and refuses -ffast-math", done.stderr)


def by_the_page(at):
    """The commands of docs/your-own-method.md, in a copy of the example."""
    page = open(os.path.join(top, "docs/your-own-method.md")).read()
    example = " ".join(re.sub(r"/\*.*?\*/", " ", "".join(open(os.path.join(sources, name)).read() for name in sorted(os.listdir(sources))), flags=re.DOTALL).split())
    for code in re.findall(r"```c\n(.*?)```", page, re.DOTALL):
        parts = [" ".join(part.split()) for part in re.split(r"\n\s*\n", re.sub(r"/\*.*?\*/", " ", code, flags=re.DOTALL))]
        ok(all(part in example for part in parts), "the page's code is the example's: %s" % parts[0][:60],[part for part in parts if part not in example])
    os.mkdir(at.path("home"))
    os.symlink(at.path("root/usr/local"), at.path("home/.local"))
    at_home = {"HOME": at.path("home"), "PKG_CONFIG_PATH": "/own", "PATH": "/usr/bin:/bin"}
    said = re.findall(r"<!-- run where it was installed into the home -->\n    (.*)\n", page)
    done = call(["sh", "-c", "! pkg-config --exists laconic && %s && pkg-config --exists laconic && laconic --version && test ${PKG_CONFIG_PATH##*:} = /own" % (said or ["false"])[0]], environment=at_home)
    ok(len(said) == 1 and done.returncode == 0, "the page's line finds what was installed into the home, and leaves what was there", done.stdout + done.stderr)
    folder = at.path("page")
    shutil.copytree(sources, folder)
    environment = dict(at.environment, PATH=os.path.dirname(laconic) + ":" + os.environ["PATH"], CC=compiler)
    for commands in re.findall(r"<!-- run in the example -->\n((?:    .*\n)+)", page):
        for line in commands.splitlines():
            done = call(["sh", "-c", line.strip().replace("mpirun ", mpirun + " ")], environment=environment, cwd=folder)
            ok(done.returncode == 0, "the page's: %s" % line.strip(), done.stdout[-2000:] + done.stderr)
    ok(os.path.exists(os.path.join(folder, "example.so")), "a plug-in came of it")
    done = call(["sh", "-c", "meson setup build && ninja -C build"], environment=environment, cwd=folder)
    ok(done.returncode == 0 and os.path.exists(os.path.join(folder, "build/example.so")), "so it does by the example's meson.build",
       done.stdout[-2000:] + done.stderr)


def same_on_ranks(at, plugin):
    found = {}
    for ranks in [0, 2, 5]:
        out = at.path("ranks-%d.h5" % ranks)
        done = run(["--plugin", plugin, "--out", out] + RUN, ranks)
        found[ranks] = done.stderr if done.returncode else (summary(out)["final"]["model_digest"], summary(out)["bits"]["up"]["total"])
    ok(len(set(found.values())) == 1 and len(found[0]) == 2, "the example: one model, one ledger, solo and with 1 and 4 worker ranks", found)
    said = summary(at.path("ranks-0.h5"))["plugins"]
    digest = call(["b2sum", "-l", "256", plugin]).stdout.split()[0]
    ok([(one["name"], one["version"], one["digest"]) for one in said] == [("example", "1.0", digest)],
       "the run file has its name, version and BLAKE2b", said)
    ok("plugin = " + plugin in call([laconic, "show", "--config", at.path("ranks-0.h5")]).stdout, "and show --config gives the option back")
    listed = call([laconic, "list", "--plugin", plugin]).stdout
    ok(listed.count("example 1.0") == 3 and all(name in listed for name in ["rand-diana", "mask:p=P", "huber"]), "`list` shows what it brings", listed)
    done = call([laconic, "train", "--method", "rand-diana"])
    refused("without it there is no such method", done, 2, "rand-diana")


def other_options(at, plugin):
    config = at.path("run.conf")
    open(config, "w").write("plugin = %s\n" % plugin)
    done = run(["--config", config, "--out", at.path("conf.h5")] + RUN)
    ok(done.returncode == 0, "an options file may name it", done.stderr)
    copy = shutil.copy(plugin, at.path("copy.so"))
    done = run(["--plugin", "%s,%s" % (plugin, plugin), "--out", at.path("twice.h5")] + RUN)
    ok(done.returncode == 0, "twice the same file is one", done.stderr)
    refused("two files with one method", run(["--plugin", plugin + "," + copy] + RUN), 2, "copy.so", "rand-diana", "already")
    done = call([laconic, "tune", "--plugin", plugin, "--out", at.path("tune"), "--grid", "1,2"] + RUN)
    ok(done.returncode == 0, "`tune` takes it", done.stderr)
    problem = RUN[4:12]
    digests = set()
    for file in [plugin, at.example("outlier", "huber.c", "size - 0.5", "size - 0.5 + 0.0")]:
        done = call([laconic, "solve", "--plugin", file, "--optima", at.path("optima")] + problem)
        ok(done.returncode == 0, "`solve` takes it", done.stderr)
        digests |= set(os.listdir(at.path("optima"))) if done.returncode == 0 else set()
    ok(len(digests) == 2, "another file's objective is another problem", digests)


def kept(at, plugin):
    folder, copy = at.path("kept"), shutil.copy(plugin, at.path("elsewhere.so"))
    words = RUN + ["--checkpoint-every", "10"]
    done = run(words + ["--plugin", plugin, "--checkpoint", folder, "--out", at.path("kept.h5"), "--rounds", "20"])
    ok(done.returncode == 0, "a run is kept", done.stderr)
    with open(at.path("changed.so"), "wb") as f:
        f.write(open(plugin, "rb").read() + b"\n")
    for ranks in [0, 3]:
        refused("another file is refused, on %d ranks" % ranks, run(words + ["--plugin", at.path("changed.so"), "--resume", folder], ranks), 2,
                "--resume", "plugin = example 1.0", "--plugin " + at.path("changed.so"))
    gd = ["--method", "gd", "--data", "synth:least-squares,d=30", "--clients", "8", "--rounds", "4", "--quiet"]
    done = run(gd + ["--checkpoint", at.path("plain")])
    refused("a run without one does not go on with one", run(gd + ["--plugin", plugin, "--resume", at.path("plain")]), 2, "plugin = example 1.0", "now alone")
    done = run(words + ["--plugin", copy, "--resume", folder, "--out", at.path("kept.h5")], 3)
    whole = run(RUN + ["--plugin", plugin, "--out", at.path("whole.h5")])
    ok(done.returncode == whole.returncode == 0 and summary(at.path("kept.h5"))["final"] == summary(at.path("whole.h5"))["final"],
       "the same file elsewhere goes on, on other ranks, to the same model", done.stderr)


def swept(at, plugin):
    """Sweeps know plug-ins by their bytes, and no run finds those of another; `show` gives the option back."""
    other, path, folder = at.example("swept", "huber.c", "size - 0.5", "size - 0.4"), at.path("swept.conf"), at.path("swept")
    shared = "".join("%s = %s\n" % (name[2:], value) for name, value in zip(RUN[:12:2], RUN[1:12:2]))
    text = "[shared]\n%srounds = 5\n[vary]\nplugin = %s | %s\n" % (shared, plugin, other)
    open(path, "w").write(text)
    done = call([laconic, "sweep", path])
    runs = [summary(os.path.join(folder, name)) for name in sorted(os.listdir(folder)) if name.endswith(".h5")] if done.returncode == 0 else []
    ok(len(runs) == 2 and [[one["file"] for one in each["plugins"]] for each in runs] == [[plugin], [other]]
       and runs[0]["final"]["loss"] != runs[1]["final"]["loss"], "a sweep over two plug-ins with the same names: each run has its own", done.stderr)
    done = call([laconic, "sweep", path])
    ok(done.returncode == 0 and "2 of them there already" in done.stdout, "which are known again", done.stdout + done.stderr)
    with open(other, "ab") as f:
        f.write(b"\n")
    refused("but for other bytes under that name", call([laconic, "sweep", path]), 2, "other bytes in --plugin " + other)
    for name in [name for name in os.listdir(folder) if name.endswith(".sweep.json")]:
        os.remove(os.path.join(folder, name))
    refused("also without the record", call([laconic, "sweep", path]), 2, "other bytes in --plugin " + other)
    tune = [laconic, "tune", "--plugin", other, "--out", at.path("tuned"), "--grid", "1"] + RUN
    ok(call(tune).returncode == 0, "a tuning")
    with open(other, "ab") as f:
        f.write(b"\n")
    refused("of other bytes is not gone on with", call(tune), 2, "other bytes in --plugin " + other)
    open(path, "w").write("[shared]\n%srounds = 5\n[run a]\nplugin = %s\n[run b]\n" % (shared, plugin))
    refused("a run without does not find another's", call([laconic, "sweep", path, "--out", at.path("two")]), 2, "rand-diana")
    done = call([laconic, "train", "--plugin", plugin, "--seeds", "1..2", "--out", at.path("seeds.h5")] + RUN)
    ok(done.returncode == 0 and os.path.exists(at.path("seeds-seed-2.h5")), "and --seeds takes it", done.stderr)
    shown, again = call([laconic, "show", "--command", at.path("seeds-seed-2.h5")]).stdout.rstrip("\n"), at.path("again.h5")
    done = call(["sh", "-c", '"$0"%s --quiet --out "$1"' % shown[len("laconic"):], laconic, again])
    ok("--plugin " + plugin in shown and done.returncode == 0 and summary(again)["final"] == summary(at.path("seeds-seed-2.h5"))["final"],
       "show --command gives a command of the same run", shown + done.stderr)
    ok(", plug-ins: example 1.0." in call([laconic, "show", "--describe", again]).stdout, "show --describe names it")
    shown = call([laconic, "show", "--describe", again]).stdout
    ok("rand-diana (Shulgin, Richtarik, arXiv:2206.10452)" in shown and "Objective: huber, f_i(x) = (1/m) sum H(a.x - b)" in shown, "with the paper and the formula that it declares", shown)
    ok("--plugin FILE" in call([laconic, "show", "--command", at.path("kept")]).stdout, "of a checkpoint FILE stands for it")
    ok(", plug-ins: example 1.0 " in call([laconic, "show", "--describe", at.path("kept")]).stdout, "and it is named in its description")
    done = run(["--plugin", plugin + "," + at.text("described", stub(name="described")), "--out", again, "--force"] + RUN)
    ok(", plug-ins: example 1.0, stub 1." in call([laconic, "show", "--describe", again]).stdout, "so are two", done.stderr)


def one_rank_differs(at, plugin):
    with open(at.path("longer.so"), "wb") as f:
        f.write(open(plugin, "rb").read() + b"\n")

    gd = ["--method", "gd", "--data", "synth:least-squares,d=30", "--clients", "8", "--rounds", "4", "--quiet"]

    def ranks(last):
        return [(2, RUN + ["--plugin", plugin]), (1, RUN + ["--plugin", last])]
    refused("another file on one rank", run(ranks(at.path("longer.so"))), 2, "rank 2", "plugin = example 1.0")
    refused("none on one rank", run([(2, gd + ["--plugin", plugin]), (1, gd)]), 2, "rank 2", "'plugin = ' there", "plugin = example 1.0")
    refused("no file on one rank", run(ranks(at.path("missing.so"))), 2, "rank 2", "missing.so", "No such file")


def silent_ends(at):
    """Functions by which a process ends, or becomes another, without a word: the file is refused before its code runs."""
    for name, code in [("_exit", "_exit(0);"), ("_Exit", "_Exit(0);"), ("quick_exit", "quick_exit(0);"), ("execl", 'execl("/bin/true", "true", (char *)0);'), ("syscall", "syscall(231, 0);"), ("fork", "(void)fork();")]:
        text = stub(tail="\n__attribute__((constructor)) static void early(void)\n{\n    %s\n}\n" % code).replace("<stdlib.h>", "<stdlib.h>\n#include <unistd.h>")
        plugin = at.text("calls-" + name, text)
        refused("a file that calls %s" % name, call([laconic, "list", "--plugin", plugin]), 2, "--plugin: '%s': calls %s, by which" % (plugin, name))
    for ranks in [0, 3]:
        refused("so it is by train, on %d ranks" % ranks, run(["--plugin", plugin, "--method", "stub"], ranks), 2, "calls fork", "(rank 0 on" if ranks else "")


def refusals(at):
    plain = at.text("stub", stub())
    done = call([laconic, "list", "methods", "--plugin", plain])
    ok(done.returncode == 0 and "stub" in done.stdout, "the stub is a plug-in", done.stderr)
    entry = 'const struct lac_verbs *lac_verbs;\n__attribute__((visibility("default"))) extern const struct lac_plugin laconic_plugin;\n' \
        'const struct lac_plugin laconic_plugin = {%s};'
    os.mkfifo(at.path("pipe"))
    cases = [
        ("another major version", stub(end=entry % "2, 0, sizeof laconic_plugin"), ["version 2", "has 1"]),
        ("a higher minor version", stub(end=entry % "1, 99, sizeof laconic_plugin"), ["version 1.99", "has 1.0"]),
        ("an entry that is too small", stub(end=entry % "1, 0, 24"), ["24 bytes"]),
        ("no set-up", stub(end=entry % '1, 0, sizeof laconic_plugin, .name = "stub", .version = "1"'), ["no set-up"]),
        ("methods of another size", stub(end=entry % '1, 0, sizeof laconic_plugin, .method_size = 8888, .name = "stub", .version = "1", .methods = methods'),
         ["8888 bytes"]),
        ("methods of a size that never was", stub(end=entry % '1, 0, sizeof laconic_plugin, .method_size = 8, .name = "stub", .version = "1", .methods = methods, .setup = lac_setup').replace(
            "const struct lac_verbs *lac_verbs;", "static lac_status lac_setup(const struct lac_verbs *v)\n{\n    return v ? LAC_OK : LAC_E_FAILED;\n}", 1), ["a method has 8 bytes"]),
        ("an entry that is smaller than it says", stub(end=entry % "1, 0, 8888"), ["says 8888 bytes"]),
        ("a set-up that does not say why", stub(start="return LAC_E_INPUT;"), ["set-up failed with status", "does not say why"]),
        ("no entry", stub(end="const struct lac_verbs *lac_verbs;"), ["no entry 'laconic_plugin'"]),
        ("no name", stub(end='LAC_PLUGIN(.version = "1", .methods = methods, .start = start);'), ["no name and version"]),
        ("a name of characters that are not allowed", stub(end='LAC_PLUGIN(.name = "S o", .version = "1", .methods = methods, .start = start);'), ["has the name 'S o'", "small letters"]),
        ("nothing in it", stub(end='LAC_PLUGIN(.name = "stub", .version = "1", .start = start);'),
         ["no method, compressor or objective"]),
        ("a name with blanks", stub(name="My Method"), ["'My Method'", "small letters"]),
        ("a name that is there", stub(name="diana"), ["method 'diana' already"]),
        ("a name that papers have for another", stub(name="vr-page"), ["vr-page"]),
        ("a vector outside of its struct", stub().replace("LAC_MODEL), {0}", 'LAC_MODEL), {"y", 8, LAC_STATE, NULL}, {0}'), ["vector 'y' is not in its struct (server)"]),
        ("a role that is none", stub().replace("LAC_MODEL), {0}", 'LAC_MODEL), {"y", 0, (enum lac_role)(LAC_SHIFT + 1), NULL}, {0}'), ["vector 'y' (server) has role 6"]),
        ("no client_step", stub(client_step="NULL"), ["'stub' has no client_step"]),
        ("a start that fails", stub(start='return LAC_FAIL(LAC_E_USAGE, "the licence of the stub has run out");'), ["licence of the stub"]),
    ]
    for name, text, words in cases:
        plugin = at.text(re.sub("[^a-z]+", "-", name), text)
        if plugin:
            refused(name, call([laconic, "list", "--plugin", plugin]), 2, "--plugin: '%s'" % plugin, *words)
    silent_ends(at)
    undefined = at.text("undefined", stub(step="extern const char *lac_machine_rank(void); (void)lac_machine_rank();"))
    if "__asan_init" in call(["nm", "-D", laconic]).stdout:
        ok(True, "a symbol of the program # SKIP sanitizers export all of them")
    else:
        refused("a symbol of the program", call([laconic, "list", "--plugin", undefined]), 2, "undefined symbol", "lac_machine_rank")
    comma = shutil.copy(plain, at.path("a,b.so"))
    refused("a name with a comma", call([laconic, "list", "--plugin", comma]), 2, "a comma parts the names of two files")
    open(at.path("text.so"), "w").write("no shared object")
    whole = open(plain, "rb").read()
    for part in [200, 5000, len(whole) // 2]:
        open(at.path("cut.so"), "wb").write(whole[:part])
        refused("a file of which %d bytes are there" % part, call([laconic, "list", "--plugin", at.path("cut.so")]), 2, "cut.so", "is damaged", "%d bytes" % part)
    for name, path, words in [("a file that is no shared object", at.path("text.so"), ["text.so", "cannot be loaded"]), ("a folder", at.folder, ["regular file"]),
                              ("a pipe", at.path("pipe"), ["regular file"]), ("a file that is not there", at.path("none.so"), ["none.so", "No such file"]),
                              ("an empty name", plain + ",", ["empty"])]:
        refused(name, call([laconic, "list", "--plugin", path]), 2, *words)
        refused(name + ", of train", run(["--plugin", path, "--method", "stub"]), 2, *words)


# what stands in the example, what stands there instead, what is then said
LACKS = [
    (".server_add = rand_diana_server_add,", "", "its method 'rand-diana' has no server_add"),
    ("LAC_VECTOR(rand_diana_server, x, LAC_MODEL)", "LAC_VECTOR(rand_diana_server, x, LAC_STATE)", "has no vector LAC_MODEL"),
    ("LAC_VECTOR(rand_diana_client, h_i, LAC_STATE)", '{"h_i", 8, LAC_STATE, NULL}', "vector 'h_i' is not in its struct (client)"),
    ("LAC_FROM_COMPRESSOR, LAC_UNBIASED", "LAC_FROM_COMPRESSOR, 0", "channel 'up difference' admits no compressor"),
    (".rules = {[LAC_STEP] = rand_diana_rules}", '.rules = {[LAC_STEP] = (const struct lac_step_rule[]){{.name = "mine", .formula = "1"}, {0}}}', "step rule 'mine' has no formula, or no step"),
    ('"probability that a client renews its shift; 1/(1 + omega)"', "NULL", "parameter 'p' has no meaning"),
    (".traits = LAC_GIVES_EVALUATION,", ".traits = LAC_GIVES_EVALUATION, .starts = LAC_START_ZERO, .start_default = LAC_START_EXACT,", "has no start_default among its starts"),
    ('.name = "mask"', '.name = "Mask"', "its compressor number 1 has the name 'Mask'"),
    ('.bits = "a value for each kept",', "", "its compressor 'mask' has no bits"),
    ('mask_examples[] = {"mask:p=0.2", "mask:p=0.05", "mask:p=1", NULL}', "mask_examples[] = {NULL}", "has no example"),
    (".state_size = sizeof(struct mask),", "", "has no state_size"),
    (".codec = LAC_CODEC_PLUGIN,", "", "has no codec LAC_CODEC_PLUGIN"),
    (".selector = &mask_selector,", "", "is one of selector, quantizer and whole, and says not which"),
    ("{mask_setup, mask_select, mask_receive}", "{mask_setup, mask_select, NULL}", "has no receive"),
    ('.name = "huber"', '.name = "Huber"', "its objective number 1 has the name 'Huber'"),
    (".support = huber_support,", "", "its objective 'huber' has no support"),
    (".convex = true,", ".convex = true, .two_classes = true,", "has no correct, which labels of classes need"),
    ('.version = "1.0"', '.version = "1 0"', "has the version '1 0'"),
]


def descriptors(at):
    """Each part of the example, with something missing."""
    text = "".join(open(os.path.join(sources, name)).read() for name in ("example.h", "rand_diana.c", "mask.c", "huber.c", "example.c")).replace('#include "example.h"', "")
    for i, (old, new, said) in enumerate(LACKS):
        plugin = at.text("lacks-%d" % i, text.replace(old, new)) if text.count(old) == 1 else None
        refused(said, call([laconic, "list", "--plugin", plugin or old]), 2, "lacks-%d.so" % i, said)


def several(at):
    """As many as there are, and what one says is not said of another."""
    whole, files = open(at.text("many", stub(name="many-0")), "rb").read(), []
    for letter in "abcdefghijklmnopq":
        files.append(at.path("many-%s.so" % letter))
        with open(files[-1], "wb") as f:
            f.write(whole.replace(b"many-0", b"many-" + letter.encode()))
    done = call([laconic, "list", "--plugin", ",".join(files[:16])])
    ok(done.returncode == 0 and all("many-" + letter in done.stdout for letter in "abcdefghijklmnop"), "sixteen plug-ins", done.stderr)
    refused("one more", call([laconic, "list", "--plugin", ",".join(files)]), 2, "many-q.so", "16 plug-ins are open already")
    silent = at.text("silent", stub(start="return LAC_E_INPUT;"))
    done = call([laconic, "sweep", "/dev/stdin", "--out", at.path("silent")], stdin="[run a]\nplugin = %s\n[run b]\nrounds = x\n" % silent)
    refused("a set-up that does not say why, after something else was wrong", done, 2, "silent.so", "does not say why")


def place(at, fault):
    """A crash in set-up has its place; one outside of the plug-in's file that of the call, and the plug-in's name."""
    deep = "memset((void *)(uintptr_t)(8 + (size_t)e->round), 1, 4096 * (e->round + 1));"
    for name, text, when in [("crash-in-set-up", stub(start=fault), " in its set-up: SIGSEGV at 0x"), ("crash-outside", stub(step=deep), "a function that it called crashed: SIGSEGV, called at 0x"),
                             ("crash-verb", stub(step="LAC_TRY(lac_put(e, up, (const double *)8));\n    e->local_step++;"), "a function that it called crashed: SIGSEGV, called at 0x")]:
        plugin = at.text(name, text.replace("<stdlib.h>", "<stdlib.h>\n#include <string.h>"))
        done = call([laconic, "list", "--plugin", plugin]) if "set-up" in when else run(["--plugin", plugin, "--method", "stub", "--step", "1", "--quiet"])
        found = re.search(r"at (0x[0-9a-f]+) of the file", done.stderr)
        symbol = call(["addr2line", "-f", "-e", plugin, found.group(1)]).stdout.split() if found and shutil.which("addr2line") else ["step"]
        ok(done.returncode == 1 and plugin in done.stderr and when in done.stderr and symbol[0] in ("start", "step"), "%s is named with its place" % name, "%s %s" % (done.stderr, symbol))
    nowhere = stub(client_step="(lac_status (*)(void *, void *, struct lac_env *, struct lac_message *, struct lac_message *))8")  # no frame is of the plug-in
    plugins = [at.text("crash-nowhere", nowhere), at.text("beside", stub(name="beside"))]
    done = run(["--plugin", ",".join(plugins), "--method", "stub", "--step", "1", "--quiet"])
    ok(done.returncode == 1 and len(messages(done)) == 1 and
       "'%s', '%s': a crash outside of these files, which one of them may have caused: SIGSEGV" % tuple(plugins) in done.stderr, "a crash that cannot be placed names all that are loaded", done.stderr)
    loop = "int (*volatile again)(int) = deeper; (void)again(1);"
    over = stub(step=loop).replace("struct state {", "static int deeper(int n)\n{\n    int (*volatile again)(int) = deeper;\n    volatile char room[4096];\n    room[0] = (char)n;\n"
                                   "    return again(n + 1) + room[0];\n}\nstruct state {")
    plugin = at.text("crash-stack", over)
    done = run(["--plugin", plugin, "--method", "stub", "--step", "1", "--quiet"])
    ok(done.returncode == 1 and plugin in done.stderr and "it crashed: SIGSEGV at 0x" in done.stderr, "a stack that is used up is named too", "%d %s" % (done.returncode, done.stderr))
    if platform.machine() != "x86_64":
        ok(True, "a stack that cannot be looked at # SKIP it is made by instructions of x86-64")
        return
    lost = '__asm__ volatile("mov $64, %%rsp\\n\\tmov $8, %%edi\\n\\tmov $4096, %%edx\\n\\tjmp *%0" : : "r"((void *)memset));'
    plugin = at.text("crash-lost", stub(step=lost).replace("<stdlib.h>", "<stdlib.h>\n#include <string.h>"))
    done = run(["--plugin", plugin, "--method", "stub", "--step", "1", "--quiet"])
    ok(done.returncode == 1 and len(messages(done)) == 1 and "'%s': a crash outside of its file, which it may have caused: SIGSEGV" % plugin in done.stderr,
       "so is a crash on a stack that cannot be looked at", "%d %s" % (done.returncode, done.stderr))


def assertions(at):
    """In a step: over MPI the program ends the job before any signal is told."""
    plugins = at.text("assertion", stub(step="LAC_ASSERT(e->round < 3);")), at.text("beside-assertion", stub(name="beside-assertion"))
    for ranks in [0, 3]:
        done = run(["--plugin", ",".join(plugins), "--method", "stub", "--step", "1", "--quiet"], ranks)
        lines = [line for line in messages(done) if "ended from outside" not in line]
        told = r"--plugin: '%s'%s: e->round < 3 does not hold \(assertion\.c:\d+\), called at 0x" % (re.escape(plugins[0]), r" \(rank [12] on \S+\)" if ranks else "")
        ok(done.returncode == 1 and 1 <= len(lines) <= max(ranks - 1, 1) and all(re.search(told, line) for line in lines),
           "a step whose assertion fails is named, %s" % ("with its rank" if ranks else "solo"), done.stderr)


def crashes(at):
    fault = "*(volatile int *)8 = 1;"
    for name, start, number in [("writes to address 8", fault, "SIGSEGV"), ("aborts", "abort();", "SIGABRT"),
                                ("fails an assertion of its own", "LAC_ASSERT(0 > 1);", "0 > 1 does not hold (")]:
        plugin = at.text("crash-" + re.sub("[^a-z]+", "-", name), stub(start=start))
        done = call([laconic, "list", "--plugin", plugin])
        lines = messages(done)
        ok(done.returncode == 1 and len(lines) == 1 and plugin in lines[0] and number in lines[0] and "set-up" in lines[0], "a set-up that %s is named" % name, done.stderr)
    by_signal = [(name, "raise(%s);" % name) for name in ["SIGBUS", "SIGSYS", "SIGTRAP", "SIGILL", "SIGFPE"]]
    for name, start in by_signal:
        done = call([laconic, "list", "--plugin", at.text("crash-" + name.lower(), stub(start=start).replace("<stdlib.h>", "<stdlib.h>\n#include <signal.h>"))])
        ok(done.returncode == 1 and "in its set-up: %s" % name in done.stderr and "data" not in done.stderr, "a set-up that ends by %s is named" % name, done.stderr)
    place(at, fault)
    assertions(at)
    plugin = at.text("crash-rank", stub(start=fault))
    for rank in [0, 2]:
        done = run(["--plugin", plugin, "--method", "stub", "--step", "1", "--quiet"], 3, environment={"STUB_RANK": str(rank)})
        lines = messages(done)
        ok(done.returncode == 1 and len(lines) == 1 and plugin in lines[0] and "rank %d on " % rank in lines[0] and "set-up" in lines[0],
           "a set-up that crashes on rank %d is named with its rank" % rank, done.stderr)
    constructor = at.text("crash-early", stub(tail="\n__attribute__((constructor)) static void early(void)\n{\n    if (chosen()) {\n        %s\n    }\n}\n" % fault))
    done = call([laconic, "list", "--plugin", constructor])
    ok(done.returncode == 1 and "set-up" in done.stderr and constructor in done.stderr, "so is a constructor that crashes", done.stderr)
    later = at.text("crash-later", stub(step="if (e->round == 3) {\n        %s\n    }" % fault))
    done = run(["--plugin", later, "--method", "stub", "--step", "1", "--quiet"])
    ok(done.returncode == 1 and later in done.stderr and "it crashed: SIGSEGV at 0x" in done.stderr and "set-up" not in done.stderr,
       "a step that crashes is named, with its place in the file", done.stderr)
    where = re.search(r"at (0x[0-9a-f]+) of the file", done.stderr)
    symbol = call(["addr2line", "-f", "-e", later, where.group(1)]).stdout.split() if where and shutil.which("addr2line") else ["step"]
    ok(symbol and symbol[0] == "step", "which addr2line takes", symbol)


def nothing_is_left(at, late, later):
    """Of the folder of test-plugin, however it ends."""
    crash = at.text("crash-kept", stub(step="if (e->round == 30) {\n        abort();\n    }"))
    slow = at.text("slow", stub(step="for (volatile long i = 0; i < 100000000; i++) {\n    }"))
    folder = at.path("tmp")
    os.mkdir(folder)
    for plugin in [late, later, crash]:
        done = call([laconic, "test-plugin", plugin], environment={"TMPDIR": folder})
        ok(done.returncode == 1 and os.listdir(folder) == [], "test-plugin leaves no folder behind %s" % os.path.basename(plugin), "%s %s" % (done.returncode, os.listdir(folder)))
    for number in [signal.SIGINT, signal.SIGTERM]:
        with subprocess.Popen([laconic, "test-plugin", slow], env=dict(os.environ, TMPDIR=folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            process.stdout.readline()
            process.send_signal(number)
            errors = process.communicate()[1]
        ok(process.returncode == 1 and os.listdir(folder) == [] and number.name in errors, "nor after %s" % number.name, errors + " ".join(os.listdir(folder)))


def exits(at):
    """A plug-in that ends the program is a failure that names it, also where it says success."""
    where, words = at.path("out.h5"), ["--method", "stub", "--step", "1", "--quiet"]
    early, later = at.text("exit-early", stub(start="exit(0);")), at.text("exit-later", stub(step="if (e->round == 3) {\n        exit(0);\n    }"))
    late = at.text("exit-test", stub(step='((void (*)(int))dlsym((void *)0, "_exit"))(0);').replace("<stdlib.h>", "<stdlib.h>\n#include <dlfcn.h>"))
    for plugin, when in [(early, "in its set-up"), (later, "at 0x")]:
        for ranks in [0, 3]:
            done = run(["--plugin", plugin, "--force", "--out", where] + words, ranks)
            lines = [line for line in messages(done) if plugin in line and "called exit" in line and when in line]
            ok(done.returncode == 1 and lines and (ranks == 0 or "(rank " in lines[0]), "exit(0) is a failure of %s, %s" % (os.path.basename(plugin), ranks or "solo"),
               "%d %s" % (done.returncode, done.stderr))
        done = call([laconic, "test-plugin", plugin])
        ok(done.returncode == 1 and any(plugin in line and "called exit" in line for line in messages(done)), "and of test-plugin", done.stdout + done.stderr)
    done = call([laconic, "test-plugin", late])
    ok(done.returncode == 1 and len(messages(done)) == 1 and late in done.stderr, "_exit(0), where it is hidden, is one of test-plugin", done.stdout + done.stderr)
    nothing_is_left(at, late, later)
    done = call([laconic, "sweep", "/dev/stdin", "--out", at.path("exits")], stdin="[shared]\nplugin = %s\nmethod = stub\nstep = 1\n[vary]\nseed = 1 | 2\n" % later)
    ok(done.returncode == 1 and "called exit" in done.stderr + done.stdout, "and of a sweep", done.stdout + done.stderr)


def main():
    with Installed() as at:
        package(at)
        plugin = at.example("example")
        if plugin:
            by_the_page(at)
            same_on_ranks(at, plugin)
            other_options(at, plugin)
            kept(at, plugin)
            swept(at, plugin)
            one_rank_differs(at, plugin)
        refusals(at)
        descriptors(at)
        several(at)
        crashes(at)
        exits(at)
    finish()


main()
