"""What sealing costs: bytes of a real run, rounds in shared memory, rounds over links of 1 Gbit/s and of 100 Mbit/s.

Configurations of one job take turns, block by block (bench/sides.c); a row is the median over the blocks with its 10 %
and 90 % percentiles, a ratio the median of those within the blocks. Simulated hosts (tests/lab/hosts) need root.

usage: seal.py LACONIC BENCH_SIDES BENCH_CKKS MPIRUN [--only bytes|shared|gigabit|topologies|overlap]... [--blocks N] [--tiny]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

HOSTS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests", "lab", "hosts")
HEADER = 32
PUBLISHED = (192, 9600)  # bytes up and down of a client and round at d = 1000, n = 50 (arXiv:2312.02074)
PROBLEM = "--data synth:%s,d=%d,m=%d --clients %d --step 1e-9 --eval-every 0 --rounds %d"
PERMK = " --method dcgd --compressor permk"
SEALED = PERMK + " --seal KEY --client-timeout 120"
SHARED = dict(d=1000000, clients=8, rounds=30)
GIGABIT = dict(d=1000000, clients=8, rounds=10)
TOPOLOGIES = dict(d=200000, clients=4, rounds=12)
OVERLAP = [dict(d=200000, clients=4, rounds=8, m=200, data="logistic"),
           dict(d=50000, clients=4, rounds=8, m=1500, data="logistic")]  # a product with the rows costs as much as sending
TINY = dict(d=600, clients=2, rounds=4)  # --tiny: nothing is measured, all of it runs


def configuration(size, rest, key):
    return PROBLEM % (size.get("data", "least-squares"), size["d"], size.get("m", 1), size["clients"], size["rounds"]) + rest.replace("KEY", key)


def spread(values):
    values = sorted(values)
    return statistics.median(values), values[len(values) // 10], values[-1 - len(values) // 10]


def load():
    return "load of the machine %.1f" % os.getloadavg()[0]


def run(command, seconds):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, timeout=seconds)
    if done.returncode:
        sys.exit("%s failed:\n%s" % (command[0], done.stderr))
    return done.stdout


def take_turns(launcher, program, blocks, sides):
    """{side: (seconds of each block, bytes up, bytes down)}"""
    words = ["%s=%s" % side for side in sides]
    result = {}
    for line in run(launcher + [program, str(blocks)] + words, 300 * blocks).splitlines():
        _, name, seconds, up, down, _ = line.split()
        times, _, _ = result.get(name, ([], 0, 0))
        result[name] = (times + [float(seconds)], float(up), float(down))
    for name, _ in sides:
        if len(result.get(name, [[]])[0]) != blocks:
            sys.exit("seal.py: side %s has not %d blocks" % (name, blocks))
    return result


def title(text):
    print("\n%s; %s\n%-44s %9s %9s %9s" % (text, load(), "", "median", "10 %", "90 %"))


def row(name, values, unit, rest=""):
    print("%-44s %9.3f %9.3f %9.3f %-6s %s" % ((name,) + spread(values) + (unit, rest)))
    sys.stdout.flush()


def verdict(ratio, demand):
    return "<= %.2f: %s" % (demand, "met" if ratio <= demand else "MISSED")


def milliseconds(side):
    return [1e3 * seconds for seconds in side[0]]


class Bench:
    def __init__(self, arguments, folder):
        self.laconic, self.sides, self.ckks, self.mpirun = (
            os.path.abspath(path) for path in (arguments.laconic, arguments.sides, arguments.ckks, arguments.mpirun))
        self.blocks = arguments.blocks
        self.tiny = arguments.tiny
        self.folder = folder
        self.key = self.new_key(folder)

    def size(self, usual):
        return dict(usual, m=min(usual.get("m", 1), 5), **TINY) if self.tiny else usual

    def new_key(self, folder):
        path = os.path.join(folder, "group.key")
        run([self.laconic, "keygen", path], 60)
        return path

    def bytes(self):
        """From the ledger of a real run on six ranks; CKKS computed."""
        d, n, rounds = 1000, 50, 5
        out = os.path.join(self.folder, "public.h5")
        run([self.mpirun, "-n", "6", self.laconic, "train", "--quiet", "--out", out]
            + configuration(dict(d=d, clients=n, rounds=rounds), SEALED, self.key).split(), 300)
        bits = json.loads(run([self.laconic, "show", "--json", out], 60))["bits"]
        up, down = (bits[way]["total"] / 8 / rounds / n for way in ("up", "down"))
        print("\nBytes of a client and a round, d = %d, n = %d, headers of %d bytes apart" % (d, n, HEADER))
        print("%-44s %9s %9s" % ("", "up", "down"))
        print("%-44s %9.0f %9.0f" % ("sealed, from the ledger of a run on 6 ranks", up - HEADER, down - n * HEADER))
        print("%-44s %9d %9d" % (("PermK as published",) + PUBLISHED))
        for line in run([self.ckks], 60).split("\n\n")[1].splitlines():  # its first table has this d and n
            if "CKKS" in line:
                name, up, down = line[:50].strip(), line.split()[-4], line.split()[-3]
                print("%-44s %9s %9s" % (name.replace(" (2)", "") + ", computed", up, down))

    def shared(self):
        size = self.size(SHARED)
        sealed = configuration(size, SEALED, self.key)
        found = take_turns([self.mpirun, "-n", str(size["clients"] + 1)], self.sides, self.blocks, [
            ("sealed", sealed), ("bare", "bare " + sealed), ("libsodium", "cipher %d" % (8 * size["d"])),
            ("open", configuration(size, PERMK, self.key))])
        times = [found[name][0] for name in ("sealed", "bare", "libsodium")]
        beside = [sealed / (plain + 1.15 * cipher) for sealed, plain, cipher in zip(*times)]
        more = [(sealed - plain) / cipher for sealed, plain, cipher in zip(*times)]
        title("A round in shared memory, d = %(d)d, %(clients)d ranks of one client and the server" % size)
        row("sealed", milliseconds(found["sealed"]), "ms")
        row("bare: forwarded, not sealed", milliseconds(found["bare"]), "ms")
        row("libsodium alone, all ranks at once", milliseconds(found["libsodium"]), "ms")
        row("the ordinary run: server adds, model goes down", milliseconds(found["open"]), "ms")
        row("sealed / (bare + 1.15 libsodium)", beside, "", verdict(spread(beside)[0], 1.0))
        row("(sealed - bare) / libsodium", more, "")

    def over_hosts(self, rate, burst, size, sides):
        hosts = size["clients"] + 1
        with tempfile.TemporaryDirectory() as folder:
            try:
                run([HOSTS, "up", folder, str(hosts), rate, burst], 120)
                key = self.new_key(folder)
                return take_turns([HOSTS, "mpirun", folder, str(hosts)], self.sides, self.blocks,
                                  [(name, kind + configuration(size, rest, key)) for name, kind, rest in sides])
            finally:
                run([HOSTS, "down", folder], 60)

    def gigabit(self):
        size = self.size(GIGABIT)
        found = self.over_hosts("1gbit", "256kb", size, [("sealed", "", SEALED), ("bare", "bare ", SEALED), ("open", "", PERMK)])
        title("A round over links of 1 Gbit/s, d = %(d)d, %(clients)d hosts of one client and the server's" % size)
        row("sealed", milliseconds(found["sealed"]), "ms")
        row("bare: forwarded, not sealed", milliseconds(found["bare"]), "ms")
        row("the ordinary run: server adds, model goes down", milliseconds(found["open"]), "ms")
        for name, other in (("bare", "bare"), ("ordinary", "open")):
            ratio = [sealed / unsealed for sealed, unsealed in zip(found["sealed"][0], found[other][0])]
            row("sealed / " + name, ratio, "", verdict(spread(ratio)[0], 1.1))

    def against_gd(self, size, sides):
        found = self.over_hosts("100mbit", "64kb", size, sides)
        title("A round over links of 100 Mbit/s, d = %d, %d rows, %d hosts of one client and the server's" % (
            size["d"], size.get("m", 1), size["clients"]))
        for name, _, _ in sides:
            faster = [plain / sealed for plain, sealed in zip(found["gd"][0], found[name][0])]
            seconds, up, down = found[name]
            row(name, milliseconds((seconds,)), "ms", "%.2f rounds/s, %.0f bytes up, %.0f down, %.2f times gd" % (
                1 / spread(seconds)[0], up, down, spread(faster)[0]))

    def overlap(self):
        kinds = [(name + more, "", SEALED + " --topology " + name + option) for name in ("star", "ring", "allgather")
                 for more, option in (("", ""), ("-overlap", " --overlap"))]
        for size in OVERLAP:
            self.against_gd(self.size(size), [("gd", "", " --method gd"), ("permk", "", PERMK)] + kinds)

    def topologies(self):
        sides = [("gd", "", " --method gd")] + [(name, "", SEALED + " --topology " + name) for name in
                                                ("star", "ring", "allgather")]
        self.against_gd(self.size(TOPOLOGIES), sides)


def main():
    parser = argparse.ArgumentParser()
    for name in ("laconic", "sides", "ckks", "mpirun"):
        parser.add_argument(name)
    parts = ("bytes", "shared", "gigabit", "topologies", "overlap")
    parser.add_argument("--only", action="append", choices=parts)
    parser.add_argument("--blocks", type=int, default=9)
    parser.add_argument("--tiny", action="store_true", help="sizes that only show that each part runs")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(arguments, folder)
        for part in arguments.only or parts:
            if part in ("gigabit", "topologies", "overlap") and os.geteuid() != 0:
                print("%s left out: simulated hosts need root" % part)
                continue
            getattr(bench, part)()


main()
