"""Experiments that scan one option over several seeds, for run/experiment: a file with [scan]."""

import csv
import io
import math
import re
import subprocess

from experiment_demands import known_misses

SECTIONS = ("scan", "mean", "best", "range", "order-at", "fewer-bits")


def names(section, key, value):
    """The runs that a line of a section names."""
    if section == "order-at":
        return value.replace("<", " ").split()
    return [] if section == "scan" else key.replace("/", " ").split()


class Failure(Exception):
    """One sentence for the user."""


def seeds_of(text):
    """"1-10" or "1 2 3"."""
    first, _, last = text.partition("-")
    return [str(seed) for seed in range(int(first), int(last) + 1)] if last else text.split()


class Scan:
    """The section [scan]."""

    def __init__(self, options):
        self.option, self.column = options["option"], options["column"]
        self.values, self.seeds = options["values"].split(), seeds_of(options["seeds"])
        self.factor, self.of_target = float(options.get("factor", "1.1")), int(options.get("seeds-of-targets", "10"))


class Point:
    """One run at one value: the mean over the seeds and its standard error; bits of a client: both ways, and up as papers count."""

    def __init__(self, lasts, bits, paper):
        self.mean = sum(lasts) / len(lasts)
        spread = sum((x - self.mean) ** 2 for x in lasts) / max(1, len(lasts) - 1)
        self.deviation, self.error = math.sqrt(spread), math.sqrt(spread / len(lasts))
        self.bits, self.paper = sum(bits) / len(bits), sum(paper) / len(paper)


def solve(program, options, optima, known):
    """F* of a run's problem, which steps and compressors do not change, is stored in the folder optima."""
    keys = ("data", "dim", "clients", "split", "seed", "objective", "regularizer", "method")
    command = [program, "solve", "--optima", optima] + [word for key in keys if key in options for word in ("--" + key, options[key])]
    if tuple(command) not in known:
        done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if done.returncode:
            raise Failure(done.stderr.strip())
        known.add(tuple(command))


def last_row(program, result):
    output = subprocess.run([program, "show", "--csv", str(result)], check=True, text=True, stdout=subprocess.PIPE).stdout
    return list(csv.DictReader(io.StringIO(output)))[-1]


class Planned:
    """One value of one run: the names of its runs, one for each seed, with their options."""

    def __init__(self, name, value, shared, seeds, scan):
        self.run, self.value, self.clients = name, value, float(shared.get("clients", "20"))
        safe = re.sub(r"[^\w.@+%=,-]", "-", value)  # as a part of a file's name
        self.options = {"%s@%s-%s" % (name, safe, seed): dict({"track": scan.column}, **shared, **{scan.option: value, "seed": seed})
                        for seed in seeds}


def plan(scan, runs):
    for name, shared in runs.items():
        values = shared.pop("at", "").split() or scan.values
        seeds = seeds_of(shared.pop("seeds", "")) or scan.seeds
        for value in values:
            yield Planned(name, value, {key: its for key, its in shared.items() if key not in (scan.option, "seed")}, seeds, scan)


def point_of(program, scan, planned, files):
    rows = [last_row(program, files[name]) for name in planned.options]
    if any(scan.column not in row for row in rows):
        raise Failure("%s has no column '%s'" % (files[next(iter(planned.options))], scan.column))
    return Point([float(row[scan.column]) for row in rows],
                 [(float(row["bits_up"]) + float(row["bits_down"])) / planned.clients for row in rows],
                 [float(row["bits_up_paper"]) / planned.clients for row in rows])


def measure(program, sections, runs, make, optima):
    """{run: {value: Point}} and {"RUN@VALUE": paths of the run files, by seed}. make: all runs, by name, to their files."""
    scan, points, files, known = Scan(sections["scan"]), {}, {}, set()
    every = list(plan(scan, runs))
    for planned in every:
        for options in planned.options.values():
            if scan.column == "personal_gap":
                solve(program, options, optima, known)
                options.update(optimum="solved", optima=optima)
    made = make({name: options for planned in every for name, options in planned.options.items()})
    for planned in every:
        points.setdefault(planned.run, {})[planned.value] = point_of(program, scan, planned, made)
        files["%s@%s" % (planned.run, planned.value)] = [made[name] for name in planned.options]
    return scan, points, files


