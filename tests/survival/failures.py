"""The first, second, ... call of one kind fails in a whole run, until none is left: of writing, of the disk, of memory, of threads. Each time the
program says so in one sentence or goes on without a checkpoint, what it had kept before stays whole, and the same command given again comes to the
model, rows and bits of the run that was never disturbed.

usage: failures.py MPIRUN LACONIC FAILING      MPIRUN is of no use here; FAILING: the library that makes calls fail (failing.c)
"""

import concurrent.futures
import errno
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../mpi"))
from calls import call, finish, laconic, messages, ok, run  # noqa: E402
from outcomes import difference, outcome  # noqa: E402

FAILING = sys.argv[3]
LONG = os.environ.get("LAC_TEST_LONG")
EACH = 6  # calls of a kind, where not all are tried
SAMPLE = 4  # calls of a kind that fail under valgrind, which looks for leaks
CHECKER = ["valgrind", "-q", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite", "--soname-synonyms=somalloc=nouserintercepts",
           "--suppressions=" + os.path.join(os.path.dirname(os.path.abspath(__file__)), "../valgrind.supp")]
BASE = ["--data", "synth:logistic,d=6,m=4", "--clients", "3", "--rounds", "1500", "--eval-every", "100", "--quiet", "--checkpoint-every", "1", "--keep", "3"]
RUNS = {"ef21": ["--method", "ef21", "--compressor", "topk:k=2"], "dcgd, sealed": ["--method", "dcgd", "--compressor", "permk", "--seal", "KEY"]}
FEWER = {"--rounds": "700"}  # the start before the one that is disturbed, where a run goes on

# kind, error, whether all later calls fail too, as on a full disk
FAULTS = [("write", errno.ENOSPC, True), ("write", errno.EIO, False), ("fsync", errno.EIO, False), ("rename", errno.EACCES, False), ("make", errno.EDQUOT, False),
          ("read", errno.EIO, False), ("thread", errno.EAGAIN, False), ("allocation", errno.ENOMEM, False)]
STATUSES = (0, 1, 2, 3)  # docs of the man page; others are of lost ranks, of keys, of leaving
OF_CHECKPOINTS = ("no checkpoint after round", "checkpoints work again", "is damaged and left out")


class Stage:
    """One folder for one disturbed run."""

    def __init__(self, folder, words):
        self.folder, self.words = folder, [word.replace("KEY", os.path.join(folder, "..", "key")) for word in words]
        self.kept, self.out = os.path.join(folder, "kept"), os.path.join(folder, "run.h5")
        self.said = ""

    def command(self, more=None):
        words = list(self.words)
        for name, value in (more or {}).items():
            words[words.index(name) + 1] = value
        out = ["--out-private", self.out, "--private-plain"] if "--seal" in words else ["--out", self.out]
        return words + ["--resume", self.kept] + out

    def start(self, kind, number, reason, after, mark, checker=()):
        spec = "%s %d%s %d %s" % (kind, number, "+" if after else "", reason, mark)
        return call(list(checker) + [laconic, "train"] + self.command(), environment={"LD_PRELOAD": FAILING, "LAC_FAILING": spec})

    def results(self):
        """What the files of that name say, as they are."""
        names = [os.path.join(self.kept, "result.json"), self.out + ".result.json"]
        return {name: open(name).read() for name in names if os.path.exists(name)}

    def again(self):
        return run(self.command())

    def checkpoints(self):
        return sorted(glob.glob(os.path.join(self.kept, "round-*")))


def is_whole(folder):
    return call([laconic, "show", folder]).returncode == 0


