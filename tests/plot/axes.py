"""Axes of `laconic plot`: words and units for every column, readable numbers, where they are logarithmic.

usage: axes.py MPIRUN LACONIC CONFIG_DEF
"""

import os
import re
import shutil
import tempfile

from benches import read, rows, table
from calls import call, finish, laconic, ok, run
import fonts
import pictures

DRAWS = shutil.which("gnuplot") is not None
BYTES = {"mpi_server", "mpi_workers", "memory_server", "memory_worker"}


def train(path, *words):
    done = run(["--clients", "4", "--rounds", "40", "--quiet", "--out", path] + list(words))
    if done.returncode:
        ok(False, "the run %s" % path, done.stderr)
    return path


def columns():
    """Names of all columns, those on request after the usual ones."""
    found = re.findall(r"^  ([a-z]\w+)$", call([laconic, "list", "columns"]).stdout, re.MULTILINE)
    return list(dict.fromkeys(found))


def ticks(data, axis):
    """Of the y axis or of the x axis, as numbers; powers of ten are read as they are written."""
    anchor = {"x": b"middle", "y": b"end"}[axis]
    texts = re.findall(rb'text-anchor="' + anchor + rb'">\s*<text>(.*?)</text>', data, re.DOTALL)
    return [re.sub(r"\s+", "", re.sub(r"<[^>]*>", "", text.decode())) for text in texts if re.search(rb"\d", text)]


def words(folder):
    data = os.path.join(folder, "data.svm")
    with open(data, "w") as file:
        file.write(rows(120))
    personal = {"personal_loss", "model_spread", "personal_objective", "personal_gap"}
    names = columns()
    ok(len(names) > 40 and names[0] == "round", "all columns", names)
    usual = ["round", "loss", "grad_norm_sq", "bits_up", "bits_down", "bits_up_paper", "seconds", "mpi_server", "mpi_workers"]
    tracked = [name for name in names if name not in usual and name not in personal]
    tall = train(os.path.join(folder, "all.h5"), "--data", data, "--test", data, "--optimum", "0", "--solution", zeros(folder, data),
                 "--network", "latency=1ms,up=1Mbit,down=1Mbit", "--track", ",".join(tracked))
    own = train(os.path.join(folder, "own.h5"), "--data", data, "--method", "l2gd:lambda=1", "--step", "base", "--compressor", "identity",
                "--optimum", "0", "--track", ",".join(sorted(personal)))
    picture = os.path.join(folder, "axis.svg")
    for name in names:
        done = call([laconic, "plot", own if name in personal else tall, "--x", "round" if name != "round" else "loss", "--y", name, "--size",
                     "one-column", "-o", picture])
        data = read(picture, "rb")
        label = " ".join(re.sub(r"<[^>]*>", "", text.decode()).strip()
                         for text in re.findall(rb'rotate\((?:270|-90)\)"[^>]*>\s*<text>(.*?)</text>', data, re.DOTALL))
        raw = [word for word in re.findall(r"\w+", label) if "_" in word and word != "x_1"]
        good = done.returncode == 0 and label and not raw and (name not in BYTES or re.match(r"([kMGT]B|bytes) ", label)) \
            and (not name.startswith("bits_") or re.match(r"([kMGT]bit|bits) .*per client", label)) \
            and ("seconds" not in name or label.endswith("(s)"))
        ok(good, "%s: %s" % (name, label), done.stderr)
        ok(not [tick for tick in ticks(data, "y") if "e" in tick], "and numbers without an e", ticks(data, "y"))


def zeros(folder, data):
    path = os.path.join(folder, "zeros.txt")
    call([laconic, "train", "--data", data, "--clients", "4", "--rounds", "1", "--quiet", "--out", os.path.join(folder, "dim.h5")])
    dim = int(re.search(r'"dim": (\d+)', call([laconic, "show", "--json", os.path.join(folder, "dim.h5")]).stdout).group(1))
    with open(path, "w") as file:
        file.write("0\n" * dim)
    return path


