"""What an experiment file demands of its runs, and the table beside the targets; for run/experiment."""

import math

SECTIONS = ("target", "between", "ratio", "same", "step", "steps", "at", "end", "plateau", "plateaus", "order", "diverges", "level", "bytes",
            "equal-model")
WORDS = ("reached", "never")  # targets that are no number
THRESHOLDS = "1e-2 1e-4"


def names(section, key, value):
    """The runs that a line of a section names."""
    if section == "order":
        return value.replace("<", " ").split()
    if section == "level":
        return key.replace("/", " ").split()[1:]
    return key.replace("/", " ").split() + (value.split() if section in ("same", "equal-model") else [])


class Table:
    """The section [table]."""

    def __init__(self, options):
        self.thresholds = [float(word) for word in options.get("thresholds", THRESHOLDS).split()]
        self.tolerance = float(options.get("tolerance", "10%").rstrip("%")) / 100
        self.column = options.get("column", "grad_norm_sq")
        self.tail = int(options["tail"]) if "tail" in options else None  # rows; None: the last quarter
        self.mean = {"arithmetic": arithmetic, "geometric": geometric}[options.get("mean", "arithmetic")]
        self.order = {"last": "last", "plateau": "plateau"}[options.get("order", "last")]


def arithmetic(values):
    return sum(values) / len(values)


def geometric(values):
    return math.exp(arithmetic([math.log(value) for value in values])) if min(values) > 0.0 else 0.0


def quotient(a, b):
    """Of measured values, which may be 0."""
    return a / b if b else math.inf


