"""The seconds that --network computes, against rounds on three simulated hosts whose links are limited, or long: within 15 % in the median round.

usage: network.py MPIRUN LACONIC      with LAC_TEST_LONG, since it measures times
"""

import os
import statistics

from lab import Hosts, call, demand, finish, laconic, ok, skip

FAST, SLOW = ("20mbit", "16kb"), ("5mbit", "4kb")
ROUNDS, ATTEMPTS = 12, 8
# gradients of some rows: then no round carries an evaluation, whose seconds are a column and are taken off
TRAIN = ("train --clients 2 --step 0.001 --gradient nice:1 --rounds %d --force "
         "--track seconds_evaluate" % ROUNDS).split()
LARGE = ["--data", "synth:logistic,d=20000,m=2"]
SHORT = ["--data", "synth:logistic,d=4000,m=2"]  # whose messages go at once: longer ones are announced first, which takes two ways more
SMALL = ["--data", "synth:logistic,d=14000,m=2"]  # whose messages the queue before a slow link holds: none is lost
LINKS = "up=20Mbit,down=20Mbit,server=20Mbit"
DENSE = ["--method", "dcgd", "--compressor", "identity"]
SPARSE = ["--method", "ef21", "--compressor", "topk:5%"]


def rounds_of(path):
    """(measured, computed) seconds of each round but the first, which opens connections, and the last, which ends the run."""
    lines = [line.split(",") for line in call([laconic, "show", "--csv", path]).stdout.splitlines()]
    seconds, evaluate, network = ([float(line[lines[0].index(name)]) for line in lines[1:]]
                                  for name in ("seconds", "seconds_evaluate", "network_seconds"))
    steps = range(1, ROUNDS - 1)
    return ([seconds[r + 1] - seconds[r] - (evaluate[r + 1] - evaluate[r]) for r in steps], [network[r + 1] - network[r] for r in steps])


def check(hosts, name, ranks, words, links):
    out, tried, said = hosts.path("run.h5"), [], ""
    for _ in range(ATTEMPTS):  # what else the machine does makes rounds longer, never shorter: one that is too short is no noise
        done = hosts.mpirun(ranks, TRAIN + words + ["--network", links, "--out", out])
        said += done.stderr
        if done.returncode:
            break
        measured, computed = (statistics.median(values) for values in rounds_of(out))
        tried.append(measured / computed)
        print("# %s: measured %.4f s a round, computed %.4f s, ratio %.3f" % (name, measured, computed, tried[-1]))
        if tried[-1] <= 1.15:
            break
    ok(tried and 0.85 <= min(tried) and tried[-1] <= 1.15, "%s: the median round is that of --network within 15 %%" % name, "%s\n%s" % (tried, said))


if not os.environ.get("LAC_TEST_LONG"):
    skip("it measures times (LAC_TEST_LONG)")
demand()
if not os.path.exists("/dev/net/tun"):
    skip("no /dev/net/tun, by which cables are made longer")
with Hosts(3, FAST) as three:
    check(three, "dense, two hosts", "h0:1,h1:1,h2:1", LARGE + DENSE, LINKS)
    check(three, "dense, one host", "h0:1,h1:1", LARGE + DENSE + ["--clients", "1"], LINKS)
    check(three, "topk:5%, two hosts", "h0:1,h1:1,h2:1", LARGE + SPARSE, LINKS)
    three.lab("limit", "h2", *SLOW)
    slow = three.path("links")
    with open(slow, "w", encoding="ascii") as file:
        file.write("\nup=5Mbit,down=5Mbit\n")
    check(three, "dense, h2 with 5 Mbit/s", "h0:1,h1:1,h2:1", SMALL + DENSE, LINKS + ",clients=" + slow)
    check(three, "topk:5%, h2 with 5 Mbit/s", "h0:1,h1:1,h2:1", SMALL + SPARSE, LINKS + ",clients=" + slow)
with Hosts(3, FAST) as far:
    far.lab("delay", "0", "80", "40")  # no netem in this kernel, maybe: a switch of our own
    cables = far.path("cables")
    with open(cables, "w", encoding="ascii") as file:
        file.write("latency=80ms\nlatency=40ms\n")
    check(far, "dense, cables of 80 ms and 40 ms", "h0:1,h1:1,h2:1", SHORT + DENSE, "clients=" + cables)
    check(far, "dense, one host, 40 ms", "h0:1,h2:1", SHORT + DENSE + ["--clients", "1"], "latency=40ms")
    for host in ("h0", "h1"):
        far.lab("limit", host, *FAST)
    check(far, "dense, one host, 80 ms and 20 Mbit/s", "h0:1,h1:1", SHORT + DENSE + ["--clients", "1"], "latency=80ms,up=20Mbit,down=20Mbit")
finish()
