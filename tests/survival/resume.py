"""A run that goes on from a checkpoint ends as one that was never interrupted: model, rows and bits, on any number of ranks.

usage: resume.py MPIRUN LACONIC
"""

import json
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../mpi"))
from calls import call, finish, laconic, ok, rows, run  # noqa: E402
from outcomes import columns, difference, outcome  # noqa: E402

listed = json.loads(call([laconic, "list", "--json"]).stdout)
LONG = os.environ.get("LAC_TEST_LONG")
# columns that remember, and those that ask the clients; with this seed x^1 is drawn, and kept until the end
ALONG = ["--network", "latency=2ms,up=1Mbit", "--seed", "7", "--track",
         "oracle_rows,grad_norm_sq_min,average_loss,average_grad_norm_sq,drawn_round,drawn_loss,drawn_grad_norm_sq,client_loss_max,client_loss_worst,"
         "client_loss_p50,compressor_variance,compressor_contraction,bits_up_index,bits_down_header,seconds_wait,seconds_step,memory_server,memory_worker"]
BASE = ["--data", "synth:logistic,d=12,m=8", "--clients", "6", "--seed", "3", "--regularizer", "l2:0.1"]


class Resume:
    def __init__(self, folder):
        self.folder = folder

    def path(self, name):
        return os.path.join(self.folder, name)

    def interrupted(self, arguments, at, ranks=0, out=None):
        """The state that a kill after the checkpoint of round `at` leaves, or the oldest after it: its folder alone; the run file has all rows."""
        for name in ("all", "kept"):
            shutil.rmtree(self.path(name), ignore_errors=True)
        done = run(arguments + ["--checkpoint", self.path("all"), "--checkpoint-every", str(at), "--keep", "0", "--force", "--quiet"] +
                   (out or ["--out", self.path("b.h5")]), ranks)
        if done.returncode:
            return None, done.stderr
        rounds = sorted(name for name in os.listdir(self.path("all")) if name.startswith("round-"))
        os.mkdir(self.path("kept"))
        shutil.copytree(os.path.join(self.path("all"), rounds[0]), os.path.join(self.path("kept"), rounds[0]))
        return int(rounds[0][6:]), done.stderr

    def check(self, arguments, at=3, ranks=(0, 0), name=None):
        name = "%s, on %s then %s ranks" % ((name or " ".join(arguments)), ranks[0] or "one process", ranks[1] or "one process")
        plain = run(arguments + ["--out", self.path("a.h5"), "--force", "--quiet"])
        found, said = self.interrupted(arguments, at, ranks[0])
        if plain.returncode or found is None:
            return ok(False, "runs: " + name, plain.stderr + said)
        kept = outcome(self.path("b.h5"))
        done = run(arguments + ["--resume", self.path("kept"), "--checkpoint-every", "1000000", "--out", self.path("b.h5"), "--quiet"], ranks[1])
        wanted, resumed = outcome(self.path("a.h5")), outcome(self.path("b.h5"))
        ok(done.returncode == 0 and not done.stderr and wanted == kept == resumed,
           "goes on after round %d: %s" % (found, name), "%s\nkept: %s\nresumed: %s" % (done.stderr, difference(wanted, kept), difference(wanted, resumed)))


def methods(resume):
    for i, method in enumerate(listed["methods"]):
        step = [] if method["step_rules"] else ["--step", "0.01"]
        words = BASE + ["--rounds", "11", "--method", method["name"]] + step
        pairs = [(0, 0), (0, 3), (3, 4), (4, 0)] if LONG else [[(0, 3), (3, 0), (3, 5)][i % 3]]
        for ranks in pairs:
            resume.check(words, 3, ranks, method["name"])


def more_rounds(resume):
    """Runs that were to end earlier at first, where a row is due and where none is: the run that was meant to be so long from the start."""
    sealed = ["--seal", resume.path("key"), "--private-plain", "--out-private"]
    call([laconic, "keygen", resume.path("key")])
    more = {"dcgd": ["--compressor", "permk"]}
    tracked = ["--track", "oracle_rows,x_norm"]
    cases = [(method["name"], ([] if method["step_rules"] else ["--step", "0.01"]) + more.get(method["name"], []), ["--out"]) for method in listed["methods"]]
    cases += [("gd", tracked, ["--out"]), ("dcgd", ["--compressor", "randk:k=2"] + ALONG, ["--out"]), ("l2gd", ["--step", "0.01", "--track", "personal_loss"], ["--out"]), ("dcgd", more["dcgd"], sealed)]
    for i, (method, words, out) in enumerate(cases):
        words = (BASE[:-2] if out is sealed else BASE) + ["--method", method, "--eval-every", "4", "--quiet", "--force"] + words
        shutil.rmtree(resume.path("kept"), ignore_errors=True)
        ends, ranks = (["10", "12", "21"], ["8", "21"], ["1", "21"], ["9", "10", "11", "21"])[i % 4], (0, 3)[i % 5 == 4]
        plain = run(words + ["--rounds", ends[-1]] + out + [resume.path("a.h5")])
        done = [run(words + ["--rounds", end, "--resume", resume.path("kept")] + out + [resume.path("b.h5")], ranks) for end in ends]
        wanted, found = outcome(resume.path("a.h5")), outcome(resume.path("b.h5"))
        ok(not plain.returncode and not any(one.returncode for one in done) and wanted == found, "rounds that grow, %s: %s%s on %s" %
           (" ".join(ends), method, ", sealed" if out is sealed else "", ranks or "one process"), "%s\n%s" % (difference(wanted, found), "".join(one.stderr for one in done)))


