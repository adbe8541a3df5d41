"""personal_optimum.py PROGRAM WRITER: F* of run/experiments/personal_optimum.c against Newton's method with NumPy, on the rows
that golden_writer tells."""

import subprocess
import sys

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


def main():
    program, writer = sys.argv[1:]
    rows = subprocess.run([writer, DATA + " --method gd --step 0.1 --rounds 1"], text=True, stdout=subprocess.PIPE, check=True).stdout
    p, failed = Problem(rows), 0
    lambdas = (0.0, 0.3, 7.0)
    for number, lam in enumerate(lambdas, 1):
        options = DATA.split() + ["--method", "l2gd:lambda=%g" % lam, "--p", "0.5", "--step", "base", "--compressor", "identity"]
        done = subprocess.run([program] + options, text=True, stdout=subprocess.PIPE, check=False).stdout.split()
        value, norm = newton(p, lam)
        good = len(done) == 2 and norm < 1e-12 and abs(float(done[0]) - value) <= 1e-10 and float(done[1]) <= 1e-12
        failed += not good
        print("%sok %d - lambda %g: F* is %s, by Newton's method %.15f" % ("" if good else "not ", number, lam, done, value))
    refused = subprocess.run([program] + DATA.split() + ["--method", "gd"], stderr=subprocess.PIPE, text=True, check=False)
    good = refused.returncode == 1 and "personal models" in refused.stderr
    print("%sok %d - refused: %s" % ("" if good else "not ", len(lambdas) + 1, refused.stderr.strip()))
    print("1..%d" % (len(lambdas) + 1))
    sys.exit(failed > 0 or not good)


main()
