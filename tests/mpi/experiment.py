"""`run/experiment` on small files of its own: what it runs, what it judges, what it refuses.

usage: experiment.py MPIRUN LACONIC EXPERIMENT
"""

import json
import os
import shutil
import sys
import tempfile

from calls import call, finish, laconic, ok, summary

experiment = sys.argv[3]

GOOD = """# three runs of gradient descent
[about]
title = Three steps

[shared]
data = synth:least-squares,d=6,m=4,L=4,mu=1
clients = 3
method = gd
rounds = 40

[run long]
step = theory
[run short]
step = theory*0.5
[run brief]
rounds = 5

[table]
thresholds = 1e-1 1e-2
tolerance = 50%

[target]
long = reached -
brief = - never

[order]
steps = long < short

[level]
loss long / short = 0.5 1e9

[bytes]
long = 1e-1:320

[step]
long = 0.25 20%

[at]
long = 0:1 40:1 1e30

[plot]
y = grad_norm_sq
"""

SEALED = """[shared]
data = synth:least-squares,d=12,m=4,L=4,mu=1
clients = 4
method = dcgd
compressor = permk
step = 0.05
rounds = 6

[run plain]
[run sealed]
seal = {key}
[run ring]
seal = {key}
topology = ring
[run shorter]
rounds = 5
[run other]
seed = 2

[table]
thresholds = 1e9

[equal-model]
plain = sealed ring
other = other

[level]
bits_up sealed / plain = 1.28571 1.0001
bits_up ring / sealed = 3 1.0001
"""

MISSED = GOOD + """
[missed]
step long = 0.5 1%: half the source's
level loss long / short = 9 1.01: no such level
"""

SCAN = """[shared]
data = synth:least-squares,d=6,m=4,L=4,mu=1
clients = 3
method = gd
rounds = 30

[scan]
option = step
values = 0.1 0.2
seeds = 1-2
column = loss

[run gd]
track = x_norm
[run again]
track = x_norm

[mean]
gd = 1 -

[best]
gd = 0.2

[order-at]
0.2 = gd < again

[fewer-bits]
gd / again = 1 1.01
"""

VARIED = """[shared]
data = synth:least-squares,d=6,m=4,L=4,mu=1
clients = 3
rounds = 40

[vary]
seed = 1..3
method = marina:p=1 | marina:p=0.5
step = 0.1 | theory

[run a]
compressor = randk:k=3
[run b]
compressor = randk:k=2

[table]
thresholds = 1e-1 1e-2
tolerance = 50%

[target]
a-method-marina-p=1-step-0.1 = reached -
b-method-marina-p=0.5-step-0.1 = reached -

[step]
a-method-marina-p=1-step-theory = 0.154 1%

[order]
steps = a-method-marina-p=1-step-theory < a-method-marina-p=1-step-0.1

[plot]
runs = b-method-marina-p=0.5-step-0.1
y = grad_norm_sq
group = all-but-seed
"""

CURVES = """[errors]
dim = 100

[curves]
topk = topk:k=5
"""


class Place:
    """Files and folders of results that are not there yet."""

    def __init__(self, top):
        self.top, self.made = top, 0

    def run(self, text, *arguments, data=None):
        """The call, its folder and its verdicts."""
        self.made += 1
        path, out, tap = (os.path.join(self.top, "e%d%s" % (self.made, end)) for end in (".conf", "", ".tap"))
        open(path, "w").write(text)
        done = self.again(*arguments, data=data)
        return done, out, open(tap).read() if os.path.exists(tap) else ""

    def again(self, *arguments, data=None):
        """The call alone, of the file that was written last."""
        path, out, tap = (os.path.join(self.top, "e%d%s" % (self.made, end)) for end in (".conf", "", ".tap"))
        return call([sys.executable, "-B", experiment, path, "--program", laconic, "--out", out, "--tap", tap] + list(arguments),
                    environment={"LACONIC_DATA": data or self.top})


def stamps(folder):
    """When each run file was written."""
    return {name: os.stat(os.path.join(folder, name)).st_mtime_ns for name in os.listdir(folder) if name.endswith(".h5")}


