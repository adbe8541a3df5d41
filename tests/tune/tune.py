"""`laconic tune` as its users call it: the best step is the known one, solo and on ranks, after a kill, on bad input.

usage: tune.py MPIRUN LACONIC
"""

import glob
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "mpi"))
from calls import finish, laconic, ok, refused, rows, run

# f(x) = (1/2)|diag(1, 3) x - 1|^2: mu = 1, L = 9. The best step of gradient descent is 2/(L + mu) = 1.8/L.
QUADRATIC = "1 1:1\n1 2:3\n"
MULTIPLIERS = [0.5, 1, 1.4, 1.8, 1.95]
GRID = ["--grid", ",".join("%g" % m for m in MULTIPLIERS)]


def tune(arguments, ranks=0, environment=None):
    return run(arguments, ranks, environment=environment, command="tune")


def text_of(path):
    with open(path) as file:
        return file.read()


def results(folder):
    return json.loads(text_of(os.path.join(folder, "tune.json")))


def stamp(path):
    """Another one where the file was replaced: a number of an inode alone may come back."""
    facts = os.stat(path)
    return facts.st_ino, facts.st_mtime_ns


def csv(path):
    """The rows of a run but for times and bytes of MPI, which differ between runs and numbers of ranks."""
    done = subprocess.run([laconic, "show", "--csv", path], stdout=subprocess.PIPE, text=True, check=True)
    lines = [line.split(",") for line in done.stdout.splitlines()]
    kept = [i for i, name in enumerate(lines[0]) if name not in ("seconds", "mpi_server", "mpi_workers")]
    return [[line[i] for i in kept] for line in lines]


def status_of(path):
    done = subprocess.run([laconic, "show", "--json", path], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)["status"]


def column(path, name):
    table = csv(path)
    return [float(line[table[0].index(name)]) for line in table[1:]]


def everything(folder):
    """What must not depend on how the runs went."""
    return text_of(os.path.join(folder, "tune.json")), {
        os.path.basename(path): csv(path) for path in glob.glob(os.path.join(folder, "*.h5"))}


class Place:
    """A folder with the quadratic; names of folders that are not there yet."""

    def __init__(self, top):
        self.top, self.made = top, 0
        self.data = os.path.join(top, "quadratic.svm")
        with open(self.data, "w") as file:
            file.write(QUADRATIC)
        self.options = ["--data", self.data, "--objective", "least-squares", "--method", "gd", "--clients", "2",
                        "--rounds", "60"]

    def folder(self):
        self.made += 1
        return os.path.join(self.top, "out%d" % self.made)


def draws(folder, name):
    figure = os.path.join(folder, "figure.svg")
    plot = subprocess.run([laconic, "plot"] + glob.glob(folder + "/*.h5") + ["-o", figure], stderr=subprocess.PIPE, text=True)
    ok(plot.returncode == 0 and os.path.getsize(figure) > 0 or "not installed" in plot.stderr, name, plot.stderr)


