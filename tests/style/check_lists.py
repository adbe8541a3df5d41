"""check_lists.py TOP [PROGRAM]: what is in the tree stands in its lists, and the other way round."""

import subprocess
import sys

import list_rules as rules
from tap import Tap
from tree import texts


def main():
    tap = Tap()
    files = dict(texts())
    tap.ok(rules.unbuilt(files), "every C file stands in a meson.build")
    tap.ok(rules.unlisted(files), "every method, compressor and objective stands in its .def, and nothing else does")
    tap.ok(rules.unwritten_messages(files["proto/messages.def"], files.get("proto/README.md", "")),
           "proto/README.md has a section on every message")
    name = "docs/methods has a page on every method"
    if any(path.startswith("docs/methods/") for path in files):
        tap.ok(rules.unwritten_pages(files), name)
    else:
        tap.skip(name, "no docs/methods")
    name = "every long option of `laconic train --help` is in the manual"
    manual = "".join(text for path, text in files.items() if path.endswith(".1"))
    if manual and len(sys.argv) > 2:
        said = subprocess.run([sys.argv[2], "train", "--help"], text=True, stdout=subprocess.PIPE, check=True).stdout
        tap.ok(rules.unwritten_options(said, manual), name)
    else:
        tap.skip(name, "no manual page" if not manual else "no program")
    tap.done()


main()
