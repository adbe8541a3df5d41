"""Files that hold something else under the same name: their runs are not one median, and their gaps are not to one minimum.

usage: contents.py MPIRUN LACONIC CONFIG_DEF
"""

import os
import tempfile

from benches import read, table
from calls import call, finish, laconic, ok, refused, rows, run

DATA = {}


def write(path, text):
    with open(path, "w") as file:
        file.write(text)
    return path


def train(path, *words):
    """Data that are not named are those of all."""
    data = [] if "--data" in words else ["--data", DATA["all"]]
    done = run(data + ["--clients", "4", "--regularizer", "l2:0.01", "--rounds", "9", "--quiet", "--out", path] + list(words))
    if done.returncode:
        ok(False, "the run %s" % path, done.stderr)
    return path


def pair(folder, name, path, contents, *words):
    """Seeds 1 and 2, between which the file is written anew."""
    made = []
    for seed, content in zip("12", contents):
        write(path, content)
        made.append(train(os.path.join(folder, "%s-%s.h5" % (name, seed)), "--seed", seed, *words))
    return made


def curves(folder, runs, group, *words):
    data = os.path.join(folder, "curves.csv")
    done = call([laconic, "plot", *runs, "--x", "round", "--group", group, "--data", data] + list(words))
    ok(done.returncode == 0, "%s is drawn" % os.path.basename(runs[0]), done.stderr)
    return {row["curve"] for row in table(read(data))} if done.returncode == 0 else set(), done.stderr


def one_line(runs, group, column, *words):
    """Of compare: whether a table has one line for both; and what it says."""
    done = call([laconic, "compare", *runs, "--column", column, "--to", "1e9", "--group", group, "--format", "csv"] + list(words))
    return done.returncode == 0 and len(table(done.stdout)) == 1, done.stderr


def medians(folder):
    file = lambda name: os.path.join(folder, name)
    links = ["".join("up=%s,down=%s\n" % (rate, rate) for _ in range(4)) for rate in ("1Mbit", "1kbit")]
    models = ["".join("%g\n" % value for _ in range(12)) for value in (0, 1)]
    kinds = [("test", file("t.svm"), [rows(40), rows(31)], "test_loss", ["--test", file("t.svm"), "--track", "test_loss"]),
             ("network", file("n.txt"), links, "network_seconds", ["--network", "clients=" + file("n.txt")]),
             ("x0", file("x0.txt"), models, "loss", ["--x0", file("x0.txt")]),
             ("data", file("d.svm"), [rows(60), rows(59)], "loss", ["--data", file("d.svm"), "--split", "shuffled"])]
    for option, path, contents, y, words in kinds:
        runs = pair(folder, option, path, contents, *words)
        found, said = curves(folder, runs, "all-but-seed", "--y", y)
        ok(len(found) == 2, "--%s: two contents of one name are no median" % option, found)
        ok(said.count("note: ") == 1 and all(path in said for path in runs)
           and "are not one curve, as they differ in the content of --%s " % option in said, "which is said", said)
        anyway = ["--anyway"] if option == "data" else []
        one, said = one_line(runs, "all-but-seed", y, *anyway)
        ok(not one and "note: compare: " in said and "not one line" in said, "nor are they one in a table", said)
        found, said = curves(folder, runs, "all-but-seed,%s" % option, "--y", y)
        ok(len(found) == 1 and not said, "unless that option is named among those that may differ", (found, said))
        found, said = curves(folder, runs, "method", "--y", y)
        ok(len(found) == 1 and "are one curve, although they differ in the content of --%s " % option in said
           and "; --group ...,%s parts them" % option in said, "a grouping by name joins them, and says so", (found, said))
        found, said = curves(folder, runs, "method,%s" % option, "--y", y)
        ok(len(found) == 2 and "are not one curve" in said, "and by that name they are two", (found, said))
        same = pair(folder, option + "-same", path, contents[:1] * 2, *words)
        for group in ("all-but-seed", "method", "method,%s" % option):
            found, said = curves(folder, same, group, "--y", y)
            ok(len(found) == 1 and not said, "one content is one curve by %s" % group, (found, said))
    found, said = curves(folder, [file("test-1.h5"), file("test-2.h5")], "all-but-seed", "--y", "loss")
    ok(len(found) == 1 and not said, "where the loss on it is not drawn, the test file is of no account", (found, said))
    respaced = pair(folder, "respaced", file("r.svm"), [rows(60), rows(60).replace(" ", "  ")], "--data", file("r.svm"))
    found, said = curves(folder, respaced, "all-but-seed")
    ok(len(found) == 1 and not said, "the same rows are the same data, however spaced", (found, said))
    named = [train(file("named-%d.h5" % k), "--data", write(file("named-%d.svm" % k), rows(50 + k)), "--seed", "1") for k in (1, 2)]
    found, said = curves(folder, named, "method")
    ok(len(found) == 1 and not said, "data of two names are joined by name without a word", (found, said))


