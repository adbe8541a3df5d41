"""The kind of experiment that has [curves]: bits of compressors against their errors, for run/experiment."""

import csv
import hashlib
import io
import shutil
import subprocess

NOISE = 5  # standard deviations of the mean that an error may lie above its promise
ROUNDOFF = 1e-9
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9"]  # Okabe and Ito
POINTS = [7, 4, 9, 12, 11, 2, 6, 5, 8, 13, 1, 10, 3]


class Failure(Exception):
    """One sentence for the user."""


def measure(program, settings, texts):
    arguments = [settings.get("dim", "10000"), settings.get("clients", "10"), settings.get("draws", "50")]
    try:
        output = subprocess.run([str(program)] + arguments + texts, text=True, stdout=subprocess.PIPE, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failure("%s: %s; run run/quickstart first" % (program, error)) from error
    return output, list(csv.DictReader(io.StringIO(output)))


def judge(rows):
    """Yields (passed, sentence): a mean error above the promise of the class, beyond noise, is a miss."""
    for row in rows:
        if row["refused"]:
            yield False, "%s is refused: %s" % (row["compressor"], row["refused"])
            continue
        error, promise, noise = (float(row[key]) for key in ("error", "promise", "deviation"))
        limit = promise * (1 + ROUNDOFF) + NOISE * noise + ROUNDOFF * ROUNDOFF
        yield error <= limit, "%s on a %s vector: error %.4g, promised %s %.4g" % (
            row["compressor"], row["vector"], error, "omega" if row["class"] == "unbiased" else "1 - alpha", promise)


def table_of(rows, verdicts):
    width = max(len(row["compressor"]) for row in rows) + 2
    lines = ["compressor".ljust(width) + "%-13s %-12s %10s %12s %12s" % ("vector", "class", "bits/entry", "error", "promised")]
    for row, (passed, _) in zip(rows, verdicts):
        if row["refused"]:
            lines.append(row["compressor"].ljust(width) + "refused")
            continue
        lines.append(row["compressor"].ljust(width) + "%-13s %-12s %10.4f %12.4g %12.4g%s" %
                     (row["vector"], row["class"], float(row["bits"]), float(row["error"]), float(row["promise"]),
                      "" if passed else "  MISSED"))
    return "\n".join(lines) + "\n"


VECTORS = {"gaussian": "Gaussian", "heavy-tailed": "Student t, 2 degrees of freedom"}
WIDTH, HEIGHT, PANEL = 1060, 1030, 310  # pixels


def points_of(curves, rows, of_class):
    """{(curve, vector): its points} of the compressors of a class, in the order of the curves."""
    found = {}
    for name, texts in curves.items():
        for vector in VECTORS:
            points = sorted((float(row["bits"]), float(row["error"])) for row in rows
                            if row["compressor"] in texts.split() and row["vector"] == vector and row["class"] == of_class and float(row["error"]) > 0)
            if points:
                found[name, vector] = points
    return found


def panel(points, names, vector, lone):
    """gnuplot's words for the curves on one vector, and their data; points of the curves in lone are not joined."""
    words, data = [], []
    for number, name in enumerate(names):
        style = "lc rgb '%s' pt %d ps 0.9 lw 1.5 dt %d" % (COLOURS[number % len(COLOURS)], POINTS[number % len(POINTS)], number // len(COLOURS) + 1)
        words.append("'-' with %s %s title '%s'" % ("points" if name in lone else "linespoints", style, name.replace("'", "''")))
        data += ["%g %g" % point for point in points.get((name, vector), [])] + ["e"]
    return "plot " + ", ".join(words) + "\n" + "\n".join(data) + "\n"


def draw(path, curves, rows, settings):
    """A row of panels for each class, as their errors differ by powers of ten; its legend below."""
    if not shutil.which("gnuplot"):
        print("no plot: gnuplot is not installed (apt-get install gnuplot-nox)")
        return
    lines = ["set terminal svg size %d,%d font 'sans-serif,14' background rgb 'white'" % (WIDTH, HEIGHT), "set output '%s'" % path,
             "set logscale xy", "set format '10^{%T}'", "set border 3 lc rgb '#606060'", "set tics nomirror out scale 0.7",
             "set tics textcolor rgb '#000000'", "set grid back lc rgb '#e4e4e4' lt 1 lw 0.7", "set xlabel 'bits per coordinate'",
             "set xrange [%s]" % settings.get("x", "*:*"), "set multiplot"]
    for of_class, top in [("contractive", 0.955), ("unbiased", 0.475)]:
        points = points_of(curves, rows, of_class)
        names = list(dict.fromkeys(name for name, _ in points))
        bottom = top - PANEL / HEIGHT
        lines += ["set tmargin at screen %g" % top, "set bmargin at screen %g" % bottom, "set yrange [%s]" % settings.get("y-" + of_class, "*:*")]
        for left, (vector, title) in zip((0.09, 0.58), VECTORS.items()):
            lines += ["set lmargin at screen %g" % left, "set rmargin at screen %g" % (left + 0.41), "set title '%s, %s'" % (of_class, title),
                      "set ylabel '%s'" % ("|C(v) - v|^2 / |v|^2" if left < 0.5 else ""),
                      "set key at screen 0.09,%g left top vertical maxrows %d Left reverse samplen 3 spacing 1.1" % (bottom - 76 / HEIGHT, (len(names) + 3) // 4)
                      if left < 0.5 else "unset key", panel(points, names, vector, settings.get("points", "").split())]
    subprocess.run(["gnuplot", "--default-settings", "-"], input="\n".join(lines) + "\nunset multiplot\n", text=True,
                   check=True)


def stamp(path, settings, output):
    """What was measured, and the digest of errors.csv, into the picture."""
    if path.exists():
        facts = "compressor errors 1\nmeasured: %s\nerrors.csv: %s\n" % (
            ", ".join("%s %s" % pair for pair in settings.items()), hashlib.blake2b(output.encode(), digest_size=32).hexdigest())
        head, tail = path.read_text(encoding="utf-8").split("<title>", 1)
        path.write_text("%s<metadata>\n%s</metadata>\n<title>%s" % (head, facts, tail), encoding="utf-8")


def run(build, sections, folder):
    """Measures, writes table.txt, errors.csv and plot.svg; the report and the verdicts."""
    curves = sections["curves"]
    texts = list(dict.fromkeys(" ".join(curves.values()).split()))
    output, rows = measure(build / "run" / "experiments" / "compressor_errors", sections.get("errors", {}), texts)
    verdicts = list(judge(rows))
    report = table_of(rows, verdicts) + "\n" + "".join("MISSED: %s\n" % sentence for passed, sentence in verdicts if not passed)
    report += "%d of %d demands met\n" % (sum(passed for passed, _ in verdicts), len(verdicts))
    (folder / "table.txt").write_text(report)
    (folder / "errors.csv").write_text(output)
    draw(folder / "plot.svg", curves, [row for row in rows if not row["refused"]], sections.get("plot", {}))
    stamp(folder / "plot.svg", sections.get("errors", {}), output)
    return report, verdicts
