"""Runs a program under mpirun and Open MPI's monitoring component: its own TAP goes through, and per pair
of ranks its account must equal what Open MPI counted.

usage: monitored.py MPIRUN RANKS PROGRAM [ARGUMENT...]
"""

import glob
import os
import re
import subprocess
import sys
import tempfile


def counted(folder):
    """(from, to) -> (bytes, messages) of the program's own point-to-point messages: the E lines."""
    pairs = {}
    for path in glob.glob(os.path.join(folder, "m.*.prof")):
        for line in open(path):
            words = line.split()
            if words and words[0] == "E":
                pairs[int(words[1]), int(words[2])] = int(words[3]), int(words[5])
    return pairs


def account(path):
    pairs = {}
    for line in open(path):
        source, target, size, messages = map(int, line.split())
        pairs[source, target] = size, messages
    return pairs


def switches(folder):
    """Of mpirun, for an account in the folder."""
    return ["--mca", "pml_monitoring_enable", "2", "--mca", "pml_monitoring_enable_output", "3",
            "--mca", "pml_monitoring_filename", os.path.join(folder, "m")]


class Job:
    """One MPI job under monitoring; its TAP lines, and what both sides counted."""

    def __init__(self, mpirun, ranks, program):
        with tempfile.TemporaryDirectory() as folder:
            mine = os.path.join(folder, "account")
            command = [mpirun, "-n", str(ranks)] + switches(folder)
            run = subprocess.run(command + program[:1] + [mine] + program[1:], stdout=subprocess.PIPE, text=True,
                                 timeout=540)
            self.lines = [line for line in run.stdout.splitlines() if line.startswith(("ok", "not ok", "#"))]
            self.complete = run.returncode == 0
            self.seen, self.said = counted(folder), account(mine) if os.path.exists(mine) else {}


class Tap:
    def __init__(self):
        self.number, self.failed = 0, False

    def ok(self, good, name):
        self.number += 1
        self.failed = self.failed or not good
        print("%sok %d - %s" % ("" if good else "not ", self.number, name))
        sys.stdout.flush()


def report(tap, job, ranks):
    for line in job.lines:
        if line.startswith("#"):
            print(line)
        else:
            tap.ok(line.startswith("ok"), line.partition(" - ")[2])
    for pair in sorted(set(job.seen) | set(job.said)):
        tap.ok(job.seen.get(pair) == job.said.get(pair),
               "rank %d to rank %d: Open MPI counted %s (bytes, messages), the account says %s"
               % (*pair, job.seen.get(pair), job.said.get(pair)))
    tap.ok(job.complete and len(job.said) == 2 * (ranks - 1), "the job ended well and its account has every pair")


def main():
    mpirun, ranks, program = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    tap = Tap()
    job = Job(mpirun, ranks, program)
    report(tap, job, ranks)
    if os.environ.get("LAC_TEST_LONG"):  # and each pair in a job of its own
        runs = [re.search(r"runs over MPI:--method (\S+)(?: --compressor (\S+))?", line) for line in job.lines]
        for method, compressor in sorted({run.groups() for run in runs if run}, key=str):
            report(tap, Job(mpirun, ranks, program + [method, compressor or "identity"]), ranks)
    print("1..%d" % tap.number)
    sys.exit(1 if tap.failed else 0)


if __name__ == "__main__":
    main()
