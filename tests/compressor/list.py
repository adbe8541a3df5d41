"""list.py LACONIC: `laconic list compressors` as a table, as JSON and as the table of the documentation."""

import json
import re
import subprocess
import sys

count, failed = 0, 0


def ok(passed, name, why=""):
    global count, failed
    count += 1
    failed += not passed
    print("%sok %d - %s" % ("" if passed else "not ", count, name))
    if not passed and why:
        print("# %s" % why)


def run(*words):
    return subprocess.run([sys.argv[1], "list"] + list(words), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False)


def check_example(name, example):
    faults = []
    unbiased = example["class"] in ("unbiased", "both")
    if (example["omega"] is not None) != unbiased:
        faults.append("omega")
    if not 0 < example["alpha"] <= 1:
        faults.append("alpha")
    if unbiased and abs(example["alpha"] * (1 + example["omega"]) - 1) > 1e-12:
        faults.append("alpha is not 1/(1+omega)")
    if not 0 <= example["information_bits"] <= example["bits"] * (1 + 1e-9) <= example["max_bits"] * (1 + 2e-9):
        faults.append("bound <= bits <= most bits")
    if example["information_bits"] and abs(example["bits"] / example["information_bits"] - example["ratio"]) > 1e-9:
        faults.append("ratio")
    ok(not faults, "%s: the constants of %s agree with each other" % (name, example["text"]), ", ".join(faults))


def main():
    made = run("compressors", "--json", "--dim", "1000", "--clients", "10")
    listed = json.loads(made.stdout)["compressors"]
    for entry in listed:
        keys = {"name", "usage", "part", "summary", "definition", "formulas", "paper", "examples"}
        ok(set(entry) == keys and all(entry[key] for key in keys), "%s has every key" % entry["name"])
        for example in entry["examples"]:
            if "refused" in example:
                ok(False, "%s takes d = 1000, n = 10" % example["text"], example["refused"])
            else:
                check_example(entry["name"], example)
    table = run("compressors").stdout.splitlines()
    wide = [line for line in table if len(line) > 120]
    ok(not wide, "the table is at most 120 columns wide", "; ".join(wide))
    rows = [line.split()[0] for line in table if line.startswith("    ") and line.split()[0] != "class"]
    texts = [example["text"] for entry in listed for example in entry["examples"]]
    ok([text for text in texts if text not in rows] == [], "the table has a row for every example")
    page = run("--markdown").stdout.splitlines()
    ok(len(page) == len(listed) + 2, "the documentation's table has a row for every compressor")
    columns = {line.replace("\\|", "").count("|") for line in page}
    ok(len(columns) == 1, "each of its rows has the same number of cells", str(columns))
    small = run("compressors", "--dim", "1")
    ok(small.returncode == 0 and not re.search(r"(?<![=|])\b(inf|nan)\b", small.stdout), "one dimension is no fault")
    ok(run("--json", "--markdown").returncode == 2, "two forms at once are refused")
    ok("compressors" in run("compresors").stderr, "a kind misspelled is corrected")
    print("1..%d" % count)
    return failed > 0


sys.exit(main())
