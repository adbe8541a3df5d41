"""What those can do who see or write the folders of a run, and are not its user: read nothing, and lead it nowhere else.

usage: strangers.py MPIRUN LACONIC
"""

import glob
import json
import os
import re
import stat
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../mpi"))
from calls import call, finish, laconic, ok, run, summary  # noqa: E402

PLAIN = ["--data", "synth:logistic,d=12,m=8", "--clients", "6", "--method", "dcgd", "--compressor", "permk", "--quiet"]


class Place:
    def __init__(self, folder):
        self.folder, self.keep = folder, os.path.join(folder, "kept")
        self.treasure = os.path.join(folder, "elsewhere", "treasure")
        os.mkdir(os.path.dirname(self.treasure))
        with open(self.treasure, "w") as file:
            file.write("mine")

    def path(self, name):
        return os.path.join(self.folder, name)

    def key(self, name):
        call([laconic, "keygen", self.path(name)])
        return self.path(name)

    def train(self, *words):
        return run(PLAIN + ["--resume", self.keep, "--checkpoint-every", "2"] + (["--rounds", "10"] if "--rounds" not in words else []) + list(words))

    def intact(self):
        return open(self.treasure).read() == "mine" and os.listdir(os.path.dirname(self.treasure)) == ["treasure"]

    def problem(self):
        text = open(sorted(glob.glob(self.keep + "/round-*/MANIFEST.json"))[-1]).read()
        return json.loads(text)["problem"]


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def led_away(p):
    """Links that somebody put where the run removes or writes."""
    p.train("--rounds", "4", "--out", p.path("run.h5"))
    for name in ("round-000000001", ".tmp-round-000000002-00000000"):
        os.symlink(os.path.dirname(p.treasure), os.path.join(p.keep, name))
    for name in (p.keep + "/result.json.tmp", p.path("run.h5.result.json.tmp"), p.path("run.h5.tmp"), p.path("run.h5.rows.tmp")):
        os.symlink(p.treasure, name)
    done = p.train("--rounds", "10", "--out", p.path("run.h5"))
    ok(done.returncode == 0 and len(glob.glob(p.keep + "/round-*")) > 0, "a run among links to another folder and file ends well", done.stderr)
    ok(p.intact(), "and what they lead to is as it was")
    ok(not os.path.islink(p.path("run.h5")) and summary(p.path("run.h5"))["status"] == "finished", "its files are its own")


def seen(p):
    old = os.umask(0o022)
    sealed = p.train("--seal", p.key("one.key"), "--out-private", p.path("private.h5"), "--private-plain", "--out", p.path("public.h5"))
    os.umask(old)
    ok(sealed.returncode == 0, "a sealed run that keeps checkpoints", sealed.stderr)
    ok({mode(path) for path in [p.keep] + glob.glob(p.keep + "/round-*")} == {0o700}, "its folders are its user's alone, whatever the umask")
    ok({mode(path) for path in glob.glob(p.path("private.h5*")) if "result" not in path} == {0o600}, "and so is the file of losses and model, plain as it is")
    ok(mode(p.path("public.h5")) == 0o644, "while the public one is for all")
    texts = [p.problem()]
    for words in (["--seal", p.key("two.key")], []):
        p.keep = p.path("kept-%d" % len(texts))
        p.train(*words)
        texts.append(p.problem())
    ok(len(set(texts)) == 3 and all(re.fullmatch("[0-9a-f]{64}", text) for text in texts),
       "what the data are is told under the group key: another key has another text, and the run without one", texts)
    done = p.train("--rounds", "12")
    ok(done.returncode == 0 and "data" not in done.stderr, "by which a run that goes on still knows its data", done.stderr)


def other_data(p):
    """Of a sealed run, which can be told once its files have opened."""
    key = p.key("one.key")
    with open(p.path("data.svm"), "w") as file:
        file.write("".join("%d 1:%d 2:%g\n" % (1 - 2 * (i % 2), i, i / 7) for i in range(24)))
    words = ["--data", p.path("data.svm"), "--clients", "3", "--method", "dcgd", "--compressor", "permk", "--rounds", "4", "--quiet", "--step", "1e-3",
             "--seal", key, "--resume", p.keep]
    ok(run(words).returncode == 0, "a sealed run on a file")
    with open(p.path("data.svm"), "a") as file:
        file.write("1 1:3 2:4\n")
    words[words.index("4")] = "6"
    for ranks in (0, 3):
        done = run(words, ranks)
        ok(done.returncode == 2 and "the data are not those of the checkpoint" in done.stderr, "other data under the same name, on %d ranks" % ranks, done.stderr)


for part in (led_away, seen, other_data):
    with tempfile.TemporaryDirectory() as folder:
        part(Place(folder))
finish()
