"""What `laconic show --json` and `--csv` print is that of its schema: a key that goes, or has another type, asks for another number.

usage: show_schema.py MPIRUN LACONIC TOP [--write]
"""

import json
import os
import re
import sys
import tempfile

from calls import call, finish, laconic, ok, rows, run

top = sys.argv[3]
PINNED = os.path.join(top, "tests/mpi/show_schema.txt")
# Objects whose keys are names of something else: options, constants, columns, ranks, versions.
FREE = ("configuration", "constants", "tracked", "bytes_by_message")
PROBLEM = ["--data", "synth:logistic,d=12,m=6", "--clients", "4", "--rounds", "6", "--quiet", "--force"]


def paths(value, name=""):
    """path and type of each value; null is of any type."""
    if name == "late.straggler": # null, but where a rank happens to come late
        return
    if isinstance(value, dict):
        yield name, "object"
        for key, inner in value.items():
            free = name.rsplit(".", 1)[-1] in FREE
            yield from paths(inner, "%s.%s" % (name, "*" if free else key) if name else key)
    elif isinstance(value, list):
        yield name, "array"
        for inner in value:
            yield from paths(inner, name + "[]")
    elif value is not None:
        yield name, {bool: "boolean", int: "number", float: "number", str: "text"}[type(value)]


def collect(folder):
    """{kind: {path: type}} over runs that have everything between them."""
    os.chdir(folder)
    found = {"run": {}, "checkpoint": {}}
    call([laconic, "keygen", "group.key"])
    sealed = ["--method", "dcgd", "--compressor", "permk", "--seal", "group.key", "--out-private", "private.h5", "--private-plain"]
    runs = [(0, ["--track", "oracle_rows"], "solo.h5"), (3, ["--method", "marina"], "mpi.h5"), (0, ["--method", "l2gd", "--p", "0.5", "--step", "0.01"], "l2gd.h5"),
            (0, ["--method", "fedavg", "--step", "0.01", "--server-step", "1"], "fedavg.h5"), (0, sealed, "public.h5"), (3, sealed, "public-mpi.h5"),
            (0, ["--checkpoint", "kept", "--checkpoint-every", "2"], "kept.h5"),
            (0, ["--method", "ef21", "--on-lost-client", "drop"], "drop.h5")]
    open("trace.txt", "w").write("0 1\n2 3\n\n")
    runs.append((0, ["--method", "rr-cli", "--participation", "trace:trace.txt"], "trace.h5"))
    open("rows.svm", "w").write(rows())
    runs.append((0, ["--data", "rows.svm"], "rows.h5"))
    columns = None
    for ranks, words, out in runs:
        done = run(PROBLEM + words + ["--out", out], ranks)
        ok(done.returncode == 0, "runs: %s" % " ".join(words), done.stderr)
        for path in [out] + (["private.h5"] if "--seal" in words else []):
            shown = call([laconic, "show", "--json", path])
            found["run"].update(paths(json.loads(shown.stdout))) if shown.returncode == 0 else ok(False, "shows %s" % path, shown.stderr)
        if out == "mpi.h5":
            columns = call([laconic, "show", "--csv", out]).stdout.splitlines()[0]
    found["checkpoint"].update(paths(json.loads(call([laconic, "show", "--json", "kept"]).stdout)))
    return found, columns


def lines_of(found, columns):
    return ["csv %s" % columns] + ["%s %s %s" % (kind, path, of) for kind in sorted(found) for path, of in sorted(found[kind].items()) if path]


def main():
    with tempfile.TemporaryDirectory() as folder:
        found, columns = collect(folder)
        schema = json.loads(call([laconic, "show", "--json", os.path.join(folder, "solo.h5")]).stdout)["schema"]
        os.chdir(top)
    now = ["schema %d" % schema] + lines_of(found, columns)
    if "--write" in sys.argv:
        open(PINNED, "w").write("\n".join(now) + "\n")
        return
    then = open(PINNED).read().splitlines()
    gone = [line for line in then[1:] if line not in now and not line.startswith("csv")]
    new = [line for line in now[1:] if line not in then and not line.startswith("csv")]
    renew = "then tests/mpi/show_schema.py MPIRUN LACONIC TOP --write"
    ok(now[0] == then[0], "the schema is that of the list", "%s, and the list has %s" % (now[0], then[0]))
    ok(not gone, "no key is gone, or has another type", "\n".join(gone + ["raise LAC_SHOW_SCHEMA (src/command/show_summary.h) and say so in CHANGELOG.md, " + renew]))
    ok(not new, "no key is new", "\n".join(new + ["say what it is in docs/run-files.md, " + renew]))
    ok(now[1].startswith(then[1]), "the columns of --csv begin as they did", "%s\n%s" % (now[1], then[1]))
    page = open("docs/run-files.md").read()
    untold = sorted({line.split()[1].split(".")[0].split("[")[0] for line in now[2:]} - set(re.findall(r"`(\w+)`", page)))
    ok(not untold, "docs/run-files.md has every key", untold)
    finish()


main()
