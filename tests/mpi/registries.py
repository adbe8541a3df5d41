"""What there is to choose from is listed, is in the manual, and is completed by bash.

usage: registries.py MPIRUN LACONIC TOP
"""

import json
import os
import re
import shutil
import sys

from calls import call, finish, laconic, ok

top = sys.argv[3]
listed = json.loads(call([laconic, "list", "--json"]).stdout)
help_of = {command: call([laconic, command, "--help"]).stdout for command in ("train", "list", "show", "plot", "compare", "keygen")}
manual = call([laconic, "help", "--man"]).stdout.replace("\\-", "-")
script = call([laconic, "help", "--completion"]).stdout


def complete(*words):
    """The words that bash offers for the last, as it splits them."""
    split = [part for word in words for part in re.split("([:=])", word) if part or not word]
    text = script + '\nCOMP_WORDS=("$@") COMP_CWORD=$(($# - 1))\n_laconic\nprintf "%s\\n" "${COMPREPLY[@]}"\n'
    return set(call(["bash", "-c", text, "bash", "laconic"] + split).stdout.split())


def definitions(path, macro):
    text = open(os.path.join(top, "src", path)).read()
    return {name.replace("_", "-") for name in re.findall(r"^%s\((?:\w+, )?(\w+)" % macro, text, re.M)}


def registries():
    """Every .def file of names, by what lists it."""
    for kind, path, macro in [("methods", "common/method/method.def", "LAC_METHOD"),
                              ("generators", "common/data/generators.def", "LAC_GENERATOR"),
                              ("splits", "common/data/splits.def", "LAC_SPLIT"),
                              ("objectives", "worker/objective/objective.def", "LAC_OBJECTIVE"),
                              ("regularizers", "worker/objective/objective.def", "LAC_REGULARIZER"),
                              ("compressors", "common/compressor/compressor.def", "LAC_COMPRESSOR"),
                              ("columns", "common/store/tracked.def", "LAC_TRACKED")]:
        wanted = definitions(path, macro)
        names = {entry["name"].replace("_", "-") for entry in listed[kind]}
        ok(wanted and wanted <= names, "`list %s` has what %s has" % (kind, path), wanted - names)


# Where a name of each kind is written on the command line.
places = {"methods": ["--method"], "compressors": ["--compressor", "--compressor-down"], "objectives": ["--objective"],
          "regularizers": ["--regularizer"], "samplings": ["--participation"], "estimators": ["--gradient"],
          "step-policies": ["--step-policy"], "rr-orders": ["--rr-order"], "first-models": ["--x0"], "generators": ["--data", "synth:"], "splits": ["--split"], "columns": ["--y"]}


def kinds():
    ok(set(places) == set(listed), "this test knows all kinds", set(places) ^ set(listed))
    for kind, entries in listed.items():
        names = {entry["name"] for entry in entries if entry["name"] != "FILE"}
        alone = json.loads(call([laconic, "list", kind, "--json"]).stdout)
        ok(list(alone) == [kind] and names, "`list %s` shows them alone" % kind, list(alone))
        ok(kind in help_of["list"].split() and kind in manual.split(), "%s: in the help of list and in the manual" % kind)
        ok(complete("list", "") >= {kind} and complete("list", kind[:4]) >= {kind}, "%s: completed as a word of list" % kind,
           complete("list", ""))
        command = "plot" if kind == "columns" else "train"
        for option in ["--compressor", "--compressor-down"] if kind == "compressors" else places[kind][:1]:
            front = places[kind][1] if kind == "generators" else ""
            found = complete(command, option, front)
            ok(found == names, "%s: completed behind %s %s" % (kind, option, front), found ^ names)
            one = sorted(names)[0]
            ok(one in complete(command, option, front + one[:2]), "and from its first letters", one)
        ok(one in complete(command, option + "=" + front + one[:2]), "and behind '='", one)


def named():
    """A refusal of a name tells the others, or which list has them."""
    for kind in ["samplings", "estimators", "step-policies", "rr-orders"]:
        told = call([laconic, "train", places[kind][0], "zzz"]).stderr
        ok("laconic list %s'" % kind in told or all(entry["usage"] in told for entry in listed[kind]),
           "%s: a refusal tells those of the list, or the list" % kind, told)


def options():
    for command, text in help_of.items():
        names = set(re.findall(r"^  (--[a-z0-9-]+)", text, re.M))
        offered = complete(command, "--")
        ok(names and offered == names | {"--help"}, "%s: the options of --help are those that are completed" % command,
           offered ^ names)
        ok(all(".B " + name in manual for name in names), "%s: and those of the manual" % command)
    ok(complete("train", "--track", "x_norm,loss_") == {"x_norm,loss_gap"}, "--track completes the last of several names",
       complete("train", "--track", "x_norm,loss_"))
    ok("round" not in complete("train", "--track", ""), "and no column that is always there")
    names = {name[2:] for name in re.findall(r"^  (--[a-z0-9-]+)", help_of["train"], re.M)}
    for words, wanted in ((("plot", "--x", "bits_up,grad_"), {"bits_up,grad_norm_sq", "bits_up,grad_norm_sq_min", "bits_up,grad_client_mean_sq"}), (("plot", "--x", "roun"), {"round"}),
                          (("compare", "--format", ""), {"text", "markdown", "latex", "csv"}), (("plot", "--size", ""), {"screen", "one-column", "two-column"}),
                          (("plot", "--band", ""), {"quartiles", "range", "none"}), (("plot", "--log", "x"), {"x", "xy"}), (("tune", "--column", "loss_"), {"loss_gap"}),
                          (("plot", "--group", ""), names), (("compare", "--group", "seed,roun"), {"seed,rounds"}), (("plot", "--group", "all-but-roun"), {"all-but-rounds"}),
                          (("train", "--on-lost-client", ""), {"stop", "wait", "drop"}), (("train", "--topology", "r"), {"ring"})):
        ok(complete(*words) == wanted, "completed: %s" % " ".join(words), complete(*words) ^ wanted)
    zsh = call([laconic, "help", "--completion-zsh"]).stdout
    for option, said in (("format", "(text markdown latex csv)"), ("size", "(screen one-column two-column)"), ("x", "_values -s , column round loss "),
                         ("group", "_values -s , option data "), ("track", "_values -s , column "), ("column", "(round loss "), ("solution", "_files")):
        ok(re.search(r"'--%s=\[[^\]]*\]:[^:]*:%s" % (option, re.escape(said)), zsh), "and by zsh: --%s" % option, [line for line in zsh.splitlines() if "--%s=" % option in line])
    ok(complete("") >= {"train", "list", "show", "plot", "compare", "keygen", "help"}, "the commands are completed")
    ok(complete("show", "run.h5") == set(), "words that are files are left to bash")


if not shutil.which("bash"):
    print("1..0 # SKIP no bash")
    sys.exit(0)
registries()
kinds()
named()
options()
finish()
