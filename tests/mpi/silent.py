"""Rounds without messages, by Open MPI's monitoring component: what L2GD's rounds add to the messages and bytes of each pair
of ranks is what the rounds whose coin goes from 0 to 1 add, and nothing else.

usage: silent.py MPIRUN RANKS LACONIC
"""

import csv
import io
import os
import subprocess
import sys
import tempfile

import monitored

CLIENTS, DIMENSION = 7, 11
BASE, ROUNDS = 10, 60  # of as many digits: the greeting has the options as text
FRAME = 32 + 8 * DIMENSION  # bytes: a header and a model as it is
OPTIONS = ["train", "--data", "synth:least-squares,d=%d,m=4" % DIMENSION, "--clients", str(CLIENTS), "--method",
           "l2gd:lambda=1", "--p", "0.4", "--step", "0.05", "--compressor", "identity", "--quiet"]


def switches_by_round(laconic):
    """How many rounds up to each have sent something, from the run inside one process."""
    with tempfile.TemporaryDirectory() as folder:
        run = os.path.join(folder, "run.h5")
        subprocess.run([laconic] + OPTIONS + ["--rounds", str(ROUNDS), "--out", run], check=True)
        text = subprocess.run([laconic, "show", "--csv", run], check=True, text=True, stdout=subprocess.PIPE).stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    return [int(row["bits_up"]) // (8 * FRAME * CLIENTS) for row in rows]


def traffic(mpirun, ranks, laconic, rounds):
    """(from, to) -> (bytes, messages), as Open MPI counted."""
    with tempfile.TemporaryDirectory() as folder:
        command = [mpirun, "-n", str(ranks)] + monitored.switches(folder) + [laconic] + OPTIONS
        subprocess.run(command + ["--rounds", str(rounds), "--eval-every", "0"], check=True, timeout=120)
        return monitored.counted(folder)


def added(short, long):
    return {pair: (long[pair][0] - short[pair][0], long[pair][1] - short[pair][1]) for pair in long}


def expected(ranks, switches):
    """Up a frame of each client, down one for each rank, which its clients share."""
    workers, out = ranks - 1, {}
    for rank in range(1, ranks):
        clients = CLIENTS * rank // workers - CLIENTS * (rank - 1) // workers
        out[rank, 0] = (switches * clients * FRAME, switches * clients)
        out[0, rank] = (switches * FRAME, switches)
    return out


def main():
    mpirun, ranks, laconic = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    tap, counts = monitored.Tap(), switches_by_round(laconic)
    first = next(t for t in range(BASE + 1, ROUNDS) if counts[t] == counts[t - 1] + 1)
    silent = next(t for t in range(first + 1, ROUNDS) if counts[t] > counts[first]) - 1
    base = traffic(mpirun, ranks, laconic, BASE)
    for rounds, name in ((first, "one that speaks"), (silent, "a silent one"), (ROUNDS, "the last")):
        seen, wanted = added(base, traffic(mpirun, ranks, laconic, rounds)), expected(ranks, counts[rounds] - counts[BASE])
        tap.ok(seen == wanted, "from round %d to %d, %s, %d switches: Open MPI counted %s more (bytes, messages), they say %s"
               % (BASE, rounds, name, counts[rounds] - counts[BASE], sorted(seen.items()), sorted(wanted.items())))
    tap.ok(silent > first and counts[-1] < ROUNDS / 2, "rounds %d to %d are silent; %d of %d speak" %
           (first + 1, silent, counts[-1], ROUNDS))
    print("1..%d" % tap.number)
    sys.exit(1 if tap.failed else 0)


main()
