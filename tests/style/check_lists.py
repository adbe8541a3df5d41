"""check_lists.py TOP [PROGRAM]: what is in the tree stands in its lists, and the other way round."""

import json
import re
import subprocess
import sys

import list_rules as rules
from tap import Tap
from tree import texts


def without_lost_clients(files, program):
    """Methods that go on without clients, whose page, or the page that it names, does not say what that means."""
    listed = json.loads(subprocess.run([program, "list", "methods", "--json"], text=True, stdout=subprocess.PIPE, check=True).stdout)
    silent = []
    for name in [method["name"] for method in listed["methods"] if method["admits_loss"]]:
        page = files.get("docs/methods/%s.md" % name, "")
        pages = [page] + [files.get("docs/methods/" + link, "") for link in re.findall(r"\]\(([\w-]+\.md)\)", page)[:1]]
        if not any("**Lost clients**" in text for text in pages):
            silent.append("docs/methods/%s.md: nothing on lost clients" % name)
    return silent


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
        commands = ["train", "tune", "sweep", "solve", "check", "list", "show", "plot", "compare", "keygen", "test-plugin"]
        manual, completion, *helps = (
            subprocess.run([sys.argv[2]] + words, text=True, stdout=subprocess.PIPE, check=True).stdout
            for words in [["help", "--man"], ["help", "--completion"]] + [[command, "--help"] for command in commands])
        for command, said in zip(commands, helps):
            tap.ok(rules.unwritten_options(said, manual), name % command)
            tap.ok(rules.unwritten_options(said, completion), "and in bash's completion")
        tap.ok(without_lost_clients(files, sys.argv[2]), "methods that go on without clients say what that means")
        for page, words in [("docs/compressors.md", "list --markdown"), ("docs/metrics.md", "list columns --markdown")]:
            made = subprocess.run([sys.argv[2]] + words.split(), text=True, stdout=subprocess.PIPE, check=True).stdout
            tap.ok(rules.stale_tables(files[page], {words: made}), "%s has the table of the registry" % page)
    else:
        tap.skip(name % "COMMAND", "no program")
    tap.done()


main()
