"""A server that attacks a run which keeps checkpoints and is resumed, with all that it has recorded of the session before: the run
stops, a client says why, no checkpoint has anything of it, and the run goes on from what is there to the honest end.

usage: resumed_attacks.py MPIRUN LACONIC EVIL_SERVER
"""

import os
import re
import shutil
import tempfile

from sealed import LONG, digest, finish, job, ok, recorded, rows, run, said, summary

# states large enough for their writing to take a while
TRAIN = "--data synth:least-squares,d=3000,m=4 --clients 3 --method diana --compressor permk --rounds 8".split()
FROM = 4  # the checkpoint that it goes on from: a rank's first block is of the round behind it
SECURITY, LOST = (5,), (4,)
NONE = ("none", "ANY", 0, 0, 0, 0)
# words of evil_server, statuses, what a client says, the round that must not end
BLOCKS = [
    (("earlier", "BLOCK", 2, 0, 2, 0), SECURITY, r"client 1's sealed block of round 6", 6),
    (("session", "BLOCK", 2, 0, 2, 0), SECURITY, r"BLOCK of client 1 in round 2 where client 1's block of round 6 was due", 6),
    (("flip-told", "BLOCK", 3, 0, 3, 40), SECURITY, r"client 2's sealed block of round 7", 7),
    (("drop", "BLOCK", 2, 0, 3, 0), LOST, r"client 1's block of round 7 did not come", 7),
    (("earlier", "ANY", 0, 0, 0, 0), SECURITY, r"another session", FROM + 1),
]
MORE_BLOCKS = [
    (("earlier", "BLOCK", 0, 0, 0, 0), SECURITY, r"sealed block of round 5", 5),
    (("earlier", "BLOCK", 1, 0, 4, 0), SECURITY, r"client 0's sealed block of round 8", 8),
    (("session-told", "BLOCK", 2, 0, 2, 0), SECURITY, r"client 1's sealed block of round 6", 6),
    (("flip-told", "BLOCK", 1, 0, 1, -1), SECURITY, r"client 0's sealed block of round 5", 5),
    (("earlier", "JOIN", 0, 0, 0, 0), SECURITY, r"another session", FROM + 1),
    (("earlier", "CONFIRM", 2, 0, 1, 0), SECURITY, r"another session", FROM + 1),
]
# of a rank to the first, counted from its last one backwards: with a checkpoint of each round most belong to these
LETTERS = [("earlier", 6, SECURITY), ("flip-told", 9, SECURITY), ("drop", 9, LOST + SECURITY)]
MORE_LETTERS = [("earlier", 12, SECURITY), ("flip", 5, SECURITY), ("flip-told", 13, SECURITY), ("repeat", 7, SECURITY)]


def rounds_in(folder):
    return sorted(int(name[6:]) for name in os.listdir(folder) if name.startswith("round-"))


class Stage:
    """A session that kept a checkpoint, all that passed the server, and what is left where it stopped."""

    def __init__(self, folder):
        self.folder = folder
        self.key, self.old, self.record, self.kept, self.private = (
            os.path.join(folder, name) for name in ("group.key", "old", "record", "kept", "private.h5"))
        run([self.key], command="keygen")
        solo = os.path.join(folder, "solo.h5")
        run(TRAIN + ["--out", solo, "--quiet"])
        self.wanted = digest(solo)
        done = self.play(NONE, "--checkpoint", self.old, FROM)
        self.honest = rows(self.private)
        ok(done.returncode == 0 and digest(self.private) == self.wanted is not None and rounds_in(self.kept)[:1] == [FROM],
           "a session is recorded, with a checkpoint of round %d" % FROM, done.stderr)
        os.rename(self.kept, self.kept + ".all")
        os.rename(self.private, self.private + ".all")

    def options(self, how, every=1):
        return ["--seal", self.key, how, self.kept, "--checkpoint-every", str(every), "--keep", "0", "--out-private", self.private, "--private-plain"]

    def play(self, attack, how, record, every=1, timeout=60):
        return job(attack, TRAIN, self.options(how, every), environment={"EVIL_RECORD": record, "EVIL_PLAY": self.old}, timeout=timeout,
                   patient=attack[2])

    def resume(self, attack, timeout=60):
        """As a kill after that checkpoint leaves it: the private file has rows of later rounds."""
        shutil.rmtree(self.kept, ignore_errors=True)
        os.mkdir(self.kept)
        name = "round-%09d" % FROM
        shutil.copytree(os.path.join(self.kept + ".all", name), os.path.join(self.kept, name))
        shutil.copy(self.private + ".all", self.private)
        return self.play(attack, "--resume", self.record, timeout=timeout)

    def goes_on(self):
        """Honestly, in one process, from what an attack has left."""
        return run(TRAIN + self.options("--resume") + ["--quiet"])


def attacked(stage, attack, statuses, sentence, before):
    for _ in range(3):
        done = stage.resume(attack, 6 if 4 in statuses else 60)
        if done.returncode >= 0:
            break  # as in attacks.py: mpirun itself fell
    told = any(re.search(sentence, text) for _, text in said(done))
    ok(done.returncode in statuses and told, "resumed, %s: status %s, a client says it" % (" ".join(map(str, attack)), " or ".join(map(str, statuses))),
       "status %d, wanted %s with %s\n%s" % (done.returncode, statuses, sentence, done.stderr))
    kept, left, status = rounds_in(stage.kept), rows(stage.private), summary(stage.private).get("status")
    after = stage.goes_on()
    ok(kept[0] == FROM and kept[-1] < before and left == stage.honest[:len(left)] and status != "finished" or before == FROM + 1 and kept == [FROM],
       "no checkpoint is of round %d or later, no row another than the honest run's" % before, "%s %s %s" % (kept, status, len(left)))
    ok(after.returncode == 0 and digest(stage.private) == stage.wanted and rows(stage.private) == stage.honest,
       "and from the checkpoint of round %d it goes on to the honest model" % kept[-1], after.stderr)


def letters_of(record, rank):
    return sum(frame.message == "LETTER" and (frame.source, frame.target) == (rank, 1) for frame in recorded(record))


def main():
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(folder)
        done = stage.resume(NONE)
        ok(done.returncode == 0 and digest(stage.private) == stage.wanted and rows(stage.private) == stage.honest and rounds_in(stage.kept)[-1] == 8,
           "resumed through a server that forwards all, it ends as it had", done.stderr)
        count = letters_of(stage.record, 2)
        for attack in BLOCKS + (MORE_BLOCKS if LONG else []):
            attacked(stage, *attack)
        for name, back, statuses in LETTERS + (MORE_LETTERS if LONG else []):
            number = count - back
            words = r"letter (%d )?of rank 2" % (number + (name == "repeat"))
            attacked(stage, (name, "LETTER", 2, 1, number, 33 if "flip" in name else 0), statuses, words, 8)
    finish()


main()
