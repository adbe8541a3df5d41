"""The rules of docs/style.md that a script can check: each takes a path and a text and yields faults."""

import fnmatch
import re

LONGEST_FUNCTION = 80
LONG_FUNCTION = 40
LONGEST_FILE = 450

# Who may allocate: set-up temporaries and what outlives every arena; everyone else uses base/arena.h.
MAY_ALLOCATE = ["src/common/base/arena.c", "src/common/method/trace.c", "src/common/store/*", "src/common/transport/incoming.c", "src/common/data/*",
                "src/common/compressor/dither.c",
                "src/worker/objective/rows_columns.c", "src/worker/worker_data.c", "src/server/server_data.c",
                "src/plugin/plugin.c", "src/command/*"]
ALLOCATION = re.compile(r"\b(malloc|calloc|realloc|reallocarray|aligned_alloc|posix_memalign|"
                        r"strdup|strndup|asprintf|vasprintf|open_memstream|getline|alloca)\s*\(")

# Each part of src/ and the parts that it may include beside itself.
COMMON = ["base", "config", "wire", "seal", "data", "compressor", "method", "protocol", "transport", "store"]
ARROWS = {
    "src/common/base": [],
    "src/common/config": ["base"],
    "src/common/wire": ["base"],
    "src/common/seal": ["base", "wire"],
    "src/common/compressor": ["base", "wire"],
    "src/common/method": ["base", "wire", "compressor"],
    "src/common/data": ["base"],
    "src/common/protocol": ["base", "config", "wire", "data", "compressor", "method", "transport"],
    "src/common/transport": ["base", "wire", "seal", "compressor", "method"],
    "src/common/store": ["base", "wire", "seal", "compressor", "method"],
    "src/server": COMMON,
    "src/worker": COMMON,
    "src/plugin": COMMON + ["worker"],
    "src/command": COMMON + ["server", "worker", "plugin"],
    "src/main.c": COMMON + ["server", "worker", "plugin", "command"],
}
# Made by the build, in no folder.
GENERATED = ["git_version.h"]
# Libraries that only the places named for them may know.
CONFINED = {
    "mpi.h": ["src/common/transport/*", "src/main.c"],
    "hdf5.h": ["src/common/store/*"],
}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)

TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
FOREIGN_PATH = re.compile(r"(?<![\w.])(/work/|/home/|/root/|\.\./shared)")


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def blank(text):
    """The text without comments and the insides of strings, every line where it was."""
    def replace(match):
        token = match.group(0)
        if token[0] in "\"'":
            return token[0] * 2
        return " " + "\n" * token.count("\n")
    return TOKEN.sub(replace, text)


def line_comments(path, text):
    for match in TOKEN.finditer(text):
        if match.group(0).startswith("//"):
            yield "%s:%d: a // comment; write /* */" % (path, line_of(text, match.start()))


def whitespace(path, text):
    if text and not text.endswith("\n"):
        yield "%s: no newline at the end" % path
    if text.endswith("\n\n"):
        yield "%s: blank lines at the end" % path
    for number, line in enumerate(text.split("\n"), 1):
        if "\t" in line:
            yield "%s:%d: a tab" % (path, number)
        if line != line.rstrip():
            yield "%s:%d: trailing blanks" % (path, number)


def functions(text):
    """Yields (name, line, length): bodies whose braces stand in the first column."""
    lines = blank(text).split("\n")
    start = None
    for number, line in enumerate(lines):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            head = start
            while head > 0 and lines[head - 1].strip() and not re.search(r"[;}#]|\*/", lines[head - 1]):
                head -= 1
            names = re.findall(r"(\w+)\s*\(", " ".join(lines[head:start]))
            names = [name for name in names if name not in ("__attribute__", "format")]
            yield names[0] if names else "?", start + 1, number - start
            start = None


def long_functions(path, text, limit=LONGEST_FUNCTION):
    for name, line, length in functions(text):
        if length > limit:
            yield "%s:%d: %s has %d lines, more than %d" % (path, line, name, length, limit)


def long_file(path, text):
    count = text.count("\n")
    if count > LONGEST_FILE:
        yield "%s: %d lines, more than %d" % (path, count, LONGEST_FILE)


def matches(path, patterns):
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)


def allocations(path, text):
    if matches(path, MAY_ALLOCATE):
        return
    code = blank(text)
    for match in ALLOCATION.finditer(code):
        yield "%s:%d: %s outside the files that may allocate" % (path, line_of(code, match.start()), match.group(1))


def part_of(path):
    return next((part for part in ARROWS if path == part or path.startswith(part + "/")), None)


def arrows(path, text):
    """Includes of src/ point one way, and each names the folder of what it includes."""
    part = part_of(path)
    if part is None:
        yield "%s: in no part of src/ that has arrows" % path
        return
    own = part.rsplit("/", maxsplit=1)[-1]
    parts = set(COMMON) | {"server", "worker", "plugin", "command"}
    for match in INCLUDE.finditer(text):
        target = match.group(2)
        if match.group(1) == "<" or target in GENERATED or ("/" not in target and target.endswith(".def")):
            continue
        folder = target.split("/")[0] if "/" in target else None
        where = "%s:%d" % (path, line_of(text, match.start()))
        if folder not in parts:
            yield '%s: "%s" does not begin with a folder of src/' % (where, target)
        elif folder != own and not any(target.startswith(allowed + "/") for allowed in ARROWS[part]):
            yield '%s: %s must not include "%s"' % (where, part, target)


def confined(path, text):
    for match in INCLUDE.finditer(text):
        allowed = CONFINED.get(match.group(2))
        if allowed is not None and not matches(path, allowed):
            yield "%s:%d: only %s may include %s" % (path, line_of(text, match.start()), ", ".join(allowed),
                                                     match.group(2))


def foreign_paths(path, text):
    if path in (".ci/run", "tests/style/source_rules.py", "tests/style/planted_faults.py"):
        return
    for match in FOREIGN_PATH.finditer(text):
        yield "%s:%d: names a path outside the project" % (path, line_of(text, match.start()))
