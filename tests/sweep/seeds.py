"""`laconic train --seeds`: one configuration, once for each seed.

usage: seeds.py MPIRUN LACONIC
"""

import os
import statistics
import tempfile

from place import Place, call, finish, laconic, messages, model, mpirun, ok, refused, run, stamps, summary

OPTIONS = "--data synth:logistic,d=12,m=8 --clients 4 --rounds 12 --method marina --compressor randk:3".split()


def middle(lines, name):
    """The numbers of its line: median, least, most."""
    words = next(line for line in lines if line.split()[:1] == [name]).replace(",", "").split()
    return [float(words[i]) for i in (-5, -3, -1)]


def repeated(place):
    out = place.path("run.h5")
    done = run(OPTIONS + ["--seeds", "1..5", "--out", out])
    files = [place.path("run-seed-%d.h5" % seed) for seed in range(1, 6)]
    ok(done.returncode == 0 and all(map(os.path.exists, files)) and not os.path.exists(out) and not os.path.exists(out + ".lock"),
       "a run file for each seed, named by it", done.stderr)
    alone = place.path("alone.h5")
    run(OPTIONS + ["--seed", "4", "--out", alone, "--quiet"])
    ok(model(alone) == model(files[3]) and len({model(file) for file in files}) == 5, "each is the run of its seed")
    found = [summary(file) for file in files]
    lines = done.stdout.splitlines()
    for name, values in (("loss", [one["final"]["loss"] for one in found]), ("|grad|^2", [one["final"]["grad_norm_sq"] for one in found]),
                         ("Mbit", [one["bits"]["up"]["total"] / 1e6 for one in found])):
        said = middle(lines, name)
        wanted = [statistics.median(values), min(values), max(values)]
        ok(all(abs(a - b) <= 1e-6 * abs(b) for a, b in zip(said, wanted)), "median and spread of %s" % name, "%s %s" % (said, wanted))
    lines = run(OPTIONS + ["--seeds", "1..4", "--out", out]).stdout.splitlines()
    losses = [one["final"]["loss"] for one in found[:4]]
    ok(abs(middle(lines, "loss")[0] - statistics.median(losses)) <= 1e-6 * losses[0], "of an even number the mean of the two in the middle", lines)
    before = stamps(place.top)
    more = run(OPTIONS + ["--seeds", "1..6", "--out", out])
    after = stamps(place.top)
    ok(more.returncode == 0 and "5 of them there already" in more.stdout and all(after[name] == its for name, its in before.items()) and len(after) == len(before) + 1,
       "a further seed adds one run", more.stdout)
    refused("another run under these names", run(OPTIONS + ["--rounds", "9", "--seeds", "1..2", "--out", out]), 2, "run-seed-1.h5", "--rounds (12, now 9)", "--force")
    done = run(OPTIONS + ["--rounds", "9", "--seeds", "2..2,4", "--out", out, "--force", "--quiet"])
    ok(done.returncode == 0 and done.stdout == "" and [summary(file)["rounds"] for file in files] == [12, 9, 12, 9, 12], "a list; --force; --quiet", done.stderr)
    os.mkdir(place.path("kept"))
    done = run(OPTIONS + ["--seeds", "7..8", "--out", place.path("kept", "{seed}.of.h5")])
    ok(done.returncode == 0 and {"7.of.h5", "8.of.h5"} <= set(os.listdir(place.path("kept"))), "{seed} in the name", done.stderr)
    for seed in "12":
        os.mkdir(place.path("of-" + seed))
    done = run(OPTIONS + ["--seeds", "1..2", "--out", place.path("of-{seed}", "run.h5")])
    ok(done.returncode == 0 and {"run.h5", "run.log"} <= set(os.listdir(place.path("of-2"))), "{seed} in the name of the folder", done.stderr)
    done = run(OPTIONS + ["--seeds", "1..7", "--dry-run", "--out", out])
    ok(done.returncode == 0 and "to do" in done.stdout and not os.path.exists(place.path("run-seed-7.h5")), "--dry-run lists them, and makes none", done.stdout)


def diverging(place):
    """The spread is over the runs that did not diverge."""
    few = "--data synth:least-squares,d=6,m=4,L=4,mu=1 --clients 3 --method gd --step 0.52 --x0 normal".split()
    done = run(few + ["--rounds", "100000", "--seeds", "1..4", "--out", place.path("far.h5")])
    ends = [summary(place.path("far-seed-%d.h5" % seed))["final"]["round"] for seed in range(1, 5)]
    last = sorted(ends)[-1]
    ok(len(set(ends)) > 1, "runs that diverge at different rounds", ends)
    done = run(few + ["--rounds", str(last), "--seeds", "1..4", "--out", place.path("near.h5")])
    found = [summary(place.path("near-seed-%d.h5" % seed)) for seed in range(1, 5)]
    losses = [one["final"]["loss"] for one in found if one["status"] == "finished"]
    said = middle(done.stdout.splitlines(), "loss")
    ok(done.returncode == 0 and 0 < len(losses) < 4 and abs(said[0] / statistics.median(losses) - 1) < 1e-6 and abs(said[2] / max(losses) - 1) < 1e-6,
       "the spread leaves those out that diverged", "%s\n%s" % (losses, done.stdout))


def refusals(place):
    out = ["--out", place.path("no.h5")]
    for words, said in ((["--seeds", "1..3", "--seed", "2"], "--seed exclude"), (["--seeds", "3..1"], "begins above"), (["--seeds", "1,1"], "twice"),
                        (["--seeds", "a"], "seed: 'a' is no whole number"), (["--seeds", "1,"], "nothing stands"), (["--seeds", "1..3", "--method", "gdd"], "did you mean"),
                        (["--seeds", "1..3", "--data", "-"], "standard input"),
                        *((["--seeds", "1..3"] + more.split(), "%s is of one run" % more.split()[0])
                          for more in ("--checkpoint c", "--resume c", "--seal c", "--identity c --roster r", "--role server"))):
        refused(" ".join(words), run(OPTIONS + words + out), 2, said)
    refused("without --out", run(OPTIONS + ["--seeds", "1..3"]), 2, "needs --out")
    refused("a name that would be one file", run(OPTIONS + ["--seeds", "1..3", "--out", place.path("x")]), 2, "{seed}")
    done = run(OPTIONS + ["--seeds", "1..3"] + out, 2)
    ok(done.returncode == 2 and len(messages(done)) == 1 and 'laconic sweep FILE --launcher "mpirun -n RANKS"' in done.stderr,
       "under a launcher: one sentence, which says how", done.stderr)
    for far, folder in (("none/{seed} run.h5", "none"), ("none-{seed}/run.h5", "none-1"), ("none/run.h5", "none")):
        refused("a folder that is not there", run(OPTIONS + ["--seeds", "1..3", "--out", place.path(far)]), 3, "--out: cannot write", "there is no folder '%s'" % place.path(folder))
    for command in ("tune", "check"):
        refused("of %s" % command, call([laconic, command, "--seeds", "1..3"] + out), 2, "--seeds") if command == "tune" else ok(
            "--seeds" in call([laconic, command, "--seeds", "1..3"] + out).stdout, "of %s" % command)
        said = call([laconic, command, "--help"]).stdout
        ok("--seeds" not in said and "--seed " in said, "%s --help does not offer it" % command, said)
    ok(not [name for name in os.listdir(place.top) if name.startswith("no")], "nothing is made", os.listdir(place.top))


with tempfile.TemporaryDirectory() as where:
    repeated(Place(where))
    diverging(Place(where))
    refusals(Place(where))
finish()
