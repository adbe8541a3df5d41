#!/usr/bin/env python3
"""Counts test results: count_tests.py LABEL=LOG...

A LOG is a testlog*.json of meson (one JSON object per test program and line) or a file of TAP. Every
TAP line counts; a program that crashed, timed out or broke its plan counts as one failure more. Names the
failures, ends with `N passed, N failed, N skipped`; exit status 1 where one failed or none passed.
"""

import json
import re
import sys

LINE = re.compile(r"(not )?ok\b\s*(\d+)?\s*(?:-\s*)?(.*)")
PLAN = re.compile(r"1\.\.(\d+)(?:\s*#\s*skip\S*\s*(.*))?", re.IGNORECASE)
SKIP = re.compile(r"#\s*skip", re.IGNORECASE)
MOST_LINES = 12  # of what a failure says
STATES = ("passed", "failed", "skipped")


def parse_tap(text):
    """The (state, name) of each line, and what is wrong with the whole: None or a sentence."""
    states, planned = [], None
    for line in text.splitlines():
        plan, result = PLAN.match(line), LINE.match(line)
        if plan:
            planned = int(plan.group(1))
            if planned == 0:
                return [("skipped", plan.group(2) or "the whole program")], None
        elif result:
            refused, number, name = result.groups()
            state = "failed" if refused else "skipped" if SKIP.search(name) else "passed"
            states.append((state, name or "line %s" % (number or len(states) + 1)))
        elif line.startswith("#") and states and states[-1][0] == "failed":
            states[-1] = ("failed", states[-1][1] + "\n    " + line)
        elif line.startswith("Bail out!"):
            return states, line
    if planned != len(states):
        return states, "%d results, planned: %s" % (len(states), "no plan" if planned is None else planned)
    return states, None


def parse_program(record):
    """The results of one test program of meson; without TAP its exit status is the result."""
    result, status = record["result"], record["returncode"]
    text = record.get("stdout") or ""
    good = result in ("OK", "EXPECTEDFAIL", "SKIP")
    if not re.search(r"^(not ok|ok|1\.\.\d)", text, re.MULTILINE):
        states, wrong = ([("skipped" if result == "SKIP" else "passed", "the whole program")] if good else []), None
    else:
        states, wrong = parse_tap(text)
    failed = wrong or any(state == "failed" for state, _ in states)
    if status not in (0, 1) and not good or not good and not failed:
        wrong = "the program: %s, exit status %s" % (result, status)
    return states + ([("failed", wrong)] if wrong else [])


def parse_log(path):
    """Yields (state, name) of everything in a log; a log that is not there is a failure."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError as error:
        yield "failed", "no results: %s" % error.strerror
        return
    if not path.endswith(".json"):
        states, wrong = parse_tap(text)
        yield from states + ([("failed", wrong)] if wrong else [])
        return
    for line in filter(None, text.splitlines()):
        record = json.loads(line)
        for state, name in parse_program(record):
            yield state, "%s: %s" % (record["name"], name)


def main(arguments):
    counts = dict.fromkeys(STATES, 0)
    failures = []
    for argument in arguments:
        label, _, path = argument.partition("=")
        for state, name in parse_log(path):
            counts[state] += 1
            if state == "failed":
                failures.append("FAILED %s: %s" % (label, "\n".join(name.split("\n")[:MOST_LINES])))
    print("\n".join(failures + [", ".join("%d %s" % (counts[state], state) for state in STATES)]))
    return 1 if counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
