"""`laconic keygen` as its users call it: keys for their owner alone, a roster made line by line, refusals.

usage: keygen.py MPIRUN LACONIC FIND_SITES
"""

import os
import re
import socket
import stat
import subprocess
import sys
import tempfile

from calls import call, finish, laconic, ok, refused, run

find_sites = sys.argv[3]
UMASKS = [0o777, 0o277, 0o077, 0o022, 0]
LINE = r"laconic-site-1 %s [0-9a-f]{64} [0-9a-f]{64}\n"


def keygen(*words, ranks=0, environment=None):
    return run(list(words), ranks, environment=environment, command="keygen")


def under(umask, *words):
    return call([laconic, "keygen"] + list(words), preexec_fn=lambda: os.umask(umask))


def content(path):
    """Also of a file that its owner may not read."""
    os.chmod(path, 0o600)
    with open(path) as file:
        return file.read()


def secret(path, title):
    found = re.fullmatch(title + " ([0-9a-f]{64})\n", content(path))
    return found.group(1) if found else "no key in %s" % path


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def group_keys(folder):
    keys = set()
    for umask in UMASKS:
        path = os.path.join(folder, "group-%o.key" % umask)
        done = under(umask, path)
        found = mode(path)
        ok(done.returncode == 0 and found == 0o600, "a group key has mode 0600 under umask %04o" % umask, (oct(found), done.stderr))
        key = secret(path, "laconic-group-key-1")
        keys.add(key)
        ok(len(key) == 64 and key not in done.stdout + done.stderr, "and is not printed", done.stdout + done.stderr)
        lines = done.stdout.splitlines()
        ok(len(lines) == 1 and lines[0].startswith(path + ": a new group key;") and "no part in" in lines[0] and
           lines[0].endswith("laconic train --seal " + path) and not done.stderr, "one line says what to do with it", done.stdout + done.stderr)
    ok(len(keys) == len(UMASKS), "each is another")
    before = content(path)
    for words in [[path], ["--identity", path]]:
        refused("a file that is there is refused: %s" % words[0].replace(folder, "DIR"), keygen(*words), 3, path, "is there already")
    ok(content(path) == before, "and as it was")
    odd = os.path.join(folder, "a\033[1m.key")
    done = keygen(odd)
    ok(done.returncode == 0 and os.path.exists(odd) and "\033" not in done.stdout and "\\x1b" in done.stdout,
       "a name that no terminal should get is escaped", done.stdout)
    return path


def roster(folder):
    roster_path, keys = os.path.join(folder, "roster"), []
    for i, umask in enumerate(UMASKS):
        keys.append(os.path.join(folder, "site%d.key" % i))
        done = under(umask, "--identity", keys[i], "--name", "site-%d.example" % i)
        found = mode(keys[i])
        ok(done.returncode == 0 and found == 0o600, "an identity has mode 0600 under umask %04o" % umask, (oct(found), done.stderr))
        seed = secret(keys[i], "laconic-identity-1")
        ok(len(seed) == 64 and seed not in done.stdout + done.stderr, "and is not printed", done.stdout + done.stderr)
        ok(re.fullmatch(LINE % r"site-%d\.example" % i, done.stdout) and keys[i] in done.stderr,
           "its line of the roster alone is on standard output", done.stdout + done.stderr)
        again = keygen("--show", keys[i], "--name", "site-%d.example" % i)
        ok(again.returncode == 0 and again.stdout == done.stdout and not again.stderr, "--show prints it again", again.stdout + again.stderr)
        with open(roster_path, "a") as file:
            file.write(done.stdout)
    done = call([find_sites, roster_path] + keys)
    wanted = "".join("%d site-%d.example\n" % (i, i) for i in range(len(keys)))
    ok(done.returncode == 0 and done.stdout == wanted, "the lines are a roster, on which each identity is found", done.stdout + done.stderr)
    stranger = os.path.join(folder, "stranger.key")
    keygen("--identity", stranger, "--name", "stranger")
    ok(call([find_sites, roster_path, stranger]).returncode == 5, "and no other")
    return keys[0]


def closed_output(folder):
    """What it prints would be lost: no key is made of which nothing is said."""
    path = os.path.join(folder, "unsaid.key")
    for words in [[path], ["--identity", path, "--name", "a"], ["--show", os.path.join(folder, "site0.key"), "--name", "a"]]:
        done = subprocess.run([laconic, "keygen"] + words, preexec_fn=lambda: os.close(1), stderr=subprocess.PIPE, text=True)
        refused("a closed standard output: %s" % " ".join(words).replace(folder, "DIR"), done, 3, "standard output is closed")
        ok(not os.path.exists(path), "no key file is there")


def host_name(folder):
    path, host = os.path.join(folder, "host.key"), socket.gethostname().split(".")[0]
    done = keygen("--identity", path)
    if re.fullmatch("[a-zA-Z0-9_-]{1,63}", host):
        ok(re.fullmatch(LINE % re.escape(host), done.stdout), "without --name the host's, up to the first dot", done.stdout + done.stderr)
    else:
        refused("a host's name that is none of a site is refused", done, 2, "--name NAME is needed")


