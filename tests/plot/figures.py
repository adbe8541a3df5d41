"""`laconic plot` as its users call it: the points behind a figure against the rows of its runs, legends, metadata, bad input.

usage: figures.py MPIRUN LACONIC CONFIG_DEF
"""

import hashlib
import json
import os
import re
import shutil
import statistics
import sys
import tempfile

from benches import CLIENTS, make_runs, read, rows_of, table, train
from calls import call, finish, laconic, ok, refused, rows, run
import pictures

DRAWS = shutil.which("gnuplot") is not None


def plot(*words):
    return call([laconic, "plot"] + list(words))


def points(folder, *words):
    """The data behind a figure: {(x column, curve): [(x, y, low, high)]}."""
    path = os.path.join(folder, "points.csv")
    done = plot("--data", path, *words)
    if done.returncode:
        ok(False, "plot --data " + " ".join(words), done.stderr)
        return {}
    curves = {}
    for row in table(read(path)):
        numbers = tuple(float(row[name]) if row[name] else None for name in ("x", "y", "low", "high"))
        curves.setdefault((row["x_column"], row["curve"]), []).append(numbers)
    return curves


def near(a, b):
    return abs(a - b) <= 1e-12 * max(abs(a), abs(b))


def same(found, wanted):
    return len(found) == len(wanted) and all(len(a) == len(b) and all(near(x, y) for x, y in zip(a, b)) for a, b in zip(found, wanted))


def summary_of(x, values):
    quartiles = statistics.quantiles(values, n=4, method="inclusive")
    return (x, statistics.median(values), quartiles[0], quartiles[2])


def line_at(run_rows, column, x):
    """On the straight line between two rows."""
    at = [(row["bits_up"] / CLIENTS, row[column]) for row in run_rows]
    before = [p for p in at if p[0] <= x][-1]
    after = next((p for p in at if p[0] > x), before)
    return before[1] if before[0] == x or after is before else before[1] + (x - before[0]) / (after[0] - before[0]) * (after[1] - before[1])


def medians(folder, runs):
    by_seed = {method: [rows_of(path) for path in paths] for method, paths in runs.items()}
    where = os.path.join(folder, "runs")
    found = points(folder, where, "--group", "all-but-seed", "--y", "grad_norm_sq")
    ok(sorted(curve for _, curve in found) == sorted(["ef21, topk:3 (5 runs)", "marina, randk:2 (5 runs)"] * 2),
       "a folder stands for its runs, a curve for all seeds, named by what differs", found.keys())
    for method, label in [("ef21", "ef21, topk:3 (5 runs)"), ("marina", "marina, randk:2 (5 runs)")]:
        seeds = by_seed[method]
        wanted = [summary_of(t, [one[t]["grad_norm_sq"] for one in seeds]) for t in range(61)]
        ok(same(found["round", label], wanted), "%s: medians and quartiles by rounds are those of the rows" % method)
        first, last = (choose(one[end]["bits_up"] / CLIENTS for one in seeds) for choose, end in [(max, 0), (min, -1)])
        grid = sorted({row["bits_up"] / CLIENTS for one in seeds for row in one if first <= row["bits_up"] / CLIENTS <= last})
        wanted = [summary_of(x, [line_at(one, "grad_norm_sq", x) for one in seeds]) for x in grid]
        ok(same(found["bits_up", label], wanted), "%s: and by bits, over those that all seeds sent" % method,
           (len(grid), found["bits_up", label][:3], wanted[:3]))
    spread = points(folder, *runs["marina"][:4], "--group", "method", "--band", "range", "--x", "round", "--y", "loss")
    values = [[one[t]["loss"] for one in by_seed["marina"][:4]] for t in range(61)]
    ok(same(spread["round", "marina (4 runs)"], [(t, statistics.median(v), min(v), max(v)) for t, v in enumerate(values)]),
       "--band range, of an even number of runs", spread.keys())
    four = points(folder, *runs["marina"][:4], "--group", "method", "--x", "round", "--y", "loss")
    ok(same(four["round", "marina (4 runs)"], [summary_of(t, v) for t, v in enumerate(values)]), "medians and quartiles of an even number", four.keys())
    bare = points(folder, *runs["marina"], "--group", "method", "--band", "none", "--x", "round")
    ok(all(p[2:] == (None, None) for p in bare["round", "marina (5 runs)"]), "--band none leaves its cells empty")
    short = train(os.path.join(folder, "short.h5"), os.path.join(folder, "data.svm"), "--method", "marina", "--rounds", "20", "--seed", "9")
    fewer = points(folder, short, runs["marina"][0], "--group", "method", "--x", "round")
    ok(fewer["round", "marina (2 runs)"][-1][0] == 20, "a median ends where the first of its runs ends")
    return by_seed


