"""personal_optimum.py LACONIC WRITER: F* of `laconic solve --method l2gd:...` against Newton's method with NumPy, on the rows
that golden_writer tells; what train and plot make of it."""

import csv
import io
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
except ImportError:
    print("1..0 # SKIP NumPy is not installed")
    sys.exit(0)

from golden_problems import Problem

CLIENTS, MU = 4, 0.05
DATA = "--data synth:logistic,d=6,m=9 --clients %d --regularizer l2:%g" % (CLIENTS, MU)


def newton(p, lam):
    """The least F, gradient and Hessian of n F written out."""
    n, d = p.n, p.d
    x, between = np.zeros(n * d), lam * np.kron(np.eye(n) - np.ones((n, n)) / n, np.eye(d))
    for _ in range(30):
        value, g, h = 0.5 * x @ between @ x, between @ x + MU * x, between + MU * np.eye(n * d)
        value += 0.5 * MU * x @ x
        for i in range(n):
            own, a, b = slice(i * d, (i + 1) * d), p.features[i], p.labels[i]
            z = b * (a @ x[own])
            s = 1.0 / (1.0 + np.exp(z))
            value += np.mean(np.log1p(np.exp(-z)))
            g[own] -= a.T @ (b * s) / len(b)
            h[own, own] += (a.T * (s * (1.0 - s))) @ a / len(b)
        x = x - np.linalg.solve(h, g)
    return value / n, np.linalg.norm(g)


count = failures = 0


def ok(good, name, detail=""):
    global count, failures
    count += 1
    failures += not good
    print("%sok %d - %s%s" % ("" if good else "not ", count, name, "" if good else ": " + " / ".join(str(detail).split("\n"))))


def call(*words):
    return subprocess.run([program] + list(words), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)


def refused(name, done, *words):
    ok(done.returncode == 2 and all(word in done.stderr for word in words), name, done.stderr)


def values():
    rows = subprocess.run([writer, DATA + " --method gd --step 0.1 --rounds 1"], text=True, stdout=subprocess.PIPE, check=True).stdout
    p = Problem(rows)
    for lam in (0.0, 0.3, 7.0, 1e4):
        done = call("solve", "--method", "l2gd:lambda=%g" % lam, *DATA.split())
        found = done.stdout.split("F* = ")[-1].split(",")[0] if "F* = " in done.stdout else "nan"
        value, norm = newton(p, lam)
        ok(norm < 1e-9 and abs(float(found) - value) <= 1e-12, "lambda %g: F* is %s" % (lam, found), (value, norm, done.stderr))


def gaps(folder):
    """train and plot take F* for F, f* for f, and tell which command finds them."""
    path, picture = os.path.join(folder, "run.h5"), os.path.join(folder, "run.svg")
    train = ["train", "--method", "l2gd:lambda=0.3", "--p", "0.4", "--step", "base", "--compressor", "identity", "--rounds", "3000",
             "--eval-every", "100", "--force", "--out", path] + DATA.split()
    both = train + ["--track", "loss_gap,personal_gap,personal_objective", "--optimum", "solved"]
    of_f, of_F = ["solve"] + DATA.split(), ["solve", "--method", "l2gd:lambda=0.3"] + DATA.split()
    call(*of_f)
    refused("F* is not taken for f*: train names the command", call(*both), "laconic solve", "--method l2gd:lambda=0.3")
    call(*of_F)
    done = call(*both)
    rows = list(csv.DictReader(io.StringIO(call("show", "--csv", path).stdout))) if not done.returncode else []
    ok(rows and all(float(row["personal_gap"]) >= -1e-15 for row in rows) and float(rows[-1]["personal_gap"]) <= 0.01,
       "personal_gap falls, and not below zero", done.stderr + str(rows[-1:]))
    ok(rows and float(rows[-1]["loss_gap"]) > 1e-9, "the mean of the models is no minimum of f", rows[-1:])
    refused("one number is not both optima", call(*(both[:-1] + ["0.5"])), "--optimum", "f*", "F*")
    call(*(train + ["--track", "personal_objective"]))
    done = call("plot", path, "--y", "personal_gap", "-o", picture)
    ok(done.returncode == 0 and ") - F*" in open(picture).read(), "plot --y personal_gap", done.stderr)
    call(*train)
    refused("which needs F in the run", call("plot", path, "--y", "personal_gap", "-o", picture), "--track personal_objective")
    call(*(["train", "--method", "l2gd:lambda=0.7", "--track", "personal_objective"] + train[3:]))
    refused("another lambda is another problem", call("plot", path, "--y", "personal_gap", "-o", picture),
            "F* is not known", "--method l2gd:lambda=0.7")


def refusals():
    refused("a method with one model", call("solve", "--method", "gd", *DATA.split()), "gd has one model")
    refused("a loss that is not convex", call("solve", "--method", "l2gd", "--objective", "sigmoid-squared", *DATA.split()), "convex")


program, writer = sys.argv[1:]
with tempfile.TemporaryDirectory() as where:
    os.environ["LACONIC_OPTIMA"] = os.path.join(where, "optima")
    values()
    os.environ["LACONIC_OPTIMA"] = os.path.join(where, "more optima")
    gaps(where)
    refusals()
print("1..%d" % count)
sys.exit(failures > 0)
