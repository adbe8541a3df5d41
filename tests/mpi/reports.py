"""What `train`, `show`, `plot` and `list` say: of a run, of its step, of files that are not whole; once under mpirun.

usage: reports.py MPIRUN LACONIC
"""

import json
import os
import re
import subprocess
import tempfile
import time

from calls import call, finish, laconic, messages, mpirun, ok, refused, rows, run, summary

DATA = ["--data", "synth:logistic,d=20,m=10", "--clients", "6"]


def show(path, *form):
    return call([laconic, "show", path] + list(form)).stdout


def plan(arguments):
    done = run(["--dry-run"] + arguments)
    return done.stdout + done.stderr


def wait_for_model(path, arguments):
    """Until a run that goes on has published its model."""
    for _ in range(200):
        done = run(arguments + ["--x0", path])
        if done.returncode == 0:
            return done
        time.sleep(0.1)
    return done


def unfinished(folder):
    """The model of a run that was killed is older than its rows: whoever takes it is told."""
    out, whole = os.path.join(folder, "killed.h5"), os.path.join(folder, "whole.h5")
    few = DATA + ["--method", "gd", "--rounds", "2", "--quiet"]
    endless = subprocess.Popen([laconic, "train"] + DATA + ["--method", "gd", "--rounds", "1000000000", "--quiet", "--out", out])
    done = wait_for_model(out, few)
    line = r"warning: %s: the run of '.*killed\.h5' did not come to its end; the model is that of round (\d+), its last row of round (\d+)\n"
    ok(re.fullmatch(line % "--x0", done.stderr), "--x0: a run that goes on is said to", done.stderr)
    endless.kill()
    endless.wait()
    stored = re.search(r"round (\d+),", run(few + ["--x0", out]).stderr)
    for ranks in [0, 3]:
        for arguments, option in ((["--x0", out], "--x0"), (["--solution", out, "--track", "distance_sq"], "--solution")):
            done = run(few + arguments, ranks)
            found = re.search(line % option, done.stderr)
            good = found and found.group(1) == stored.group(1) and int(found.group(1)) <= int(found.group(2)) and done.stderr.count("warning:") == 1
            ok(done.returncode == 0 and good, "%s: a run that was killed is said to be, %d ranks" % (option, ranks), done.stderr)
    run(few + ["--out", whole])
    done = run(few + ["--x0", whole, "--solution", whole, "--track", "distance_sq"])
    ok(done.returncode == 0 and not done.stderr, "nothing is said of one that came to its end", done.stderr)
    run(["--data", "synth:least-squares,d=5", "--method", "gd", "--step", "1e8", "--rounds", "500", "--out", whole, "--force", "--quiet"])
    done = run(["--data", "synth:least-squares,d=5", "--method", "gd", "--x0", whole, "--dry-run"])
    ok("diverged" in done.stderr or "not finite" in done.stderr, "a run that diverged is said to have", done.stderr)
    done = run(["--data", "synth:least-squares,d=5", "--method", "gd", "--step", "1e120", "--rounds", "30", "--quiet", "--out", whole, "--force"])
    found = re.search(r"round (\d+): the loss after it is not finite any more, as round (\d+) found", done.stderr)
    lines = re.search(r"\n  rounds +(\d+) in .*\n  loss +[^ ]+ after round (\d+)\n(?:.*\n){1,3}  model .* after round (\d+)\n", show(whole))
    rounds, row, model = [int(number) for number in lines.groups()] if lines else (0, 0, 0)
    told = json.load(open(whole + ".result.json"))["round"]
    ok(found and rounds == model == told == int(found.group(2)) == int(found.group(1)) + 1 == row + 2,
       "its sentence, its summary and result.json say which rounds they mean", "%s\n%s" % (done.stderr, show(whole)))