def single_runs(folder, runs, by_seed):
    path = runs["ef21"][0]
    mine = by_seed["ef21"][0]
    found = points(folder, path, "--x", "bits_up,oracle_rows,seconds", "--y", "loss")
    for column, divisor in [("bits_up", CLIENTS), ("oracle_rows", 1), ("seconds", 1)]:
        wanted = [(row[column] / divisor, row["loss"]) for row in mine]
        ok([p[:2] for p in found[column, "ef21, topk:3"]] == wanted, "a run's points are its rows: %s" % column)
    total = points(folder, path, "--total", "--x", "bits_up", "--y", "loss")
    ok([p[0] for p in total["bits_up", "ef21, topk:3"]] == [row["bits_up"] for row in mine], "--total")
    each = points(folder, path, "--per-client", "--x", "loss", "--y", "oracle_rows")
    ok([p[:2] for p in each["loss", "ef21, topk:3"]] == [(row["loss"], row["oracle_rows"] / CLIENTS) for row in mine], "--per-client")
    two = points(folder, runs["ef21"][0], runs["ef21"][1], "--x", "round")
    ok({curve for _, curve in two} == {"seed 1", "seed 2"}, "a legend has what differs, and nothing else", two.keys())
    named = points(folder, runs["ef21"][0], runs["marina"][0], "--x", "round", "--labels", "EF21 (ours), \"new\"|MARINA")
    ok({curve for _, curve in named} == {"EF21 (ours), \"new\"", "MARINA"}, "--labels", named.keys())
    pattern = points(folder, os.path.join(folder, "runs", "marina-[12].h5"), "--x", "round")
    ok(len(pattern) == 2, "a pattern in quotes stands for the files that it fits", pattern.keys())


def configuration_digest(path, options):
    """As docs/figures.md says: of the options that bear on the trajectory."""
    values = dict(line.split(" = ", 1) for line in call([laconic, "show", "--config", path]).stdout.splitlines() if not line.startswith("#"))
    lines = "".join("%s = %s\n" % (name, values.get(name, fallback)) for name, fallback in options)
    return hashlib.blake2b(lines.encode(), digest_size=32).hexdigest()


def trajectory_options(text):
    found = re.findall(r'^LAC_OPTION\("[^"]*", "([^"]*)", (?:[^,"]+|"[^"]*"), (NULL|"[^"]*"), (\w+),', text, re.MULTILINE)
    return [(name, "" if fallback == "NULL" else fallback[1:-1]) for name, fallback, mark in found if mark == "LAC_TRAJECTORY"]


READERS = {"svg": pictures.of_svg, "png": pictures.of_png, "pdf": pictures.of_pdf}


def draw_all(folder, runs, prefix):
    made = {}
    for kind in READERS:
        path = os.path.join(folder, "%s.%s" % (prefix, kind))
        done = plot(runs["ef21"][0], *runs["marina"], "--size", "one-column", "--x", "bits_up", "--title", "a title", "-o", path)
        ok(done.returncode == 0 and not done.stdout and not done.stderr, "a picture as %s" % kind, done.stderr)
        made[kind] = read(path, "rb") if done.returncode == 0 else b""
    return made


def metadata(runs, made, options):
    paths = [runs["ef21"][0]] + runs["marina"]
    facts = [READERS[kind](data) for kind, data in made.items()]
    ok(facts[0] == facts[1] == facts[2], "SVG, PNG and PDF say the same", facts)
    lines = facts[0].splitlines()
    ok(lines[0] == "laconic figure 1" and lines[2] == "drawn: loss against bits_up per client", "what is drawn", lines[:3])
    wanted = []
    for path in paths:
        told = json.loads(call([laconic, "show", "--json", path]).stdout)
        wanted.append("run: %s configuration %s model %s problem %s rounds 60 version %s"
                      % (os.path.basename(path), configuration_digest(path, options), told["final"]["model_digest"], told["problem"],
                         call([laconic, "--version"]).stdout.split()[1]))
    ok(lines[3:] == wanted, "and of each run the digests of configuration, model and problem", "\n".join(lines[3:] + wanted))
    chunks = dict(pictures.png_chunks(made["png"]))
    ok(int.from_bytes(chunks["pHYs"][:4], "big") == 11811 and int.from_bytes(chunks["IHDR"][:4], "big") == 992,
       "the PNG of one column is 84 mm wide, of 300 dots an inch")
    ok(b'width="317"' in made["svg"], "so is the SVG, of 96")
    box = [float(x) for x in re.search(rb"/MediaBox\s*\[([^\]]*)\]", made["pdf"]).group(1).split()]
    ok(abs(box[2] - 84 / 25.4 * 72) < 1, "and the PDF", box)
    ok(b"CreationDate" not in made["pdf"], "the PDF has no date")
    texts = pictures.svg_texts(made["svg"])
    ok("a title" in texts and "marina, randk:2, seed 5" in texts and "kbit sent up per client" in texts, "words of the figure", texts)


