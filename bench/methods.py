"""What a round of each method costs beside the gradients that its clients compute in it.

For every method of `laconic list methods` and each size: the median over several runs, with 10 % and 90 %
percentiles, of the time of the rounds over the time of the gradients alone in the same run. Target: 1.15.
The step is a number so small that nothing diverges; half of the cohort where a method draws one.

usage: methods.py LACONIC [METHOD]...
"""

import json
import os
import subprocess
import statistics
import sys
import tempfile

REPEATS = 3
TARGET = 1.15
SIZES = [  # clients, rows of each, features, rounds: so many that the first touch of buffers does not count
    (10, 100, 10000, 100),
    (100, 50, 10000, 40),
    (10, 50, 100000, 80),
    (10, 20, 1000000, 20),
    (1000, 50, 1000, 30),
]
COMPRESSORS = {"contractive": "topk:1%", "unbiased": "randk:1%"}


def methods(laconic, wanted):
    listed = json.loads(subprocess.run([laconic, "list", "methods", "--json"], stdout=subprocess.PIPE, check=True).stdout)
    return [m["name"] for m in listed["methods"] if not wanted or m["name"] in wanted]


def options_of(laconic, name):
    """The compressor and the sampling that the method takes, found by asking it."""
    for more in (["--compressor", COMPRESSORS["contractive"]], ["--compressor", COMPRESSORS["unbiased"]], []):
        options = ["--method", name, "--step", "1e-9"] + more
        for sampling in (["--participation", "nice:50%"], []):
            done = subprocess.run([laconic, "train", "--dry-run", "--data", "synth:logistic,d=40,m=2"] + options + sampling,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            if done.returncode == 0:
                return options + sampling
    sys.exit("laconic train --method %s runs with nothing that was tried" % name)


def ratio(laconic, options, size, out):
    clients, rows, features, rounds = size
    subprocess.run([laconic, "train", "--quiet", "--force", "--out", out, "--eval-every", "0", "--clients", str(clients),
                    "--data", "synth:logistic,d=%d,m=%d" % (features, rows), "--rounds", str(rounds)] + options, check=True)
    seconds = json.loads(subprocess.run([laconic, "show", "--json", out], stdout=subprocess.PIPE, check=True).stdout)["seconds"]
    return (seconds["total"] - seconds["setup"] - seconds["evaluate"]) / seconds["gradient"]


def main():
    laconic = sys.argv[1]
    missed = 0
    print("%-10s" % "method" + "".join("%26s" % ("n=%d m=%d d=%d" % size[:3]) for size in SIZES))
    with tempfile.TemporaryDirectory() as folder:
        for name in methods(laconic, sys.argv[2:]):
            options = options_of(laconic, name)
            line = "%-10s" % name
            for size in SIZES:
                found = sorted(ratio(laconic, options, size, os.path.join(folder, "run.h5")) for _ in range(REPEATS))
                median = statistics.median(found)
                missed += median > TARGET
                line += "   %5.3f [%5.3f, %5.3f]%s" % (median, found[0], found[-1], "*" if median > TARGET else " ")
            print("%s   %s" % (line, " ".join(options[4:])), flush=True)
    print("ratio of a round to its gradients, median [least, most] of %d runs; %d above %.2f (*)" % (REPEATS, missed, TARGET))


if __name__ == "__main__":
    main()
