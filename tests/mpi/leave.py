"""How runs leave: signals solo, under mpirun, and to every rank as srun sends them; limits of time; result.json of every end.

usage: leave.py MPIRUN LACONIC
"""

import json
import os
import signal
import subprocess
import tempfile
import time

from calls import call, finish, laconic, messages, mpirun, ok, rows, run, summary

DATA = ["--method", "gd", "--data", "synth:logistic,d=20,m=10", "--clients", "6", "--quiet"]
ENDLESS = DATA + ["--rounds", "1000000000"]
LONG = 60  # seconds after which something hangs

# Whether rank 0 looks at signals while it waits for a rank (lac_leave_check in every such loop of the transport); else it
# may be killed before it has.
WAITS_LOOK = True


def fresh():
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever tests in the background has it ignored


def start(words, ranks=0, environment=None, stdin=subprocess.DEVNULL, command="train"):
    line = ([mpirun, "-n", str(ranks)] if ranks else []) + [laconic, command] + words
    return subprocess.Popen(line, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env=dict(os.environ, **(environment or {})), start_new_session=True, preexec_fn=fresh)


def until(condition, seconds=LONG):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def end(process):
    """The status, what was printed; a process that hangs is killed, and its status is none that any test wants."""
    try:
        process.stdout_text, process.stderr = process.communicate(timeout=LONG)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.stdout_text, process.stderr = process.communicate()
        process.returncode = 99
    return process


def result(path):
    try:
        with open(path) as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


def processes(word):
    """Pids whose command line has the word."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % pid, "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        if word.encode() in words and words[0].endswith(b"laconic"):
            found.append(int(pid))
    return found


def rank_of(pid):
    with open("/proc/%d/environ" % pid, "rb") as file:
        values = dict(pair.split(b"=", 1) for pair in file.read().split(b"\0") if b"=" in pair)
    return int(values.get(b"OMPI_COMM_WORLD_RANK", b"-1"))


def catches(pid, number):
    with open("/proc/%d/status" % pid) as file:
        mask = next(line for line in file if line.startswith("SigCgt:"))
    return int(mask.split()[1], 16) >> (number - 1) & 1


def rounds_go_on(out):
    """The rounds have begun, and result.json says so."""
    return lambda: result(out + ".result.json").get("status") == "running" and \
        os.path.exists(out + ".rows") and os.path.getsize(out + ".rows") > 1000


def begin(out, words, ranks=0, environment=None):
    process = start(words + ["--out", out], ranks, environment)
    ok(until(rounds_go_on(out)), "result.json says that the run goes on", result(out + ".result.json"))
    return process


def wanted(name, process, out, code, lines=1, **fields):
    """Exit status, sentence and result.json of a run that has ended, which leaves nothing behind."""
    told = result(out + ".result.json")
    found = {key: told.get(key) for key in fields}
    said = messages(process)
    good = process.returncode == code and found == fields and len(said) == lines
    ok(good, name, "status %s, wanted %s; %s, wanted %s\n%s" % (process.returncode, code, told, fields, process.stderr))
    if said and told.get("sentence"):
        ok(told["sentence"] in said[-1], "its sentence is the one that was printed", "%s\n%s" % (told, process.stderr))
    ok(until(lambda: not processes(out), 5), "no process is left over", processes(out))
    return told


def signalled(folder):
    """One process: what each signal does."""
    for number, reason, words in ((signal.SIGUSR1, "USR1", "asked to leave by SIGUSR1"), (signal.SIGINT, "INT", "Ctrl-C"),
                                  (signal.SIGTERM, "TERM", "SIGTERM"), (signal.SIGHUP, "HUP", "SIGHUP")):
        for more in ([], ["--eval-every", "1000"]):
            out = os.path.join(folder, "solo-%s-%d.h5" % (reason, len(more)))
            process = begin(out, ENDLESS + more)
            process.send_signal(number)
            told = wanted("solo, %s %s: the run leaves after the round, status 1" % (reason, " ".join(more)), end(process), out, 1,
                          status="left", reason=reason, exit_status=1, launcher="solo", ranks=1, checkpoint=None)
            ok(words in str(told.get("sentence")), "the sentence names the signal", told)
            made = summary(out)
            ok(made["status"] == "left" and made["rounds"] == told.get("round") > 0, "the run file is whole up to that round",
               (made["status"], made["rounds"], told))
    shown = call([laconic, "show", out]).stdout
    ok("  result        left, by HUP, exit status 1\n" in shown, "show tells of the result", shown)


def twice(folder):
    """A process that cannot look: standard input that never ends is read before the rounds."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        name, out = signal.Signals(number).name, os.path.join(folder, "twice-%d.h5" % number)
        process = start(["--data", "-", "--clients", "2", "--out", out], stdin=subprocess.PIPE)
        until(lambda: catches(process.pid, number))
        process.send_signal(number)
        time.sleep(0.3)
        ok(process.poll() is None, "%s is a request first" % name)
        process.send_signal(number)
        until(lambda: process.poll() is not None, 5)
        ok(end(process).returncode == -number, "a second %s ends the process at once" % name, process.returncode)
    process = start(["--data", "-", "--clients", "2", "--out", out], stdin=subprocess.PIPE)
    until(lambda: catches(process.pid, signal.SIGTERM))
    process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    until(lambda: process.poll() is not None, 30)
    ok(end(process).returncode == -signal.SIGTERM and time.monotonic() - began > 5, "a request by TERM that nothing heeds ends it later",
       (process.returncode, time.monotonic() - began))


