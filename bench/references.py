"""The k largest of a vector by what users have, beside TopK of this program: one thread, processor time.

numpy.argpartition and torch.topk find positions alone; TopK here codes them and the values as a message too.
The same standard normal doubles go to all. What is not installed is left out (run/packages, part `reference`).

usage: references.py BENCH_COMPRESSORS [--dim D]
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")  # before numpy is loaded

SAMPLES = 15
SHARE = 100  # one entry in so many is kept
DEMAND = 10.0


def numpy_topk(path):
    import numpy
    v = numpy.fromfile(path)
    k = len(v) // SHARE
    return "numpy %s argpartition" % numpy.__version__, lambda: numpy.argpartition(numpy.abs(v), len(v) - k)[-k:]


def torch_topk(path):
    import numpy
    import torch
    torch.set_num_threads(1)
    v = torch.from_numpy(numpy.fromfile(path))
    k = len(v) // SHARE
    return "torch %s topk" % torch.__version__, lambda: torch.topk(v.abs(), k, sorted=False)


def measure(body):
    body()
    samples = []
    for _ in range(SAMPLES):
        begin = time.thread_time()
        body()
        samples.append(time.thread_time() - begin)
    samples.sort()
    return statistics.median(samples), samples[SAMPLES // 10], samples[-1 - SAMPLES // 10]


def ours(bench, options):
    """Seconds per entry: the median of the bench's row."""
    output = subprocess.run([bench, "--only", "topk:1%"] + options, text=True, stdout=subprocess.PIPE, check=False).stdout
    for line in output.splitlines():
        words = line.split()
        if words[:2] == ["encode", "topk:1%"]:
            return [float(word) * 1e-9 for word in words[2:5]]
    sys.exit("references.py: %s prints no row 'encode topk:1%%'" % bench)


def row(name, seconds, d, rest):
    print("%-44s %9.3f %9.3f %9.3f %-10s %s" % ((name,) + tuple(1e9 * s / d for s in seconds) + ("ns/entry", rest)))
    sys.stdout.flush()


def main():
    bench, options = sys.argv[1], sys.argv[2:]
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "vector")
        subprocess.run([bench, "--write", path] + options, check=True)
        d = os.path.getsize(path) // 8
        print("\nthe largest 1 %% of %d standard normal doubles\n%-44s %9s %9s %9s %-10s" %
              (d, "", "median", "10 %", "90 %", "unit"))
        here = [d * seconds for seconds in ours(bench, options)]
        row("laconic topk:1%, the whole message", here, d, "")
        for name, make in [("numpy", numpy_topk), ("torch", torch_topk)]:
            try:
                label, body = make(path)
            except ImportError:
                print("%-44s left out: python3-%s is not installed" % (name, name))
                continue
            seconds = measure(body)
            ratio = seconds[0] / here[0]
            missed += ratio < DEMAND
            row(label, seconds, d, "%7.2f  >= %.0f times laconic's: %s" %
                (ratio, DEMAND, "met" if ratio >= DEMAND else "MISSED"))
    return missed > 0


sys.exit(main())
