"""What a run leaves that can write its run file no more, or whose folder of checkpoints went away: status, sentence, result.json, a checkpoint to go on from.

usage: ends.py MPIRUN LACONIC
"""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../mpi"))
from calls import call, finish, laconic, messages, mpirun, ok, run  # noqa: E402
from outcomes import outcome  # noqa: E402
from place import BASE, Folder, changed  # noqa: E402


def limited():
    """Files end at 64 kB, as where a disk is full; only the rows come to that."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))


def told(path):
    return json.load(open(path))


def full(f):
    """A run file that cannot be written any more ends the run, with a checkpoint that has all rounds, and the row that the file has not."""
    call([laconic, "keygen", f.path("key")])
    sealed = ["--data", "synth:logistic,d=12,m=8", "--clients", "6", "--method", "diana", "--compressor", "permk", "--quiet", "--seal", f.path("key")]
    for name, words in (("a run", changed(BASE, "--rounds", "4000")), ("one whose rows wait for the next round", changed(changed(changed(BASE, "--rounds", "4000"), "--method", "diana"), "--compressor", "randk:k=2")),
                        ("with partial participation", changed(BASE, "--rounds", "4000") + ["--participation", "nice:3"]), ("a sealed run", sealed + ["--rounds", "4000"])):
        out, whole = ("--out-private", "--out-private") if "--seal" in words else ("--out", "--out")
        plain = ["--private-plain"] if "--seal" in words else []
        for left in (f.keep, f.out, f.out + ".rows", f.path("whole.h5")):
            shutil.rmtree(left, ignore_errors=True) if os.path.isdir(left) else os.path.exists(left) and os.unlink(left)
        run(words + [whole, f.path("whole.h5")] + plain)
        line = [laconic, "train"] + words + ["--resume", f.keep, "--checkpoint-every", "300", out, f.out] + plain
        done = call(line, preexec_fn=limited)
        lines, at = messages(done), told(f.out + ".result.json")
        ok(done.returncode == 3 and len(lines) == 1 and "File too large" in lines[0] and "with a checkpoint" in lines[0], "the file of %s is full: status 3" % name, done.stderr)
        ok(at["status"] == "failed" and at["exit_status"] == 3 and "laconic: " + at["sentence"] == lines[0] and at == told(os.path.join(f.keep, "result.json")),
           "result.json tells why", at)
        ok(0 < at["round"] < 4000 and at["checkpoint"] == {"round": at["round"], "folder": f.rounds()[-1]}, "and the newest checkpoint is that of the last round", at)
        done = call(line)
        ok(done.returncode == 0 and not messages(done) and outcome(f.out) == outcome(f.path("whole.h5")), "given again where there is room, it comes to the rows and the model of a run without trouble",
           done.stderr)


def same_disk(f):
    """The disk of the run file has no room for a result either: it is written over the one that says that the run goes on."""
    small = f.path("small")
    os.mkdir(small)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "small", small], stderr=subprocess.DEVNULL).returncode:
        return print("# nothing can be mounted here")
    try:
        out = os.path.join(small, "run.h5")
        done = run(changed(BASE, "--rounds", "100000") + ["--checkpoint", f.keep, "--out", out])
        at = told(out + ".result.json")
        ok(done.returncode == 3 and "No space left" in done.stderr and "laconic: " + at["sentence"] == messages(done)[-1] and at["status"] == "failed" and at == told(os.path.join(f.keep, "result.json")),
           "a disk without any room: result.json tells why, there and in the folder of checkpoints", "%s %s" % (done.stderr, at))
    finally:
        subprocess.run(["umount", small])


def begin_endless(f, ranks):
    shutil.rmtree(f.keep, ignore_errors=True)
    words = changed(BASE, "--rounds", "100000000") + ["--eval-every", "1000", "--resume", f.keep, "--checkpoint-every", "10", "--out", f.out, "--force"]
    front = [mpirun, "-n", str(ranks)] if ranks else []
    process = subprocess.Popen(front + [laconic, "train"] + words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    for _ in range(400):
        if os.path.exists(os.path.join(f.keep, "result.json")) and f.rounds():
            break
        time.sleep(0.05)
    return process


def unpublished(f):
    """The same where the rows can be written, and the file that is published cannot."""
    process = begin_endless(f, 0)
    os.mkdir(f.out + ".tmp")
    said = process.communicate(timeout=60)[1]
    at = told(f.out + ".result.json")
    ok(process.returncode == 3 and f.out in said and "with a checkpoint" in said and at["sentence"] in said and at["checkpoint"]["round"] == at["round"] > 0,
       "a run file that cannot be published: status 3, with a checkpoint", "%s %s" % (said, at))
    os.rmdir(f.out + ".tmp")
    done = f.resume(changed(BASE, "--rounds", str(at["round"])) + ["--eval-every", "1000"])
    ok(done.returncode == 0, "which goes on", done.stderr)


def vanished(f):
    """The folder of checkpoints goes away: the end still says how the run left, and that it could not be told everywhere."""
    for number, status, words, reason in ((signal.SIGUSR1, 3, "asked to leave by SIGUSR1: left after round", "USR1"), (signal.SIGTERM, 1, "ended from outside by SIGTERM", "TERM")):
        for ranks in (0, 3) if number == signal.SIGUSR1 else (0,):
            process = begin_endless(f, ranks)
            shutil.rmtree(f.path("away"), ignore_errors=True)
            os.rename(f.keep, f.path("away"))
            process.send_signal(number)
            said = process.communicate(timeout=60)[1]
            lines, at = [line for line in said.splitlines() if line.startswith("laconic: ")], told(f.out + ".result.json")
            ok(process.returncode == status and words in lines[-1] and (status != 3 or "result.json" in lines[-1]), "the folder is gone, %s, %d ranks: the last sentence says how it left" % (reason, ranks),
               "%s %s" % (process.returncode, said))
            ok(at["status"] == "left" and at["reason"] == reason and at["exit_status"] == status and "laconic: " + at["sentence"] == lines[-1], "and result.json beside the run file too", at)
            ok(number == signal.SIGTERM or "the run goes on" not in lines[-2], "nothing is said to go on then", said)


def main():
    for part in (full, same_disk, unpublished, vanished):
        with tempfile.TemporaryDirectory() as folder:
            part(Folder(folder))
    finish()


main()
