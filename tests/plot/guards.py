"""What `laconic plot` leaves out, replaces, refuses and says: runs without rows, files of others, empty ranges, keys; the digest that figures have.

usage: guards.py MPIRUN LACONIC CONFIG_DEF
"""

import json
import os
import re
import shutil
import sys
import tempfile

from benches import read, table
from calls import call, finish, laconic, ok, refused, run
import pictures

DRAWS = shutil.which("gnuplot") is not None
PROBLEM = ["--data", "synth:logistic,d=8,m=4", "--clients", "2", "--rounds", "20", "--quiet"]


def plot(*words):
    return call([laconic, "plot"] + list(words))


def train(path, *words):
    done = run(PROBLEM + ["--out", path] + list(words))
    ok(done.returncode == 0, "the run %s" % os.path.basename(path), done.stderr)
    return path


def without_rows(folder):
    where = os.path.join(folder, "mix")
    os.mkdir(where)
    for seed in "12":
        train(os.path.join(where, "good-seed-%s.h5" % seed), "--seed", seed)
    fail = os.path.join(where, "fail-seed-1.h5")
    done = run(["--data", "synth:least-squares,d=8,m=4", "--clients", "2", "--x0", "normal:1e200", "--quiet", "--out", fail])
    ok(done.returncode == 1 and os.path.exists(fail), "a run that fails before its first row", done.stderr)
    data = os.path.join(folder, "mix.csv")
    done = plot(where, "--data", data)
    curves = {row["curve"] for row in table(read(data))} if done.returncode == 0 else set()
    ok(done.returncode == 0 and curves == {"seed 1", "seed 2"}, "is left out of a folder's figure", done.stderr)
    ok(done.stderr.count("\n") == 1 and fail in done.stderr and "diverged" in done.stderr, "and named", done.stderr)
    refused("alone it is refused", plot(fail, "--data", data), 2, fail, "no rows", "diverged")
    ok("yet" not in plot(fail, "--data", data).stderr, "and nothing more is promised")
    record = json.loads(read(fail + ".result.json"))
    record["status"] = "running"
    with open(fail + ".result.json", "w") as file:
        json.dump(record, file)
    refused("while it runs it may have some later", plot(fail, "--data", data), 2, fail, "no rows to draw yet")
    return os.path.join(where, "good-seed-1.h5")


def files(folder, first):
    for name, suffix, more in [("prec.svg", "-o", []), ("prec.pdf", "-o", []), ("prec.png", "-o", []), ("prec.csv", "--data", [])]:
        if suffix == "-o" and not DRAWS:
            continue
        path = os.path.join(folder, name)
        with open(path, "w") as file:
            file.write("my own words about a laconic figure 1\n")
        refused("a text named %s stays" % name, plot(first, suffix, path), 2, path, "--force")
        ok(read(path).startswith("my own words"), "as it was")
        ok(plot(first, suffix, path, "--force").returncode == 0 and b"my own words" not in read(path, "rb"), "unless --force is given")
        ok(plot(first, suffix, path).returncode == 0, "what plot made it replaces")
        open(path, "w").close()
        ok(plot(first, suffix, path).returncode == 0, "and an empty file")
    if DRAWS:
        bare = os.path.join(folder, "bare.svg")
        with open(bare, "w") as file:
            file.write('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>')
        refused("a picture of another program stays", plot(first, "-o", bare), 2, bare, "--force")
    large = os.path.join(folder, "large.csv")
    with open(large, "wb") as file:
        file.truncate(1 << 40)
    refused("of a large file the first bytes are enough", plot(first, "--data", large), 2, large, "--force")
    os.remove(large)
    if DRAWS:
        far = os.path.join(folder, "far.svg")
        for place in (16384 - 17, 16384 - 1, 16384, 100000):  # it is read in blocks
            with open(far, "w") as file:
                file.write("<?xml".ljust(place) + "laconic figure 1")
            ok(plot(first, "-o", far).returncode == 0, "what a picture says is found at byte %d" % place)


