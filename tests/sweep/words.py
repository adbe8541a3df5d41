"""`laconic show --command` gives a command that makes the same run; `--describe` says what it was.

usage: words.py MPIRUN LACONIC
"""

import json
import os
import subprocess
import tempfile

from place import Place, call, finish, laconic, mpirun, ok, refused, rows, run, summary

listed = json.loads(call([laconic, "list", "--json"]).stdout)


def show(path, *words):
    return call([laconic, "show"] + list(words) + [path])


def again(place, text, out):
    """The command as a shell runs it, with a run file."""
    folder = os.path.dirname(os.path.abspath(laconic))
    bare = {"PATH": "%s:%s:%s" % (folder, os.path.dirname(mpirun), os.environ["PATH"])}
    return call(["sh", "-c", text.rstrip("\n") + ' --out "$1" --force --quiet', "sh", out], environment=bare, cwd=place.top)


def replay(place, arguments, ranks=0):
    first, second = place.path("first.h5"), place.path("second.h5")
    name = " ".join(arguments) + (" on %d ranks" % ranks if ranks else "")
    done = run(arguments + ["--out", first, "--force", "--quiet"], ranks)
    if done.returncode:
        return ok(False, "run: " + name, done.stderr)
    line, lines = show(first, "--command").stdout, show(first, "--command", "--lines").stdout
    done = again(place, line, second)
    a, b = summary(first), summary(second) if done.returncode == 0 else {}
    ok(a.get("final") == b.get("final") and a["bits"]["up"] == b.get("bits", {}).get("up") and a["configuration"] == b.get("configuration")
       and a["ranks"] == b.get("ranks") and line.count("\n") == 1, "the same again: " + name, done.stderr + line)
    joined = subprocess.run(["sh", "-c", "printf '%s ' " + lines], stdout=subprocess.PIPE, text=True, check=True).stdout
    whole = subprocess.run(["sh", "-c", "printf '%s ' " + line], stdout=subprocess.PIPE, text=True, check=True).stdout
    ok(joined == whole and lines.count(" \\\n") >= line.count(" --"), "and in lines: " + name, lines)
    return ok("Method: %s" % a["method"] in show(first, "--describe").stdout, "and described: " + name)


def commands(place):
    data = place.path("odd name's #1.svm")
    open(data, "w").write(rows())
    small = ["--data", data, "--clients", "5", "--rounds", "6"]
    for method in listed["methods"] if os.environ.get("LAC_TEST_LONG") == "1" else listed["methods"][::6]:
        replay(place, small + ["--method", method["name"], "--regularizer", "l2:0.1"] + ([] if method["step_rules"] else ["--step", "0.01"]))
    for more in (["--split", "shuffled", "--intercept", "--seed", "7"], ["--step", "theory*0.5", "--wire", "fp16"], ["--compressor", "topk:1%+natural"],
                 ["--track", "loss_gap", "--optimum", "-0.25"], ["--x0", "uniform:0.5", "--until-loss", "0.69", "--eval-every", "3"],
                 ["--method", "page", "--participation", "nice:2"], ["--max-memory", "1G", "--kernels", "portable"]):
        replay(place, small + more)
    replay(place, small, 2)
    os.rename(data, place.path("--quiet"))
    call([laconic, "train", "--data=--quiet", "--clients", "5", "--rounds", "1", "--out", place.path("dashes.h5"), "--quiet"], cwd=place.top)
    done = again(place, show(place.path("dashes.h5"), "--command").stdout, place.path("second.h5"))
    ok(done.returncode == 0, "a value that is an option's name", done.stderr)


def sealed(place):
    key, private, public = place.path("k"), place.path("private.h5"), place.path("public.h5")
    call([laconic, "keygen", key])
    few = "--data synth:logistic,d=12,m=8 --clients 4 --rounds 5 --method dcgd --compressor permk --step 0.1".split()
    kept = place.path("sealed-kept")
    run(few + ["--seal", key, "--out-private", private, "--out", public, "--quiet", "--checkpoint", kept])
    text = show(private, "--command", "--key", key).stdout
    ok(text.endswith("--seal KEYFILE\n") and key not in text, "a sealed run: the place of a key, not its name", text)
    done = call(["sh", "-c", text.replace("KEYFILE", '"$1"').rstrip("\n").replace("laconic", '"$0"', 1) + ' --out-private "$2" --quiet', os.path.abspath(laconic), key, place.path("p2.h5")])
    ok(done.returncode == 0 and json.loads(show(place.path("p2.h5"), "--json", "--key", key).stdout)["final"] ==
       json.loads(show(private, "--json", "--key", key).stdout)["final"], "and with it the same run", done.stderr)
    refused("a public file has no command", show(public, "--command"), 2, "public")
    text = show(kept, "--command").stdout
    ok(text.endswith(" --seal KEYFILE --resume %s\n" % kept), "that of its checkpoint has the place of a key too", text)
    ok("after round 5; sealed." in show(kept, "--describe").stdout, "which is described", show(kept, "--describe").stdout)
    text = show(public, "--describe").stdout
    ok("sealed" in text and "Method" not in text, "and is described by what it has", text)


