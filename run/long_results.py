#!/usr/bin/env python3
"""Writes what the long tests last came to into docs/long-tests.md: long_results.py LOG...

A LOG is a testlog*.json of meson, of runs with LAC_TEST_LONG=1, as `run/test --long` leaves them in build-*/meson-logs. A row of the table is
replaced where a LOG has its test; the others stay, with the day on which they were.
"""

import os
import platform
import re
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from count_tests import parse_program  # noqa: E402
import json  # noqa: E402

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "docs", "long-tests.md")
ROW = re.compile(r"\| `([^`]+)` \|")


def records(paths):
    """The last record of each test, by its name."""
    found = {}
    for path in paths:
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                record = json.loads(line)
                found[record["name"].rsplit(" / ", 1)[-1]] = record
    return found


def counted(record):
    """Numbers that the test itself gives, "# NAME: 12 kills, ..." added up."""
    total = {}
    for line in (record.get("stdout") or "").splitlines():
        for number, what in re.findall(r"(\d+) (?:of \d+ )?(kills|made to fail)", line if line.startswith("# ") else ""):
            total[what] = total.get(what, 0) + int(number)
    return ", ".join("%d %s" % (number, what) for what, number in total.items())


def row(cells, record):
    states = [state for state, _ in parse_program(record)]
    many = "%d checks" % len(states)
    more = counted(record)
    minutes = record["duration"] / 60
    day = time.strftime("%Y-%m-%d", time.gmtime(record["starttime"]))
    machine = "%d cores, Linux %s" % (os.cpu_count(), ".".join(platform.release().split(".")[:2]))
    return "| %s | %s | %s | %d | %s | %.1f min | %s |\n" % (cells[0], cells[1], more and more + "; " + many or many, states.count("failed"), day, minutes, machine)


def main():
    found, lines = records(sys.argv[1:]), open(PAGE, encoding="utf-8").readlines()
    for i, line in enumerate(lines):
        match = ROW.match(line)
        if match and match.group(1) in found:
            lines[i] = row([cell.strip() for cell in line.strip().strip("|").split(" | ")], found[match.group(1)])
    with open(PAGE, "w", encoding="utf-8") as file:
        file.writelines(lines)


if len(sys.argv) < 2:
    sys.exit(__doc__)
main()
