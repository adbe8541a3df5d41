"""check_format.py TOP: clang-format would change no C file."""

import re
import shutil
import subprocess

from tap import Tap
from tree import TOP, texts

VERSION = "14"  # others wrap lines in other places


def main():
    tap = Tap()
    name = "clang-format would change nothing"
    program = shutil.which("clang-format-" + VERSION) or shutil.which("clang-format")
    said = subprocess.run([program, "--version"], text=True, stdout=subprocess.PIPE, check=True).stdout if program else ""
    version = re.search(r"version (\d+)", said)
    if not version or version.group(1) != VERSION:
        tap.skip(name, "clang-format %s is not installed" % VERSION)
    else:
        paths = [path for path, _ in texts(".c", ".h")]
        done = subprocess.run([program, "--dry-run", "-Werror"] + paths, cwd=TOP, text=True, check=False,
                              stderr=subprocess.PIPE)
        faults = sorted({line.split(":")[0] for line in done.stderr.splitlines() if "error:" in line})
        tap.ok(faults or (["clang-format: exit status %d" % done.returncode] if done.returncode else []), name)
    tap.done()


main()