def scales(folder):
    run_file, picture = os.path.join(folder, "all.h5"), os.path.join(folder, "scale.svg")

    def drawn(*words):
        done = call([laconic, "plot", run_file, "--x", "round", "-o", picture] + list(words))
        ok(done.returncode == 0, "draws " + " ".join(words), done.stderr)
        return ticks(read(picture, "rb"), "y")

    shown = call([laconic, "show", "--csv", run_file]).stdout.splitlines()
    table = {name: [float(line.split(",")[k]) for line in shown[1:]] for k, name in enumerate(shown[0].split(","))}
    small = min(name for name in ("seconds_send", "seconds_step") if max(table[name]) > 0)
    found = drawn("--y", small, "--log", "none")
    ok(found and all(re.fullmatch(r"[\d.]+·10-\d+|[\d.]+", tick) for tick in found), "small numbers are written as 5·10^-6", found)
    accuracy = table["test_accuracy"]
    ok(max(accuracy) < 10 * min(accuracy), "accuracies within a decade", accuracy)
    even = [float(tick) for tick in drawn("--y", "test_accuracy")]
    steps = [b - a for a, b in zip(even, even[1:])]
    ok(len(even) > 2 and max(steps) - min(steps) < 1e-9, "have an even axis", even)
    wide = [float(tick.replace("10-", "1e-")) for tick in drawn("--y", "grad_norm_sq", "--yrange", "1e-9:1")]
    ok(wide and max(wide) / min(wide) > 1e3, "what spans decades has a logarithmic one", wide)
    decade = [float(tick) for tick in drawn("--y", "grad_norm_sq", "--yrange", "0.01:0.3")]
    ok(decade == [0.01, 0.02, 0.05, 0.1, 0.2], "so has what spans one and a half", decade)
    zero = drawn("--y", "x_norm")
    ok(table["x_norm"][0] == 0 and "0" in zero, "what begins at 0 an even one", zero)
    flat = drawn("--y", "oracle_full", "--yrange", "4:5")
    ok(flat, "whole numbers too", flat)
    ones = drawn("--y", "x_norm", "--yrange", "0:4")
    ok(ones == ["0", "1", "2", "3", "4"], "about five ticks", ones)
    drawn("--y", "oracle_full", "--yrange", "0:5e6")
    ok(any(text.endswith(", in millions") for text in pictures.svg_texts(read(picture, "rb"))), "millions are said to be so", pictures.svg_texts(read(picture, "rb")))
    still = train(os.path.join(folder, "still.h5"), "--step", "1e-12")
    done = call([laconic, "plot", still, "--x", "round", "-o", picture])
    found = [float(tick) for tick in ticks(read(picture, "rb"), "y")]
    ok(done.returncode == 0 and len(set(found)) == len(found) > 1, "what stays as it is has no axis of its last digits", "%s %s" % (found, done.stderr))
    made = {name: train(os.path.join(folder, name + ".h5"), "--data", "synth:logistic,d=200,m=10", *more.split())
            for name, more in (("dense", "--method gd"), ("few", "--method ef21 --compressor topk:1"), ("half", "--method ef21 --compressor topk:100"))}
    for other, far in (("few", True), ("half", False)):
        done = call([laconic, "plot", made["dense"], made[other], "--x", "bits_up", "-o", picture])
        found = [float(re.sub(r"^10(?=-?\d+$)", "1e", tick)) for tick in ticks(read(picture, "rb"), "x")]
        ok(done.returncode == 0 and (max(found) > 50 * min(found) > 0 if far else 0 in found), "bits of runs that end far apart alone have a logarithmic axis: %s" % other, "%s %s" % (found, done.stderr))


