"""Runs that are killed at random moments, one rank or all, and begun again with the same command line on another number of ranks, until they end:
model, rows and bits are those of the run that was never interrupted.

usage: kills.py MPIRUN LACONIC
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../mpi"))
from calls import call, finish, laconic, mpirun, ok, run  # noqa: E402
from outcomes import difference, outcome  # noqa: E402

LONG = os.environ.get("LAC_TEST_LONG")
KILLS = 400 if LONG else 40  # of each case
OVER_MPI = 0.25  # of the starts; the others are one process
COMMON = ["--clients", "6", "--seed", "5", "--checkpoint-every", "1", "--quiet"]
CASES = {
    "ef21": ["--data", "synth:logistic,d=40,m=30", "--method", "ef21", "--compressor", "topk:k=4", "--rounds", "3000", "--eval-every", "10"],
    "fedavg in part": ["--data", "synth:logistic,d=40,m=30", "--method", "fedavg", "--step", "0.1", "--rounds", "2000", "--eval-every", "7", "--participation", "nice:3"],
    "marina": ["--data", "synth:least-squares,d=40,m=30", "--method", "marina", "--compressor", "randk:k=6", "--rounds", "3000", "--eval-every", "0"],
    "l2gd": ["--data", "synth:logistic,d=40,m=30", "--method", "l2gd", "--p", "0.4", "--step", "0.01", "--rounds", "3000", "--eval-every", "50"],
    "dcgd sealed": ["--data", "synth:least-squares,d=40,m=30", "--method", "dcgd", "--compressor", "permk", "--rounds", "2000", "--eval-every", "20"],
}
KEPT_NOTES = ("is taken over", "--out-private")


def of_session(sid):
    """The processes that mpirun started, and itself, with their command lines."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = open("/proc/%s/stat" % entry).read().rsplit(")", 1)[1].split()
                if int(fields[3]) == sid and fields[0] != "Z":
                    found.append((int(entry), open("/proc/%s/cmdline" % entry).read()))
            except (OSError, ValueError):
                pass
    return found


def shared_memory(pid):
    """What a rank has mapped of Open MPI's, which nobody removes when all are killed."""
    try:
        return {line.split()[-1] for line in open("/proc/%d/maps" % pid) if "/dev/shm/vader_segment" in line}
    except OSError:
        return set()


def state_of(process):
    """What it is doing, for a message: its state, where in the kernel it waits, its command."""
    try:
        state = open("/proc/%d/stat" % process[0]).read().rsplit(")", 1)[1].split()[0]
        return "%d %s %s %.60s" % (process[0], state, open("/proc/%d/wchan" % process[0]).read(), process[1].replace("\0", " "))
    except OSError:
        return "%d is gone" % process[0]


def kill_all(sid):
    segments = set()
    while True:
        left = of_session(sid)
        if not left:
            for name in filter(os.path.exists, segments):
                os.unlink(name)
            return
        segments = segments.union(*[shared_memory(pid) for pid, _ in left])
        for pid, _ in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.01)


class Case:
    def __init__(self, folder, name, draw):
        self.folder, self.name, self.draw, self.words = folder, name, draw, list(CASES[name]) + COMMON
        self.sealed, self.kills, self.ends, self.hangs, self.wrong = "sealed" in name, 0, 0, 0, []
        self.out = ["--out", self.path("run.h5")]
        if self.sealed:
            call([laconic, "keygen", self.path("key")])
            self.out = ["--seal", self.path("key"), "--out-private", self.path("run.h5"), "--private-plain"]
        plain = [word for i, word in enumerate(self.words) if "--checkpoint-every" not in self.words[max(0, i - 1):i + 1]]
        begun = time.monotonic()
        done = run(plain + self.out)
        self.lasts = time.monotonic() - begun
        if done.returncode:
            sys.exit("%s: %s" % (name, done.stderr))
        self.wanted = outcome(self.path("run.h5"))
        self.clear()

    def path(self, name):
        return os.path.join(self.folder, name)

    def clear(self):
        shutil.rmtree(self.path("kept"), ignore_errors=True)
        for name in os.listdir(self.folder):
            if name.startswith("run.h5"):
                os.unlink(self.path(name))

    def start(self):
        """One start, which is killed or comes to its end; True: it ended by itself."""
        ranks = self.draw.choice([2, 3, 4, 5]) if self.draw.random() < OVER_MPI else 0
        words = [laconic, "train"] + self.words + self.out + ["--resume", self.path("kept")]
        line = ([mpirun, "--mca", "odls_base_sigkill_timeout", "0", "-n", str(ranks)] if ranks else []) + words
        process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=open(self.path("said"), "w"), start_new_session=True)
        moment = self.draw.uniform(0.0, 1.3 * self.lasts + 0.1) + (0.35 if ranks else 0.0)
        try:
            process.wait(timeout=moment)
        except subprocess.TimeoutExpired:
            self.kill(process)
            self.kills += 1
            return False
        self.judge(process.returncode)
        return True

    def kill(self, process):
        """All, or one rank, after which mpirun ends the others."""
        ranks = [pid for pid, words in of_session(process.pid) if "train" in words and "mpirun" not in words.split("\0")[0]]
        if ranks and self.draw.random() < 0.5:
            try:
                os.kill(self.draw.choice(ranks), signal.SIGKILL)
            except ProcessLookupError:
                pass
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                left = of_session(process.pid)
                self.hangs += 1  # of mpirun alone, 4.1.4 in its own PMIx_server_finalize
                if len(left) != 1 or left[0][0] != process.pid:
                    self.wrong.append("a job whose rank was killed did not end: %s" % "; ".join(map(state_of, left)))
        kill_all(process.pid)
        process.wait()

    def judge(self, status):
        said = [line for line in open(self.path("said")) if line.startswith("laconic: ") and not any(note in line for note in KEPT_NOTES)]
        if status or said:
            self.wrong.append("status %d: %s" % (status, "".join(said)))
        found = outcome(self.path("run.h5")) if status == 0 else None
        if found != self.wanted:
            self.wrong.append("another outcome after %d kills: %s" % (self.kills, difference(self.wanted, found)))
        self.ends += 1
        self.clear()

    def sweep(self):
        begun = time.monotonic()
        while (self.kills < KILLS or self.ends == 0) and len(self.wrong) == 0:
            self.start()
        print("# %s: %d kills, %d ends, mpirun hung %d times, %.0f s" % (self.name, self.kills, self.ends, self.hangs, time.monotonic() - begun))
        ok(not self.wrong and self.ends > 0, "killed at random moments, and begun again until it ended: %s" % self.name, "\n".join(self.wrong))


def main():
    seed = int(os.environ.get("LAC_TEST_SEED", time.time_ns() % 1000000))
    print("# LAC_TEST_SEED=%d" % seed)
    for name in CASES:
        with tempfile.TemporaryDirectory() as folder:
            Case(folder, name, random.Random("%d %s" % (seed, name))).sweep()
    finish()


main()
