"""Legends of `laconic plot`: what they say, that all of it stands inside the figure and on nothing else, that curves can be told apart.

usage: legends.py MPIRUN LACONIC CONFIG_DEF
"""

import os
import re
import shutil
import subprocess
import tempfile

from benches import read, rows, table
from calls import call, finish, laconic, ok, refused, run
import fonts
import pictures

FONT = fonts.sans()
DRAWS = shutil.which("gnuplot") is not None
MOST = 40
LENGTHS = {"short": "s=%d", "usual": "ef21, topk:%d%%, participation nice:10", "wide": "WWWWWWWWWWWWWW %d WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",
           "long": "ef21, topk:%d, participation nice:10, step theory*4, regularizer l2:0.001, data synth:logistic_d=300_m=100, clients 100",
           "unbroken": "x" * 150 + "%d"}


def train(path, *words):
    done = run(["--rounds", "5", "--quiet", "--out", path] + list(words))
    if done.returncode:
        ok(False, "the run %s" % path, done.stderr)
    return path


def plot(*words):
    return call([laconic, "plot"] + list(words))


def labels_of(folder, *paths, command="plot"):
    """The curves' names, and what stands on standard error."""
    data = os.path.join(folder, "labels.csv")
    done = plot(*paths, "--x", "round", "--data", data)
    ok(done.returncode == 0, "draws %d" % len(paths), done.stderr)
    return list(dict.fromkeys(row["curve"] for row in table(read(data)))), done.stderr


