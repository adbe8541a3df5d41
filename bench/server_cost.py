"""How the server's work of a round grows with d where clients send k entries: aggregation alone, per client and round.

For each method that takes a sparse compressor: microseconds of aggregation per client and round (medians of several runs)
at d = 1e4, 1e5, 1e6 with k = 100 throughout. A server that works on what was sent needs about the same for each d, besides
some vectors of length d a round, a hundredth of them per client here; one that reads a dense vector per client needs a
hundred times as much at 1e6 as at 1e4.

usage: server_cost.py LACONIC [METHOD]...
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile

from methods import methods, options_of

REPEATS, CLIENTS, ROUNDS = 3, 100, 10
DIMENSIONS = (10000, 100000, 1000000)
SPARSE = {"topk:1%": "topk:k=100", "randk:1%": "randk:k=100"}


def aggregation(laconic, options, d, out):
    subprocess.run([laconic, "train", "--quiet", "--force", "--out", out, "--eval-every", "0", "--clients", str(CLIENTS),
                    "--data", "synth:rare,d=%d,m=1,c=0.0001" % d, "--rounds", str(ROUNDS)] + options, check=True)
    told = json.loads(subprocess.run([laconic, "show", "--json", out], stdout=subprocess.PIPE, check=True).stdout)
    return 1e6 * told["seconds"]["aggregate"] / (CLIENTS * ROUNDS)


def main():
    laconic = sys.argv[1]
    print("%-14s%12s%12s%12s  microseconds per client and round" % (("method",) + tuple("d = %g" % d for d in DIMENSIONS)))
    with tempfile.TemporaryDirectory() as folder:
        for name in methods(laconic, sys.argv[2:]):
            options = [SPARSE.get(word, word) for word in options_of(laconic, name)]
            if not set(options) & set(SPARSE.values()):
                continue
            times = [statistics.median(aggregation(laconic, options, d, os.path.join(folder, "run.h5")) for _ in range(REPEATS))
                     for d in DIMENSIONS]
            print("%-14s%12.2f%12.2f%12.2f" % ((name,) + tuple(times)))


if __name__ == "__main__":
    main()
