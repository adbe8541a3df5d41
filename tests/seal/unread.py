"""What a server finds of the clients' secrets: in what passes it, in its own memory, in what is printed and written; and what others
find of keys in a client's memory.

usage: unread.py MPIRUN LACONIC EVIL_SERVER SCAN_MEMORY PLAIN_VALUES
"""

import glob
import os
import re
import subprocess
import sys
import tempfile
import time

from sealed import call, finish, job, laconic, mpirun, ok, options, recorded, run

scan_memory, plain_values = sys.argv[4], sys.argv[5]
DATA = "synth:least-squares,d=24,m=6"
# the round behind the last begins with the last model
FEW, FEW_AND_ONE = options(rounds=12, data=DATA), options(rounds=13, data=DATA)
# long enough for several looks, on any machine
MANY = options(rounds=2000, data=DATA, more="--eval-every 50")


def key_of(path):
    with open(path) as file:
        return file.read().split()[1]


def write_patterns(path, train, key):
    """Of the group key as it is and as text, and of every number that these options make."""
    numbers = sorted(set(call([plain_values, " ".join(train)]).stdout.splitlines()))
    with open(path, "w") as file:
        file.write("key %s\nkey %s\n" % (key, key.encode().hex()))
        file.writelines(number + "\n" for number in numbers)
    return len(numbers)


def scan(patterns, target):
    """Name -> how many were found; None where the target is gone."""
    done = call([scan_memory, patterns, str(target)])
    return {name: int(count) for name, count in (line.split() for line in done.stdout.splitlines())} if done.returncode == 0 else None


def passing(folder, key_file):
    patterns, record, private = (os.path.join(folder, name) for name in ("few", "record", "few.h5"))
    count = write_patterns(patterns, FEW_AND_ONE, key_of(key_file))
    client = ["--seal", key_file, "--out-private", private, "--private-plain"]
    done = job(("none", "ANY", 0, 0, 0, 0), FEW, client, environment={"EVIL_RECORD": record})
    ok(done.returncode == 0 and len(recorded(record)) > 12 * 3 + 30, "a server records all that passes it", done.stderr)
    seen = scan(patterns, record)
    ok(seen["key"] == seen["model"] == seen["update"] == 0 and seen["bytes"] > 4000,
       "neither the key nor any of %d numbers of models, gradients and answers is in it" % count, seen)
    seen = scan(patterns, private)
    ok(seen["key"] == 0 and seen["model"] > 0, "the same look into the clients' unsealed file finds the model", seen)
    seen = scan(patterns, key_file)
    ok(seen["key"] == 1, "and the key in its file", seen)
    return done


def kept(folder, key_file):
    """Checkpoints of a sealed run, and of the same run unsealed."""
    patterns, found = os.path.join(folder, "few-states"), {}
    diana = [{"dcgd": "diana"}.get(word, word) for word in FEW_AND_ONE]
    count = write_patterns(patterns, diana, key_of(key_file))
    for name, more in (("sealed", ["--seal", key_file]), ("plain", [])):
        kept_in = os.path.join(folder, "kept-" + name)
        done = run(diana + more + ["--checkpoint", kept_in, "--checkpoint-every", "1", "--keep", "0", "--quiet"], 4)
        files = [path for path in glob.glob(os.path.join(kept_in, "**"), recursive=True) if os.path.isfile(path)]
        looks = [scan(patterns, path) for path in files]
        found[name] = {word: sum(seen[word] for seen in looks) for word in ("key", "model", "update", "bytes")}
        ok(done.returncode == 0 and len(files) > 8, "a run that keeps checkpoints, %s" % name, "%s %s" % (files, done.stderr))
    seen = found["sealed"]
    ok(seen["key"] == seen["model"] == seen["update"] == 0 and seen["bytes"] > 10000,
       "neither the key nor any of %d numbers of models, gradients and answers is in a sealed run's checkpoints" % count, seen)
    ok(found["plain"]["model"] > 0, "the same look into those of the unsealed run finds models", found["plain"])


