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
    name = "every long option of `laconic %s --help` is in the manual"
    if len(sys.argv) > 2:
        commands = ["train", "tune", "sweep", "solve", "check", "list", "show", "plot", "keygen", "test-plugin"]
        manual, completion, *helps = (
            subprocess.run([sys.argv[2]] + words, text=True, stdout=subprocess.PIPE, check=True).stdout
            for words in [["help", "--man"], ["help", "--completion"]] + [[command, "--help"] for command in commands])
        for command, said in zip(commands, helps):
            tap.ok(rules.unwritten_options(said, manual), name % command)
            tap.ok(rules.unwritten_options(said, completion), "and in bash's completion")
        for page, words in [("docs/compressors.md", "list --markdown"), ("docs/metrics.md", "list columns --markdown")]:
            made = subprocess.run([sys.argv[2]] + words.split(), text=True, stdout=subprocess.PIPE, check=True).stdout
            tap.ok(rules.stale_tables(files[page], {words: made}), "%s has the table of the registry" % page)
    else:
        tap.skip(name % "COMMAND", "no program")
    tap.done()


main()