def decades(folder):
    """Gaps and squared norms have a logarithmic axis, from which what is 0 or less is left out; x covers the rest."""
    picture, table_path, optima = (os.path.join(folder, name) for name in ("gap.svg", "gap.csv", "optima"))
    problem = ["--data", "synth:logistic,d=10,m=100", "--clients", "4", "--regularizer", "l2:0.1"]
    reached = train(os.path.join(folder, "reached.h5"), *problem, "--method", "gd", "--rounds", "300")
    solved = run(problem + ["--optima", optima], command="solve")
    ok(solved.returncode == 0, "a minimum", solved.stderr)
    wanted = ["plot", reached, "--y", "gap", "--optima", optima, "--x", "round", "-o", picture, "--data", table_path]
    for more in ([], ["--log", "y"], ["--log", "none"]):
        done = call([laconic] + wanted + more)
        points = [(float(row["x"]), float(row["y"])) for row in table(read(table_path))]
        above = [x for x, y in points if y > 0]
        ok(done.returncode == 0 and 10 < len(above) < len(points) and max(above) < 200, "draws a gap that comes to 0 %s" % more, done.stderr)
        powers, last = [tick for tick in ticks(read(picture, "rb"), "y") if re.fullmatch(r"10-\d+", tick)], float(ticks(read(picture, "rb"), "x")[-1])
        if more == ["--log", "none"]:
            ok(not powers and last == 300 and not done.stderr, "all of it with --log none", (powers, last, done.stderr))
        else:
            said = "%d of %d points are 0 or less" % (len(points) - len(above), len(points))
            ok(len(powers) > 2 and said in done.stderr and "--log none" in done.stderr, "by decades, and what is left out is told", (powers, done.stderr))
            ok(last <= 1.05 * max(above), "the x axis covers what is drawn", (last, max(above)))
    done = call([laconic, "plot", os.path.join(folder, "all.h5"), "--x", "round", "--y", "distance_sq", "-o", picture])
    ok("1 of 41 points are 0 or less" in done.stderr, "a squared distance too", done.stderr)
    done = call([laconic] + wanted + ["--yrange", "-1e-3:1"])
    ok(not done.stderr, "but where --yrange has 0", done.stderr)


def narrow(folder):
    """Ranges whose ends differ late: numbers with all the digits that tell them apart, beside each other and within the figure."""
    run_file, picture, font = os.path.join(folder, "all.h5"), os.path.join(folder, "narrow.svg"), fonts.sans()
    for axis, words in [("y", ["--x", "round", "--y", "loss"]), ("x", ["--x", "loss", "--y", "grad_norm_sq", "--size", "one-column"])]:
        for limits in ("0.6931:0.693101", "0.6931:0.6931000001", "1e8:1.00000001e8", "1.00001e-7:1.00002e-7", "1:1.0000000000000002"):
            for scale in ("none", axis):
                done = call([laconic, "plot", run_file, "--%srange" % axis, limits, "--log", scale, "-o", picture] + words, timeout=20)
                data = read(picture, "rb")
                numbers = [float(tick.replace("·10", "e")) for tick in ticks(data, axis)]
                least, most = (float(end) for end in limits.split(":"))
                exact = most - least > 1e-14 * most
                good = numbers and all(least - 1e-15 <= x <= most * (1 + 1e-15) for x in numbers) and len(set(numbers)) == len(numbers) > exact
                ok(done.returncode == 0 and good, "%s axis %s, --log %s: numbers that differ" % (axis, limits, scale), (numbers, done.stderr))
                boxes = pictures.svg_boxes(data, font) if font else []
                over = [(a[0], b[0]) for i, a in enumerate(boxes) for b in boxes[:i]
                        if min(a[3], b[3]) - max(a[1], b[1]) > 0.5 and min(a[4], b[4]) - max(a[2], b[2]) > 0.5]
                width = pictures.svg_size(data)[0]
                ok(not over and all(box[1] >= 0 and box[3] <= width for box in boxes), "none on another, none cut", (width, over, boxes))
    for scale in ("none", "y"):
        done = call([laconic, "plot", run_file, "--x", "round", "--y", "loss", "--yrange", "5:", "--log", scale, "-o", picture])
        numbers = [float(tick) for tick in ticks(read(picture, "rb"), "y")]
        ok(done.returncode == 0 and len(numbers) > 1 and 5 == min(numbers) and max(numbers) < 6, "a range above all there is, --log %s" % scale, numbers)


with tempfile.TemporaryDirectory() as where:
    if DRAWS:
        words(where)
        scales(where)
        decades(where)
        narrow(where)
    else:
        ok(True, "pictures # SKIP gnuplot is not installed")
finish()
