"""Columns of what one process cannot show: rank 0's time by stage, and blocks that are sealed.

usage: stages.py MPIRUN LACONIC
"""

import json
import os
import tempfile

from calls import call, finish, laconic, ok, run

STAGES = ["seconds_send", "seconds_wait", "seconds_aggregate", "seconds_step", "seconds_evaluate"]


def table(path):
    lines = [line.split(",") for line in call([laconic, "show", "--csv", path]).stdout.splitlines()]
    return {name: [float(line[i]) for line in lines[1:]] for i, name in enumerate(lines[0])} if lines else {}


def stages(folder):
    """They are parts of `seconds`: none is in two of them, and none is left out. Rows come with the gradients of rounds, or are asked for."""
    out = os.path.join(folder, "run.h5")
    test = os.path.join(folder, "test.svm")
    with open(test, "w", encoding="ascii") as file:
        for row in range(4000):
            file.write("%d %s\n" % (1 - 2 * (row % 2), " ".join("%d:%g" % (j + 1, (row * j) % 7 - 3) for j in range(60))))
    words = ["--data", "synth:logistic,d=60,m=40", "--clients", "6", "--method", "ef21", "--rounds", "60", "--quiet", "--force", "--out", out,
             "--track", ",".join(STAGES + ["test_loss", "test_accuracy"]), "--test", test]
    for ranks in (3, 0):
        for name, more in (("come with rounds", []), ("are asked for", ["--gradient", "nice:20"])):
            done = run(words + more, ranks)
            columns = table(out) if done.returncode == 0 else {}
            last = {stage: columns[stage][-1] for stage in STAGES} if columns else {}
            here = "%s, rows that %s" % ("on 3 ranks" if ranks else "in one process", name)
            ok(columns and len(columns["round"]) == 61 and all(last[stage] > 0 for stage in STAGES if ranks or stage != "seconds_wait"),
               here + ": every stage takes time", "%s\n%s" % (last, done.stderr))
            parts = [sum(columns[stage][i] for stage in STAGES) for i in range(len(columns.get("round", [])))]
            ok(columns and all(part <= whole for part, whole in zip(parts, columns["seconds"])), "and they add up to no more than seconds",
               "%s of %s s: %s" % (parts[-1:], columns.get("seconds", [])[-1:], last))
            # the test rows are a hundred times those of a round, and are gone through twice
            ok(columns and last["seconds_evaluate"] > 0.5 * columns["seconds"][-1], "most of them those of questions about --test", last)


def whole(folder):
    """In one process the clients' stages are parts of the same total, however uneven the clients are."""
    out, data = os.path.join(folder, "whole.h5"), os.path.join(folder, "data.svm")
    with open(data, "w", encoding="ascii") as file:
        for row in range(2000):
            file.write("%d %s\n" % (1 - 2 * (row % 2), " ".join("%d:%g" % (j + 1, (row * j) % 7 - 3) for j in range(30))))
    for more in ([], ["--split", "dirichlet:alpha=0.3"], ["--split", "sorted"], ["--method", "l2gd:lambda=1", "--compressor", "natural", "--p", "0.3"]):
        done = run(["--data", data, "--clients", "10", "--compressor", "topk:5%", "--rounds", "300", "--eval-every", "5", "--regularizer", "l2:0.001",
                    "--quiet", "--force", "--out", out] + more)
        seconds = json.loads(call([laconic, "show", "--json", out]).stdout)["seconds"] if done.returncode == 0 else {"total": 0}
        total = seconds.pop("total")
        ok(0 < sum(seconds.values()) <= total, "all stages of one process add up to no more than its total: %s" % " ".join(more),
           "%s of %s\n%s" % (seconds, total, done.stderr))


def sealed(folder):
    """Every client is sent all blocks, its own too: over a server's link of 1 Mbit/s a round takes as long as all its bits up and down."""
    key, out, private = (os.path.join(folder, name) for name in ("key", "sealed.h5", "private.h5"))
    call([laconic, "keygen", key])
    for ranks in (0, 3):
        done = run(["--data", "synth:least-squares,d=30,m=8", "--clients", "5", "--method", "dcgd", "--compressor", "permk", "--rounds", "8", "--quiet", "--force",
                    "--seal", key, "--out", out, "--out-private", private, "--private-plain", "--network", "server=1Mbit"], ranks)
        columns = table(private) if done.returncode == 0 else {}
        wanted = [1e-6 * (up + down) for up, down in zip(columns.get("bits_up", []), columns.get("bits_down", []))]
        good = columns and len(wanted) == 9 and all(abs(a - b) <= 1e-12 * b for a, b in zip(columns["network_seconds"], wanted))
        ok(good and columns["bits_down"][-1] == 5 * columns["bits_up"][-1] > 0, "sealed blocks go down to all clients on the network of --network too, %s" % (
            "on 3 ranks" if ranks else "in one process"), "%s\n%s\n%s" % (columns.get("network_seconds"), wanted, done.stderr))


with tempfile.TemporaryDirectory() as place:
    stages(place)
    whole(place)
    sealed(place)
finish()
