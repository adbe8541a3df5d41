"""What a run file says that the files of its run held, and whom it says nothing to.

usage: inputs.py MPIRUN LACONIC
"""

import ctypes
import os
import subprocess
import tempfile

from place import Place, call, finish, laconic, mpirun, ok, refused, rows, states, summary, sweep

FILE = "[shared]\nclients = 4\nrounds = 3\nmethod = gd\nstep = 0.05\n"


def maps(process, name):
    """Whether the process has the file in its memory."""
    try:
        with open("/proc/%d/maps" % process.pid) as lines:
            return any(line.rstrip().endswith(name) for line in lines)
    except OSError:
        return False


def changed(place):
    """Rows that are replaced while a run reads them."""
    data, out = place.path("large.svm"), place.path("read.h5")
    alone = ["train", "--data", data, "--clients", "4", "--rounds", "3", "--method", "gd", "--quiet", "--out", out]
    many = "".join("%d 1:%d.5 2:%d 7:1\n" % (2 * (i % 2) - 1, i % 7, i % 11) for i in range(300000))
    for name, make in (("by others", lambda: open(data + ".next", "w").write(many[:-10] + "9:1\n")), ("by none", None)):
        open(data, "w").write(many)
        if make:
            make()
        process = subprocess.Popen([laconic] + alone, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while process.poll() is None and not maps(process, data):
            pass
        if make:
            os.rename(data + ".next", data)
        else:
            os.remove(data)
        said = process.communicate()[1]
        ok(process.returncode == 2 and said == "laconic: --data: '%s' changed while it was read; start the run again\n" % data and not os.path.exists(out),
           "data that are replaced %s while they are read: the run file would tell of other ones" % name, "%s: %s" % (process.returncode, said))
    open(data, "w").write(many)
    ok(call([laconic] + alone).returncode == 0 and "data" in summary(out)["inputs"], "the run file tells of those that stay")


def local(place):
    """Of p1, p2, ... those that the run's ranks read."""
    for rank in (1, 2, 3):
        open(place.path("p%d.svm" % rank), "w").write(rows(30 + rank))
    path, folder = place.write(FILE + "data-local = %s\n[run a]\n" % place.path("p{rank}.svm"))
    for name, words, read in (("one process", (), 1), ("two ranks that work", ("--launcher", "%s -n 3" % mpirun), 2)):
        done = sweep(path, "--out", folder + name, *words)
        ok(done.returncode == 0, "a file for each rank: %s" % name, done.stderr)
        for kind in ("with", "without"):
            for rank in (1, 2, 3):
                file = place.path("p%d.svm" % rank)
                before = open(file).read()
                open(file, "w").write(before.replace("1", "2", 1))
                ok(states(path, "--out", folder + name) == {"a": "another" if rank <= read else "done"},
                   "%s, %s its record: rows of rank %d count%s" % (name, kind, rank, "" if rank <= read else " not"), states(path, "--out", folder + name))
                open(file, "w").write(before)
            ok(states(path, "--out", folder + name) == {"a": "done"}, "the old rows are the old run", states(path, "--out", folder + name))
            record = os.path.join(folder + name, "a.h5.sweep.json")
            if os.path.exists(record):
                os.remove(record)


def gone(place):
    """Data that are not there any more."""
    data = place.path("rows.svm")
    open(data, "w").write(rows())
    path, folder = place.write(FILE + "data = %s\n[run a]\n" % data)
    sweep(path)
    os.rename(data, data + ".away")
    refused("data that cannot be read are told so, not called other ones", sweep(path), 2, "a.h5' is a run with --data %s, which cannot be read here now; put it back" % data)
    os.rename(data + ".away", data)
    ok(sweep(path).returncode == 0, "and it is done with them again")


def older(place):
    """A run file of a program that did not write down what the files held: the same bytes but for the key of the summary, under a checksum that is right."""
    xxhash = ctypes.CDLL("libxxhash.so.0")
    xxhash.XXH3_64bits.restype = ctypes.c_uint64
    xxhash.XXH3_64bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    data = place.path("aged.svm")
    open(data, "w").write(rows())
    path, folder = place.write(FILE + "[run a]\ndata = %s\n[run b]\ndata = synth:logistic,d=12,m=8\n" % data)
    sweep(path)
    for name in ("a", "b"):
        file = os.path.join(folder, name + ".h5")
        whole = open(file, "rb").read()
        body = whole[512:].replace(b'"inputs": ', b'"inputz": ')
        head = whole[:512].rstrip(b"\0")[:-17] + b"%016x\n" % xxhash.XXH3_64bits(body, len(body))
        open(file, "wb").write(head.ljust(512, b"\0") + body)
        os.remove(file + ".sweep.json")
    ok("inputs" not in summary(os.path.join(folder, "a.h5")) and states(path) == {"a": "another", "b": "done"},
       "a run file that does not say what its data held is of no run for sure; one that reads none is", states(path))
    refused("which is said", sweep(path), 2, "a.h5' does not say what --data %s held, an older laconic made it" % data, "--force")
    ok(sweep(path, "--renew").returncode == 0 and states(path) == {"a": "done", "b": "done"}, "--renew makes it anew")


with tempfile.TemporaryDirectory() as where:
    here = Place(where)
    changed(here)
    local(here)
    gone(here)
    older(here)
finish()