def other_hosts(folder):
    """As on hosts of other names, where this system lets a process have one."""
    path = os.path.join(folder, "other.key")
    own = ["unshare", "-u"] if os.geteuid() == 0 else ["unshare", "-r", "-u"]
    script = "import os, socket, sys; socket.sethostname(sys.argv[1]); os.execv(sys.argv[2], sys.argv[2:])"
    for host, name in [("clinic.example.org", "clinic"), ("b\u00e4d", None), (".first", None), ("x" * 64, None)]:
        title = "the host's name %s: %s" % (host, name if name else "refused, --name is asked for")
        try:
            done = call(own + [sys.executable, "-c", script, host, os.path.abspath(laconic), "keygen", "--identity", path])
        except FileNotFoundError:
            done = None
        if done is None or "unshare:" in done.stderr or "PermissionError" in done.stderr:
            ok(True, title + " # SKIP no host name of one's own here")
        elif name:
            ok(re.fullmatch(LINE % name, done.stdout), title, done.stdout + done.stderr)
            os.remove(path)
        else:
            refused(title, done, 2, "--name NAME is needed")
            ok(not os.path.exists(path), "and nothing was made")


def usage(folder, group):
    new = os.path.join(folder, "new.key")
    for words, wanted in [
        ([], ["FILE, --identity FILE and --show FILE"]), ([new, new + "2"], ["once"]), ([new, "--identity", new], ["once"]),
        (["--identity", new, "--show", group], ["once"]), (["--name", "a"], ["FILE, --identity FILE and --show FILE"]),
        ([new, "--name", "a"], ["--name", "a group key has none"]), (["-"], ["'-' is no file"]), ([""], ["'' is no file"]),
        (["--identity", "-", "--name", "a"], ["'-' is no file"]), (["--identity"], ["--identity needs a value"]),
        (["--identity", new, "--name", "a b"], ["--name: 'a b' is no name of a site"]),
        (["--identity", new, "--name", "a\nb"], ["is no name of a site"]), (["--identity", new, "--name", ".." * 32], ["is no name of a site"]),
        (["--identity", new, "--name", ""], ["name needs a value"]), (["--identty", new], ["did you mean '--identity'"]),
    ]:
        shown = " ".join(words).replace(folder, "DIR").replace("\n", " ")
        refused("refused in one line: keygen " + shown, keygen(*words), 2, *wanted)
    ok(not os.path.exists(new) and not os.path.exists(new + "2") and not os.path.exists("-"), "nothing was made")


def input_output(folder, group, identity):
    new = os.path.join(folder, "no", "new.key")
    refused("a folder that is not there", keygen(new), 3, new, "No such file")
    refused("a file in place of the folder", keygen(group + "/new.key"), 3, "Not a directory")
    refused("--show of a file that is not there", keygen("--show", new, "--name", "a"), 3, new, "No such file")
    refused("--show of a group key", keygen("--show", group, "--name", "a"), 5, "is no identity of a site", "laconic keygen --identity FILE")
    os.chmod(identity, 0o640)
    refused("--show of an identity that others can read", keygen("--show", identity, "--name", "a"), 5, "chmod 600")
    os.chmod(identity, 0o600)
    spare = os.path.join(folder, "spare.key")
    with open("/dev/full", "w") as full:
        done = subprocess.run([laconic, "keygen", "--identity", spare, "--name", "spare"], stdout=full, stderr=subprocess.PIPE, text=True)
    refused("standard output that is full is said, and how to get the line", done, 3, "laconic keygen --show %s --name spare" % spare)
    ok(re.fullmatch(LINE % "spare", keygen("--show", spare, "--name", "spare").stdout), "which it does")


def unwritable(folder):
    """As a user who is not root, since nothing is closed to root."""
    name, closed = "a folder without leave to write is refused", os.path.join(folder, "closed")
    os.mkdir(closed)
    os.chmod(closed, 0o555)
    os.chmod(folder, 0o755)
    path = os.path.join(closed, "new.key")
    try:
        done = call([laconic, "keygen", path], **({"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}))
    except PermissionError:
        ok(True, name + " # SKIP another user cannot run the program here")
    else:
        refused(name, done, 3, path, "Permission denied")
        ok(not os.path.exists(path), "and nothing was made")


def launched(folder):
    path = os.path.join(folder, "launched.key")
    done = keygen(path, environment={"OMPI_COMM_WORLD_RANK": "1"})
    ok(done.returncode == 0 and not done.stdout + done.stderr and not os.path.exists(path), "a rank that is not the first does nothing",
       done.stdout + done.stderr)
    done = keygen("--identity", path, "--name", "launched", ranks=3)
    ok(done.returncode == 0 and re.fullmatch(LINE % "launched", done.stdout), "under mpirun one identity is made and one line printed",
       done.stdout + done.stderr)


def helps():
    said = keygen("--help")
    for text in (said.stdout, call([laconic, "help", "keygen"]).stdout):
        ok(said.returncode == 0 and "usage: laconic keygen FILE" in text and all(option in text for option in ("--identity FILE", "--show FILE", "--name NAME")),
           "--help and help keygen name the ways to call it", text)
    manual = call([laconic, "help", "--man"]).stdout.replace("\\-", "-")
    ok("laconic keygen --identity FILE [--name NAME]" in manual and ".SH OPTIONS OF keygen" in manual, "the manual has them", manual)
    ok("keygen) words=\"--identity --show --name --help\"" in call([laconic, "help", "--completion"]).stdout, "bash completes them")


with tempfile.TemporaryDirectory() as where:
    group = group_keys(where)
    identity = roster(where)
    closed_output(where)
    host_name(where)
    other_hosts(where)
    usage(where, group)
    input_output(where, group, identity)
    unwritable(where)
    launched(where)
helps()
finish()
