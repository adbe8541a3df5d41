"""What a run with checkpoints refuses, and what it goes on in spite of: one line each, nothing of the older checkpoints touched.

usage: refusals.py MPIRUN LACONIC
"""

import glob
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../mpi"))
from calls import call, finish, laconic, messages, ok, refused, rows, run, summary  # noqa: E402
from outcomes import outcome  # noqa: E402
from place import BASE, Folder, changed  # noqa: E402


def options(f):
    for words, wanted in [
        (["--checkpoint-every", "5"], ["--checkpoint-every", "--checkpoint DIR or --resume DIR"]),
        (["--keep", "3"], ["--keep", "--checkpoint DIR"]), (["--checkpoint", ""], ["--checkpoint", "needs a value"]),
        (["--checkpoint", f.keep, "--checkpoint-every", "0"], ["--checkpoint-every", "never"]),
        (["--checkpoint", f.keep, "--checkpoint-every", "5 min"], ["--checkpoint-every", "30s, 5min, 2h"]),
        (["--checkpoint", f.keep, "--checkpoint-every", "0min"], ["--checkpoint-every", "no time"]),
        (["--checkpoint", f.keep, "--checkpoint-every", "-3"], ["--checkpoint-every"]),
        (["--checkpoint", f.keep, "--checkpoint-every", "99999999h"], ["--checkpoint-every", "longer than a year"]),
        (["--checkpoint", f.keep, "--keep", "-1"], ["--keep"]), (["--checkpoint", f.keep, "--resume", f.path("b")], ["--resume", "leave --checkpoint out"]),
        (["--client-timeout", "0"], ["--client-timeout"]), (["--on-lost-client", "cry"], ["--on-lost-client", "none of stop, wait and drop"]),
        (["--checkpoint", f.path("no/such/folder")], ["no/such"]), (["--checkpoint", "/proc/self"], ["/proc/self"]),
    ]:
        done = run(BASE + words)
        status = 3 if words[-1] in (f.path("no/such/folder"), "/proc/self") else 2
        lines = messages(done)
        ok(done.returncode == status and len(lines) == 1 and all(word in lines[0] for word in wanted), "refused: " + " ".join(words[:4]),
           "%d, wanted %d\n%s" % (done.returncode, status, done.stderr))
    for name, value, words in [("client-timeout", "x", "'x' is no number"), ("client-timeout", "0", "too short"), ("max-wait", "x", "'x' is no number"), ("keep", "-2", "no whole number"),
                               ("checkpoint-every", "0", "never"), ("checkpoint-every", "3x", "neither"), ("checkpoint-every", "0s", "no time"), ("max-seconds", "-2", "negative"),
                               ("on-lost-client", "cry", "none of"), ("rekey-every", "x", "no whole number"), ("step", "theory*x", "the factor"), ("step", "-x", "no number"), ("p", "x", "has none"),
                               ("step-policy", "sqrt:x", "no whole number")]:
        file = f.path("options.conf")
        open(file, "w").write("rounds = 3\n%s = %s\n" % (name, value))
        done = run(BASE[:-3] + ["--config", file, "--checkpoint", f.keep])
        lines = messages(done)
        ok(done.returncode == 2 and len(lines) == 1 and lines[0].startswith("laconic: %s:2: --%s: " % (file, name)) and words in lines[0] and lines[0].count(name + ":") == 1,
           "%s = %s in a file: the sentence names file, line and option, once" % (name, value), done.stderr)
        done = run(BASE + ["--checkpoint", f.keep, "--%s=%s" % (name, value)])
        lines = messages(done)
        ok(done.returncode == 2 and len(lines) == 1 and lines[0].startswith("laconic: --%s: " % name) and words in lines[0] and lines[0].count(name + ":") == 1, "and of the command line the option", done.stderr)
    shutil.rmtree(f.keep, ignore_errors=True)
    run(BASE + ["--out", f.out])
    refused("a replay of a run that says who else was lost", run(BASE + ["--participation", "trace:" + f.out + ",lost=2@3"]), 2, "'%s' is the file of a run" % f.out, "leave ',lost=2@3' out")
    refused("a trace without a file", run(BASE + ["--participation", "trace:"]), 2, "trace: has no file", "trace:FILE")
    refused("which loses somebody", run(BASE + ["--participation", "trace:,lost=2@3"]), 2, "--participation")
    call([laconic, "keygen", "--identity", f.path("site")])
    refused("checkpoints with --identity", run(BASE + ["--checkpoint", f.keep, "--identity", f.path("site"), "--roster", f.path("site.pub")]), 2,
            "--checkpoint", "--seal KEYFILE")


