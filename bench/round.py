"""Time and memory of whole solo rounds, and the time from start to finish of a small run.

Each row is the median of several runs of `laconic train` with its 10 % and 90 % percentiles, beside the time
that the gradients alone took in the same runs (rounds cost their gradients plus the rest).

usage: round.py LACONIC        data sets: the folder LACONIC_DATA, rows that need one are left out without it
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

REPEATS = 9
laconic = sys.argv[1]
data = os.environ.get("LACONIC_DATA")

ROUNDS = [  # name, options, target in ms per round, what others need
    ("EF21 topk:100, least squares, 10 x 100 x 1000",
     "--data synth:least-squares,d=1000,m=100 --clients 10 --method ef21 --compressor topk:100", 0.6,
     "FL_PyTorch 20 ms"),
    ("EF21 topk:10%, w8a, 10 clients",
     "--data {data}/libsvm/w8a --clients 10 --method ef21 --compressor topk:10%", 1.0, "FL_PyTorch 640 ms"),
]


def spread(values):
    values = sorted(values)
    return statistics.median(values), values[len(values) // 10], values[-1 - len(values) // 10]


def train(options, out):
    process = subprocess.Popen([laconic, "train", "--quiet", "--force", "--out", out] + options.split())
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit("laconic train %s failed" % options)
    return json.loads(subprocess.run([laconic, "show", "--json", out], stdout=subprocess.PIPE).stdout), usage


def rounds(name, options, target, others, out):
    times, gradients, memory = [], [], 0
    for _ in range(REPEATS):
        run, usage = train(options + " --step 0.001 --rounds 500 --eval-every 10", out)
        seconds = run["seconds"]
        times.append(1e3 * (seconds["total"] - seconds["setup"]) / run["rounds"])
        gradients.append(1e3 * seconds["gradient"] / run["rounds"])
        memory = max(memory, usage.ru_maxrss / 1024)
    median, low, high = spread(times)
    print("%-48s %7.3f %7.3f %7.3f ms  gradients alone %.3f ms, ratio %.2f; target %.1f ms: %s; %.0f MB of 40: %s (%s)"
          % (name, median, low, high, spread(gradients)[0], median / spread(gradients)[0], target,
             "met" if median < target else "MISSED", memory, "met" if memory < 40 else "MISSED", others))
    sys.stdout.flush()


def epochs(out):
    """The whole of a run of 5000 epochs, start and evaluation of each epoch included: the processor's time, and the wall's."""
    cpu, wall, gradients = [], [], []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        run, usage = train("--data %s/libsvm/mushrooms --split sorted --clients 20 --regularizer l2:2.58e-4 --method diana-rr:batches=10 "
                           "--compressor randk:k=2 --step theory*32 --rounds 50000 --eval-every 10" % data, out)
        wall.append(time.perf_counter() - begin)
        cpu.append(usage.ru_utime + usage.ru_stime)
        gradients.append(run["seconds"]["gradient"])
    median, low, high = spread(cpu)
    print("%-48s %7.3f %7.3f %7.3f s   of a processor (wall %.2f s), gradients alone %.2f s; target 4 s: %s"
          % ("5000 epochs of diana-rr, mushrooms, 20 clients", median, low, high, spread(wall)[0], spread(gradients)[0],
             "met" if median < 4 else "MISSED"))
    sys.stdout.flush()


def start_to_finish(out):
    times = []
    for _ in range(4 * REPEATS):
        begin = time.perf_counter()
        train("--data synth:logistic --rounds 1", out)
        times.append(1e3 * (time.perf_counter() - begin))
    begin = time.perf_counter()
    for _ in range(4 * REPEATS):
        subprocess.run([laconic, "--version"], stdout=subprocess.DEVNULL)
    bare = 1e3 * (time.perf_counter() - begin) / (4 * REPEATS)
    median, low, high = spread(times)
    print("%-48s %7.3f %7.3f %7.3f ms  --version and show included: %.1f ms each; target 50 ms: %s"
          % ("start to finish, --rounds 1, run file written", median, low, high, bare,
             "met" if median < 50 else "MISSED"))


with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "run.h5")
    print("%-48s %7s %7s %7s" % ("", "median", "10 %", "90 %"))
    for row in ROUNDS:
        if "{data}" in row[1] and not data:
            print("%-48s left out: LACONIC_DATA is not set" % row[0])
            continue
        rounds(row[0], row[1].format(data=data), row[2], row[3], path)
    if data:
        epochs(path)
    start_to_finish(path)
