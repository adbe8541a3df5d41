"""A server that changes, swaps, replays, reflects, holds back, repeats or forks what it forwards: the run stops, a client says why,
and nothing of it has reached a model.

usage: attacks.py MPIRUN LACONIC EVIL_SERVER
"""

import json
import os
import re
import tempfile

from sealed import LONG, data_rows, digest, finish, job, ok, options, recorded, rows, run, said, summary

TRAIN = options()
ROUND = 4  # which is attacked
HEADER, TAG = 32, 16
SECURITY, LOST = (5,), (4,)
# what does not yet need the key: options that differ are the honest reading of it
EITHER = (2, 5)

# words of evil_server: attack, message, from, to, which, at; statuses; what a client says. MORE_...: where time allows
BLOCKS = [
    (("flip", "BLOCK", 2, 0, ROUND, 4), SECURITY, r"client 1's block of round 4"),  # message
    (("flip", "BLOCK", 2, 0, ROUND, HEADER), SECURITY, r"client 1's sealed block of round 4"),
    (("flip-told", "BLOCK", 1, 0, ROUND, -1), SECURITY, r"client 0's sealed block of round 4"),
    (("cut-told", "BLOCK", 2, 0, ROUND, 8), SECURITY, r"client 1's sealed block of round 4"),
    (("extend-told", "BLOCK", 2, 0, ROUND, 4096), SECURITY, r"client 1's block of round 4"),
    (("swap-told", "BLOCK", 2, 0, ROUND, 0), SECURITY, r"client [12]'s sealed block of round 4"),
    (("replay", "BLOCK", 3, 0, ROUND, 0), SECURITY, r"BLOCK of client 2 in round 3 where client 2's block of round 4 was due"),
    (("replay-told", "BLOCK", 3, 0, ROUND, 0), SECURITY, r"client 2's sealed block of round 4"),
    (("session", "BLOCK", 2, 0, ROUND, 0), SECURITY, r"client 1's sealed block of round 4"),
    (("reflect-told", "BLOCK", 2, 0, ROUND, 0), SECURITY, r"client 1's sealed block of round 4"),
    (("repeat", "BLOCK", 2, 0, ROUND, 0), SECURITY, r"BLOCK of client 1 in round 4 where client 1's block of round 5 was due"),
    (("fork", "BLOCK", 1, 0, ROUND, HEADER), SECURITY, r"client 0's sealed block of round 4"),
    (("drop", "BLOCK", 2, 0, ROUND, 0), LOST, r"client 1's block of round 4 did not come"),
    (("cut", "BLOCK", 2, 0, ROUND, 8), SECURITY, r"client 1's block of round 4"),
    (("stop", "BLOCK", 2, 0, ROUND, 0), SECURITY, r"rank 0 would end the run"),
]
MORE_BLOCKS = [
    (("flip", "BLOCK", 2, 0, ROUND, 0), SECURITY, r"client 1's block of round 4"),  # magic
    (("flip", "BLOCK", 2, 0, ROUND, 3), SECURITY, r"client 1's block of round 4"),  # version
    (("flip", "BLOCK", 2, 0, ROUND, 6), SECURITY, r"client 1's block of round 4"),  # flags
    (("flip", "BLOCK", 2, 0, ROUND, 16), SECURITY, r"client 1's block of round 4"),  # round
    (("flip-told", "BLOCK", 2, 0, ROUND, HEADER + 9), SECURITY, r"client 1's sealed block of round 4"),
    (("flip", "BLOCK", 3, 0, ROUND, -TAG), SECURITY, r"client 2's sealed block of round 4"),
    (("cut-told", "BLOCK", 2, 0, ROUND, 80 + TAG), SECURITY, r"client 1's block of round 4"),
    (("extend", "BLOCK", 2, 0, ROUND, 8), SECURITY, r"client 1's block of round 4"),
    (("extend-told", "BLOCK", 2, 0, ROUND, 8), SECURITY, r"client 1's block of round 4"),
    (("swap", "BLOCK", 2, 0, ROUND, 0), SECURITY, r"client [12]'s block of round 4 was due"),
    (("reflect", "BLOCK", 2, 0, ROUND, 0), SECURITY, r"BLOCK of client 2 in round 4 where client 1's block of round 4 was due"),
    (("repeat", "BLOCK", 0, 0, 0, 0), SECURITY, r"in round 1 where client \d's block of round 2 was due"),
    (("drop", "BLOCK", 1, 0, 1, 0), LOST + SECURITY, r"client 0's block of round 1 (did not come|was due)"),
]
LETTERS = [
    (("flip", "LETTER", 2, 1, 5, HEADER + 1), SECURITY, r"letter 5 of rank 2"),
    (("flip", "LETTER", 2, 1, 5, 0), SECURITY, r"letter 5 of rank 2"),
    (("extend", "LETTER", 2, 1, 5, 8), SECURITY, r"letter 5 of rank 2"),
    (("swap", "LETTER", 2, 1, 5, 0), SECURITY, r"letter 5 of rank [23]"),
    (("replay-told", "LETTER", 1, 3, 5, 0), SECURITY, r"letter 5 of rank 1"),
    (("session", "LETTER", 2, 1, 2, 0), SECURITY, r"letter 2 of rank 2"),
    (("reflect", "LETTER", 2, 1, 5, 0), SECURITY, r"letter 5 of rank 2"),
    (("repeat", "LETTER", 2, 1, 5, 0), SECURITY, r"letter 6 of rank 2"),
    (("drop", "LETTER", 2, 1, 5, 0), (4, 5), r"letter (5 )?of rank 2"),
]
MORE_LETTERS = [
    (("flip-told", "LETTER", 1, 2, 5, HEADER + 1), SECURITY, r"letter 5 of rank 1"),
    (("flip", "LETTER", 2, 1, 5, -1), SECURITY, r"letter 5 of rank 2"),
    (("flip-told", "LETTER", 2, 1, 5, HEADER + HEADER), SECURITY, r"letter 5 of rank 2"),
    (("cut-told", "LETTER", 2, 1, 5, 8), SECURITY, r"letter 5 of rank 2"),
    (("extend-told", "LETTER", 2, 1, 5, 8), SECURITY, r"letter 5 of rank 2"),
    (("replay", "LETTER", 2, 1, 5, 0), SECURITY, r"letter 5 of rank 2"),
    (("repeat", "LETTER", 1, 2, 3, 0), SECURITY, r"letter 4 of rank 1"),
    (("drop", "LETTER", 1, 3, 2, 0), (4, 5), r"letter (2 )?of rank [123]|client 2's block"),
    (("cut", "LETTER", 2, 1, 5, 8), SECURITY, r"letter 5 of rank 2"),
]
RANDOMS = HEADER + 44
MEETING = [
    (("flip-told", "JOIN", 2, 0, 1, RANDOMS), SECURITY, r"client \d .*another session"),
    (("flip-told", "JOIN", 2, 0, 1, HEADER), EITHER, r"client \d|rank 2"),  # ciphers
    (("fork", "JOIN", 1, 0, 1, RANDOMS + 5), SECURITY, r"client \d .*another session"),
    (("session", "JOIN", 2, 0, 1, 0), SECURITY, r"client \d .*another session"),
    (("session", "ANY", 0, 0, 0, 0), SECURITY, r"client \d .*another session"),
    (("repeat", "JOIN", 2, 0, 1, 0), SECURITY, r"JOIN where rank 2's confirmation was due"),
    (("flip-told", "CONFIRM", 2, 0, 1, HEADER), SECURITY, r"client 1 .*another session"),
    (("fork", "CONFIRM", 1, 0, 1, HEADER + 7), SECURITY, r"client 0 .*another session"),
    (("drop", "CONFIRM", 2, 0, 1, 0), LOST, r"rank 2's confirmation did not come"),
]
MORE_MEETING = [
    (("flip-told", "JOIN", 2, 0, 1, HEADER + 4), EITHER, r"rank 2"),  # the forced cipher
    (("flip-told", "JOIN", 2, 0, 1, HEADER + 8), EITHER, r"rank 2"),  # clients
    (("flip", "JOIN", 2, 0, 1, RANDOMS), SECURITY, r"rank 2's greeting"),
    (("cut-told", "JOIN", 2, 0, 1, 4), SECURITY, r"rank 2's greeting"),
    (("extend-told", "JOIN", 2, 0, 1, 8), SECURITY, r"rank 2's greeting"),
    (("fork", "JOIN", 2, 0, 1, RANDOMS + 31), SECURITY, r"client \d .*another session"),
    (("swap", "JOIN", 2, 0, 1, 0), SECURITY, r"client \d .*another session"),
    (("session", "ANY", 2, 0, 0, 0), SECURITY, r"client \d .*another session"),
    (("reflect", "JOIN", 2, 0, 1, 0), SECURITY, r"client \d .*another session"),
    (("drop", "JOIN", 2, 0, 1, 0), LOST + SECURITY, r"rank 2's greeting (did not come|was due)"),
    (("flip-told", "CONFIRM", 2, 0, 1, -1), EITHER, r"client 1 "),
    (("flip", "CONFIRM", 2, 0, 1, HEADER), SECURITY, r"rank 2's confirmation"),
    (("cut-told", "CONFIRM", 2, 0, 1, 32), SECURITY, r"rank 2 does not confirm"),
    (("swap", "CONFIRM", 2, 0, 1, 0), SECURITY, r"client [12] .*another session"),
    (("reflect", "CONFIRM", 2, 0, 1, 0), SECURITY, r"client 1 .*another session"),
    (("session", "CONFIRM", 2, 0, 1, 0), SECURITY, r"client 1 .*another session"),
    (("repeat", "CONFIRM", 3, 0, 1, 0), SECURITY, r"CONFIRM .* where client 2's block of round 1 was due"),
]
SITES = [
    (("flip-told", "JOIN", 2, 0, 1, -1), SECURITY, r"site 1|site-2"),
    (("session", "GRANT", 1, 2, 1, 0), SECURITY, r"site-1"),
    (("flip-told", "GRANT", 1, 2, 1, HEADER + 40), SECURITY, r"site-1"),
    (("announce", "GRANT", 1, 2, 1, 33), SECURITY, r"the group key from rank 1: a frame announces 8589934592 bytes"),
]
MORE_SITES = [
    (("flip-told", "JOIN", 2, 0, 1, RANDOMS), SECURITY, r"site-2"),
    (("flip-told", "JOIN", 2, 0, 1, -65), EITHER, r"rank 2|greeting"),  # whether it is signed
    (("swap", "JOIN", 2, 0, 1, 0), SECURITY, r"site-[23]"),
    (("session", "JOIN", 2, 0, 1, 0), SECURITY, r"client \d|grant|site-1"),
    (("flip-told", "GRANT", 1, 3, 1, -3), SECURITY, r"site-1"),
    (("drop", "GRANT", 1, 2, 1, 0), LOST, r"letter of rank 1|rank 2's confirmation"),
    (("repeat", "GRANT", 1, 2, 1, 0), SECURITY, r"letter"),
]


