"""Ranks that die, are stopped, or only compute for long: what is noticed, when, and what is left.

usage: lost.py MPIRUN LACONIC      LAC_TEST_LONG: every fault at every time under every launcher
"""

import json
import os
import re
import signal
import sys
import tempfile
import time

import monitored
from calls import call, finish, laconic, mpirun, ok, refused, run, summary
from jobs import Job, resident, wait_for

TIMEOUT = 1.5  # seconds of silence
LATE = 3  # on a noisy machine; a second elsewhere
SLACK = 10  # and Open MPI's own seconds to end a job
KILLED = 137  # what mpirun makes of a rank that died by SIGKILL
LOST = 4
# 1 client a rank, whose rows take about a second to make
MADE_SLOWLY = ["--data", "synth:logistic,d=1000,m=20000", "--clients", "3", "--method", "gd"]
ENDLESS = ["--clients", "7", "--rounds", "1000000000"]


def begins_set_up(job, victim):
    """The rank makes its rows: it has said HELLO, and is asked for more."""
    return wait_for(lambda: resident(job.process(max(victim, 1))) > 70e6)


def is_in_rounds(job, _):
    return wait_for(lambda: os.path.exists(job.out + ".rows") and os.path.getsize(job.out + ".rows") > 100000)


TIMES = {  # when a rank is hit: options, how that is seen, what the sentence says
    "in set-up": (MADE_SLOWLY + ["--rounds", "1000000000"], begins_set_up, "is lost in the set-up"),
    "in rounds": (ENDLESS, is_in_rounds, "is lost in round "),
}


def silence_of(errors):
    found = re.search(r"(?:no sign of life for|was silent for) ([0-9.]+) s", errors)
    return float(found.group(1)) if found else -1.0


def fault(folder, when, number, victim, recovers):
    options, begins, words = TIMES[when]
    job = Job(folder, options + ["--client-timeout", str(TIMEOUT)], recovers)
    begun = begins(job, victim)
    job.send(number, victim)
    status, errors, seconds, gone = job.end()
    name = "rank %d %s %s%s" % (victim, {9: "is killed"}.get(number, "is stopped"), when,
                                ", mpirun --enable-recovery" if recovers else "")
    lines = messages_of(errors)
    if victim:
        said = len([line for line in lines if "rank 2 on " in line and words in line and "(client" in line]) == 1
    else:
        said = any("rank 0 was silent" in line and "this rank leaves" in line for line in lines)
    if recovers or number == signal.SIGSTOP:  # else mpirun may end the job before
        ok(begun and said, name + ": one sentence names the rank, its clients and when" if victim else
           name + ": another rank says so", errors)
        computes = when == "in set-up" and not victim  # and looks for rank 0 when its rows are made
        ok(TIMEOUT <= silence_of(errors) <= TIMEOUT + (30 if computes else LATE), "and it is noticed when the deadline is over", errors)
    else:
        ok(begun, name + ": mpirun ends the job", errors)
    if victim and when == "in rounds" and (recovers or number == signal.SIGSTOP):
        told, kept = os.stat(job.out + ".result.json"), os.stat(job.out)
        ok(json.load(open(job.out + ".result.json"))["status"] == "lost" and told.st_ctime_ns <= kept.st_ctime_ns, "result.json tells of it first, and the run file is published behind it",
           "%d %d" % (told.st_ctime_ns, kept.st_ctime_ns))
    wanted = 0 if recovers else KILLED if number == signal.SIGKILL else LOST
    crashed = recovers and status == -signal.SIGSEGV  # mpirun 4.1.4 itself, now and then, where ranks of such a job end it
    ok(status == wanted or crashed, "and the status of mpirun is %d" % wanted, "status %d\n%s" % (status, errors))
    ok(gone and seconds < TIMEOUT + (3 if recovers else 1) * SLACK, "and no process is left", "%g s\n%s" % (seconds, errors))


