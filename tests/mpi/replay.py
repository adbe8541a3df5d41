"""`laconic show --config RUN` gives a file from which `laconic train --config FILE` makes the same run.

usage: replay.py MPIRUN LACONIC
"""

import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../survival"))
from calls import call, finish, laconic, ok, refused, rows, run  # noqa: E402
from outcomes import outcome  # noqa: E402

listed = json.loads(call([laconic, "list", "--json"]).stdout)


def names(kind):
    return [entry["name"] for entry in listed[kind]]


class Replay:
    def __init__(self, folder):
        self.first, self.second, self.conf = (os.path.join(folder, name) for name in ("a.h5", "b.h5", "a.conf"))

    def check(self, arguments, ranks=0, name=None):
        name = name or " ".join(arguments)
        done = run(arguments + ["--out", self.first, "--force", "--quiet"], ranks)
        if done.returncode:
            return ok(False, "run: " + name, done.stderr)
        text = call([laconic, "show", "--config", self.first]).stdout
        open(self.conf, "w").write(text)
        done = run(["--config", self.conf, "--out", self.second, "--force"], ranks)
        if done.returncode:
            return ok(False, "replayed: " + name, done.stderr + text)
        a, b = outcome(self.first), outcome(self.second)
        ok(a == b and call([laconic, "show", "--config", self.second]).stdout.splitlines()[1:] == text.splitlines()[1:],
           "the same again: " + name, (a, b, text))


has_rule = {method["name"]: bool(method["step_rules"]) for method in listed["methods"]}


def methods(replay, data):
    for method in names("methods"):
        for source in (["--data", "synth:logistic,d=12,m=8"], ["--data", data, "--split", "shuffled"], ["--data", data]):
            step = ["--regularizer", "l2:0.1"] + ([] if has_rule[method] else ["--step", "0.01"])
            replay.check(["--method", method, "--clients", "6", "--rounds", "7", "--seed", "3"] + source + step)


def choices(replay, data):
    """Every name of the registries, and what else an option may be."""
    few = ["--data", data, "--clients", "5", "--rounds", "6"]
    trace = os.path.join(os.path.dirname(data), "trace.txt")
    open(trace, "w").write("0 1 2\n3 4\n")
    for entry in listed["samplings"]:
        usage = entry["usage"].replace("TAU", "2").replace(":P", ":0.4").replace(":C", ":2").replace("FILE", trace)
        method = "page" if entry["name"] not in ("cohorts", "cyclic", "trace") else "rr-cli"
        replay.check(few + ["--method", method, "--participation", usage])
    for entry in listed["estimators"]:
        argument = entry["usage"].replace("TAU", "2").replace(":B", ":2")
        replay.check(few + ["--method", "ef21", "--gradient", argument])
    replay.check(few + ["--method", "ef21", "--gradient", "minibatch:3,order=once"])
    model = os.path.join(os.path.dirname(data), "model.h5")
    run(few + ["--method", "gd", "--out", model, "--force", "--quiet"])
    for entry in listed["first-models"]:
        replay.check(few + ["--method", "gd", "--x0", entry["usage"].replace("[:A]", ":0.5").replace("FILE", model)])
    for split in names("splits"):
        replay.check(few + ["--method", "gd", "--split", split + (":alpha=0.5" if split == "dirichlet" else "")])
    for regularizer in names("regularizers"):
        replay.check(few + ["--regularizer", regularizer + (":0.1" if regularizer != "none" else "")])
    for generator in listed["generators"]:
        kind = ["--data", "synth:" + generator["name"], "--clients", "4", "--rounds", "3", "--method", "gd"]
        for objective in [[], ["--objective", generator["objective"]]]:
            replay.check(kind + objective)
    for compressor in ("permk", "randk:k=3", "topk:2+natural", "identity"):
        replay.check(few + ["--method", "dcgd" if "topk" not in compressor else "ef21", "--compressor", compressor])
    for more in (["--wire", "fp16"], ["--method", "ef21-p", "--compressor-down", "topk:2"], ["--step", "theory*4"],
                 ["--method", "page:p=0.25"], ["--method", "frecon:newest=1"], ["--init", "exact"], ["--dim", "14"],
                 ["--intercept"], ["--drop-remainder"], ["--until-loss", "0.69"], ["--eval-every", "4"],
                 ["--objective", "least-squares"], ["--objective", "softmax"], ["--max-seconds", "1e6"],
                 ["--method", "gd", "--compressor", "identity", "--wire", "fp64"]):
        replay.check(few + more)


def files(replay, data, folder):
    test, best = os.path.join(folder, "test.svm"), os.path.join(folder, "best.h5")
    open(test, "w").write(rows(20))
    few = ["--data", data, "--clients", "5"]
    run(few + ["--method", "gd", "--rounds", "50", "--out", best, "--quiet"])
    personal = ["personal_loss", "model_spread", "personal_objective", "personal_gap"]
    tracked = ",".join(entry["name"] for entry in listed["columns"]
                       if not entry["cost"].startswith("always there") and entry["name"] not in personal)
    replay.check(few + ["--method", "l2gd:lambda=0.5", "--p", "0.4", "--step", "base", "--rounds", "5", "--track", ",".join(personal),
                        "--optimum", "0.1"])
    replay.check(few + ["--method", "ef21", "--rounds", "5", "--track", tracked, "--test", test, "--solution", best, "--network", "up=1Mbit"])
    replay.check(few + ["--method", "gd", "--rounds", "5", "--track", "loss_gap", "--optimum", "-0.25"])
    open(os.path.join(folder, "own1.svm"), "w").write(rows(30))
    open(os.path.join(folder, "own2.svm"), "w").write(rows(40))
    replay.check(["--data-local", os.path.join(folder, "own{rank}.svm"), "--clients", "4", "--rounds", "4"], 3,
                 "--data-local on three ranks")
    odd = os.path.join(folder, "odd #1.svm")
    open(odd, "w").write(rows())
    run(["--data", odd, "--clients", "4", "--rounds", "1", "--out", replay.first, "--force", "--quiet"])
    text = call([laconic, "show", "--config", replay.first]).stdout
    ok("# give this on the command line: data = " in text and "\ndata =" not in text,
       "a value that an options file cannot hold is left to the command line", text)
    conf = os.path.join(folder, "again.conf")
    run(["--config", replay.conf, "--out", best, "--force", "--quiet"])
    open(conf, "w").write(call([laconic, "show", "--config", best]).stdout)
    before = os.stat(best).st_mtime_ns
    done = run(["--config", conf, "--quiet"])
    ok(done.returncode == 0 and os.stat(best).st_mtime_ns == before, "a replay does not write over the run it is of",
       done.stderr)
    refused("what the method does not do is still refused", run(["--method", "gd", "--compressor", "natural"]), 2,
            "--compressor")


with tempfile.TemporaryDirectory() as where:
    svm = os.path.join(where, "data.svm")
    open(svm, "w").write(rows())
    again = Replay(where)
    methods(again, svm)
    choices(again, svm)
    files(again, svm, where)
finish()
