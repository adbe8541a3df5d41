"""What a sealed run refuses: with which status, in one sentence, and within seconds, also where ranks do not fit each other.

usage: sealed_options.py MPIRUN LACONIC
"""

import json
import os
import sys
import tempfile
import time

from calls import call, finish, laconic, messages, mpirun, ok, rows, run

SECONDS = 25  # less than --client-timeout: what is refused waits for nobody
BASE = ["--data", "synth:least-squares,d=20,m=6", "--clients", "6", "--method", "dcgd", "--compressor", "permk", "--rounds", "3",
        "--client-timeout", "30"]
SERVER = ["--role", "server", "--clients", "6", "--rounds", "3"]


def with_option(words, name, *value):
    """words, with another value of an option, or with it behind them; without value: without it."""
    at = words.index(name) if name in words else len(words)
    return words[:at] + ([name] + list(value) if value else []) + words[at + 2:]


# said to those who started clients by a command of their own, and may not see what rank 0 says
GAVE_UP = "rank 0 stopped before the session was open"


def refused(name, status, wanted, arguments, ranks=0):
    """One sentence, which a second rank may repeat on a busy machine before the first has ended the job; `wanted`: its words."""
    began = time.monotonic()
    done = run(arguments, ranks)
    took, lines = time.monotonic() - began, [line for line in messages(done) if not line.endswith(GAVE_UP)]
    told = lines and all(word in line for line in lines for word in wanted) and len(lines) < max(2, ranks or len(arguments))
    good = done.returncode == status and told and took < SECONDS
    ok(good, name, "status %d after %.1f s, wanted %d with %s\n%s" % (done.returncode, took, status, wanted, done.stderr))


def mixed(*clients, server=None):
    """MPMD: a server, and ranks of clients, each with its own words."""
    return [(1, server or SERVER)] + [(1, ["--role", "client"] + words) for words in clients]


class Keys:
    def __init__(self, folder):
        self.folder = folder
        self.group, self.other = self.make("group.key"), self.make("other.key")
        self.sites = [self.make("site-%d.key" % rank, "--identity", "--name", "site-%d" % rank) for rank in (1, 2, 3)]

    def path(self, name):
        return os.path.join(self.folder, name)

    def make(self, name, option=None, *more):
        done = run(([option] if option else []) + [self.path(name)] + list(more), command="keygen")
        if option:
            with open(self.path(name + ".line"), "w") as file:
                file.write(done.stdout)
        return self.path(name)

    def roster(self, name, order):
        with open(self.path(name), "w") as file:
            file.write("".join(open(self.path("site-%d.key.line" % rank)).read() for rank in order))
        return self.path(name)


def what_is_sealed(key):
    sealed = BASE + ["--seal", key]
    methods = json.loads(call([laconic, "list", "methods", "--json"]).stdout)["methods"]
    for method in methods:
        words = with_option(sealed, "--method", method["name"])
        if method["sealed"] == "with permk":
            for rule in [*method["step_rules"], "0.01"]:
                more = ["--gradient", "uniform:2"] if method["name"] == "qsgd" or rule == "theory-rows" else []
                done = run(words + ["--step", rule] + more)
                ok(done.returncode == 0, "%s is sealed with the step %s" % (method["name"], rule), done.stderr)
        else:
            refused("--seal: the server of %s adds" % method["name"], 2, ["--seal: the server of %s adds up" % method["name"], "dcgd, qsgd and diana"],
                    with_option(words, "--compressor") + ["--step", "0.01"])
    ok({method["name"] for method in methods if method["sealed"] != "no"} == {"dcgd", "qsgd", "diana"}, "and `list` says which are", methods)
    for compressor in ["randk:20%", "identity", "bernoulli:p=0.5", "natural", "randseqk:20%"]:
        refused("--seal: with %s clients send the same coordinates" % compressor, 2,
                ["--seal: ", "--compressor " + compressor, "would have to add", "permk"], with_option(sealed, "--compressor", compressor))
    for compressor in ["permk+qsgd:levels=4", "permk+natural:coding=entropy"]:
        refused("--seal: lengths of %s depend on the data" % compressor, 2, ["--seal: ", compressor, "depends on the data"],
                with_option(sealed, "--compressor", compressor))
    for compressor in ["permk", "permk+natural", "permk+fp32"]:
        done = run(with_option(sealed, "--compressor", compressor))
        ok(done.returncode == 0, "and of %s they do not" % compressor, done.stderr)
    refused("--data -", 2, ["--data -", "must not"], with_option(sealed, "--data", "-"))
    diana = with_option(sealed, "--method", "diana")
    refused("--init exact", 2, ["--init", "starts from zero"], diana + ["--init", "exact"])
    done = run(diana)
    ok(done.returncode == 0, "and diana from zero is sealed", done.stderr)