def complaints(stage, done, before, told_before):
    """What is wrong with a disturbed run, by its status, words and leftovers."""
    wrong = []
    lines = messages(done)
    of_run = [line for line in lines if not any(words in line for words in OF_CHECKPOINTS)]
    if done.returncode not in STATUSES:
        wrong.append("status %d" % done.returncode)
    if len(of_run) != (done.returncode != 0):
        wrong.append("%d sentences for status %d" % (len(of_run), done.returncode))
    if [line for line in done.stderr.splitlines() if not line.startswith(("laconic: ", "warning: "))]:
        wrong.append("words that are no sentence of laconic's")
    wrong += ["'%s' is damaged" % os.path.basename(name) for name in stage.checkpoints() if not is_whole(name)]
    if before and not stage.checkpoints():
        wrong.append("the checkpoint that was there is gone")
    wrong += [os.path.basename(name) for name in glob.glob(os.path.join(stage.kept, "damaged-*"))]
    for name, text in stage.results().items():  # one that was refused before it had the folder leaves what was there
        try:
            told = json.loads(text)
        except ValueError:
            wrong.append("%s is no JSON: %s" % (name, text))
            continue
        if told["exit_status"] not in (None, done.returncode) and (done.returncode == 0 or text != told_before.get(name)):
            wrong.append("%s tells of status %s" % (name, told["exit_status"]))
    for words in (["show", stage.out], ["show", "--csv", stage.out], ["plot", stage.out, "--output", stage.out + ".svg"], ["show", stage.kept]):
        if os.path.exists(words[1]) or os.path.exists(words[-1]):
            shown = call([laconic] + words)
            if shown.returncode not in (0, 2, 3) or len(messages(shown)) != (shown.returncode != 0):
                wrong.append("%s ends with %d: %s" % (" ".join(words[:2]), shown.returncode, shown.stderr))
    return wrong


def after_all(stage, wanted):
    """Given again, undisturbed."""
    done = stage.again()
    said = [line for line in messages(done) if "is taken over" not in line]
    if done.returncode or said:
        return ["given again: status %d, %s" % (done.returncode, " ".join(said))]
    wrong = [] if outcome(stage.out) == wanted else ["another outcome: " + difference(wanted, outcome(stage.out))]
    left = sorted(os.path.basename(name) for name in glob.glob(os.path.join(stage.kept, ".*")) + glob.glob(stage.out + ".*tmp") + glob.glob(stage.out + ".rows"))
    return wrong + ["left over: " + " ".join(left)] if left or os.path.exists(os.path.join(stage.kept, "lock")) else wrong