def another_run(f):
    f.fresh()
    before = f.files()
    refused("--checkpoint where there are some", run(BASE + ["--checkpoint", f.keep]), 2, f.keep, "up to round 10", "--resume")
    for name, value in [("--method", "ef14"), ("--compressor", "topk:k=3"), ("--clients", "5"), ("--data", "synth:logistic,d=12,m=9")]:
        more = ["--step", "0.1"] if value == "ef14" else []
        refused("resumed with another " + name, f.resume(changed(BASE, name, value) + more), 2, "other options", "'%s = " % name[2:], " then, ", value)
    refused("resumed with another --seed", f.resume(BASE + ["--seed", "9"]), 2, "seed = 1' then, 'seed = 9' now")
    refused("resumed on ranks that fit, with another --step", f.resume(BASE + ["--step", "0.5"], 3), 2, "'step = theory' then, 'step = 0.5' now")
    for command, more in (("train", ["--dry-run"]), ("check", [])):
        for ranks in (0, 3):
            done = run(BASE + ["--resume", f.keep, "--seed", "9"] + more, ranks, command=command)
            ok(done.returncode == 2 and "seed = 1' then, 'seed = 9' now" in done.stdout + done.stderr,
               "%s finds out before, %d ranks" % (" ".join([command] + more), ranks), done.stdout + done.stderr)
            done = run(BASE + ["--resume", f.keep] + more, ranks, command=command)
            ok(done.returncode == 0, "and lets the right one pass", done.stdout + done.stderr)
    refused("resumed with fewer rounds", f.resume(changed(BASE, "--rounds", "9")), 2, "of round 10", "--rounds 10 or more")
    ok(f.files() == before, "nothing of the checkpoints was touched")
    done = f.resume(changed(BASE, "--rounds", "15"))
    ok(done.returncode == 0 and summary(f.out)["final"]["round"] == 15, "more rounds may follow", done.stderr)
    done = f.resume(changed(BASE, "--rounds", "15"))
    ok(done.returncode == 0 and summary(f.out)["final"]["round"] == 15, "a run that has ended ends again", done.stderr)
    done = f.resume(changed(BASE, "--rounds", "20"))
    seconds, rates = summary(f.out)["seconds"], [line for line in call([laconic, "show", f.out]).stdout.splitlines() if "per second" in line]
    rate = float(re.search(r"([0-9.e+]+) per second", rates[0]).group(1))
    ok("20, those after round 15 in " in rates[0] and abs(rate * (seconds["total"] - seconds["setup"]) - 5) < 0.01, "show counts the rounds of the last start for its seconds", rates)
    said = call([laconic, "show", "--config", f.keep]).stdout
    ok("\nobjective = logistic\n" in said and " = \n" not in said, "show --config tells what the options came to", said)


def other_data(f):
    data = f.path("train")
    open(data, "w").write(rows())
    words = changed(BASE, "--data", data)
    f.fresh(words)
    open(data, "w").write(rows().replace("1:", "1:1", 1))
    refused("resumed over other data", f.resume(words), 2, "--resume", "the data")


def run_files(f):
    f.fresh()
    os.rename(f.out, f.path("kept.h5"))
    refused("resumed without its run file", f.resume(), 2, "'%s' is not there any more" % f.out, "that of the checkpoint was '%s'" % f.out)
    done = call([laconic, "train"] + BASE + ["--resume", f.keep, "--out", f.path("k2.h5")])
    refused("resumed with a name that never was: which one it was is said", done, 2, "k2.h5' is not there any more, or never was", "that of the checkpoint was '%s'" % f.out)
    shutil.rmtree(f.path("other"), ignore_errors=True)
    run(BASE + ["--seed", "2", "--out", f.out])
    refused("resumed with the run file of another run", f.resume(), 2, "another run")
    run(changed(BASE, "--rounds", "3") + ["--out", f.out, "--force"])
    refused("resumed with fewer rows than it had", f.resume(), 2, f.out, "fewer rows")
    open(f.out, "w").write("precious\n" * 10)
    done = f.resume()
    ok(done.returncode == 2 and open(f.out).read() == "precious\n" * 10, "what is no run file stays", done.stderr)
    done = f.resume(out=False)
    ok(done.returncode == 0, "it goes on without a run file", done.stderr)
    before = f.files()
    for column, words in (("x_norm", "other columns"), ("oracle_rows", "give --track as it was then"), ("average_loss", "give --track as it was then")):
        for ranks in (0, 3):
            refused("but not with other columns: %s, %d ranks" % (column, ranks), f.resume(BASE + ["--track", column], ranks, out=False), 2, "--track", words)
    ok(f.files() == before, "nor does that touch the checkpoints")
    shutil.rmtree(f.keep)
    os.unlink(f.out)
    run(BASE + ["--seed", "2", "--out", f.out])
    refused("--resume that starts afresh leaves the run file of another run", f.resume(), 2, "exists", "--force")


