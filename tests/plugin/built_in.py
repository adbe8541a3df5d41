"""The tree's own files as plug-ins, outside the tree, by their includes and names alone: methods run to the bits of those that are built in.

usage: built_in.py MPIRUN LACONIC BUILD TOP CC
"""

import os
import re

from bench_of_plugins import Installed, call, finish, laconic, ok, top
from calls import run, summary

# what laconic.h is made of
HEADERS = set(re.findall(r'"(?:common/)?([\w/]+\.h)"', open(os.path.join(top, "src/plugin/make_header.py")).read()))
# what the others are written with, and plug-ins do not get: code compiled for each instruction set, and what hangs on it; the tick of a thread; a matrix
KERNELS, ALONE = {"base/kernels.h", "base/simd.h", "wire/bit_run.h", "wire/bytes.h"}, {"softmax": {"base/tick.h"}, "tridiagonal": {"base/second_difference.h"}}
WITH_KERNELS = {"bf16", "blocktopk", "dithering", "fp16", "fp32", "natural", "natural_dithering", "qsgd", "rankk", "sign", "terngrad", "threshold", "topk", "toplek"}
RUN = ["--data", "synth:logistic,d=14,m=6", "--clients", "7", "--regularizer", "l2:0.1", "--seed", "3", "--rounds", "30", "--step", "0.02", "--quiet"]


def sources(folder):
    return {name: open(os.path.join(top, "src", folder, name)).read() for name in sorted(os.listdir(os.path.join(top, "src", folder))) if name[-2:] in (".c", ".h")}


def include(match):
    return "#include <laconic/laconic.h>" if match.group(1) in HEADERS else '#include "%s"' % os.path.basename(match.group(1))


def parts_of(text, kind):
    """{symbol: name} of the descriptors in a file."""
    return dict(re.findall(r'^const struct lac_%s (lac_%s_\w+) = \{\s*\.name = "([^"]+)"' % (kind, kind), text, re.MULTILINE))


def changed(at, folder, files, kind):
    """Files as their plug-ins have them: other includes, names of their own; a compressor's codec is none of the program's."""
    where = at.path(os.path.basename(folder))
    os.makedirs(where, exist_ok=True)
    for name, text in files.items():
        text = re.sub(r'#include "([^"]+)"', include, text)
        text = re.sub(r'(lac_%s_\w+ = \{\s*\.name = ")' % kind, r"\1my-", text)
        text = re.sub(r"\.codec = LAC_CODEC_\w+", ".codec = LAC_CODEC_PLUGIN", text)
        with open(os.path.join(where, name), "w") as f:
            f.write(text)
    return where


def plugin(at, where, name, files, kind, symbols):
    """The shared object of these files, or None."""
    entry = os.path.join(where, name + "_plugin.c")
    with open(entry, "w") as f:
        f.write("#include <laconic/laconic.h>\n" + "".join("extern const struct lac_%s %s;\n" % (kind, one) for one in symbols)
                + "static const struct lac_%s *const parts[] = {%s, NULL};\n" % (kind, ", ".join("&" + one for one in symbols))
                + 'LAC_PLUGIN(.name = "my-%s", .version = "1.0", .%ss = parts);\n' % (name.replace("_", "-"), kind))
    return at.compile(name + ".so", [os.path.join(where, file) for file in files] + [entry])


def method_files():
    """What meson.build builds of methods: their files, and those of their steps."""
    text = open(os.path.join(top, "src/common/method/meson.build")).read()
    names = re.findall(r"'(\w+)'", re.search(r"^methods = \[(.*?)\]", text, re.MULTILINE | re.DOTALL).group(1))
    return [name + ".c" for name in names] + re.findall(r"'(\w+\.c)'", re.search(r"^method_src = files\((.*?)\)", text, re.MULTILINE).group(1))


def result(words, out):
    done = run(words + RUN + ["--force", "--out", out])
    if done.returncode != 0:
        return done.stderr
    said = summary(out)
    return said["final"], said["bits"]["up"], said["bits"]["down"]


