"""`laconic compare` as its users call it: its numbers against the rows of the runs, its forms, bad input.

usage: comparisons.py MPIRUN LACONIC CONFIG_DEF
"""

import math
import os
import signal
import statistics
import subprocess
import tempfile
import time

from benches import CLIENTS, make_runs, rows_of, table, train
from calls import call, finish, laconic, ok, refused, run

MEASURES = ["rounds", "bits_up_per_client", "bits_up", "bits_down", "bits_up_paper", "seconds"]


def compare(*words):
    return call([laconic, "compare"] + list(words))


def middle_of(rows, column="grad_norm_sq"):
    """What is first reached about half-way."""
    return rows[len(rows) // 2][column]


def reached(rows, column, target):
    row = next((row for row in rows if row[column] <= target), None)
    if row is None:
        return [math.inf] * len(MEASURES)
    return [row["round"], row["bits_up"] / CLIENTS, row["bits_up"], row["bits_down"], row["bits_up_paper"], row["seconds"]]


def cells(row):
    return [float(row[name]) if row[name] else math.inf for name in MEASURES]


def numbers(folder, runs):
    by_seed = {method: [rows_of(path) for path in paths] for method, paths in runs.items()}
    last = {method: sorted(one[-1]["grad_norm_sq"] for one in seeds) for method, seeds in by_seed.items()}
    half = last["marina"][2] * 1.0001  # three of five seeds of marina come so far
    targets = [middle_of(by_seed["ef21"][0]), half, 1e-30]
    done = compare(os.path.join(folder, "runs"), "--to", ",".join(map(repr, targets)), "--group", "all-but-seed", "--format", "csv")
    found = {(row["run"].split(",")[0], float(row["to"])): row for row in table(done.stdout)}
    ok(len(found) == 6, "a line for each group and accuracy", done.stdout + done.stderr)
    for target in targets:
        medians = {method: [statistics.median(values) for values in zip(*(reached(one, "grad_norm_sq", target) for one in seeds))]
                   for method, seeds in by_seed.items()}
        ok(all(cells(found[method, target]) == medians[method] for method in runs), "medians to %g are those of the rows" % target,
           (medians, found))
        best = {method: [name for k, name in enumerate(MEASURES)
                         if math.isfinite(medians[method][k]) and medians[method][k] <= min(m[k] for m in medians.values())] for method in runs}
        ok(all(found[method, target]["best"].split() == best[method] for method in runs), "and the best of each measure", (best, found))
    alone = table(compare(runs["ef21"][0], runs["marina"][0], "--to", repr(targets[0]), "--format", "csv").stdout)
    ok([cells(row) for row in alone] == [reached(by_seed[m][0], "grad_norm_sq", targets[0]) for m in ("ef21", "marina")], "single runs", alone)
    loss = middle_of(by_seed["ef21"][0], "loss")
    by_loss = table(compare(runs["ef21"][0], "--to", repr(loss), "--column", "loss", "--format", "csv").stdout)[0]
    ok(cells(by_loss) == reached(by_seed["ef21"][0], "loss", loss) and not by_loss["best"], "another column; one run is no best one", by_loss)


def forms(folder, runs):
    two = [runs["ef21"][0], runs["marina"][0]]
    target = repr(middle_of(rows_of(two[0])))
    line = table(compare(*two, "--to", target, "--format", "csv").stdout)
    rounds = [row["rounds"] for row in line]
    better = min(rounds, key=float)
    text = compare(*two, "--to", target + ",1e-30").stdout
    ok("grad_norm_sq <= %s\n" % target in text and "%s*" % better in text and max(rounds, key=float) + "*" not in text, "text: the best has a star", text)
    ok(text.split("\n\n")[1].count(" -") == 12 and "*" not in text.split("\n\n")[1], "what no run reached is a dash", text)
    lengths = {len(line.rstrip()) for line in text.split("\n\n")[0].splitlines()[1:]}
    ok(max(lengths) - min(lengths) <= 1, "its columns stand under each other", text)
    markdown = compare(*two, "--to", target, "--format", "markdown", "--labels", "a*b|c_d").stdout.splitlines()
    ok(len(markdown) == 4 and len({line.replace("\\|", "").count("|") for line in markdown}) == 1 and "| **%s** |" % better in "\n".join(markdown)
       and "a\\*b" in markdown[2], "Markdown: the best is bold", markdown)
    latex = compare(*two, "--to", target, "--format", "latex", "--labels", "100% & more_{x}|b\\c").stdout
    body = [line for line in latex.splitlines() if line.endswith("\\\\")]
    ok(len(body) == 3 and all(line.replace("\\&", "").count("&") == 6 for line in body) and "\\textbf{%s}" % better in latex
       and "100\\% \\& more\\_\\{x\\}" in latex and "b\\textbackslash{}c" in latex and "grad\\_norm\\_sq $\\le$ %s" % target in latex,
       "LaTeX: the best is bold, words of users are words", latex)


def others(folder, runs, data):
    tested = train(os.path.join(folder, "tested.h5"), data, "--track", "test_accuracy", "--test", data)
    rows = rows_of(tested)
    target = rows[-1]["test_accuracy"]
    first = next(row for row in rows if row["test_accuracy"] >= target)
    done = table(compare(tested, "--to", repr(target), "--column", "test_accuracy", "--format", "csv").stdout)
    ok(float(done[0]["rounds"]) == first["round"] > 0, "an accuracy is reached from below", done)
    optima = os.path.join(folder, "optima")
    run(["--data", data, "--clients", "4", "--regularizer", "l2:0.01", "--optima", optima], command="solve")
    best = rows_of(os.path.join(optima, os.listdir(optima)[0]))[-1]["loss"]
    middle = middle_of(rows_of(runs["ef21"][0]), "loss") - best
    gap = table(compare(runs["ef21"][0], "--to", repr(middle), "--column", "gap", "--optima", optima, "--format", "csv").stdout)
    wanted = next(row["round"] for row in rows_of(runs["ef21"][0]) if row["loss"] - best <= middle)
    ok(gap and float(gap[0]["rounds"]) == wanted > 0, "--column gap", (gap, wanted))
    process = subprocess.Popen([laconic, "train", "--data", data, "--clients", "4", "--regularizer", "l2:0.01", "--rounds", "100000000", "--quiet",
                                "--out", os.path.join(folder, "killed.h5")])
    while process.poll() is None and not (os.path.exists(os.path.join(folder, "killed.h5.rows"))
                                          and os.path.getsize(os.path.join(folder, "killed.h5.rows")) > 20000):
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    killed = compare(os.path.join(folder, "killed.h5"), runs["ef21"][0], "--to", "0.3")
    ok(killed.returncode == 0 and "(unfinished)" in killed.stdout and killed.stdout.count("unfinished") == 1, "a run that did not end is said to be one",
       killed.stdout + killed.stderr)


def sealed(folder, data):
    key, public, private = (os.path.join(folder, name) for name in ("group.key", "public.h5", "private.h5"))
    call([laconic, "keygen", key])
    done = run(["--data", data, "--clients", "4", "--method", "dcgd", "--compressor", "permk", "--step", "0.1", "--rounds", "30", "--quiet",
                "--seal", key, "--out", public, "--out-private", private])
    ok(done.returncode == 0, "a sealed run", done.stderr)
    shown = table(call([laconic, "show", "--csv", "--key", key, private]).stdout)
    target = shown[len(shown) // 2]["loss"]
    row = next(row for row in shown if float(row["loss"]) <= float(target))
    found = table(compare(private, "--key", key, "--to", target, "--column", "loss", "--format", "csv").stdout)
    ok(found and found[0]["rounds"] == row["round"] and found[0]["bits_up"] == row["bits_up"], "its private file is compared with --key", found)
    refused("and without it not at all", compare(private, "--to", "1"), 5, "--key")
    refused("its public file has no gradients", compare(public, "--to", "1"), 2, "public run file", "--key")


def refusals(folder, runs, data):
    first, other = runs["ef21"][0], train(os.path.join(folder, "other.h5"), data, "--split", "sorted")
    for name, words, said in [
            ("no run", ["--to", "1"], ["run files"]), ("no target", [first], ["to be reached", "--to"]),
            ("a target that is no number", [first, "--to", "1,x"], ["--to", "'x'"]), ("an empty one", [first, "--to", "1,"], ["--to"]),
            ("a column that is misspelt", [first, "--to", "1", "--column", "grad_norm_sqr"], ["'grad_norm_sq'"]),
            ("one that the run does not have", [first, "--to", "1", "--column", "x_norm"], [first, "--track x_norm"]),
            ("a form", [first, "--to", "1", "--format", "html"], ["markdown", "latex"]),
            ("one that is misspelt", [first, "--to", "1", "--format", "markdwn"], ["did you mean 'markdown'?"]),
            ("a target that would be 0", [first, "--to", "1,1e-400"], ["--to", "'1e-400'", "would be 0"]),
            ("an option of --group", [first, "--to", "1", "--group", "compresor"], ["'compressor'"]),
            ("an unknown option", [first, "--to", "1", "--colum", "loss"], ["'--column'"]),
            ("different problems", [first, other, "--to", "1"], [first, other, "--split contiguous and sorted", "--anyway"]),
            ("gaps of them", [first, other, "--to", "1", "--column", "gap", "--anyway"], ["--split contiguous and sorted"])]:
        done = compare(*words)
        refused("refused: " + name, done, 2, *said)
        ok(not done.stdout, "and nothing is printed")
    done = compare(first, other, "--to", "0.02", "--anyway")
    ok(done.returncode == 0 and "split sorted" in done.stdout, "--anyway compares runs of different problems, and names what differs",
       done.stdout + done.stderr)


with tempfile.TemporaryDirectory() as where:
    made, svm = make_runs(where)
    numbers(where, made)
    forms(where, made)
    others(where, made, svm)
    sealed(where, svm)
    refusals(where, made, svm)
finish()