class Stage:
    """The honest run, an earlier session's record, and a folder for each job."""

    def __init__(self, folder, client, train=TRAIN):
        self.folder, self.client, self.train, self.number = folder, client, train, 0
        self.old = os.path.join(folder, "old")
        done, private = self.play(("none", "ANY", 0, 0, 0, 0), record=self.old)
        self.honest, self.digest, self.done = rows(private), digest(private), done
        self.after = [self.model_after(rounds) for rounds in range(9)]

    def model_after(self, rounds):
        """Digest of the model after so many honest rounds, in one process and not sealed."""
        path, at = os.path.join(self.folder, "after.h5"), self.train.index("--rounds") + 1
        run(self.train[:at] + [str(rounds)] + self.train[at + 1:] + ["--out", path, "--quiet", "--force"])
        return digest(path)

    def play(self, attack, record, timeout=60, environment=None):
        self.number += 1
        private = os.path.join(self.folder, "private-%d.h5" % self.number)
        where = dict({"EVIL_RECORD": record, "EVIL_PLAY": self.old}, **(environment or {}))
        client = self.client + ["--out-private", private, "--private-plain"]
        return job(attack, self.train, client, environment=where, timeout=timeout, patient=attack[2]), private


def title(attack, client):
    name, message, source, target, which, at = attack
    who = "any rank" if source == 0 else "rank %d" % source
    return "%s%s: %s of %s %s to %s, at %d" % ("sites, " if "--identity" in client else "", name, message, who, which or "each",
                                               target or "all", at)


