"""`laconic sweep` as its users call it: which runs, their bits, which are kept, which fail.

usage: sweep.py MPIRUN LACONIC EXPERIMENTS
"""

import contextlib
import glob
import itertools
import os
import pty
import shlex
import shutil
import subprocess
import sys
import tempfile

from place import SMALL, Place, call, finish, laconic, model, mpirun, ok, refused, replace, rows, run, stamps, states, summary, sweep

SMALL_WORDS = ["--data", "synth:logistic,d=12,m=8", "--clients", "4", "--rounds", "12", "--quiet"]
MATRIX = SMALL + "[vary]\ncompressor = topk:2 | topk:1+natural | randk:k=3,seed=own\nseed = 1..3:2\n".replace(",seed=own", "") + \
    "[run plain]\nmethod = ef21\n[run bc]\nmethod = ef21-bc\nrounds = 7\n"
NAMES = ["%s-compressor-%s-seed-%d" % (run, compressor, seed) for run in ("plain", "bc")
         for compressor in ("topk-2", "topk-1+natural", "randk-k=3") for seed in (1, 3)]


def matrix(place):
    path, folder = place.write(MATRIX)
    ok(list(states(path).items()) == [(name, "to do") for name in NAMES] and not os.path.exists(folder), "--list: every combination, the last that varies fastest, and makes nothing", states(path))
    done = sweep(path, "--jobs", "3")
    ok(done.returncode == 0 and states(path) == dict.fromkeys(NAMES, "done"), "every combination is run", done.stderr + done.stdout)
    ok(done.stdout.count(": done, ") == len(NAMES) and "12 of 12" in done.stdout, "a line for each run that ends", done.stdout)
    ok(sorted(os.listdir(folder)) == sorted(name + end for name in NAMES for end in (".h5", ".h5.result.json", ".h5.sweep.json", ".log")),
       "a run file, a result, a record and a log each; no lock stays", sorted(os.listdir(folder)))
    alone = place.path("alone.h5")
    right = True
    for name, method, compressor, seed in ((NAMES[0], "ef21", "topk:2", 1), (NAMES[11], "ef21-bc", "randk:k=3", 3)):
        run(["--data", "synth:logistic,d=12,m=8", "--clients", "4", "--rounds", "7" if method == "ef21-bc" else "12", "--method", method,
             "--compressor", compressor, "--seed", str(seed), "--out", alone, "--force", "--quiet"])
        right = right and model(alone) == model(os.path.join(folder, name + ".h5"))
    ok(right, "a run of a sweep is the run of train")
    before = stamps(folder)
    again = sweep(path)
    ok(again.returncode == 0 and stamps(folder) == before and "12 of them there already" in again.stdout, "a second call runs none", again.stdout)
    by_commands(place, path, folder)
    return path, folder


def by_commands(place, path, folder):
    """--dry-run prints commands of the same runs."""
    other = place.path("by-hand")
    os.mkdir(other)
    lines = sweep(path, "--dry-run", "--out", other).stdout.splitlines()
    for line in lines:
        call([laconic] + shlex.split(line)[1:] + ["--quiet"])
    ok(len(lines) == 12 and all("--force" in line.split() for line in lines) and states(path, "--out", other) == dict.fromkeys(NAMES, "done"),
       "the commands of --dry-run make the same runs, which a sweep takes for its own", states(path, "--out", other))


