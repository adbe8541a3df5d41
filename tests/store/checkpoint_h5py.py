"""h5py reads a checkpoint as docs/checkpoints.md says. Arguments: the program write_checkpoint, docs/checkpoints.md."""

import json
import os
import re
import subprocess
import sys
import tempfile

try:
    import h5py
except ImportError:
    print("1..0 # SKIP h5py is not installed for %s" % sys.executable)
    sys.exit(0)

ROUND, CLIENTS, DIM = 12, 5, 7
count = 0
failures = 0


def ok(condition, name):
    global count, failures
    count += 1
    failures += not condition
    print("%sok %d - %s" % ("" if condition else "not ", count, name))


def g(client):
    """state_of of checkpoint_test.h."""
    return [(1000 * client + j) / 7.0 + ROUND for j in range(DIM)]


def blocks(page):
    """The indented blocks of Python of a page, each as one text."""
    found = re.findall(r"(?:^    .*\n)+", page, re.MULTILINE)
    return [re.sub("^    ", "", block, flags=re.MULTILINE) for block in found if "import " in block]


def look(folder, page):
    program, digests = blocks(page)
    printed = subprocess.run([sys.executable, "-B", "-c", program], cwd=folder, check=True, capture_output=True, text=True)
    values = [float(word) for word in re.findall(r"[-+.e\d]+", printed.stdout)]
    wanted = [value for client in range(CLIENTS) for value in g(client)]
    ok(len(values) == len(wanted) and all(abs(a - b) < 1e-6 * abs(b) for a, b in zip(values, wanted)),
       "the two lines of the page print the clients' values")
    scope = {}
    exec(digests, scope)  # pylint: disable=exec-used
    with open(os.path.join(folder, "MANIFEST.json"), "rb") as opened:
        text = opened.read()
    manifest = json.loads(text)
    ok(len(manifest["files"]) == 2, "the manifest is JSON")
    for file in manifest["files"]:
        with open(os.path.join(folder, file["name"]), "rb") as opened:
            content = opened.read()
        ok(len(content) == file["bytes"] and scope["digest"](content) == file["digest"],
           "the digest of %s is what the page says" % file["name"])
    before, tail = text[:text.rindex(b",")], text[text.rindex(b","):]
    ok(scope["blake"](before).hex() == manifest["blake2b"] and
       tail == b',\n  "blake2b": "%s"\n}\n' % manifest["blake2b"].encode(), "and so is the manifest's own")


def check_index(folder):
    with h5py.File(os.path.join(folder, "index.h5"), "r") as index:
        ok(sorted(index) == ["clients", "rank", "server"] and sorted(index["clients"]) == ["draws", "g", "h", "turn"],
           "the index has all groups and parts")
        ok([list(row) for row in index["clients/g"][:]] == [g(client) for client in range(CLIENTS)],
           "its rows are the clients, whatever file they are in")
        ok(list(index["clients/draws"][:, 0]) == [2**64 - 1 - client - ROUND for client in range(CLIENTS)],
           "counters are whole")
        ok(index["clients/turn"].dtype == "<u4" and index["clients/turn"].shape == (CLIENTS, 3), "integers have 32 bits")
        ok(list(index["rank/rounds"][0]) == [ROUND] and index["server/h"][0, 0] == -ROUND, "links lead to the other groups")
    with h5py.File(os.path.join(folder, "rank-0001.h5"), "r") as opened:
        ok(opened.attrs["laconic_checkpoint"] == 3 and opened.attrs["sealed"] == 0 and
           opened["clients"].attrs["first"] == 3 and opened["clients"].attrs["items"] == 2, "attributes say what a file has")


def main():
    with open(sys.argv[2], encoding="utf-8") as opened:
        page = opened.read()
    with tempfile.TemporaryDirectory() as top:
        subprocess.run([sys.argv[1], top], check=True)
        folder = os.path.join(top, "moved")
        os.rename(os.path.join(top, "kept", "round-000000012"), folder)
        look(folder, page)
        check_index(folder)
    print("1..%d" % count)
    return failures > 0


sys.exit(main())