def ranges(folder, first):
    data = os.path.join(folder, "range.csv")
    for values in ("5:6", "0.01:0.02"):
        done = plot(first, "--x", "round", "--yrange", values, "--data", data)
        ok(done.returncode == 0 and "warning: plot: no point of loss against round lies within" in done.stderr, "a range above or below all points is said to be empty: %s" % values, done.stderr)
    done = plot(first, "--yrange", "0.1:6", "--data", data)
    ok(done.returncode == 0 and not done.stderr, "one that is not is not", done.stderr)
    refused("labels of another number", plot(first, "--labels", "a|b", "--data", data), 2, "2 labels (parted by '|') for 1 curve;")


def optima(folder):
    """Gaps of the file are to one minimum."""
    data = os.path.join(folder, "gaps.csv")
    two = [train(os.path.join(folder, "to-%s.h5" % value), "--track", "loss_gap", "--optimum", value) for value in ("0", "0.4")]
    refused("gaps to two minima are not drawn as one", plot(*two, "--y", "loss_gap", "--data", data), 2, *two, "--optimum 0 and 0.4")
    done = call([laconic, "compare"] + two + ["--column", "loss_gap", "--to", "0.1"])
    refused("nor compared", done, 2, *two, "--optimum 0 and 0.4")
    ok(plot(*two, "--y", "loss", "--data", data).returncode == 0, "other columns are")
    if DRAWS:
        done = plot(two[1], "--y", "loss_gap", "--x", "round", "--log", "y", "-o", os.path.join(folder, "log.svg"))
        gaps = [float(row["loss_gap"]) for row in table(call([laconic, "show", "--csv", two[1]]).stdout)]
        below = sum(gap <= 0 for gap in gaps)
        ok(0 < below < len(gaps) and "%d of %d points are 0 or less" % (below, len(gaps)) in done.stderr, "what has no logarithm is said to be left out",
           (below, done.stderr))


def keys(folder):
    key, private = os.path.join(folder, "group.key"), os.path.join(folder, "private.h5")
    call([laconic, "keygen", key])
    train(os.path.join(folder, "public.h5"), "--method", "dcgd", "--compressor", "permk", "--step", "0.1", "--seal", key, "--out-private", private)
    for words, command in [(["--data", os.path.join(folder, "k.csv")], "plot"), (["--to", "1"], "compare")]:
        refused("%s names itself where a key is missing" % command, call([laconic, command, private] + words), 5, "laconic %s --key KEYFILE" % command)


def digests(folder, first):
    """Which options a digest covers is that of the page, and show prints it."""
    shown = json.loads(call([laconic, "show", "--json", first]).stdout)
    digest = shown.get("configuration_digest", "")
    ok(re.fullmatch("[0-9a-f]{64}", digest), "show --json has the digest of the configuration", digest)
    if DRAWS:
        picture = os.path.join(folder, "facts.svg")
        plot(first, "-o", picture)
        ok("configuration %s " % digest in pictures.of_svg(read(picture, "rb")), "a figure the same")
    again = train(os.path.join(folder, "again.h5"), "--seed", "1", "--rounds", "7", "--track", "x_norm")
    other = train(os.path.join(folder, "other.h5"), "--seed", "1", "--step", "theory*2")
    of = lambda path: json.loads(call([laconic, "show", "--json", path]).stdout)["configuration_digest"]
    ok(of(again) == digest != of(other), "it is of what bears on the trajectory, and of nothing else")
    page = read(os.path.join(os.path.dirname(sys.argv[3]), "../../../docs/figures.md"))
    named = re.search(r"all options of the sections Problem and Method of `laconic train --help` but ([^.]*?)[,.:;]", page)
    left_out = set(re.findall(r"`--([\w-]+)`", named.group(1))) if named else None
    defined = re.findall(r'^LAC_OPTION\("([^"]*)", "([^"]*)", (?:[^,"]+|"[^"]*"), (?:NULL|"[^"]*"), (\w+),', read(sys.argv[3]), re.MULTILINE)
    covered = {name for _, name, mark in defined if mark == "LAC_TRAJECTORY"}
    ok(left_out is not None and covered == {name for section, name, _ in defined if section in ("Problem", "Method")} - left_out,
       "docs/figures.md names the options that count", (left_out, covered))


with tempfile.TemporaryDirectory() as where:
    good = without_rows(where)
    files(where, good)
    ranges(where, good)
    optima(where)
    keys(where)
    digests(where, good)
finish()