def other_rows(f):
    """--eval-every may change: rows come as each start says, and the model is the same."""
    run(BASE + ["--out", f.path("whole.h5")])
    f.fresh(changed(BASE, "--rounds", "4"))
    done = f.resume(BASE + ["--eval-every", "3"])
    found = [line.split(",")[0] for line in call([laconic, "show", "--csv", f.out]).stdout.splitlines()[1:]]
    ok(done.returncode == 0 and found == ["0", "1", "2", "3", "6", "9", "10"] and summary(f.out)["final"]["model_digest"] == summary(f.path("whole.h5"))["final"]["model_digest"],
       "another --eval-every from there on", "%s %s" % (found, done.stderr))


def beside(f):
    """A start that is refused since nobody could be told how it ended leaves no run file."""
    os.mkdir(f.out + ".result.json")
    for ranks in (0, 3):
        for more in ([], ["--checkpoint", f.path("new%d" % ranks)]):
            refused("result.json is a folder, %d ranks%s" % (ranks, ", with checkpoints" if more else ""), run(BASE + ["--out", f.out] + more, ranks), 3, f.out + ".result.json", "folder of that name")
            ok(not [name for name in os.listdir(f.folder) if name.startswith("run.h5") and name != "run.h5.result.json"], "and there is no run file", os.listdir(f.folder))
    call([laconic, "keygen", f.path("key")])
    for out in ("--out", "--out-private"):
        words = ["--data", "synth:logistic,d=12,m=8", "--clients", "6", "--method", "dcgd", "--compressor", "permk", "--rounds", "10", "--quiet", "--seal", f.path("key"), out, f.out]
        for ranks in (0, 3):
            done = run(words, ranks)
            ok(done.returncode and "folder of that name" in done.stderr and not os.path.exists(f.out), "nor in a sealed run with %s, %d ranks" % (out, ranks), done.stderr)
    done = run(BASE + ["--checkpoint", f.path("once"), "--max-seconds", "0"])
    ok(done.returncode == 75 and os.listdir(f.path("once")).count("round-000000001") == 1, "--max-seconds 0 with checkpoints: after the first round", done.stderr)
    done = run(BASE + ["--out", f.path("none.h5"), "--max-seconds", "0"])
    ok(done.returncode == 0 and summary(f.path("none.h5"))["rounds"] == 0, "without: before it", done.stderr)


def damaged(f):
    run(BASE + ["--out", f.path("whole.h5")])
    f.fresh()
    newest, oldest = f.rounds()[-1], f.rounds()[0]
    ok(newest == "round-000000010" and oldest != newest, "there are several checkpoints", f.rounds())
    for name in ("rank-0001.h5", "server.h5", "MANIFEST.json"):
        f.fresh()
        f.flip(newest + "/" + name)
        for ranks in (0, 3):
            if ranks:
                f.fresh()
                f.flip(newest + "/" + name)
            done = f.resume(ranks=ranks)
            lines = messages(done)
            ok(done.returncode == 0 and len(lines) == 1 and newest in lines[0] and "damaged" in lines[0] and outcome(f.out) == outcome(f.path("whole.h5")),
               "a damaged %s of the newest checkpoint: the one before it, %d ranks" % (name, ranks), done.stderr)
    f.fresh()
    shutil.rmtree(os.path.join(f.keep, newest))
    os.mkdir(os.path.join(f.keep, newest))
    done = f.resume()
    ok(done.returncode == 0 and newest in done.stderr, "an empty folder is damaged", done.stderr)
    f.fresh()
    for name in f.rounds():
        f.flip(name + "/server.h5")
    done = f.resume()
    lines = messages(done)
    ok(done.returncode == 2 and "none of the %d checkpoints" % len(f.rounds()) in lines[-1] and len(lines) == len(f.rounds()) + 1, "none is whole",
       done.stderr)


