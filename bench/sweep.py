"""How busy a sweep of 100 small runs keeps the processors, beside the same runs started one after the other by `xargs -P`.

Busy is the time of user and system of all its processes over wall times processors. Where other programs run, their share is
missing; `of what was left` is the sweep's time over its own and the idle time of the machine meanwhile, and `runs going on` the sum
of the times of all runs, by their own clocks, over wall times processors.

usage: sweep.py LACONIC [ROUNDS]        default: 20000 rounds each, some tenths of a second
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

REPEATS = 3
RUNS = 100
laconic = sys.argv[1]
rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 20000
cores = len(os.sched_getaffinity(0))
FILE = "[shared]\ndata = synth:logistic,d=100,m=20\nclients = 10\nrounds = %d\neval-every = 20\n[vary]\nseed = 1..%d\n" % (rounds, RUNS)


def idle():
    """Seconds of all processors together."""
    with open("/proc/stat") as file:
        words = file.readline().split()
    return (int(words[4]) + int(words[5])) / os.sysconf("SC_CLK_TCK")


def measured(words, standard_input=None):
    """Wall, processor and idle seconds."""
    before, quiet, began = resource.getrusage(resource.RUSAGE_CHILDREN), idle(), time.monotonic()
    subprocess.run(words, input=standard_input, text=True, stdout=subprocess.DEVNULL, check=True)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return wall, used, max(0.0, idle() - quiet)


def going_on(folder, wall):
    """How much of the time a run was in each place; its end, when the file is written, is not in its own time."""
    files = [os.path.join(folder, "seed-%d.h5" % seed) for seed in range(1, RUNS + 1)]
    runs = json.loads(subprocess.run([laconic, "show", "--json"] + files, stdout=subprocess.PIPE, check=True).stdout)
    return sum(run["seconds"]["total"] for run in runs) / (wall * cores)


def report(name, rows):
    walls, busy = [wall for wall, _, _ in rows], [used / (wall * cores) for wall, used, _ in rows]
    left = [used / (used + spare) for _, used, spare in rows]
    print("%-34s wall %6.2f s (%.2f to %.2f), busy %.2f (%.2f to %.2f), of what was left %.2f" %
          (name, statistics.median(walls), min(walls), max(walls), statistics.median(busy), min(busy), max(busy), statistics.median(left)))
    sys.stdout.flush()


with tempfile.TemporaryDirectory() as folder:
    path, out = os.path.join(folder, "s.conf"), os.path.join(folder, "s")
    with open(path, "w") as file:
        file.write(FILE)
    commands = subprocess.run([laconic, "sweep", path, "--dry-run"], text=True, stdout=subprocess.PIPE, check=True).stdout
    swept, single, places = [], [], []
    for _ in range(REPEATS):
        swept.append(measured([laconic, "sweep", path, "--force"]))
        places.append(going_on(out, swept[-1][0]))
        lines = "".join("%s %s --quiet\n" % (laconic, line.split(None, 1)[1]) for line in commands.splitlines())
        single.append(measured(["xargs", "-P", str(cores), "-L", "1", "env"], lines))
    print("%d runs of %d rounds on %d processors, load %.1f" % (RUNS, rounds, cores, os.getloadavg()[0]))
    report("laconic sweep", swept)
    print("%-34s runs going on %.2f (%.2f to %.2f)" % ("", statistics.median(places), min(places), max(places)))
    report("laconic train, by xargs -P %d" % cores, single)
