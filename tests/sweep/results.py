"""Runs that read the files of runs before them (`{results}`): copied, called otherwise, replayed, made anew.

usage: results.py MPIRUN LACONIC
"""

import os
import shlex
import shutil
import tempfile

from place import SMALL, Place, call, finish, laconic, model, mpirun, ok, refused, replace, run, stamps, states, summary, sweep

TWO = SMALL + "method = gd\n[run first]\n[run second]\nx0 = {results}/first.h5\n"
DONE = {"first": "done", "second": "done"}
OTHER = {"first": "another", "second": "another"}


def copied(place):
    """A folder is known by what is in it, however it is called."""
    path, folder = place.write(TWO)
    sweep(path, "--quiet")
    copy, bare = place.path("copy"), place.path("bare")
    shutil.copytree(folder, copy)
    shutil.copytree(folder, bare, ignore=lambda where, names: [name for name in names if name.endswith(".sweep.json")])
    away = os.path.relpath(folder, place.top)
    for name, out in (("a copy", copy), ("a copy without its records", bare), ("another spelling", os.path.join(place.top, ".", away)), ("a path from here", away)):
        found = call([laconic, "sweep", path, "--list", "--out", out], cwd=place.top).stdout
        ok(found.count("  done  ") == 2, "%s is done too" % name, found)
    os.mkdir(place.path("none"))
    ok(states(path, "--out", place.path("none")) == {"first": "to do", "second": "to do"}, "a folder without them is not")
    shutil.copy(os.path.join(folder, "second.h5"), place.path("none"))
    ok(states(path, "--out", place.path("none"))["second"] == "another", "nor a run whose first one is away")
    run(["--data", "synth:logistic,d=12,m=8", "--clients", "4", "--rounds", "12", "--method", "gd", "--step", "0.1", "--out", os.path.join(bare, "first.h5"), "--force", "--quiet"])
    refused("another file of that name is another run", sweep(path, "--task", "2", "--out", bare), 2, "other bytes in --x0 %s/first.h5, which holds something else now" % bare)
    replace(path, "first.h5", "best.h5")
    replace(path, "[run first]", "[run best]")
    shutil.copy(os.path.join(copy, "first.h5"), os.path.join(copy, "best.h5"))
    refused("and so is one of another name", sweep(path, "--task", "2", "--out", copy), 2, "another --x0 (%s/first.h5, now %s/best.h5)" % (folder, copy))


def replays(place):
    """`trace:{results}/first.h5` waits for that run, and has its participation."""
    path, folder = place.write(SMALL + "[run first]\nparticipation = nice:2,lost=1@3\n[run second]\nparticipation = trace:{results}/first.h5\n"
                               "[run third]\nparticipation = trace:{results}/second.h5\n[run other]\nparticipation = nice:2\n")
    ok(set(states(path).values()) == {"to do"}, "a replay of a run that is not there yet is listed", sweep(path, "--list").stderr)
    refused("its task fails before that run is done", sweep(path, "--task", "2", "--quiet"), 1, "the run 'first', which is not done")
    done = sweep(path, "--jobs", "4")
    models = {name: model(os.path.join(folder, name + ".h5")) for name in ("first", "second", "third", "other")}
    ends = [line.split(":")[0] for line in done.stdout.splitlines() if ": done, " in line]
    ok(done.returncode == 0 and models["first"] == models["second"] == models["third"] != models["other"] and ends.index("first") < ends.index("second") < ends.index("third"),
       "a replay of a replay waits, and is the run", "%s %s" % (models, done.stdout + done.stderr))
    ok(summary(os.path.join(folder, "third.h5"))["configuration"]["participation"] == "nice:2,lost=1@3", "by the participation of that run")
    shutil.copytree(folder, place.path("replays"))
    ok(set(states(path).values()) == set(states(path, "--out", place.path("replays")).values()) == {"done"}, "and is found done, copied or not", states(path))
    by_hand = place.path("by-hand")
    os.mkdir(by_hand)
    for line in sweep(path, "--dry-run", "--out", by_hand).stdout.splitlines():
        call([laconic] + shlex.split(line)[1:] + ["--quiet"])
    ok(set(states(path, "--out", by_hand).values()) == {"done"}, "also where the commands of --dry-run made it", states(path, "--out", by_hand))
    ok(sweep(path, "--launcher", "%s -n 3" % mpirun, "--force").returncode == 0 and model(os.path.join(folder, "third.h5")) == models["first"], "or a launcher")
    replace(path, "[run first]\nparticipation = nice:2", "[run first]\nparticipation = nice:3")
    done = sweep(path, "--renew")
    ok(done.returncode == 0 and model(os.path.join(folder, "third.h5")) == model(os.path.join(folder, "first.h5")) != models["first"],
       "made anew with it", done.stdout + done.stderr)


