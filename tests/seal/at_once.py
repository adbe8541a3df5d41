"""A server of a star forwards a block the moment it arrives: no block waits for another of its round.

usage: at_once.py MPIRUN LACONIC CHAIN_OF_BLOCKS
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "mpi"))
from calls import call, finish, laconic, mpirun, ok  # noqa: E402

chain = sys.argv[3]
ROUNDS = 20
for ranks in (2, 4):
    done = call([mpirun, "-n", "1", laconic, "train", "--role", "server", "--quiet", "--clients", str(ranks), "--rounds", str(ROUNDS),
                 ":", "-n", str(ranks), chain, str(ROUNDS)])
    ok(done.returncode == 0 and done.stdout.count("has taken all") == ranks,
       "each of %d ranks sends only when it has the blocks of those before it: rank 0 forwards each alone" % ranks, done.stdout + done.stderr)
finish()