def rows_of_a_file(key, folder):
    sealed = BASE + ["--seal", key]
    text = os.path.join(folder, "rows.txt")
    with open(text, "w") as file:
        file.write(rows())
    done = run(with_option(sealed, "--data", text), 4)
    ok(done.returncode == 0, "rows of a file are no reason to refuse", done.stderr)


def rows_elsewhere(key, folder):
    """Rank 1 has no file by which to judge the others' facts of 100,000 rows, far longer than it takes for possible: it is its own failure that it tells."""
    here, there = (os.path.join(folder, name) for name in ("here", "there"))
    os.mkdir(here)
    os.mkdir(there)
    with open(os.path.join(there, "rows"), "w") as file:
        file.writelines("%d 1:%d\n" % (1 if i % 3 else -1, i % 7) for i in range(100000))
    words = [laconic, "train"] + with_option(BASE, "--data", "rows") + ["--split", "sorted", "--seal", key]
    began = time.monotonic()
    done = call([mpirun, "-n", "2", "-wdir", here] + words + [":", "-n", "2", "-wdir", there] + words)
    ok(done.returncode == 2 and "--data: rows: No such file" in messages(done)[0] and time.monotonic() - began < SECONDS, "a file that rank 1 alone has not",
       "%d\n%s" % (done.returncode, done.stderr))


def unsealed():
    for option, value in [("--roster", "r"), ("--cipher", "aes256gcm"), ("--rekey-every", "3"), ("--topology", "ring"), ("--out-private", "p.h5"),
                          ("--private-plain", None)]:
        plain = with_option(BASE, "--client-timeout") + [option] + ([value] if value else [])
        refused("%s without --seal" % option, 2, [option + ": ", "--seal KEYFILE"] if option != "--roster" else [option, "--identity"], plain)


def values(key, folder):
    sealed = BASE + ["--seal", key]
    for words, wanted in [
        (["--topology", "tree"], ["--topology", "star, ring, allgather"]), (["--cipher", "des"], ["--cipher", "des"]),
        (["--role", "boss"], ["--role", "neither server nor client"]), (["--client-timeout", "0"], ["--client-timeout", "0"]),
        (["--client-timeout", "-1"], ["--client-timeout"]), (["--rekey-every", "x"], ["--rekey-every"]),
        (["--private-plain"], ["--private-plain", "--out-private"]), (["--identity", key, "--roster", key], ["--seal and --identity"]),
        (["--out", os.path.join(folder, "a"), "--out-private", os.path.join(folder, "a")], ["--out-private", "same file"]),
    ]:
        name = " ".join(words).replace(folder, "DIR")
        given = (with_option(sealed, words[0]) if words[0] in sealed else sealed) + words
        refused("refused: " + name, 2, wanted, given)
        refused("and over MPI: " + name, 2, wanted, given, 3)
    unkeyed = BASE + ["--identity", key]
    refused("--identity without --roster", 2, ["--identity and --roster"], unkeyed)
    refused("and over MPI", 2, ["--identity and --roster"], unkeyed, 3)
    refused("--identity with a private file that nobody could open", 2, ["--out-private", "--private-plain"],
            unkeyed + ["--roster", key, "--out-private", os.path.join(folder, "b")])


