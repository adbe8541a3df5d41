"""Calls of the program as its users make them, one line of TAP per check. argv: MPIRUN LACONIC ..."""

import json
import os
import signal
import subprocess
import sys

import stacks

mpirun, laconic = sys.argv[1], os.path.abspath(sys.argv[2])
count = failures = 0
signal.signal(signal.SIGINT, signal.default_int_handler)  # who started the tests may have it ignored, and so would the program


def ok(condition, name, detail=""):
    global count, failures
    count += 1
    failures += not condition
    print("%sok %d - %s" % ("" if condition else "not ", count, name))
    if not condition:
        for line in str(detail).splitlines()[:20]:
            print("# " + line)
    sys.stdout.flush()


def call(words, stdin=None, environment=None, timeout=120, **more):
    """As subprocess.run; a job that does not end in time says where it stands before it is killed."""
    with subprocess.Popen(words, stdin=None if stdin is None else subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, env=dict(os.environ, **(environment or {})), **more) as process:
        try:
            output, errors = process.communicate(stdin, timeout)
        except subprocess.TimeoutExpired:
            ok(False, "%s ended within %g s" % (" ".join(words[:5]), timeout), stacks.of_job(process.pid))
            process.kill()
            raise
    return subprocess.CompletedProcess(words, process.returncode, output, errors)


def run(arguments, ranks=0, stdin=None, environment=None, command="train"):
    """ranks 0: solo; arguments: a list, or for MPMD a list of (ranks, list)."""
    if arguments and isinstance(arguments[0], tuple):
        line = [mpirun]
        for i, (n, words) in enumerate(arguments):
            line += ([":"] if i else []) + ["-n", str(n), laconic, command] + words
    else:
        line = ([mpirun, "-n", str(ranks)] if ranks else []) + [laconic, command] + arguments
    return call(line, stdin, environment)


def messages(done):
    return [line for line in done.stderr.splitlines() if line.startswith("laconic: ")]


def refused(name, done, status, *words):
    lines = messages(done)
    good = done.returncode == status and len(lines) == 1 and all(word in lines[0] for word in words)
    ok(good, name, "status %d, wanted %d with %s\n%s" % (done.returncode, status, words, done.stderr))


def summary(path):
    return json.loads(call([laconic, "show", "--json", path]).stdout)


def rows(count=53):
    """LIBSVM text whose rows differ, of two classes, some without features."""
    lines = []
    for i in range(count):
        features = ["%d:%s" % (j, ((i * 7 + j * 13) % 11 - 5) / 3.0) for j in range(1, 13) if (i + j) % 4]
        lines.append(" ".join(["+1" if i % 3 else "-1"] + (features if i % 10 else [])) + " \n")
    return "".join(lines)


def finish():
    print("1..%d" % count)
    sys.exit(1 if failures else 0)
