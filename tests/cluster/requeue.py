"""Runs that Slurm takes off their machines, and begins again: the template of run/slurm, on three simulated hosts.

usage: requeue.py MPIRUN LACONIC
"""

import os
import time

from lab import LAUNCHERS, TOP, Slurm, demand, digest, digest_alone, finish, ok, rounds_of, until

LONG = "--data synth:logistic,d=100,m=20 --clients 7 --rounds 3000 --eval-every 10 --checkpoint-every 100".split()
TEMPLATE = os.path.join(TOP, "run", "slurm", "train.sbatch")


def at_work(cluster, job):
    return until(lambda: rounds_of(cluster.path("runs", job + ".h5")) > 20)


def begins_again(cluster, job):
    """A job that was requeued is held back for two minutes, since Slurm revokes its credentials by the second: here for two seconds."""
    if not until(lambda: cluster.state(job).get("JobState") == "PENDING"):
        return False
    time.sleep(2)
    cluster.run("scontrol", "update", "JobId=" + job, "StartTime=now")
    return until(lambda: cluster.state(job).get("Restarts") == "1" and cluster.state(job).get("JobState") in ("RUNNING", "COMPLETED"))


def requeued(cluster):
    alone = digest_alone(cluster.folder, LONG[:-2])
    for launcher in LAUNCHERS + ("mpirun --enable-recovery",):  # which says 0 whatever its ranks say
        job = cluster.submit(["--ntasks=3", TEMPLATE] + LONG, {"LAUNCHER": launcher})
        worked = at_work(cluster, job)
        cluster.run("scancel", "--batch", "--signal=USR1", job)  # as --signal=B:USR1 has it before the time is over
        again = worked and begins_again(cluster, job)
        ended = cluster.ends(job)
        ok(again and ended == ["COMPLETED"] and digest(cluster.path("runs", job + ".h5")) == alone and
           "goes on after a requeue" in cluster.output(job),
           "by %s: at the signal before the time limit a checkpoint, a requeue, and the model of a run that nothing happened to" % launcher,
           "at work %s, again %s, %s\n%s" % (worked, again, ended, cluster.output(job)))


def swept(cluster):
    """A task of an array, which hands the signal through the sweep to the launcher of its run."""
    runs, words = cluster.path("runs.conf"), iter(LONG)
    with open(runs, "w") as file:
        file.write("[shared]\n" + "".join("%s = %s\n" % (name[2:], next(words)) for name in words) + "[vary]\nseed = 1..2\n")
    for launcher in LAUNCHERS if os.environ.get("LAC_TEST_LONG") == "1" else LAUNCHERS[:1]:
        folder = cluster.path("swept-" + launcher.split()[0])
        job = cluster.submit(["--array=2", "--ntasks=3", os.path.join(TOP, "run", "slurm", "sweep.sbatch"), runs, "--out", folder],
                             {"LAUNCHER": launcher}) + "_2"
        out = os.path.join(folder, "seed-2.h5")
        worked = until(lambda: rounds_of(out) > 20)
        cluster.run("scancel", "--batch", "--signal=USR1", job)
        again = worked and begins_again(cluster, job)
        ended = cluster.ends(job)
        ok(again and ended == ["COMPLETED"] and digest(out) == digest_alone(cluster.folder, LONG[:-2] + ["--seed", "2"]) and
           "goes on after a requeue" in cluster.output(job.partition("_")[0]) and "goes on after round" in cluster.output(job.partition("_")[0]),
           "a task of sweep.sbatch, by %s: a checkpoint, a requeue, and the model of a run that nothing happened to" % launcher,
           "at work %s, again %s, %s\n%s" % (worked, again, ended, cluster.output(job.partition("_")[0])))


def node_down(cluster):
    job = cluster.submit(["-N3", "--ntasks=3", TEMPLATE] + LONG)
    worked = at_work(cluster, job)
    cluster.run("scontrol", "update", "NodeName=h2", "State=DOWN", "Reason=test")
    cluster.run("scontrol", "update", "JobId=" + job, "NumNodes=2-3")
    requeued_by_slurm = until(lambda: cluster.state(job).get("JobState") == "PENDING")
    cluster.run("scontrol", "update", "NodeName=h2", "State=RESUME")
    again = requeued_by_slurm and begins_again(cluster, job)
    ended = cluster.ends(job)
    ok(worked and again and ended == ["COMPLETED"] and digest(cluster.path("runs", job + ".h5")) == digest_alone(cluster.folder, LONG[:-2]),
       "a node that is taken down: requeued by Slurm, and the model of a run that nothing happened to",
       "at work %s, again %s, %s\n%s" % (worked, again, ended, cluster.output(job)))


demand("slurmctld", "slurmd", "munged", "srun")
with Slurm(3) as three:
    requeued(three)
    swept(three)
    node_down(three)
finish()