def blocks_behind(frames, attack):
    """Blocks of rounds after the attacked one, of ranks that did not get the block as it was: they would tell of a step."""
    name, message, source, _, which, _ = attack
    if "reorder" in name:
        which = ROUND
    if message != "BLOCK" or name == "repeat":
        return []
    spared = {source} | ({source % 3 + 1} if "swap" in name else set())
    if name in ("reflect", "reflect-told", "fork", "stop"):  # one rank alone is deceived
        spared = {1, 2, 3} - {3}
    return [(f.source, f.round) for f in frames if f.message == "BLOCK" and f.source not in spared and f.round > which]


def not_ended(private):
    """The first client's rank failed, was killed, or got TERM of mpirun while another rank refused. No server can make it leave of
    itself, with a checkpoint or by USR1: signals alone do (base/leave.c)."""
    status = summary(private).get("status")
    if status != "left":
        return status in (None, "failed", "lost", "running", "unfinished")
    with open(private + ".result.json") as file:
        result = json.load(file)
    return (result["status"], result["reason"], result["exit_status"], result["checkpoint"]) == ("left", "TERM", 1, None)


def attacked(stage, attack, statuses, sentence, environment=None):
    record = os.path.join(stage.folder, "record")
    slow = 4 in statuses
    for _ in range(3):
        done, private = stage.play(attack, record, 6 if slow else 60, environment)
        if done.returncode >= 0:
            break  # else mpirun itself fell, over two ranks that end the job at once: no status came through
    lines, name = said(done), title(attack, stage.client)
    good = done.returncode in statuses and any(re.search(sentence, text) for _, text in lines)
    ok(good, "%s: status %s, a client says it" % (name, " or ".join(map(str, statuses))),
       "status %d, wanted %s with %s\n%s" % (done.returncode, statuses, sentence, done.stderr))
    left, status = rows(private), summary(private).get("status")
    early = blocks_behind(recorded(record), attack)
    model, rounds = digest(private), summary(private).get("rounds")
    harmless = (model is None or model == stage.after[rounds]) and not_ended(private) and left == stage.honest[:len(left)] and not early
    ok(harmless, "and no run finishes, no row and no model is another than the honest run's, no step is made with it",
       "%s\n%s after %s\n%s\n%s" % (status, model, rounds, early, [pair for pair in zip(left, stage.honest) if pair[0] != pair[1]]))


