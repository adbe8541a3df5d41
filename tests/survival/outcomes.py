"""What of a run must not depend on interruptions."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../mpi"))
from calls import call, laconic, summary  # noqa: E402

MOVING = ("seconds", "mpi_server", "mpi_workers", "seconds_send", "seconds_wait", "seconds_aggregate", "seconds_step", "seconds_evaluate",
          "memory_server", "memory_worker")


def columns(path):
    lines = [line.split(",") for line in call([laconic, "show", "--csv", path]).stdout.splitlines()]
    moving = {i for i, name in enumerate(lines[0]) if name in MOVING}
    return [[cell for i, cell in enumerate(line) if i not in moving] for line in lines]


def outcome(path):
    """Status, final row and model, rows; of bits, all accounts but MPI's own."""
    found = summary(path)
    final = {name: value for name, value in found["final"].items() if name not in MOVING}
    if "tracked" in final:
        final["tracked"] = {name: value for name, value in final["tracked"].items() if name not in MOVING}
    bits = {name: value for name, value in found["bits"].items() if name != "mpi_sent"}
    return found["status"], final, bits, columns(path)


def difference(wanted, found):
    """The first place in which two outcomes differ, for a message."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return "; ".join("%s: %s" % (name, difference(value, found.get(name))) for name, value in wanted.items() if value != found.get(name))
    if isinstance(wanted, (list, tuple)) and isinstance(found, (list, tuple)) and len(wanted) == len(found):
        return next((difference(a, b) for a, b in zip(wanted, found) if a != b), "none")
    return "%.300s, wanted %.300s" % (found, wanted)
