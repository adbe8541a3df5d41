"""bench/seal.py runs: its bytes are those that docs/benchmarks.md has, and each other part prints its rows, at tiny sizes.

usage: bench_parts.py MPIRUN LACONIC BENCH_SIDES BENCH_CKKS BENCH here|hosts
"""

import os
import re
import sys

for folder in ("mpi", "cluster"):
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", folder))
from calls import call, finish, laconic, mpirun, ok  # noqa: E402

sides, ckks, bench, where = sys.argv[3:]
BYTES = {"sealed, from the ledger of a run on 6 ranks": (176, 8800), "PermK as published": (192, 9600),
         "CKKS, packed bits: the lower bound, computed": (614400, 491520), "CKKS, residues as words of 64 bits, computed": (1048576, 786432)}
# what each part prints a line of
PARTS = {
    "shared": ["sealed", "bare", "libsodium alone", "the ordinary run", r"sealed / \(bare", r"\(sealed - bare\)"],
    "gigabit": ["sealed", "bare", "the ordinary run", "sealed / bare", "sealed / ordinary"],
    "topologies": ["gd", "star", "ring", "allgather"],
    "overlap": ["gd", "permk"] + [name + more for name in ("star", "ring", "allgather") for more in ("", "-overlap")],
}
TIMES = {"overlap": 2}  # of two sizes


def measured(part, *more):
    return call([sys.executable, "-B", bench, laconic, sides, ckks, mpirun, "--only", part] + list(more))


def count_bytes():
    done = measured("bytes")
    found = {name: (int(up), int(down)) for name, up, down in re.findall(r"^(\S.*?)\s+(\d+)\s+(\d+)$", done.stdout, re.MULTILINE)}
    ok(done.returncode == 0 and found == BYTES, "bench/seal.py --only bytes: a sealed client's bytes, and those of the published scheme and of CKKS",
       "%s\n%s" % (found, done.stderr))


def run_part(part):
    done = measured(part, "--tiny", "--blocks", "1")
    rows = {row: len(re.findall(r"^%s.*( +-?\d+\.\d+){3} " % row, done.stdout, re.MULTILINE)) for row in PARTS[part]}
    ok(done.returncode == 0 and min(rows.values()) >= TIMES.get(part, 1), "bench/seal.py --only %s runs, and prints its rows" % part,
       "%s\n%s\n%s" % (rows, done.stdout, done.stderr))


def main():
    if where == "here":
        count_bytes()
        run_part("shared")
    else:
        import lab  # clears what the environment says of this machine's network
        lab.demand()
        for part in ("gigabit", "topologies", "overlap"):
            run_part(part)
    finish()


main()