def honest(stage, solo, name):
    ok(stage.done.returncode == 0 and stage.digest == solo and len(stage.honest) == 9,
       "%s: a server that forwards all, once, gives the digest of the run in one process" % name, stage.done.stderr)


def group(folder, solo):
    key = os.path.join(folder, "group.key")
    run([key], command="keygen")
    stage = Stage(folder, ["--seal", key])
    honest(stage, solo, "--seal")
    for attack in BLOCKS + LETTERS + MEETING + (MORE_BLOCKS + MORE_LETTERS + MORE_MEETING if LONG else []):
        attacked(stage, *attack)


# ranks of two clients: 3 and 4 are the third's
SEVERAL = [
    (("reorder", "BLOCK", 3, 0, 2 * ROUND - 1, 0), SECURITY, r"BLOCK of client 4 in round 4 where client 3's block of round 4 was due"),
    (("reorder-told", "BLOCK", 3, 0, 2 * ROUND - 1, 0), SECURITY, r"client 3's sealed block of round 4"),
]


def several(folder, _):
    """Ranks of several clients; and a server that says early that all have left, which ends nothing."""
    key, path = os.path.join(folder, "group.key"), os.path.join(folder, "solo.h5")
    run([key], command="keygen")
    train = options(clients=5)
    run(train + ["--out", path, "--quiet"])
    stage = Stage(folder, ["--seal", key], train)
    honest(stage, digest(path), "ranks of several clients")
    for attack in SEVERAL:
        attacked(stage, *attack)
    done, private = stage.play(("closed", "BLOCK", 2, 0, ROUND, 0), os.path.join(folder, "record"), timeout=6)
    finished = summary(private).get("status") == "finished"
    ok(done.returncode in (0, 4, 5) and rows(private) == stage.honest[:len(rows(private))] and (not finished or digest(private) == digest(path)),
       "that all have left, said too early, changes no row and no model", "%d\n%s" % (done.returncode, done.stderr))


