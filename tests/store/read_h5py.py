"""h5py reads a run file as src/common/store/run_image.h says. Argument: the program write_run."""

import json
import os
import subprocess
import sys
import tempfile

try:
    import h5py
except ImportError:
    print("1..0 # SKIP h5py is not installed for %s" % sys.executable)
    sys.exit(0)

COLUMNS = ["round", "loss", "grad_norm_sq", "bits_up", "bits_down", "bits_up_paper", "seconds",
           "mpi_server", "mpi_workers"]
REAL = {"loss", "grad_norm_sq", "seconds"}
count = 0
failures = 0


def ok(condition, name):
    global count, failures
    count += 1
    failures += not condition
    print("%sok %d - %s" % ("" if condition else "not ", count, name))


def expected(column, row):
    """test_row of store_test.h."""
    if column == "round":
        return row
    number = row * 1000 + COLUMNS.index(column) + 1
    return number / 3.0 if column in REAL else number // 3


def check(run):
    ok(run.attrs["format"] == "laconic-run" and run.attrs["format_version"] == 1, "the root says what it is")
    options = dict(run["configuration"].attrs)
    ok(options == {"method": "ef21", "compressor": "topk:k=2", "clients": "4", "data": 'a "b" é',
                   "empty": "", "eval-every": "1"}, "options are attributes of type str")
    ok(dict(run["build"].attrs) == {"version": "0.1.0", "compiler": "gcc"}, "so are the facts of the build")
    ok(sorted(run["rows"]) == sorted(COLUMNS), "there is one dataset per column")
    for column in COLUMNS:
        data = run["rows"][column]
        ok(data.dtype == ("<f8" if column in REAL else "<u8") and data.shape == (10,), "%s has its type" % column)
        ok(list(data[:]) == [expected(column, row) for row in range(10)], "%s has its values" % column)
        ok(isinstance(data.attrs["description"], str), "%s says what it is" % column)
    ok(list(run["model/x"][:]) == [1.0, 2.0], "the model is there")
    ok(json.loads(run["summary"].asstr()[()]) == {"status": "done"}, "the summary is JSON")


with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "run.h5")
    subprocess.run([sys.argv[1], path], check=True)
    with h5py.File(path, "r") as opened:
        check(opened)
    ok(os.listdir(folder) == ["run.h5"], "nothing is left beside the run file")
print("1..%d" % count)
sys.exit(failures > 0)