def renewed(place):
    done, out, tap = place.run(GOOD, "--jobs", "2")
    before = stamps(out)
    ok(place.again("--jobs", "1").returncode == 0 and stamps(out) == before, "what is there is kept")
    path = os.path.join(place.top, "e%d.conf" % place.made)
    open(path, "w").write(GOOD.replace("step = theory*0.5", "step = theory*0.6"))
    again = place.again()
    now = stamps(out)
    ok(again.returncode == 0 and [name for name in before if now[name] != before[name]] == ["short.h5"], "a run whose options changed is made again",
       again.stdout + again.stderr)
    ok(place.again("--force").returncode == 0 and all(stamps(out)[name] != now[name] for name in now), "--force makes all again")
    open(path, "w").write(GOOD.replace("step = theory*0.5", "step = 1e300"))
    refused("a run that diverges unasked", place.again(), 2, "the run 'short' diverged, which [diverges] does not ask for")
    seeded = GOOD.replace("tolerance = 50%", "tolerance = 50%\nseeds = 3 5")
    done, out, tap = place.run(seeded)
    ok(done.returncode == 0 and sorted(stamps(out)) == sorted("%s-seed-%d.h5" % (name, seed) for name in ("long", "short", "brief") for seed in (3, 5)),
       "seeds of [table] are runs of the sweep", done.stdout + done.stderr)


def whole(place):
    done, out, tap = place.run(GOOD)
    ok(done.returncode == 0 and "8 of 8 demands met" in done.stdout and "deviation" in done.stdout and tap.endswith("1..8\n"),
       "an experiment that meets its targets", done.stdout + done.stderr)
    table = open(os.path.join(out, "table.txt")).read()
    ok(table in done.stdout and "Shortened" not in table, "its table is kept", table)
    done, out, tap = place.run(GOOD.replace("steps = long < short", "steps = short < long"))
    ok(done.returncode == 1 and "MISSED: steps" in done.stdout and "not ok" in tap, "one that misses a target", done.stdout)
    done, out, tap = place.run(GOOD.replace("long = 1e-1:320", "long = 1e-1:960 1e-30:320"))
    ok(done.returncode == 1 and done.stdout.count("MISSED: long: each client sends") == 2,
       "bytes of each client, not of all together, and a threshold that is never reached", done.stdout)
    done, out, tap = place.run(GOOD, "--ranks", "2")
    ok(done.returncode == 0, "the same under mpirun", done.stdout + done.stderr)
    done, out, tap = place.run(SCAN.replace("[order-at]\n0.2 = gd < again\n", "").replace("gd = 1 -", "gd = - -"))
    ok(done.returncode == 0 and "2 of 2 demands met" in done.stdout, "one that scans an option", done.stdout + done.stderr)


def sealed(place):
    done, out, tap = place.run(SEALED)
    key = os.path.join(out, "group.key")
    ok(done.returncode == 0 and "5 of 5 demands met" in done.stdout, "sealed runs beside an unsealed one: the same model, bits of seals",
       done.stdout + done.stderr)
    ok(os.stat(key).st_mode & 0o777 == 0o600 and open(key).read().split()[1] not in done.stdout + done.stderr, "their key is made, and not printed")
    ok(open(os.path.join(out, "sealed.h5"), "rb").read(32) == b"laconic run file (private, v 1)\n", "their run files are private")
    ran = stamps(out)
    again = place.again()
    ok(again.returncode == 0 and stamps(out) == ran, "a second call runs none of them", again.stdout + again.stderr)
    os.remove(key)
    again = place.again()
    now = stamps(out)
    ok(again.returncode == 0 and {name for name in ran if now[name] != ran[name]} == {"sealed.h5", "ring.h5"}, "with another key they run again",
       again.stdout + again.stderr)
    for one, others in (("plain", "sealed shorter"), ("plain", "other"), ("shorter", "plain")):
        done, out, tap = place.run(SEALED.replace("plain = sealed ring", "%s = %s" % (one, others)))
        ok(done.returncode == 1 and done.stdout.count("MISSED: ") == 1 and "MISSED: %s and %s end with the same model" % (one, others.split()[-1]) in done.stdout,
           "a model that is not %s's: %s" % (one, others), done.stdout + done.stderr)
    done, out, tap = place.run(SEALED, "--ranks", "3")
    ok(done.returncode == 0 and "5 of 5 demands met" in done.stdout, "the same under mpirun", done.stdout + done.stderr)


def known_misses(place):
    done, out, tap = place.run(MISSED)
    ok(done.returncode == 0 and "8 of 8 demands met" in done.stdout and tap.endswith("1..8\n") and done.stdout.count("missed (known): ") == 2
       and "long has the step 0.25, target 0.5 1%: half the source's" in done.stdout, "known misses are said, and not counted", done.stdout + done.stderr)
    done, out, tap = place.run(MISSED.replace("step long = 0.5 1%", "step long = 0.25 1%"))
    ok(done.returncode == 1 and "8 of 9 demands met" in done.stdout and "MISSED: met after all" in done.stdout and "not ok" in tap,
       "one that is met after all fails", done.stdout + done.stderr)
    ranged = SCAN.replace("[order-at]\n0.2 = gd < again\n", "[range]\ngd = %s\n").replace("gd = 1 -", "gd = - -")
    for text, status in (("1e-9 1e9", 0), ("1e8 1e9", 1)):
        done, out, tap = place.run(ranged % text)
        ok(done.returncode == status and ("3 of 3" if not status else "2 of 3") in done.stdout, "means in a range, %s" % text, done.stdout)