class Sweep:
    def __init__(self, folder, name, resumed):
        self.folder, self.resumed = folder, resumed
        self.stride = 1 if (name == "ef21") != resumed else 5
        self.name = "%s%s" % (name, ", going on" if resumed else "")
        self.words = BASE + RUNS[name]
        whole = self.stage("whole")
        ok(whole.again().returncode == 0, "it runs: " + self.name)
        self.wanted = outcome(whole.out)
        if resumed:
            self.prepared = self.stage("prepared")
            ok(run(self.prepared.command(FEWER)).returncode == 0 and self.prepared.checkpoints(), "it has a first part: " + self.name)

    def stage(self, name):
        folder = os.path.join(self.folder, name)
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)
        return Stage(folder, self.words)

    def fresh(self, name):
        """The folder for a start that is to be disturbed."""
        stage = self.stage(name)
        if self.resumed:
            shutil.copytree(self.prepared.folder, stage.folder, dirs_exist_ok=True)
        return stage

    def one(self, kind, number, reason, after):
        """Whether a call failed at all, and what was wrong."""
        stage = self.fresh("%s-%d" % (kind, number))
        mark = os.path.join(stage.folder, "failed")
        before, told_before = stage.checkpoints(), stage.results()
        done = stage.start(kind, number, reason, after, mark)
        failed = os.path.exists(mark)
        wrong = complaints(stage, done, before, told_before) + after_all(stage, self.wanted)
        shutil.rmtree(stage.folder)
        return failed, ["%s %d: status %d, %s (%s)" % (kind, number, done.returncode, "; ".join(wrong), done.stderr.strip())] if wrong else []

    def count(self, kind):
        stage = self.fresh("count")
        mark = os.path.join(stage.folder, "calls")
        stage.start(kind, 0, 0, False, mark)
        return int(open(mark).read()) if os.path.exists(mark) else 0

    def numbers(self, calls):
        if LONG:  # how often checkpoints are written differs from run to run
            return range(1, calls + calls // 4 + 8, self.stride)
        return sorted({1 + i * (calls - 1) // (EACH - 1) for i in range(EACH)})

    def leaks(self, kind, reason, after):
        """The same under valgrind, a few of them, of a shorter run."""
        calls, wrong = self.count(kind), []
        for number in sorted({1 + i * (calls - 1) // SAMPLE for i in range(SAMPLE)}):
            stage = self.fresh("checked")
            stage.words[stage.words.index("--rounds") + 1] = "150"
            done = stage.start(kind, number, reason, after, os.path.join(stage.folder, "failed"), CHECKER)
            wrong += ["%s %d: status %d, %s" % (kind, number, done.returncode, done.stderr)] if done.returncode not in STATUSES else []
        ok(calls > 0 and not wrong, "%s: a %s that fails leaves no memory behind, and nothing else that valgrind finds" % (self.name, kind), "\n".join(wrong))

    def sweep(self, kind, reason, after):
        calls = self.count(kind)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            found = list(pool.map(lambda number: self.one(kind, number, reason, after), self.numbers(calls)))
        wrong = [line for _, lines in found for line in lines]
        failed = sum(failed for failed, _ in found)
        print("# %s: %s: %d calls, %d of %d made to fail" % (self.name, kind, calls, failed, len(found)))
        ok(calls > 0 and failed > 0 and not wrong, "%s: each %s that fails (%s%s)" % (self.name, kind, os.strerror(reason), ", and all after it" if after else ""),
           "\n".join(wrong) or "%d calls, %d failed" % (calls, failed))
        if LONG and self.stride == 1:
            ok(not found[-1][0], "%s: in the end no %s is left to fail" % (self.name, kind))


def synced_folder(folder):
    """The names in a checkpoint are safe before it is put in its place: where that cannot be, there is none."""
    where = os.path.join(folder, "synced")
    os.mkdir(where)
    stage, mark = Stage(where, BASE + RUNS["ef21"]), os.path.join(where, "failed")
    stage.words[stage.words.index("--rounds") + 1] = "200"
    done = stage.start("sync-folder", 1, errno.EIO, True, mark)
    ok(os.path.exists(mark) and done.returncode == 0 and "no checkpoint after round" in done.stderr and os.strerror(errno.EIO) in done.stderr and not stage.checkpoints(),
       "a folder in the making that cannot be synced is no checkpoint", done.stderr)


def refreshed(folder):
    """A run that lasts says so in its lock, whatever its rounds do; a minute takes a tenth of a second here."""
    where = os.path.join(folder, "lasts")
    os.mkdir(where)
    stage = Stage(where, BASE + RUNS["ef21"])
    stage.words[stage.words.index("--rounds") + 1] = "1000000000"
    stage.words[stage.words.index("--checkpoint-every") + 1] = "1h"
    lock = os.path.join(stage.kept, "lock")
    job = subprocess.Popen([laconic, "train"] + stage.command() + ["--eval-every", "0"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           env=dict(os.environ, LD_PRELOAD=FAILING, LAC_FAILING="minutes 0 0 " + os.path.join(where, "calls")))

    def soon(condition):
        end = time.monotonic() + 20
        while not condition() and time.monotonic() < end:
            time.sleep(0.02)
        return condition()

    try:
        begun = soon(lambda: os.path.exists(lock))
        os.utime(lock, (1, 1))
        before = open(lock).read()
        ok(begun and soon(lambda: os.stat(lock).st_mtime > 1), "the lock of a run that lasts is made new, time and again")
        os.utime(lock, (1, 1))
        ok(soon(lambda: os.stat(lock).st_mtime > 1) and open(lock).read().startswith(before[:before.index("refreshed")]), "and stays that of the run", open(lock).read())
    finally:
        job.kill()
        job.wait()


def main():
    with tempfile.TemporaryDirectory() as folder:
        call([laconic, "keygen", os.path.join(folder, "key")])
        synced_folder(folder)
        refreshed(folder)
        for name in RUNS:
            for resumed in (False, True):
                sweep = Sweep(folder, name, resumed)
                for i, fault in enumerate(FAULTS):
                    if LONG or (name == "ef21") != (resumed and fault[0] != "read"):
                        sweep.sweep(*fault)
                    if LONG and name == "ef21" and not resumed and shutil.which("valgrind"):
                        sweep.leaks(*fault)
    finish()


main()
