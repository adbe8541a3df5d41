"""Reads every file of the project and holds it against source_rules.py."""

import source_rules as rules
from tap import Tap
from tree import texts


def main():
    tap = Tap()
    everything = list(texts())
    c_files = [(path, text) for path, text in everything if path.endswith((".c", ".h"))]
    sources = [(path, text) for path, text in everything
               if path.startswith("src/") and path.endswith((".c", ".h", ".def"))]

    def hold(name, rule, files):
        tap.ok([fault for path, text in files for fault in rule(path, text)], name)

    tap.ok([] if sources and c_files else ["no source file found"], "the sources are there")
    hold("comments in C are /* */", rules.line_comments, c_files)
    hold("no tab, no trailing blank, a newline at the end of every text file", rules.whitespace, everything)
    hold("no function is longer than %d lines" % rules.LONGEST_FUNCTION, rules.long_functions, c_files)
    hold("no file is longer than %d lines" % rules.LONGEST_FILE, rules.long_file,
         [(path, text) for path, text in everything if path.endswith((".c", ".h", ".py"))])
    hold("only the files that may allocate do", rules.allocations, sources)
    hold("includes follow the arrows between the parts of src/", rules.arrows, sources)
    hold("MPI and HDF5 stay in the places named for them", rules.confined, sources)
    hold("no file names a path outside the project", rules.foreign_paths, everything)
    for path, text in sources:
        for fault in rules.long_functions(path, text, rules.LONG_FUNCTION):
            print("# to look at: %s" % fault)
    tap.done()


main()