def overlapped(folder, _):
    """Where blocks are used before their turn, a round that is broken off leaves no model behind."""
    key, path = os.path.join(folder, "group.key"), os.path.join(folder, "solo.h5")
    run([key], command="keygen")
    train = TRAIN + ["--overlap"]
    run(train + ["--out", path, "--quiet"])
    stage = Stage(folder, ["--seal", key], train)
    honest(stage, digest(path), "--overlap")
    attacked(stage, ("drop", "BLOCK", 3, 0, ROUND, 0), LOST, r"client 2's block of round 4 did not come")
    attacked(stage, ("flip-told", "BLOCK", 3, 0, ROUND, 40), SECURITY, r"client 2's sealed block of round 4")


HUGE = r"a frame announces 8589934592 bytes of body where \d{3,6} are possible"
ANNOUNCED = [
    (("announce", "LETTER", 2, 1, 1, 33), SECURITY, "letter 1 of rank 2: " + HUGE),  # HELLO
    (("announce", "LETTER", 2, 1, 2, 33), SECURITY, "letter 2 of rank 2: " + HUGE),  # SCAN
    (("announce", "LETTER", 1, 2, 1, 33), SECURITY, "letter 1 of rank 1: " + HUGE),  # PLAN
    (("announce", "LETTER", 1, 2, 2, 33), SECURITY, "letter 2 of rank 1: " + HUGE),  # the first after it
]


def announced(folder, _):
    """Pieces of 256 bytes, whose first one tells of 8 GiB before anything of it is authenticated: no memory is taken for it."""
    key, data, path = (os.path.join(folder, name) for name in ("group.key", "rows", "solo.h5"))
    run([key], command="keygen")
    with open(data, "w") as file:
        file.write(data_rows(300))
    train = options(data=data, more="--split sorted --objective least-squares --chunk 256")
    run(train + ["--out", path, "--quiet"])
    stage = Stage(folder, ["--seal", key], train)
    honest(stage, digest(path), "a file, in pieces of 256 bytes")
    for attack in ANNOUNCED:
        attacked(stage, *attack)


def identities(folder):
    with open(os.path.join(folder, "roster"), "w") as roster:
        for rank in (1, 2, 3):
            roster.write(run(["--identity", os.path.join(folder, "site-%d.key" % rank), "--name", "site-%d" % rank], command="keygen").stdout)
    run(["--identity", os.path.join(folder, "evil.key"), "--name", "evil"], command="keygen")
    return ["--identity", os.path.join(folder, "site-{rank}.key"), "--roster", os.path.join(folder, "roster")]


def sites(folder, solo):
    stage = Stage(folder, identities(folder))
    honest(stage, solo, "--identity")
    for attack in SITES + (MORE_SITES if LONG else []):
        attacked(stage, *attack)

    def of(identity):
        return {"EVIL_IDENTITY": os.path.join(folder, identity), "EVIL_ROSTER": os.path.join(folder, "roster")}
    own, stolen = of("evil.key"), of("site-2.key")
    attacked(stage, ("join", "JOIN", 2, 0, 1, 0), SECURITY, r"site-2", own)
    attacked(stage, ("join", "JOIN", 2, 0, 1, 1), SECURITY, r"site-2", own)
    attacked(stage, ("grant", "GRANT", 1, 2, 1, 0), SECURITY, r"site-1", own)
    attacked(stage, ("grant", "GRANT", 1, 3, 1, 0), SECURITY, r"site-1", stolen)
    attacked(stage, ("join", "JOIN", 2, 0, 1, 1), SECURITY, r"client \d|site-1", stolen)
    done, private = stage.play(("join", "JOIN", 2, 0, 1, 0), os.path.join(folder, "record"), environment=stolen)
    ok(done.returncode == 0 and digest(private) == solo, "a join signed again by its own site is good: what is refused above is the signature",
       done.stderr)
    done, private = stage.play(("grant", "GRANT", 1, 2, 1, 0), os.path.join(folder, "record"), environment=of("site-1.key"))
    ok(done.returncode == 5 and any("another group key" in text for _, text in said(done)),
       "a key in a grant that the leader's stolen identity signs is found out when all confirm", done.stderr)


def main():
    with tempfile.TemporaryDirectory() as where:
        path = os.path.join(where, "solo.h5")
        run(TRAIN + ["--out", path, "--quiet"])
        solo = digest(path)
        for part in (group, several, overlapped, announced, sites):
            folder = os.path.join(where, part.__name__)
            os.mkdir(folder)
            part(folder, solo)
    finish()


main()
