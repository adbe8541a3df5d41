"""Bad and odd inputs of odd_inputs.txt, and bytes that no terminal should get.

usage: odd_inputs.py MPIRUN LACONIC TABLE
"""

import os
import shlex
import subprocess
import sys
import tempfile

import calls
from calls import finish, ok

program, table = os.path.abspath(calls.laconic), os.path.abspath(sys.argv[3])

FILES = {
    "s.svm": b"+1 1:1 2:-1\n-1 2:2 3:1\n+1 1:3\n-1 3:1\n+1 2:1\n-1 1:1 3:2\n",
    "esc.svm": b"\x1b[31mred\n", "bom.svm": b"\xef\xbb\xbf+1 1:1\n-1 2:1\n", "nan.svm": b"+1 1:nan\n-1 2:inf\n",
    "big.svm": b"1 1:1e308 2:1e308\n-1 1:1e308\n", "one.svm": b"+1 1:1", "bare.svm": b"+1\n-1\n+1\n-1\n", "empty": b"", "v.txt": b"1\n2\nx\n",
    "bin.conf": b"method = gd\xff\n", "esc.conf": b"a\x1b[2Jb\n", "m.conf": b"method = gd\nmethod = nosuch\n",
    "r.conf": b"rounds\n", "c.conf": b"config = x\n", "q.conf": b"quiet = maybe\n", "nul.conf": b"method = gd\0x\n",
    "g.conf": b"data = s.svm\nregularizer = l9\n", "e.conf": b"rounds = \n",
}


def make_files():
    for name, content in FILES.items():
        open(name, "wb").write(content)
    os.mkdir("dir")
    os.mkfifo("pipe")
    laconic_bytes(["train", "--rounds", "2", "--out", "r.h5", "--quiet"])
    whole = bytearray(open("r.h5", "rb").read())
    open("cut.h5", "wb").write(whole[:5000])
    whole[2000:2004] = b"XXXX"
    open("bad.h5", "wb").write(whole)


def printable(data):
    """UTF-8 without control characters but for the ends of lines."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    return all(c == "\n" or (c >= " " and not "\x7f" <= c <= "\x9f") for c in text)


def laconic_bytes(words, **more):
    return subprocess.run([program] + words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=60, **more)


def state():
    return {entry.name: (entry.stat().st_size, entry.stat().st_mtime_ns) for entry in os.scandir(".")}


def check_table():
    for line in open(table):
        if line.startswith("#"):
            continue
        left, parts = line.rstrip("\n").rsplit(" | ", 1)
        status, words = left.split(" ", 1)
        before = state()
        done = laconic_bytes(shlex.split(words))
        said = done.stderr.decode(errors="replace")
        one = said.startswith("laconic: ") and said.endswith("\n") and said.count("\n") == 1
        good = one and done.returncode == int(status) and all(part in said for part in parts.split("; "))
        ok(good and printable(done.stderr) and state() == before, "refused: " + words,
           "status %d, wanted %s with %s\n%s" % (done.returncode, status, parts, said))


def check_bytes():
    """What a user, a file or another program gives is shown, never as it is."""
    evil = b"a\x1b[31m\n\xff\xc2\x9b2J"
    for words in (["train", "--method", evil], ["train", b"--" + evil], ["train", evil], [evil], ["train", "--data", evil],
                  ["train", "--compressor", evil], ["train", "--x0", evil], ["train", "--track", evil], ["list", evil],
                  ["train", "--out", evil + b"/x.h5"], ["show", evil], ["plot", evil, "-o", "x.svg"], ["train", "--seed", evil],
                  ["train", "--participation", b"nice:" + evil], ["train", "--config", evil], ["help", evil]):
        done = laconic_bytes(words)
        ok(done.returncode in (2, 3) and done.stderr.count(b"\n") == 1 and printable(done.stderr) and b"\\x1b" in done.stderr,
           "bytes are escaped: %r" % words, done.stderr)
    done = laconic_bytes(["list"], env=dict(os.environ, LACONIC_JSON="yes"))
    ok(done.stdout.startswith(b"methods"), "only train reads the environment")
    done = laconic_bytes(["train"], env=dict(os.environb, LACONIC_ROUNDS=evil))
    ok(done.returncode == 2 and printable(done.stderr) and b"LACONIC_ROUNDS" in done.stderr, "also of the environment",
       done.stderr)
    name = b"a\x1b[31m\xff.svm"
    open(name, "wb").write(FILES["s.svm"])
    done = laconic_bytes(["train", "--data", name, "--clients", "2", "--rounds", "2", "--out", "e.h5"])
    ok(done.returncode == 0 and printable(done.stdout) and b"\\x1b" in done.stdout, "the plan escapes the file's name",
       done.stdout)
    for form in ([], ["--config"]):
        done = laconic_bytes(["show", "e.h5"] + form)
        ok(done.returncode == 0 and printable(done.stdout) and b"\\x1b" in done.stdout, "show %s too" % form, done.stdout)
    os.rename("e.h5", name)
    done = laconic_bytes(["show", name])
    ok(done.returncode == 0 and printable(done.stdout), "also that of the run", done.stdout)


def check_good():
    """Odd, and right."""
    for words in ("train --rounds 1 --until-loss -5", "train --rounds 1 --seed=0", "train --quiet=no --rounds 0",
                  "train --data s.svm --clients 6 --rounds 1", "train --x0 uniform:-1e-3 --rounds 1", "show -- r.h5", "list -h",
                  "list compressors --markdown", "help train", "help list", "--version", "train --rounds 1 --max-seconds 0",
                  "train --compressor topk:1e-300% --rounds 1", "train --method gd --wire fp64 --rounds 1",
                  "train --method ef21-sgdm:eta=1e-9 --rounds 1", "train --method page:p=1e-9 --rounds 3"):
        done = laconic_bytes(shlex.split(words))
        ok(done.returncode == 0 and not done.stderr and b"nan" not in done.stdout, "taken: " + words, done.stderr + done.stdout)


with tempfile.TemporaryDirectory() as where:
    os.chdir(where)
    make_files()
    check_table()
    check_bytes()
    check_good()
    os.chdir("/")
finish()