def varied(place):
    done, out, tap = place.run(VARIED)
    run = "b-method-marina-p=0.5-step-0.1"
    ok(done.returncode == 0 and "4 of 4 demands met" in done.stdout and done.stdout.split("demands")[0].count("\n%s " % run) == 1,
       "what varies makes runs that demands name, of several seeds one", done.stdout + done.stderr)
    files = [os.path.join(out, "b-seed-%d-method-marina-p=0.5-step-0.1.h5" % seed) for seed in (1, 2, 3)]
    ok(len(stamps(out)) == 24 and all(os.path.exists(file) for file in files), "their files are those of laconic sweep", "\n".join(sorted(stamps(out))))
    lasts = [summary(file)["final"]["grad_norm_sq"] for file in files]
    mean = sum(lasts) / 3
    ok(len(set(lasts)) == 3, "their seeds differ", lasts)
    demand = VARIED + "\n[end]\n%s = %.17g 1.0000001\n" % (run, mean)
    done, out, tap = place.run(demand)
    ok(done.returncode == 0 and "5 of 5 demands met" in done.stdout, "values are means over the seeds that vary", done.stdout + done.stderr)
    if shutil.which("gnuplot"):
        drawn = open(os.path.join(out, "plot.svg")).read()
        ok(all(os.path.basename(file) in drawn for file in files), "a figure of medians is of all of them", drawn[:1500])
    of_table = demand.replace("seed = 1..3\n", "").replace("tolerance = 50%", "tolerance = 50%\nseeds = 1 2 3")
    done, out, tap = place.run(of_table)
    ok(done.returncode == 0 and "5 of 5 demands met" in done.stdout and os.path.exists(os.path.join(out, run + "-seed-3.h5")),
       "seeds of [table] are the same", done.stdout + done.stderr)
    done, out, tap = place.run(VARIED.replace("rounds = 40", "").replace("seed = 1..3", "rounds = 5 | 40").replace(
        "-method", "-rounds-40-method"), "--rounds", "7")
    ok("Shortened by --rounds 7: a-rounds-40-method-marina-p=1-step-0.1, a-rounds" in done.stdout and "a-rounds-5-method-marina-p=1-step-0.1, " not in done.stdout,
       "rounds that vary are shortened where they are more", done.stdout + done.stderr)


def varied_refused(place):
    done, out, tap = place.run(VARIED.replace("[run a]\ncompressor = randk:k=3\n[run b]\ncompressor = randk:k=2\n", "").replace("clients = 3", "clients = 3\ncompressor = randk:k=3").replace(
        "a-method", "method").replace("b-method", "method"))
    ok(done.returncode == 0 and "4 of 4 demands met" in done.stdout, "what varies needs no [run NAME]", done.stdout + done.stderr)
    for name, right, wrong, words in (
            ("a run as it was before it varied", "a-method-marina-p=1-step-theory = 0.154", "a = 0.25", (":%d: [step] a" % line_of(VARIED, "a-method-marina-p=1-step-theory = 0.154 1%"), "there is no run 'a'")),
            ("one seed of several", "a-method-marina-p=1-step-theory = 0.154", "a-seed-1-method-marina-p=1-step-theory = 0.154", ("[step]", "there is no run 'a-seed-1")),
            ("an option that does not exist", "method = marina:p=1 |", "methud = marina:p=1 |", (":8:", "methud", "did you mean 'method'")),
            ("a value that is none", "step = 0.1 | theory", "step = 0.1 |", (":9:", "step")),
            ("an option that has one value too", "rounds = 40", "rounds = 40\nstep = 0.5", ("step", "varies")),
            ("seeds in two places", "tolerance = 50%", "tolerance = 50%\nseeds = 1 2", ("seed varies in line 7 already",))):
        done, out, tap = place.run(VARIED.replace(right, wrong, 1))
        refused(name, done, 2, *words)
        ok(not os.path.exists(out), "and nothing is made")
    data = os.path.join(place.top, "rows.svm")
    open(data, "w").write("1 1:1\n-1 2:1\n" * 6)
    several = VARIED.replace("data = synth:least-squares,d=6,m=4,L=4,mu=1\n", "").replace("step = 0.1", "data = {data}/rows.svm | {data}/none.svm\nstep = 0.1")
    done, out, tap = place.run(several)
    ok(done.returncode == 0 and "skipped: " in done.stdout and "none.svm" in tap and not os.path.exists(out),
       "one of whose data only a part is there is skipped", done.stdout + done.stderr)


