"""laconic check: each of its checks finds what it is for, and nothing is left behind.

usage: check.py MPIRUN LACONIC BROKEN, a library to preload (see broken.c)
"""

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "mpi"))
from calls import call, finish, laconic, mpirun, ok, run  # noqa: E402

BROKEN = sys.argv[3]
SANITIZED = "ASAN_OPTIONS" in os.environ  # its library must come first, and takes all addresses
os.environ["OMPI_MCA_odls_base_sigkill_timeout"] = "0"  # ranks that are left when rank 0 returns 2 are waited for no longer
PERMK = ["--method", "dcgd", "--compressor", "permk"]


def check(arguments, ranks=0, environment=None, switches=(), **more):
    """What it said as JSON, by the names of checks; its status; all that it printed."""
    front = [mpirun, "-n", str(ranks)] + list(switches) if ranks else []
    done = call(front + [laconic, "check", "--json"] + arguments, environment=environment, **more)
    try:
        said = json.loads(done.stdout)
    except ValueError:
        said = {"checks": [], "ranks": 0}
    return {one["check"]: one for one in said["checks"]}, said, done


def finds(name, result, words, arguments, ranks=0, environment=None, title="", **more):
    """One check ends so, and no other fails."""
    found, _, done = check(arguments, ranks, environment, **more)
    one = found.get(name, {})
    others = [other["check"] for other in found.values() if other["result"] == "fail" and other["check"] != name]
    status = 2 if result == "fail" else 0
    summed = result != "fail" or re.search(r"^laconic: check: 1 of \d+ failed: %s$" % name, done.stderr, re.MULTILINE)
    ok(one.get("result") == result and words in one["text"] and not others and done.returncode == status and summed,
       "%s is %s: %s" % (name, result, title or words), "%s\n%s" % (done.stdout, done.stderr))


def whole(folder):
    """Nothing is wrong."""
    kept = os.path.join(folder, "kept")
    for ranks in (0, 2, 4):
        found, said, done = check(["--checkpoint", kept, "--out", os.path.join(folder, "run.h5")], ranks)
        names = {"launcher", "libsodium", "checkpoint", "space", "run file", "plan", "bits", "memory"}
        names |= {"ranks", "recovery", "messages"} if ranks else set()
        allowed = {"checkpoint": ("ok", "warn")}  # where it lies in memory
        good = set(found) == names and all(one["result"] in allowed.get(name, ("ok",)) for name, one in found.items())
        ok(good and said["ok"] is True and done.returncode == 0 and said["ranks"] == max(1, ranks),
           "nothing is wrong %s" % ("on %d ranks" % ranks if ranks else "in one process"), "%s\n%s" % (done.stdout, done.stderr))
    ok(os.listdir(folder) == [], "and nothing is left behind", os.listdir(folder))
    os.mkdir(kept)
    check(["--checkpoint", kept], 2)
    ok(os.path.isdir(kept) and os.listdir(kept) == [], "a folder that was there stays, and stays as it was", os.listdir(folder))


def bits():
    """They are those of the plan of train."""
    for options in (["--method", "diana", "--compressor", "randk:k=3"], ["--method", "marina", "--compressor", "randk:k=7", "--clients", "9"]):
        plan = run(options + ["--dry-run"]).stdout
        up, down = re.search(r"per round +([0-9.e+]+) kbit up and ([0-9.e+]+) down", plan).groups()
        for ranks in (0, 3):
            found, _, done = check(options, ranks)
            ok("%s kbit up and %s down" % (up, down) in found.get("bits", {}).get("text", ""),
               "bits of a round as train --dry-run has them: %s, %d ranks" % (options[1], ranks), done.stdout)


def text():
    """The lines for people."""
    done = run([], 3, command="check")
    lines = done.stdout.splitlines()
    good = re.fullmatch(r"laconic check: 3 ranks on 1 host", lines[0]) and all(re.match(r"  (ok  |warn|FAIL)  \S", line) for line in lines[1:])
    ok(good and done.returncode == 0 and len(lines) > 6, "a line for each check", done.stdout + done.stderr)
    done = run(["--max-memory", "100K"], command="check")
    ok(re.search(r"^  FAIL  plan .*--max-memory", done.stdout, re.MULTILINE) and done.returncode == 2 and
       done.stderr == "laconic: check: 1 of 3 failed: plan\n", "FAIL, and one line on standard error", done.stdout + done.stderr)


