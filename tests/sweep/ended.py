"""Sweeps that are killed, ended, asked to leave, or started twice.

usage: ended.py MPIRUN LACONIC
"""

import os
import signal
import tempfile
import time

from place import SMALL, Place, finish, model, mpirun, ok, refused, result, rows, run, stamps, started, states, summary, sweep

LONG_TESTS = os.environ.get("LAC_TEST_LONG") == "1"
RUN = "data = synth:logistic,d=200,m=40\nclients = 8\nrounds = 6000\neval-every = 10\n"
LONG = "[shared]\n" + RUN + "[run first]\nrounds = 3\n[run a]\n[run b]\nseed = 2\n[run c]\nseed = 3\n"


def until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not condition():
        time.sleep(0.02)
    return condition()


def goes(folder, name):
    """Rows are there: its rounds go on."""
    log = os.path.join(folder, name + ".h5.rows")
    return os.path.exists(log) and os.path.getsize(log) > 1000


class Wanted:
    """The models that nothing happened to."""

    def __init__(self, place):
        path, folder = place.write(LONG)
        sweep(path, "--quiet")
        self.models = {name: model(os.path.join(folder, name + ".h5")) for name in ("first", "a", "b", "c")}

    def are(self, folder):
        return self.models == {name: model(os.path.join(folder, name + ".h5")) for name in self.models}


def two_run(place, *words):
    path, folder = place.write(LONG)
    process = started(path, "--jobs", "2", *words, start_new_session=True)
    return path, folder, process, until(lambda: goes(folder, "a") and goes(folder, "b"))


def running(place):
    """A run that goes on is told from one that was killed, and is not replaced."""
    path, folder = place.write(LONG.replace("6000", "100000000"))
    process = started(path, "--task", "2")
    out = os.path.join(folder, "a.h5")
    went = until(lambda: goes(folder, "a"))
    ok(went and states(path) == {"first": "to do", "a": "running", "b": "to do", "c": "to do"}, "a task that runs is listed so", states(path))
    few = ["--rounds", "1", "--quiet", "--force", "--out", out]
    before = stamps(folder)
    for ranks in (0, 3):
        refused("a run file that is being written is not replaced, %d ranks" % ranks, run(few, ranks), 2, "a.h5' is being written by a run that goes on")
    ok(set(stamps(folder)) == set(before) and result(out)["status"] == "running", "and its result is left alone", result(out))
    process.kill()
    process.wait()
    ok(until(lambda: states(path)["a"] == "stopped"), "once it was killed it is stopped", states(path))
    done = run(few)
    ok(done.returncode == 0, "and its file can be replaced", done.stderr)
    path, folder = place.write(SMALL)
    mark = place.path("mark")
    process = started(path, "--task", "1", "--launcher", "sh -c 'touch %s; sleep 2; exec \"$0\" \"$@\"'" % mark)
    ok(until(lambda: os.path.exists(mark)) and states(path) == {"run": "running"}, "a task runs before its first row", states(path))
    process.communicate(timeout=60)


def killed(place, wanted):
    path, folder, process, went = two_run(place)
    process.kill()
    process.wait()
    before = stamps(folder)
    again = sweep(path, "--jobs", "2")
    ok(went and again.returncode == 0 and "4 runs, 1 of them there already" in again.stdout and wanted.are(folder) and
       stamps(folder)["first.h5"] == before["first.h5"], "a killed sweep goes on where it was: the models of one that nothing happened to",
       again.stdout + again.stderr)
    ok(not [name for name in os.listdir(folder) if name.endswith((".rows", ".tmp", ".lock"))], "nothing half written stays", os.listdir(folder))