class Outcome:
    """The first round at or below each threshold (None: never), of the first seed; the step; over all seeds the mean of the
    last values, and that of the rows at the end. runs: the rows of each seed; models: digests of their last models."""

    def __init__(self, table, runs, step, status="ended", models=(None,)):
        self.rounds = [next((r for r, value in runs[0] if value <= threshold), None) for threshold in table.thresholds]
        self.values, self.status, self.models = dict(runs[0]), status, list(models)
        self.last, self.step = table.mean([rows[-1][1] for rows in runs]), step
        self.plateau = table.mean([value for rows in runs for value in self.tail(rows, table.tail)])

    @staticmethod
    def tail(rows, count):
        first = len(rows) - count if count else -(-3 * len(rows) // 4)
        return [value for _, value in rows[max(first, 0):]] or [rows[-1][1]]


def within(value, target, tolerance):
    return value is not None and abs(value - target) <= tolerance * target


def judge_rounds(sections, outcomes, table):
    for run, text in sections["target"].items():
        for threshold, target, rounds in zip(table.thresholds, text.split(), outcomes[run].rounds):
            if target in WORDS:
                yield (rounds is None) == (target == "never"), "%s: %g is %s (round %s)" % (run, threshold, target, rounds)
            elif target != "-":
                deviation = "never" if rounds is None else "%+.1f %%" % (100 * (rounds / float(target) - 1))
                yield (within(rounds, float(target), table.tolerance),
                       "%s reaches %g after %s rounds, target %s (%s)" % (run, threshold, rounds, target, deviation))
    for run, text in sections["between"].items():
        first, last = outcomes[run].rounds[0], outcomes[run].rounds[-1]
        spent = last - first if first is not None and last is not None else None
        yield (within(spent, float(text), table.tolerance), "%s needs %s rounds from %g to %g, target %s" %
               (run, spent, table.thresholds[0], table.thresholds[-1], text))


def judge_pairs(sections, outcomes, table):
    for pair, text in sections["ratio"].items():
        slow, fast = (part.strip() for part in pair.split("/"))
        asked = [all(word not in ("-", *WORDS) for word in words) for words in
                 zip(*(sections["target"].get(run, "x " * len(table.thresholds)).split() for run in (slow, fast)))]
        for threshold, above, below, wanted in zip(table.thresholds, outcomes[slow].rounds, outcomes[fast].rounds, asked):
            if wanted:
                ratio = above / below if above and below else None
                yield (within(ratio, float(text), table.tolerance),
                       "%s needs %s times the rounds of %s to %g, target %s" %
                       (slow, "%.3f" % ratio if ratio else "?", fast, threshold, text))
    for one, others in sections["same"].items():
        for other in others.split():
            yield (None not in outcomes[one].rounds and outcomes[one].rounds == outcomes[other].rounds,
                   "%s and %s reach every threshold in the same round" % (one, other))
    for one, others in sections["equal-model"].items():
        for other in others.split():
            yield (None not in outcomes[one].models and outcomes[one].models == outcomes[other].models,
                   "%s and %s end with the same model, to the last bit" % (one, other))


def asked(text, table):
    """A target, and the tolerance behind it or else the table's."""
    target, *own = text.split()
    return float(target), float(own[0].rstrip("%")) / 100 if own else table.tolerance


def judge_steps(sections, outcomes, table):
    for run, text in sections["step"].items():
        yield (within(outcomes[run].step, *asked(text, table)),
               "%s has the step %.4g, target %s" % (run, outcomes[run].step, text))
    for section, what in (("steps", "step"), ("plateaus", "plateau")):
        for pair, text in sections[section].items():
            high, low = (part.strip() for part in pair.split("/"))
            ratio = quotient(getattr(outcomes[high], what), getattr(outcomes[low], what))
            yield (within(ratio, *asked(text, table)),
                   "the %s of %s is %.3f times that of %s, target %s" % (what, high, ratio, low, text))


def judge_values(sections, outcomes):
    for run, text in sections["at"].items():
        *points, factor = text.split()
        for place, target in (point.split(":") for point in points):
            value = outcomes[run].values.get(int(place))
            yield (value is not None and float(target) / float(factor) <= value <= float(target) * float(factor),
                   "%s is at %s in round %s, target %s within a factor %s" %
                   (run, "?" if value is None else "%.2e" % value, place, target, factor))
    for run, text in sections["diverges"].items():
        yield (outcomes[run].status == "diverged" and outcomes[run].last > float(text),
               "%s leaves all bounds, and its run ends as diverged: %s, at %.2e" %
               (run, outcomes[run].status, outcomes[run].last))


def judge_ends(sections, outcomes, table):
    for run, text in sections["end"].items():
        value, factor = (float(word) for word in text.split())
        yield (value / factor <= outcomes[run].last <= value * factor,
               "%s ends at %.2e, target %g within a factor %g" % (run, outcomes[run].last, value, factor))
    for run, text in sections["plateau"].items():
        value, factor = (float(word) for word in text.split())
        yield (value / factor <= outcomes[run].plateau <= value * factor,
               "%s stays at %.2e, target %g within a factor %g" % (run, outcomes[run].plateau, value, factor))
    for title, text in sections["order"].items():
        runs = [run.strip() for run in text.split("<")]
        values = [getattr(outcomes[run], table.order) for run in runs]
        yield (all(low < high for low, high in zip(values, values[1:])),
               "%s: at the end %s, as %s" % (title, " < ".join("%.2e" % value for value in values), text))


class KnownMiss:
    """A line of [missed]: "SECTION KEY = DEMAND: REASON", what the source asks for and is known not to be met."""

    def __init__(self, key, text):
        self.section, _, self.key = key.partition(" ")
        self.demand, _, self.reason = text.partition(": ")


def known_misses(sections, judge_all):
    """Lines for the report, and a failed verdict for each that is met after all. judge_all: the verdicts on other sections."""
    lines, verdicts = "", []
    for key, text in sections["missed"].items():
        miss = KnownMiss(key, text)
        alone = {section: {} for section in sections}
        alone[miss.section] = {miss.key.strip(): miss.demand.strip()}
        judged = list(judge_all(alone))
        sentence = "; ".join(sentence for _, sentence in judged)
        if all(met for met, _ in judged):
            verdicts.append((False, "met after all, so that it is to leave [missed]: " + sentence))
        else:
            lines += "missed (known): %s: %s\n" % (sentence, miss.reason.strip())
    return lines, verdicts


def judge(sections, outcomes, table):
    """Yields (passed, sentence) for each thing that the file demands."""
    yield from judge_rounds(sections, outcomes, table)
    yield from judge_pairs(sections, outcomes, table)
    yield from judge_steps(sections, outcomes, table)
    yield from judge_values(sections, outcomes)
    yield from judge_ends(sections, outcomes, table)


def tail_mean(rows):
    tail = [value for _, value in rows[-(-3 * len(rows) // 4):]]
    return sum(tail) / len(tail)


class Level:
    """The mean of a column over the last quarter of a run's rows, or that of one run over that of another."""

    def __init__(self, key, text, rows_of):
        column, *runs = key.replace("/", " ").split()
        means = [tail_mean(rows_of(run, column)) for run in runs]
        self.key, self.value = key, quotient(*means) if len(means) > 1 else means[0]
        self.target, self.factor = (float(word) for word in text.split())
        self.met = self.target / self.factor <= self.value <= self.target * self.factor
        self.sentence = "%s is %.3g, target %g within a factor %g" % (key, self.value, self.target, self.factor)


def levels_of(sections, rows_of):
    """rows_of(run, column): its rows."""
    return (Level(key, text, rows_of) for key, text in sections["level"].items())


def table_of_levels(levels):
    width = max([len(level.key) for level in levels] or [0]) + 2
    lines = ["%s%10.3g   target %9.3g   x %.2f" % (level.key.ljust(width), level.value, level.target, level.value / level.target)
             for level in levels]
    return "\n".join(["Means over the last quarter", ""] + lines + ["", ""]) if levels else ""


class Sent:
    """What each client has sent by the first row at or below a threshold: bytes of whole frames, headers included."""

    def __init__(self, run, point, rows, bits, clients, tolerance):
        threshold, target = (float(word) for word in point.split(":"))
        reached = next((place for place, value in rows if value <= threshold), None)
        self.run, self.threshold, self.target = run, threshold, target
        self.value = None if reached is None else dict(bits)[reached] / 8 / clients
        self.met = within(self.value, target, tolerance)
        self.sentence = "%s: each client sends %s bytes to %g, target %g" % (
            run, "?" if reached is None else "%.4g" % self.value, threshold, target)


def bytes_of(sections, table, rows_of, clients_of):
    """rows_of(run, column): its rows; clients_of(run): how many."""
    return (Sent(run, point, rows_of(run, table.column), rows_of(run, "bits_up"), clients_of(run), table.tolerance)
            for run, text in sections["bytes"].items() for point in text.split())


def table_of_bytes(sent):
    width = max([len(one.run) for one in sent] or [0]) + 2
    lines = ["%s%10s%12s   target %9.4g%s" % (one.run.ljust(width), "%g" % one.threshold, "-" if one.value is None else "%.4g" % one.value,
                                              one.target, "" if one.value is None else "   %+.1f %%" % (100 * (one.value / one.target - 1)))
             for one in sent]
    return "\n".join(["Bytes up per client, headers included, to a threshold", ""] + lines + ["", ""]) if sent else ""


def table_of(sections, outcomes, table, judged):
    """One line per run: rounds to each threshold, the last value, the step and the mean at the end; below it, where they are
    judged, target and deviation."""
    ends = sections["plateau"] or table.order == "plateau"
    width = max(len(name) for name in list(outcomes) + ["run", "  deviation"]) + 2
    lines = ["Rounds to %s at or below" % table.column, "",
             "run".ljust(width) + "".join(("%g" % t).rjust(10) for t in table.thresholds) + "      at the end      step" +
             ("       plateau" if ends else "")]
    for name, outcome in outcomes.items():
        lines.append(name.ljust(width) + "".join(str(r if r is not None else "-").rjust(10) for r in outcome.rounds) +
                     ("%.2e" % outcome.last).rjust(16) + ("%.4g" % outcome.step).rjust(10) +
                     (("%.2e" % outcome.plateau).rjust(14) if ends else ""))
        targets = sections["target"].get(name, "").split() if judged else []
        if targets:
            deviations = ["-" if r is None or t in ("-", *WORDS) else "%+.1f %%" % (100 * (r / float(t) - 1))
                          for r, t in zip(outcome.rounds, targets)]
            lines.append("  target".ljust(width) + "".join(t.rjust(10) for t in targets))
            lines.append("  deviation".ljust(width) + "".join(d.rjust(10) for d in deviations))
    return "\n".join(lines) + "\n"