def judge_means(scan, sections, points):
    """A mean may miss its target by the factor and three standard errors, those of the target's seeds included."""
    for name, text in sections["mean"].items():
        for (value, point), target in zip(points[name].items(), text.split()):
            if target == "-":
                continue
            wanted = float(target)
            spread = 3.0 * math.hypot(point.error, point.deviation / math.sqrt(scan.of_target))
            inside = wanted / scan.factor - spread <= point.mean <= wanted * scan.factor + spread
            yield inside, "%s at %s %s: %.2e +- %.0e, target %s" % (name, scan.option, value, point.mean, point.error, target)
    for name, text in sections["best"].items():
        best = min(points[name], key=lambda value: points[name][value].mean)
        yield best in text.split(), "%s is best at %s %s, target %s" % (name, scan.option, best, text)


def judge_ranges(scan, sections, points):
    for name, text in sections["range"].items():
        least, most, *at = text.split()
        means = [point.mean for value, point in points[name].items() if not at or value in at]
        yield (float(least) <= min(means) and max(means) <= float(most), "%s is from %.2e to %.2e at %s %s, target %s to %s" %
               (name, min(means), max(means), scan.option, " ".join(at or points[name]), least, most))


def judge_pairs(scan, sections, points):
    """Orders at a value; at the last value, how many times the bits that go up as papers count."""
    for value, text in sections["order-at"].items():
        names = [name.strip() for name in text.split("<")]
        means = [points[name][value].mean for name in names]
        yield (all(low < high for low, high in zip(means, means[1:])),
               "at %s %s: %s, as %s" % (scan.option, value, " < ".join("%.2e" % mean for mean in means), text))
    for pair, text in sections["fewer-bits"].items():
        (many, few), (wanted, factor) = (name.strip() for name in pair.split("/")), (float(word) for word in text.split())
        ratio = points[many][scan.values[-1]].paper / points[few][scan.values[-1]].paper
        yield (wanted / factor <= ratio <= wanted * factor,
               "%s sends up %.2f times the bits of %s as papers count, target %g within a factor %g" %
               (many, ratio, few, wanted, factor))


def table_of(scan, sections, points, judged):
    """One line per run: means by value, their standard errors, targets where they are judged, bits of a client both ways."""
    lines = ["%s at the end, mean over the seeds and its standard error, by %s" % (scan.column, scan.option)]
    for name, at in points.items():
        lines += ["", name.ljust(16) + "".join(value.rjust(10) for value in at)]
        lines.append("  mean".ljust(16) + "".join(("%.2e" % point.mean).rjust(10) for point in at.values()))
        lines.append("  error".ljust(16) + "".join(("%.1e" % point.error).rjust(10) for point in at.values()))
        if judged and name in sections["mean"]:
            lines.append("  target".ljust(16) + "".join(word.rjust(10) for word in sections["mean"][name].split()))
        lines.append("  bits".ljust(16) + "".join(("%.2e" % point.bits).rjust(10) for point in at.values()))
        lines.append("  up, papers".ljust(16) + "".join(("%.2e" % point.paper).rjust(10) for point in at.values()))
    return "\n".join(lines) + "\n"


def run(program, sections, runs, make, optima, judged):
    """optima: a folder for what `laconic solve` stores. The report, the verdicts (None: not judged), and the run files by "RUN@VALUE"."""
    scan, points, files = measure(program, sections, runs, make, optima)
    table = table_of(scan, sections, points, judged)
    if not judged:
        return table, None, files
    judge_all = lambda some: [verdict for judge in (judge_means, judge_ranges, judge_pairs) for verdict in judge(scan, some, points)]
    missed, met_after_all = known_misses(sections, judge_all)
    return table + ("\n" + missed if missed else ""), judge_all(sections) + met_after_all, files