def shortened(place):
    for rounds, said in (("0", "all runs"), ("3", "all runs"), ("7", "long, short")):
        done, out, tap = place.run(GOOD, "--rounds", rounds)
        table = open(os.path.join(out, "table.txt")).read() if os.path.exists(out) else ""
        ran = summary(os.path.join(out, "long.h5"))["rounds"] if table else None
        ok(done.returncode == 0 and ran == int(rounds) and "Shortened by --rounds %s: %s; no target is judged" % (rounds, said) in table
           and "demands" not in table and "target  " not in table and tap.startswith("1..0 # SKIP"),
           "--rounds %s: the table says what is shorter, and judges nothing" % rounds, done.stdout + done.stderr + table)
        ok(table and summary(os.path.join(out, "brief.h5"))["rounds"] == min(5, int(rounds)), "and no run is longer than it was")
    done, out, tap = place.run(GOOD, "--rounds", "40")
    ok(done.returncode == 0 and "8 of 8 demands met" in done.stdout, "--rounds that shortens nothing changes nothing", done.stdout)
    done, out, tap = place.run(SCAN, "--rounds", "2")
    ok(done.returncode == 0 and "Shortened by --rounds 2: all runs; no target" in done.stdout and "target   " not in done.stdout,
       "the same of a scan", done.stdout + done.stderr)
    ok(summary(os.path.join(out, "gd@0.1-1.h5"))["rounds"] == 2, "whose runs are shorter")


def refused(name, done, status, *words):
    lines = done.stderr.strip().splitlines()
    good = done.returncode == status and len(lines) == 1 and all(word in lines[0] for word in words)
    ok(good, name, "status %d, wanted %d with %s\n%s" % (done.returncode, status, words, done.stderr[-900:]))


def failures(place):
    done, out, tap = place.run(GOOD, "--ranks", "1")
    refused("--ranks 1: the program's own sentence", done, 2, "the run 'long' failed: ", "one rank is only the server")
    done, out, tap = place.run(GOOD.replace("method = gd", "method = gdd"), "--ranks", "2")
    refused("an option that the program refuses", done, 2, "the run 'long'", "gdd", "did you mean 'gd'")
    for arguments in (["--rounds", "-1"], ["--rounds", "x"], ["--ranks", "0"]):
        done, out, tap = place.run(GOOD, *arguments)
        ok(done.returncode == 2 and "whole number from" in done.stderr and "Traceback" not in done.stderr and not os.path.exists(out),
           "refused: " + " ".join(arguments), done.stderr)
    done, out, tap = place.run(CURVES, "--rounds", "5")
    refused("--rounds where nothing has rounds", done, 2, "[curves]", "--rounds")
    done, out, tap = place.run(GOOD.replace("synth:least-squares,d=6,m=4,L=4,mu=1", "{data}/libsvm/none"))
    ok(done.returncode == 0 and "skipped: " in done.stdout and "libsvm/none" in tap and not os.path.exists(out),
       "one without its data is skipped, and leaves no folder", done.stdout + done.stderr)
    done, out, tap = place.run(GOOD.replace("synth:least-squares,d=6,m=4,L=4,mu=1", "{data}/libsvm/none"), data="/nowhere")
    refused("data from a folder that is not there", done, 2, "LACONIC_DATA", "/nowhere")
    open(os.path.join(place.top, "plain"), "w").write("")
    done = call([sys.executable, "-B", experiment, os.path.join(place.top, "e1.conf"), "--program", laconic, "--out", os.path.join(place.top, "plain")])
    refused("results in a place that is no folder", done, 2, "--out", "plain")
    done, out, tap = place.run(GOOD.replace("y = grad_norm_sq", "z = grad_norm_sq"))
    ok(done.returncode == 2 and "[plot]" in done.stderr and "Traceback" not in done.stderr or "no plot" in done.stdout,
       "an option that plot refuses", done.stderr)


def line_of(text, line):
    return text.split("\n").index(line) + 1


