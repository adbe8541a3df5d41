"""--on-lost-client drop: ranks that die or are stopped at given moments, the rest that goes on, and the same run again in one process.

usage: dropped.py MPIRUN LACONIC DIE_AT      LAC_TEST_LONG: ranks that die at random moments, too
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from calls import call, finish, laconic, ok, refused, run, summary
from jobs import Job, alive, wait_for

DIE_AT = sys.argv[3]
TIMEOUT = "1.5"
UPDATE, ANSWER, KEPT, REPORT = 7, 10, 23, 13  # proto/messages.def
BEFORE, AFTER = 0, 1
KILL, STOP = int(signal.SIGKILL), int(signal.SIGSTOP)
CLIENTS = ["--clients", "9", "--data", "synth:logistic,d=40,m=20", "--seed", "3"]
COUNTED = ("round", "loss", "grad_norm_sq", "bits_up", "bits_down", "bits_up_paper", "oracle_rows", "grad_client_mean_sq", "test_loss")


def moments(*of):
    return {"DIE_AT": DIE_AT, "DIE_AT_MESSAGES": ";".join(" ".join(map(str, m)) for m in of)}


def rows(path):
    lines = [line.split(",") for line in call([laconic, "show", "--csv", path]).stdout.splitlines()]
    kept = [i for i, name in enumerate(lines[0]) if name in COUNTED]
    return [[line[i] for i in kept] for line in lines]


def dropped(folder, options, environment, recovers=True, drop=True):
    """The job, run to its end."""
    os.makedirs(folder, exist_ok=True)
    more = ["--on-lost-client", "drop"] if drop else []
    return Job(folder, CLIENTS + options + ["--client-timeout", TIMEOUT] + more, recovers, environment)


def lost_of(path):
    return (summary(path).get("lost") or {}).get("clients", [])


def spans(path):
    return [(of["first"], of["count"], of["round"], of["row"]) for of in lost_of(path)]


def replays(name, folder, out, options, more=()):
    """The same run in one process, its clients lost at the same rounds."""
    again = os.path.join(folder, "again.h5")
    done = run(CLIENTS + options + ["--participation", "trace:" + out, "--quiet", "--force", "--out", again] + list(more))
    then, now = summary(out), summary(again) if done.returncode == 0 else {}
    same = now and then["final"]["model_digest"] == now["final"]["model_digest"]
    ok(same, name + ": trace:RUN replays it to the same model", done.stderr)
    ok(same and rows(out) == rows(again), "and to the same rows")
    ways = ("up", "down", "start", "evaluation", "set_up")
    ok(same and all(then["bits"][way] == now["bits"][way] for way in ways), "and to the same bits",
       "%s\n%s" % (then["bits"], now and now["bits"]))


def ends_well(name, job, wanted_spans=None, status=0, how=("finished", 0)):
    code, errors, _, gone = job.end()
    result = json.load(open(job.out + ".result.json"))
    said = [line for line in errors.splitlines() if line.startswith("laconic: rank ") and "the run goes on without" in line]
    crashed = status == 0 and code == -signal.SIGSEGV  # mpirun 4.1.4 itself, now and then, as it prints that rank 0 aborts
    ok((code == status or crashed) and (result["status"], result["exit_status"]) == how and len(said) > 0, name + ": the rest goes on",
       "status %d, %s\n%s" % (code, result, errors))
    found = spans(job.out)
    good = found == wanted_spans if wanted_spans else found and sum(span[1] for span in found) % 3 == 0
    ok(good, "those are absent who must be%s" % (", from the right round and row on" if wanted_spans else ""), "%s\n%s" % (found, wanted_spans))
    hosts = {of["host"] for of in result["dropped"] or [{"host": None}]}
    ok(None not in hosts and result["dropped"] == lost_of(job.out) and result["lost"] is None, "result.json names them and their host", result)
    ok(gone, "and no process is left")
    return errors


EF21 = ["--method", "ef21", "--rounds", "60", "--track", "oracle_rows,grad_client_mean_sq"]
COFIG = ["--method", "cofig", "--participation", "nice:6", "--rounds", "60", "--eval-every", "7"]
FEDAVG = ["--method", "fedavg", "--step", "0.05", "--participation", "cohorts:4", "--rounds", "30"]
WHOLE = ["--method", "fedavg", "--step", "0.05", "--rounds", "60", "--data", "synth:logistic,d=30000,m=3", "--eval-every", "20"]  # frames of 240 kB
PIECES = ["--method", "fedavg", "--step", "0.05", "--rounds", "20", "--data", "synth:logistic,d=30000,m=3", "--chunk", "100000"]

CASES = [  # name, options, moments, who is absent: first, count, round, row
    ("a rank dies before an update", EF21, [(2, UPDATE, 40, 2, KILL, BEFORE)], [(3, 1, 41, 40), (4, 2, 40, 40)]),
    ("after its updates", EF21, [(2, UPDATE, 40, 3, KILL, AFTER)], [(3, 3, 41, 40)]),
    ("in an evaluation", EF21, [(3, ANSWER, 40, 2, KILL, BEFORE)], [(6, 3, 41, 40)]),
    ("in round 0", EF21, [(2, UPDATE, 0, 1, KILL, BEFORE)], [(3, 3, 0, 0)]),
    ("two, one after the other", EF21, [(1, UPDATE, 20, 1, KILL, BEFORE), (3, UPDATE, 40, 1, KILL, BEFORE)], [(0, 3, 20, 20), (6, 3, 40, 40)]),
    ("two at once, roles of cofig", COFIG + ["--method", "cofig:independent=1"], [(1, UPDATE, 20, 1, KILL, BEFORE), (2, UPDATE, 20, 1, KILL, BEFORE)], None),
    ("while the pieces of a frame come", PIECES, [(2, UPDATE, 10, 2, KILL, AFTER)], None),
    ("before the first piece was taken", PIECES, [(2, UPDATE, 10, 1, KILL, AFTER)], [(3, 3, 10, 10)]),
    ("stopped, with a frame half sent", PIECES, [(3, UPDATE, 10, 1, STOP, AFTER)], [(6, 3, 10, 10)]),
    ("stopped, with a long frame on its way to it", WHOLE, [(3, UPDATE, 10, 3, STOP, AFTER)], [(6, 3, 11, 11)]),
    ("a meta epoch goes on", FEDAVG, [(2, UPDATE, 10, 1, KILL, BEFORE)], None),
]


def counted(path):
    """oracle_rows of the rows, as numbers."""
    lines = [line.split(",") for line in call([laconic, "show", "--csv", path]).stdout.splitlines()]
    return [int(line[lines[0].index("oracle_rows")]) for line in lines[1:]]


def stays_counted(job, wanted):
    """What lost clients did was done: 20 rows for each gradient of theirs up to their last row, and of the others."""
    found, rounds = counted(job.out), 60
    done = sum(count * 20 * row for _, count, _, row in wanted) + (9 - sum(count for _, count, _, _ in wanted)) * 20 * (rounds + 1)
    ok(found == sorted(found) and len(found) == rounds + 1 and found[-1] == done, "their gradients stay counted", "%s, wanted %d in the end" % (found[-25:], done))


def at_moments(folder, pool):
    jobs = pool.map(lambda i: (i, dropped(os.path.join(folder, str(i)), CASES[i][1], moments(*CASES[i][2]))), range(len(CASES)))
    for i, job in list(jobs):
        name, options, _, wanted = CASES[i]
        ends_well(name, job, wanted)
        if options is EF21:
            stays_counted(job, wanted)
        replays(name, job.folder, job.out, options)


def wakes(folder):
    """A rank that was stopped and given up wakes: it is told, and leaves; the launcher has not noticed anything."""
    at = moments((2, UPDATE, 40, 2, STOP, BEFORE)), dict(moments((2, UPDATE, 40, 2, STOP, AFTER)), OMPI_MCA_btl="self,tcp")
    options = EF21, WHOLE  # over TCP, whose message goes on to come in when its rank wakes
    jobs = [dropped(os.path.join(folder, "wakes%d" % recovers), [word if word != "60" else "1000000000" for word in options[recovers]] + ["--max-seconds", "1e6"],
                    at[recovers], recovers) for recovers in (False, True)]
    given_up = [wait_for(lambda job=job: os.path.exists(job.out) and lost_of(job.out)) for job in jobs]
    for job in jobs:
        os.kill(job.process(2), signal.SIGCONT)
    left = wait_for(lambda: not alive(jobs[1].process(2))) and all(alive(jobs[1].process(rank)) for rank in (0, 1, 3))
    time.sleep(1)
    stays = all(alive(process) for process in jobs[0].processes())
    for job in jobs:
        job.job.send_signal(signal.SIGUSR1)
    for recovers, job in enumerate(jobs):
        name = "a stopped rank, %s" % ("mpirun --enable-recovery" if recovers else "mpirun")
        errors = ends_well(name, job, None if recovers else [(3, 1, 41, 40), (4, 2, 40, 40)], 0 if recovers else 1, ("left", 1))
        ok(given_up[recovers] and "rank 0 counts this rank as lost" in errors and "this rank leaves" in errors, "wakes, and hears that it was given up", errors)
        ok(left if recovers else stays, "and leaves before the others" if recovers else "and stays, or mpirun would end the job")
        rounds = summary(job.out)["rounds"]
        replays(name, job.folder, job.out, [word if word != "60" else str(rounds) for word in options[recovers]])


def begin_last(folder):
    return dropped(os.path.join(folder, "last"), EF21, moments(*[(rank, UPDATE, 20, 1, KILL, BEFORE) for rank in (1, 2, 3)]))


def last(job):
    """Nobody is left: the run is lost as with stop."""
    _, errors, _, gone = job.end()
    result = json.load(open(job.out + ".result.json"))
    ok(result["status"] == "lost" and result["exit_status"] == 4 and gone, "without any client left the run is lost, status 4", "%s\n%s" % (result, errors))


def begin_set_up(folder):
    return dropped(os.path.join(folder, "setup"), EF21, moments((2, ANSWER, 0, 1, KILL, BEFORE)))


def set_up(job):
    """Whoever is lost before the first round is asked for what the run needs: it stops."""
    _, errors, _, _ = job.end()
    ok("is lost in the set-up" in errors and not os.path.exists(job.out), "a rank that is lost in the set-up ends the run", errors)


# rounds of milliseconds, so that checkpoints come between them
LONGER = [word if word != "60" else "200" for word in EF21] + ["--data", "synth:logistic,d=40,m=8000"]


def begin_resumes(folder, victim, kept):
    where = os.path.join(folder, "kept%d" % victim)
    message = KEPT if kept else UPDATE
    return dropped(where, LONGER + ["--checkpoint", os.path.join(where, "points"), "--checkpoint-every", "20", "--keep", "0"],
                   moments((victim, message, 41, 1, KILL, BEFORE)))


def resumes(job, victim, kept):
    """Checkpoints after a loss list who is absent, and a run that goes on from one goes on without them."""
    options, where = LONGER, job.folder
    errors = ends_well("rank %d dies %s" % (victim, "while it writes a checkpoint" if kept else "in a round"), job)
    replays("with checkpoints", where, job.out, options)
    if kept:
        ok("a rank was lost while it was written; the run goes on" in errors, "that checkpoint is given up, and said to be", errors)
    points = sorted(name for name in os.listdir(os.path.join(where, "points")) if name.startswith("round-"))
    after = [name for name in points if 40 < int(name[6:]) < 200][:1]
    shown = json.loads(call([laconic, "show", "--json", os.path.join(where, "points", after[0])]).stdout) if after else {}
    ok(shown and shown["whole"] and [(of["first"], of["count"], of["round"], of["row"]) for of in shown["absent"]] == spans(job.out),
       "the next checkpoint lists who is absent", "%s %s" % (points, shown))
    words = call([laconic, "show", os.path.join(where, "points", after[0])]).stdout if after else ""
    ok("absent " in words and "lost, from round" in words, "and says so to people", words)
    for name in points:
        if not after or int(name[6:]) > int(after[0][6:]):
            subprocess.run(["rm", "-rf", os.path.join(where, "points", name)], check=True)
    wanted, rows_wanted, spans_wanted = summary(job.out), rows(job.out), spans(job.out)
    for ranks in (2, 0):
        copy = os.path.join(where, "copy%d" % ranks)
        subprocess.run(["cp", "-r", os.path.join(where, "points"), copy], check=True)
        out = os.path.join(where, "resumed%d.h5" % ranks)
        subprocess.run(["cp", job.out, out], check=True)
        done = run(CLIENTS + options + ["--quiet", "--resume", copy, "--out", out], ranks)
        now = summary(out) if done.returncode == 0 else {}
        same = now and now["final"]["model_digest"] == wanted["final"]["model_digest"] and rows(out) == rows_wanted
        ok(same and spans(out) == spans_wanted and "lost" in call([laconic, "show", out]).stdout,
           "--resume %s goes on without them, to the same model and rows" % ("on 2 ranks" if ranks else "in one process"),
           "%s\n%s\n%s" % (done.stderr, now and now["final"], wanted["final"]))
        ok(same and all(now["bits"][way] == wanted["bits"][way] for way in ("up", "down", "evaluation")), "and to the same bits")


def begin_at_the_end(folder):
    where = os.path.join(folder, "at-end")
    return dropped(where, SEVENTH + ["--rounds", "60", "--checkpoint", os.path.join(where, "points")], moments((2, KEPT, 60, 1, KILL, BEFORE)))


SEVENTH = ["--method", "ef21", "--participation", "nice:7", "--eval-every", "7"]


def at_the_end(job):
    """The checkpoint after the last round is made anew where a rank was lost over it; whoever goes on from there agrees on who is absent from its row."""
    errors = ends_well("a rank dies at the last checkpoint", job)
    points = os.path.join(job.folder, "points")
    result = json.load(open(job.out + ".result.json"))
    ok(os.listdir(points).count("round-000000060") == 1 and (result["checkpoint"] or {}).get("round") == 60 and result["dropped"], "which is made without it", "%s\n%s" % (result, errors))
    whole = os.path.join(job.folder, "whole.h5")
    run(CLIENTS + SEVENTH + ["--rounds", "100", "--participation", "trace:" + job.out, "--quiet", "--out", whole])
    for ranks in (3, 0):
        copy, other, out = (os.path.join(job.folder, name + str(ranks)) for name in ("copy", "other", "more"))
        subprocess.run(["cp", "-r", points, copy], check=True)
        subprocess.run(["cp", "-r", points, other], check=True)
        subprocess.run(["cp", job.out, out], check=True)
        done = run(CLIENTS + SEVENTH + ["--rounds", "100", "--quiet", "--client-timeout", "20", "--resume", copy, "--out", out], ranks)
        ok(done.returncode == 0 and summary(out)["final"]["model_digest"] == summary(whole).get("final", {}).get("model_digest"), "and from which more rounds go on, on %d ranks" % ranks, done.stderr)
        ended = run(CLIENTS + SEVENTH + ["--rounds", "100", "--until-loss", "10", "--quiet", "--client-timeout", "20", "--resume", other], ranks)
        ok(ended.returncode == 0, "also where its row is asked for at once", ended.stderr)


def methods():
    """Those that admit a loss, those that do not, and whether each says so."""
    listed = json.loads(call([laconic, "list", "methods", "--json"]).stdout)["methods"]
    return [m["name"] for m in listed], [m["name"] for m in listed if m["admits_loss"]]


def options_of(name):
    local = ["--step", "0.01"] if name in ("fedavg", "fedprox", "fedpaq", "fedcom", "scaffold") else []
    return ["--method", name, "--rounds", "30"] + local


def every_method(folder, pool):
    names, admitting = methods()
    for name in names:
        if name not in admitting:
            refused("%s is refused, with the reason" % name, run(CLIENTS + ["--method", name, "--step", "0.01", "--on-lost-client", "drop"]), 2,
                    "--on-lost-client drop: %s needs every client in every round" % name, ", ".join(admitting))
    ok(set(admitting) <= set(names) and {"cofig", "frecon", "fedavg", "rr-cli", "ef21", "pp-marina"} <= set(admitting), "methods of partial participation admit it", admitting)

    def begin(name):
        job = dropped(os.path.join(folder, "of-" + name), options_of(name) + ["--participation", "bernoulli:0.7" if name == "scaffold" else "nice:7" if name != "rr-cli" else "cohorts:3"],
                      moments((2, UPDATE, 10, 2, KILL, BEFORE)))
        job.job.wait(120)
        return name, job
    for name, job in list(pool.map(begin, admitting)):
        where = spans(job.out)
        ok(sum(span[1] for span in where) == 3, "%s loses a rank, and goes on" % name, job.job.stderr.read())
        replays(name, job.folder, job.out, options_of(name))


def options():
    base = CLIENTS + ["--method", "ef21", "--rounds", "5"]
    refused("measured-c needs everybody", run(base + ["--method", "ef21:measured-c=1", "--on-lost-client", "drop"]), 2, "of whom none may be lost")
    refused("a replay loses nobody else", run(base + ["--participation", "full:lost=3@4", "--on-lost-client", "drop"]), 2, "--participation says already who is lost")
    with tempfile.TemporaryDirectory() as keys:
        key = os.path.join(keys, "key")
        call([laconic, "keygen", key])
        refused("a sealed run needs everybody", run(CLIENTS + ["--method", "dcgd", "--compressor", "permk", "--seal", key, "--on-lost-client", "drop"]), 2, "in a sealed run")
        plain = os.path.join(keys, "plain.h5")
        run(base + ["--quiet", "--out", plain])
        refused("a replay of a run with other clients", run(base + ["--clients", "8", "--participation", "trace:" + plain]), 2, "--clients 9", "8")
        replays("a run that lost nobody", keys, plain, ["--method", "ef21", "--rounds", "5"])
    for text, words in [("nice:3,lost=", "lost"), ("nice:3,lost=9@1", "from 0 to 8"), ("nice:3,lost=2-1@1", "FIRST-LAST"), ("nice:3,lost=2@5/3", "round 5"),
                        ("nice:3,lost=2@5+2@6", "twice"), ("nice:3,lost=2@5+", "round 5"), ("nice:3,lost=x@5", "'x'"), ("full:lost=0-8@5", "somebody has to stay")]:
        refused("refused: " + text, run(base + ["--participation", text]), 2, "--participation", words)
    refused("gd has nobody to lose", run(CLIENTS + ["--method", "gd", "--participation", "full:lost=2@5"]), 2, "gd needs every client")


def other_policies(folder):
    """Whether rows are asked for is of the run, not of what a start does about losses: the account of evaluation, too, is that of a run that was not interrupted."""
    options = ["--method", "ef21", "--rounds", "20"]
    drop = ["--on-lost-client", "drop"]

    def made(name, words, rounds=20, more=()):
        out = os.path.join(folder, name + ".h5")
        words = CLIENTS + [word if word != "20" else str(rounds) for word in options] + ["--quiet", "--out", out] + words + list(more)
        done = run(words)
        ok(done.returncode == 0, "a run of %d rounds: %s" % (rounds, " ".join(words[-3:])), done.stderr)
        return out

    def evaluation(out):
        return summary(out)["bits"]["evaluation"]

    with_drop, without = made("with", drop), made("without", [])
    ok(evaluation(with_drop)["down"] > evaluation(without)["down"], "drop asks for rows", "%s %s" % (evaluation(with_drop), evaluation(without)))
    replays("a run with drop that lost nobody", folder, with_drop, options)
    again = made("second", ["--participation", "trace:" + with_drop])
    replays("the replay of a replay", folder, again, options)
    for first, then, wanted in (drop, [], with_drop), (drop, drop, with_drop), ([], [], without):
        name = "kept-%d-%d" % (len(first), len(then))
        kept = ["--resume", os.path.join(folder, name)]
        made(name, kept + first, 10)
        out = made(name, kept + then)
        ok(evaluation(out) == evaluation(wanted) and rows(out) == rows(wanted), "a run that begins with %s and goes on with %s keeps its account" % (first[1:] or "stop", then[1:] or "stop"),
           "%s %s" % (evaluation(out), evaluation(wanted)))
    kept = ["--resume", os.path.join(folder, "later")]
    made("later", kept, 10)
    made("later", kept + drop, 15)
    out = made("later", kept)
    ok(evaluation(without)["down"] < evaluation(out)["down"] < evaluation(with_drop)["down"] and summary(out)["rows_asked_from"] == 11, "a run that first goes on with drop asks from there on",
       "%s %s" % (summary(out).get("rows_asked_from"), evaluation(out)))
    replays("such a run", folder, out, options)


def at_random(folder):
    """Any rank at any moment, and how it ends the same again."""
    draw = random.Random(11)
    for i in range(60):
        first, second = draw.sample((1, 2, 3), 2)
        message = draw.choice((UPDATE, ANSWER))
        at = [(first, message, draw.randrange(60), draw.randrange(1, 4), draw.choice((KILL, STOP)), draw.randrange(2))]
        if at[0][4] == KILL:  # where one of several lost ranks is stopped mpirun 4.1.4 may wait for ever
            at.append((second, UPDATE, draw.randrange(60), draw.randrange(1, 4), KILL, draw.randrange(2)))
        options = draw.choice((EF21, COFIG, FEDAVG, PIECES))
        job = dropped(os.path.join(folder, "random"), options, moments(*at))
        status, errors, _, gone = job.end()
        ok(status in (0, -signal.SIGSEGV) and gone, "random losses %d: %s" % (i, at), errors)
        replays("random %d" % i, job.folder, job.out, options)


with tempfile.TemporaryDirectory() as where:
    with ThreadPoolExecutor(5) as pool:
        options()
        other_policies(where)
        at_moments(where, pool)
        every_method(where, pool)
    begun = begin_last(where), begin_set_up(where), begin_resumes(where, 1, False), begin_resumes(where, 2, True), begin_at_the_end(where)
    last(begun[0])
    set_up(begun[1])
    resumes(begun[2], 1, False)
    resumes(begun[3], 2, True)
    at_the_end(begun[4])
    wakes(where)
    if "LAC_TEST_LONG" in os.environ:
        at_random(where)
finish()
