"""make_header.py TOP HEADER TABLE: the public header of plug-ins, and the program's table of what they may call.

Both are made from the headers of src/, in one order of their own, and from verbs.def: a function that it lists becomes an inline
function that calls through the table, one that it does not list is left out.
"""

import re
import sys
import textwrap

HEADERS = ["common/base/status.h", "common/base/arena.h", "common/base/text.h", "common/base/rng.h", "common/base/elementary.h",
           "common/base/vec.h", "common/wire/wire.h", "common/compressor/compressor.h", "common/compressor/parts.h",
           "common/method/choice.h", "common/method/law.h", "common/method/trace.h", "common/method/absence.h", "common/method/sampling.h",
           "common/method/estimator.h", "common/method/step_policy.h", "common/method/state.h", "common/method/method.h",
           "common/method/steps.h", "common/method/minibatch.h", "common/data/rows.h", "worker/objective/row_pass.h",
           "worker/objective/objective.h", "plugin/abi.h"]
PREFACE = """\
/*
 * Laconic's interface for plug-ins: methods, compressors and objectives that are built outside the program.
 *
 * Made from the headers that the program itself is built from: the comments are theirs.
 * Compile with `pkg-config --cflags laconic`, link as a shared object, and nothing else: functions of this header call
 * through a table that the program hands over. docs/your-own-method.md leads through an example; docs/ and proto/, of which
 * comments speak, are in Laconic's source.
 */
#ifndef LACONIC_H
#define LACONIC_H

#ifdef __FAST_MATH__
#error "laconic: a trajectory is a function of configuration and seed; compile without -ffast-math"
#endif

"""
# comments, preprocessor lines, strings, all else
PIECE = re.compile(r"/\*.*?\*/|^#(?:\\\n|[^\n])*\n|\"(?:\\.|[^\"\\\n])*\"|\n|.", re.DOTALL | re.MULTILINE)
PROTOTYPE = re.compile(r"^(?P<returns>[\w \t\n*]+?[\s*]+)(?P<name>\w+)\((?P<parameters>.*?)\)(?P<marks>[^()]*(?:__attribute__\(\(.*\)\))?\s*);$",
                       re.DOTALL)


def expanded(text, top):
    """#define X(...) body / #include "list.def" / #undef X becomes one line for each entry."""
    block = re.compile(r'#define (\w+)\(([^)]*)\) (.*)\n#include "(\w+\.def)"\n#undef \1\n')

    def lines(match):
        macro, parameters, body, name = match.groups()
        entries = re.findall(r"^%s\((\d+), (\w+),.*?\"([^\"]*)\"\)" % macro, open("%s/proto/%s" % (top, name)).read(), re.MULTILINE)
        first, second = [word.strip() for word in parameters.split(",")][:2]
        made = []
        for number, word, said in entries:
            line = body.replace("##" + second, word)
            line = re.sub(r"\b%s\b" % first, number, line)
            made.append("    %s /* %s */\n" % (line, said))
        return "".join(made)
    return block.sub(lines, text)


def items(text):
    """(kind, text): comments, preprocessor lines, declarations to their end, blank lines."""
    depth, gathered = 0, ""
    for match in PIECE.finditer(text):
        piece = match.group(0)
        if not gathered.strip() and piece.startswith("/*"):
            yield "comment", piece
            gathered = ""
        elif not gathered.strip() and piece.startswith("#"):
            yield "line", piece
            gathered = ""
        elif not gathered.strip() and piece == "\n":
            yield "end", "\n"
            gathered = ""
        else:
            gathered += piece
            depth += {"{": 1, "}": -1}.get(piece, 0)
            body = re.match(r"\s*static inline", gathered)
            if depth == 0 and (piece == ";" or (piece == "}" and body)):
                yield "declaration", gathered.strip(" ")
                gathered = ""
    assert not gathered.strip(), gathered


def parameters_of(text):
    """Names of the parameters, commas inside parentheses not counted."""
    if text.strip() == "void":
        return []
    parts, depth = [""], 0
    for letter in text:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [re.search(r"(\w+)\s*(\[[^\]]*\])?\s*$", re.sub(r"/\*.*?\*/", "", part)).group(1) for part in parts]


def prototype(text):
    """A function that is declared, or None."""
    plain = " ".join(re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL).split())
    if re.match(r"(struct|enum|union)\b[^(]*\{|typedef|extern|static|struct \w+;|_Static_assert", plain):
        return None
    return PROTOTYPE.match(plain)


def wrapped(text, indent):
    """Lines that break behind commas alone."""
    words = text.rstrip().replace(" ", "\0").replace(",\0", ", ")
    return textwrap.fill(words, 100, subsequent_indent=indent + 8 * " ", break_long_words=False, break_on_hyphens=False).replace("\0", " ")


