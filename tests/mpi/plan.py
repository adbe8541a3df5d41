"""What the plan says of a round's bits, against the bits that a run counts.

usage: plan.py MPIRUN LACONIC
"""

import json
import math
import os
import re
import tempfile

from calls import call, finish, laconic, ok, run

listed = json.loads(call([laconic, "list", "--json"]).stdout)
NUMBER = r"([0-9.e+-]+)"


def said(text):
    found = re.search(r"per round +%s kbit up and %s down" % (NUMBER, NUMBER), text)
    share = re.search(r"whole rounds a share of %s: %s kbit up and %s down; the others %s and %s"
                      % ((NUMBER,) * 5), text)
    return [float(x) for x in found.groups()], [float(x) for x in share.groups()] if share else None


def counted(path):
    """Kilobits up and down of each round but the start."""
    lines = [line.split(",") for line in call([laconic, "show", "--csv", path]).stdout.splitlines()]
    places = [lines[0].index(name) for name in ("bits_up", "bits_down")]
    totals = [[int(line[place]) / 1000 for line in lines[1:]] for place in places]
    return [[b - a for a, b in zip(total, total[1:])] for total in totals]


def mean_and_error(values):
    mean = sum(values) / len(values)
    spread = sum((x - mean) ** 2 for x in values) / max(1, len(values) - 1)
    return mean, math.sqrt(spread / len(values))


def check(folder, arguments, within=0.0):
    """Six digits where all rounds are alike; else five errors of the mean. within: of lengths that depend on the data."""
    name, out = " ".join(arguments), os.path.join(folder, "run.h5")
    done = run(["--clients", "6", "--seed", "5", "--out", out, "--force"] + arguments)
    if done.returncode:
        return ok(False, name, done.stderr)
    (up, down), share = said(done.stdout)
    good, detail = True, []
    for expected, values in zip((up, down), counted(out)):
        mean, error = mean_and_error(values)
        good = good and abs(mean - expected) <= 5 * error + max(within, 1e-5) * expected
        detail.append("said %g, counted %g +- %g" % (expected, mean, error))
    if share:
        whole = share[0]
        good = good and abs(whole * share[1] + (1 - whole) * share[3] - up) <= 1e-5 * up
        good = good and abs(whole * share[2] + (1 - whole) * share[4] - down) <= 1e-5 * down
        good = good and {round(x, 2) for x in counted(out)[1]} >= {round(share[2], 2)}
    ok(good, "the plan's bits are those of the run: " + name, "\n".join(detail) + done.stdout)


def methods(folder):
    """Every method, everybody there, sections of a fixed length."""
    for method in listed["methods"]:
        step = ["--step", "0.001", "--regularizer", "l2:0.1"]
        base = ["--method", method["name"], "--data", "synth:logistic,d=50,m=6", "--rounds", "400"] + step
        lossless = method["compressors"] == "no compressor"
        for compressor in [[]] if lossless else [["--compressor", "identity"], ["--compressor", "randk:k=7"],
                                                 ["--compressor", "randk:k=7", "--wire", "fp16"],
                                                 ["--compressor", "natural"]]:
            check(folder, base + compressor)
        if "contractive" in method["compressors"]:
            check(folder, base + ["--compressor", "sign"])
            check(folder, base + ["--compressor", "topk:4"], 0.05)


def cohorts(folder):
    base = ["--data", "synth:logistic,d=50,m=6", "--rounds", "600", "--step", "0.001"]
    trace = os.path.join(folder, "trace.txt")
    open(trace, "w").write("0 1 2\n3 4\n5\n")
    for sampling in listed["samplings"]:
        usage = sampling["usage"].replace("TAU", "4").replace(":P", ":0.3").replace(":C", ":4").replace("FILE", trace)
        whole = "page" if sampling["name"] not in ("cohorts", "cyclic", "trace") else "fedavg"
        drawn = "dcgd" if whole == "page" else "fedpaq"
        for method in ([whole], [drawn, "--compressor", "randk:k=5"], [drawn, "--compressor", "permk"]):
            check(folder, base + ["--participation", usage, "--method"] + method)
    for method in (["pp-marina", "--compressor", "randk:k=5"], ["frecon", "--compressor", "randk:k=5"],
                   ["cofig", "--compressor", "randk:k=5"], ["dasha", "--compressor", "randk:k=5"],
                   ["cofig:independent=1", "--compressor", "randk:k=5"], ["ef21", "--compressor", "randk:k=5"],
                   ["pp-marina:p=0.3", "--compressor", "randk:k=5"], ["page:p=0.4"], ["marina:p=0.2", "--compressor", "randk:k=5"]):
        if not method[0].startswith("marina"):
            check(folder, base + ["--participation", "nice:2", "--method"] + method)
        else:
            check(folder, base + ["--method"] + method)
    check(folder, ["--data", "synth:rare,d=24,m=5,c=0.2", "--rounds", "100", "--method", "ef21:measured-c=1",
                   "--compressor", "randk:k=2"])
    idle = os.path.join(folder, "idle.svm")
    open(idle, "w").write("".join("%+d %s\n" % (1 - 2 * (i % 2), "" if i < 4 else "1:%d 2:%d" % (i, i % 3)) for i in range(24)))
    check(folder, ["--data", idle, "--method", "ef21-w", "--rounds", "50", "--compressor", "randk:k=1"])


