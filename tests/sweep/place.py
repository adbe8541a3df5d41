"""A folder for one test of `laconic sweep`. argv: MPIRUN LACONIC ..."""

import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "mpi"))
from calls import call, finish, laconic, messages, mpirun, ok, refused, rows, run, summary  # noqa: E402, F401

SMALL = "[shared]\ndata = synth:logistic,d=12,m=8\nclients = 4\nrounds = 12\n"


class Place:
    """Names of files of runs and of folders that are not there yet."""

    def __init__(self, top):
        self.top, self.made = top, 0

    def path(self, *names):
        return os.path.join(self.top, *names)

    def write(self, text):
        """A new file of runs; its path, and that of its folder."""
        self.made += 1
        path = self.path("s%d.conf" % self.made)
        with open(path, "w") as file:
            file.write(text)
        return path, path[:-5]


def sweep(path, *words, environment=None):
    return call([laconic, "sweep", path] + list(words), environment=environment)


def started(path, *words, **more):
    """The same, without waiting for its end."""
    return subprocess.Popen([laconic, "sweep", path] + list(words), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)


def states(path, *words):
    """{name: state}, in the order of the file."""
    found = {}
    for line in sweep(path, "--list", *words).stdout.splitlines():
        number, name, rest = line.split(None, 2)
        found[name] = next(state for state in ("to do", "to go on", "stopped", "running", "done", "diverged", "failed", "another") if rest.startswith(state))
    return found


def stamps(folder):
    """What changes where a run file is written again."""
    return {name: (os.stat(os.path.join(folder, name)).st_ino, os.stat(os.path.join(folder, name)).st_mtime_ns)
            for name in os.listdir(folder) if name.endswith(".h5")}


def replace(path, old, new):
    with open(path) as file:
        text = file.read()
    assert old in text
    with open(path, "w") as file:
        file.write(text.replace(old, new))


def model(path):
    return summary(path)["final"]["model_digest"]


def result(path):
    with open(path + ".result.json") as file:
        return json.load(file)