def others(place):
    """A run under the same name that is another."""
    path, folder = place.write(SMALL + "[vary]\nseed = 1..2\n")
    sweep(path)
    before = stamps(folder)
    replace(path, "rounds = 12", "rounds = 13")
    done = sweep(path)
    refused("another number of rounds under the same name", done, 2, "seed-1.h5", "--rounds (12, now 13)", "--force")
    refused("so does --dry-run", sweep(path, "--dry-run"), 2, "--rounds (12, now 13)")
    ok(stamps(folder) == before and states(path) == {"seed-1": "another", "seed-2": "another"}, "nothing is replaced", states(path))
    done = sweep(path, "--renew")
    ok(done.returncode == 0 and summary(os.path.join(folder, "seed-1.h5"))["rounds"] == 13, "--renew replaces it", done.stderr)
    before = stamps(folder)
    done = sweep(path, "--renew")
    ok(stamps(folder) == before, "and keeps what is as it should be", done.stdout)
    os.rename(os.path.join(folder, "seed-1.h5"), os.path.join(folder, "seed-2.h5"))
    ok(states(path) == {"seed-1": "to do", "seed-2": "another"}, "a name alone makes no run", states(path))
    done = sweep(path, "--task", "1")
    ok(done.returncode == 0, "a task is not refused for another's file", done.stderr)
    sweep(path, "--force")
    ok(set(stamps(folder).values()).isdisjoint(before.values()), "--force makes all anew")
    for word in ("--kernels", "--chunk"):
        option = {"--kernels": "kernels = portable", "--chunk": "chunk = 4096"}[word]
        replace(path, "[vary]", option + "\n[vary]")
    ok(states(path) == {"seed-1": "done", "seed-2": "done"}, "how the machine did it is no difference", states(path))
    compiled = place.path("another-program")
    shutil.copy(laconic, compiled)
    open(compiled, "ab").write(b"0")
    before = stamps(folder)
    call([compiled, "sweep", path])
    ok(stamps(folder) == before, "another program keeps the runs")
    call([compiled, "sweep", path, "--renew"])
    ok(set(stamps(folder).values()).isdisjoint(before.values()), "but for --renew")
    remembered(path, os.path.join(folder, "seed-1.h5"))
    few, its = place.write(SMALL + "until-loss = 1e-300\n")
    sweep(few, "--quiet")
    replace(few, "until-loss", "until-grad-norm-sq")
    ok(states(few) == {"run": "another"}, "the same value of another option is a difference", states(few))
    open(os.path.join(folder, "seed-1.h5"), "w").write("a note\n")
    refused("what is no run file is not replaced, whatever is said", sweep(path, "--force"), 2, "seed-1.h5")
    done = sweep(path)
    refused("and --force is not named", done, 2, "seed-1.h5", "give another --out")
    ok("--force" not in done.stderr, "which would not help", done.stderr)