def launchers():
    alone = {"SLURM_STEP_NUM_TASKS": "4"}
    finds("launcher", "fail", "srun --mpi=pmix", [], 0, alone, "a step of Slurm without PMIx")
    finds("launcher", "fail", "srun --mpi=pmix", [], 0, {"PMI_SIZE": "4", "PMI_RANK": "0"}, "an mpirun that is not Open MPI's")
    _, _, done = check([], 0, dict(alone, SLURM_PROCID="1"))
    ok(done.returncode == 0 and done.stdout == done.stderr == "", "of such processes the first alone speaks", done.stdout + done.stderr)
    finds("launcher", "warn", "put mpirun or srun", [], 0, {"SLURM_JOB_ID": "12"}, "a Slurm job without a launcher")
    finds("ranks", "fail", "MPI sees 2 ranks of the 9", [], 2, {"SLURM_STEP_NUM_TASKS": "9"}, "fewer ranks than the step has")
    finds("ranks", "fail", "start at least two", [], 1, title="one rank")
    finds("ranks", "warn", "1 will have nothing to do", ["--clients", "2"], 4, title="more ranks than clients")


def recovery():
    finds("recovery", "warn", "ends the job itself", ["--method", "ef21", "--on-lost-client", "drop"], 2, title="drop without --enable-recovery")
    finds("recovery", "ok", "the others go on", ["--method", "ef21", "--on-lost-client", "drop"], 2, title="drop with it", switches=["--enable-recovery"])
    finds("recovery", "warn", "hangs where a host is lost", [], 2, title="mpirun --enable-recovery", switches=["--enable-recovery"])


def folders(folder):
    file, there, dots = os.path.join(folder, "file"), os.path.join(folder, "there"), os.path.join(folder, "no", "parent")
    open(file, "w").close()
    call([laconic, "train", "--quiet", "--rounds", "12", "--checkpoint", there])
    for ranks in (0, 3):
        finds("checkpoint", "fail", "Not a directory", ["--checkpoint", file], ranks, title="it is a file, %d ranks" % ranks)
        finds("checkpoint", "fail", "failed: No such file or directory", ["--checkpoint", dots], ranks, title="no parent, %d ranks" % ranks)
        finds("plan", "fail", "--resume goes on with it", ["--checkpoint", there], ranks, title="it holds checkpoints, %d ranks" % ranks)
    finds("resume", "ok", "goes on after round 12", ["--resume", there], 2, title="--resume of the same folder")
    finds("plan", "fail", "'seed = 1' then, 'seed = 9' now", ["--resume", there, "--seed", "9"], title="--resume with other options")
    if not in_memory(folder):
        busy(folder)
    finds("space", "fail", "lower --keep", ["--checkpoint", os.path.join(folder, "new"), "--keep", "1000000000"], title="58 TB")
    if not SANITIZED:
        for call_of, ranks in (("fsync", 0), ("fsync", 3), ("fsync-folder", 0), ("rename", 0), ("rename", 3)):
            found, _, done = check(["--checkpoint", os.path.join(folder, "new")], ranks, {"LD_PRELOAD": BROKEN, "LAC_BROKEN": call_of})
            one = found.get("checkpoint", {"text": "", "result": ""})
            ok(one["result"] == "fail" and call_of.split("-")[0] + " failed" in one["text"] and done.returncode == 2,
               "checkpoint is fail: a file system whose %s fails, %d ranks" % (call_of, ranks), done.stdout + done.stderr)
    ok(sorted(os.listdir(folder)) == ["file", "there"] and sorted(os.listdir(there)) == ["result.json", "round-000000012"], "nothing is left behind of these",
       os.listdir(folder) + os.listdir(there))
    read_only(os.path.join(folder, "locked"))


RUN = ["--data", "synth:logistic,d=12,m=8", "--clients", "6", "--method", "ef21", "--compressor", "topk:k=2", "--rounds", "10", "--quiet"]


