"""check_headers.py TOP CC...: every header compiles when it is the first thing included."""

import concurrent.futures
import os
import shlex
import subprocess
import sys

from tap import Tap
from tree import TOP, texts


# What headers that are compiled once per instruction set expect to be defined.
DEFINITIONS = ["-D_GNU_SOURCE", "-DLAC_LANES=2", "-DLAC_LEVEL=portable"]


def library_flags():
    found = subprocess.run(["pkg-config", "--cflags", "mpi", "hdf5-serial"], text=True, check=False,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return shlex.split(found.stdout)


def compile_alone(compiler, path):
    """What the compiler says to a file that is only this header, twice; empty where it is content."""
    folders = ["-I%s" % (TOP / folder) for folder in ("src/common", "src", "proto", "tests")]
    done = subprocess.run(compiler + ["-std=c11", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function",
                                      "-fsyntax-only", "-x", "c", "-"] + DEFINITIONS + folders + library_flags(),
                          input='#include "%s"\n#include "%s"\n' % ((TOP / path,) * 2), text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout.splitlines() or ["exit status %d" % done.returncode] if done.returncode else []


def main():
    tap = Tap()
    headers = [path for path, _ in texts(".h") if not path.startswith("docs/")] # examples want what is installed
    tap.ok([] if headers else ["no header found"], "the headers are there")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        said = pool.map(lambda path: compile_alone(sys.argv[2:], path), headers)
        for path, faults in zip(headers, said):
            tap.ok(faults, "%s compiles alone and twice" % path)
    tap.done()


main()