def remembered(path, file):
    """A record is of one file, as it was, and of this version."""
    whole, facts = open(file, "rb").read(), os.stat(file)
    open(file, "r+b").write(bytes(len(whole)))
    ok(states(path)["seed-1"] == "another", "as many other bytes, written into the file, are not what its record is of", states(path))
    open(file, "r+b").write(whole)
    os.truncate(file, len(whole) // 2)
    os.utime(file, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    ok(states(path)["seed-1"] == "another", "nor is half of them, of the same time", states(path))
    open(file, "r+b").write(whole)
    with open(file + ".other", "wb") as other:
        other.write(bytes(len(whole)))
    os.utime(file + ".other", ns=(facts.st_atime_ns, facts.st_mtime_ns))
    os.rename(file, file + ".kept")
    os.rename(file + ".other", file)
    ok(states(path)["seed-1"] == "another", "nor is another file of the same size and time", states(path))
    os.rename(file + ".kept", file)
    os.utime(file, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    replace(file + ".sweep.json", '"state": "done"', '"state": "diverged"')
    ok(states(path)["seed-1"] == "diverged", "what it says is believed", states(path))
    replace(file + ".sweep.json", '"version": 2', '"version": 1')
    ok(states(path)["seed-1"] == "done", "but for one of another version: the file itself is read", states(path))


def checkpoints(place):
    """A file that says how often; what --force and --renew make of what was kept."""
    path, folder = place.write(SMALL + "checkpoint-every = 4\n[vary]\nseed = 1..2\n")
    kept = os.path.join(folder, "seed-1.checkpoints", "round-000000012")
    ok(states(path) == {"seed-1": "to do", "seed-2": "to do"}, "checkpoint-every alone: listed")
    ok(sweep(path, "--task", "1").returncode == 0 and os.path.isdir(kept), "a task of it keeps checkpoints", os.listdir(folder))
    done = sweep(path)
    ok(done.returncode == 0 and "Mbit up" in done.stdout and states(path) == {"seed-1": "done", "seed-2": "done"}, "and the table of all is printed", done.stderr)
    for words in (("--force",), ("--force", "--checkpoints"), ("--renew", "--checkpoints")):
        before, first = stamps(folder), os.stat(kept).st_ino
        open(os.path.join(kept, os.pardir, "round-notes"), "w").write("mine\n")
        program = place.path("renewed")
        shutil.copy(laconic, program)
        open(program, "ab").write(b"1")
        done = call([program if "--renew" in words else laconic, "sweep", path] + list(words))
        log = open(os.path.join(folder, "seed-1.log")).read()
        ok(done.returncode == 0 and set(stamps(folder).values()).isdisjoint(before.values()) and "goes on after" not in log and os.path.isdir(kept) and
           os.path.exists(os.path.join(kept, os.pardir, "round-notes")), "%s makes all anew, with checkpoints of their own" % " ".join(words), done.stderr + log)
    few, its = place.write(SMALL + "keep = 1\n")
    ok(sweep(few).returncode == 0 and os.path.isdir(os.path.join(its, "run.checkpoints")), "so does keep alone", os.listdir(its))
    away = place.path("away")
    replace(path, "checkpoint-every = 4", "checkpoint-every = 4\ncheckpoint = %s-{run}" % away)
    ok(sweep(path, "--force").returncode == 0, "checkpoints elsewhere")
    refused("they are not removed", sweep(path, "--force"), 2, "'%s-seed-1' has checkpoints of the run 'seed-1'" % away, "remove that folder")
    refused("nor from another folder", sweep(path, "--force", "--out", place.path("fresh")), 2, "remove that folder")
    ok(not os.path.exists(place.path("fresh")), "which is not left behind")


def read_only(place):
    """Whose runs are all done, for somebody who may only read them."""
    path, folder = place.write(SMALL + "[vary]\nseed = 1..2\n")
    sweep(path, "--quiet")
    program = place.path("readers")
    shutil.copy(laconic, program)
    os.chmod(program, 0o755)
    os.chmod(place.top, 0o755)
    os.chmod(folder, 0o555)
    more = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    done = call([program, "sweep", path], **more)
    ok(done.returncode == 0 and "Mbit up" in done.stdout and os.listdir(folder).count("sweep.lock") == 0, "a finished sweep that can only be read prints its table", done.stderr)
    replace(path, "seed = 1..2", "seed = 1..3")
    refused("one that has something to make is refused", call([program, "sweep", path], **more), 3, "sweep.lock")
    os.chmod(folder, 0o755)


def data(place):
    """A data file counts by its bytes."""
    source = place.path("rows.svm")
    open(source, "w").write(rows())
    path, folder = place.write("[shared]\ndata = %s\nclients = 4\nrounds = 5\nmethod = gd\n[vary]\nseed = 1..2\n" % source)
    ok(sweep(path).returncode == 0, "runs of a file")
    os.utime(source, (1, 1))
    ok(states(path) == {"seed-1": "done", "seed-2": "done"}, "another time of the file is no difference", states(path))
    open(source, "w").write(rows(54))
    done = sweep(path)
    refused("other rows under the same name", done, 2, "holds something else now", "--force")
    open(source, "w").write(rows())
    ok(sweep(path).returncode == 0, "the same rows again are the same runs")
    done = sweep(path, "--force", "--launcher", "false")
    ok(done.returncode == 1 and "2 of 2 failed" in done.stderr, "a run that fails is not taken for the one that was there before", done.stdout + done.stderr)
    os.rename(source, source + ".away")
    done = sweep(path, "--force")
    ok(done.returncode == 1 and list(states(path, "--force").values()) == ["to do", "to do"] and "2 of 2 failed" in done.stderr,
       "a run that fails is not taken for the one that its file is of", done.stdout + done.stderr)


def contents(place):
    """Every file that an option names counts by what it holds, also of runs whose records are gone or whose files were copied."""
    texts = {"data": rows(), "test": rows(20), "x0": "0.25\n" * 12, "x": "0.5\n" * 12, "links": "latency=1ms\nlatency=2ms\n" * 2, "trace": "0 1\n2 3\n",
             "p1": rows(), "p2": rows()}
    names = {key: place.path("file-" + key) for key in texts}
    for key, text in texts.items():
        open(names[key], "w").write(text)
    path, folder = place.write("[shared]\nclients = 4\nrounds = 4\nmethod = fedavg\nstep = 0.05\ndata = {data}\n[run test]\ntrack = test_loss\ntest = {test}\n[run start]\nx0 = {x0}\n"
                               "[run near]\ntrack = distance_sq\nsolution = {x}\n[run links]\nnetwork = clients={links}\n[run traced]\nparticipation = trace:{trace},lost=0@3\n"
                               "[run local]\ndata =\ndata-local = {p1}\n[run alone]\ndata =\ndata-local = {p2}\n".format(**names).replace(names["p1"], names["p1"][:-1] + "{rank}"))
    readers = {"data": {"test", "start", "near", "links", "traced"}, "test": {"test"}, "x0": {"start"}, "x": {"near"}, "links": {"links"}, "trace": {"traced"}, "p1": {"local"}, "p2": {"alone"}}
    done = sweep(path)
    ok(done.returncode == 0, "runs that name files of every kind", done.stdout + done.stderr)
    bare = place.path("without-records")
    shutil.copytree(folder, bare)
    for name in glob.glob(os.path.join(bare, "*.sweep.json")):
        os.remove(name)
    ok(set(states(path, "--out", bare).values()) == {"done"}, "a copy of the folder, without its records, is done too", states(path, "--out", bare))
    for key, which in readers.items():
        open(names[key], "w").write(texts[key].replace("1", "2", 1) if "1" in texts[key] else texts[key].replace("5", "6", 1))
        for out, kind in ((folder, "with records"), (bare, "without")):
            found = {name for name, state in states(path, "--out", out).items() if state == "another"}
            ok(found == which, "another %s, %s: its runs are others" % (key, kind), "%s instead of %s" % (found, which))
        if key == "test":
            refused("which is said", sweep(path, "--out", bare), 2, "test.h5' is a run with other bytes in --test %s, which holds something else now" % names["test"])
        open(names[key], "w").write(texts[key])
    ok(set(states(path).values()) == {"done"} and set(states(path, "--out", bare).values()) == {"done"}, "the old bytes again are the old runs")
    alone = ["--clients", "4", "--rounds", "4", "--method", "fedavg", "--step", "0.05", "--data", names["data"], "--quiet"]
    run(alone + ["--x0", names["x0"], "--out", os.path.join(bare, "start.h5"), "--force"])
    ok(states(path, "--out", bare)["start"] == "done", "a run of train is taken for one's own")
    open(names["x0"], "w").write("0.3\n" * 12)
    ok(states(path, "--out", bare)["start"] == "another", "but not with another start")
    out = place.path("far.h5")
    few = ["train", "--data-local", "file-p{rank}", "--clients", "2", "--rounds", "2", "--out", out, "--quiet"]
    done = call([mpirun, "-n", "1", "-wdir", folder, laconic] + few + [":", "-n", "2", "-wdir", place.top, laconic] + few)
    ok(done.returncode == 0 and "data-local" not in summary(out)["inputs"], "of files that rank 0 does not see nothing is said", done.stderr)


def words(place):
    """A word is no file, whatever lies about; nor is a pipe one."""
    path, folder = place.write(SMALL + "x0 = zero\n[run a]\n")
    sweep(path)
    open(place.path("zero"), "w").write("1\n" * 12)
    done = call([laconic, "sweep", path, "--list"], cwd=place.top)
    ok("  done  " in done.stdout, "a file named as a word is none of the run's", done.stdout)
    os.mkfifo(place.path("pipe"))
    path, folder = place.write("[shared]\ndata = %s\nclients = 4\n" % place.path("pipe"))
    ok(states(path) == {"run": "to do"}, "a pipe is not read to know a run", states(path))


def failures(place):
    path, folder = place.write(SMALL + "[run first]\n[run needs]\ndata = nowhere.svm\n[run wild]\nmethod = gd\ndata = synth:least-squares,d=6,m=4,L=4,mu=1\nstep = 1e300\n[run last]\nseed = 4\n")
    done = sweep(path, "--jobs", "1")
    ok(done.returncode == 1 and states(path) == {"first": "done", "needs": "failed", "wild": "diverged", "last": "done"},
       "a run that fails does not stop the others; one that diverges is a result", done.stdout + str(states(path)))
    said = [line for line in done.stdout.splitlines() if line.startswith("failed: ")]
    ok(len(said) == 1 and said[0].startswith("failed: needs: --data: nowhere.svm: "), "it is listed with its sentence", done.stdout)
    refused("and so the end says", done, 1, "the run 'needs' failed: --data: nowhere.svm: ", "1 of 4")
    listed = sweep(path, "--list").stdout
    ok("(--data: nowhere.svm: " in listed, "and so does --list", listed)
    before = stamps(folder)
    done = sweep(path)
    ok(done.returncode == 1 and stamps(folder) == before and "3 of them there already" in done.stdout, "only the failed one is made again", done.stdout)
    replace(path, "data = nowhere.svm", "method = gd")
    ok(states(path)["needs"] == "to do" and "nowhere" not in sweep(path, "--list").stdout, "another run did not fail", states(path))
    ok(sweep(path).returncode == 0 and list(states(path).values()) == ["done", "done", "diverged", "done"], "and is done once it can be")
    sealed = SMALL.replace("12,m=8", "12,m=8") + "method = dcgd\ncompressor = permk\nstep = 0.05\n[run open]\n[run sealed]\nseal = {key}\n"
    path, folder = place.write(sealed)
    key = os.path.join(folder, "group.key")
    ok(sweep(path, "--task", "1").returncode == 0 and not os.path.exists(key), "a task that seals nothing makes no key")
    done = sweep(path)
    ok(done.returncode == 0 and os.stat(key).st_mode & 0o777 == 0o600 and states(path) == {"open": "done", "sealed": "done"},
       "a sealed run beside an open one, under a key that is made", done.stderr)
    swapped = place.path("swapped.conf")
    open(swapped, "w").write(sealed.replace("[run open]\n", "").replace("[run sealed]", "[run open]") + "[run sealed]\n")
    ok(states(swapped, "--out", folder) == {"open": "another", "sealed": "another"}, "an open file is no sealed run, nor the other way round", states(swapped, "--out", folder))
    os.remove(key)
    refused("its file without the key is not replaced", sweep(path), 2, "sealed.h5", "another key")
    ok(sweep(path, "--renew").returncode == 0, "but by --renew")


def order(place):
    """A run that reads the file of one before it."""
    text = SMALL + "method = gd\n[run best]\nrounds = 400\n[run near]\ntrack = distance_sq\nsolution = {results}/best.h5\n[run other]\n"
    path, folder = place.write(text)
    done = sweep(path, "--jobs", "3")
    ends = [line.split(":")[0] for line in done.stdout.splitlines() if ": done, " in line]
    ok(done.returncode == 0 and ends.index("best") < ends.index("near"), "it waits for that run", done.stdout + done.stderr)
    ok(set(states(path, "--out", folder + "/").values()) == {"done"}, "--out with a slash is the same folder", states(path, "--out", folder + "/"))
    done = sweep(path, "--task", "2", "--force")
    ok(done.returncode == 0, "a task made anew reads the file that is there", done.stderr)
    done = sweep(path, "--task", "1", "--force")
    os.remove(os.path.join(folder, "near.h5.sweep.json"))
    ok(done.returncode == 0 and states(path)["near"] == "done", "the same run before it, made anew, is no difference", states(path))
    ok(sweep(path, "--task", "2", "--force").returncode == 0, "its record is there again")
    replace(path, "rounds = 400", "rounds = 300")
    ok(states(path) == {"best": "another", "near": "another", "other": "done"}, "another run before makes it another", states(path))
    refused("which is said", sweep(path, "--task", "2"), 2, "near.h5' reads the file of a run before it, which is another run now")
    given, where = place.write(SMALL + "method = gd\n[run near]\nx0 = {results}/given.h5\n")
    os.mkdir(where)
    shutil.copy(os.path.join(folder, "best.h5"), os.path.join(where, "given.h5"))
    ok(sweep(given).returncode == 0, "a file that lies there is of no run, and is read")
    varied = SMALL + "method = gd\n[vary]\nx0 = zero | {results}/x0-zero.h5\n"
    path, folder = place.write(varied)
    done = sweep(path, "--jobs", "2")
    ok(done.returncode == 0 and list(states(path).values()) == ["done", "done"] and " 1 at a time" not in done.stdout, "also where it varies", done.stdout + done.stderr)
    twice = place.path("twice.h5")
    run(SMALL_WORDS + ["--method", "gd", "--x0", os.path.join(folder, "x0-zero.h5"), "--out", twice])
    replace(path, "rounds = 12", "rounds = 13")
    ok(sweep(path, "--jobs", "2", "--force").returncode == 0, "made anew with it")
    run(SMALL_WORDS[:-3] + ["--quiet", "--method", "gd", "--rounds", "13", "--x0", os.path.join(folder, "x0-zero.h5"), "--out", twice, "--force"])
    ok(model(os.path.join(folder, "x0-x0-zero.h5.h5")) == model(twice), "it begins from the new one", os.listdir(folder))
    path, folder = place.write(text.replace("rounds = 400", "data = nowhere.svm"))
    done = sweep(path, "--jobs", "3")
    ok(done.returncode == 1 and states(path) == {"best": "failed", "near": "failed", "other": "done"} and
       "failed: near: it reads the file of the run 'best', which is not done" in done.stdout, "and fails where that one does", done.stdout)
    done = sweep(path, "--task", "2")
    refused("a task of it says so", done, 1, "'near'", "the run 'best', which is not done")


def tasks(place):
    path, folder = place.write(SMALL + "[vary]\nseed = 1..3\n")
    done = sweep(path, "--task", "2")
    quiet = sweep(path, "--task", "3", "--quiet")
    ok(quiet.returncode == 0 and quiet.stdout == "", "--task --quiet prints nothing", quiet.stdout)
    os.remove(os.path.join(folder, "seed-3.h5"))
    os.remove(os.path.join(folder, "seed-3.h5.sweep.json"))
    ok(not [name for name in os.listdir(folder) if name.endswith(".h5.lock")], "the lock of a task does not stay", os.listdir(folder))
    ok(done.returncode == 0 and list(states(path).values()) == ["to do", "done", "to do"] and "all rounds are done" in done.stdout,
       "--task makes one run, and shows what it prints", done.stdout + done.stderr)
    done = sweep(path, "--task", "1", "--launcher", "%s -n 3" % mpirun)
    ok(done.returncode == 0 and summary(os.path.join(folder, "seed-1.h5"))["ranks"] == 3, "a task by a launcher", done.stderr)
    first = model(os.path.join(folder, "seed-1.h5"))
    done = sweep(path, "--launcher", "%s -n 2" % mpirun)
    ok(done.returncode == 0 and summary(os.path.join(folder, "seed-3.h5"))["ranks"] == 2 and model(os.path.join(folder, "seed-1.h5")) == first,
       "runs by a launcher; those that are there are kept", done.stderr)
    solo, its = place.write(open(path).read())
    sweep(solo)
    ok([model(os.path.join(its, "seed-%d.h5" % k)) for k in (1, 2, 3)] == [model(os.path.join(folder, "seed-%d.h5" % k)) for k in (1, 2, 3)],
       "the bits are those of one process")
    path, folder = place.write(SMALL + "[run a]\ndata = nowhere.svm\n")
    done = sweep(path, "--task", "1", "--launcher", "%s -n 2" % mpirun)
    ok(done.returncode == 2, "a task ends with the status of its run", "%s\n%s" % (done.returncode, done.stderr))
    done = sweep(path, "--launcher", "%s -n 1" % mpirun)
    refused("a launcher's run fails with the program's own sentence", done, 1, "the run 'a' failed: one rank is only the server")
    done = sweep(path, "--launcher", "true")
    refused("a launcher that starts nothing", done, 1, "--launcher ended with status 0, but no finished run is in the run file")
    refused("a run that is killed", sweep(path, "--launcher", "sh -c 'kill -9 $$'"), 1, "the run 'a' failed: the run of '%s' was ended by a signal" % os.path.join(folder, "a.h5"))
    refused("a launcher that is not there", sweep(path, "--launcher", "no-such-launcher"), 1, "no-such-launcher")


def surroundings(place):
    """What a launcher's run gets of the sweep's."""
    path, folder = place.write(SMALL + "[run a]\nseed = 1\n")
    done = call([laconic, "sweep", path, "--launcher", "sh -c 'read word && exit 9; \"$0\" \"$@\"'"], stdin="word\n", environment={"LACONIC_SEED": "5"})
    ok(done.returncode == 0, "its input is empty", done.stderr)
    ok(summary(os.path.join(folder, "a.h5"))["configuration"]["seed"] == "1", "what the file says stands above the environment, also where it is as by default", done.stderr)


def shortened(place):
    path, folder = place.write(SMALL + "[run long]\n[run brief]\nrounds = 3\n")
    done = sweep(path, "--rounds", "5")
    ok(done.returncode == 0 and [summary(os.path.join(folder, name + ".h5"))["rounds"] for name in ("long", "brief")] == [5, 3],
       "--rounds shortens what is longer", done.stderr)
    refused("and is another run than the whole one", sweep(path), 2, "--rounds (5, now 12)")
    done = sweep(path, "--rounds", "5", "--quiet")
    ok(done.returncode == 0 and done.stdout == "", "--quiet prints nothing", done.stdout)
    open(os.path.join(folder, "brief.log"), "a").write("a line of the run before\n" * 1000)
    done = sweep(path, "--quiet", "--force")
    log = open(os.path.join(folder, "brief.log")).read()
    ok(done.returncode == 0 and "all rounds are done" in log and "the run before" not in log, "but into the logs, which begin anew", done.stderr + log)


def at_a_time(place):
    """As many runs as --jobs says; how long the rest takes is told while there is one (test_estimate.c has the number)."""
    path, folder = place.write(SMALL + "[vary]\nseed = 1..5\n")
    marks = place.path("marks")
    launcher = "sh -c 'echo + >> %s; sleep 0.5; \"$0\" \"$@\"; s=$?; echo - >> %s; exit $s'" % (marks, marks)
    done = sweep(path, "--jobs", "2", "--launcher", launcher)
    running = list(itertools.accumulate(1 if line == "+\n" else -1 for line in open(marks)))
    ok(done.returncode == 0 and max(running) == 2 and len(running) == 10, "--jobs 2: two at a time, never three", "%s\n%s" % (running, done.stderr))
    open(marks, "w").close()
    two, its = place.write(SMALL + "[vary]\nseed = 1..2\n")
    alone = sweep(two, "--launcher", launcher)
    ok(alone.returncode == 0 and open(marks).read() == "+\n-\n" * 2, "with --launcher one at a time", open(marks).read() + alone.stderr)
    left = [float(line.split(", about ")[1].split()[0]) for line in done.stdout.splitlines() if ", about " in line]
    ok(len(left) == 4 and min(left) >= 0.0, "what is left is told, but of the last one", done.stdout)


def terminal(place):
    """On a terminal one line is written over and over."""
    path, folder = place.write(SMALL + "[vary]\nseed = 1..4\n")
    ours, its = pty.openpty()
    process = subprocess.Popen([laconic, "sweep", path, "--jobs", "2"], stdout=its)
    os.close(its)
    text = ""
    with contextlib.suppress(OSError):  # as the last one that writes closes it
        while chunk := os.read(ours, 4096):
            text += chunk.decode()
    status = process.wait()
    ok(status == 0 and text.count("\r\033[K") >= 4 and "4 of 4, 0 running" in text and ": done, " not in text and "\033[K3 of 4, 1 running, about " in text,
       "on a terminal: how many, running, how long", repr(text))


def experiments(place, folder):
    """The files of run/experiments are files of runs."""
    found = 0
    for path in sorted(glob.glob(os.path.join(folder, "*", "*.conf"))):
        text = open(path).read()
        if "[curves]" in text or "[scan]" in text:
            refused("%s is run/experiment's" % os.path.basename(path), sweep(path, "--list", "--out", place.path("none")), 2, "run/experiment")
            continue
        done = sweep(path, "--list", "--out", place.path("none"), environment={"LACONIC_DATA": place.top})
        found += 1
        ok(done.returncode == 0 and len(done.stdout.splitlines()) >= text.count("[run "), "a sweep reads %s" % os.path.basename(path), done.stderr)
    ok(found > 10, "there are some", found)
    path, folder = place.write(SMALL + "[table]\nthresholds = 1\nseeds = 4 7\n[run a]\n[run b]\nmethod = gd\n[target]\na = -\nseeds = 9\n")
    ok(list(states(path)) == ["a-seed-4", "a-seed-7", "b-seed-4", "b-seed-7"], "seeds of [table] are runs too", states(path))


with tempfile.TemporaryDirectory() as where:
    here = Place(where)
    matrix(here)
    others(here)
    checkpoints(here)
    read_only(here)
    data(here)
    contents(here)
    words(here)
    failures(here)
    order(here)
    tasks(here)
    surroundings(here)
    shortened(here)
    at_a_time(here)
    terminal(here)
    experiments(here, sys.argv[3])
finish()
