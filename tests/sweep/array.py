"""run/slurm/sweep.sbatch without Slurm: the words that a turn of a task gives to `laconic sweep`.

usage: array.py MPIRUN LACONIC TEMPLATE
"""

import os
import sys
import tempfile

from place import Place, call, finish, ok

TASK = ["sweep", "a b.conf", "--out", "two  blanks", "--jobs=1"]
ADDED = ["--task", "3", "--launcher", "mpirun -n 2", "--checkpoints"]


def command(place, name, text):
    path = place.path(name)
    with open(path, "w") as file:
        file.write("#!/bin/sh\n" + text)
    os.chmod(path, 0o755)
    return path


def turn(place, restarts, words):
    """One turn of task 3, whose run leaves with a checkpoint: the words of the sweep, and what Slurm was told."""
    told = place.path("told")
    stand_in = command(place, "laconic", "for word; do printf '%s\\n' \"$word\"; done >words\nexit 75\n")
    command(place, "scontrol", "echo \"$@\" >told\n")
    environment = {"LACONIC": stand_in, "LAUNCHER": "mpirun -n 2", "PATH": place.top + ":" + os.environ["PATH"], "SLURM_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "3",
                   "SLURM_RESTART_COUNT": restarts}
    done = call(["sh", sys.argv[3]] + words, environment=environment, cwd=place.top)
    ok(done.returncode == 0 and open(told).read() == "requeue 7\n", "a run that left is requeued", done.stderr)
    os.remove(told)
    with open(place.path("words")) as file:
        return file.read().splitlines()


def turns(place):
    """What is made anew is begun once, however often the task is requeued."""
    for words in (["--force"], ["--renew"], ["--force=yes", "--renew=yes"], []):
        for at in range(1, len(TASK) + 1):
            given = TASK[1:at] + words + TASK[at:]
            for restarts in ("", "0"):
                found = turn(place, restarts, given)
                ok(found == TASK[:1] + given + ADDED, "first turn: %s" % " ".join(given), found)
            found = turn(place, "1", given)
            ok(found == TASK + ADDED, "second turn: without %s" % " ".join(words), found)


with tempfile.TemporaryDirectory() as where:
    turns(Place(where))
finish()
