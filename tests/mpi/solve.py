"""`laconic solve`, and the plots that find what it stored, as their users call them.

usage: solve.py MPIRUN LACONIC
"""

import hashlib
import os
import shlex
import struct
import tempfile

from calls import call, finish, laconic, mpirun, ok, refused, summary


def run(words, ranks=0, **environment):
    return call(([mpirun, "-n", str(ranks)] if ranks else []) + [laconic] + words, environment=environment)


def stored(folder):
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    return [os.path.join(folder, name) for name in names]


def rows():
    lines = []
    for i in range(53):
        features = ["%d:%s" % (j, ((i * 7 + j * 13) % 11 - 5) / 3.0) for j in range(1, 13) if (i + j) % 4]
        lines.append(" ".join(["+1" if i % 3 else "-1"] + (features if i % 10 else [])) + "\n")
    return "".join(lines)


def on_ranks(folder, problem):
    found = {}
    for ranks in [0, 2, 3, 5]:
        optima = os.path.join(folder, "on-%d" % ranks)
        done = run(["solve", "--optima", optima] + problem, ranks)
        files = stored(optima)
        if done.returncode or len(files) != 1:
            ok(False, "solve on %d ranks" % ranks, done.stderr + str(files))
            continue
        final = summary(files[0])["final"]
        found[ranks] = (os.path.basename(files[0]), final["model_digest"], final["loss"], final["grad_norm_sq"])
    ok(len(found) == 4 and len(set(found.values())) == 1, "one digest, x*, f* and |grad f|, solo and on 2, 3, 5 ranks",
       found)
    ok(all(final[3] <= 1e-26 for final in found.values()), "|grad f| is at most 1e-13", found)
    refused("one rank is refused", run(["solve"] + problem, 1), 2, "at least two")


def personal(folder, problem):
    """F* of personal models: the same on any ranks, under a digest of its own, where its method is on the command line."""
    found = []
    for ranks in [0, 2, 4]:
        optima = os.path.join(folder, "personal-%d" % ranks)
        done = run(["solve", "--optima", optima, "--method", "l2gd:lambda=0.5"] + problem, ranks)
        files = stored(optima)
        final = summary(files[0])["final"] if files else {"model_digest": done.stderr, "loss": 0, "grad_norm_sq": 1}
        found.append((os.path.basename((files or ["none"])[0]), final["model_digest"], final["loss"], final["grad_norm_sq"]))
    ok(len(set(found)) == 1 and found[0][3] <= 1e-26, "F* of personal models: the same solo and on 2, 4 ranks", found)
    path, optima = os.path.join(folder, "l2gd.conf"), os.path.join(folder, "personal-0")
    open(path, "w").write("method = l2gd:lambda=0.5\n")
    plain = run(["solve", "--optima", optima, "--config", path] + problem)
    digest = plain.stdout.split("problem")[-1].split()[0] if "f* = " in plain.stdout else plain.stderr
    ok(len(stored(optima)) == 2, "an options file of train with that method asks for f*", plain.stdout + plain.stderr)
    wanted = hashlib.blake2b(b"laconic coupled problem 1\0" + digest.encode() + b"\0" + struct.pack("<d", 0.5), digest_size=32).hexdigest()
    ok(found[0][0] == wanted + ".h5", "its digest is that of the documents", (found[0][0], wanted))


def digest_of(text, clients, regularizer, weight, dimension):
    """As docs/optimum.md has it, of dense rows that all clients have equally many of."""
    whole = hashlib.blake2b(digest_size=32)
    lines = text.splitlines()
    each = len(lines) // clients
    whole.update(b"laconic problem 1\0logistic\0" + regularizer + b"\0" + struct.pack("<dQQ", weight, dimension, clients))
    words = []
    for i in range(clients):
        mine = [line.split() for line in lines[i * each:(i + 1) * each]]
        digest = hashlib.blake2b(digest_size=24)
        digest.update(struct.pack("<5Q", each, dimension, 0, 0, 0))
        digest.update(b"".join(struct.pack("<d", float(line[0])) for line in mine))
        for line in mine:
            row = [0.0] * dimension
            for place, value in (feature.split(":") for feature in line[1:]):
                row[int(place) - 1] = float(value)
            digest.update(struct.pack("<%dd" % dimension, *row))
        words.append(digest.digest())
    whole.update(b"".join(word[k:k + 6] + b"\0\0" for word in words for k in range(0, 24, 6)))
    return whole.hexdigest()