def choices(resume):
    """What else has a state, or a round of its own kind."""
    few = BASE + ["--rounds", "12"]
    cases = [
        ["--method", "ef21", "--participation", "bernoulli:0.4"], ["--method", "ef21:measured-c=1", "--compressor", "topk:k=2"],
        ["--method", "diana", "--compressor", "randk:k=3", "--eval-every", "5"], ["--method", "marina", "--eval-every", "0"],
        ["--method", "fedavg", "--step", "0.1", "--participation", "nice:2", "--eval-every", "4"], ["--method", "l2gd", "--p", "0.4", "--step", "0.01", "--eval-every", "7",
         "--track", "personal_loss,model_spread"],
        ["--method", "ef21-bc", "--compressor", "topk:k=2", "--compressor-down", "topk:k=3"], ["--method", "gd", "--track", "oracle_rows,oracle_full,x_norm"],
        ["--method", "ef21-sgdm", "--gradient", "uniform:2", "--init", "exact"], ["--method", "cofig", "--participation", "nice:3"],
        ["--method", "dcgd", "--compressor", "permk", "--step-policy", "sqrt:3"],
        ["--method", "dcgd", "--compressor", "permk"] + ALONG, ["--method", "marina", "--compressor", "randk:k=3"] + ALONG,
        ["--method", "ef21", "--participation", "nice:2", "--eval-every", "5"] + ALONG[:-1] + [ALONG[-1] + ",estimate_error_sq,shift_error"],
    ]
    for i, words in enumerate(cases):
        resume.check(few + words, 1 + i % 6, [(0, 3), (3, 0), (4, 3)][i % 3])
    data, other = resume.path("train"), resume.path("test")
    open(other, "w").write(rows(31))
    open(data, "w").write(rows())
    resume.check(["--data", data, "--clients", "5", "--method", "gd", "--rounds", "9"] + ["--test", other, "--track", "test_loss"], 2, (0, 3), "gd with --test")
    resume.check(["--data", data, "--split", "shuffled", "--clients", "5", "--method", "ef21-w", "--rounds", "9"], 2, (3, 4), "ef21-w on a file")


def nothing_left(resume):
    """The row that a start without rounds makes is about messages of the start before."""
    words = BASE + ALONG + ["--method", "dcgd", "--compressor", "natural", "--eval-every", "5", "--quiet"]
    found, said = resume.interrupted(words + ["--rounds", "12"], 3)
    words += ["--rounds", str(found)]
    plain = run(words + ["--out", resume.path("a.h5"), "--force"])
    done = run(words + ["--resume", resume.path("kept"), "--checkpoint-every", "1000000", "--out", resume.path("b.h5")], 3)
    wanted, resumed = columns(resume.path("a.h5")), columns(resume.path("b.h5"))
    ok(plain.returncode == done.returncode == 0 and wanted == resumed, "a start with no round left has the columns of the run that ended there",
       "%s%s%s\n%s" % (said, plain.stderr, done.stderr, difference(wanted, resumed)))


class Sealed(Resume):
    """The same of sealed runs: the private file goes on under the key, the public one has the bits of both parts."""

    def __init__(self, folder):
        super().__init__(folder)
        for name in ("key", "other"):
            call([laconic, "keygen", self.path(name)])

    def seal(self, topology, private, public):
        return ["--seal", self.path("key"), "--topology", topology, "--out-private", self.path(private), "--private-plain",
                "--out", self.path(public)]

    def check_sealed(self, words, topology, ranks):
        name = "sealed (%s), %s, on %s then %s ranks" % (topology, " ".join(words), ranks[0] or "one process", ranks[1] or "one process")
        words = BASE[:-2] + ["--rounds", "12"] + words
        whole = run(words + self.seal(topology, "a.h5", "whole.h5") + ["--force", "--quiet"])
        found, said = self.interrupted(words, 2, ranks[0], self.seal(topology, "b.h5", "public.h5"))
        if whole.returncode or found is None:
            return ok(False, "runs: " + name, whole.stderr + said)
        resume = words + ["--resume", self.path("kept"), "--checkpoint-every", "1000000", "--quiet"]
        wrong = run([self.path("other") if word == self.path("key") else word for word in resume + self.seal(topology, "b.h5", "public.h5")], ranks[1])
        ok(wrong.returncode == 5 and "does not open" in wrong.stderr, "another key opens nothing: " + name, wrong.stderr)
        done = run(resume + self.seal(topology, "b.h5", "public.h5"), ranks[1])
        wanted, resumed = outcome(self.path("a.h5")), outcome(self.path("b.h5"))
        public = columns(self.path("whole.h5")) == columns(self.path("public.h5"))
        ok(done.returncode == 0 and not done.stderr and wanted == resumed and public, "goes on after round %d: %s" % (found, name),
           "%s\n%s\npublic rows the same: %s" % (done.stderr, difference(wanted, resumed), public))


def sealed_runs(folder):
    sealed = Sealed(folder)
    sealed.check_sealed(["--method", "dcgd", "--compressor", "permk"], "star", (0, 4))
    sealed.check_sealed(["--method", "dcgd", "--compressor", "permk"] + ALONG, "star", (3, 0))
    sealed.check_sealed(["--method", "diana", "--compressor", "permk"] + ALONG[2:], "ring", (4, 3))
    sealed.check_sealed(["--method", "qsgd", "--compressor", "permk", "--step", "0.01"], "allgather", (3, 0))
    sealed.check_sealed(["--method", "dcgd", "--compressor", "permk", "--overlap", "--eval-every", "5"], "star", (3, 5))


def main():
    with tempfile.TemporaryDirectory() as folder:
        resume = Resume(folder)
        methods(resume)
        more_rounds(resume)
        choices(resume)
        nothing_left(resume)
        sealed_runs(folder)
    finish()


main()