def words(folder):
    """A legend has each option that differs, and no other."""
    at = lambda name: os.path.join(folder, name + ".h5")
    page = ["--method", "page", "--clients", "1", "--data"]
    kinds = [("s0", "0.1", "uniform:1"), ("s1", "10", "uniform:1"), ("s2", "10", "importance:1")]
    made = [train(at(name), *page, "synth:tridiagonal,d=10,m=20,s=%s,family=lipt_different" % s, "--gradient", g) for name, s, g in kinds]
    found, said = labels_of(folder, *made)
    ok(found == ["gradient uniform:1, data s=0.1", "gradient uniform:1, data s=10", "gradient importance:1, data s=10"],
       "what values of commas have alike is left out at both ends", found)
    ok(said.count("note:") == 1 and "'synth:tridiagonal,d=10,m=20,...,family=lipt_different'" in said and "--labels" in said, "and that is said", said)
    one = ["--method", "ef21", "--compressor", "topk:4", "--step", "0.01"]
    all_differ = [train(at("a1"), *one, "--data", "synth:logistic,d=20,m=5", "--clients", "4", "--regularizer", "l2:0.1", "--x0", "normal", "--seed", "1"),
                  train(at("a2"), *one, "--data", "synth:logistic,d=30,m=5", "--clients", "5", "--regularizer", "l2:0.2", "--x0", "zero", "--seed", "2")]
    found, _ = labels_of(folder, *all_differ)
    ok(found == ["x0 normal, seed 1, data d=20, clients 4, regularizer l2:0.1", "x0 zero, seed 2, data d=30, clients 5, regularizer l2:0.2"],
       "all that differs is told, however long", found)
    small = ["--data", "synth:logistic,d=20,m=5", "--clients", "4", "--step", "0.01"]
    other = [train(at("b1"), *small, "--compressor", "topk:4"), train(at("b2"), *small, "--compressor", "topk:5%", "--regularizer", "l2:0.1")]
    found, _ = labels_of(folder, *other)
    ok(found == ["topk:4, regularizer none", "topk:5%, regularizer l2:0.1"], "of runs of two compressors too", found)
    quiet = [train(at("c1"), *small, "--method", "ef21", "--init", "zero"), train(at("c2"), *small, "--method", "gd"),
             train(at("c3"), *small, "--method", "ef21-bc"), train(at("c4"), *small, "--method", "ef21-bc", "--compressor-down", "topk:3")]
    found, _ = labels_of(folder, *quiet[:2])
    ok(found == ["ef21, topk:5%", "gd, identity"], "an option that the other method has not is no difference", found)
    found, _ = labels_of(folder, quiet[1], quiet[2])
    ok(found == ["gd, identity", "ef21-bc, topk:5%"], "nor is a --compressor-down that nobody set", found)
    found, _ = labels_of(folder, quiet[2], quiet[3])
    ok(found == ["ef21-bc, topk:5%", "ef21-bc, topk:5%, compressor-down topk:3"] or found == ["ef21-bc", "compressor-down topk:3"]
       or "compressor-down topk:3" in found[1] and "compressor-down" not in found[0], "one that was set is", found)
    down = ["--method", "ef21-bc", "--seed", "7", "--compressor"]
    follows = [train(at("f%s" % k), *small, *down, "topk:%s" % k) for k in (2, 10)]
    own = train(at("f20"), *small, *down, "topk:2", "--compressor-down", "topk:3")
    for words in ("all-but-compressor", "compressor-down"):
        data = os.path.join(folder, "down.csv")
        done = plot(*follows, own, "--group", words, "--x", "round", "--data", data)
        found = {(row["curve"], row["runs"]) for row in table(read(data))}
        ok(done.returncode == 0 and sorted(runs for _, runs in found) == ["1", "2"], "a --compressor-down that goes with --compressor is one, by %s" % words,
           (found, done.stderr))
    os.mkdir(os.path.join(folder, "many"))
    for name in ("topk-1", "topk-20", "topk-3", "topk-10"):
        os.link(follows[0], os.path.join(folder, "many", name + ".h5"))
    for word in ("many", "many/topk-*.h5"):
        found, _ = labels_of(folder, os.path.join(folder, word))
        ok([re.search(r"topk-(\d+)\.h5", label).group(1) for label in found] == ["1", "3", "10", "20"], "%s: numbers in names by their size" % word, found)
    found, _ = labels_of(folder, *(os.path.join(folder, "many", "topk-%d.h5" % k) for k in (10, 3)))
    ok([re.search(r"topk-(\d+)\.h5", label).group(1) for label in found] == ["10", "3"], "files in the order in which they are given", found)
    coin = train(at("c5"), *small, "--method", "proxskip", "--p", "0.1")
    found, _ = labels_of(folder, quiet[1], coin)
    ok(found == ["gd", "proxskip"] or found == ["gd, identity", "proxskip, identity"], "nor is the default of what a method has not", found)
    for name in ("d1", "d2"):
        os.mkdir(os.path.join(folder, name))
        with open(os.path.join(folder, name, "a.svm"), "w") as file:
            file.write(rows(40 if name == "d1" else 44))
    files = [train(at(name), "--data", os.path.join(folder, name, "a.svm"), "--clients", "4", "--step", "0.01") for name in ("d1", "d2")]
    found, _ = labels_of(folder, *files)
    ok(found == ["data d1/a.svm", "data d2/a.svm"], "files of one name are told apart by their folders", found)
    return quiet[1]


def check_boxes(name, data, labels):
    width, height = pictures.svg_size(data)
    boxes = pictures.svg_boxes(data, FONT)
    outside = [box for box in boxes if box[1] < 0 or box[2] < 0 or box[3] > width or box[4] > height]
    over = [(a[0], b[0]) for i, a in enumerate(boxes) for b in boxes[:i]
            if min(a[3], b[3]) - max(a[1], b[1]) > 0.5 and min(a[4], b[4]) - max(a[2], b[2]) > 0.5]
    text = "".join(box[0] for box in boxes).replace(" ", "")
    missing = [label for label in labels if label.replace(" ", "") not in text]
    below = height - max(box[4] for box in boxes)
    good = not outside and not over and not missing and 0 <= below < 20
    ok(good, "%s: all words stand inside, on nothing else, to the end" % name, "\n".join(map(str, [(width, height, below), outside[:3], over[:3], missing[:2]])))