def roles(key):
    client, sealed = BASE + ["--seal", key], BASE + ["--seal", key]
    refused("--role client solo", 2, ["--role", "one process"], sealed + ["--role", "client"])
    refused("--role server solo", 2, ["--role", "one process"], SERVER)
    refused("--role client on rank 0", 2, ["--role", "rank 0"], [(1, ["--role", "client"] + sealed), (2, ["--role", "client"] + sealed)])
    refused("--role server on rank 2", 2, ["--role", "this is rank 2"], [(2, sealed), (1, SERVER)])
    for words in (["--seal", key], ["--identity", key], ["--data-local", key], ["--out-private", "p.h5"]):
        refused("--role server with " + words[0], 2, [words[0], "opens neither data nor keys"], mixed(client, client, server=SERVER + words))
    for option, words in (("--checkpoint", ["--checkpoint", "kept", "--keep", "2"]), ("--keep", ["--resume", "kept", "--keep", "2"]),
                          ("--checkpoint-every", ["--resume", "kept", "--checkpoint-every", "2"])):
        refused("--role server with " + " ".join(words), 2, [option, "clients keep checkpoints", "--role client"], mixed(client, client, server=SERVER + words))
    refused("--role client without a key", 2, ["--role", "--seal KEYFILE"], mixed(client, BASE))


