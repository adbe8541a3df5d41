"""Files of runs that are wrong: told by file and line, before anything runs.

usage: refusals.py MPIRUN LACONIC
"""

import os
import tempfile

from place import Place, call, finish, laconic, mpirun, ok, refused, sweep

GOOD = "[shared]\ndata = synth:logistic,d=6,m=4\nclients = 3\nrounds = 2\n[vary]\nseed = 1..2\n[run a]\nmethod = gd\n[run b]\nmethod = ef21\n"

# What stands instead of what, the line that is named (0: none), words of the sentence.
WRONG = [
    ("rounds = 2", "round = 2", 4, "there is no option 'round'", "did you mean 'rounds'"),
    ("rounds = 2", "rounds = 2.5", 4, "rounds: '2.5' is no whole number"),
    ("rounds = 2", "rounds", 4, "key = value"),
    ("rounds = 2", "rounds = 2\nrounds = 3", 5, "'rounds' stands in line 4 already"),
    ("method = gd", "method = gdd", 8, "did you mean 'gd'", "(the run 'a-seed-1')"),
    ("method = gd", "method = gd\ncompressor = topk:2", 9, "--compressor: gd sends everything", "(the run 'a-seed-1')"),
    ("clients = 3", "data-local = x\nclients = 3", 0, "--data-local exclude each other"),
    ("data = synth:logistic,d=6,m=4", "data = -", 2, "standard input can be read by one run alone"),
    ("data = synth:logistic,d=6,m=4", "data = {data}/a9a", 2, "LACONIC_DATA"),
    ("method = gd", "seed = 4", 8, "seed has one value in [run a], and varies in line 6"),
    ("clients = 3", "clients = 3\nseed = 7", 7, "it varies, and has one value in line 4"),
    ("seed = 1..2", "", 5, "[vary] has no line"),
    ("seed = 1..2", "seed =", 6, "seed: nothing stands behind '='"),
    ("seed = 1..2", "seed = 1 | | 2", 6, "one side of a '|'"),
    ("seed = 1..2", "seed = 1 | 2 |", 6, "one side of a '|'"),
    ("seed = 1..2", "seed = 1 | 1", 6, "'1' stands there twice"),
    ("seed = 1..2", "seed = 5..1", 6, "begins above its end"),
    ("seed = 1..2", "seed = 1..9:0", 6, "steps of 0"),
    ("seed = 1..2", "seed = 1..20000", 6, "more than 10000 values"),
    ("seed = 1..2", "seed = 1..10000 | 10001", 6, "more than 10000 values"),
    ("seed = 1..2", "seed = 1..8192\neval-every = 1..8192\nkeep = 1..8192\nclient-timeout = 1..8192\nmax-wait = 1..2048", 0, ".conf: more than 10000 runs"),
    ("seed = 1..2", "seed = 1..6000", 0, ".conf: more than 10000 runs"),
    ("seed = 1..2", "seed = 1..200\nrounds = 1..200", 7, "rounds: it varies, and has one value in line 4"),
    ("seed = 1..2", "sed = 1..2", 6, "did you mean 'seed'"),
    ("seed = 1..2", "seed = x | y", 6, "seed: 'x' is no whole number"),
    ("seed = 1..2", "compressor = topk:1 | topk-1", 0, "would both be 'a-compressor-topk-1'"),
    ("seed = 1..2", "compressor = topk:1 | " + 200 * "x", 0, "of a run is longer than 200 bytes"),
    ("[vary]", "[vari]", 5, "[vari] is no section; did you mean [vary]?"),
    ("[vary]", "[vary", 5, "is no [section]"),
    ("[run b]", "[run a]", 9, "[run a] stands in line 7 already"),
    ("[run b]", "[vary]", 9, "[vary] stands in line 5 already"),
    ("[run b]", "[run b] x", 9, "'[run b] x' is no [section]"),
    ("[run b]", "[run ../b]", 9, "a name of a run is one of its file"),
    ("[run b]", "[run .b]", 9, "a name of a run is one of its file"),
    ("[run b]", "[run %s]" % (201 * "b"), 9, "a name of a run is one of its file"),
    ("[run b]", "[run ]", 9, "[run] is no section"),
    ("[run b]", "[scan]", 9, "[scan] is for run/experiment"),
    ("[shared]", "x = 1\n[shared]", 1, "before the first [section]"),
    ("method = gd", "checkpoint = {results}/c", 0, "'a-seed-1' and 'a-seed-2' would keep checkpoints in one folder", "{run}"),
    ("method = gd", "checkpoint-every = x", 8, "--checkpoint-every: 'x' is neither"),
    ("method = gd", "track = distance_sq\nsolution = {results}/b-seed-1.h5", 9, "the run 'a-seed-1' reads the file of 'b-seed-1', which stands behind it"),
    ("method = gd", "track = distance_sq\nsolution = {results}/a-seed-1.h5", 9, "would read its own file"),
    ("method = gd", "track = distance_sq\nsolution = {results}/zz.h5", 9, "no run is 'zz'"),
    ("method = gd", "x0 = {results}/zz.h5", 8, "no run is 'zz'"),
    ("method = ef21", "".join("%s = {results}/a-seed-1.h5\n" % name for name in ("test", "data", "data-local", "x0", "solution")), 0, "'b-seed-1' reads the files of more than 4 runs"),
    ("method = gd", "x0 = {nope}/x", 8, "{nope} stands for nothing", "{results}"),
    ("seed = 1..2", "seed = 1..99999999999999999999", 6, "seed: '99999999999999999999' is too large"),
    ("seed = 1..2", "step = 1e-3..1e-1", 6, "--step: '1e-3..1e-1' is no number"),
    ("method = gd", "network = foo=3ms", 8, "has no parameter 'foo'; it has latency, up, down, server, clients"),
    ("method = gd", "track = loss_gp", 8, "did you mean 'loss_gap'?"),
    ("method = gd", "track = personal_gap", 0, "personal_gap is of methods whose clients' models", "ef21 is none"),
    ("method = gd", "step = theory*x", 8, "--step: the factor: 'x' is no number", "(the run 'a-seed-1')"),
    ("method = gd", "step = best", 8, "'best' is no number and no rule of"),
    ("method = gd", "method = ef14", 0, "ef14 has no theoretical step"),
    ("method = gd", "step-policy = falls", 8, "step-policy"),
] + [("method = gd", name + " = x", 8, name + " is not of runs of a sweep")
     for name in ("out", "out-private", "force", "dry-run", "quiet", "config", "role", "identity", "roster", "seeds")]

