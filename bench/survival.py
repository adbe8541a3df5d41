"""What checkpoints cost a run, and how long one takes to go on: laconic train with a gigabyte of state, in turns.

usage: bench/survival.py [LACONIC [REPETITIONS [FOLDER]]]
"""

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

LACONIC = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build/laconic")
REPETITIONS = int(sys.argv[2]) if len(sys.argv) > 2 else 5
ROUNDS = 40
RUN = [LACONIC, "train", "--data", "synth:least-squares,d=1000000,m=1", "--clients", "120", "--method", "diana", "--compressor", "randk:k=1000",
       "--step", "0.001", "--eval-every", "0"]


def timed(words):
    begun = time.monotonic()
    done = subprocess.run(RUN + words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
    return time.monotonic() - begun, done.stdout


def read_all(folder):
    """Seconds to read the files of a checkpoint, as they are in memory."""
    begun = time.monotonic()
    size = 0
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb", buffering=0) as file:
            while part := file.read(4 << 20):
                size += len(part)
    return time.monotonic() - begun, size


def line(name, values, unit, more=""):
    values = sorted(values)
    print("%-58s %8.3f %8.3f %8.3f %-4s %s" % (name, statistics.median(values), values[0], values[-1], unit, more))


def main():
    columns = {name: [] for name in ("last", "two", "write", "lost", "set-up", "resume", "read")}
    with tempfile.TemporaryDirectory(dir=sys.argv[3] if len(sys.argv) > 3 else None) as top:
        kept = os.path.join(top, "kept")
        for _ in range(REPETITIONS):
            shutil.rmtree(kept, ignore_errors=True)
            last, _ = timed(["--rounds", str(ROUNDS), "--checkpoint", kept, "--checkpoint-every", str(2 * ROUNDS)])
            shutil.rmtree(kept)
            two, said = timed(["--rounds", str(ROUNDS), "--checkpoint", kept, "--checkpoint-every", str(ROUNDS // 2)])
            folder = os.path.join(kept, max(os.listdir(kept)))
            read, size = read_all(folder)
            resume, _ = timed(["--rounds", str(ROUNDS), "--resume", kept])
            start, _ = timed(["--rounds", "0", "--checkpoint", os.path.join(top, "none"), "--checkpoint-every", "1h", "--max-memory", "1T"])
            shutil.rmtree(os.path.join(top, "none"))
            write = float(re.search(r"written in at most ([0-9.e+-]+) s", said).group(1))
            for name, value in zip(columns, (last, two, write, two - last, start, resume, read)):
                columns[name].append(value)
    print("diana, 120 clients, d = 1000000: %.2f GB a checkpoint, %d rounds, %d repetitions in turns" % (1e-9 * size, ROUNDS, REPETITIONS))
    print("%-58s %8s %8s %8s" % ("", "median", "least", "most"))
    line("the run with a checkpoint at its end", columns["last"], "s")
    line("the same with one in the middle too", columns["two"], "s")
    line("a checkpoint, from the state to its folder", columns["write"], "s")
    share = statistics.median(columns["lost"]) / statistics.median(columns["write"])
    line("rounds lost to the one in the middle", columns["lost"], "s", "%.2f of its time; target below 1: %s" % (share, "met" if share < 1 else "missed"))
    line("start and end without a round", columns["set-up"], "s")
    line("start from the checkpoint and end", columns["resume"], "s")
    more = [a - b for a, b in zip(columns["resume"], columns["set-up"])]
    line("its checking and loading", more, "s", "%.2f GB/s" % (1e-9 * size / statistics.median(more)))
    line("reading the same bytes", columns["read"], "s", "%.2f GB/s" % (1e-9 * size / statistics.median(columns["read"])))


main()