def processes(program):
    """Rank -> process of the ranks that this script has started."""
    found = {}
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            words = open(path, "rb").read().split(b"\0")
            name = os.path.basename(os.readlink(os.path.dirname(path) + "/exe"))
            given = dict(word.partition(b"=")[::2] for word in open(os.path.dirname(path) + "/environ", "rb").read().split(b"\0"))
        except OSError:
            continue
        rank = given.get(b"OMPI_COMM_WORLD_RANK")
        if name == "laconic" and program.encode() in words and rank is not None:
            found[int(rank)] = int(path.split("/")[2])
    return found


def secret_pages(pid):
    """(bytes, mapped kilobytes, locked) of what is left out of core dumps: libsodium's pages."""
    content, size, locked, area = b"", 0, 0, None
    with open("/proc/%d/smaps" % pid) as file, open("/proc/%d/mem" % pid, "rb", 0) as memory:
        for line in file:
            found = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+\s*(\S*)$", line)
            if found:
                area = found
            elif line.startswith("VmFlags:") and " dd" in line and "rw" in area.group(3) and not area.group(4).startswith("["):
                first, behind = int(area.group(1), 16), int(area.group(2), 16)
                memory.seek(first)
                content += memory.read(behind - first)
                size += (behind - first) // 1024
                locked += (behind - first) // 1024 if " lo" in line else 0
    return content, size, locked


def write_keys(path, content):
    """All that looks like a key in these pages."""
    pieces = {content[at:at + 16] for at in range(0, len(content) - 15, 8)}
    keys = sorted(piece for piece in pieces if len(set(piece)) > 10)
    with open(path, "w") as file:
        file.writelines("page %s\n" % piece.hex() for piece in keys)
    return len(keys)


def start(folder, key_file, token):
    train = MANY + ["--quiet", "--client-timeout", "60"]
    line = [mpirun, "-n", "1", laconic, "train", "--role", "server", "--clients", "3", "--rounds", "2000", "--eval-every", "50", "--quiet",
            "--out", token, ":", "-n", "3", laconic, "train", "--role", "client", "--seal", key_file, "--out-private", token + ".private",
            "--private-plain"] + train
    with open(os.path.join(folder, "said"), "w") as said:
        return subprocess.Popen(line, stdout=said, stderr=subprocess.STDOUT)


def paused(pids, what):
    """While none of the ranks goes on."""
    for pid in pids.values():
        os.kill(pid, 19)
    try:
        return what()
    finally:
        for pid in pids.values():
            os.kill(pid, 18)


def look(patterns, keys, pids):
    content, size, locked = secret_pages(pids[2])
    count = write_keys(keys, content)
    return {"server": scan(patterns, pids[0]), "client": scan(patterns, pids[2]), "keys": scan(keys, pids[0]),
            "own keys": scan(keys, pids[2]), "other's": scan(keys, pids[3]), "count": count, "size": size, "locked": locked,
            "limit": open("/proc/%d/limits" % pids[2]).read()}


def with_model(looks):
    return [found for found in looks if found["client"]["model"] > 0]


def memory(folder, key_file):
    patterns, keys, token = (os.path.join(folder, name) for name in ("many", "pages", "public.h5"))
    count = write_patterns(patterns, MANY, key_of(key_file))
    running, looks = start(folder, key_file, token), []
    while running.poll() is None and len(with_model(looks)) < 2 and len(looks) < 9:  # the first ones may be before the rounds
        time.sleep(0.02)  # on a quiet machine the rounds take less than a second
        pids = {**processes(token), **processes(token + ".private")}
        if sorted(pids) == [0, 1, 2, 3] and secret_pages(pids[2])[1]:
            try:
                looks.append(paused(pids, lambda: look(patterns, keys, pids)))
            except OSError:
                break  # the run is over
    running.wait(timeout=120)
    return looks, count, open(os.path.join(folder, "said")).read(), running.returncode