def flip(path):
    with open(path, "r+b") as file:
        file.seek(os.path.getsize(path) // 2)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))


def folder_in_place_of(path):
    os.unlink(path)
    os.mkdir(path)


def as_train(folder):
    """What check finds of a run that would go on is what train does with the same words."""
    first, now = os.path.join(folder, "first"), os.path.join(folder, "now")
    kept, out = os.path.join(now, "kept"), os.path.join(now, "run.h5")
    newest = os.path.join(kept, "round-000000010", "server.h5")
    os.mkdir(first)
    call([laconic, "train"] + RUN + ["--checkpoint", os.path.join(first, "kept"), "--checkpoint-every", "4", "--keep", "0", "--out", os.path.join(first, "run.h5")])
    for title, name, result, words, damage, more in [
            ("nothing is wrong", "resume", "ok", "goes on after round 10", lambda: None, []),
            ("the newest checkpoint is damaged", "resume", "warn", "is damaged and left out", lambda: flip(newest), []),
            ("all are", "plan", "fail", "is whole", lambda: [flip(os.path.join(kept, of, "server.h5")) for of in os.listdir(kept) if of.startswith("round")], []),
            ("the run file is gone", "run file", "fail", "not there any more", lambda: os.unlink(out), []),
            ("it is damaged", "run file", "fail", "its checksum does not hold", lambda: flip(out), []),
            ("it has other columns", "run file", "fail", "other columns (--track)", lambda: call([laconic, "train"] + RUN + ["--track", "x_norm", "--force", "--out", out]), []),
            ("other columns are asked for", "plan", "fail", "asks for other columns", lambda: None, ["--track", "x_norm"]),
            ("it is of another run", "run file", "fail", "another run", lambda: call([laconic, "train"] + RUN + ["--seed", "2", "--force", "--out", out]), []),
            ("the result cannot be told beside it", "result", "fail", "run.h5.result.json", lambda: folder_in_place_of(out + ".result.json"), []),
            ("nor in the folder of checkpoints", "result", "fail", "kept/result.json", lambda: folder_in_place_of(os.path.join(kept, "result.json")), [])]:
        for ranks in (0, 3):
            shutil.rmtree(now, ignore_errors=True)
            shutil.copytree(first, now)
            damage()
            options = RUN + ["--resume", kept, "--out", out] + more
            before = sorted(os.listdir(kept)), sorted(os.listdir(now))
            finds(name, result, words, options, ranks, title="%s, %d ranks" % (title, ranks))
            found, _, _ = check(options, ranks)
            ok(("goes on after" in found.get("resume", {}).get("text", "")) == (name != "plan") and "checkpoint" in found, "and says from where the run goes on, or nothing of it", found)
            dry = run(options + ["--dry-run"], ranks)
            ok((sorted(os.listdir(kept)), sorted(os.listdir(now))) == before, "and leaves nothing behind, nor does --dry-run", os.listdir(kept) + os.listdir(now))
            done = run(options, ranks)
            ok((done.returncode == 0) == (dry.returncode == 0) == (result != "fail") and words in done.stderr + "goes on after round 10", "train says the same, with --dry-run and without", done.stderr + dry.stderr)


def files_alone(folder):
    """A run file that cannot be made keeps nobody from looking at the rest."""
    for ranks in (0, 2):
        found, _, done = check(["--out", os.path.join(folder, "no", "run.h5"), "--checkpoint", os.path.join(folder, "kept")], ranks)
        ok(found.get("run file", {}).get("result") == "fail" and {"checkpoint", "space", "bits"} <= set(found), "the folder is looked at where the run file fails, %d ranks" % ranks, done.stdout)
    key = os.path.join(folder, "group.key")
    call([laconic, "keygen", key])
    found, _, done = check(PERMK + ["--seal", key, "--out", os.path.join(folder, "run.h5"), "--out-private", os.path.join(folder, "private.h5"), "--resume",
                                    os.path.join(folder, "kept")], 3)
    ok(done.returncode == 0 and {"keys", "run file", "private file", "checkpoint", "messages", "plan", "bits", "memory", "space", "recovery"} <= set(found),
       "all checks of a sealed run", done.stdout + done.stderr)


def in_memory(folder):
    return call(["stat", "-f", "-c", "%T", folder]).stdout == "tmpfs\n"


def busy(folder):
    """A run that is at work."""
    kept = os.path.join(folder, "busy")
    job = subprocess.Popen([laconic, "train", "--quiet", "--rounds", "1000000000", "--eval-every", "0", "--checkpoint", kept])
    try:
        for _ in range(200):
            if os.path.exists(os.path.join(kept, "lock")):
                break
            time.sleep(0.05)
        finds("checkpoint", "fail", "process %d" % job.pid, ["--resume", kept], 2, title="another run is at work there")
        ok(job.poll() is None and os.path.exists(os.path.join(kept, "lock")), "which does not notice", os.listdir(kept))
    finally:
        job.kill()
        job.wait()
    shutil.rmtree(kept)


def read_only(folder):
    """As a user for whom it is."""
    os.mkdir(folder, 0o555)
    os.chmod(os.path.dirname(folder), 0o755)
    user = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    try:
        reachable = call([laconic, "--version"], **user).returncode == 0
    except PermissionError:
        reachable = False
    if not reachable:
        print("# nobody cannot run the program here: a folder that is read-only is left out")
        return
    finds("checkpoint", "fail", "Permission denied", ["--checkpoint", folder], title="a folder that is read-only", **user)


def outputs(folder):
    there = os.path.join(folder, "there.h5")
    open(there, "w").close()
    finds("run file", "fail", "--force", ["--out", there], title="it is there already")
    finds("run file", "fail", "no folder", ["--out", os.path.join(folder, "no", "run.h5")], 2, title="there is no folder for it")
    with tempfile.TemporaryDirectory() as keys:
        key = os.path.join(keys, "group.key")
        call([laconic, "keygen", key])
        private = ["--method", "dcgd", "--compressor", "permk", "--seal", key, "--out-private", os.path.join(folder, "no", "private.h5")]
        for ranks in (0, 3):
            finds("private file", "fail", "--out-private", private, ranks, title="there is no folder for the private one")
    ok(os.listdir(folder) == ["there.h5"] and os.path.getsize(there) == 0, "it stays as it was", os.listdir(folder))


def keys(folder):
    key = os.path.join(folder, "group.key")
    call([laconic, "keygen", key])
    for ranks in (0, 3):
        os.chmod(key, 0o600)
        finds("keys", "ok", "alone", PERMK + ["--seal", key], ranks, title="its owner's alone, %d ranks" % ranks)
        os.chmod(key, 0o640)
        finds("keys", "fail", "others may open it (mode 0640)", PERMK + ["--seal", key], ranks, title="a key that a group reads, %d ranks" % ranks)
    with open(os.path.join(folder, "no.key"), "w") as file:
        file.write("secret\n")
    os.chmod(file.name, 0o600)
    finds("keys", "fail", "is no group key", PERMK + ["--seal", file.name], 2, title="no key")
    found, _, done = check(PERMK + ["--seal", key], 3)
    ok(found["keys"]["rank"] == 1 and "(and 1 other rank)" in found["keys"]["text"] and found["plan"]["result"] == "warn",
       "the ranks are named, and no plan is made", done.stdout)


def memory():
    finds("memory", "fail", "spread the ranks", [], 3, {"SLURM_MEM_PER_NODE": "1"}, "more than Slurm gave the job")
    finds("memory", "fail", "spread the ranks", [], 0, {"SLURM_MEM_PER_CPU": "1", "SLURM_CPUS_ON_NODE": "2"}, "more than its processors are worth")
    finds("plan", "fail", "--max-memory allows", ["--max-memory", "100K"], 2, title="more than --max-memory")


def libsodium():
    for broken, source in (("blake2b", "RFC 7693"), ("chacha20", "RFC 8439")):
        finds("libsodium", "fail", source, [], 0, {"LD_PRELOAD": BROKEN, "LAC_BROKEN": broken}, "a library whose %s is wrong" % broken)


def messages():
    finds("messages", "fail", "[rank 1]", [], 3, {"LD_PRELOAD": BROKEN, "LAC_BROKEN": "message"}, "a message that loses a bit",
          switches=["-x", "LD_PRELOAD", "-x", "LAC_BROKEN"])
    limit = 3 << 30
    finds("messages", "fail", "no room", ["--large"], 2, title="no memory for a message beyond 2^31 bytes",
          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
    if os.environ.get("LAC_TEST_LONG"):
        for chunk in ([], ["--chunk", "300M"]):
            finds("messages", "ok", "2.1 GB in %d pieces" % (7 if chunk else 3), ["--large"] + chunk, 2, timeout=900)


def others():
    finds("options", "fail", "did you mean '--method'", ["--methood", "gd"], title="a word that train does not know")
    finds("plan", "fail", "nowhere.svm", ["--data", "nowhere.svm"], 3, title="a file that is not there")
    done = run(["--help"], command="check")
    ok(done.returncode == 0 and "--large" in done.stdout and "--compressor" in done.stdout, "--help has its options and those of train", done.stdout)


def main():
    bits()
    text()
    launchers()
    recovery()
    memory()
    others()
    for part in (whole, folders, outputs, as_train, files_alone, keys):
        with tempfile.TemporaryDirectory() as folder:
            part(folder)
    if SANITIZED:
        print("# a preloaded library and the sanitizers do not go together: left out")
    else:
        libsodium()
        messages()
    finish()


main()
