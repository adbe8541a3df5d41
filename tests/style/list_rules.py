"""The lists of the project against what they list: each takes texts and yields what is missing."""

import posixpath
import re

DESCRIPTOR = re.compile(r"^const struct lac_(method|compressor|objective) lac_\1_(\w+) =", re.MULTILINE)
LISTED = re.compile(r"^LAC_(METHOD|COMPRESSOR|OBJECTIVE)\((\w+)[,)]", re.MULTILINE)
MESSAGE = re.compile(r"^LAC_MESSAGE\(\d+, (\w+),", re.MULTILINE)
HEADING = re.compile(r"^#+ .*$", re.MULTILINE)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]+")


def unbuilt(files):
    """files: {path: text}. C files that no meson.build in their folder or above names, nor another by its path."""
    elsewhere = " ".join(text for path, text in files.items() if path.endswith("meson.build"))
    for path in files:
        if not path.endswith(".c") or re.search(r"'[\w/.-]*%s'" % re.escape("/".join(path.split("/")[-2:])), elsewhere):
            continue
        folder, stem = posixpath.dirname(path), posixpath.basename(path)[:-2]
        words = "|".join(map(re.escape, {stem, stem.partition("_")[2] or stem, stem.replace("_kernels", "")}))
        # 'test_' + name and name + '_kernels' are names too
        named = False
        while not named:
            text = files.get(posixpath.join(folder, "meson.build"), "")
            named = re.search(r"'(?:[\w/.-]+/)?(?:%s)(?:\.c)?'" % words, text) is not None
            if not folder:
                break
            folder = posixpath.dirname(folder)
        if not named:
            yield "%s: no meson.build names it" % path


def unlisted(files):
    """Descriptors that no .def lists, and lines of a .def without a descriptor."""
    described = {(kind, name): path for path, text in files.items() if path.endswith(".c")
                 for kind, name in DESCRIPTOR.findall(text)}
    listed = {(kind.lower(), name): path for path, text in files.items() if path.endswith(".def")
              for kind, name in LISTED.findall(text)}
    for key in sorted(described.keys() - listed.keys()):
        yield "%s: lac_%s_%s stands in no .def" % ((described[key],) + key)
    for key in sorted(listed.keys() - described.keys()):
        yield "%s: no file has lac_%s_%s" % ((listed[key],) + key)


def unwritten_messages(definitions, page):
    """Messages of messages.def without a heading in the page on the wire format."""
    headings = " ".join(HEADING.findall(page))
    for name in MESSAGE.findall(definitions):
        if not re.search(r"\b%s\b" % name, headings):
            yield "proto/README.md has no section on %s" % name


def unwritten_options(help_text, manual):
    """Long options in the help that the manual does not have (where a dash may stand as \\-)."""
    known = set(OPTION.findall(manual.replace("\\-", "-")))
    for option in sorted(set(OPTION.findall(help_text)) - known):
        yield "%s is not in the manual" % option


def unwritten_pages(files):
    """Methods without a page in docs/methods (a page may speak of several: it names each in its headings)."""
    headings = " ".join(heading for path, text in files.items() if path.startswith("docs/methods/")
                        for heading in HEADING.findall(text))
    for path, text in files.items():
        if path.endswith("method.def"):
            for _, name in LISTED.findall(text):
                spoken = name.replace("_", "-")
                if ("docs/methods/%s.md" % spoken) not in files and \
                        not re.search(r"(?<![\w-])%s(?![\w-])" % spoken, headings, re.IGNORECASE):
                    yield "docs/methods has no page on %s" % spoken