def written(f, change):
    """The newest manifest with another field, under a digest that is right."""
    path = os.path.join(f.keep, f.rounds()[-1], "MANIFEST.json")
    text = change(open(path).read())
    head = text[:text.index(',\n  "blake2b"')]
    open(path, "w").write('%s,\n  "blake2b": "%s"\n}\n' % (head, blake(head.encode()).hexdigest()))


def manifests(f):
    f.fresh()
    before = f.rounds()
    for version, which in (("1", "a former"), ("5", "a later")):
        f.fresh()
        written(f, lambda text: text.replace('"format_version": 3', '"format_version": ' + version))
        refused("a checkpoint of %s format" % which, f.resume(), 2, "is of version %s; " % version, before[-1], "go on with the laconic that made it, or begin anew in another folder")
        ok(f.rounds() == before, "and nothing takes its place", f.rounds())
    for name, change in [("no problem", lambda text: re.sub(r'"problem": "[0-9a-f]*"', '"problem": null', text)),
                         ("another problem", lambda text: re.sub(r'"problem": "[0-9a-f]', '"problem": "' + "0", text, 1))]:
        f.fresh()
        written(f, change)
        done = f.resume(changed(BASE, "--rounds", "12"))
        ok(done.returncode in (2, 5) and len(messages(done)) == 1, "a manifest with " + name, done.stderr)


