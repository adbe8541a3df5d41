"""Each rule finds the fault planted for it, and nothing in a text without it."""

import pathlib
import sys

import list_rules
import source_rules as rules
from tap import Tap

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "run"))
import count_tests  # noqa: E402

GOOD = '''/* An idea. See https://example.org/a//b */
#include "base/status.h"

int lac_add(int a,
            int b)
{
    const char *s = "// no comment, malloc(3) in a string";
    return a + b + s[0];
}
'''
LONG = "struct s { int a; };\n\nint lac_long(void)\n{\n" + "    f();\n" * 80 + "    return 0;\n}\n"
MESON = "methods = ['ef21']\nmethod_src = files('method.c')\n"
DESCRIPTOR = "const struct lac_method lac_method_ef21 = {0};\n"


def hold(tap, rule, name, good, bad, count=1):
    """good and bad: the arguments of a rule."""
    wrong = ["reported: %s" % fault for fault in rule(*good)]
    found = list(rule(*bad))
    if len(found) != count:
        wrong.append("%d faults found where %d were planted: %s" % (len(found), count, found))
    tap.ok(wrong, name)


def source_faults(tap):
    base, method = "src/common/base/a.c", "src/common/method/a.c"
    hold(tap, rules.line_comments, "a // comment is found, one in a string or address is not", (base, GOOD),
         (base, GOOD + "int a; // why\n"))
    hold(tap, rules.whitespace, "a tab, a trailing blank, a missing newline are found", (base, GOOD),
         (base, GOOD + "\tint a;\nint b; \nint c;"), 3)
    hold(tap, rules.whitespace, "blank lines at the end are found", (base, GOOD), (base, GOOD + "\n"))
    hold(tap, rules.long_functions, "a function of 82 lines is found", (base, LONG.replace("    f();\n", "", 2)),
         (base, LONG))
    named = [name for name, _, _ in rules.functions(GOOD + LONG)]
    tap.ok([] if named == ["lac_add", "lac_long"] else [str(named)], "functions are found by name")
    hold(tap, rules.long_file, "a file of 451 lines is found", (base, "\n" * 450), (base, "\n" * 451))
    hold(tap, rules.allocations, "an allocation is found, one in a string or in an allowed file is not",
         (method, GOOD), (method, GOOD + "void *p = malloc(3);\n"))
    tap.ok(rules.allocations("src/common/base/arena.c", "p = malloc(3);\n"), "the arena may allocate")
    hold(tap, rules.arrows, "an include against the arrows is found", (method, '#include "base/vec.h"\n'),
         (base, '#include "method/method.h"\n'))
    hold(tap, rules.arrows, "server and worker including each other are found",
         ("src/server/a.c", '#include "server/a.h"\n#include "transport/t.h"\n#include <math.h>\n#include "ids.def"\n'),
         ("src/worker/a.c", '#include "server/a.h"\n'))
    hold(tap, rules.arrows, "the server knows the data, nothing else of the worker",
         ("src/server/a.c", '#include "data/data.h"\n'), ("src/server/a.c", '#include "worker/worker.h"\n'))
    hold(tap, rules.arrows, "an include without its folder is found", (base, '#include "base/vec.h"\n'),
         (base, '#include "vec.h"\n'))
    hold(tap, rules.arrows, "a file outside the parts of src/ is found", (base, ""), ("src/new/a.c", ""))
    for header, home in (("mpi.h", "src/common/transport/a.c"), ("hdf5.h", "src/common/store/a.c")):
        hold(tap, rules.confined, "%s elsewhere is found" % header, (home, "#include <%s>\n" % header),
             (base, "#include <%s>\n" % header))
    hold(tap, rules.foreign_paths, "a path outside the project is found", ("a.md", "see docs/home/, and network/work/x\n"),
         ("a.md", "see /home/someone/x and ../shared/data\n"), 2)


def list_faults(tap):
    good = {"src/method/meson.build": MESON, "src/method/ef21.c": DESCRIPTOR, "src/method/method.c": "",
            "src/method/method.def": "LAC_METHOD(ef21)\n", "docs/methods/ef21.md": ""}
    with_file = {**good, "src/method/page.c": "const struct lac_method lac_method_page = {0};\n"}
    with_line = {**good, "src/method/method.def": "LAC_METHOD(ef21)\nLAC_METHOD(page)\n"}
    hold(tap, list_rules.unbuilt, "a C file that is not built is found", (good,), (with_file,))
    hold(tap, list_rules.unlisted, "a method in no list is found", (good,), (with_file,))
    hold(tap, list_rules.unlisted, "a line of the list without a method is found", (good,), (with_line,))
    hold(tap, list_rules.unwritten_pages, "a method without a page is found", (good,), (with_line,))
    definitions = 'LAC_MESSAGE(1, HELLO, UP, "a greeting")\nLAC_MESSAGE(2, SCAN, UP, "facts")\n'
    hold(tap, list_rules.unwritten_messages, "a message without a section is found",
         (definitions, "# Wire\n## 1 HELLO\n## 2 SCAN\n"), (definitions, "# Wire\n## 1 HELLO\nSCAN says more\n"))
    hold(tap, list_rules.unwritten_options, "an option that is not in the manual is found",
         ("  --data FILE\n  --until-loss X\n", ".B \\-\\-data\n.B \\-\\-until\\-loss\n"),
         ("  --data FILE\n  --until-loss X\n", ".B \\-\\-data\n"))
    page = "<!-- begin: laconic list -->\n| topk |\n<!-- end -->\n"
    hold(tap, list_rules.stale_tables, "a table that the program prints no more is found",
         (page, {"list": "| topk |\n"}), (page, {"list": "| topk |\n| randk |\n"}))


def counting_faults(tap):
    def states(*arguments):
        return [state for state, _ in count_tests.parse_program(
            dict(zip(("result", "returncode", "stdout"), arguments)))]

    cases = [
        ("results of one program are counted one by one", ("OK", 0, "ok 1 - a\nok 2 - b # SKIP no data\n1..2\n"),
         ["passed", "skipped"]),
        ("a failure is counted once", ("ERROR", 1, "not ok 1 - a\nok 2\n1..2\n"), ["failed", "passed"]),
        ("a crash after good results is a failure", ("ERROR", -11, "ok 1 - a\n"), ["passed", "failed"]),
        ("a failed exit after good results is a failure", ("ERROR", 1, "ok 1 - a\n1..1\n"), ["passed", "failed"]),
        ("a time-out is a failure", ("TIMEOUT", -9, ""), ["failed"]),
        ("a broken plan is a failure", ("ERROR", 0, "1..3\nok 1\n"), ["passed", "failed"]),
        ("a failure and a crash are two", ("ERROR", -6, "not ok 1 - a\n"), ["failed", "failed"]),
        ("a program that skips everything is one skip", ("SKIP", 0, "1..0 # SKIP no data\n"), ["skipped"]),
        ("a program without TAP is one result", ("OK", 0, "hello\n"), ["passed"]),
    ]
    for name, arguments, expected in cases:
        found = states(*arguments)
        tap.ok([] if found == expected else ["%s, not %s" % (found, expected)], name)
    missing = list(count_tests.parse_log("/nonexistent/log.json"))
    tap.ok([] if [state for state, _ in missing] == ["failed"] else [str(missing)], "a log that is not there is a failure")


def main():
    tap = Tap()
    source_faults(tap)
    list_faults(tap)
    counting_faults(tap)
    tap.done()


main()