with tempfile.TemporaryDirectory() as where:
    place = Place(where)
    path, folder = place.write(GOOD)
    ok(sweep(path, "--list").returncode == 0, "the file that is right")
    for right, wrong, line, *words in WRONG:
        path, folder = place.write(GOOD.replace(right + "\n", wrong + "\n", 1))
        done = sweep(path, environment={"LACONIC_DATA": ""})
        named = [os.path.basename(path) + (":%d:" % line if line else "")] if line else []
        refused("%r instead of %r" % (wrong, right), done, 2, *named, *words)
        ok(not os.path.exists(folder), "and nothing is made")
    path, folder = place.write(GOOD.replace("rounds", "bogus"))
    ok("there is no option 'bogus'" in sweep(path).stderr and "'out'" not in sweep(path).stderr, "an option that a sweep refuses is not named", sweep(path).stderr)
    open(path, "wb").write(b"\xef\xbb\xbf" + GOOD.encode())
    ok(sweep(path, "--list").returncode == 0, "a mark of UTF-8 before the first line is skipped", sweep(path, "--list").stderr)
    for begin in ("", "# a comment\n"):
        open(place.path("marked"), "wb").write(b"\xef\xbb\xbf" + begin.encode() + b"rounds = 1\nclients = 3\n")
        ok(call([laconic, "train", "--quiet", "--config", place.path("marked")]).returncode == 0, "also in a file of --config", begin)
    open(path, "wb").write(GOOD.encode() + b"\xef\xbb\xbf[run c]\n")
    refused("but not in another line", sweep(path), 2, ":11: ")
    for words, said in ((["--jobs", "0"], "--jobs"), (["--jobs", "x"], "--jobs"), (["--jobs", "1025"], "1025 is outside 1..1024"), (["--task", "5"], "no run number 5; it has 4"), (["--task", "0"], "--task"), (["--task", "10001"], "10001 is outside 1..10000"),
                        (["--task", "1", "--jobs", "2"], "--jobs: --task makes one run"), (["--launcher", "| x"], "--launcher"), (["--launcher", "mpirun $(echo)"], "--launcher"),
                        (["--launcher", ""], "--launcher"), (["--out", __file__], "is no folder"), (["--rounds", "-1"], "--rounds"), (["--lst"], "did you mean '--list'")):
        path, folder = place.write(GOOD)
        refused(" ".join(words), sweep(path, *words), 2, said)
        ok(not os.path.exists(folder), "and nothing is made")
    for said in (call([laconic, "sweep", "--help"]).stdout, call([laconic, "help", "--man"]).stdout):
        ok("FILE has lines 'key = value' in sections: [shared]" in said and "[vary]" in said, "help says what FILE is", said)
    links = place.path("links")
    open(links, "w").write("latency=5ms\n")
    more = ["--clients", "3", "--rounds", "1", "--network", "clients=" + links]
    refused("one line for three clients", call([laconic, "train"] + more), 2, "links has 1 line; there are 3 clients")
    open(links, "w").write("latency=5ms\nserver=1Gbit\nup=1Mbit\n")
    refused("as it was written", call([laconic, "train", "--network", "foo=3ms"]), 2, "--network: 'foo=3ms': network has no parameter 'foo'")
    refused("what no client has", call([laconic, "train"] + more), 2, "links:2", "has no parameter 'server'; it has latency, up, down")
    refused("no file", call([laconic, "sweep"]), 2, "name one file of runs")
    refused("a file that is not there", sweep(place.path("none.conf")), 2, "none.conf: No such file")
    refused("a folder", sweep(where, "--out", place.path("x")), 2, where)
    open(place.path("bytes.conf"), "wb").write(b"[shared]\nrounds = \0 3\n")
    refused("bytes that are no text", sweep(place.path("bytes.conf")), 2, "bytes.conf:2: a byte 0")
    refused("a folder without --out", sweep(where), 2, where, "irectory")
    refused("no file of runs without --out", sweep("/dev/null"), 2, "/dev/null: none of [shared]")
    os.rename(path, place.path("plain"))
    refused("a name without an ending needs a folder", sweep(place.path("plain")), 2, "--out DIR is needed")
    refused("under a launcher", call([laconic, "sweep", place.path("plain"), "--out", folder], environment={"OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "0"}), 2,
            "--launcher")
finish()