def same(at, name, more):
    mine, theirs = (result(words + more, at.path("run.h5")) for words in (more_of(at, "my-" + name), more_of(at, name)))
    ok(mine == theirs and isinstance(mine, tuple), "my-%s gives the model and the bits of %s" % (name, name), "%s\n%s" % (mine, theirs))


def more_of(at, name):
    return ["--plugin", at.path("methods.so"), "--method", name]


def columns(at, name):
    found = []
    for one in [name, "my-" + name]:
        out = at.path("columns.h5")
        done = run(more_of(at, one) + RUN + ["--track", "shift_error" + (",estimate_error_sq" if name != "diana" else ""), "--force", "--out", out])
        rows = [line.split(",") for line in call([laconic, "show", "--csv", out]).stdout.splitlines()] if done.returncode == 0 else []
        kept = [i for i, head in enumerate(rows[0]) if head.startswith(("shift_error", "estimate_error"))] if rows else []
        found.append([[row[i] for i in kept] for row in rows] if kept else done.stderr)
    ok(found[0] == found[1] and isinstance(found[0], list), "--track knows the LAC_SHIFT and LAC_ESTIMATE of my-%s as those of %s" % (name, name), found)


def methods(at):
    files, every = method_files(), sources("common/method")
    where = changed(at, "common/method", every, "method")
    symbols = {symbol: name for file in files for symbol, name in parts_of(every[file], "method").items()}
    out, said = plugin(at, where, "methods", files, "method", symbols)
    listed = re.findall(r"^LAC_METHOD\((\w+)\)", open(os.path.join(top, "src/common/method/method.def")).read(), re.MULTILINE)
    ok(out and {"lac_method_" + one for one in listed} == set(symbols), "every method of the tree is a plug-in by its includes", said[:3000])
    if not out:
        return
    for symbol, name in symbols.items():
        text = next(every[file] for file in files if symbol in parts_of(every[file], "method"))
        own = text[text.index(symbol + " = {"):].split("\n};")[0]
        more = ["--server-step", "0.02"] if "[LAC_SERVER_STEP]" in own else []
        same(at, name, more + (["--p", "0.4"] if "[LAC_CHANCE]" in own else []))
    for name in ["diana", "ef21-sgdm"]:
        columns(at, name)
        file = name.replace("-", "_")
        out, said = plugin(at, where, file, [file + ".c"], "method", ["lac_method_" + file])
        done = call([laconic, "test-plugin", out], timeout=300) if out else None
        ok(done and done.returncode == 0 and "not ok" not in done.stdout and done.stdout.count("\nok ") > 30, "test-plugin finds my-%s well" % name,
           said + (done.stdout[-2000:] + done.stderr if done else ""))


def needs(every, file, seen):
    """The headers that neither laconic.h nor the folder has, of a file and of those behind the headers beside it."""
    found = set()
    for header in re.findall(r'#include "([^"]+)"', every[file]):
        beside = os.path.basename(header)
        if header in HEADERS or beside in seen:
            continue
        seen.add(beside)
        found |= {header} if beside not in every else set()
        for one in [beside, beside[:-2] + ".c"]:
            found |= needs(every, one, seen) if one in every else set()
    return found


def other_parts(at, folder, kind):
    every = sources(folder)
    where = changed(at, folder, every, kind)
    for file in [file for file in every if file.endswith(".c") and parts_of(every[file], kind)]:
        name, lacking = file[:-2], needs(every, file, set())
        if name in WITH_KERNELS:
            ok(lacking and lacking <= KERNELS, "%s %s needs kernels, which plug-ins do not get" % (kind, name), lacking)
        elif name in ALONE:
            ok(lacking == ALONE[name], "%s %s needs %s, which plug-ins do not get" % (kind, name, ALONE[name]), lacking)
        else:
            said = at.compile("one.so", [os.path.join(where, file)], ["-fsyntax-only"])[1]
            ok(not lacking and not said, "%s %s compiles as one of a plug-in" % (kind, name), "%s\n%s" % (lacking, said))


def main():
    with Installed() as at:
        methods(at)
        other_parts(at, "common/compressor", "compressor")
        other_parts(at, "worker/objective", "objective")
    finish()


main()
