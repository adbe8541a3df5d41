"""Numbers at the axes of `laconic plot`: none touches another in any size, number of panels or range; ends of logarithmic axes have theirs; panels in even rows.

usage: ticks.py MPIRUN LACONIC CONFIG_DEF
"""

import os
import re
import shutil
import tempfile

from benches import read
from calls import call, finish, laconic, ok, run
import fonts
import pictures

FONT = fonts.sans()
DRAWS = shutil.which("gnuplot") is not None
LAYOUTS = [("screen", "bits_up,round"), ("one-column", "round"), ("one-column", "bits_up,round"), ("two-column", "bits_up,round"),
           ("two-column", "bits_up,round,seconds"), ("two-column", "seconds,bits_up,round,bits_down"), ("60x50", "round"), ("120x70", "bits_up,round")]
RANGES = [("none", None, None), ("none", "0:0.12", "0.6931:0.693101"), ("none", "0:6.8e6", "1e8:1.1e8"), ("none", "3e5:2e6", "0:0.02"),
          ("none", "-1:1", "-1:1"), ("none", "0:1e9", "1e-7:3e-7"), ("none", "999:1001", "0:999999"), ("xy", "3e5:2e6", "1e-3:0.2"),
          ("xy", "100:500", "1e-8:1"), ("xy", "1e5:6e5", "0.5:0.9"), ("xy", "1:1e6", "1e-120:1"), ("xy", "100:1000", "2e-5:9e-5"),
          ("xy", "1e-9:1", "1:30"), ("xy", "1e3:4e4", "1:2"), ("xy", "1e-300:1e300", "1e-300:1e300"), ("xy", "2000:17000", "1e5:1e7")]
NUMBER = re.compile(r"-?[\d.]+|([\d.]+·)?10-?\d+")


def numbers(data):
    """[(text, left, top, right, bottom)], of all axes."""
    boxes = [(re.sub(r"\s", "", box[0]),) + box[1:] for box in pictures.svg_boxes(data, FONT)]
    return [box for box in boxes if NUMBER.fullmatch(box[0])]


def lines_of(found, edge, within):
    """Those whose edges are within so many pixels of each other."""
    lines = []
    for box in sorted(found, key=lambda box: box[edge]):
        if lines and box[edge] - lines[-1][0][edge] <= within:
            lines[-1].append(box)
        else:
            lines.append([box])
    return lines


def rows_and_columns(found):
    """At x axes, from the left; at y axes, from below. What is raised counts as level, which moves the end of a number."""
    height = found[0][4] - found[0][2]
    rows = [sorted(row, key=lambda box: box[1]) for row in lines_of(found, 4, 0.1)]
    columns = [sorted(column, key=lambda box: -box[2]) for column in lines_of(found, 3, 0.7 * height)]
    return rows, columns


def are_apart(a, b):
    height = a[4] - a[2]
    beside, above = max(b[1] - a[3], a[1] - b[3]) / height, max(b[2] - a[4], a[2] - b[4]) / height
    return beside >= 0.4 or above >= 0.1


def check(name, data):
    width, height = pictures.svg_size(data)
    found = numbers(data)
    rows, columns = rows_and_columns(found)
    touching = [(a, b) for i, a in enumerate(found) for b in found[:i] if not are_apart(a, b)]
    outside = [box for box in pictures.svg_boxes(data, FONT) if box[1] < 0 or box[2] < 0 or box[3] > width or box[4] > height]
    alike = [(a[0], b[0]) for line in columns for a, b in zip(line, line[1:]) if a[0] == b[0] and a[2] - b[2] < height / 4]
    enough = max(map(len, rows)) >= 2 and max(map(len, columns)) >= 2
    ok(enough and not touching and not outside and not alike, name, (touching[:2], outside[:2], alike, len(rows), len(columns)))


def spacing(folder, path):
    picture = os.path.join(folder, "ticks.svg")
    for size, panels in LAYOUTS:
        for log, x, y in RANGES:
            limits = (["--xrange=" + x] if x else []) + (["--yrange=" + y] if y else [])
            done = call([laconic, "plot", path, "--x", panels, "--y", "loss", "--size", size, "--log", log, "-o", picture] + limits)
            name = "%s, %s, --log %s, %s by %s" % (size, panels, log, x, y)
            ok(done.returncode == 0, name + ": drawn", done.stderr)
            check(name + ": numbers stand apart", read(picture, "rb"))


def four(folder, path):
    """Panels in rows of one length."""
    picture = os.path.join(folder, "four.svg")
    for size, across in [("two-column", 2), ("300x100", 4), ("one-column", 1)]:
        call([laconic, "plot", path, "--x", "seconds,bits_up,round,bits_down", "--size", size, "-o", picture])
        labels = [box for box in pictures.svg_boxes(read(picture, "rb"), FONT) if box[0] in ("time (s)", "round") or "per client" in box[0]]
        rows = lines_of(labels, 4, 0.1)
        ok(len(labels) == 4 and all(len(row) == across for row in rows), "four panels, %s: %d in a row" % (size, across), rows)


def ends(folder, path):
    picture = os.path.join(folder, "ends.svg")
    for limits, wanted in [("100:500", ["100", "200", "300", "400", "500"]), ("1:1000", ["10" + p for p in "0123"]), ("10:100", ["10", "20", "50", "100"])]:
        done = call([laconic, "plot", path, "--x", "round", "--y", "loss", "--log", "xy", "--xrange", limits, "--yrange", limits, "-o", picture])
        rows, columns = rows_and_columns(numbers(read(picture, "rb")))
        ok([box[0] for box in max(rows, key=len)] == wanted, "a logarithmic x axis from %s has numbers at its ends" % limits, (rows, done.stderr))
        ok([box[0] for box in max(columns, key=len)] == wanted, "and a y axis", columns)


with tempfile.TemporaryDirectory() as where:
    if DRAWS and FONT:
        run_file = os.path.join(where, "run.h5")
        made = run(["--data", "synth:logistic,d=10,m=20", "--clients", "4", "--rounds", "60", "--quiet", "--out", run_file])
        ok(made.returncode == 0, "a run", made.stderr)
        spacing(where, run_file)
        ends(where, run_file)
        four(where, run_file)
    else:
        ok(True, "pictures # SKIP gnuplot or fc-match is not installed")
finish()