def ended(place, wanted):
    signals = [(signal.SIGTERM, 1, "TERM"), (signal.SIGINT, 1, "INT")] + ([(signal.SIGUSR1, 75, "USR1")] if LONG_TESTS else [])
    for number, status, reason in signals:
        path, folder, process, went = two_run(place)
        os.killpg(process.pid, number)  # as a terminal does
        out, errors = process.communicate(timeout=60)
        how = [result(os.path.join(folder, name + ".h5")) for name in ("a", "b")]
        ok(went and process.returncode == status and "laconic: asked to leave by SIG%s: 1 of 4 runs are done" % reason in errors,
           "SIG%s: status %d, in one sentence" % (reason, status), "%s %s" % (process.returncode, errors))
        ok([(one["status"], one["reason"]) for one in how] == [("left", reason)] * 2, "its runs left in order", how)
        ok(states(path) == {"first": "done", "a": "stopped", "b": "stopped", "c": "to do"}, "and are told from those that did not begin", states(path))
        ok(sorted(line for line in out.splitlines() if ": stopped" in line) == ["a: stopped, 1 of 4", "b: stopped, 1 of 4"], "they are not counted as done, and nothing is told to be left", out)
        if number == signal.SIGTERM:
            ok(sweep(path).returncode == 0 and wanted.are(folder), "the same command makes the rest: the same models")
    path, folder = place.write("[shared]\n" + RUN + "[run a]\n[run b]\nrounds = 3\n")
    process = started(path, "--jobs", "1", preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    went = until(lambda: goes(folder, "a"))
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    ok(went and process.returncode == 0 and states(path) == {"a": "done", "b": "done"}, "SIGINT that it was started to ignore does not end it", errors)


def slow(place):
    """Runs that are in no hurry to leave."""
    path, folder = place.write(SMALL)
    mark = place.path("began")
    launcher = "sh -c 'test -e %s && exec \"$0\" \"$@\"; touch %s; trap \"\" TERM INT USR1; sleep 3'" % (mark, mark)
    process = started(path, "--launcher", launcher)
    until(lambda: os.path.exists(mark))
    process.kill()
    process.wait()
    done = sweep(path, "--launcher", launcher)
    ok(done.returncode == 0, "the next sweep waits for the runs of one that was killed", done.stderr)
    path, folder = place.write("[shared]\n" + RUN.replace("6000", "100000000") + "[run a]\n")
    done = sweep(path, "--launcher", "timeout -s KILL 3")
    ok(done.returncode == 1 and os.path.exists(os.path.join(folder, "a.h5")) and states(path) == {"a": "failed"}, "a run that was killed is failed, whatever its file has", states(path))
    path, folder = place.write(SMALL)
    os.remove(mark)
    process = started(path, "--launcher", launcher)
    until(lambda: os.path.exists(mark))
    for number in (signal.SIGUSR1, signal.SIGTERM):
        process.send_signal(number)
        time.sleep(0.5)
    out, errors = process.communicate(timeout=60)
    ok(process.returncode == 75 and "asked to leave by SIGUSR1" in errors, "of several signals the first says how it ends", "%s %s" % (process.returncode, errors))


def rewritten(place):
    """A data file that is written anew while a sweep goes on, in its place and as long."""
    data, text = place.path("rows.svm"), rows()
    open(data, "w").write(text)
    path, folder = place.write("[shared]\ndata = %s\nclients = 4\nmethod = gd\nrounds = 3\n[run a]\nrounds = 200000\neval-every = 10\n[run b]\n" % data)
    process = started(path, "--jobs", "1")
    went = until(lambda: goes(folder, "a"))
    open(data, "r+").write(text.replace(":1.0", ":2.0", 1))
    process.communicate(timeout=60)
    alone = place.path("alone.h5")
    run(["--data", data, "--clients", "4", "--method", "gd", "--rounds", "3", "--out", alone, "--quiet"])
    found = [summary(file)["inputs"] for file in (os.path.join(folder, "a.h5"), os.path.join(folder, "b.h5"), alone)]
    ok(went and found[0] != found[1] == found[2], "a run that begins then says which bytes it read", found)


def out_of_time(place):
    """Runs that leave by themselves."""
    path, folder = place.write(SMALL + "max-seconds = 0\n[run a]\n[run b]\nmax-seconds =\n")
    refused("a run whose time is over has not failed, and is not done", sweep(path, "--checkpoints"), 75, "1 of 2 runs left before their end; the same command goes on")
    ok(states(path, "--checkpoints") == {"a": "to go on", "b": "done"}, "and is told so", states(path, "--checkpoints"))


def resumed(place, wanted):
    """With checkpoints a run goes on in its middle."""
    path, folder, process, went = two_run(place, "--checkpoints")
    process.send_signal(signal.SIGUSR1)
    out, errors = process.communicate(timeout=60)
    kept = sorted(name for name in os.listdir(folder) if name.endswith(".checkpoints"))
    ok(out.count(": to go on, 1 of 4\n") == 2 and list(states(path, "--checkpoints").values()) == ["done", "to go on", "to go on", "to do"] and
       list(states(path).values()) == ["done", "stopped", "stopped", "to do"], "with --checkpoints, and only so, a run that left is to go on", out)
    again = sweep(path, "--checkpoints")
    log = open(os.path.join(folder, "a.log")).read()
    ok(went and again.returncode == 0 and wanted.are(folder) and "goes on after round" in log and kept == ["a.checkpoints", "b.checkpoints", "first.checkpoints"],
       "--checkpoints: it goes on after the round that it left at", log + again.stderr)
    before = stamps(folder)
    done = sweep(path, "--checkpoints", "--force")
    log = open(os.path.join(folder, "a.log")).read()
    ok(done.returncode == 0 and wanted.are(folder) and "goes on after round" not in log and set(stamps(folder).values()).isdisjoint(before.values()),
       "--force begins anew, whatever was kept", log + done.stderr)
    path, folder = place.write(LONG.replace("[run first]", "checkpoint = {results}/{run}/kept\ncheckpoint-every = 500\n[run first]"))
    os.makedirs(os.path.join(folder, "a"))
    done = sweep(path, "--task", "2")
    ok(done.returncode == 0 and os.listdir(os.path.join(folder, "a")) == ["kept"], "checkpoints of the file, a folder for each run", done.stderr)


def launched(place, wanted):
    """TERM and USR1 reach ranks through the launcher."""
    path, folder = place.write("[shared]\n" + RUN + "[run a]\n")
    process = started(path, "--launcher", "%s -n 3" % mpirun, "--checkpoints")
    went = until(lambda: goes(folder, "a"))
    process.send_signal(signal.SIGUSR1)
    out, errors = process.communicate(timeout=60)
    ok(went and process.returncode == 75 and result(os.path.join(folder, "a.h5"))["reason"] == "USR1", "SIGUSR1 through a launcher", errors)
    done = sweep(path, "--launcher", "%s -n 2" % mpirun, "--checkpoints")
    log = open(os.path.join(folder, "a.log")).read()
    ok(done.returncode == 0 and "goes on after round" in log and model(os.path.join(folder, "a.h5")) == wanted.models["a"], "and on with another number of ranks", log + done.stderr)


def twice(place, wanted):
    path, folder, process, went = two_run(place)
    refused("two sweeps into one folder", sweep(path), 2, "sweep.lock", "process %d" % process.pid)
    refused("a task beside a sweep", sweep(path, "--task", "4"), 2, "sweep.lock")
    ok(states(path)["first"] == "done" and states(path)["a"] == "running" and sweep(path, "--dry-run").returncode == 0, "looking is allowed")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    path, folder = place.write(LONG)
    one = started(path, "--task", "2")
    until(lambda: goes(folder, "a"))
    refused("a task twice", sweep(path, "--task", "2"), 2, "a.h5.lock")
    refused("a sweep beside a task", sweep(path), 2, "sweep.lock", "another process")
    ok(sweep(path, "--task", "1").returncode == 0, "another task beside it")
    refused("a sweep beside the one that goes on", sweep(path), 2, "sweep.lock", "another process")
    one.communicate(timeout=60)
    ok(states(path) == {"first": "done", "a": "done", "b": "to do", "c": "to do"}, "and each made its own run", states(path))


with tempfile.TemporaryDirectory() as where:
    here = Place(where)
    models = Wanted(here)
    running(here)
    killed(here, models)
    ended(here, models)
    slow(here)
    rewritten(here)
    out_of_time(here)
    resumed(here, models)
    launched(here, models)
    twice(here, models)
finish()