def best_is_known(place):
    out = place.folder()
    done = tune(place.options + GRID + ["--out", out])
    r = results(out)
    ok(done.returncode == 0 and r["best"] == "step-x1.8.h5" and r["edge"] == [],
       "gradient descent on a quadratic: the best step is 2/(L + mu)", done.stderr + done.stdout)
    steps = [run["steps"]["step"] for run in r["runs"]]
    ok([s["multiplier"] for s in steps] == MULTIPLIERS and
       all(abs(s["value"] - s["multiplier"] / 9) < 1e-12 for s in steps), "the steps are multiples of 1/L", steps)
    right = True
    for run in r["runs"]:
        values = column(os.path.join(out, run["file"]), "grad_norm_sq")
        first = -(-3 * len(values) // 4)
        tail = values[first:]
        right = right and len(values) == 61 and abs(run["value"] - sum(tail) / len(tail)) <= 1e-12 * run["value"]
    ok(right, "the value is the mean over the last quarter of the rows", r["runs"])
    marked = [line for line in done.stdout.splitlines() if line.startswith("*")]
    ok(len(marked) == 1 and marked[0].split()[1] == "1.8" and
       "best: --step theory*1.8, the lowest grad_norm_sq" in done.stdout and "warning" not in done.stdout,
       "the table marks it and says why", done.stdout)
    ok(done.stdout.count(" is done, ") == len(MULTIPLIERS), "a line of progress for each run", done.stdout)
    draws(out, "laconic plot draws the runs")
    number = place.folder()
    done = tune(place.options + GRID + ["--step", "0.1111111111111111", "--column", "loss", "--quiet", "--out", number])
    ok(done.returncode == 0 and results(number)["best"] == "step-x1.8.h5" and done.stdout == "",
       "a number is multiplied too; --quiet prints nothing", done.stderr + done.stdout)
    return out


def refused_steps(place):
    """theta = step lambda/(n p) = multiplier/0.4 of l2gd must not be above 1: such steps are results, and end nothing."""
    words = place.options + ["--method", "l2gd:lambda=1", "--p", "0.4", "--compressor", "identity", "--step", "2", "--track", "personal_loss",
                             "--column", "personal_loss", "--rounds", "40", "--grid", "2^-4..2^2"]
    one, many, again = place.folder(), place.folder(), place.folder()
    done = tune(words + ["--out", one])
    ok("mean of the clients' models" not in done.stdout, "a column of their own models: no word about their mean", done.stdout)
    r = results(one) if os.path.exists(os.path.join(one, "tune.json")) else {"runs": [], "best": None}
    words_of = {run["file"]: run["status"] for run in r["runs"]}
    ok(done.returncode == 0 and [name for name, word in words_of.items() if word == "refused"] ==
       ["step-x0.5.h5", "step-x1.h5", "step-x2.h5", "step-x4.h5"] and words_of.get(r["best"]) == "finished",
       "steps that the method does not admit are refused, and the others tuned", done.stderr + str(words_of))
    ok(all(run["value"] is None and not os.path.exists(os.path.join(one, run["file"])) for run in r["runs"] if run["status"] == "refused"),
       "they have no value and no file", r["runs"])
    tune(words + ["--out", many, "--ranks-per-run", "2"], 4)
    ok(os.path.exists(os.path.join(many, "tune.json")) and results(many) == r, "so they are on ranks")
    mean = tune(words[:words.index("--column")] + ["--rounds", "40", "--grid", "2^-4..2^-3", "--out", place.folder()])
    ok(mean.returncode == 0 and "warning: grad_norm_sq is of the mean of the clients' models" in mean.stdout, "one of their mean is said", mean.stdout)
    kept = tune(words + ["--out", one])
    ok(kept.returncode == 0 and results(one) == r, "and when the tuning goes on", kept.stderr)
    refused("of a grid of them it says so", tune(words[:-1] + ["2^1..2^3", "--out", again]), 1, "admits no step of the grid")


def product(place):
    """fedavg with one local step is gradient descent with its server step, here a multiple of its step 0.1."""
    words = place.options + ["--method", "fedavg", "--step", "0.1", "--grid", "0.5,1,1.5", "--server-grid", "1,2,3.6"]
    out = place.folder()
    done = tune(words + ["--out", out])
    r = results(out)
    pairs = [(a, b) for a in (0.5, 1, 1.5) for b in (1, 2, 3.6)]
    ok([run["file"] for run in r["runs"]] == ["step-x%g-server-step-x%g.h5" % pair for pair in pairs],
       "two grids are run as their product", r["runs"])
    steps = [(run["steps"]["step"], run["steps"]["server-step"]) for run in r["runs"]]
    ok([(s["multiplier"], t["multiplier"]) for s, t in steps] == pairs and
       all(abs(s["value"] - 0.1 * a) < 1e-15 and abs(t["value"] - 0.1 * a * b) < 1e-15 for (s, t), (a, b) in zip(steps, pairs)),
       "each with both steps", steps)
    ok(done.returncode == 0 and r["best"] == "step-x1-server-step-x2.h5" and r["edge"] == [] and
       "best: --step 0.1 --server-step theory*2, the lowest" in done.stdout, "the best server step is 2/(L + mu)",
       done.stderr + done.stdout)
    alone = os.path.join(place.top, "alone.h5")
    subprocess.run([laconic, "train"] + place.options + ["--method", "fedavg", "--step", "0.1", "--server-step", "theory*2",
                                                         "--quiet", "--out", alone], check=True)
    ok(csv(alone) == csv(os.path.join(out, r["best"])), "it is the run of train with these steps")
    wider = tune(words + ["--grid", "0.5,1,1.5,0.25", "--out", out])
    ok(wider.returncode == 0 and "12 runs of fedavg, 9 of them there already" in wider.stdout and
       results(out)["best"] == r["best"], "a wider grid runs only what is new", wider.stdout)
    groups = place.folder()
    done = tune(words + ["--ranks-per-run", "2", "--out", groups], 4)
    ok(done.returncode == 0 and results(groups) == r, "the same in groups of ranks", done.stderr)


def three_grids(place):
    """With one round in a meta epoch and one local step rr-cli is gradient descent with its meta step: here 0.1 times all multipliers."""
    words = place.options + ["--method", "rr-cli:batches=1", "--participation", "cohorts:2", "--step", "0.1"]
    out = place.folder()
    done = tune(words + ["--grid", "1", "--meta-grid", "1,2,3.6", "--out", out])
    r = results(out) if done.returncode == 0 else {}
    ok(r.get("best") == "step-x1-meta-step-x2.h5" and r["edge"] == [] and
       "best: --step 0.1 --meta-step theory*2, the lowest" in done.stdout, "the best meta step is 2/(L + mu)", done.stderr + done.stdout)
    out = place.folder()
    done = tune(words + ["--grid", "0.5,1", "--server-grid", "1,1.5", "--meta-grid", "0.25,1,1.25", "--out", out])
    r = results(out) if done.returncode == 0 else {"runs": [], "best": None, "edge": None}
    cubes = [(a, b, c) for a in (0.5, 1) for b in (1, 1.5) for c in (0.25, 1, 1.25)]
    ok([run["file"] for run in r["runs"]] == ["step-x%g-server-step-x%g-meta-step-x%g.h5" % cube for cube in cubes],
       "three grids are run as their product", done.stderr + str(r["runs"]))
    found = [[run["steps"][name]["value"] for name in ("step", "server-step", "meta-step")] for run in r["runs"]]
    ok(len(found) == 12 and all(abs(x - y) < 1e-12 for steps, (a, b, c) in zip(found, cubes)
                                for x, y in zip(steps, (0.1 * a, 0.1 * a * b, 0.1 * a * b * c))), "each with its three steps", found)
    ok(r["best"] == "step-x1-server-step-x1.5-meta-step-x1.25.h5" and r["edge"] == ["step", "server-step", "meta-step"] and
       done.stdout.count("warning: the best --") == 3, "the best is at three edges", done.stdout)


def targets(place):
    # 1.95 passes 0.01 late; 0.5 never passes 1e-9
    for best, target in [("rounds", 0.01), ("bits", 0.01), ("rounds", 1e-9)]:
        out = place.folder()
        done = tune(place.options + GRID + ["--best", "%s:%g" % (best, target), "--out", out])
        r = results(out)
        firsts = []
        for run in r["runs"]:
            path = os.path.join(out, run["file"])
            rows = list(zip(column(path, "grad_norm_sq"), column(path, "round"), column(path, "bits_up")))
            firsts.append(next(({"round": at, "bits_up": bits} for value, at, bits in rows if value <= target), None))
        ok([run["target"] for run in r["runs"]] == firsts and
           [run["status"] for run in r["runs"]] == ["reached" if first else "not reached" for first in firsts],
           "%s to %g: the first row at or below it" % (best, target), r["runs"])
        key = "round" if best == "rounds" else "bits_up"
        wanted = min((first[key], i) for i, first in enumerate(firsts) if first)[1]
        ok(done.returncode == 0 and r["best"] == r["runs"][wanted]["file"] and r["criterion"]["target"] == target and
           "the fewest %s" % best in done.stdout, "the fewest %s to %g are best" % (best, target), done.stdout)
    ok(None in firsts, "a run that does not reach the target is not best")
    out = place.folder()
    done = tune(place.options + ["--grid", "1,1.8", "--best", "rounds:0.01", "--eval-every", "60", "--out", out])
    ok(results(out)["best"] == "step-x1.h5", "of two that are alike the smaller step is best", done.stdout)
    sizes_differ = ["--method", "ef21", "--compressor", "threshold:ratio=0.7", "--data", "synth:logistic,d=30,m=20",
                    "--regularizer", "l2:0.1", "--clients", "3", "--rounds", "20", "--grid", "6,7"]
    found = []
    for best in ["rounds:1e-4", "bits:1e-4"]:
        out = place.folder()
        tune(sizes_differ + ["--best", best, "--out", out])
        found.append(results(out)["best"])
    ok(found == ["step-x6.h5", "step-x7.h5"], "as many rounds, but fewer bits: bits and rounds choose other steps", found)
    out = place.folder()
    done = tune(place.options + GRID + ["--best", "bits:1e-99", "--out", out])
    refused("no run reaches the target: status 1", done, 1, "1e-99")
    ok(results(out)["best"] is None and "*" not in done.stdout and "diverged" not in done.stdout and
       done.stdout.count("not reached") == 5, "tune.json and the table are there all the same", done.stdout)


def edges(place):
    for grid, edge, words in [("0.25,0.5,1", ["step"], "larger steps"), ("1.8,1.9,1.95", ["step"], "smaller steps"),
                              ("1", [], None), ("1,1.8,1.95", [], None)]:
        out = place.folder()
        done = tune(place.options + ["--grid", grid, "--out", out])
        ok(done.returncode == 0 and results(out)["edge"] == edge and
           (words in done.stdout if words else "warning" not in done.stdout), "the grid %s, best at %s edge" %
           (grid, "its" if edge else "no"), done.stdout)


def divergence(place):
    out = place.folder()
    long = place.options + ["--rounds", "2000", "--grid", "1,2.5,1000", "--out", out]
    done = tune(long)
    r = results(out)
    ok(done.returncode == 0 and [run["status"] for run in r["runs"]] == ["finished", "diverged", "diverged"] and
       r["runs"][1]["value"] is None and r["best"] == "step-x1.h5", "a run that diverges is a result", done.stderr)
    ok(r["runs"][2]["rounds"] < r["runs"][1]["rounds"] < 2000, "and ends early", r["runs"])
    draws(out, "laconic plot draws them, up to the largest numbers")
    before = {path: stamp(path) for path in glob.glob(out + "/*.h5")}
    done = tune(long)
    ok(done.returncode == 0 and before == {path: stamp(path) for path in before} and
       "3 of them there already" in done.stdout, "and is kept", done.stdout)
    done = tune(place.options + ["--rounds", "2000", "--grid", "100,1000", "--out", place.folder()])
    refused("all runs diverge: status 1", done, 1, "smaller steps")
    out = place.folder()
    done = tune(place.options + ["--rounds", "20", "--grid", "2.5,3", "--out", out])
    refused("runs that end above their start are not best", done, 1, "smaller steps")
    ok([run["status"] for run in results(out)["runs"]] == ["grew", "grew"], "and are said to have grown")
    out = place.folder()
    done = tune(place.options + ["--rounds", "2000", "--grid", "1,2.5,1000", "--out", out], 3)
    ok(done.returncode == 0 and results(out)["runs"] == r["runs"], "the same on ranks", done.stderr)


def parallel(place, serial):
    wanted = everything(serial)
    for name, ranks, more in [("--jobs 3", 0, ["--jobs", "3"]), ("--jobs 64", 0, ["--jobs", "64"]),
                              ("3 ranks", 3, []), ("2 groups of 2 ranks", 4, ["--ranks-per-run", "2"]),
                              ("2 groups of 3 ranks", 6, ["--ranks-per-run", "3"])]:
        out = place.folder()
        done = tune(place.options + GRID + ["--out", out] + more, ranks)
        ok(done.returncode == 0 and everything(out) == wanted, "%s: the same to the last byte" % name,
           done.stderr + done.stdout)
    done = tune(place.options + GRID + ["--out", serial, "--json"])
    ok(done.stdout == wanted[0], "--json prints tune.json and nothing else", done.stdout)


def restart(place, serial):
    wanted = everything(serial)
    kept = {path: stamp(path) for path in glob.glob(serial + "/*.h5")}
    lost = os.path.join(serial, "step-x1.4.h5")
    os.remove(lost)
    os.remove(os.path.join(serial, "tune.json"))
    done = tune(place.options + GRID + ["--out", serial])
    now = {path: stamp(path) for path in kept}
    del kept[lost], now[lost]
    ok(done.returncode == 0 and everything(serial) == wanted and now == kept and done.stdout.count(" is done, ") == 1,
       "only the run that is missing is run again", done.stdout)
    refused("runs of other options are in the way", tune(place.options + GRID + ["--out", serial, "--rounds", "70"]), 2,
            "--rounds", "60, now 70", "--force")
    ok(everything(serial) == wanted, "and stay as they are")
    done = tune(place.options + GRID + ["--out", serial, "--rounds", "70", "--force"])
    ok(done.returncode == 0 and all(run["rounds"] == 70 for run in results(serial)["runs"]), "--force replaces them",
       done.stderr)
    done = tune(place.options + GRID + ["--out", serial, "--rounds", "70", "--kernels", "portable"])
    ok("5 of them there already" in done.stdout, "options that change no number may differ", done.stdout)


def other_bytes(place):
    """A data file counts by what it holds."""
    out, data = place.folder(), os.path.join(place.folder(), "rows.svm")
    os.makedirs(os.path.dirname(data), exist_ok=True)
    open(data, "w").write(rows())
    words = ["--data", data, "--clients", "3", "--method", "gd", "--rounds", "5", "--grid", "0.5,1", "--out", out]
    done = tune(words)
    open(data, "w").write(rows(50))
    refused("runs of other rows under the same name are in the way", tune(words), 2, "other bytes in --data %s" % data, "--force")
    open(data, "w").write(rows())
    done = tune(words)
    ok("2 of them there already" in done.stdout, "the same rows again are the same runs", done.stdout + done.stderr)


def killed(place):
    """The processes of a killed tuning end with it; what it had done is kept."""
    out = place.folder()
    words = ["--data", "synth:logistic,d=200,m=100", "--rounds", "1500", "--grid", "1,2,4,8", "--out", out]
    running = subprocess.Popen([laconic, "tune", "--jobs", "2"] + words, stdout=subprocess.DEVNULL)
    first = os.path.join(out, "step-x1.h5")
    until = time.monotonic() + 60
    while not (os.path.exists(first) and os.path.exists(os.path.join(out, "step-x4.h5"))) and time.monotonic() < until:
        time.sleep(0.005)
    running.send_signal(signal.SIGKILL)
    running.wait()
    time.sleep(0.5)
    found = {path: (stamp(path), status_of(path) == "finished") for path in glob.glob(out + "/*.h5")}
    ended = [whole for _, whole in found.values()]
    ok(not os.path.exists(out + "/tune.json") and any(ended) and not all(ended),
       "killed while some runs had ended and some had not", found)
    rows = {path: os.path.getsize(path) for path in glob.glob(out + "/*.rows")}
    time.sleep(0.3)
    ok(rows == {path: os.path.getsize(path) for path in glob.glob(out + "/*.rows")}, "its runs ended with it")
    done = tune(words + ["--jobs", "2"])
    ok(done.returncode == 0 and all((stamp(path) == inode) == whole for path, (inode, whole) in found.items()),
       "what had ended is kept, what had not is run again", done.stderr)
    whole = place.folder()
    tune(words[:-1] + [whole])
    ok(everything(out) == everything(whole), "to the same bytes as without the kill")


def refusals(place):
    common = place.options
    for arguments, words in [
        (["--out", "OUT", "--grid", "2^4..2^1"], ["--grid", "above its end"]),
        (["--out", "OUT", "--grid", "0,1"], ["--grid", "above 0"]),
        (["--out", "OUT", "--grid", "1,1"], ["--grid", "twice"]),
        (["--out", "OUT", "--grid", "a"], ["--grid", "no number"]),
        (["--out", "OUT", "--grid", ""], ["--grid"]),
        (["--out", "OUT", "--gird", "1"], ["grid"]),
        (["--out", "OUT", "--server-grid", "1,2"], ["--server-grid", "gd has no --server-step"]),
        (["--out", "OUT", "--method", "fedavg", "--step", "1", "--server-grid", "x"], ["--server-grid", "no number"]),
        (["--out", "OUT", "--method", "fedavg", "--step", "1", "--meta-grid", "1"], ["--meta-grid", "fedavg has no --meta-step"]),
        ([], ["--out DIR"]),
        (["--out", "OUT", "--best", "highest"], ["--best", "lowest"]),
        (["--out", "OUT", "--best", "bits"], ["--best", "bits:TARGET"]),
        (["--out", "OUT", "--best", "bits:"], ["--best", "no number"]),
        (["--out", "OUT", "--best", "rounds:nan"], ["--best", "finite"]),
        (["--out", "OUT", "--until-loss", "0.1"], ["--until-", "rounds:TARGET"]),
        (["--out", "OUT", "--max-seconds", "1"], ["--max-seconds", "--rounds"]),
        (["--out", "OUT", "--column", "los"], ["--column", "loss"]),
        (["--out", "OUT", "--column", "bits_up"], ["--column", "bits_up"]),
        (["--out", "OUT", "--column", "seconds"], ["--column", "seconds"]),
        (["--out", "OUT", "--column", "x_norm"], ["--track x_norm"]),
        (["--out", "OUT", "--jobs", "0"], ["--jobs", "1..1024"]),
        (["--out", "OUT", "--jobs", "many"], ["--jobs"]),
        (["--out", "OUT", "--ranks-per-run", "2"], ["--ranks-per-run", "--jobs"]),
        (["--out", "OUT", "--data", "-"], ["--data -"]),
        (["--out", "OUT", "--step", "theory*x"], ["--step"]),
        (["--out", "OUT", "--step", "teory"], ["--step", "theory"]),
        (["--out", "OUT", "--step", "-1"], ["--step", "positive"]),
        (["--out", "OUT", "--method", "gdd"], ["gd"]),
        (["--out", "OUT", "--rounds", "x"], ["--rounds"]),
        (["--out", place.data], ["no folder"]),
        (["--out", "OUT", "--data", "nowhere.svm", "--grid", "1", "--jobs", "2"], ["nowhere.svm"]),
    ]:
        out = place.folder()
        done = tune(common + [out if word == "OUT" else word for word in arguments])
        refused("refused in one line: " + " ".join(arguments).replace(place.top, "DIR"), done, 2, *words)
        ok(not os.path.exists(out), "and nothing is made")
    refused("a folder in no folder", tune(common + ["--out", os.path.join(place.top, "no", "such")]), 3, "no/such")
    out = place.folder()
    os.makedirs(os.path.join(out, "step-x1.4.h5.rows"))
    done = tune(common + GRID + ["--jobs", "2", "--out", out])
    refused("a run that fails ends the tuning", done, 2, "step-x1.4.h5.rows")
    ok(not os.path.exists(out + "/tune.json") and os.path.exists(out + "/step-x0.5.h5") and
       not os.path.exists(out + "/step-x1.95.h5"), "no run is started any more, and those before stay",
       sorted(os.listdir(out)))
    for ranks, more in [(4, []), (4, ["--ranks-per-run", "2"])]:
        refused("the same on %s ranks" % (" ".join([str(ranks)] + more)), tune(common + GRID + more + ["--out", out], ranks), 2,
                "step-x1.4.h5.rows")
    notes = os.path.join(place.folder(), "step-x1.h5")
    os.makedirs(os.path.dirname(notes))
    with open(notes, "w") as file:
        file.write("mine")
    refused("a file that is no run is never replaced", tune(common + ["--force", "--out", os.path.dirname(notes)]), 2,
            "no run file")
    ok(text_of(notes) == "mine", "and stays as it is")


def refusals_on_ranks(place):
    out = place.folder()
    common = place.options + ["--out", out]
    refused("ranks that make no groups", tune(common + ["--ranks-per-run", "3"], 4), 2, "4 ranks", "groups of 3")
    refused("--jobs under a launcher", tune(common + ["--jobs", "2"], 2), 2, "--ranks-per-run")
    refused("one rank", tune(common, 1), 2, "at least two")
    refused("a wrong option is told once", tune(common + ["--grid", "x"], 3), 2, "--grid")
    refused("a wrong rule is told once", tune(common + ["--step", "teory"], 4), 2, "theory")
    refused("a wrong rule is told once by groups", tune(common + ["--step", "teory", "--ranks-per-run", "2"], 4), 2, "theory")
    refused("ranks with other grids", tune([(1, common + ["--grid", "1,2"]), (2, common + ["--grid", "1,2,3"])]), 2,
            "rank 1", "--grid")
    refused("ranks with other seeds", tune([(3, common), (1, common + ["--seed", "3"])]), 2, "rank 3", "--seed")
    refused("a rank that cannot read its options", tune([(2, common), (1, common + ["--gird", "1"])]), 2, "grid")
    ok(not os.path.exists(out), "and nothing is made")
    done = tune(["--help"], 3)
    ok(done.returncode == 0 and done.stdout.count("usage:") == 1, "--help is printed once", done.stdout)


def dry(place):
    for ranks in [0, 3]:
        out = place.folder()
        done = tune(place.options + ["--grid", "1,2", "--out", out, "--dry-run"], ranks)
        ok(done.returncode == 0 and "step-x2.h5" in done.stdout and "theory*2" in done.stdout and not os.path.exists(out),
           "--dry-run names the runs and makes nothing, %d ranks" % ranks, done.stdout + done.stderr)
    path = os.path.join(place.top, "tune.conf")
    with open(path, "w") as file:
        file.write("grid = 1,2\nmethod = gd\nrounds = 3\n")
    out = place.folder()
    done = tune(["--config", path, "--out", out, "--rounds", "4"], environment={"LACONIC_BEST": "bits:10"})
    r = results(out)
    ok(done.returncode == 0 and [run["rounds"] for run in r["runs"]] == [4, 4] and r["criterion"]["best"] == "bits",
       "options come from a file and the environment too", done.stderr)


with tempfile.TemporaryDirectory() as where:
    here = Place(where)
    first_out = best_is_known(here)
    refused_steps(here)
    product(here)
    three_grids(here)
    targets(here)
    edges(here)
    divergence(here)
    parallel(here, first_out)
    restart(here, first_out)
    other_bytes(here)
    killed(here)
    refusals(here)
    refusals_on_ranks(here)
    dry(here)
finish()