def places(folder, source):
    runs = []
    for i in range(MOST):
        runs.append(os.path.join(folder, "copy-%02d.h5" % i))
        os.link(source, runs[-1])
    picture = os.path.join(folder, "legend.svg")
    for size in ("screen", "one-column", "two-column", "150x240"):
        for count in (1, 9, 10, 11, 15, 40):
            for kind, pattern in LENGTHS.items():
                panels = "round" if (count + len(kind)) % 2 else "bits_up,round"
                labels = [pattern % i for i in range(count)]
                done = plot(*runs[:count], "--size", size, "--x", panels, "--labels", "|".join(labels), "-o", picture)
                name = "%s, %d curves, %s labels, %s" % (size, count, kind, panels)
                if done.returncode == 2 and size == "150x240" and "leave no room" in done.stderr:
                    continue
                ok(done.returncode == 0 and not done.stderr, "%s: drawn" % name, done.stderr)
                check_boxes(name, read(picture, "rb"), labels)
    samples = []
    done = plot(*runs, "-o", picture)
    samples = pictures.svg_samples(read(picture, "rb"))
    ok(done.returncode == 0 and len(samples) == MOST == len(set(samples)), "%d curves are all drawn otherwise" % MOST, (len(samples), samples[:3]))
    ok(len({(dash, mark) for _, dash, mark in samples}) == MOST, "in grey too: dash and mark")
    ok(len({(colour, dash) for colour, dash, _ in samples[:35]}) == 35, "and without marks the first 35: colour and dash")
    refused("41 are refused", plot(*runs, source, "-o", picture), 2, "41 curves", "40")
    done = plot(source, "--labels", "word " * 400, "-o", picture)
    ok(done.returncode == 0 and "label is too long" in done.stderr and "…" in "".join(pictures.svg_texts(read(picture, "rb"))),
       "a label beyond all lines ends with an ellipsis, which is said", done.stderr)
    title = "Thirty words or so of a title that would run out of the figure on both of its sides"
    plot(source, "--size", "one-column", "--title", title, "-o", picture)
    check_boxes("a long title", read(picture, "rb"), [title])
    done = plot(source, "--title", "one\ntwo lines", "-o", picture)
    texts = pictures.svg_texts(read(picture, "rb"))
    ok("one" in texts and "two lines" in texts and not done.stderr, "a title is broken where it has a new line", texts)
    check_boxes("a title of two lines", read(picture, "rb"), ["one", "two lines"])
    return runs


def in_pdf(folder, runs):
    if not shutil.which("pdftotext"):
        ok(True, "PDF # SKIP pdftotext is not installed")
        return
    picture = os.path.join(folder, "legend.pdf")
    for size, count, kind in [("one-column", 15, "usual"), ("screen", 11, "wide"), ("two-column", 40, "long"), ("one-column", 9, "unbroken")]:
        labels = [LENGTHS[kind] % i for i in range(count)]
        plot(*runs[:count], "--size", size, "--labels", "|".join(labels), "-o", picture)
        text = subprocess.run(["pdftotext", "-bbox", picture, "-"], capture_output=True, text=True, check=True).stdout
        width, height = (float(x) for x in re.search(r'<page width="([\d.]+)" height="([\d.]+)"', text).groups())
        boxes = [tuple(float(x) for x in box) for box in re.findall(r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)"', text)]
        found = "".join(re.findall(r">([^<>]*)</word>", text))
        whole = all(label.replace(" ", "") in found for label in labels)
        ok(boxes and whole and all(0 <= l and 0 <= t and r <= width and b <= height for l, t, r, b in boxes),
           "PDF, %s, %d curves, %s labels: all words stand inside" % (size, count, kind), (width, height, whole, max(boxes, key=lambda b: b[2])))


with tempfile.TemporaryDirectory() as where:
    first = words(where)
    if DRAWS and FONT:
        in_pdf(where, places(where, first))
    else:
        ok(True, "pictures # SKIP gnuplot or fc-match is not installed")
finish()
