"""Sealed runs of every topology, on many ranks, give the bits of the sealed and of the unsealed run in one process: of the model and of
every row; and the public file has the private file's bits.

usage: topologies.py MPIRUN LACONIC EVIL_SERVER
"""

import os
import tempfile

from sealed import LONG, digest, finish, ok, rows, run, summary

BASE = "--data synth:least-squares,d=31,m=6 --clients 5 --rounds 14"
TOPOLOGIES = ["star", "ring", "allgather"]
# Blocks above what MPI sends unasked, many of a rank, or of many pieces: (options, ranks of all). Ranks that only send would wait for each other.
LARGE = [("--data synth:least-squares,d=20000,m=1 --clients 24 --rounds 3 --method dcgd --compressor permk --step 0.001", 4),
         ("--data synth:least-squares,d=300000,m=1 --clients 2 --rounds 2 --method dcgd --compressor permk --step 0.001 --chunk 16384", 3)]
RUNS = [
    "--method dcgd --compressor permk",
    "--method dcgd --compressor permk:draws=2",
    "--method dcgd --compressor permk+natural",
    "--method dcgd --compressor permk --wire fp32",
    "--method diana --compressor permk",
    "--method qsgd --compressor permk --gradient uniform:2 --step 0.01",
    "--method dcgd --compressor permk --participation nice:3",
    "--method dcgd --compressor permk --participation bernoulli:0.5",
    "--method dcgd --compressor permk --chunk 100",
    "--method dcgd --compressor permk --eval-every 0",
    "--method dcgd --compressor permk --eval-every 7",
    "--method diana --compressor permk --until-grad-norm-sq 900",
    "--method dcgd --compressor permk --cipher chacha20poly1305 --rekey-every 3",
    "--method dcgd --compressor permk --overlap",
    "--method dcgd --compressor permk+natural --overlap --eval-every 5 --regularizer l2:0.1",
]
# what a run that is not sealed has too
UNSEALED = ("round", "loss", "grad_norm_sq", "bits_up_paper")
BITS = ("round", "bits_up", "bits_down")


def chosen():
    """(options, topology, ranks of all): by default each of the options once, topologies and ranks in turn; else all of all."""
    if LONG:
        return [(words, topology, ranks) for words in RUNS for topology in TOPOLOGIES for ranks in (2, 3, 5, 8)]
    turn = [(3, "star"), (4, "ring"), (3, "allgather"), (4, "star"), (3, "ring"), (4, "allgather")]
    picked = [(words, turn[i % 6][1], turn[i % 6][0]) for i, words in enumerate(RUNS)]
    return picked + [(RUNS[0], "ring", 8), (RUNS[0], "allgather", 5), (RUNS[0], "star", 2)]


def only(table, names):
    return [tuple(row.get(name) for name in names) for row in table]


def in_one_process(folder, key, words, topology):
    """Rows and digest of the sealed run; it is held against the unsealed one, which has no topology."""
    private, public, plain = (os.path.join(folder, name) for name in ("solo-private.h5", "solo-public.h5", "plain.h5"))
    sealed = run(words + ["--seal", key, "--topology", topology, "--out-private", private, "--private-plain", "--out", public, "--force", "--quiet"])
    own = [word for i, word in enumerate(words) if not {"--cipher", "--rekey-every"} & set(words[max(0, i - 1):i + 1])]
    unsealed = run(own + ["--out", plain, "--force", "--quiet"])
    ok(sealed.returncode == unsealed.returncode == 0 and digest(private) == digest(plain) is not None and
       only(rows(private), UNSEALED) == only(rows(plain), UNSEALED), "sealed (%s) and unsealed in one process: %s" % (topology, " ".join(words[6:])),
       sealed.stderr + unsealed.stderr)
    ok(only(rows(public), BITS) == only(rows(private), BITS), "and its public file has its bits")
    return {"rows": rows(private), "digest": digest(private)}


def over_mpi(folder, key, words, topology, ranks, solo):
    private, public = (os.path.join(folder, name) for name in ("private.h5", "public.h5"))
    done = run(words + ["--seal", key, "--topology", topology, "--client-timeout", "60", "--out-private", private, "--private-plain", "--out", public,
                        "--force", "--quiet"], ranks)
    name = "%s on %d ranks: %s" % (topology, ranks, " ".join(words[6:]))
    mine = rows(private)
    ok(done.returncode == 0 and digest(private) == solo["digest"] is not None, "%s: the model of the run in one process" % name,
       "status %d\n%s" % (done.returncode, done.stderr))
    ok(mine == solo["rows"] and mine, "and each of its rows, the bits too", [pair for pair in zip(mine, solo["rows"]) if pair[0] != pair[1]][:3])
    ok(only(rows(public), BITS) == only(mine, BITS) and summary(public).get("bits", {}).get("up", {}).get("total") == summary(private)["bits"]["up"]["total"],
       "and the public file has the bits of the private one", (only(rows(public), BITS)[-1:], only(mine, BITS)[-1:]))


def evaluations(folder, key):
    """docs/security.md has the parts of 8 d + 88 bytes: a client's answer, sealed, in each topology and on any ranks."""
    private, d, clients = os.path.join(folder, "private.h5"), 31, 5
    for topology, ranks in (("star", 4), ("ring", 3), ("allgather", 0)):
        for every, count in (("1", 7), ("4", 3)):  # round 0, each or each fourth, the last
            words = ("--data synth:least-squares,d=%d,m=2 --clients %d --rounds 6 --method dcgd --compressor permk" % (d, clients)).split()
            done = run(words + ["--eval-every", every, "--seal", key, "--topology", topology, "--out-private", private, "--private-plain", "--force",
                                "--quiet"], ranks)
            found = summary(private).get("bits", {}).get("evaluation", {}).get("up")
            ok(done.returncode == 0 and found == 8 * count * clients * (8 * d + 88),
               "an evaluation is 8 d + 88 bytes a client: %s, %s, %d evaluations" % (topology, ranks or "one process", count), "%s bits\n%s" % (found, done.stderr))


def main():
    with tempfile.TemporaryDirectory() as folder:
        key, known = os.path.join(folder, "group.key"), {}
        run([key], command="keygen")
        evaluations(folder, key)
        for text, topology, ranks in chosen():
            words = (BASE + " " + text).split()
            if (text, topology) not in known:
                known[text, topology] = in_one_process(folder, key, words, topology)
            over_mpi(folder, key, words, topology, ranks, known[text, topology])
        for text, ranks in LARGE:
            for topology in TOPOLOGIES:
                over_mpi(folder, key, text.split(), topology, ranks, in_one_process(folder, key, text.split(), topology))
    finish()


main()