def ends_early(f):
    """A run that came to no checkpoint is begun again by the same command."""
    for words in (changed(BASE, "--rounds", "0"), BASE + ["--until-loss", "10"]):
        shutil.rmtree(f.keep, ignore_errors=True)
        first, second = f.resume(words), f.resume(words)
        ok(first.returncode == second.returncode == 0, "ends at once, and again: " + " ".join(words[-2:]), first.stderr + second.stderr)
        os.unlink(f.out)
    words = changed(BASE, "--rounds", "100000000") + ["--eval-every", "100000", "--resume", f.keep, "--checkpoint-every", "1h", "--out", f.out]
    shutil.rmtree(f.keep, ignore_errors=True)
    for what, status in ((signal.SIGTERM, 1), (signal.SIGUSR1, 75)):
        run_of = subprocess.Popen([laconic, "train"] + words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        time.sleep(0.5)
        run_of.send_signal(what)
        said = run_of.communicate(timeout=60)[1]
        ok(run_of.returncode == status, "the same command after a kill by TERM, then by USR1: %s" % what.name, "%s %s" % (run_of.returncode, said))


def blake(data):
    return hashlib.blake2b(data, digest_size=32)


def digest(data, piece=4 << 20):
    """As docs/checkpoints.md has it."""
    parts = b"".join(blake(data[i:i + piece]).digest() for i in range(0, len(data), piece))
    return blake(parts + len(data).to_bytes(8, "little")).hexdigest()


def exchange(f, name, older, newer):
    """A file of an older checkpoint in the place of a newer one's, under a manifest made anew."""
    put(f, name, newer, open(os.path.join(f.keep, older, name), "rb").read())


def put(f, name, newer, data):
    open(os.path.join(f.keep, newer, name), "wb").write(data)
    path = os.path.join(f.keep, newer, "MANIFEST.json")
    text = open(path).read()
    manifest = json.loads(text)
    entry = next(entry for entry in manifest["files"] if entry["name"] == name)
    text = text.replace(entry["digest"], digest(data)).replace('"bytes": %d' % entry["bytes"], '"bytes": %d' % len(data))
    head = text[:text.index(',\n  "blake2b"')]
    open(path, "w").write('%s,\n  "blake2b": "%s"\n}\n' % (head, blake(head.encode()).hexdigest()))


def exchanged(f):
    """Whoever can write to the folder can make digests anew; the items say of which round they are, and under a key nobody else can say so."""
    call([laconic, "keygen", f.path("key")])
    sealed = ["--data", "synth:logistic,d=12,m=8", "--clients", "6", "--method", "diana", "--compressor", "permk", "--rounds", "10", "--quiet", "--seal", f.path("key")]
    for words in (BASE, sealed):
        for name in ("rank-0001.h5", "server.h5"):
            f.fresh(words)
            older, newer = f.rounds()[0], f.rounds()[-1]
            exchange(f, name, newer, newer)
            done = f.resume(changed(words, "--rounds", "12"))
            ok(done.returncode == 0, "a manifest made anew alone is believed", done.stderr)
            f.fresh(words)
            exchange(f, name, older, newer)
            refused("an older %s in its place%s" % (name, ", sealed" if words is sealed else ""), f.resume(changed(words, "--rounds", "12")), 5, newer,
                    "of another round")


def exchanged_between_runs(f):
    """Two runs of the same options, under the same key: what one kept after a round is not the other's of that round."""
    call([laconic, "keygen", f.path("key")])
    words = ["--data", "synth:logistic,d=12,m=8", "--clients", "6", "--method", "diana", "--compressor", "permk", "--rounds", "10", "--quiet"]
    for words in (words, words + ["--seal", f.path("key")]):
        f.fresh(words)
        newest = f.rounds()[-1]
        other = {name: open(os.path.join(f.keep, newest, name), "rb").read() for name in ("rank-0001.h5", "server.h5")}
        for name, data in other.items():
            f.fresh(words)
            ok(f.rounds()[-1] == newest, "a second run, of the same rounds", f.rounds())
            put(f, name, newest, data)
            refused("%s of that round of another run of the same options%s" % (name, ", same key" if "--seal" in words else ""),
                    f.resume(changed(words, "--rounds", "12")), 5, newest, "of another round or run")


def folders(f):
    f.fresh()
    newest = os.path.join(f.keep, f.rounds()[-1])
    refused("one checkpoint in the place of its folder", run(BASE + ["--resume", newest, "--out", f.out]), 2, newest, "is one checkpoint")
    os.mkdir(os.path.join(f.keep, "damaged-" + f.rounds()[-1]))  # it was damaged before
    f.flip(f.rounds()[-1] + "/server.h5")
    f.resume(changed(BASE, "--rounds", "12"))
    kept = [name.replace("-000000010-2", "-000000010") for name in sorted(os.listdir(f.keep)) if name != "damaged-round-000000010"]
    ok("damaged-round-000000010" in kept and "round-000000010" not in kept and "round-000000012" in kept, "a damaged one counts no more", kept)


def streams(f):
    done = subprocess.run([laconic, "train"] + [word for word in BASE if word != "--quiet"] + ["--out", f.out], close_fds=True, preexec_fn=lambda: os.close(1),
                          stderr=subprocess.PIPE, text=True)
    ok(done.returncode == 0 and summary(f.out)["status"] == "finished", "a closed standard output gets into no file", done.stderr)


def keep(f):
    f.fresh(more=["--checkpoint-every", "1", "--keep", "1"])
    ok(sorted(os.listdir(f.keep)) == ["result.json", "round-000000010"], "--keep 1 leaves one, and nothing else", os.listdir(f.keep))


def lock(f):
    """A second run in the folder of one that lives; and after that was killed."""
    shutil.rmtree(f.keep, ignore_errors=True)
    words = changed(BASE, "--rounds", "100000000") + ["--resume", f.keep, "--checkpoint-every", "1h"]
    words += ["--out", f.out, "--force"]
    first = subprocess.Popen([laconic, "train"] + words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not os.path.exists(os.path.join(f.keep, "lock")):
            time.sleep(0.01)
        time.sleep(0.1)
        refused("a folder where another run writes", f.resume(), 2, "lock", "process %d" % first.pid)
        ok(json.load(open(f.out + ".result.json"))["status"] == "running", "what result.json says of the other run stays")
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait()
    done = f.resume(out=False)
    ok(done.returncode == 0 and "taken over" in done.stderr, "one that was left by a killed run is taken over", done.stderr)
    os.mkfifo(os.path.join(f.keep, "lock"))
    refused("a lock that is a pipe", f.resume(out=False), 2, os.path.join(f.keep, "lock"), "no regular file", "remove it")


def lost_lock(f):
    """Somebody removes the lock of a run that lives: it stops, and leaves the folder to others."""
    for take, words in ((False, "somebody removed"), (True, "another one took")):
        shutil.rmtree(f.keep, ignore_errors=True)
        line = changed(BASE, "--rounds", "100000000") + ["--resume", f.keep, "--checkpoint-every", "1", "--eval-every", "0", "--out", f.out, "--force"]
        first = subprocess.Popen([laconic, "train"] + line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        while not f.rounds():
            time.sleep(0.01)
        os.unlink(os.path.join(f.keep, "lock"))
        kept = os.path.join(f.keep, "result.json")
        if take:
            open(os.path.join(f.keep, "lock"), "w").write("another's\n")
            open(kept, "w").write("another's\n")
        said = first.communicate(timeout=60)[1]
        ok(first.returncode == 1 and said.count("laconic: ") == 1 and words in said, "a run whose lock was %s stops with a sentence" % ("taken" if take else "removed"), said)
        ok(json.load(open(f.out + ".result.json"))["status"] == "failed" and not glob.glob(os.path.join(f.keep, ".tmp*")), "and says so beside its run file")
        if take:
            ok(open(kept).read() == open(os.path.join(f.keep, "lock")).read() == "another's\n", "what is another's now stays")


def sealed_again(f):
    """Rank 0 of a sealed run that had ended knows where; another key opens nothing."""
    call([laconic, "keygen", f.path("again.key")])
    shutil.rmtree(f.keep, ignore_errors=True)
    words = ["--data", "synth:logistic,d=12,m=8", "--clients", "6", "--method", "dcgd", "--compressor", "permk", "--rounds", "10", "--quiet", "--seal", f.path("again.key")]
    words += ["--resume", f.keep, "--out", f.path("public.h5")]
    for name in ("a sealed run", "the same, given again"):
        done = run(words, 3)
        told = json.load(open(f.path("public.h5.result.json")))
        ok(done.returncode == 0 and (told["round"], told["reason"], told["status"]) == (10, "rounds", "finished"), "%s: rank 0's result.json" % name, "%s %s" % (told, done.stderr))
    call([laconic, "keygen", f.path("other.key")])
    other = [f.path("other.key") if word == f.path("again.key") else word for word in words]
    for ranks in (0, 3):
        done = run(other, ranks)
        ok(done.returncode == 5 and "its 'run' does not open with this key" in done.stderr, "another key: what does not open is named, %d ranks" % ranks, done.stderr)
    never = f.path("never.h5")
    for ranks in (0, 3):
        done = run(words + ["--out-private", never], ranks)
        ok(done.returncode == 2 and "%s' is not there any more, or never was" % never in messages(done)[0] and "leave --out-private out" in messages(done)[0],
           "a private file that it never had, %s" % ("on 3 ranks" if ranks else "in one process"), done.stderr)
    os.remove(f.path("public.h5"))
    refused("and once more without its public file", run(words, 3), 2, "--resume", "public.h5", "not there any more")
    ok(not os.path.exists(f.path("public.h5")), "which nothing else takes the place of")


def full_disk(f):
    """Where this user may mount: a file system of 200 kB."""
    if os.getuid() != 0:
        return print("# not root: no small file system to fill")
    f.keep = f.path("small/kept")
    os.mkdir(f.path("small"))
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "none", f.path("small")], stderr=subprocess.DEVNULL).returncode:
        return print("# nothing can be mounted here")
    try:
        words = changed(BASE, "--data", "synth:logistic,d=3000,m=2") + ["--step", "0.1"]
        done = run(words + ["--checkpoint", f.keep, "--checkpoint-every", "2", "--out", f.path("disk.h5")])
        lines = messages(done)
        ok(done.returncode == 0 and lines and "No space left" in lines[0] and "the run goes on" in lines[0], "a full disk costs the checkpoint alone",
           done.stderr)
        run(words + ["--out", f.path("free.h5")])
        ok(outcome(f.path("disk.h5")) == outcome(f.path("free.h5")), "and the run is the same")
        ok(os.listdir(f.keep) == ["result.json"], "nothing half-written is left", os.listdir(f.keep))
    finally:
        subprocess.run(["umount", f.path("small")])


def main():
    for part in (options, another_run, other_data, run_files, other_rows, beside, damaged, manifests, exchanged, exchanged_between_runs, ends_early, folders, streams, keep, lock, lost_lock, sealed_again, full_disk):
        with tempfile.TemporaryDirectory() as folder:
            part(Folder(folder))
    finish()


main()
