"""Runs that the tests of figures and tables are about, and their rows."""

import csv
import io
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "mpi"))
from calls import call, laconic, ok, rows, run

SEEDS = range(1, 6)
CLIENTS = 4
METHODS = {"ef21": "topk:3", "marina": "randk:2"}


def train(path, data, *more):
    done = run(["--data", data, "--clients", str(CLIENTS), "--regularizer", "l2:0.01", "--rounds", "60", "--track", "oracle_rows", "--quiet",
                "--out", path] + list(more))
    if done.returncode:
        ok(False, "the run %s" % path, done.stderr)
    return path


def make_runs(folder):
    """{method: [a run per seed]} in folder/runs, of one problem; the data file."""
    data, runs = os.path.join(folder, "data.svm"), os.path.join(folder, "runs")
    with open(data, "w") as file:
        file.write(rows(120))
    os.mkdir(runs)
    made = {method: [train(os.path.join(runs, "%s-%d.h5" % (method, seed)), data, "--method", method, "--compressor", compressor, "--seed",
                           str(seed)) for seed in SEEDS]
            for method, compressor in METHODS.items()}
    return made, data


def table(text):
    return list(csv.DictReader(io.StringIO(text)))


def rows_of(path):
    """Each row a dict of numbers."""
    return [{name: float(cell) for name, cell in row.items()} for row in table(call([laconic, "show", "--csv", path]).stdout)]


def read(path, mode="r"):
    with open(path, mode) as file:
        return file.read()
