"""Runs over three simulated hosts: the bits of one process, a slow link, a host whose power fails.

usage: hosts.py MPIRUN LACONIC
"""

import json
import time

from lab import FAST, SLOW, Hosts, demand, digest, digest_alone, finish, ok, rounds_of, summary, until

EF21 = "train --data synth:logistic,d=300,m=20 --clients 7 --rounds 60".split()
DENSE = "train --data synth:logistic,d=4000,m=20 --clients 4 --method gd --step 0.1 --eval-every 0".split()


def same_model(hosts):
    alone = digest_alone(hosts.folder, EF21[1:])
    for ranks in ("h0:1,h1:1,h2:1", "h0:2,h1:1,h2:2"):
        out = hosts.path("run.h5")
        done = hosts.mpirun(ranks, EF21 + ["--out", out, "--force"])
        ok(done.returncode == 0 and alone and digest(out) == alone, "three hosts over TCP (%s): the model of one process" % ranks,
           "%s\n%s" % (done.stdout, done.stderr))


def checks(hosts):
    """A folder that each host has for itself, by the same name."""
    for folder, result in (("/tmp/checkpoints", "fail"), (hosts.path("checkpoints"), "ok")):
        done = hosts.mpirun("h0:2,h1:1,h2:1", ["check", "--json", "--checkpoint", folder])
        try:
            said = json.loads(done.stdout)
        except ValueError:
            said = {"checks": []}
        found = {one["check"]: one for one in said["checks"]}.get("checkpoint", {})
        good = found.get("result") == result and said.get("hosts") == 3 and (done.returncode == 0) == (result == "ok")
        if result == "fail":
            good = good and "[rank 2/h1]" in found.get("text", "") and "that all hosts share" in found["text"]
        ok(good, "laconic check on three hosts: %s: %s" % ("a folder of each host" if result == "fail" else "one of all", result),
           "%s\n%s" % (done.stdout, done.stderr))


def folder_of_each(hosts):
    """train finds that out too, before the first round and not when the first checkpoint is due."""
    done = hosts.mpirun("h0:2,h1:1,h2:1", EF21 + ["--checkpoint", "/tmp/kept"])
    said = [line for line in done.stderr.splitlines() if line.startswith("laconic: ")]
    ok(done.returncode == 3 and len(said) == 1 and "[rank 2]" in said[0] and "one that all ranks see" in said[0],
       "checkpoints in a folder of each host are refused", done.stdout + done.stderr)


def unreachable(hosts):
    """Open MPI is told of a network on which the hosts do not see one another."""
    began = time.monotonic()
    done = hosts.mpirun("h0:1,h1:1,h2:1", ["check", "--client-timeout", "4"], {"LAC_LAB_NETWORK": "lo"})
    ok(done.returncode == 2 and done.stderr.count("did not reach one another in time") == 1 and time.monotonic() - began < 30,
       "laconic check on hosts that do not reach one another ends, and says so",
       "status %d after %.1f s\n%s\n%s" % (done.returncode, time.monotonic() - began, done.stdout, done.stderr))


def straggler(hosts):
    out = hosts.path("slow.h5")
    # rank 1 is taken first, the others after it: each must be found; and where rank 0's own link is slow, nobody is to blame
    for slow, ranks, named in ((None, "h0:1,h1:1,h2:1", None), ("h2", "h0:1,h1:1,h2:1", 2), ("h1", "h0:1,h1:1,h2:1", 1),
                               ("h0", "h0:1,h1:1,h2:2", None)):
        if slow:
            hosts.lab("limit", slow, *SLOW)
        words = DENSE + ["--rounds", "40" if slow else "200"]  # each long enough for somebody to be named
        done = hosts.mpirun(ranks, words + ["--out", out, "--force"])
        if slow:
            hosts.lab("limit", slow, *FAST)
        found = (summary(out)["late"]["straggler"] or {}) if done.returncode == 0 else {"rank": -1}
        line = "straggler    rank %s on %s:" % (named, slow)
        good = (not found and "straggler" not in done.stdout if named is None else
                found.get("rank") == named and found["host"] == slow and line in done.stdout)
        ok(good and digest(out) == digest_alone(hosts.folder, words[1:]), "links of 100 Mbit/s, %s: %s, the same model" % (
            "that of %s of 10" % slow if slow else "all alike", "rank %d on %s is named" % (named, slow) if named else "nobody is named"),
           "%s\n%s\n%s" % (found, done.stdout, done.stderr))


def power_failure(hosts):
    words = EF21[:-1] + ["3000"]
    out, kept = hosts.path("broken.h5"), hosts.path("kept")
    keeps = ["--resume", kept, "--checkpoint-every", "50"]
    job = hosts.starts("h0:1,h1:1,h2:1", words + ["--client-timeout", "5", "--out", out] + keeps)
    began = until(lambda: rounds_of(out) > 200)
    hosts.lab("off", "h2")
    failed = time.monotonic()
    said = job.communicate(timeout=110)[0]
    took = time.monotonic() - failed
    ok(began and job.returncode not in (0, 124, 137) and took < 45, "a host whose power fails ends the job within 45 s",
       "began %s, status %d after %.1f s\n%s" % (began, job.returncode, took, said))
    ok(200 < rounds_of(out) < 3001, "its rows up to then stay", rounds_of(out))
    done = hosts.mpirun("h0:1,h1:2", words + ["--out", out] + keeps)
    ok(done.returncode == 0 and digest(out) == digest_alone(hosts.folder, words[1:]),
       "the run goes on on the hosts that are left, to the model of a run that nothing happened to", "%s\n%s" % (done.stdout, done.stderr))


demand()
with Hosts(3) as three:
    same_model(three)
    checks(three)
    folder_of_each(three)
    unreachable(three)
    straggler(three)
    power_failure(three)
finish()
