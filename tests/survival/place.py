"""A folder with a run that keeps checkpoints, for tests that disturb it."""

import glob
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../mpi"))
from calls import run  # noqa: E402

BASE = ["--data", "synth:logistic,d=12,m=8", "--clients", "6", "--method", "ef21", "--compressor", "topk:k=2", "--rounds", "10", "--quiet"]


def changed(words, name, value):
    at = words.index(name)
    return words[:at + 1] + [value] + words[at + 2:]


class Folder:
    def __init__(self, folder):
        self.folder = folder
        self.keep, self.out = self.path("kept"), self.path("run.h5")

    def path(self, name):
        return os.path.join(self.folder, name)

    def fresh(self, words=BASE, more=("--checkpoint-every", "4", "--keep", "0")):
        shutil.rmtree(self.keep, ignore_errors=True)
        return run(words + ["--checkpoint", self.keep, "--out", self.out, "--force"] + list(more))

    def resume(self, words=BASE, ranks=0, out=True, **more):
        return run(words + ["--resume", self.keep] + (["--out", self.out] if out else []), ranks, **more)

    def rounds(self):
        return sorted(os.path.basename(name) for name in glob.glob(os.path.join(self.keep, "round-*")))

    def files(self):
        """All bytes of all checkpoints."""
        return {name: open(name, "rb").read() for name in sorted(glob.glob(os.path.join(self.keep, "round-*", "*")))}

    def flip(self, name):
        path = os.path.join(self.keep, name)
        data = bytearray(open(path, "rb").read())
        data[len(data) // 2] ^= 1
        open(path, "wb").write(data)