def described(place):
    data, out = place.path("people.svm"), place.path("d.h5")
    open(data, "w").write(rows(53))
    run(["--data", data, "--clients", "5", "--rounds", "6", "--method", "marina", "--compressor", "randk:k=3", "--regularizer", "l2:0.1", "--seed", "9",
         "--participation", "full", "--split", "shuffled", "--out", out, "--quiet"])
    text, s = show(out, "--describe").stdout, summary(out)
    for said in ("Method: marina (Gorbunov, Burlachenko, Li, Richtarik, arXiv:2102.07845, Algorithm 1), compressor randk:k=3.", "on people.svm with 53 rows, d = 12, split shuffled among 5 clients",
                 "regularizer l2:0.1", "Objective: logistic, f_i(x) = ", "seed 9", "6 rounds", "Step %.6g (theory: %s)" % (s["step"], s["step_formula"]),
                 "a client sent %.6g Mbit and received %.6g Mbit" % (s["bits"]["up"]["total"] / 5e6, s["bits"]["down"]["total"] / 5e6), "Laconic "):
        ok(said in text, "described: " + said, text)
    ok(text.count("\n") == 1, "in one paragraph", text)
    few = ["--data", "synth:logistic,d=12,m=8", "--clients", "4", "--rounds", "5", "--out", out, "--force", "--quiet"]
    for options, said in (("--method ef21-bc --compressor topk:3 --compressor-down topk:2 --x0 uniform:0.5", ("compressor topk:3, down topk:2. ", ", from uniform:0.5, ")),
                          ("--method dcgd --compressor randk:k=3 --client-weights samples --wire fp32", (", values in fp32. ", ", weighted by samples. ")),
                          ("--method fedavg --step 0.1 --server-step 0.7 --participation nice:2 --step-policy sqrt:1 --gradient minibatch:2",
                           (", gradients of minibatch:2. ", ", participation nice:2. ", "Step 0.1 (number), server step 0.7 (number), falling as sqrt:1, ")),
                          ("--method gd --step 1e300 --x0 normal --objective least-squares", (" rounds (diverged);",))):
        run(few + options.split())
        text = show(out, "--describe").stdout
        ok(all(words in text for words in said), "described: " + options, text)


def checkpoints(place):
    kept, whole, out = place.path("kept"), place.path("whole.h5"), place.path("rest.h5")
    few = ["--data", "synth:logistic,d=12,m=8", "--clients", "4", "--seed", "3", "--compressor", "topk:2"]
    run(few + ["--rounds", "1000", "--out", whole, "--quiet"])
    run(few + ["--rounds", "20", "--checkpoint", kept, "--checkpoint-every", "10", "--out", out, "--quiet"])
    for path in (kept, kept + "/", os.path.join(kept, "round-000000020"), os.path.join(kept, "round-000000020/")):
        text = show(path, "--command").stdout
        wanted = "laconic train --clients 4 --compressor topk:2 --data synth:logistic,d=12,m=8 --method ef21 --objective logistic --seed 3 --resume %s" % kept
        ok(text.endswith("\n") and sorted(text.split()) == sorted(wanted.split()),  # with what the data made of the objective's default
           "a checkpoint: the command that goes on", text)
    text = show(kept, "--describe").stdout
    ok("Method: ef21 (" in text and "after round 20" in text and "d = 12" in text, "and what it is of", text)
    done = again(place, show(kept, "--command").stdout, out)
    ok(done.returncode == 0 and summary(out)["final"]["model_digest"] == summary(whole)["final"]["model_digest"], "with which it comes to the end of the whole run", done.stderr)


def surroundings(place):
    """What the environment says is told of a run that used it alone."""
    out, far = place.path("few.h5"), place.path("far")
    few = ["--data", "synth:least-squares,d=6,m=4", "--clients", "3", "--rounds", "2", "--out", out, "--force", "--quiet"]
    run(few, environment={"LACONIC_OPTIMA": far})
    ok("optima" not in summary(out)["configuration"] and far not in show(out, "--command").stdout + show(out, "--config").stdout,
       "a folder of optima that was not read is none of the run", show(out, "--config").stdout)
    call([laconic, "solve"] + few[:4] + ["--optima", far])
    run(few + ["--track", "loss_gap", "--optimum", "solved"], environment={"LACONIC_OPTIMA": far})
    ok(summary(out)["configuration"].get("optima") == far and "--optima %s" % far in show(out, "--command").stdout, "one that was read is", show(out, "--config").stdout)


def refusals(place):
    out = place.path("two lines.h5")
    data = place.path("two\nlines.svm")
    open(data, "w").write(rows())
    run(["--data", data, "--clients", "5", "--rounds", "1", "--out", out, "--quiet"])
    for name, done in (("one", show(out, "--command")), ("several, the first of which have one", show(out, "--command", "--lines", place.path("first.h5")))):
        refused("a name that no command can show: of %s" % name, done, 2, "--data has control characters")
        ok(done.stdout == "", "and not a part of it is printed", done.stdout)
    refused("--lines alone", show(place.path("first.h5"), "--lines"), 2, "--command")
    refused("two forms", show(place.path("first.h5"), "--command", "--json"), 2, "give one of")


with tempfile.TemporaryDirectory() as where:
    here = Place(where)
    commands(here)
    sealed(here)
    described(here)
    checkpoints(here)
    surroundings(here)
    refusals(here)
finish()
