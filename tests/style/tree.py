"""The project's files as the checks see them."""

import pathlib
import re
import sys

TOP = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
NOT_OURS = re.compile(r"^(build[^/]*|results|\.git|__pycache__)$")
TEXT = {".c", ".h", ".def", ".py", ".sh", ".md", ".build", ".txt", ".conf", ".supp", ".1", ".sbatch"}


def walk(folder):
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or NOT_OURS.match(path.name):
            continue
        if path.is_dir():
            yield from walk(path)
        elif path.is_file():
            yield path


def is_text(path):
    if path.suffix in TEXT:
        return True
    with open(path, "rb") as file:
        return not path.suffix and file.read(2) == b"#!"


def texts(*suffixes):
    """Yields (path from the top, text) of all text files, or of those with one of the suffixes."""
    for path in walk(TOP):
        if path.suffix in suffixes if suffixes else is_text(path):
            yield path.relative_to(TOP).as_posix(), path.read_text(encoding="utf-8", errors="replace")
