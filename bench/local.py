"""What a local epoch costs beside the gradients of its minibatches: fedavg with few minibatches and with one row in each.

For each data set and number of minibatches: the median over several runs of the time of the rounds over the time of the
gradients alone in the same run. Target: 1.10.

usage: local.py LACONIC
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile

REPEATS = 9
TARGET = 1.10
SIZES = [  # data, clients, rows of each, rounds
    ("synth:logistic,d=100,m=400", 20, 400, 60),
    ("synth:logistic,d=1000,m=100", 10, 100, 100),
    ("synth:logistic,d=10000,m=100", 10, 100, 10),
    ("{data}/libsvm/mushrooms", 20, 406, 100),
    ("{data}/libsvm/a9a", 20, 1628, 30),
]


def ratio(laconic, data, clients, batches, rounds, out):
    subprocess.run([laconic, "train", "--quiet", "--force", "--out", out, "--eval-every", "0", "--clients", str(clients),
                    "--data", data, "--rounds", str(rounds), "--regularizer", "l2:0.01", "--step", "1e-9",
                    "--method", "fedavg:batches=%d" % batches], check=True)
    shown = subprocess.run([laconic, "show", "--json", out], stdout=subprocess.PIPE, check=True).stdout
    seconds = json.loads(shown)["seconds"]
    return (seconds["total"] - seconds["setup"] - seconds["evaluate"]) / seconds["gradient"]


def main():
    laconic, missed = sys.argv[1], 0
    folder = os.environ.get("LACONIC_DATA")
    with tempfile.TemporaryDirectory() as results:
        for data, clients, rows, rounds in SIZES:
            if "{data}" in data and not folder:
                continue
            for batches in (10, rows):
                found = sorted(ratio(laconic, data.replace("{data}", folder or ""), clients, batches, rounds,
                                     os.path.join(results, "run.h5")) for _ in range(REPEATS))
                median = statistics.median(found)
                missed += median > TARGET
                print("%-30s %3d clients  batches=%-5d %6.3f [%5.3f, %5.3f]%s" %
                      (data, clients, batches, median, found[0], found[-1], " *" if median > TARGET else ""), flush=True)
    print("ratio of an epoch to its gradients, median [least, most] of %d runs; %d above %.2f (*)" % (REPEATS, missed, TARGET))


main()