def key_files(keys):
    sealed = BASE + ["--seal"]
    readable, garbled = keys.make("readable.key"), keys.path("garbled.key")
    os.chmod(readable, 0o644)
    with open(os.open(garbled, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write("no key\n")
    for name, path, status, wanted in [
        ("that others can read", readable, 5, ["--seal", "readable.key", "chmod 600"]), ("that is none", garbled, 5, ["--seal", "garbled.key"]),
        ("that is an identity", keys.sites[0], 5, ["--seal", "site-1.key"]), ("that is not there", keys.path("none.key"), 3, ["--seal", "none.key"]),
    ]:
        refused("a key file " + name, status, wanted, sealed + [path])
        refused("and on one rank of three", status, wanted, mixed(sealed + [keys.group], sealed + [path], sealed + [keys.group]))


def other_ranks(keys):
    """MPMD: one rank has something else than the others."""
    same = BASE + ["--seal", keys.group]
    for rank in (0, 2):
        clients = [same] * 3
        clients[rank] = with_option(same, "--seal", keys.other)
        refused("the key of another group on rank %d names a client" % (rank + 1), 5, ["client ", "another group key"], mixed(*clients))
    for option, value, wanted in [
        ("--seed", "7", ["other options"]), ("--step", "0.1", ["other options"]), ("--rounds", "4", ["--rounds", "was started with 4, rank 0 with 3"]),
        ("--method", "qsgd", ["other options"]), ("--rekey-every", "2", ["other options"]), ("--cipher", "chacha20poly1305", ["--cipher"]),
        ("--clients", "7", ["--clients"]),
    ]:
        for rank in (0, 2):
            clients = [same] * 3
            clients[rank] = with_option(same, option, value)
            refused("%s %s on rank %d alone" % (option, value, rank + 1), 2, wanted, mixed(*clients))
    refused("a rank without --seal among sealed ones", 2, ["--seal"], [(1, SERVER), (1, ["--role", "client"] + same), (1, BASE[:-2])])
    for ranks in (1, 3):
        refused("a rank 0 that is not sealed before %d that are" % ranks, 2, ["rank ", "with --seal", "--role server"], mixed(*[same] * ranks, server=BASE))
    refused("other --clients on rank 0", 2, ["--clients"], mixed(same, same, same, server=with_option(SERVER, "--clients", "7")))
    refused("other --topology on rank 0", 2, ["--topology"], mixed(same, same, same, server=SERVER + ["--topology", "ring"]))
    for option, value, said in [("--rounds", "7", "3, rank 0 with 7"), ("--eval-every", "2", "1, rank 0 with 2"), ("--rekey-every", "5", "0, rank 0 with 5")]:
        refused("other %s on rank 0" % option, 2, [option, "was started with " + said], mixed(same, same, same, server=with_option(SERVER, option, value)))
    ring = same + ["--topology", "ring"]
    refused("and the other way round", 2, ["--topology"], mixed(ring, ring, ring))
    refused("one rank's --topology", 2, ["--topology", "rank 3"], mixed(same, same, ring))
    done = run(mixed(ring, ring, ring, server=SERVER + ["--topology", "ring"]))
    ok(done.returncode == 0, "the same on all is a run", done.stderr)


def heeded(keys):
    """What rank 0 was not told it has of the clients, in its run file and result.json too."""
    public = keys.path("public.h5")
    client = BASE + ["--seal", keys.group, "--eval-every", "2", "--rekey-every", "4"]
    done = run(mixed(client, client, server=with_option(SERVER, "--rounds") + ["--out", public]))
    said = call([laconic, "show", "--config", public]).stdout.splitlines()
    ok(done.returncode == 0 and {"rounds = 3", "eval-every = 2", "rekey-every = 4"} <= set(said), "what rank 0 was not told it takes from the clients",
       "%s\n%s" % (said, done.stderr))
    with open(public + ".result.json") as file:
        result = json.load(file)
    ok((result["round"], result["rounds"], result["reason"]) == (3, 3, "rounds"), "and how many rounds it was", result)


def plans(keys):
    same = BASE + ["--seal", keys.group]
    done = run(same + ["--dry-run"], 4)
    said = {word: sum(line.startswith("  " + word) for line in done.stdout.splitlines()) for word in ("step", "L_i", "per round", "sealing")}
    ok(done.returncode == 0 and set(said.values()) == {1} and "nothing was run" in done.stdout, "a plan of ranks that have the key", done.stdout + done.stderr)
    done = run(mixed(same + ["--dry-run"], same + ["--dry-run"], server=SERVER + ["--dry-run"]))
    ok(done.returncode == 0 and "L_i" not in done.stdout and "without --role" in done.stdout, "none where the server is told what it prints",
       done.stdout + done.stderr)


def sites(keys):
    roster = keys.roster("roster", (1, 2, 3))
    three = lambda path: BASE + ["--identity", keys.path("site-{rank}.key"), "--roster", path]
    done = run(three(roster), 4)
    ok(done.returncode == 0, "sites in the order of the roster", done.stderr)
    refused("a roster in another order", 2, ["--roster", "in the order of their ranks"], three(keys.roster("swapped", (2, 1, 3))), 4)
    refused("a roster of one site", 2, ["lists 1 site,", "has 3 ranks"], three(keys.roster("one", (1,))), 4)
    refused("a roster of fewer sites", 2, ["lists 2 sites", "3 ranks"], three(keys.roster("short", (1, 2))), 4)
    keys.make("site-4.key", "--identity", "--name", "site-4")
    stranger = with_option(three(roster), "--identity", keys.path("site-4.key"))
    refused("a site that is not on the roster", 5, ["--roster", "does not list this site"], mixed(three(roster), three(roster), stranger))
    other = three(keys.roster("other", (1, 2, 4)))
    refused("another roster on one rank", 5, ["site-"], mixed(three(roster), three(roster), with_option(other, "--identity", keys.path("site-4.key"))))
    refused("--seal among sites", 2, ["--identity", "--seal", "all need the same"],
            mixed(three(roster), three(roster), BASE + ["--seal", keys.group]))
    refused("a roster that is not there", 3, ["--roster", "none"], three(keys.path("none")), 4)
    refused("other options on one site", 5, ["site-3", "another configuration"], mixed(three(roster), three(roster), with_option(three(roster), "--seed", "3")))


with tempfile.TemporaryDirectory() as where:
    files = Keys(where)
    what_is_sealed(files.group)
    rows_of_a_file(files.group, where)
    rows_elsewhere(files.group, where)
    unsealed()
    values(files.group, where)
    roles(files.group)
    key_files(files)
    other_ranks(files)
    heeded(files)
    plans(files)
    sites(files)
finish()