def messages_of(errors):
    return [line for line in errors.splitlines() if line.startswith("laconic: ")]


def faults(folder):
    every = "LAC_TEST_LONG" in os.environ
    for when in TIMES:
        for number in (signal.SIGKILL, signal.SIGSTOP):
            for victim in (2, 0):
                for recovers in (False, True):
                    usual = when == "in rounds" and recovers != (number == signal.SIGSTOP)
                    if every or usual or (when == "in set-up" and number == signal.SIGSTOP and victim and not recovers):
                        fault(folder, when, number, victim, recovers)


def at_the_end(folder):
    """A rank without clients has nothing to do in rounds, and is stopped so late that its report is missed first."""
    options = ["--clients", "2", "--eval-every", "0", "--rounds"]
    said = re.search(r"after 5000 rounds, ([0-9.]+) s in all, ([0-9.]+) s before", run(options + ["5000"], 4).stdout)
    each = (float(said.group(1)) - float(said.group(2))) / 5000 if said else 1e-4
    job = Job(folder, options + [str(int(3 / each)), "--client-timeout", "10"])  # three seconds or so
    job.processes()
    time.sleep(1)
    job.send(signal.SIGSTOP, 1)
    status, errors, _, gone = job.end()
    lines = messages_of(errors)
    ok(status == LOST and len(lines) == 1 and "rank 1 on " in lines[0] and "(no clients) is lost at the end, after round " in lines[0],
       "a rank that does not report at the end is named", errors)
    ok(gone, "and no process is left")


def in_vain(folder):
    """A rank that has no clients in the round is missed as well."""
    job = Job(folder, ["--clients", "2", "--rounds", "1000000000", "--client-timeout", str(TIMEOUT)])
    job.processes()
    time.sleep(1)
    job.send(signal.SIGSTOP, 1)
    status, errors, seconds, _ = job.end()
    ok(status == LOST and "rank 1 on " in errors and "is lost in round " in errors and seconds < TIMEOUT + SLACK,
       "a rank for which no round waits is missed all the same", errors)


def waits(folder):
    """--on-lost-client wait: a rank that was only stopped is waited for, to the same model."""
    wanted = os.path.join(folder, "wanted.h5")
    common = ["--clients", "7", "--rounds", "12000"]
    run(common + ["--quiet", "--out", wanted])
    job = Job(folder, common + ["--client-timeout", "0.5", "--on-lost-client", "wait", "--max-wait", "60"])
    begun = is_in_rounds(job, 2)
    job.send(signal.SIGSTOP, 2)
    time.sleep(3)
    job.send(signal.SIGCONT, 2)
    status, errors, _, gone = job.end()
    said = [line for line in errors.splitlines() if line.startswith("warning: rank ")]
    ok(begun and status == 0 and len(said) >= 2 and "rank 2 is silent for" in errors and "(--max-wait)" in errors and "rank 2 is there again" in errors, "--on-lost-client wait: its silence is said, and its end", errors)
    ok(gone and summary(job.out)["final"]["model_digest"] == summary(wanted)["final"]["model_digest"],
       "and the run ends at the same model")
    job = Job(folder, ENDLESS + ["--client-timeout", "0.4", "--on-lost-client", "wait", "--max-wait", "2"])
    begun = is_in_rounds(job, 2)
    job.send(signal.SIGSTOP, 2)
    status, errors, seconds, gone = job.end()
    ok(begun and status == LOST and 2 <= silence_of(errors) <= 2 + LATE and "(--max-wait 2)" in errors and gone and seconds < 2 + SLACK,
       "and after --max-wait the run stops", errors)