def shown(folder):
    """All that made a run, under its name."""
    out, data = os.path.join(folder, "shown.h5"), os.path.join(folder, "data.svm")
    open(data, "w").write(rows())
    run(["--data", data, "--clients", "6", "--method", "ef21", "--compressor", "topk:3", "--participation", "nice:50%", "--gradient",
         "nice:4", "--step-policy", "sqrt:5", "--init", "exact", "--x0", "uniform:0.1", "--intercept", "--client-weights", "samples",
         "--rounds", "7", "--eval-every", "3", "--track", "x_norm", "--split", "shuffled", "--quiet", "--out", out])
    text = show(out)
    for line in ("method +ef21, topk:3, at fp64", "participation +nice:50%", "gradient +nice:4", r"data +.*data\.svm, split shuffled",
                 "objective +logistic, regularizer none", "x0 +uniform:0.1", "init +exact", "step-policy +sqrt:5",
                 r"step +[0-9.e-]+ \(theory, partial participation: 1/\(L \+ L_mean/rho\*\)\)",
                 "options +--intercept --client-weights samples --eval-every 3 --track x_norm"):
        ok(re.search("^  %s$" % line, text, re.M), "show: " + line, text)
    starts = {re.match("  (?:f.x. - f.|[^ ]+) +", line).end() for line in text.split("\n\n")[0].splitlines()[1:] if "x_norm  " not in line}
    ok(starts == {16}, "one column of names, one of values", text)
    made = summary(out).get("configuration", {})
    wanted = {"participation": "nice:50%", "gradient": "nice:4", "step-policy": "sqrt:5", "x0": "uniform:0.1", "init": "exact"}
    ok(wanted.items() <= made.items() and "out" not in made and summary(out)["init"] == "exact", "show --json has them too", made)
    of_others = {"p", "server-step", "meta-step", "rr-order"}
    for method, has in (("ef21", set()), ("l2gd", {"p"}), ("q-rr", {"rr-order"}), ("fedavg", {"server-step", "rr-order"})):
        more = ["--step", "0.1", "--regularizer", "l2:0.1"]
        run(DATA + ["--method", method, "--rounds", "1", "--out", out, "--force", "--quiet"] + more)
        keys = {line.split(" = ")[0] for line in show(out, "--config").splitlines()[1:]}
        ok(keys & of_others == has and "step" in keys, "show --config has the options that %s has" % method, keys)
    run(DATA + ["--method", "l2gd", "--p", "0.25", "--step", "base", "--rounds", "1", "--out", out, "--force", "--quiet"])
    ok(re.search(r"^  p +0\.25 \(number\)$", show(out), re.M), "show: every step and probability", show(out))


def branches(folder):
    """A rule of several formulas: the plan, show and the summary say which one was taken."""
    out = os.path.join(folder, "branch.h5")
    strong = ["--regularizer", "l2:0.1"]
    bent = ["--regularizer", "noncvx:0.1"]
    some = ["--participation", "nice:2"]
    for arguments, option, branch, formula in (
            (["--method", "ef21"], "step", "all clients", "1/(L + L_mean xi(alpha))"),
            (["--method", "ef21-w"] + some, "step", "partial participation", "1/(L + L_mean/rho*)"),
            (["--method", "diana"], "step", "theory-convex", "1/(L_max (1 + 4 W))"),
            (["--method", "diana"] + bent, "step", "theory-nonconvex", "1/(10 L_max"),
            (["--method", "vr-diana", "--gradient", "nice:2"], "step", "theory-convex", "1/(L_max (1 + 4 W) + 4 U"),
            (["--method", "vr-diana", "--gradient", "nice:2"] + bent, "step", "theory-nonconvex", "1/(10 max{"),
            (["--method", "cofig"] + some, "step", "theory-convex", "1/(L_max (2 + 8"),
            (["--method", "cofig"] + some + bent, "step", "theory-nonconvex", "min{1/(2 L_max)"),
            (["--method", "dcgd"], "step", "all clients", "1/(L + 2 omega L_max/n)"),
            (["--method", "dcgd"] + some, "step", "cohorts", "1/((1 - B) L"),
            (["--method", "dcgd", "--compressor", "permk"], "step", "permk", "1/((1 + omega_Q) L_max)"),
            (["--method", "dcgd", "--compressor", "permk"] + some, "step", "permk, cohorts", "1/((1 + omega_Q) max_i"),
            (["--method", "dasha"], "step", "all clients", "1/(L + L_rms"),
            (["--method", "dasha"] + some, "step", "partial participation", "docs/methods/dasha.md"),
            (["--method", "pp-marina"] + some, "step", "independent compressors", "1/(L_rms + sqrt"),
            (["--method", "pp-marina", "--compressor", "permk"] + some, "step", "permk", "docs/methods/pp-marina.md"),
            (["--method", "diana-rr"], "step", "convex", "1/((1 + 6 W) L_row)"),
            (["--method", "diana-rr"] + strong, "step", "strongly convex", "min{alpha/(2 B mu)"),
            (["--method", "diana-nastya"], "server-step", "convex, all clients", "1/(16 L_row (1 + 9"),
            (["--method", "diana-nastya"] + strong, "server-step", "strongly convex, all clients", "min{alpha/(2 mu)"),
            (["--method", "diana-nastya"] + some + strong, "server-step", "strongly convex, partial participation", "min{alpha C/"),
            (["--method", "l2gd", "--p", "0.5"] + strong, "step", "compressed", "1/((2/n) max{"),
            (["--method", "l2gd", "--p", "0.5", "--compressor", "identity"] + strong, "step", "theory-uncompressed", "n/(2 max{L/(1-p), lambda (1 +")):
        text = plan(DATA + arguments)
        line = r"^  %s +[0-9.e-]+ \(theory, %s: %s" % (option, re.escape(branch), re.escape(formula))
        ok(re.search(line, text, re.M), "the plan of %s: %s" % (" ".join(arguments[1:]), branch), text)
    run(DATA + ["--method", "diana", "--step", "theory*2", "--rounds", "1", "--out", out, "--quiet"])
    s = summary(out)
    ok(s.get("step_branch") == "theory-convex" and s["step_formula"].startswith("1/(L_max (1 + 4 W))") and
       "(theory*2, theory-convex: 1/(L_max" in show(out), "summary and show have it", s)
    run(DATA + ["--method", "diana", "--step", "theory-convex", "--rounds", "1", "--out", out, "--force", "--quiet"])
    ok("step_branch" not in summary(out), "a rule of one formula has no branch")