def bands(folder, runs):
    """Each lighter where there are many."""
    picture, twins = os.path.join(folder, "bands.svg"), []
    for path in runs["ef21"]:
        twins.append(os.path.join(folder, "twin-" + os.path.basename(path)))
        os.link(path, twins[-1])
    for pairs, wanted in [(3, 0.2), (5, 0.12)]:
        plot(*runs["ef21"], *runs["marina"], *twins[:pairs], "--group", "method,seed", "--x", "round", "-o", picture)
        found = {float(part) for part in re.findall(rb"fill-opacity = '([\d.]+)'", read(picture, "rb"))}
        ok(found == {wanted}, "%d bands" % pairs, found)


def odd_name(folder, path):
    odd = shutil.copy(path, os.path.join(folder, "a)b&<c.h5"))
    for kind, reader in READERS.items():
        picture = os.path.join(folder, "odd." + kind)
        done = plot(odd, "--labels", "odd", "-o", picture)
        ok(done.returncode == 0 and "\nrun: a)b&<c.h5 configuration " in reader(read(picture, "rb")), "letters that %s writes in its own way" % kind, done.stderr)


def gaps(folder, runs, data):
    optima = os.path.join(folder, "optima")
    first = runs["ef21"][0]
    words = ["--clients", "4", "--regularizer", "l2:0.01", "--optima", optima]
    run(["--data", data] + words, command="solve")
    best = rows_of(os.path.join(optima, os.listdir(optima)[0]))[-1]["loss"]
    found = points(folder, first, "--y", "gap", "--x", "round", "--optima", optima)
    ok([p[1] for p in found["round", "ef21, topk:3"]] == [row["loss"] - best for row in rows_of(first)], "--y gap is f(x) - f*")
    picture = os.path.join(folder, "gap.svg")
    other = train(os.path.join(folder, "other.h5"), data, "--clients", "5", "--split", "sorted")
    refused("runs of different problems have no common gap: what differs is said", plot(first, other, "--y", "gap", "-o", picture), 2,
            first, other, "--clients 4 and 5, --split contiguous and sorted")
    changed = os.path.join(folder, "changed.svm")
    with open(changed, "w") as file:
        file.write(rows(119))
    moved = train(os.path.join(folder, "moved.h5"), changed)
    os.replace(changed, os.path.join(folder, "elsewhere.svm"))
    with open(changed, "w") as file:
        file.write(rows(118))
    later = train(os.path.join(folder, "later.h5"), changed)
    refused("so are data that changed under one name", plot(moved, later, "--y", "gap", "-o", picture), 2, moved, later, "they differ in the content of --data " + changed)
    drawn = [train(os.path.join(folder, "drawn-%d.h5" % seed), "synth:logistic,d=5,m=10", "--seed", str(seed)) for seed in (1, 2)]
    refused("generated data are of their seed", plot(*drawn, "--y", "gap", "-o", picture), 2, "--seed 1 and 2")
    tracked = [train(os.path.join(folder, "tracked-%d.h5" % n), data, "--clients", str(n), "--track", "loss_gap", "--optimum", "0") for n in (4, 5)]
    refused("columns of gaps are gaps", plot(*tracked, "--y", "loss_gap", "-o", picture), 2, "--clients 4 and 5")
    coupled = [train(os.path.join(folder, "l2gd-%s.h5" % l), data, "--method", "l2gd:lambda=" + l, "--step", "base", "--compressor", "identity",
                     "--track", "personal_objective") for l in ("1", "2")]
    refused("of personal models too", plot(*coupled, "--y", "personal_gap", "-o", picture), 2, "--method l2gd:lambda=1 and l2gd:lambda=2")
    ok(not os.path.exists(picture), "and nothing is drawn")
    ok(len(points(folder, first, other, "--y", "grad_norm_sq", "--x", "round")) == 2, "other columns of theirs may stand together")


