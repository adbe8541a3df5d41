"""What Slurm itself does to runs: the end of a job's time, waited for, and Ctrl-C twice on srun.

usage: limits.py MPIRUN LACONIC      without LAC_TEST_LONG only Ctrl-C: a limit of Slurm is a minute at least
"""

import json
import os
import signal
import subprocess
import time

from lab import TOP, Slurm, demand, digest, digest_alone, finish, ok, rounds_of, summary, until

DATA = "--data synth:logistic,d=100,m=20 --clients 7 --eval-every 20".split()
ENDLESS = DATA + "--rounds 1000000000 --checkpoint-every 1s".split()
TEMPLATE = os.path.join(TOP, "run", "slurm", "train.sbatch")
MINUTES = 240  # seconds: Slurm looks at limits every half a minute, and gives half a minute more


def result(path):
    try:
        return json.load(open(path + ".result.json"))
    except (OSError, ValueError):
        return {}


def signalled(cluster):
    """The signal before the time is over: a checkpoint, a requeue, and the run goes on."""
    job = cluster.submit(["--ntasks=3", "--time=1", "--signal=B:USR1@30", TEMPLATE] + ENDLESS)
    out, began = cluster.path("runs", job + ".h5"), time.monotonic()
    left = until(lambda: result(out).get("status") == "left" and cluster.state(job).get("JobState") == "PENDING", MINUTES)
    seconds, told = time.monotonic() - began, result(out)
    at = told.get("round", 0)
    kept = summary(out)["final"] if left else {}
    ok(left and told.get("reason") == "USR1" and told.get("exit_status") == 75 and told.get("checkpoint", {}).get("round") == at > 0,
       "--time=1 --signal=B:USR1@30: the run leaves with a checkpoint before its time is over", "%.0f s, %s\n%s" % (seconds, told, cluster.output(job)))
    ok(kept.get("round") == at and kept.get("model_digest") == digest_alone(cluster.folder, DATA + ["--rounds", str(at)]), "its model is that of one process", kept)
    print("# after %.0f s, in round %d" % (seconds, at))
    time.sleep(2)  # as begins_again of requeue.py
    cluster.run("scontrol", "update", "JobId=" + job, "StartTime=now")
    goes_on = until(lambda: result(out).get("status") == "running" and rounds_of(out) > at // 20 + 3, 60)
    ok(goes_on and "goes on after round %d" % at in cluster.output(job), "and goes on in its next turn", cluster.output(job))
    cluster.run("scancel", job)
    ok(cluster.ends(job) == ["CANCELLED"], "until it is cancelled")


def at_the_end(cluster):
    """No signal was asked for: at the end of the time TERM comes, then KILL."""
    out = cluster.path("runs", "limit.h5")
    job = cluster.submit(["--ntasks=3", "--time=1", "--wrap", "exec srun --mpi=pmix %s train %s --quiet --resume %s --out %s" %
                          (cluster.laconic, " ".join(ENDLESS), cluster.path("runs", "limit"), out)])
    ended = cluster.ends(job, MINUTES)
    told = result(out)
    ok(ended == ["TIMEOUT"] and told.get("status") == "left" and told.get("reason") == "TERM" and told.get("checkpoint", {}).get("round", 0) > 0,
       "--time=1 without a signal: the run is ended by TERM, and says so", "%s %s\n%s" % (ended, told, cluster.output(job)))
    ok(cluster.run(cluster.laconic, "show", cluster.path("runs", "limit")).returncode == 0, "its last checkpoint is whole")


def pid_of(name, word):
    """The first process of that name which has the word."""
    for pid in sorted(map(int, filter(str.isdigit, os.listdir("/proc")))):
        try:
            words = open("/proc/%d/cmdline" % pid).read().split("\0")
        except OSError:
            continue
        if os.path.basename(words[0]) == name and word in words:
            return pid
    return 0


def interrupted(cluster):
    """srun asks for a second Ctrl-C within a second, and hands that on to all ranks."""
    os.makedirs(cluster.path("runs"), exist_ok=True)
    out = cluster.path("runs", "interrupt.h5")
    words = [cluster.path("lab", "slurm"), "run", cluster.folder, "srun", "-n3", "--mpi=pmix", cluster.laconic, "train"] + ENDLESS
    job = subprocess.Popen(words + ["--quiet", "--resume", cluster.path("runs", "interrupt"), "--out", out], cwd=cluster.folder, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True)
    worked = until(lambda: result(out).get("status") == "running" and rounds_of(out) > 20)
    srun = pid_of("srun", out)
    os.kill(srun, signal.SIGINT)
    time.sleep(0.3)
    ok(worked and job.poll() is None and result(out).get("status") == "running", "a first Ctrl-C on srun ends nothing", "%s %s %s" % (worked, job.poll(), result(out)))
    os.kill(srun, signal.SIGINT)
    said = job.communicate(timeout=60)[0]
    told = result(out)
    ok(job.returncode != 0 and told.get("status") == "left" and told.get("reason") in ("INT", "TERM"), "a second one ends the run, and result.json says so",
       "%s %s\n%s" % (job.returncode, told, said))
    print("# srun: status %s, reason %s" % (job.returncode, told.get("reason")))


demand("slurmctld", "slurmd", "munged", "srun")
with Slurm(3) as three:
    interrupted(three)
    if os.environ.get("LAC_TEST_LONG"):
        signalled(three)
        at_the_end(three)
finish()
