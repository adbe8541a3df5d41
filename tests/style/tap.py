"""TAP for the checks of style: one line per rule, its faults as comments below it."""

import sys


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = False

    def ok(self, faults, name):
        """faults: an iterable of sentences, empty where the rule holds."""
        faults = list(faults)
        self.count += 1
        self.failed = self.failed or bool(faults)
        print("%sok %d - %s" % ("not " if faults else "", self.count, name))
        for fault in faults:
            print("# %s" % fault)

    def skip(self, name, why):
        self.count += 1
        print("ok %d - %s # SKIP %s" % (self.count, name, why))

    def done(self):
        print("1..%d" % self.count)
        sys.exit(1 if self.failed else 0)
