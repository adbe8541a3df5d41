"""Sealed jobs with an attacking rank 0, and what is left of them. argv: MPIRUN LACONIC EVIL_SERVER ..."""

import csv
import io
import json
import os
import re
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "mpi"))
import monitored  # noqa: E402, F401
from calls import call, finish, laconic, mpirun, ok, run  # noqa: E402, F401
from calls import rows as data_rows  # noqa: E402, F401

evil_server = sys.argv[3]
MESSAGES = {15: "JOIN", 16: "GRANT", 17: "CONFIRM", 18: "BLOCK", 19: "LETTER"}
LONG = bool(os.environ.get("LAC_TEST_LONG"))


def options(clients=3, rounds=8, data="synth:least-squares,d=30,m=8", more=""):
    return ("--data %s --clients %d --method dcgd --compressor permk --rounds %d %s" % (data, clients, rounds, more)).split()


def job(attack, train, client, ranks=3, environment=None, switches=(), timeout=60, patient=None):
    """attack: the words of evil_server; train: options that all have; client: those of clients alone. All wait for as long as
    timeout says, the patient rank longer: it is not the one that gives up."""
    given = []
    for name, value in (environment or {}).items():
        given += ["-x", "%s=%s" % (name, value)]
    line = [mpirun] + list(switches) + ["-n", "1"] + given + [evil_server] + [str(word) for word in attack] + ["--role", "server"] + train
    for rank in range(1, ranks + 1):
        wait = ["--client-timeout", str(60 if rank == patient else timeout)]
        line += [":", "-n", "1", laconic, "train", "--role", "client", "--quiet"] + train + client + wait
    return call(line)


def said(done):
    """(rank, sentence) of each line of a client."""
    return [(int(rank), text) for rank, text in re.findall(r"^laconic: \[rank (\d+)/[^]]*\] (.*)$", done.stderr, re.MULTILINE)]


def rows(path):
    """Of a run file, without times and the bytes of MPI; none where there is no file."""
    shown = call([laconic, "show", "--csv", path])
    if shown.returncode != 0:
        return []
    left_out = ("seconds", "mpi_server", "mpi_workers")
    return [{name: value for name, value in row.items() if name not in left_out} for row in csv.DictReader(io.StringIO(shown.stdout))]


def summary(path):
    shown = call([laconic, "show", "--json", path])
    return json.loads(shown.stdout) if shown.returncode == 0 else {}


def digest(path):
    return summary(path).get("final", {}).get("model_digest")


class Frame:
    def __init__(self, source, target, data):
        self.source, self.target, self.data = source, target, data
        number = struct.unpack_from("<H", data, 4)[0] if data[:3] == b"LAC" else 0
        self.message = MESSAGES.get(number, str(number))
        self.client, = struct.unpack_from("<I", data, 8) if number else (None,)
        self.round, = struct.unpack_from("<Q", data, 16) if number else (None,)


def recorded(path):
    """What evil_server took in, in its order."""
    data = b""
    if os.path.exists(path):
        with open(path, "rb") as file:
            data = file.read()
    frames, at = [], 0
    while at + 16 <= len(data):
        source, target, count = struct.unpack_from("<IIQ", data, at)
        frames.append(Frame(source, target, data[at + 16:at + 16 + count]))
        at += 16 + count
    return frames
