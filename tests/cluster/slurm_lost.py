"""Ranks that are lost in a step of Slurm: what srun makes of it, and what mpirun in a job does.

usage: slurm_lost.py MPIRUN LACONIC DIE_AT
"""

import json
import os
import shutil
import sys

from lab import Slurm, demand, finish, ok

TRAIN = "--clients 9 --method ef21 --rounds 60 --data synth:logistic,d=40,m=20 --quiet --client-timeout 1".split()
KILL, STOP = 9, 19
SRUN = "srun --kill-on-bad-exit=0 --mpi=pmix -N 2 -n 4".split()
MPIRUN = "salloc -Q -N 2 -n 4 mpirun --enable-recovery".split()


def lose(cluster, name, launcher, number, policy):
    """Rank 2 gets the signal in round 40: the launcher's status, its words, and result.json."""
    out = cluster.path(name + ".h5")
    preload = 'exec env LD_PRELOAD="$DIE_AT" "$@"'
    done = cluster.run("timeout", "-k", "5", "60", *launcher, "sh", "-c", preload, "sh", cluster.laconic, "train", *TRAIN, "--on-lost-client", policy,
                       "--out", out, environment={"DIE_AT": cluster.path("die_at.so"), "DIE_AT_MESSAGES": "2 7 40 2 %d 0" % number})
    path = out + ".result.json"
    result = json.load(open(path)) if os.path.exists(path) else {"status": "none", "exit_status": None, "dropped": None}
    return done.returncode, result["status"], result["exit_status"], result["dropped"], "%s\n%s\n%s" % (done.returncode, result, done.stderr)


def absent(dropped):
    return [(of["first"], of["count"], of["round"]) for of in dropped or []]


demand("slurmctld", "munged")
with Slurm(2, 4) as slurm:
    shutil.copy(sys.argv[3], slurm.path("die_at.so"))
    for policy in ("stop", "drop"):
        status, said, _, _, words = lose(slurm, "dies-" + policy, SRUN, KILL, policy)
        ok(status != 0 and said in ("running", "lost"), "srun, a rank dies, %s: Slurm ends the step itself, in spite of --kill-on-bad-exit=0" % policy, words)
    status, said, own, _, words = lose(slurm, "stopped-stop", SRUN, STOP, "stop")
    ok(status == 4 and (said, own) == ("lost", 4), "srun, a rank is stopped, stop: status 4", words)
    status, said, own, dropped, words = lose(slurm, "stopped-drop", SRUN, STOP, "drop")
    ok((said, own) == ("finished", 0) and absent(dropped) == [(3, 1, 41), (4, 2, 40)], "srun, a rank is stopped, drop: the rest finishes, as result.json says", words)
    ok(status in (0, 137), "and srun returns what it makes of the tasks that it ends", words)
    status, said, own, dropped, words = lose(slurm, "mpirun-drop", MPIRUN, KILL, "drop")
    ok((status, said, own) == (0, "finished", 0) and absent(dropped) == [(3, 1, 41), (4, 2, 40)],
       "mpirun --enable-recovery in a job of Slurm, a rank dies, drop: the rest finishes, status 0", words)
finish()