def problems(folder):
    data = os.path.join(folder, "p.svm")
    runs = pair(folder, "problem", data, [rows(60), rows(59)], "--data", data)
    for words in (["plot", *runs, "--y", "gap", "--data", os.path.join(folder, "p.csv")], ["compare", *runs, "--to", "1"]):
        refused("%s: data that changed are named" % words[0], call([laconic] + words), 2, *runs, "they differ in the content of --data " + data)


def gaps(folder):
    solution, csv = os.path.join(folder, "x.txt"), os.path.join(folder, "g.csv")
    models = ["".join("%g\n" % value for _ in range(12)) for value in (0, 0.5)]
    track = ["--track", "loss_gap", "--solution", solution]
    for name, contents in (("moved", models), ("stays", models[:1] * 2)):
        runs = pair(folder, name, solution, contents, *track)
        for words in (["plot", *runs, "--y", "loss_gap", "--data", csv], ["compare", *runs, "--column", "loss_gap", "--to", "1"]):
            done = call([laconic] + words)
            if name == "moved":
                refused("%s: gaps to two contents of --solution" % words[0], done, 2, *runs, "they differ in the content of --solution " + solution)
            else:
                ok(done.returncode == 0 and not done.stderr, "%s: one content is one minimum" % words[0], done.stderr)
    write(solution, models[0])
    spelt = [train(os.path.join(folder, "f-%d.h5" % k), "--seed", "12"[k % 2], "--track", "loss_gap" + more[0], "--optimum", value, *more[1:])
             for k, (value, more) in enumerate([("0.1", [""]), ("1e-1", [""]), ("0.10", [",distance_sq", "--solution", solution])])]
    for words in (["plot", *spelt, "--x", "round", "--y", "loss_gap", "--group", "all-but-seed", "--data", csv],
                  ["compare", *spelt, "--column", "loss_gap", "--to", "1", "--group", "all-but-seed"]):
        done = call([laconic] + words)
        ok(done.returncode == 0 and not done.stderr and "(3 runs)" in done.stdout + read(csv),
           "%s: one number, however written, is one minimum, and --solution of no account beside it" % words[0], done.stdout + done.stderr)
    optima, coupled = os.path.join(folder, "optima"), ["--method", "l2gd:lambda=1"]
    done = run(["--data", DATA["all"], "--clients", "4", "--regularizer", "l2:0.01", "--optima", optima] + coupled, command="solve")
    ok(done.returncode == 0, "F* is solved", done.stderr)
    coupled += ["--step", "base", "--compressor", "identity", "--optima", optima, "--track"]
    without, zero, solved = [train(os.path.join(folder, "p-%d.h5" % k), *coupled, *more) for k, more in enumerate(
        [["personal_objective"], ["personal_gap", "--optimum", "0"], ["personal_gap", "--optimum", "solved"]])]
    for pair_of in ([without, zero], [zero, without]):
        done = call([laconic, "plot", *pair_of, "--y", "personal_gap", "--optima", optima, "--data", csv])
        refused("a gap that is filled in is to another minimum than one of a file", done, 2, *pair_of, "they differ in --optimum")
    for pair_of in ([without, solved], [solved, without]):
        done = call([laconic, "plot", *pair_of, "--y", "personal_gap", "--optima", optima, "--data", csv])
        ok(done.returncode == 0 and not done.stderr, "unless that was solved, too", done.stderr)
    other = train(os.path.join(folder, "f-3.h5"), "--track", "loss_gap", "--optimum", "0.2")
    refused("another number is another", call([laconic, "plot", spelt[0], other, "--y", "loss_gap", "--data", csv]), 2, "--optimum 0.1 and 0.2")


with tempfile.TemporaryDirectory() as where:
    DATA["all"] = write(os.path.join(where, "all.svm"), rows(80))
    medians(where)
    problems(where)
    gaps(where)
finish()
