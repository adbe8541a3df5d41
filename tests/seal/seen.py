"""What a server does see: lengths, which do not depend on the data; and its account of bytes is Open MPI's own.

usage: seen.py MPIRUN LACONIC EVIL_SERVER
"""

import os
import tempfile

from sealed import LONG, call, finish, job, laconic, monitored, mpirun, ok, options, recorded, run, summary

# pairs of data of one shape: the words of each, texts of one length
SHAPES = [
    (["--data", "synth:least-squares,d=32,m=8", "--seed", "1"], ["--data", "synth:least-squares,d=32,m=8", "--seed", "7"]),
    (["--data", "{a}"], ["--data", "{b}"]),
]
MORE = [["--compressor", "permk+natural"], ["--compressor", "permk", "--wire", "fp32"], ["--method", "diana", "--compressor", "permk"]]
COMMON = ["--clients", "4", "--rounds", "6"]


def write(path, turn):
    """LIBSVM text of one shape: other values, of other lengths as text, and other labels, in each turn."""
    with open(path, "w") as file:
        for i in range(24):
            values = ["%d:%s" % (j, (0.5, "1e-3", 123456.25)[(i * j + turn) % 3]) for j in range(1, 20)]
            file.write("%s %s\n" % ("-1" if (i * 7 + turn) % (2 + turn) else "+1", " ".join(values)))


def sizes(folder, key, words):
    """Per pair of ranks, in their order: message and length of each frame; and bytes and messages of each rank."""
    record, account = (os.path.join(folder, name) for name in ("record", "account"))
    method = [] if "--method" in words else ["--method", "dcgd"]
    compressor = [] if "--compressor" in words else ["--compressor", "permk"]
    done = job(("none", "ANY", 0, 0, 0, 0), COMMON + method + compressor + words, ["--seal", key],
               environment={"EVIL_RECORD": record, "EVIL_ACCOUNT": account})
    pairs = {}
    for frame in recorded(record):
        pairs.setdefault((frame.source, frame.target), []).append((frame.message, len(frame.data)))
    return done, pairs, monitored.account(account) if os.path.exists(account) else {}


def lengths(folder, key):
    names = {name: os.path.join(folder, name + ".svm") for name in "ab"}
    write(names["a"], 0)
    write(names["b"], 1)
    for more in [[]] + (MORE if LONG else []):
        for one, other in SHAPES if not more or LONG else SHAPES[:1]:
            runs = [sizes(folder, key, [word.format(**names) for word in words] + more) for words in (one, other)]
            ok(all(done.returncode == 0 and len(pairs) > 6 for done, pairs, _ in runs), "two runs %s: of other data, of one shape" %
               " ".join(more + one).replace(folder, "DIR"), runs[0][0].stderr + runs[1][0].stderr)
            differ = {pair: (runs[0][1][pair], runs[1][1].get(pair)) for pair in runs[0][1] if runs[0][1][pair] != runs[1][1].get(pair)}
            ok(not differ and runs[0][1].keys() == runs[1][1].keys(), "every frame between every two ranks has the same length in both", differ)
            ok(runs[0][2] == runs[1][2], "and all that rank 0 sends and gets, its own frames too, has the same number of bytes", runs[0][2])
    runs = [sizes(folder, key, ["--data", "synth:least-squares,d=%d,m=8" % d])[1] for d in (32, 36)]
    ok(runs[0] != runs[1], "data of another shape are seen to be")


def accounted(folder, key, ranks, more):
    account = os.path.join(folder, "account")
    done = job(("none", "ANY", 0, 0, 0, 0), options(clients=5, more=more), ["--seal", key], ranks=ranks,
               environment={"EVIL_ACCOUNT": account}, switches=monitored.switches(folder))
    seen, counted = monitored.counted(folder), monitored.account(account) if os.path.exists(account) else {}
    ok(done.returncode == 0 and len(counted) == 2 * ranks, "a sealed star of 1 + %d ranks %s under Open MPI's monitoring" % (ranks, more), done.stderr)
    for pair in sorted(set(seen) | set(counted)):
        ok(seen.get(pair) == counted.get(pair), "rank %d to rank %d: Open MPI counted %s (bytes, messages), rank 0 says %s" %
           (*pair, seen.get(pair), counted.get(pair)))


def among_clients(folder, key, ranks, topology, more):
    """What goes between ranks of clients rank 0 never has: they tell it as they leave."""
    out = os.path.join(folder, "run.h5")
    words = options(clients=5, more=more) + ["--seal", key, "--topology", topology, "--out", out, "--quiet"]
    done = call([mpirun, "-n", str(1 + ranks)] + monitored.switches(folder) + [laconic, "train"] + words)
    seen = monitored.counted(folder)
    counted = {(pair["from"], pair["to"]): (pair["bytes"], pair["messages"]) for pair in summary(out).get("mpi", {}).get("pairs", [])}
    met, senders = sum(0 not in pair for pair in counted), min(ranks, 5)  # a rank beyond has no client
    ok(done.returncode == 0 and met == (ranks if topology == "ring" else senders * (ranks - 1)) and seen == counted,
       "a sealed %s of %d ranks %s: each pair's bytes and messages are those of Open MPI's monitoring" % (topology, ranks, more),
       "%d pairs\nseen alone: %s\ncounted alone: %s\n%s" %
       (met, sorted(set(seen.items()) - set(counted.items())), sorted(set(counted.items()) - set(seen.items())), done.stderr))


def main():
    with tempfile.TemporaryDirectory() as folder:
        key = os.path.join(folder, "group.key")
        run([key], command="keygen")
        lengths(folder, key)
        for ranks, more in [(3, "--eval-every 3")] + ([(1, ""), (2, "--chunk 100"), (4, "--participation nice:3"), (7, "")] if LONG else []):
            with tempfile.TemporaryDirectory() as own:
                accounted(own, key, ranks, more)
        for ranks, topology, more in [(3, "ring", ""), (3, "allgather", "--eval-every 0")] + \
                ([(4, "ring", "--chunk 100"), (2, "allgather", "--chunk 100"), (6, "allgather", "--overlap")] if LONG else []):
            with tempfile.TemporaryDirectory() as own:
                among_clients(own, key, ranks, topology, more)
    finish()


main()
