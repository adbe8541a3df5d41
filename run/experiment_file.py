"""Reads an experiment file and holds every line against the form of its section; for run/experiment."""

import configparser
import math
import re

import experiment_demands as demands
import scan


class ExperimentError(Exception):
    """One sentence for the user."""


class Wrong(Exception):
    """What is wrong with a line; the reader adds file, line and section."""


COMMON = {"about", "shared", "plot"}
KINDS = {"runs": COMMON | {"vary", "table", "missed"} | set(demands.SECTIONS), "scan": COMMON | {"missed"} | set(scan.SECTIONS),
         "curves": {"about", "plot", "errors", "curves"}}
SECTIONS = set().union(*KINDS.values())
PAIRS = ("ratio", "steps", "plateaus", "fewer-bits")


def number(word):
    try:
        value = float(word)
    except ValueError:
        raise Wrong("'%s' is no number" % word) from None
    if not math.isfinite(value):
        raise Wrong("'%s' is not finite" % word)
    return value


def positive(word):
    if number(word) <= 0.0:
        raise Wrong("%s is not above 0" % word)


def whole(word, least=1):
    if not re.fullmatch(r"[0-9]+", word) or int(word) < least:
        raise Wrong("'%s' is no whole number from %d" % (word, least))


def percentage(word):
    if number(word.rstrip("%")) < 0.0:
        raise Wrong("%s is below 0" % word)


def words_of(text, forms, form):
    """forms: one check for each word."""
    words = text.split()
    if len(words) != len(forms):
        raise Wrong("it is written as %s" % form)
    for word, check in zip(words, forms):
        check(word)


def one_of(*names):
    def check(text):
        if text not in names:
            raise Wrong("'%s' is none of %s" % (text, ", ".join(names)))
    return check


def several(check, form):
    def all_of(text):
        if not text.split():
            raise Wrong("it is written as %s" % form)
        for word in text.split():
            check(word)
    return all_of


def seeds(text):
    first, dash, last = text.partition("-")
    if dash:
        whole(first, 0)
        whole(last, 0)
        if int(first) > int(last):
            raise Wrong("%s begins above its end" % text)
    else:
        several(lambda word: whole(word, 0), "1-10 or 1 2 3")(text)


def anything(text):
    pass


def something(text):
    if not text:
        raise Wrong("nothing stands behind '='")


def value_and_factor(text):
    words_of(text, [positive, positive], "VALUE FACTOR")


def least_and_most(text):
    words_of(text, [positive, positive] + [anything] * (len(text.split()) - 2), "LEAST MOST, or LEAST MOST VALUE ...")
    if float(text.split()[0]) > float(text.split()[1]):
        raise Wrong("%s begins above its end" % text)


def value_and_tolerance(text):
    words_of(text, [positive] + [percentage] * (len(text.split()) - 1 == 1), "VALUE, or VALUE TOLERANCE%")


def places(text):
    *points, factor = text.split() or [""]
    if not points:
        raise Wrong("it is written as ROUND:VALUE ... FACTOR")
    positive(factor)
    for point in points:
        place, colon, value = point.partition(":")
        if not colon:
            raise Wrong("'%s' is no ROUND:VALUE" % point)
        whole(place, 0)
        positive(value)


def thresholds_and_bytes(text):
    if not text.split():
        raise Wrong("it is written as THRESHOLD:BYTES ...")
    for point in text.split():
        threshold, colon, value = point.partition(":")
        if not colon:
            raise Wrong("'%s' is no THRESHOLD:BYTES" % point)
        positive(threshold)
        positive(value)


def order(text):
    runs = text.split("<")
    if len(runs) < 2 or any(len(run.split()) != 1 for run in runs):
        raise Wrong("it is written as RUN < RUN < ...")


# Sections of fixed keys, then those whose keys are names.
KEYS = {
    "about": {"title": something, "long": one_of("yes", "no")},
    "table": {"thresholds": several(positive, "NUMBER ..."), "tolerance": percentage, "column": something,
              "seeds": several(lambda word: whole(word, 0), "1 2 3"), "tail": whole,
              "mean": one_of("arithmetic", "geometric"), "order": one_of("last", "plateau")},
    "scan": {"option": something, "values": several(anything, "VALUE ..."), "seeds": seeds, "column": something,
             "factor": positive, "seeds-of-targets": whole},
    "errors": {"dim": whole, "clients": whole, "draws": whole},
}
LINES = {
    "between": positive, "ratio": positive, "same": several(anything, "RUN ..."),
    "equal-model": several(anything, "RUN ..."), "step": value_and_tolerance,
    "steps": value_and_tolerance, "at": places, "end": value_and_factor, "plateau": value_and_factor,
    "plateaus": value_and_tolerance, "order": order, "diverges": positive, "level": value_and_factor,
    "bytes": thresholds_and_bytes,
    "order-at": order, "range": least_and_most, "fewer-bits": value_and_factor, "best": several(anything, "VALUE ..."),
    "curves": several(anything, "COMPRESSOR ..."),
}


