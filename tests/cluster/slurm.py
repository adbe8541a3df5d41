"""A real Slurm on three simulated hosts, and the templates of run/slurm.

usage: slurm.py MPIRUN LACONIC
"""

import json
import os
import subprocess
import sys

from lab import LAUNCHERS, TOP, Slurm, call, demand, digest, digest_alone, finish, ok, summary

TRAIN = "--data synth:logistic,d=100,m=20 --clients 7 --rounds 60".split()
EXPERIMENT = """[about]
title = two runs
[shared]
data = synth:logistic,d=30,m=10
clients = 5
rounds = 40
[run one]
method = ef21
[run two]
method = gd
[table]
thresholds = 1e-2
[target]
one = -
two = -
"""


def train(cluster):
    template = os.path.join(TOP, "run", "slurm", "train.sbatch")
    alone = digest_alone(cluster.folder, TRAIN)
    for launcher in LAUNCHERS:
        job = cluster.submit([template] + TRAIN, {"LAUNCHER": launcher})
        ended = cluster.ends(job)
        ok(ended == ["COMPLETED"] and alone and digest(cluster.path("runs", job + ".h5")) == alone,
           "train.sbatch by %s: the model of one process" % launcher, "%s\n%s" % (ended, cluster.output(job)))


def scratch(cluster):
    """A file that the machines of the job do not see, but that it is submitted with."""
    template = os.path.join(TOP, "run", "slurm", "train.sbatch")
    rows = cluster.path("rows.svm")
    with open(rows, "w") as file:
        file.write("".join("%+d 1:%d 2:%d 3:1\n" % (1 - 2 * (i % 2), i % 7, (i * i) % 5) for i in range(70)))
    options = "--clients 5 --rounds 20 --method gd".split()
    job = cluster.submit([template] + options, {"DATA": rows})
    ended = cluster.ends(job)
    left = [cluster.lab("run", host, "sh", "-c", "ls /tmp").stdout for host in ("h0", "h1", "h2")]
    ok(ended == ["COMPLETED"] and digest(cluster.path("runs", job + ".h5")) == digest_alone(cluster.folder, options + ["--data", rows]),
       "train.sbatch with DATA: copied to the disk of each machine, the same model", "%s\n%s" % (ended, cluster.output(job)))
    ok(not any("rows.svm" in names for names in left), "and nothing of it stays there", left)


def array(cluster):
    template = os.path.join(TOP, "run", "slurm", "train.sbatch")
    job = cluster.submit(["--array=1-2", "--ntasks=3", template] + TRAIN)
    ended = cluster.ends(job)
    found = [digest(cluster.path("runs", "%s_%d.h5" % (job, task))) for task in (1, 2)]
    wanted = [digest_alone(cluster.folder, TRAIN + ["--seed", str(task)]) for task in (1, 2)]
    ok(ended == ["COMPLETED"] * 2 and None not in found and found == wanted and wanted[0] != wanted[1],
       "train.sbatch as an array: a run for each task, its number the seed", "%s\n%s" % (ended, cluster.output(job)))


def sweep(cluster):
    experiment, results = cluster.path("two.conf"), cluster.path("results")
    template = os.path.join(TOP, "run", "slurm", "sweep.sbatch")
    with open(experiment, "w") as file:
        file.write(EXPERIMENT)
    job = cluster.submit(["--array=1-2", "--ntasks=3", template, experiment, "--out", results])
    ended = cluster.ends(job)
    listed = call([cluster.laconic, "sweep", experiment, "--out", results, "--list"]).stdout.splitlines()
    ok(ended == ["COMPLETED"] * 2 and [line.split()[:3] for line in listed] == [["1", "one", "done"], ["2", "two", "done"]],
       "sweep.sbatch: a task for each run of a file", "%s\n%s\n%s" % (listed, ended, cluster.output(job)))
    ok(all(summary(os.path.join(results, name + ".h5"))["ranks"] == 3 for name in ("one", "two")), "each on the ranks of its job")
    table = subprocess.run([sys.executable, os.path.join(TOP, "run", "experiment"), experiment, "--out", results, "--program", cluster.laconic],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    ok(table.returncode == 0 and "2 runs, 2 of them there already" in table.stdout and "two runs" in table.stdout,
       "run/experiment makes its table of them, and runs nothing again", table.stdout)
    job = cluster.submit(["--array=3", "--ntasks=3", template, experiment, "--out", results])
    ok(cluster.ends(job) == ["FAILED"] and "has no run number 3" in cluster.output(job), "a task without a run says so", cluster.output(job))


def check(cluster):
    """laconic check as steps of Slurm."""
    for kind, status, name, result in (("pmix", 0, "ranks", "ok"), ("none", 2, "launcher", "fail")):
        done = cluster.run("srun", "-n4", "--mpi=" + kind, cluster.laconic, "check", "--json", "--checkpoint", cluster.path("kept"))
        try:
            said = json.loads(done.stdout)
        except ValueError:
            said = {"checks": []}
        found = {one["check"]: one for one in said["checks"]}.get(name, {})
        ok(done.returncode == status and found.get("result") == result and said["ranks"] == (4 if status == 0 else 1),
           "laconic check by srun --mpi=%s on three hosts: %s" % (kind, result), "%s\n%s" % (done.stdout, done.stderr))


demand("slurmctld", "slurmd", "munged", "srun")
with Slurm(3) as three:
    check(three)
    train(three)
    scratch(three)
    array(three)
    sweep(three)
finish()