def replays_of_others(place):
    """Who is drawn depends on seed and clients: another one is refused before anything runs."""
    path, folder = place.write(SMALL + "[run first]\nparticipation = nice:2\n[run second]\nseed = 2\nparticipation = trace:{results}/first.h5\n")
    done = sweep(path)
    refused("a replay with another seed", done, 2, ":9: ", "--participation: the run 'first' has --seed 1, and its replay 2", "(the run 'second')")
    replace(path, "seed = 2", "clients = 5")
    refused("with other clients", sweep(path), 2, "has --clients 4, and its replay 5")
    replace(path, "clients = 5\nparticipation = trace:{results}/first.h5", "participation = trace:{results}/zz.h5")
    refused("of no run", sweep(path), 2, "participation: no run is 'zz'")
    ok(not os.path.exists(folder), "and nothing is made")
    alone, out = place.path("alone.h5"), place.path("again.h5")
    words = ["--data", "synth:logistic,d=12,m=8", "--clients", "4", "--rounds", "12", "--quiet", "--participation"]
    run(words + ["nice:2", "--out", alone])
    refused("one run for each seed", run(words + ["trace:" + alone, "--seeds", "1..2", "--out", out]), 2, "is of a run with --seed 1, and this one has 2", "seed-2.h5")
    ok(not [name for name in os.listdir(place.top) if name.startswith("again")], "which makes none")
    done = run(words + ["trace:" + alone, "--seeds", "1", "--out", out])
    ok(done.returncode == 0 and model(place.path("again-seed-1.h5")) == model(alone), "but of its own seed", done.stderr)


def another_now(place):
    """Which run is another because of one before it, and which is not."""
    path, folder = place.write(TWO)
    sweep(path, "--quiet")
    text = open(path).read()
    replace(path, "[run first]", "[run first]\nstep = 0.1")
    shutil.copytree(folder, place.path("older"))
    for name, out in (("a run", folder), ("a copy of one, whose record is of another file,", place.path("older"))):
        ok(states(path, "--out", out) == OTHER and "second.h5' reads the file of a run before it, which is another run now: 'first'" in sweep(path, "--list", "--out", out).stdout,
           "%s whose first one is another is so too" % name, sweep(path, "--list", "--out", out).stdout)
        before = stamps(out)
        done = sweep(path, "--renew", "--out", out)
        ok(done.returncode == 0 and set(stamps(out).values()).isdisjoint(before.values()) and states(path, "--out", out) == DONE, "--renew makes both anew", done.stderr)
    open(path, "w").write(text.replace("[run first]\n", ""))
    ok(states(path) == {"second": "done"}, "a file that was a run's is the same file where no run is named so", sweep(path, "--list").stdout)
    rows = place.path("rows")
    for name in ("before", "now"):
        run(["--data", "synth:logistic,d=12,m=8", "--clients", "4", "--rounds", "2" if name == "now" else "1", "--out", place.path(name + ".h5"), "--quiet"])
    shutil.copy(place.path("before.h5"), rows)
    path, folder = place.write(SMALL + "[run a]\nx0 = %s\n" % rows)
    done = sweep(path, "--launcher", "sh -c 'cp %s %s; exec \"$0\" \"$@\"'" % (place.path("now.h5"), rows))
    ok(done.returncode == 0 and states(path) == {"a": "done"}, "a file that changed before its run began is what the run file says that it held", sweep(path, "--list").stdout)


def commands(place):
    """--dry-run of runs that are made anew says what happens to their checkpoints."""
    path, folder = place.write(SMALL + "[run a]\n[run b]\n")
    sweep(path, "--quiet", "--checkpoints", "--task", "1")
    kept = os.path.join(folder, "a.checkpoints")
    os.remove(os.path.join(folder, "a.h5"))
    goes_on = sweep(path, "--dry-run", "--checkpoints").stdout
    ok(goes_on.count("--resume=") == 2 and "#" not in goes_on, "one that goes on names them", goes_on)
    lines = sweep(path, "--dry-run", "--checkpoints", "--force").stdout.splitlines()
    ok(len(lines) == 3 and lines[0] == "# removes the checkpoints in " + kept and lines[1].endswith("--checkpoint=" + kept) and "--resume" not in lines[1] and
       lines[2].endswith("--resume=" + os.path.join(folder, "b.checkpoints")), "one that begins anew removes them, and keeps its own there", lines)
    words = [laconic] + shlex.split(lines[1])[1:] + ["--quiet"]
    refused("which its command does not do", call(words), 2, "has checkpoints of a run")
    shutil.rmtree(kept)
    done = call(words)
    ok(done.returncode == 0 and states(path)["a"] == "done" and os.listdir(kept), "once they are gone it is that run", done.stderr)


with tempfile.TemporaryDirectory() as where:
    here = Place(where)
    copied(here)
    replays(here)
    replays_of_others(here)
    another_now(here)
    commands(here)
finish()