def sleeps(folder):
    """A job that is stopped as a whole for longer than the time: what rank 0 slept through is no silence of the others, who wake after it."""
    job = Job(folder, ENDLESS + ["--client-timeout", str(TIMEOUT)])
    begun = is_in_rounds(job, 0)
    for rank in (3, 2, 1, 0):
        os.kill(job.process(rank), signal.SIGSTOP)
        time.sleep(0.3 if rank == 1 else 0)  # rank 0 has heard all that they said
    time.sleep(2 * TIMEOUT)
    for rank in range(4):
        os.kill(job.process(rank), signal.SIGCONT)
        time.sleep(0.2 if rank == 0 else 0)
    rows = job.out + ".rows"  # gone where the run ended
    size = os.path.getsize(rows) if os.path.exists(rows) else 0
    goes_on = wait_for(lambda: not os.path.exists(rows) or os.path.getsize(rows) > size + 10000) and os.path.exists(rows)
    job.job.send_signal(signal.SIGUSR1)
    _, errors, _, gone = job.end()
    ok(begun and goes_on and "is lost" not in errors and "was silent" not in errors and "asked to leave by SIGUSR1" in errors, "a job that was stopped as a whole loses nobody, and goes on", errors)
    ok(gone, "and no process is left")


def long_gradients(folder):
    """A rank that computes is not silent; its beats are messages like others."""
    out, timeout = os.path.join(folder, "long.h5"), 0.5
    options = ["--data", "synth:softmax,d=1000,m=16000,classes=250", "--clients", "2", "--method", "gd", "--step", "1e-3", "--rounds", "2",
               "--eval-every", "0", "--quiet", "--force", "--out", out]
    found = []
    for more in ([], ["--client-timeout", str(timeout)]):
        with tempfile.TemporaryDirectory() as account:
            done = call([mpirun, "-n", "3"] + monitored.switches(account) + [laconic, "train"] + options + more)
            found.append((done, monitored.counted(account), summary(out) if done.returncode == 0 else {}))
    done, seen, kept = found[1]
    spent = kept["seconds"]["gradient"] / kept["rounds"] if kept else 0
    ok(done.returncode == 0 and spent > timeout, "gradients longer than --client-timeout lose nobody",
       "%g s\n%s" % (spent, done.stderr))
    ok(kept and kept["final"]["model_digest"] == found[0][2]["final"]["model_digest"] and all(kept["bits"][way] == found[0][2]["bits"][way] for way in ("up", "down", "evaluation", "set_up")),
       "and change neither the model nor the account of the rounds", "%s\n%s" % (kept.get("bits"), found[0][2].get("bits")))
    said = {(pair["from"], pair["to"]): (pair["bytes"], pair["messages"]) for pair in kept.get("mpi", {}).get("pairs", [])}
    ok(said and said == seen, "beats are in the account of MPI, which is Open MPI's own", "%s\n%s" % (said, seen))
    ok(seen and all(seen[pair][1] > found[0][1][pair][1] for pair in ((1, 0), (2, 0))), "and both ranks beat", "%s\n%s" % (seen, found[0][1]))


def options():
    for arguments, words in [
        (["--method", "gd", "--on-lost-client", "drop"], ["--on-lost-client drop", "gd"]), (["--on-lost-client", "hope"], ["none of stop, wait and drop"]),
        (["--on-lost-client", "wait", "--max-wait", "5", "--client-timeout", "6"], ["--max-wait", "--client-timeout"]),
        (["--max-wait", "5"], ["--max-wait", "--on-lost-client wait"]), (["--client-timeout", "0"], ["--client-timeout"]),
    ]:
        refused("refused: " + " ".join(arguments), run(arguments), 2, *words)
    refused("ranks of other patience are refused", run([(1, ["--client-timeout", "50"]), (2, ["--client-timeout", "60"])]), 2,
            "client-timeout = 60")


with tempfile.TemporaryDirectory() as where:
    options()
    long_gradients(where)
    waits(where)
    in_vain(where)
    sleeps(where)
    if "LAC_TEST_LONG" in os.environ:  # mpirun 4.1.4 hangs now and then, where others wait in MPI_Finalize
        at_the_end(where)
    faults(where)
finish()
