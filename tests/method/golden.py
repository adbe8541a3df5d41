"""golden.py WRITER: five rounds of each method against the listings of the papers, transcribed with NumPy.

The listings stand in golden_methods.py, golden_sampled.py, golden_local.py, golden_l2gd.py and golden_reshuffled.py, written
from the papers and from nothing else, the
problems in golden_problems.py, the runs in golden_cases.py. What the program drew
(cohorts, coins, the entries that RandK and PermK keep) is taken from the writer, not transcribed.
"""

import subprocess
import sys

TOLERANCE = 1e-12

try:
    import numpy as np
except ImportError:
    print("1..0 # SKIP NumPy is not installed")
    sys.exit(0)

import golden_cases as gc
import golden_local as gl
import golden_methods as gm
import golden_reshuffled as gr
from golden_problems import (Constants, LeastSquares, Logistic, OwnFeatures, SigmoidSquared, Softmax, Tridiagonal)


def cohort_faults(case, p):
    faults, coins = [], [p.coins[t] for t in range(1, gm.ROUNDS + 1)]
    if case.p is not None and len(set(coins)) < 2:
        faults.append("all coins fell alike: nothing was compared of the other side")
    for t in range(1, gm.ROUNDS + 1):
        who = p.who(t)
        wanted = case.clients if case.p is not None and p.coin(t) else case.draws
        counts = [sum(k for _, k, _ in who)]
        if case.method.startswith("cofig"):
            counts = [sum(role & bit > 0 for _, _, role in who) for bit in (gm.FEEDS_G, gm.FEEDS_H)]
        if wanted is not None and counts != [wanted] * len(counts):
            faults.append("round %d: %r draws, not %d" % (t, counts, wanted))
        if sorted(set(i for i, _, _ in who)) != [i for i, _, _ in who]:
            faults.append("round %d: the cohort is not ascending" % t)
    drawn_again = any(k > 1 for t in range(1, gm.ROUNDS + 1) if not (case.p and p.coin(t)) for _, k, _ in p.who(t))
    if case.repeats is not None and drawn_again != case.repeats:
        faults.append("clients drawn twice: %s" % drawn_again)
    if case.draws != case.clients and len(set(tuple(p.who(t)) for t in range(1, gm.ROUNDS + 1))) == 1:
        faults.append("the same cohort in all rounds")
    return faults


def model_faults(p, models):
    faults = []
    for t, (ours, theirs) in enumerate(zip(p.models, models)):
        if not np.linalg.norm(ours - theirs) <= TOLERANCE * np.linalg.norm(theirs):
            faults.append("x^%d differs by %.1e" % (t, np.linalg.norm(ours - theirs)))
    for t, (loss, norm) in enumerate(p.values):
        f = sum(p.loss(i, models[t]) for i in range(p.n)) / p.n
        g = sum(p.gradient(i, models[t]) for i in range(p.n)) / p.n
        if not (abs(loss - f) <= TOLERANCE * abs(f) and abs(norm - g @ g) <= 10 * TOLERANCE * (g @ g)):
            faults.append("row %d: f %r and |grad f|^2 %r, not %r and %r" % (t, loss, norm, f, g @ g))
    if len(p.models) != gm.ROUNDS + 1 or len(p.values) != gm.ROUNDS + 1 or not np.any(p.models[-1]):
        faults.append("%d models, %d rows" % (len(p.models), len(p.values)))
    return faults


def compare(writer, kind, data, case):
    options = "%s --seed %d --clients %d --rounds %d %s" % (data, case.seed, case.clients, gm.ROUNDS, case.text())
    command = [writer, options] + (["%.17g" % case.p] if case.p is not None else [])
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0 or "\nfailed" in done.stdout:
        return ["%s: %s" % (options, done.stdout[-300:])]
    p = kind(done.stdout)
    constants = Constants(p, case.gradient, case.batches)
    case.equip(p, constants)
    faults = []
    step = case.step(constants, p)
    if not abs(p.gamma / step - 1.0) <= 1e-8:
        faults.append("step %r, by its formula %r" % (p.gamma, step))
    if case.server_step and not abs(p.eta / case.server_step(constants, p) - 1.0) <= 1e-8:
        faults.append("server step %r, by its formula %r" % (p.eta, case.server_step(constants, p)))
    return faults + cohort_faults(case, p) + model_faults(p, list(case.listing(p)))


def main():
    of_rows = list(gc.page_of_rows(7, ("nice:3", "uniform:2", "importance:2", "independent:2", "weighted:1", "extended-nice:2")))
    many = (list(gc.plain_cases(9)) + list(gc.estimate_cases(7)) + list(gc.ef21_cases()) + list(gc.measured_cases()) +
            list(gc.cohort_cases()) + list(gc.l2gd_cases()) + list(gc.dcgd_cases()) + list(gc.page_cases()) + of_rows +
            list(gl.local_cases()) + list(gr.cases()))
    few = list(gc.few_cases())
    problems = [(LeastSquares, "--data synth:lvar,kappa=1,d=9,m=7", many),
                (Logistic, "--data synth:logistic,d=9,m=7 --regularizer noncvx:0.1", many),
                (SigmoidSquared, "--data synth:logistic,d=9,m=7 --objective sigmoid-squared --regularizer l2:0.05",
                 few + list(gc.plain_estimates("nice:3")) + of_rows),
                (Tridiagonal, "--data synth:tridiagonal,d=9,m=3,s=0.5",
                 few + list(gc.page_cases()) + list(gc.page_of_rows(3, ("nice:2", "importance:1")))),
                (Tridiagonal, "--data synth:tridiagonal,d=9,m=1,s=3,family=lipt_different", few),
                (Softmax, "--data synth:softmax,d=3,m=8,classes=3 --regularizer l2:0.05",
                 few + list(gr.cases()) + list(gc.l2gd_strong(Softmax.weight)) + list(gc.page_of_rows(8, ("nice:3", "importance:2")))),
                (LeastSquares, "--data synth:rare,d=12,m=4,c=0.34", list(gc.rare_cases(12, True))),
                (OwnFeatures, "--data synth:rare,d=12,m=4,c=0.34 --regularizer noncvx-own:0.7",
                 list(gc.rare_cases(12, False)))]
    count = 0
    failed = 0
    for kind, data, cases in problems:
        for case in cases:
            faults = compare(sys.argv[1], kind, data, case)
            count += 1
            failed += bool(faults)
            for fault in faults:
                print("# %s" % fault)
            print("%sok %d - five rounds as in the paper, on %s: %s"
                  % ("not " if faults else "", count, kind.__name__, case.text()))
    print("1..%d" % count)
    sys.exit(1 if failed else 0)


main()