def refusals(folder, runs):
    first, picture, many = runs["ef21"][0], os.path.join(folder, "no.svg"), os.path.join(folder, "runs")
    empty = os.path.join(folder, "empty")
    os.mkdir(empty)
    damaged, cut = os.path.join(folder, "damaged.h5"), os.path.join(folder, "cut.h5")
    data = bytearray(read(first, "rb"))
    with open(cut, "wb") as file:
        file.write(data[:len(data) // 2])
    data[len(data) // 2] ^= 16
    with open(damaged, "wb") as file:
        file.write(data)
    for name, status, words, said in [
            ("a column that is misspelt", 2, [first, "--y", "los"], ["--y", "'los'", "'loss'"]),
            ("one in --x", 2, [first, "--x", "round,bit_up"], ["--x", "'bits_up'"]),
            ("one that the run does not have", 2, [first, "--y", "x_norm"], [first, "no column x_norm", "--track x_norm"]),
            ("two in --y", 2, [first, "--y", "loss,grad_norm_sq"], ["--y", "'loss,grad_norm_sq' is more than one column"]),
            ("one of a network", 2, [first, "--y", "network_seconds"], [first, "train with links, such as --network "]),
            ("one of test data", 2, [first, "--y", "test_loss"], [first, "--track test_loss and --test FILE"]),
            ("an option of --group", 2, [first, "--group", "sed"], ["--group", "'sed'", "'seed'"]),
            ("one after all-but-", 2, [first, "--group", "all-but-metod"], ["'method'"]),
            ("a band about single runs", 2, [first, "--band", "range"], ["--group"]),
            ("bars about them", 2, [first, "--error-bars"], ["--group"]),
            ("bars of nothing", 2, [many, "--group", "method", "--error-bars", "--band", "none"], ["--band none"]),
            ("a median against what falls", 2, [many, "--group", "method", "--x", "grad_norm_sq"], ["grad_norm_sq does in", "round"]),
            ("one column on both axes", 2, [first, "--x", "loss"], ["one column"]),
            ("five panels", 2, [first, "--x", "round,bits_up,bits_down,seconds,bits_up_paper"], ["at most 4"]),
            ("both counts", 2, [first, "--total", "--per-client"], ["--total"]),
            ("a range without a colon", 2, [first, "--xrange", "5"], ["--xrange", "FROM:TO"]),
            ("a range the wrong way", 2, [first, "--yrange", "2:1"], ["--yrange", "not below"]),
            ("a logarithmic range from 0", 2, [first, "--log", "y", "--yrange", "0:1"], ["above 0"]),
            ("a size that is none", 2, [first, "--size", "big"], ["--size", "one-column"]),
            ("a size without room", 2, [first, "--size", "40x30"], ["no room"]),
            ("labels of another number", 2, [first, "--labels", "a|b"], ["2 labels", "1 curve;"]),
            ("an empty folder", 2, [empty], [empty, "no run file"]),
            ("a pattern that nothing fits", 2, [os.path.join(empty, "*.h5")], ["no file is named like"]),
            ("a damaged run", 2, [first, damaged], [damaged, "damaged"]),
            ("a run that was cut short", 2, [first, cut], [cut]),
            ("a table that is no .csv", 2, [first, "--data", os.path.join(folder, "x.txt")], [".csv"])]:
        refused("refused: " + name, plot(*words, "-o", picture), status, *said)
        ok(not os.path.exists(picture), "and nothing is drawn")
    for seed in range(6, 37):
        os.link(runs["ef21"][0], os.path.join(many, "copy-%d.h5" % seed))
    refused("refused: more curves than can be told apart", plot(many, "-o", picture), 2, "41 curves", "--group")
    table_path = os.path.join(folder, "half.csv")
    done = plot(first, "-o", os.path.join(folder, "nosuch", "x.svg"), "--data", table_path)
    ok(done.returncode == (3 if DRAWS else 1) and not os.path.exists(table_path), "where the picture fails there is no table either", done.stderr)


with tempfile.TemporaryDirectory() as where:
    made_runs, svm = make_runs(where)
    before = draw_all(where, made_runs, "before") if DRAWS else {}
    rows_by_seed = medians(where, made_runs)
    single_runs(where, made_runs, rows_by_seed)
    gaps(where, made_runs, svm)
    if DRAWS:
        bands(where, made_runs)
        metadata(made_runs, before, trajectory_options(read(sys.argv[3])))
        odd_name(where, made_runs["ef21"][0])
        ok(draw_all(where, made_runs, "after") == before, "the same runs give the same bytes, at another time")
    else:
        ok(True, "pictures # SKIP gnuplot is not installed")
    refusals(where, made_runs)
finish()