def told_of_trace(options, trace, words, odd, folder):
    """One line on standard error, also with --quiet; the run file says it too."""
    out = os.path.join(folder, "odd.h5")
    done = run(options + ["--rounds", "3", "--quiet", "--force", "--out", out])
    line = "warning: --participation: trace:%s: %s: " % (trace, words)
    ok(done.returncode == 0 and done.stderr.startswith(line if odd else "") and done.stderr.count("\n") == (odd > 0),
       "standard error of a trace with %d odd clients" % odd, done.stderr)
    told = json.loads(call([laconic, "show", "--json", out]).stdout).get("trace", {}).get("odd_clients")
    text = call([laconic, "show", out]).stdout
    ok(told == odd and (", each client once in each" if odd == 0 else ", %d client" % odd) in text, "in the run file: %s" % told, text)


def participation(folder):
    """What a plan says of cohorts and weights that the user should know of."""
    base = ["--dry-run", "--method", "fedavg", "--step", "0.1", "--clients", "6", "--data"]
    data = ["synth:logistic,d=5,m=4", "--participation"]
    trace, rows = os.path.join(folder, "trace.txt"), os.path.join(folder, "rows.svm")
    open(rows, "w").write("".join("%d 1:%d\n" % (i % 3 > 0, i + 1) for i in range(40)))
    for kind, warned in (("cyclic:2,order=listed", True), ("cyclic:2", False), ("cohorts:2", False)):
        done = run(base + data + [kind])
        ok(done.returncode == 0 and warned == ("as they are numbered" in done.stdout), "order of %s in the plan" % kind, done.stdout)
    for text, odd, line, words in (
            ("0 1 2\n3 4\n5\n", 0, "3 rounds in 1 meta epoch, each client once in each", ""),
            ("0 1 2\n3 4 5\n\n0 1\n2 1\n", 4, "4 of 6 clients not once in each: client 1 takes part 2 times in meta epoch 2",
             "4 of 6 clients do not take part once in each meta epoch (client 1 2 times in meta epoch 2)"),
            ("0 1 2\n3 5\n", 1, "1 of 6 clients not once in each: client 4 takes part 0 times in meta epoch 1",
             "1 of 6 clients do not take part once in each meta epoch (client 4 0 times in meta epoch 1)")):
        open(trace, "w").write(text)
        done = run(base + data + ["trace:" + trace])
        ok(done.returncode == 0 and line in done.stdout, "of a trace: " + line, done.stdout + done.stderr)
        told_of_trace(base[1:] + data + ["trace:" + trace], trace, words, odd, folder)
    for weights in ("uniform", "samples"):
        done = run(base + [rows, "--client-weights", weights])
        share = re.search("weights +by samples: 0.9 to 1.05 times 1/n", done.stdout)
        ok(done.returncode == 0 and (share is not None) == (weights == "samples"), "weights: " + weights, done.stdout)


def theories():
    """Where a run leaves what its step is proved for, the plan says it, in one line for each reason."""
    base = ["--dry-run", "--data", "synth:logistic,d=8,m=6", "--clients", "4", "--compressor", "randk:k=2", "--method"]
    measured = "no theory covers steps by a measured c; the step above is that of c = n, each round's is as long or longer, by the c of the round before"
    cover = "the theory of this step does not cover "
    for arguments, lines in ((["ef21"], []), (["ef21:measured-c=1"], [measured]),
                             (["ef21:measured-c=1", "--step", "theory-old", "--regularizer", "noncvx:0.1"], [measured]),
                             (["diana"], []), (["diana-rr"], []), (["diana", "--step", "theory-rows", "--gradient", "nice:2"], []),
                             (["diana", "--step", "theory-rows", "--gradient", "independent:2"], [cover + "estimates of gradients"]),
                             (["qsgd", "--gradient", "uniform:2"], []), (["qsgd", "--gradient", "minibatch:2"], [cover + "estimates of gradients"]), (["diana-rr-1s"], ["no theorem has this rule"]), (["diana", "--gradient", "nice:2"], [cover + "estimates of gradients"]),
                             (["diana", "--step", "0.1", "--gradient", "nice:2"], []),
                             (["vr-diana", "--gradient", "nice:2"], []), (["dasha", "--participation", "nice:2"], []),
                             (["ef21", "--step", "theory-sgd", "--participation", "nice:2"], []),
                             (["ef21-w", "--step", "theory-sgd", "--participation", "bernoulli:0.5", "--gradient", "nice:2"], []),
                             (["ef21", "--step", "theory-sgd"], []),
                             (["ef21", "--participation", "nice:2", "--gradient", "nice:2"], [cover + "estimates of gradients"]),
                             (["ef21", "--step", "theory-rf", "--participation", "nice:2"], []),
                             (["ef21", "--step", "theory-old-r", "--participation", "nice:2"], []),
                             (["ef21", "--step", "theory-lrf", "--participation", "nice:2"], []),
                             (["ef21-w", "--step", "theory-lrf", "--participation", "bernoulli:0.5"], []),
                             (["ef21", "--step", "theory-code", "--participation", "nice:2"], [cover + "cohorts"]),
                             (["dcgd", "--regularizer", "noncvx:0.1"], [cover + "a non-convex objective"])):
        done = run(base + arguments)
        ok(done.returncode == 0 and re.findall(r"unproved +(.*)", done.stdout) == lines,
           "unproved in the plan of " + " ".join(arguments), done.stdout + done.stderr)


with tempfile.TemporaryDirectory() as where:
    theories()
    participation(where)
    methods(where)
    cohorts(where)
finish()