def malformed(place):
    """A line in the place of one that is right: told by file, line and section, before anything runs."""
    for text, right, lines in [
        (GOOD, "title = Three steps", ["titel = x", "no line", "title =", "long = perhaps"]),
        (GOOD, "rounds = 40", ["rounds = many", "rounds", "rounds = 4\nrounds = 5"]),
        (GOOD, "thresholds = 1e-1 1e-2", ["thresholds = 0.1 x", "thresholds =", "thresholds = 0.1 -1", "threshold = 1"]),
        (GOOD, "tolerance = 50%", ["tolerance = x%", "seeds = 1 b", "tail = 0", "mean = median", "order = first", "column ="]),
        (GOOD, "long = reached -", ["long = reached", "long = 10 twice", "long = 0 1", "lang = 1 2", "long = nan 1"]),
        (GOOD, "steps = long < short", ["steps = long", "steps = long < middle", "steps = long < short <", "steps"]),
        (GOOD, "loss long / short = 0.5 1e9", ["loss long / short = 0.5", "loss = 1 2", "loss long / none = 1 2", "loss long short = 1 2",
                                               "loss long = 1 a", "loss long = 1 0"]),
        (SEALED, "other = other", ["other =", "other = none", "none = other"]),
        (GOOD, "long = 1e-1:320", ["long = 1e-1:x", "long =", "long = 320", "long = 0:320", "none = 1e-1:320"]),
        (GOOD, "long = 0.25 20%", ["long = 0.25 20% 3", "long =", "long = a", "long = 0.25 b%", "wide = 0.25"]),
        (GOOD, "long = 0:1 40:1 1e30", ["long = 0:1 40:1", "long = 0 1 2", "long =", "long = 1", "long = 0:x 2", "long = a:1 2", "long = 0:1 0",
                                        "none = 0:1 2"]),
        (GOOD, "y = grad_norm_sq", ["runs = long none"]),
        (GOOD, "[plot]", ["[plots]", "[best]", "[scan", "[run a b]", "[order]"]),
        (MISSED, "step long = 0.5 1%: half the source's", ["step long = 0.5 1%", "long = 0.5 1%: why", "step none = 0.5: why", "steps long = 1: why",
                                                           "step long = a: why", "mean long = 1: why", "step long = 0.5 1%:"]),
        (SCAN.replace("[best]\n", "[range]\ngd = 1 2\n\n[best]\n"), "gd = 1 2", ["gd = 1", "gd = 2 1", "gd = 1 x", "other = 1 2"]),
        (SCAN, "values = 0.1 0.2", ["values ="]),
        (SCAN, "seeds = 1-2", ["seeds = 1-x", "seeds = 2-1", "seeds = a", "seeds = 1-"]),
        (SCAN, "column = loss", ["column =", "column = loss\nfactor = x", "column = loss\nseeds-of-targets = 0"]),
        (SCAN, "gd = 1 -", ["gd = 1", "gd = 1 x", "other = 1 1"]),
        (SCAN, "gd = 0.2", ["gd = 0.3", "gd =", "other = 0.2"]),
        (SCAN, "0.2 = gd < again", ["0.3 = gd < again", "0.2 = gd", "0.2 = gd < other"]),
        (SCAN, "gd / again = 1 1.01", ["gd = 1 1.01", "gd / other = 1 1.01", "gd / again = 1", "gd / again / gd = 1 1"]),
        (SCAN, "[best]", ["[order]", "[table]", "[vary]"]),
        (CURVES, "dim = 100", ["dim = x", "dims = 3"]),
        (CURVES, "topk = topk:k=5", ["topk =", "topk"]),
    ]:
        for line in lines:
            where = line_of(text, right) + line.count("\n")
            section = right[1:-1] if right[0] == "[" else text[:text.index("\n" + right)].rpartition("[")[2].partition("]")[0]
            done, out, tap = place.run(text.replace("\n" + right + "\n", "\n" + line + "\n", 1))
            written = line.strip("[]") if right[0] == "[" else section
            words = ["e%d.conf" % place.made] + ([":%d:" % where, "[%s" % written] if line not in ("[scan",) else [])
            refused("%s instead of %s" % (json.dumps(line), right), done, 2, *words)
            ok(not os.path.exists(out), "and nothing is made")
    for name, text, word in (("a line before the first section", "x = 1\n" + GOOD, ".conf:1:"), ("no run", "[about]\ntitle = x\n", "no section [run NAME]"),
                             ("a scan without values", SCAN.replace("values = 0.1 0.2\n", ""), ":7: [scan] needs values")):
        refused(name, place.run(text)[0], 2, word)


with tempfile.TemporaryDirectory() as where:
    here = Place(where)
    whole(here)
    sealed(here)
    renewed(here)
    varied(here)
    varied_refused(here)
    known_misses(here)
    shortened(here)
    failures(here)
    malformed(here)
finish()
