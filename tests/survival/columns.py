"""A run that goes on measures its columns against the same as before: what --optimum, --solution, --test and --network say, and the files that they name.

usage: columns.py MPIRUN LACONIC
"""

import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../mpi"))
from calls import call, finish, laconic, ok, refused, run, summary  # noqa: E402
from place import BASE, Folder  # noqa: E402


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    return path


def column(path, name):
    lines = [line.split(",") for line in call([laconic, "show", "--csv", path]).stdout.splitlines()]
    return [float(line[lines[0].index(name)]) for line in lines[1:]]


class Column:
    """A run whose rows have one column on request more."""

    def __init__(self, f, name, *words):
        self.f, self.name = f, name
        self.words = BASE + ["--track", name] + list(words)
        done = f.fresh(self.words)
        self.files, self.values = f.files(), column(f.out, name) if done.returncode == 0 else done.stderr

    def more(self, words):
        """The same run of more rounds; a word given twice counts as it was given last."""
        at = self.words.index("--rounds") + 1
        given = self.words[:at] + ["14"] + self.words[at + 1:]
        for option, value in zip(words[::2], words[1::2]):
            given[given.index(option) + 1] = value
        return given

    def other(self, what, words, *says):
        """Refused, with a run file and without, and nothing is touched."""
        given = self.more(words)
        for ranks, out in ((0, True), (3, False)):
            refused("%s, %s: refused on %d ranks" % (self.name, what, ranks), self.f.resume(given, ranks, out=out), 2, "--resume: ", self.f.keep, *says)
        for command, flag in (("train", ["--dry-run"]), ("check", [])):
            done = run(given + ["--resume", self.f.keep, "--out", self.f.out] + flag, command=command)
            ok(done.returncode == 2 and says[0] in done.stdout + done.stderr, "and by %s" % " ".join([command] + flag), done.stdout + done.stderr)
        ok(self.f.files() == self.files and column(self.f.out, self.name) == self.values, "and its checkpoints and rows stay")

    def same(self, what, words, ranks=0):
        done = self.f.resume(self.more(words), ranks)
        values = column(self.f.out, self.name)
        whole = self.f.path("whole.h5")
        run(self.more(words) + ["--out", whole, "--force"])
        ok(done.returncode == 0 and len(values) == 15 and values == column(whole, self.name), "%s goes on with %s, to the rows of a run that nothing interrupted" % (self.name, what),
           "%s\n%s\n%s" % (done.stderr, values, column(whole, self.name)))


def optimum(f):
    c = Column(f, "loss_gap", "--optimum", "0.25")
    c.other("another f*", ["--optimum", "0.4"], "--optimum", "f* is 0.4", "it is 0.25 in", "give --optimum 0.25")
    c.same("the same f*, written otherwise", ["--optimum", "2.5e-1"], 3)
    c = Column(f, "personal_gap", "--optimum", "0.25", "--method", "l2gd", "--compressor", "identity", "--p", "0.5", "--step", "0.01")
    c.other("another F*", ["--optimum", "0.4"], "--optimum", "F* is 0.4", "it is 0.25 in")


def numbers(of):
    return "".join("%g\n" % of(j) for j in range(12))


def solution(f):
    file = write(f.path("x"), numbers(lambda j: 0.1 * j))
    for name, says in (("distance_sq", "--solution is another x*"), ("loss_gap", "with --solution f* is ")):
        write(file, numbers(lambda j: 0.1 * j))
        c = Column(f, name, "--solution", file)
        c.other("another file", ["--solution", write(f.path("y"), numbers(lambda j: 0.2 * j))], says)
        write(file, numbers(lambda j: 0.1 * j + (j == 7)))
        c.other("another number in the file", [], says)
        c.same("the same numbers in another file", ["--solution", write(f.path("z"), numbers(lambda j: 0.1 * j))])


def lost_at_once(f):
    """f* at --solution is of all clients, also of those that are in no row."""
    lost = "full:lost=0@1/0+4@3/2"
    c = Column(f, "loss_gap", "--participation", lost, "--solution", write(f.path("x"), numbers(lambda j: 0.1 * j)))
    again = f.path("again.h5")
    done = run(c.words + ["--participation", "trace:" + f.out, "--out", again])
    ok(done.returncode == 0 and column(again, c.name) == c.values and len(c.values) == 11, "of clients that no row has: trace:RUN gives the same rows", done.stderr)
    c.same("clients that no row has", ["--participation", lost], 3)


def solved(f):
    """`laconic solve` again, to another x* and f*."""
    optima = f.path("optima")
    problem = BASE[:4]
    call([laconic, "solve"] + problem + ["--regularizer", "l2:0.1", "--tolerance", "1e-3", "--optima", optima])
    more = ["--regularizer", "l2:0.1", "--optima", optima]
    c = Column(f, "loss_gap", "--optimum", "solved", *more)
    then = summary(os.path.join(optima, os.listdir(optima)[0]))["final"]["loss"]
    d = Folder(f.path("d"))
    os.mkdir(d.folder)
    other = Column(d, "distance_sq", "--solution", "solved", *more)
    again = call([laconic, "solve", "--force"] + problem + ["--regularizer", "l2:0.1", "--tolerance", "1e-9", "--optima", optima])
    now = summary(os.path.join(optima, os.listdir(optima)[0]))["final"]["loss"]
    ok(now < then, "solved again it is a bit less", "%s %s\n%s" % (then, now, again.stderr))
    c.other("solved again in between", [], "with --optimum f* is %.17g" % now, "give --optimum %.17g" % then)
    c.same("the f* of then", ["--optimum", "%.17g" % then])
    other.other("solved again in between", [], "--solution is another x*")


def rows(shift):
    return "".join("%d %d:%g %d:%g\n" % (1 - 2 * (r % 2), r % 5 + 1, r + shift, r % 5 + 7, 0.5) for r in range(11))


def test(f):
    file = write(f.path("test.svm"), rows(0))
    c = Column(f, "test_loss", "--test", file)
    c.other("another file", ["--test", write(f.path("other.svm"), rows(1))], "--test has other rows")
    write(file, rows(0).replace("0.5", "0.25"))
    c.other("other values in the file", [], "--test has other rows")
    write(file, rows(0).replace("-1 ", "1 ", 1))
    c.other("another label in the file", [], "--test has other rows")
    c.same("the same rows elsewhere", ["--test", write(f.path("same.svm"), rows(0))], 2)


def network(f):
    c = Column(f, "network_seconds", "--network", "up=1Mbit,latency=5ms")
    for links in ("up=2Mbit,latency=5ms", "up=1Mbit,latency=6ms", "up=1Mbit,latency=5ms,server=1Gbit", "up=1Mbit,latency=5ms,down=1Mbit"):
        c.other(links, ["--network", links], "--network has other links")
    c.same("the same links, written otherwise", ["--network", "latency=0.005s,up=1000kbit"], 3)
    links = write(f.path("links"), "\nup=2Mbit\n\n\n\n\n")
    c = Column(f, "network_seconds", "--network", "up=1Mbit,clients=" + links)
    write(links, "\n\nup=2Mbit\n\n\n\n")
    c.other("another line in the clients' file", [], "--network has other links")
    c.same("the same lines elsewhere", ["--network", "up=1Mbit,clients=" + write(f.path("lines"), "up=1Mbit\nup=2Mbit\n\n\n\n\n")])


with tempfile.TemporaryDirectory() as place:
    for part in (optimum, solution, lost_at_once, solved, test, network):
        at = os.path.join(place, part.__name__)
        os.mkdir(at)
        part(Folder(at))
finish()