def digests(folder):
    optima, path = os.path.join(folder, "digests"), os.path.join(folder, "even.svm")
    text = "".join(rows().splitlines(keepends=True)[:52])
    open(path, "w").write(text)
    done = run(["solve", "--data", path, "--clients", "4", "--regularizer", "l2:0.25", "--optima", optima], 3)
    wanted = digest_of(text, 4, b"l2", 0.25, 12)
    ok([os.path.basename(name) for name in stored(optima)] == [wanted + ".h5"], "the digest is that of the documents",
       done.stderr + wanted + str(stored(optima)))


def hits(folder, problem):
    optima = os.path.join(folder, "hits")
    words = ["solve", "--optima", optima] + problem
    first = run(words)
    ok("iterations" in first.stdout and "f* = " in first.stdout, "a problem that is not stored is solved", first.stdout)
    before = os.stat(stored(optima)[0]).st_ino
    second = run(words)
    value = first.stdout.split("f* = ")[1].split(",")[0]
    ok("solved before" in second.stdout and "f* = " + value in second.stdout
       and os.stat(stored(optima)[0]).st_ino == before, "a stored one is found", second.stdout)
    ok("solved before" not in run(words + ["--force"]).stdout and os.stat(stored(optima)[0]).st_ino != before,
       "--force solves it again")
    ok("solved before" not in run(words + ["--tolerance", "1e-15"]).stdout, "so does a smaller --tolerance")
    done = run(words + ["--tolerance", "1e-300"])
    ok(done.returncode == 0 and "rounding keeps" in done.stdout, "a tolerance below rounding: it is said",
       done.stdout + done.stderr)
    ok("solved before" in run(words + ["--tolerance", "1e-300"]).stdout, "and not tried again")
    run(words + ["--regularizer", "l2:0.2"])
    ok(len(stored(optima)) == 2, "another problem is another file, and nothing else is left", stored(optima))
    bare = run(["solve", "--data", "synth:logistic,d=3,m=9", "--clients", "2"], LACONIC_OPTIMA=os.path.join(folder, "bare"))
    ok(bare.returncode == 0 and "bound        none" in bare.stdout and "bound        none" not in run(words).stdout,
       "where nothing bounds f* from below, it is said", bare.stdout + bare.stderr)
    far = os.path.join(folder, "far.svm")
    open(far, "w").write("1 1:1e6 2:1\n-1 1:-1e6 2:3\n1 2:4\n-1 1:3 2:1\n")
    done = run(["solve", "--optima", os.path.join(folder, "far"), "--data", far, "--clients", "1", "--regularizer", "l2:0.01"])
    ok(done.returncode == 0 and "f* = 0.27487031142872" in done.stdout, "features a million times as large as others", done.stdout + done.stderr)
    quiet = run(words + ["--quiet"])
    ok(quiet.returncode == 0 and quiet.stdout == "", "--quiet", quiet.stdout)
    path = stored(optima)[0]
    data = bytearray(open(path, "rb").read())
    data[len(data) // 2] ^= 64
    open(path, "wb").write(data)
    broken = [run(words), run(words + ["--regularizer", "l2:0.2"])]
    ok(sorted(done.returncode for done in broken) == [0, 2], "of two files the damaged one is refused")
    refused("by a sentence that names it", max(broken, key=lambda done: done.returncode), 2, path, "damaged")
    os.replace(path, stored(optima)[1])
    data[len(data) // 2] ^= 64
    open(stored(optima)[0], "wb").write(data)
    broken = [run(words), run(words + ["--regularizer", "l2:0.2"])]
    refused("a file under another's name is refused", max(broken, key=lambda done: done.returncode), 2, "not of the problem")


def command_of(done):
    """The command that a sentence tells to run, as a shell reads it."""
    return shlex.split(done.stderr[done.stderr.index("laconic solve"):].strip())


def plots(folder, problem):
    out, picture = os.path.join(folder, "run.h5"), os.path.join(folder, "run.svg")
    optima = os.path.join(folder, "plots")
    here = {"LACONIC_OPTIMA": optima}
    train = ["train", "--method", "ef21", "--compressor", "topk:3", "--rounds", "40", "--quiet", "--out", out, "--force"]
    run(train + problem)
    for words in [["plot", out, "--y", "gap", "-o", picture], ["plot", out, "--y", "gap", "-o", picture, "--optima", optima]]:
        done = run(words, **(here if "--optima" not in words else {}))
        refused("plot --y gap before f* is known names the command", done, 2, out, "laconic solve --data")
        ok(not os.path.exists(picture), "and draws nothing")
    shown = run(["show", out], **here)
    ok("f(x) - f*     not known: laconic solve --data" in shown.stdout, "so does show", shown.stdout)
    told = run(["plot", out, "--y", "gap", "-o", picture], **here)
    solved = run(command_of(told)[1:], **here)
    ok(solved.returncode == 0, "the command, word for word, solves it", solved.stderr)
    done = run(["plot", out, "--y", "gap", "-o", picture], **here)
    ok(done.returncode == 0 and "f(x) - f*" in open(picture).read(), "then plot --y gap draws, without a number",
       done.stderr)
    digest = summary(out)["problem"]
    ok([os.path.basename(path) for path in stored(optima)] == [digest + ".h5"],
       "the file is named by the digest that the run holds", stored(optima))
    data = open(stored(optima)[0], "rb").read()
    open(stored(optima)[0], "wb").write(data[:300] + bytes([data[300] ^ 1]) + data[301:])
    shown = run(["show", out], **here)
    ok(shown.returncode == 0 and "loss  " in shown.stdout and "not known: '%s' is damaged" % stored(optima)[0] in shown.stdout,
       "where the stored one is damaged, show says so and shows the rest", shown.stdout + shown.stderr)
    refused("plot --y gap says what to do then", run(["plot", out, "--y", "gap", "-o", picture], **here), 2, "damaged", "remove it", "--force")
    open(stored(optima)[0], "wb").write(data)
    optimum = summary(stored(optima)[0])["final"]["loss"]
    shown = run(["show", out], **here).stdout
    gap = summary(out)["final"]["loss"] - optimum
    ok("f(x) - f*     %.6g, f* = %.17g" % (gap, optimum) in shown, "show says f(x) - f*", shown)
    tracked = os.path.join(folder, "tracked.h5")
    done = run(train[:-2] + [tracked, "--track", "loss_gap,distance_sq", "--optimum", "solved", "--solution", "solved"]
               + problem, 3, **here)
    lines = [line.split(",") for line in run(["show", "--csv", tracked]).stdout.splitlines()]
    losses, gaps, distances = ([float(line[lines[0].index(name)]) for line in lines[1:]]
                               for name in ["loss", "loss_gap", "distance_sq"])
    ok(done.returncode == 0 and len(gaps) == 41 and all(g == x - optimum for g, x in zip(gaps, losses))
       and distances[0] > distances[-1] > 0, "train --optimum solved --solution solved finds it", done.stderr)
    done = run(train[:-2] + [tracked, "--force", "--track", "loss_gap", "--solution", "solved"] + problem, **here)
    again = [line.split(",")[-1] for line in run(["show", "--csv", tracked]).stdout.splitlines()[1:]]
    ok(done.returncode == 0 and [float(text) for text in again] == gaps, "--solution solved alone brings f* too",
       done.stderr + str(again[:3]))
    refused("where none is stored, train names the command",
            run(["train", "--track", "loss_gap", "--optimum", "solved", "--rounds", "3"] + problem, 3,
                LACONIC_OPTIMA=os.path.join(folder, "none")), 2, "--optimum", "laconic solve --data")
    apart = os.path.join(folder, "with blank 'and quotes'.svm")
    open(apart, "w").write(rows())
    run(train + ["--data", apart, "--clients", "3", "--intercept"])
    told = run(["plot", out, "--y", "gap", "-o", picture], **here)
    solved = run(command_of(told)[1:], **here)
    done = run(["plot", out, "--y", "gap", "-o", picture], **here)
    ok(solved.returncode == 0 and done.returncode == 0, "names with blanks and quotes are quoted",
       told.stderr + solved.stderr + done.stderr)


def options(folder, problem):
    here = {"LACONIC_OPTIMA": os.path.join(folder, "options")}
    for words in [["--method", "gd"], ["--compressor", "topk:3"], ["--rounds", "5"], ["--out", "x.h5"], ["--step", "0.1"],
                  ["--x0", "normal"], ["--track", "x_norm"], ["--participation", "full"], ["--eval-every", "1"],
                  ["--optimum", "0"], ["--test", "x"], ["--until-loss", "0"], ["--dry-run"], ["--wire=fp64"]]:
        refused("what does not say f is refused: " + " ".join(words), run(["solve"] + words + problem, **here), 2,
                words[0].split("=")[0], "solve --help")
    refused("also on ranks, once", run(["solve", "--method", "gd"] + problem, 3, **here), 2, "--method")
    refused("an unknown option names the nearest", run(["solve", "--tolerence", "1"] + problem, **here), 2, "tolerance")
    for value in ["0", "-1", "x"]:
        refused("--tolerance %s" % value, run(["solve", "--tolerance", value] + problem, **here), 2, "--tolerance")
    refused("a wrong value is traced to the environment",
            run(["solve"] + problem, LACONIC_TOLERANCE="x", **here), 2, "LACONIC_TOLERANCE: tolerance")
    refused("too few iterations", run(["solve", "--max-iterations", "2"] + problem, **here), 1, "after 2 iterations")
    ok(stored(here["LACONIC_OPTIMA"]) == [], "of what failed nothing is stored", stored(here["LACONIC_OPTIMA"]))
    refused("wrong values are refused as by train", run(["solve", "--regularizer", "l3:1"], **here), 2, "regularizer")
    path = os.path.join(folder, "train.conf")
    open(path, "w").write("".join("%s = %s\n" % (a[2:], b) for a, b in zip(problem[::2], problem[1::2]))
                          + "method = ef21\nrounds = 7\nquiet = no\n")
    a, b = run(["solve"] + problem, **here), run(["solve", "--config", path], LACONIC_ROUNDS="4", **here)
    ok(b.returncode == 0 and "solved before" in b.stdout and a.returncode == 0,
       "an options file and an environment of train say the same problem", b.stdout + b.stderr)
    open(path, "a").write("metod = gd\n")
    refused("but not what is no option at all", run(["solve", "--config", path], **here), 2, "train.conf", "method")
    done = run(["solve", "--help"], 3)
    ok(done.returncode == 0 and done.stdout.count("usage:") == 1 and "--regularizer" in done.stdout
       and "--tolerance" in done.stdout and "--compressor" not in done.stdout and "--rounds" not in done.stdout,
       "--help shows what it takes, once", done.stdout)
    texts = [run(["help", "--man"]).stdout, run(["help", "--completion"]).stdout]
    ok("OPTIONS OF solve" in texts[0] and "solve) words=" in texts[1] and "--tolerance" in texts[1],
       "man page and completion know it")
    locked = os.path.join(folder, "file")
    open(locked, "w").close()
    refused("a place that cannot be written to is said before the work",
            run(["solve", "--optima", os.path.join(locked, "x")] + problem), 3, locked)
    done = run(["solve", "--data", "synth:logistic", "--objective", "sigmoid-squared", "--regularizer", "l2:0.01"], **here)
    ok(done.returncode == 0 and "not convex" in done.stdout and "a lower one may exist" in done.stdout,
       "of a function that is not convex no minimum is claimed", done.stdout + done.stderr)


with tempfile.TemporaryDirectory() as where:
    data = os.path.join(where, "data.svm")
    open(data, "w").write(rows())
    asked = ["--data", data, "--clients", "7", "--split", "sorted", "--regularizer", "l2:0.01"]
    on_ranks(where, asked)
    personal(where, asked)
    digests(where)
    hits(where, asked)
    plots(where, asked)
    options(where, asked)
finish()