def numbers(folder):
    out = os.path.join(folder, "numbers.h5")
    text = run(DATA + ["--method", "page", "--gradient", "importance:2", "--rounds", "1", "--out", out]).stdout
    found = re.search(r"^  rows_noise +([0-9.e+-]+),", text, re.M)
    noise = summary(out)["constants"]["rows_noise"]
    ok(found and abs(float(found.group(1)) / noise - 1) < 1e-5 and "+ rows_noise" in text,
       "page: one number under one name in plan, formula and summary", (text, noise))
    ok(" 1 client on 1 worker rank " in plan(DATA[:2] + ["--clients", "1"]), "one client is one client")
    done = run(DATA + ["--method", "dcgd", "--participation", "bernoulli:50%", "--dry-run"])
    ok("participation bernoulli:50%: 3 of 6 clients" in done.stdout, "bernoulli:50% is bernoulli:0.5", done.stdout + done.stderr)
    grown = ["--data", "synth:least-squares,d=10", "--method", "gd", "--rounds", "60", "--step"]
    done = run(grown + ["theory*8"])
    ok(done.returncode == 0 and re.search(r"warning +the loss grew from [0-9.e+-]+ to [0-9.e+-]+: the step is likely too long",
                                          done.stdout), "a loss that grew is said to have grown, with status 0", done.stdout)
    ok("grew" not in run(grown + ["theory"]).stdout, "one that fell is not")
    listed = call([laconic, "list", "methods"]).stdout
    summaries = re.findall(r"^      summary +(.*)$", listed, re.M)
    ok(len(summaries) > 20 and len(set(summaries)) == len(summaries), "no two methods have one summary",
       [s for s in summaries if summaries.count(s) > 1])


def limits(folder):
    """A file that may not grow further is a failed write."""
    out = os.path.join(folder, "limited.h5")
    words = [laconic, "train"] + DATA + ["--rounds", "20000", "--quiet", "--out", out]
    done = call(["sh", "-c", 'ulimit -f 200; exec "$@"', "sh"] + words)
    refused("a limit of the size of files", done, 3, "cannot write", "File too large")
    short, picture = os.path.join(folder, "short.h5"), os.path.join(folder, "limited.svg")
    run(DATA + ["--rounds", "3", "--quiet", "--out", short])
    done = call(["sh", "-c", 'ulimit -f 16; exec "$@"', "sh", laconic, "plot", short, "-o", picture])
    refused("half a picture is none", done, 1, "gnuplot")
    ok(not os.path.exists(picture) and not os.path.exists(picture + ".tmp"), "and none is left")


def once(folder):
    """Under mpirun rank 0 alone lists, shows and draws."""
    out = os.path.join(folder, "once.h5")
    run(DATA + ["--rounds", "3", "--quiet", "--out", out])
    for words in (["list", "methods"], ["show", out], ["show", "--csv", out], ["help"], ["help", "list"]):
        alone, many = call([laconic] + words), call([mpirun, "-n", "3", laconic] + words)
        ok(many.returncode == 0 and many.stdout == alone.stdout, "on three ranks as on one: laconic " + words[0], many.stdout[:2000])
    done = call([mpirun, "-n", "3", laconic, "plot", out, "-o", os.path.join(folder, "once.gif")])
    ok(done.returncode == 2 and len(messages(done)) == 1, "and a failure of plot is told once", done.stderr)


with tempfile.TemporaryDirectory() as where:
    unfinished(where)
    shown(where)
    branches(where)
    numbers(where)
    limits(where)
    once(where)
finish()