def bare(line):
    """Without its comment."""
    return re.sub(r"(^|\s)#.*", "", line).strip()


def split(line):
    """Key and value; the name of a run may have a '=' in it, and blanks about the one behind it."""
    key, _, value = line.partition(" = " if " = " in line else "=")
    return key.strip(), value.strip()


def without_seed(name):
    """The name of a run that is one of several seeds, without that."""
    before, after = re.fullmatch(r"(.*-|)seed-[0-9]+(-.*|)", name).groups()
    return "-".join(part for part in (before[:-1], after[1:]) if part) or "run"


class File:
    """sections: {section: {key: value}}; runs: {name: options}, [shared] included; made: {name: the runs of `laconic sweep`
    behind it, one for each seed}. Both are empty before expand() where there is [vary]."""

    def __init__(self, path):
        self.path = path
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ExperimentError("%s cannot be read: %s" % (path, error)) from error
        self.lines = self.number_lines(text)
        self.sections = self.parse(text)
        self.kind = next((kind for kind in ("curves", "scan") if kind in self.sections), "runs")
        self.check_sections()
        for section in KINDS[self.kind]:
            self.sections.setdefault(section, {})
        self.runs, self.made = {}, {}
        seeds_of_table = self.sections.get("table", {}).get("seeds", "").split()
        for name, options in self.sections.items():
            if name.startswith("run ") and not self.varies():
                self.runs[name[4:]] = self.with_shared(options)
                self.made[name[4:]] = ["%s-seed-%s" % (name[4:], seed) for seed in seeds_of_table] or [name[4:]]

    def varies(self):
        return bool(self.sections.get("vary"))

    def with_shared(self, options):
        return {key: value for key, value in {**self.sections["shared"], **options}.items() if value}

    def expand(self, listed):
        """listed: (name, its own options) of each run that `laconic sweep` makes."""
        seeds_vary = "seed" in self.sections["vary"] or "seeds" in self.sections["table"]
        for name, options in listed:
            run = without_seed(name) if seeds_vary else name
            self.runs.setdefault(run, self.with_shared(options))
            self.made.setdefault(run, []).append(name)

    def check(self):
        """Every line against the form of its section, and against the runs."""
        for section, lines in self.sections.items():
            for key, value in lines.items():
                try:
                    self.check_line(section, key, value)
                except Wrong as wrong:
                    raise self.error(section, key, "%s: %s" % (key, wrong)) from wrong

    @staticmethod
    def number_lines(text):
        """{(section, key): its line}; of a section itself with the key None."""
        lines, section = {}, None
        for count, line in enumerate(text.split("\n"), 1):
            line = bare(line)
            if line.startswith("["):
                section = line[1:-1]
                lines[section, None] = count
            elif line:
                lines.setdefault((section, split(line)[0]), count)
        return lines

    def error(self, section, key, sentence):
        line = self.lines.get((section, key))
        return ExperimentError("%s:%s [%s] %s" % (self.path, "%d:" % line if line else "", section, sentence))

    def section_at(self, line):
        starts = [(count, section) for (section, key), count in self.lines.items() if key is None and count <= line]
        return max(starts)[1] if starts else "no section"

    def parse(self, text):
        parser = configparser.ConfigParser(interpolation=None, delimiters=("\0",), comment_prefixes=("#",), default_section="\0")
        parser.optionxform = str
        plain = ["\0".join(split(line)) if "=" in line and not line.startswith("[") else line for line in map(bare, text.split("\n"))]
        try:
            parser.read_string("\n".join(plain), str(self.path))
        except configparser.MissingSectionHeaderError as error:
            raise ExperimentError("%s:%d: a line before the first [section]" % (self.path, error.lineno)) from error
        except configparser.ParsingError as error:
            line = error.errors[0][0]
            raise ExperimentError("%s:%d: [%s] '%s' is no line 'key = value'" %
                                  (self.path, line, self.section_at(line), text.split("\n")[line - 1].strip())) from error
        except configparser.DuplicateSectionError as error:
            raise ExperimentError("%s:%d: [%s] stands there twice" % (self.path, error.lineno, error.section)) from error
        except configparser.DuplicateOptionError as error:
            raise ExperimentError("%s:%d: [%s] '%s' stands there twice" %
                                  (self.path, error.lineno, error.section, error.option)) from error
        return {name: dict(parser[name]) for name in parser.sections()}

    def check_sections(self):
        for name in self.sections:
            run = re.fullmatch(r"run [\w.-]+", name)
            if name not in SECTIONS and not run:
                raise self.error(name, None, "is no section; there are [run NAME] and %s" %
                                 ", ".join(sorted("[%s]" % section for section in SECTIONS)))
            if self.kind == "curves" if run else name not in KINDS[self.kind]:
                raise self.error(name, None, "is no section of a file with %s" %
                                 ("[run NAME] alone" if self.kind == "runs" else "[%s]" % self.kind))
        if not any(name.startswith("run ") for name in self.sections) and not self.varies() and self.kind != "curves":
            raise ExperimentError("%s: no section [run NAME], nor [curves]" % self.path)
        for key in ("option", "values", "seeds", "column") if self.kind == "scan" else ():
            if key not in self.sections["scan"]:
                raise self.error("scan", None, "needs %s" % key)

    def values_of(self, run):
        """Of the option that is scanned."""
        return (self.runs[run].get("at") or self.sections["scan"]["values"]).split()

    def check_line(self, section, key, value):
        if section in KEYS:
            if key not in KEYS[section]:
                raise Wrong("there is no such key; [%s] has %s" % (section, ", ".join(KEYS[section])))
            KEYS[section][key](value)
        if key == "rounds" and value and (section == "shared" or section.startswith("run ")):
            whole(value, 0)
        if section in PAIRS and (key.count("/") != 1 or any(len(part.split()) != 1 for part in key.split("/"))):
            raise Wrong("it is written as RUN / OTHER = ...")
        if section == "level" and not re.fullmatch(r"\w+\s+[^\s/]+(\s*/\s*[^\s/]+)?", key):
            raise Wrong("it is written as COLUMN RUN = ..., or COLUMN RUN / OTHER = ...")
        if section == "missed":
            self.check_missed(key, value)
        if section in LINES:
            LINES[section](value)
        self.check_runs(section, key, value)
        if section == "target":
            self.check_target(value)
        if self.kind == "scan":
            self.check_scanned(section, key, value)

    def check_missed(self, key, value):
        """What stands there is a line of the section that is named, and a reason."""
        miss = demands.KnownMiss(key, value)
        there = demands.SECTIONS if self.kind == "runs" else scan.SECTIONS[1:]
        if miss.section not in there or not miss.key.strip() or not miss.reason.strip():
            raise Wrong("it is written as SECTION KEY = DEMAND: REASON, a line of one of the sections %s" % ", ".join(there))
        self.check_line(miss.section, miss.key.strip(), miss.demand.strip())

    def check_runs(self, section, key, value):
        """The runs that a line names are there."""
        if section == "plot" and key == "runs":
            known = self.runs if self.kind == "runs" else ["%s@%s" % (run, at) for run in self.runs for at in self.values_of(run)]
            named = value.split()
        else:
            known, named = self.runs, self.named(section, key, value)
        for run in named:
            if run not in known:
                raise Wrong("there is no run '%s'" % run)

    @staticmethod
    def named(section, key, value):
        if section in demands.SECTIONS:
            return demands.names(section, key, value)
        return scan.names(section, key, value) if section in scan.SECTIONS else []

    def check_target(self, value):
        count = len(self.sections.get("table", {}).get("thresholds", demands.THRESHOLDS).split())
        if len(value.split()) != count:
            raise Wrong("%d words for %d thresholds" % (len(value.split()), count))
        for word in value.split():
            if word not in ("-", *demands.WORDS):
                positive(word)

    def check_scanned(self, section, key, value):
        if section.startswith("run ") and key == "seeds":
            seeds(value)
        if section == "mean":
            if len(value.split()) != len(self.values_of(key)):
                raise Wrong("%d targets for %d values" % (len(value.split()), len(self.values_of(key))))
            for word in value.split():
                if word != "-":
                    positive(word)
        last = self.sections["scan"]["values"].split()[-1:]
        asked = {"best": value.split(), "order-at": [key], "range": value.split()[2:], "fewer-bits": last}.get(section, [])
        for run in self.named(section, key, value) if asked else ():
            for one in asked:
                if one not in self.values_of(run):
                    raise Wrong("'%s' has no value %s" % (run, one))
