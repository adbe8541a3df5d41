"""Runs a program under mpirun and Open MPI's monitoring component: its own TAP goes through, and per pair
of ranks its account must equal what Open MPI counted.

usage: monitored.py MPIRUN RANKS PROGRAM [ARGUMENT...]
"""

import glob
import os
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


def main():
    mpirun, ranks, program = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    with tempfile.TemporaryDirectory() as folder:
        mine = os.path.join(folder, "account")
        command = [mpirun, "-n", str(ranks), "--mca", "pml_monitoring_enable", "2",
                   "--mca", "pml_monitoring_enable_output", "3",
                   "--mca", "pml_monitoring_filename", os.path.join(folder, "m")]
        run = subprocess.run(command + program[:1] + [mine] + program[1:], stdout=subprocess.PIPE, text=True,
                             timeout=540)
        lines = [line for line in run.stdout.splitlines() if not line.startswith("1..")]
        tests = [line for line in lines if line.startswith(("ok", "not ok"))]
        print("\n".join(lines))
        number = len(tests)
        failed = run.returncode != 0 or any(line.startswith("not") for line in tests)
        seen, said = counted(folder), account(mine) if os.path.exists(mine) else {}
        for pair in sorted(set(seen) | set(said)):
            number += 1
            equal = seen.get(pair) == said.get(pair)
            failed = failed or not equal
            print("%sok %d - rank %d to rank %d: Open MPI counted %s (bytes, messages), the account says %s"
                  % ("" if equal else "not ", number, *pair, seen.get(pair), said.get(pair)))
        number += 1
        complete = len(said) == 2 * (ranks - 1)
        print("%sok %d - the account has every pair with rank 0" % ("" if complete else "not ", number))
        print("1..%d" % number)
        sys.exit(1 if failed or not complete else 0)


main()
