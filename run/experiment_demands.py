"""What an experiment file demands of its runs, and the table beside the targets; for run/experiment."""

SECTIONS = ("target", "between", "ratio", "same", "step", "steps", "at", "end", "plateau", "plateaus", "order", "diverges")
WORDS = ("reached", "never")  # targets that are no number


def names(section, key, value):
    """The runs that a line of a section names."""
    if section == "order":
        return value.replace("<", " ").split()
    return key.replace("/", " ").split() + (value.split() if section == "same" else [])


class Table:
    """The section [table]."""

    def __init__(self, options):
        self.thresholds = [float(word) for word in options.get("thresholds", "1e-2 1e-4").split()]
        self.tolerance = float(options.get("tolerance", "10%").rstrip("%")) / 100
        self.column = options.get("column", "grad_norm_sq")


class Outcome:
    """The first round at or below each threshold (None: never), the last value, the mean over the last quarter, the step."""

    def __init__(self, table, rows, step, status="ended"):
        self.rounds = [next((r for r, value in rows if value <= threshold), None) for threshold in table.thresholds]
        self.values, self.last, self.step, self.status = dict(rows), rows[-1][1], step, status
        tail = [value for _, value in rows[-(-3 * len(rows) // 4):]] or [self.last]
        self.plateau = sum(tail) / len(tail)


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
            ratio = getattr(outcomes[high], what) / getattr(outcomes[low], what)
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
        yield (outcomes[run].status == "failed" and outcomes[run].last > float(text),
               "%s leaves all bounds, and its run ends as failed: %s, at %.2e" %
               (run, outcomes[run].status, outcomes[run].last))


def judge_ends(sections, outcomes):
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
        lasts = [outcomes[run].last for run in runs]
        yield (all(low < high for low, high in zip(lasts, lasts[1:])),
               "%s: at the end %s, as %s" % (title, " < ".join("%.2e" % last for last in lasts), text))


def judge(sections, outcomes, table):
    """Yields (passed, sentence) for each thing that the file demands."""
    yield from judge_rounds(sections, outcomes, table)
    yield from judge_pairs(sections, outcomes, table)
    yield from judge_steps(sections, outcomes, table)
    yield from judge_values(sections, outcomes)
    yield from judge_ends(sections, outcomes)


def table_of(sections, outcomes, table):
    """One line per run: rounds to each threshold, the last value, the step and the mean at the end; below it target and deviation."""
    width = max(len(name) for name in list(outcomes) + ["run", "  deviation"]) + 2
    lines = ["Rounds to %s at or below" % table.column, "",
             "run".ljust(width) + "".join(("%g" % t).rjust(10) for t in table.thresholds) + "      at the end      step" +
             ("  last quarter" if sections["plateau"] else "")]
    for name, outcome in outcomes.items():
        lines.append(name.ljust(width) + "".join(str(r if r is not None else "-").rjust(10) for r in outcome.rounds) +
                     ("%.2e" % outcome.last).rjust(16) + ("%.4g" % outcome.step).rjust(10) +
                     (("%.2e" % outcome.plateau).rjust(14) if sections["plateau"] else ""))
        targets = sections["target"].get(name, "").split()
        if targets:
            deviations = ["-" if r is None or t in ("-", *WORDS) else "%+.1f %%" % (100 * (r / float(t) - 1))
                          for r, t in zip(outcome.rounds, targets)]
            lines.append("  target".ljust(width) + "".join(t.rjust(10) for t in targets))
            lines.append("  deviation".ljust(width) + "".join(d.rjust(10) for d in deviations))
    return "\n".join(lines) + "\n"