def wrapper(found):
    """The inline function that calls through the table."""
    name, parameters, returns = found["name"], found["parameters"], " ".join(found["returns"].split())
    if "..." in parameters:
        return "#define %s(...) lac_verbs->%s(__VA_ARGS__)" % (name, name)
    checked = "LAC_MUST_CHECK " if "LAC_MUST_CHECK" in found["marks"] else ""
    ends = "_Noreturn" in returns
    star = "" if returns.endswith("*") else " "
    call = "lac_verbs->%s(%s);" % (name, ", ".join(parameters_of(parameters)))
    body = "    %s%s\n" % ("" if returns in ("void", "_Noreturn void") else "return ", call)
    return "%s\n{\n%s%s}\n" % (wrapped("%sstatic inline %s%s%s(%s)" % (checked, returns, star, name, parameters), ""), body,
                               "    __builtin_unreachable();\n" if ends else "")


def member(found):
    """The same function as a member of the table."""
    returns = " ".join(found["returns"].replace("_Noreturn", "").split())
    mark = " __attribute__((format(printf, 3, 4)))" if "..." in found["parameters"] else ""
    star = "" if returns.endswith("*") else " "
    return wrapped("    %s%s(*%s)(%s)%s;\n" % (returns, star, found["name"], found["parameters"], mark), "    ") + "\n"


def attached(pending):
    """Splits what stands before a declaration: what belongs to it alone is the comment right above."""
    at = len(pending)
    while at > 0 and (pending[at - 1].startswith("/*") or (pending[at - 1] == "\n" and at > 1 and pending[at - 2] != "\n")):
        at -= 1
    return pending[:at], pending[at:]


class Split:
    """The headers in two parts, types and functions, and the prototypes of what is listed."""

    def __init__(self, listed):
        self.listed, self.includes, self.found = listed, set(), {}
        self.types, self.functions, self.pending = [], [], []

    def declare(self, piece):
        """Puts a declaration, with the comments above it, where it belongs; returns where that is."""
        p = prototype(piece)
        if p and p["name"] in self.listed:
            self.found[p["name"]] = p
            sink, piece = self.functions, wrapper(p)
        elif p or piece.lstrip().startswith("extern const"):
            sink, self.pending, piece = [], attached(self.pending)[0], ""
        else:
            sink = self.types
        if piece:
            sink += self.pending + [piece]
            self.pending = []
        return sink

    def add(self, text):
        guard = re.search(r"#ifndef (LAC_\w+_H)\n", text).group(1)
        text = re.sub(r"\n#endif\n\Z", "\n", text.replace("#ifndef %s\n#define %s\n" % (guard, guard), ""))
        sink = None # of the rest of a line, behind a declaration
        for kind, piece in items(text):
            if sink is not None and kind in ("comment", "end"):
                if kind == "comment" and sink is self.functions:
                    sink.insert(len(sink) - 1, piece + "\n")
                else:
                    sink.append((" " if kind == "comment" else "") + piece)
                sink = sink if kind == "comment" else None
                continue
            sink = None
            if kind == "line" and piece.startswith("#include"):
                self.includes.update(re.findall(r"#include (<.*>)", piece))
            elif kind == "line":
                self.types += self.pending + [piece]
                self.pending = []
            elif kind == "declaration":
                sink = self.declare(piece)
            else:
                self.pending.append(piece)


def paragraphs(pieces):
    return re.sub(r"\n{3,}", "\n\n", "".join(pieces)).strip() + "\n"


def main():
    top, header, table = sys.argv[1:4]
    listed = re.findall(r"^LAC_VERB\((\w+)\)", open(top + "/src/plugin/verbs.def").read(), re.MULTILINE)
    split = Split(set(listed))
    for name in HEADERS:
        split.add(expanded(open("%s/src/%s" % (top, name)).read(), top))
    missing = [name for name in listed if name not in split.found]
    if missing:
        sys.exit("make_header.py: no header declares %s, which verbs.def lists" % ", ".join(missing))
    struct = ("struct lac_verbs {\n    uint64_t struct_size;\n%s};\n" % "".join(member(split.found[name]) for name in listed))
    with open(header, "w") as f:
        f.write(PREFACE + "".join("#include %s\n" % name for name in sorted(split.includes)) + "\n" + paragraphs(split.types) +
                "\n/* What the program hands over; later versions have more at its end. */\n" + struct +
                '\nextern __attribute__((visibility("hidden"))) const struct lac_verbs *lac_verbs; /* LAC_PLUGIN has it */\n\n' +
                paragraphs(split.functions) + "\n#endif\n")
    with open(table, "w") as f:
        f.write('/* Made by make_header.py. */\n#include "plugin/abi.h"\n#include "plugin/plugin.h"\n\n#include "base/elementary.h"\n'
                '#include "base/vec.h"\n#include "method/minibatch.h"\n#include "method/steps.h"\n\n' + struct +
                "\nconst struct lac_verbs lac_plugin_verbs = {\n    .struct_size = sizeof(struct lac_verbs),\n" +
                "".join("    .%s = %s,\n" % (name, name) for name in listed) + "};\n")


if __name__ == "__main__":
    main()
