"""abi.py HEADER PINNED [--write]: what plug-ins are built against changes only with its version.

PINNED holds the version and a digest of each definition of laconic.h, without comments. --write renews it, for a version that was raised, or before the first release.
"""

import hashlib
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../style"))
from tap import Tap  # noqa: E402


def definitions(text):
    """{name: text} of structs, enums, types and macros, and of each function of the table."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL)
    found = {}
    for match in re.finditer(r"^(struct|enum) (\w+) \{.*?^\};", text, re.MULTILINE | re.DOTALL):
        if match.group(2) != "lac_verbs":
            found["%s %s" % match.group(1, 2)] = match.group(0)
    for match in re.finditer(r"^enum \{\s*(\w+).*?\};", text, re.MULTILINE | re.DOTALL): # they size the structs
        found["enum of %s" % match.group(1)] = match.group(0)
    table = re.search(r"^struct lac_verbs \{(.*?)^\};", text, re.MULTILINE | re.DOTALL).group(1)
    for i, member in enumerate(part for part in table.split(";") if part.strip()):
        name = re.search(r"\(\*(\w+)\)|(\w+)$", member.strip())
        found["verb %03d %s" % (i, name.group(1) or name.group(2))] = member
    for match in re.finditer(r"^typedef [^;]*;|^#define LAC_(?:MAX|SHARED|NO_CLIENT)\w* .*$", text, re.MULTILINE):
        found["%s" % " ".join(match.group(0).split())[:60]] = match.group(0)
    return {name: hashlib.blake2b(" ".join(said.split()).encode(), digest_size=8).hexdigest() for name, said in found.items()}


def version(text):
    return re.search(r"LAC_ABI_MAJOR = (\d+), LAC_ABI_MINOR = (\d+)", text).groups()


def changes(then, now):
    for name in sorted(set(then) | set(now)):
        if then.get(name) != now.get(name):
            yield "%s %s" % (name, "is new" if name not in then else "is gone" if name not in now else "is another")


def out_of_reach(header):
    """Functions that are declared outside of structs and have no body."""
    plain = re.sub(r"/\*.*?\*/|^#(?:\\\n|[^\n])*", " ", header, flags=re.MULTILINE | re.DOTALL)
    depth, top = 0, ""
    for letter in plain:
        depth += {"{": 1, "}": -1}.get(letter, 0)
        top += letter if depth == 0 else ""
    parts = [" ".join(part.split()) for part in re.split(r"[;}]", top)]
    return [part for part in parts if re.search(r"\w+\([^)]*\)", part) and not re.match(r"static inline|typedef|LAC_MUST_CHECK static|extern", part)]


def main():
    header = open(sys.argv[1]).read()
    now, numbers = definitions(header), "version %s.%s" % version(header)
    if "--write" in sys.argv:
        with open(sys.argv[2], "w") as f:
            f.write(numbers + "\n" + "".join("%s %s\n" % (digest, name) for name, digest in now.items()))
        return
    lines = open(sys.argv[2]).read().splitlines()
    then = {line.split(" ", 1)[1]: line.split(" ", 1)[0] for line in lines[1:]}
    tap = Tap()
    tap.ok([] if len(now) > 150 and any(name.startswith("struct lac_env") for name in now) else [str(len(now))], "the header's definitions are found")
    faults = list(changes(then, now))
    if faults:
        faults.append("raise LAC_ABI_MAJOR (LAC_ABI_MINOR where all is appended), and write tests/plugin/abi.txt anew: "
                      "tests/plugin/abi.py BUILD/src/plugin/laconic.h tests/plugin/abi.txt --write")
    tap.ok(faults or ([] if lines[0] == numbers else ["abi.txt has %s, the header %s" % (lines[0], numbers)]),
           "what plug-ins are built against is that of %s" % numbers)
    grown = header.replace("struct lac_problem {", "struct lac_problem {\n    int more;", 1)
    tap.ok([] if list(changes(now, definitions(grown))) == ["struct lac_problem is another"] else ["%s" % list(changes(now, definitions(grown)))],
           "a struct that grows is found")
    larger = header.replace("LAC_MAX_CHANNELS = ", "LAC_MAX_CHANNELS = 1", 1)
    tap.ok([] if list(changes(now, definitions(larger))) == ["enum of LAC_MAX_CHANNELS is another"] else ["%s" % list(changes(now, definitions(larger)))],
           "so is a number that sizes one")
    tap.ok(out_of_reach(header), "the header declares no function that plug-ins cannot call")
    comments = " ".join(re.findall(r"/\*.*?\*/", header, re.DOTALL))
    named = set(re.findall(r"[\w/.-]+\.(?:c|h|def|md|py)\b", comments))
    tap.ok(sorted(name for name in named if not re.match(r"docs/[\w/-]+\.md$|proto/README\.md$", name)),
           "its comments name no file that is neither installed nor of the documentation")
    tap.done()


main()