def reader_leaves(folder):
    """Standard output whose reader has gone: the run goes on, and nobody is told of a failure. mpirun 4.1.4 itself ends the job then."""
    out = os.path.join(folder, "reader.h5")
    for ranks in (0, 3):
        process = start([word for word in DATA if word != "--quiet"] + ["--rounds", "3000", "--eval-every", "100", "--force", "--out", out], ranks)
        process.stdout.close()
        said = process.stderr.read()
        process.wait(timeout=LONG)
        told = result(out + ".result.json").get("status")
        if ranks and process.returncode:
            ok("mpirun" in said and told in ("left", "running", "finished"), "or mpirun ends the job", "%s %s %s" % (process.returncode, told, said))
        else:
            ok(process.returncode == 0 and not said and told == "finished" and summary(out)["rounds"] == 3000,
               "a run whose reader has gone comes to its end, %d ranks" % ranks, "%s %s" % (process.returncode, said))
    for words in (["show", "--csv", out], ["show", out], ["list", "--json"]):
        process = subprocess.Popen([laconic] + words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        process.stdout.close()
        said = process.stderr.read()
        ok(process.wait(timeout=LONG) == 0 and not said, "%s without a reader is quiet" % " ".join(words[:2]), "%s %s" % (process.returncode, said))


def others_pass(folder):
    """What USR1 is not for."""
    process = start(["--data", "-", "--clients", "2", "--optima", folder], stdin=subprocess.PIPE, command="solve")
    until(lambda: os.path.exists("/proc/%d/fd" % process.pid))
    time.sleep(0.3)
    process.send_signal(signal.SIGUSR1)
    time.sleep(0.2)
    alive = process.poll() is None
    if alive:
        process.stdin.write(rows())
        process.stdin.flush()
    ok(alive and end(process).returncode == 0, "solve passes USR1 over", process.stderr)


def launched(folder):
    """Three ranks under mpirun."""
    def to_launcher(number):
        return lambda process, out: os.kill(process.pid, number)

    def to_group(process, out):
        os.killpg(process.pid, signal.SIGINT)

    def to_ranks(number):
        def send(process, out):
            for pid in sorted(processes(out), key=rank_of):
                os.kill(pid, number)
        return send

    def to_worker(process, out):
        for pid in processes(out):
            if rank_of(pid) == 2:
                os.kill(pid, signal.SIGUSR1)
        time.sleep(0.3)
        ok(process.poll() is None and result(out + ".result.json").get("status") == "running", "a worker alone passes USR1 over")
        os.kill(process.pid, signal.SIGUSR1)

    left = {"status": "left", "exit_status": 1, "launcher": "mpi", "ranks": 3, "checkpoint": None}
    by_term = dict(left, reason="TERM") if WAITS_LOOK else {"launcher": "mpi"}
    for name, send, fields in (("USR1 to mpirun", to_launcher(signal.SIGUSR1), dict(left, reason="USR1")),
                               ("USR1 to every rank", to_ranks(signal.SIGUSR1), dict(left, reason="USR1")),
                               ("USR1 to a worker, then to mpirun", to_worker, dict(left, reason="USR1")),
                               ("Ctrl-C on mpirun", to_group, by_term),
                               ("TERM to mpirun", to_launcher(signal.SIGTERM), by_term),
                               ("TERM to every rank", to_ranks(signal.SIGTERM), by_term)):
        out = os.path.join(folder, "mpi-%s.h5" % name.replace(" ", "-").replace(",", ""))
        patient = {"OMPI_MCA_odls_base_sigkill_timeout": "3"} if WAITS_LOOK else {}  # from TERM to KILL
        process = begin(out, ENDLESS + (["--eval-every", "100"] if "every" in name else []), 3, patient)
        send(process, out)
        end(process)
        by_usr1 = fields.get("reason") == "USR1"
        lines = 1 if by_usr1 else len(messages(process))  # mpirun that ends a job may drop them
        told = wanted("%s: %s" % (name, "the run leaves after the round" if by_usr1 else "the run ends, and result.json says how"),
                      process, out, process.returncode or 1, lines, **fields)
        ok(process.returncode == 1 or (not by_usr1 and process.returncode > 0), "the launcher's status is not 0", process.returncode)
        if not by_usr1:
            ok(told.get("status") in ("left", "running"), "it does not say that the run came to its end", told)
        ok(call([laconic, "show", "--csv", out]).returncode == 0, "the run file can be read")


def sealed(folder):
    """The server's code runs at rank 1, which leaves; rank 0 returns the status."""
    key, out, private = (os.path.join(folder, name) for name in ("group.key", "sealed.h5", "private.h5"))
    call([laconic, "keygen", key])
    words = ["--seal", key, "--method", "dcgd", "--compressor", "permk", "--data", "synth:logistic,d=20,m=10", "--clients", "4",
             "--quiet", "--rounds", "1000000000", "--out-private", private]
    for more in ([], ["--eval-every", "50"]):
        process = begin(out, words + ["--force"] + more, 3)
        until(lambda: result(private + ".result.json").get("status") == "running")
        os.kill(process.pid, signal.SIGUSR1)
        end(process)
        told = wanted("sealed, USR1 to mpirun: rank 0 returns status 1", process, out, 1, 2, status="left", reason="USR1", exit_status=1)
        there = result(private + ".result.json")
        ok(there.get("status") == "left" and there.get("reason") == "USR1" and "after round" in str(there.get("sentence")) and
           there.get("run_file") == private, "rank 1 tells beside the private file", there)
        ok(not set(told) & {"loss", "model", "grad_norm_sq"} and private not in json.dumps(told), "rank 0's says nothing of losses", told)
    process = begin(out, words + ["--force"], 3)
    os.kill(process.pid, signal.SIGTERM)
    end(process)
    ok(process.returncode != 0 and result(out + ".result.json").get("status") in ("left", "running") and
       until(lambda: not processes(out), 5), "sealed, TERM to mpirun: all end", process.stderr)
    os.unlink(out + ".result.json")
    alone = begin(out, words + ["--force"])
    alone.send_signal(signal.SIGINT)
    wanted("sealed, one process, INT: it leaves after the round", end(alone), out, 1, status="left", reason="INT")
    ok(result(private + ".result.json").get("reason") == "INT", "and tells beside both files")


def check_kept(told, kept):
    at = told.get("checkpoint") or {}
    ok(at.get("round") == told.get("round") and os.path.isdir(os.path.join(kept, at.get("folder", "none"))),
       "it says which checkpoint to go on from", told)


def again(folder):
    """The same command until it does not ask to be given again: the model is that of a run that nobody asked to leave."""
    whole, key = os.path.join(folder, "whole.h5"), os.path.join(folder, "again.key")
    call([laconic, "keygen", key])
    plain = ["--method", "gd", "--data", "synth:logistic,d=20,m=10", "--clients", "6"]
    hidden = ["--method", "dcgd", "--compressor", "permk", "--data", "synth:logistic,d=20,m=10", "--clients", "4"]
    for name, words, more, ranks, number in (("USR1", plain, [], 0, signal.SIGUSR1), ("INT", plain, [], 0, signal.SIGINT),
                                             ("USR1", plain, [], 3, signal.SIGUSR1), ("USR1", hidden, ["--seal", key], 3, signal.SIGUSR1)):
        words = words + ["--rounds", "40000", "--eval-every", "100", "--quiet"]
        run(words + ["--out", whole, "--force"])
        case = "again-%s-%d-%d" % (name, ranks, len(more))
        out, kept = os.path.join(folder, case + ".h5"), os.path.join(folder, case)
        more = more + (["--out-private", out + ".private", "--private-plain"] if more else [])
        process = begin(out, words + more + ["--resume", kept], ranks)
        process.send_signal(number)
        told = wanted("%s, with checkpoints, %d ranks%s: status 75" % (name, ranks, ", sealed" if more else ""), end(process), out, 75,
                      2 if more else 1, status="left", reason=name, exit_status=75)
        told = result(os.path.join(kept, "result.json"))
        check_kept(told, kept)
        ok(0 < told.get("round", 0) < 40000, "before the end", told)
        done = run(words + more + ["--resume", kept, "--out", out], ranks)
        wanted("given again, it comes to its end", done, out, 0, 0, status="finished", reason="rounds", round=40000)
        file = out + ".private" if more else out
        ok(summary(file)["final"] == summary(whole)["final"], "with the model of a run that was not asked", summary(file)["final"])


def limits(folder):
    """Time that is over, or will be."""
    out = os.path.join(folder, "time.h5")
    for ranks in (0, 3):
        done = run(ENDLESS + ["--max-seconds", "1", "--out", out, "--force"], ranks)
        wanted("--max-seconds without checkpoints ends the run well, %d ranks" % ranks, done, out, 0, 0, status="finished",
               reason="time", exit_status=0, sentence=None)
    soon = {"SLURM_JOB_ID": "7", "SLURM_RESTART_COUNT": "2"}
    for ranks in (0, 3):
        for i, (name, words, environment) in enumerate((("time", ["--max-seconds", "1"], {}),
                                                        ("slurm", [], dict(soon, SLURM_JOB_END_TIME=str(int(time.time()) + 64))),
                                                        ("slurm", [], dict(soon, SLURM_JOB_END_TIME=str(int(time.time()) + 20))))):
            kept = os.path.join(folder, "kept-%d-%d" % (ranks, i))
            done = run(ENDLESS + words + ["--resume", kept, "--out", out, "--force"], ranks, environment=environment)
            told = wanted("with checkpoints the run leaves in time (%s), %d ranks" % (name, ranks), done, out, 75,
                          reason=name, status="left", exit_status=75)
            ok(told.get("round", 0) > 0, "after one round at least", told)
            check_kept(told, kept)
            ok(result(os.path.join(kept, "result.json")) == told, "in the folder of checkpoints too",
               result(os.path.join(kept, "result.json")))
            ok(told.get("slurm") == ({"job": "7", "restarts": 2} if environment else None), "it names the Slurm job", told)
        for first in (True, False):  # there is no time at all from the start of the program
            before = told.get("round") if not first else 0
            kept = os.path.join(folder, "late-%d" % ranks)
            done = run(ENDLESS + ["--max-seconds", "0", "--resume", kept, "--out", out, "--force"], ranks)
            told = wanted("late from the start, %s, %d ranks" % ("afresh" if first else "going on", ranks), done, out, 75, reason="time", status="left", exit_status=75)
            ok(told.get("round", 0) > before, "one round more at least is made all the same", told)
            check_kept(told, kept)
    few = DATA + ["--rounds", "20", "--out", out, "--force"]

    def empty(name):
        os.mkdir(os.path.join(folder, name))
        return ["--checkpoint", os.path.join(folder, name)]

    near = dict(soon, SLURM_JOB_END_TIME=str(int(time.time()) + 20))
    wanted("a job's end means nothing without checkpoints", run(few, environment=near), out, 0, 0, status="finished", reason="rounds")
    for i, text in enumerate(("soon", "", "-5", "12", "1e10", "9" * 40, "\x1b[2J")):
        done = run(few + empty("empty%d" % i), environment=dict(soon, SLURM_JOB_END_TIME=text))
        wanted("SLURM_JOB_END_TIME=%r is no time: a warning, and the run goes on" % text, done, out, 0, 0, status="finished")
        ok(done.stderr.count("warning: SLURM_JOB_END_TIME is '") == 1 and "\x1b" not in done.stderr, "the warning is one line", done.stderr)
    done = run(few + empty("far"), environment=dict(soon, SLURM_JOB_END_TIME=str(int(time.time()) + 86400)))
    wanted("an end that is far does nothing", done, out, 0, 0, status="finished", reason="rounds")
    done = run(few + empty("none"), environment={"SLURM_JOB_END_TIME": "soon"})
    ok(not done.stderr, "nor does one outside of a job", done.stderr)


def every_end(folder):
    """result.json of runs that nobody asked to leave."""
    out, bad = os.path.join(folder, "end.h5"), os.path.join(folder, "bad.svm")
    place = out + ".result.json"
    few = ["--rounds", "50", "--out", out, "--quiet"]
    for ranks in (0, 3):
        done = run(DATA + few + ["--force"], ranks)
        told = wanted("a run that comes to its end, %d ranks" % ranks, done, out, 0, 0, version=1, status="finished", reason="rounds",
                      exit_status=0, sentence=None, round=50, rounds=50, checkpoint=None, lost=None, ranks=ranks or 1, run_file=out)
        ok(told["started"] <= told["ended"] and len(told["ended"]) == 20, "times are of UTC", told)
        before = open(place).read()
        done = run(DATA + few, ranks)
        ok(done.returncode == 2 and open(place).read() == before, "a run that is refused since the file exists leaves its result alone",
           done.stderr)
        done = run(["--data", "synth:least-squares,d=5", "--method", "gd", "--step", "1e8", "--force"] + few[2:] + ["--rounds", "500"], ranks)
        wanted("a run that diverges, %d ranks" % ranks, done, out, 1, status="diverged", exit_status=1, reason=None)
        open(bad, "w").write("+1 1:x\n")
        done = run(["--data", bad, "--force"] + few, ranks)
        wanted("bad data, %d ranks" % ranks, done, out, 2, status="failed", exit_status=2, reason=None, round=0)
        done = run(DATA + few + ["--force", "--until-loss", "1"], ranks)
        wanted("a target that is reached, %d ranks" % ranks, done, out, 0, 0, status="finished", reason="target")
    before = open(place).read()
    run(DATA + few + ["--force", "--dry-run"])
    ok(open(place).read() == before, "--dry-run leaves it alone")
    os.unlink(place)
    os.mkdir(place)
    done = run(DATA + few + ["--force"])
    ok(done.returncode == 3 and place in done.stderr and len(messages(done)) == 1, "a result that cannot be written is said before the rounds",
       done.stderr)
    tuned = os.path.join(folder, "tuned")
    done = call([laconic, "tune"] + DATA + ["--rounds", "5", "--grid", "1,2", "--out", tuned])
    ok(done.returncode == 0 and not [name for name in os.listdir(tuned) if "result" in name], "runs of tune have none", os.listdir(tuned))


def main():
    with tempfile.TemporaryDirectory() as folder:
        for test in (signalled, twice, reader_leaves, others_pass, launched, sealed, again, limits, every_end):
            test(folder)
    finish()


main()