def of_server(looks, count, said, status):
    during = with_model(looks)
    server = [found["server"] for found in looks]
    ok(status == 0 and len(during) >= 2, "a run of `laconic train --role server` is looked into %d times, %d of them while it has a model" %
       (len(looks), len(during)), said)
    ok(all(seen["key"] == seen["model"] == seen["update"] == 0 and seen["bytes"] > 1 << 20 for seen in server),
       "neither the key nor any of %d numbers is in the server's memory" % count, server)
    clients = [found["client"] for found in during]
    ok(all(seen["model"] > 0 for seen in clients) and any(seen["update"] > 0 for seen in clients),
       "the same look into a client's memory finds models and gradients", clients)
    ok(any(seen["key"] > 0 for seen in clients), "and the group key", clients)
    # before the rounds these pages also have what a client says to confirm, which passes the server
    ok(all(found["keys"]["page"] == 0 and found["count"] > 8 for found in during),
       "nothing of the pages where a client has its keys is in the server's memory", [(found["keys"], found["count"]) for found in during])
    ok(all(found["own keys"]["page"] == found["count"] and found["other's"]["page"] >= 4 for found in during),
       "a client's memory has all of it, and another client's the keys that they share", [(found["own keys"], found["other's"]) for found in during])
    ok(all(found["size"] > 0 for found in looks), "a client's keys are in pages that no core dump has",
       [found["size"] for found in looks])
    limits = [re.search(r"Max core file size\s+(\S+)\s+(\S+)", found["limit"]).groups() for found in looks]
    ok(all(limit == ("0", "0") for limit in limits), "and no core may be dumped of it at all", limits)


def written(folder, key_file, texts, names):
    """Keys, as they are and as text, in what was printed and in files that are not keys."""
    hexadecimal = key_of(key_file)
    raw, bad = bytes.fromhex(hexadecimal), []
    for name in names:
        content = open(name, "rb").read()
        if raw in content or hexadecimal.encode() in content.lower():
            bad.append(name)
    ok(not bad and len(names) >= 4, "public and private files, sealed or not, have no key in them", (bad, names))
    ok(not any(hexadecimal in text.lower() for text in texts) and len(texts) > 2, "nor has what any rank prints", texts)


def logs(folder, key_file):
    texts = []
    sealed = os.path.join(folder, "sealed.h5")
    train = FEW + ["--seal", key_file, "--out", os.path.join(folder, "sealed-public.h5"), "--out-private", sealed]
    done = run(train, 4)
    texts += [done.stdout + done.stderr]
    ok(done.returncode == 0 and os.path.exists(sealed), "a run with all that it prints", done.stderr)
    other = os.path.join(folder, "other.key")
    run([other], command="keygen")
    done = run([(1, ["--role", "server", "--clients", "3"]), (1, ["--role", "client", "--seal", key_file] + FEW),
                (2, ["--role", "client", "--seal", other] + FEW)])
    texts += [done.stdout + done.stderr]
    ok(done.returncode == 5 and "another group key" in done.stderr, "clients with other keys, status 5", done.stderr)
    os.chmod(other, 0o644)
    done = run([(1, ["--role", "server", "--clients", "3"]), (3, ["--role", "client", "--seal", other] + FEW)])
    texts += [done.stdout + done.stderr]
    ok(done.returncode == 5, "a key that others can read, status 5", done.stderr)
    return texts


def main():
    if "LAC_TEST_SHORT" in os.environ:  # what watches the memory maps more of it than can be looked through
        print("1..0 # SKIP where sanitizers watch the memory")
        return
    with tempfile.TemporaryDirectory() as folder:
        key_file = os.path.join(folder, "group.key")
        run([key_file], command="keygen")
        passed = passing(folder, key_file)
        kept(folder, key_file)
        looks, count, said, status = memory(folder, key_file)
        of_server(looks, count, said, status)
        texts = logs(folder, key_file) + [said, passed.stdout + passed.stderr]
        written(folder, key_file, texts, sorted(glob.glob(os.path.join(folder, "*.h5*"))))
    finish()


main()
