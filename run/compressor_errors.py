"""The kind of experiment that has [curves]: bits of compressors against their errors, for run/experiment."""

import csv
import io
import shutil
import subprocess

NOISE = 5  # standard deviations of the mean that an error may lie above its promise
ROUNDOFF = 1e-9
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9"]  # Okabe and Ito
POINTS = [7, 5, 9, 13, 11, 6, 4, 8, 12, 10, 1, 2, 3]


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


def panel(curves, rows, vector, lone):
    """gnuplot's words for the curves on one vector, and their data; points of the curves in lone are not joined. Curves of unbiased
    compressors are dashed."""
    words, data = [], []
    for number, (name, texts) in enumerate(curves.items()):
        mine = [row for row in rows if row["compressor"] in texts.split() and row["vector"] == vector and float(row["error"]) > 0]
        points = sorted((float(row["bits"]), float(row["error"])) for row in mine)
        if points:
            style = "lc rgb '%s' pt %d ps 1 lw %s dt %d" % (
                COLOURS[number % len(COLOURS)], POINTS[number % len(POINTS)], 2.5 if name in lone else 1.5,
                2 if mine[0]["class"] == "unbiased" else 1)
            words.append("'-' with %s %s title '%s'" % ("points" if name in lone else "linespoints", style, name.replace("'", "''")))
            data += ["%g %g" % point for point in points] + ["e"]
    return "plot " + ", ".join(words) + "\n" + "\n".join(data) + "\n"


def draw(path, curves, rows, settings):
    if not shutil.which("gnuplot"):
        print("no plot: gnuplot is not installed (apt-get install gnuplot-nox)")
        return
    lines = ["set terminal svg size 1060,640 font 'sans-serif,14' background rgb 'white'", "set output '%s'" % path,
             "set logscale xy", "set format '10^{%T}'", "set border 3 lc rgb '#606060'", "set tics nomirror out scale 0.7",
             "set tics textcolor rgb '#000000'", "set grid back lc rgb '#e4e4e4' lt 1 lw 0.7", "set xlabel 'bits per coordinate'",
             "set xrange [%s]" % settings.get("x", "*:*"), "set yrange [%s]" % settings.get("y", "*:*"),
             "set multiplot", "set tmargin at screen 0.93", "set bmargin at screen 0.36"]
    for vector, left, title in [("gaussian", 0.09, "Gaussian"), ("heavy-tailed", 0.58, "Student t, 2 degrees of freedom")]:
        lines += ["set lmargin at screen %g" % left, "set rmargin at screen %g" % (left + 0.41),
                  "set title '%s'" % title, "set ylabel '%s'" % ("|C(v) - v|^2 / |v|^2" if left < 0.5 else ""),
                  "set key at screen 0.5,0.12 center center vertical maxrows 5 Left reverse samplen 3 spacing 1.1"
                  if left < 0.5 else "unset key", panel(curves, rows, vector, settings.get("points", "").split())]
    subprocess.run(["gnuplot", "--default-settings", "-"], input="\n".join(lines) + "\nunset multiplot\n", text=True,
                   check=True)


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
    return report, verdicts
