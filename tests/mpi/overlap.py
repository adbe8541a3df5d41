"""`run/experiment permk/overlap`: the makespans of its source, and that a change of the model is seen.

usage: overlap.py MPIRUN LACONIC EXPERIMENT
"""

import os
import pathlib
import sys
import tempfile

from calls import call, finish, ok

experiment = sys.argv[3]
program = pathlib.Path(experiment).parent / "experiments" / "permk" / "overlap"


def run(*arguments):
    return call([sys.executable, "-B", experiment, "permk/overlap"] + list(arguments))


def columns(done):
    """The table's columns: of GD, of PermK, of PermK with the barrier, as they are printed."""
    rows = [line.split() for line in done.stdout.splitlines() if line[:1].isdigit()]
    return list(zip(*[row[1:] for row in rows])) or [(), (), ()]


def source():
    done = run()
    gd, permk, barrier = columns(done)
    ok(done.returncode == 0 and done.stdout.count(": met") == 4, "all targets are met", done.stdout + done.stderr)
    ok(gd[:1] == ("96.12",) and set(gd[2:]) == {"73.01"}, "GD: 96.12 s, 73.01 s from the second pass", gd)
    ok(len(permk) == 11 and permk[:5] == ("37.00", "12.56", "16.60", "14.28", "15.46") and permk[10] == "15.02",
       "PermK: 37.00 s, then 12.56, 16.60, 14.28, 15.46, ... 15.02 s", permk)
    last = sum(map(float, permk[-4:])) / 4
    ok(abs(last - 15.0) <= 0.03 * 15.0, "PermK: the mean of the last passes is within 3 % of 15.0 s", last)
    ok(float(barrier[-1]) > 1.1 * last, "a server that waits for all blocks costs more than a tenth", barrier)
    ok(run().stdout == done.stdout, "a second call prints the same")


def closed_form():
    """One client, one round: nothing overlaps, and the path is the sum of all steps."""
    d, m, bits, operations, rate, rtt = 1000, 7, 16, 1e6, 2e4, 0.5
    done = run("--clients", "1", "--rounds", "1", "--passes", "0", "--dimension", str(d), "--rows-first", str(m), "--value-bits", str(bits),
               "--peak", "0.001", "--bandwidth", "0.02", "--rtt", "500")
    sent = rtt + 2 * bits * d / rate
    gd = (m * (2 * d - 1) + d + d * (2 * m - 1) + d + 2 * d + 2 * d) / operations + sent
    permk = (m * (2 * d - 1) + d + d * (2 * m - 1) + d + d + d + 2 * d) / operations + sent
    ok(columns(done) == [("%.2f" % gd,), ("%.2f" % permk,), ("%.2f" % permk,)] and "no target is judged" in done.stdout,
       "one client and one round take the sum of their steps", done.stdout + done.stderr)


def planted(top):
    """The model with a fault in it misses a target."""
    text = program.read_text()
    for title, right, wrong in [
            ("a barrier in PermK", "range(n) if barrier else [b]", "range(n)"),
            ("the whole of A^T r", "block * (2 * m - 1)", "d * (2 * m - 1)"),
            ("no average", '[("average", t)]', '[("up", t, i)]'),
            ("no share of a line", "shared / (own.end - own.begin)", "0.0"),
            ("own transfers in the way", "if its_client != client", "if other != name"),
            ("a column multiplied before it is new", '[("step", t - 1, i, b)] if t', '[("up", t - 1, i)] if t')]:
        path = os.path.join(top, "planted")
        pathlib.Path(path).write_text(text.replace(right, wrong))
        done = call([sys.executable, "-B", path])
        ok(text.count(right) == 1 and done.returncode == 1 and "MISSED" in done.stdout, "a target is missed with " + title, done.stdout + done.stderr)


def refusals():
    for arguments in (["--clients", "0"], ["--rtt", "nan"], ["--bandwidth", "inf"], ["--passes", "-1"], ["--rounds", "x"],
                      ["--clients", "5", "--dimension", "4"], ["--force"]):
        done = run(*arguments)
        ok(done.returncode == 2 and not done.stdout and "Traceback" not in done.stderr and arguments[0] in done.stderr,
           "refused: " + " ".join(arguments), done.stdout + done.stderr)
    done = call([sys.executable, "-B", experiment, "permk/none"])
    ok(done.returncode == 2 and "permk/overlap" in done.stderr, "a name that is not there: the programs are among those that are", done.stderr)


source()
closed_form()
with tempfile.TemporaryDirectory() as where:
    planted(where)
refusals()
finish()
