"""`laconic train` as its users call it: solo and under mpirun, on good and on bad input.

usage: command.py MPIRUN LACONIC MPI_HOSTILE
"""

import os
import re
import subprocess
import sys
import tempfile

from calls import call, finish, laconic, messages, mpirun, ok, refused, rows, run, summary

hostile = sys.argv[3]


def same_everywhere(folder):
    data = os.path.join(folder, "data.svm")
    open(data, "w").write(rows())
    common = ["--method", "ef21", "--compressor", "topk:3", "--regularizer", "l2:0.1", "--rounds", "15",
              "--clients", "7", "--quiet"]
    for split in ["contiguous", "shuffled", "sorted", "dirichlet:alpha=0.5", "lvar"]:
        found = set()
        for name, ranks, source, stdin in [("solo", 0, data, None), ("3", 3, data, None),
                                           ("stdin", 0, "-", rows()), ("stdin4", 4, "-", rows())]:
            out = os.path.join(folder, "%s-%s.h5" % (split[:5], name))
            done = run(common + ["--split", split, "--data", source, "--out", out], ranks, stdin)
            if done.returncode:
                found.add(done.stderr)
                continue
            s = summary(out)
            found.add((s["final"]["model_digest"], s["bits"]["up"]["total"], s["bits"]["down"]["total"],
                       s["final"]["loss"]))
        ok(len(found) == 1, "split %s: one model, one ledger, solo and on ranks, from file and standard input"
           % split, found)


def objectives(folder):
    """Those whose rows or models are of another shape: the same bits everywhere."""
    data = os.path.join(folder, "classes.svm")
    text = "".join("%g %s" % (3.5 * (i % 4) - 2, line.split(" ", 1)[1])
                   for i, line in enumerate(rows().splitlines(keepends=True)))
    open(data, "w").write(text)
    cases = [("softmax, file", ["--objective", "softmax", "--data", data], 48),
             ("softmax, standard input", ["--objective", "softmax", "--data", "-"], 48),
             ("softmax, generated", ["--data", "synth:softmax,d=6,classes=5"], 30),
             ("tridiagonal", ["--data", "synth:tridiagonal,m=3"], 10)]
    digests = {}
    for name, arguments, dimension in cases:
        found = set()
        for ranks in [0, 3, 5]:
            out = os.path.join(folder, "objective-%d.h5" % ranks)
            done = run(["--method", "ef21", "--compressor", "topk:3", "--rounds", "15", "--clients", "7",
                        "--quiet", "--force", "--out", out] + arguments, ranks, text if "-" in arguments else None)
            s = None if done.returncode else summary(out)
            found.add(done.stderr if done.returncode else
                      (s["final"]["model_digest"], s["bits"]["up"]["total"], s["final"]["loss"], s["dim"]))
        digests[name] = found
        ok(len(found) == 1 and dimension in list(found)[0], "%s: one model of %d numbers, solo and on ranks"
           % (name, dimension), found)
    ok(digests["softmax, file"] == digests["softmax, standard input"], "the same from file and standard input")
    split = text.splitlines(keepends=True)
    for i, part in enumerate([split[:30], split[30:]]):
        open(os.path.join(folder, "class%d.svm" % (i + 1)), "w").write("".join(part))
    local = ["--data-local", os.path.join(folder, "class{rank}.svm"), "--objective", "softmax", "--clients", "4",
             "--rounds", "3", "--out", out, "--force", "--quiet"]
    done = run(local, 3)
    ok(done.returncode == 0 and summary(out)["dim"] == 48, "softmax with --data-local", done.stderr)
    open(os.path.join(folder, "class2.svm"), "a").write("".join("%d 1:1\n" % k for k in range(100, 360)))
    refused("a class too many is named with its own file and line", run(local, 3), 2, "class2.svm:276:")


def local_data(folder):
    text = rows().splitlines(keepends=True)
    halves = [text[:30], text[30:]]
    for i, half in enumerate(halves):
        open(os.path.join(folder, "part%d.svm" % (i + 1)), "w").write("".join(half))
    out = os.path.join(folder, "local.h5")
    done = run(["--data-local", os.path.join(folder, "part{rank}.svm"), "--clients", "4", "--rounds", "5",
                "--quiet", "--out", out, "--force"], 3)
    ok(done.returncode == 0 and summary(out)["clients"] == 4 and summary(out)["dim"] == 12,
       "--data-local: each rank reads its own file", done.stderr)
    open(os.path.join(folder, "part2.svm"), "a").write("+1 3:x\n")
    refused("--data-local: a bad line is named with its own file and line",
            run(["--data-local", os.path.join(folder, "part{rank}.svm"), "--clients", "4"], 3), 2,
            "part2.svm:24:")


def bad_input(folder):
    bad = os.path.join(folder, "bad.svm")
    out = os.path.join(folder, "bad.h5")
    lines = rows().splitlines(keepends=True)

    def with_line(number, text):
        open(bad, "w").write("".join(lines[:number - 1] + [text + "\n"] + lines[number:]))

    for ranks in [0, 4]:
        where = "on %d ranks" % ranks if ranks else "solo"

        def check(name, *words, arguments=()):
            done = run(["--data", bad, "--clients", "5", "--out", out] + list(arguments), ranks)
            refused("%s, %s: one line, status 2" % (name, where), done, 2, *words)
            ok(not os.path.exists(out) and not os.path.exists(out + ".rows"), "nothing is written")

        with_line(20, "+1 1:2 x:3")
        check("text that is no number", "bad.svm:20:")
        with_line(7, "+1 0:2")
        check("index 0", "bad.svm:7:")
        with_line(50, "+1 3:1 2:1")
        check("unsorted indices", "bad.svm:50:")
        with_line(9, "+1 3:1 3:1")
        check("a repeated index", "bad.svm:9:")
        with_line(40, "+1 " + "9" * 10000000)
        check("a line of 10 MB", "bad.svm:40:")
        open(bad, "w").write("".join(line.replace("-1 ", "+1 ") for line in lines if line.startswith(("+1 ", "-1 "))))
        check("one class only", "bad.svm")
        open(bad, "w").write("".join(lines[:4]))
        check("more clients than rows", "bad.svm", "5")
        with_line(33, "+3 1:1")
        check("a third class", "bad.svm:33:")
        with_line(44, lines[43].strip())
        check("--dim below the largest index", "bad.svm:2:", "12", arguments=["--dim", "11"])
        open(bad, "w").write("")
        check("an empty file", "bad.svm")
        os.remove(bad)
        check("a missing file", "bad.svm")


def worker_faults(folder):
    """A rank fails in the questions before the rounds, by a sentence that is longer than its other frames."""
    small, test = os.path.join(folder, "small.svm"), os.path.join(folder, "test.svm")
    open(small, "w").write("1 1:1 2:-1\n-1 2:2 3:1\n1 1:3\n-1 3:1\n1 2:1\n-1 1:1 3:2\n")
    open(test, "w").write("1 9:1\n")
    for ranks in [0, 2, 3, 5]:
        for arguments, words in [
            (["--method", "page", "--gradient", "minibatch:2"], ["no theory of minibatches"]),
            (["--method", "vr-diana", "--gradient", "nice:4"], ["client 0 has 3 rows"]),
            (["--method", "gd", "--track", "test_loss", "--test", test], ["test.svm:1:", "index 9"]),
        ]:
            done = run(["--data", small, "--clients", "2", "--rounds", "5"] + arguments, ranks)
            refused("a worker's fault, %d ranks: %s" % (ranks, " ".join(arguments[:4])), done, 2, *words)
    os.remove(small)
    os.remove(test)


def memory():
    """What a run takes is refused by one sentence where it is too much: for the option, for the machine of all ranks, for one rank."""
    many = ["--data", "synth:logistic,d=200000,m=2", "--clients", "15", "--compressor", "randk:50", "--step", "0.001", "--rounds", "2"]
    shifts = many + ["--method", "diana-rr:batches=20"]
    refused("--max-memory: rank 0 alone is too much", run(shifts + ["--max-memory", "400M"], 4), 2,
            "the 4 ranks on ", "--max-memory allows 400M", "'shift' alone 300 x 200000 doubles")
    plan = run(shifts + ["--dry-run"], 3).stdout
    found = [re.search(line, plan) for line in (r"memory +([0-9.]+) MB at rank 0", r"at most ([0-9.]+), [0-9.]+ in a worker",
                                                r"machine +at most ([0-9.]+) MB on one")]
    rank0, worker, machine = (float(words.group(1)) if words else 0.0 for words in found)
    ok(rank0 > 400 and worker > 200 and 0.75 * (rank0 + 2 * worker) < machine <= rank0 + 2 * worker + 1,
       "the plan says what the ranks on one machine need together", plan)
    limits = [["--dry-run", "--max-memory", "%.0f" % (1e6 * x)] for x in (0.5 * (max(rank0, worker) + machine), 1.01 * machine)]
    refused("--max-memory: enough for each rank, not for the three of one machine", run(shifts + limits[0], 3), 2,
            "the 3 ranks on ", " together need ")
    done = run(shifts + limits[1], 3)
    ok(done.returncode == 0, "--max-memory: enough for all of them", done.stderr)
    ours = 1.3 * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    batches = "diana-rr:batches=%d" % (ours / (2 * 15 * 200000 * 8))
    refused("the machine has enough for each rank, not for all", run(many + ["--method", batches], 4), 2, "the 4 ranks on ",
            "the machine has")
    if "LAC_TEST_SHORT" not in os.environ:  # sanitizers reserve more addresses than any machine has memory
        words = [laconic, "train"] + many + ["--method", "diana-rr:batches=120"]
        limited = ["sh", "-c", 'ulimit -v 900000; exec "$@"', "sh"] + words
        done = subprocess.run([mpirun, "-n", "3"] + words + [":", "-n", "1"] + limited, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=120)
        refused("the machine of a worker rank", done, 2, "worker rank 3 needs 1.0 GB", "5 clients of diana-rr", "0.9 GB")


def hostile_ranks(folder):
    """One rank of three sends a frame that is no frame, or says what cannot be: rank 0 names it, and all ranks stop."""
    data = os.path.join(folder, "hostile.svm")
    open(data, "w").write(rows(53))
    arguments = ["--data", data, "--clients", "4", "--method", "dcgd", "--compressor", "identity", "--rounds", "9"]
    scan, update, answer, report = 2, 7, 10, 13
    for message, which, fault, words in [
        (scan, 1, "short", ["sent 5 bytes"]), (scan, 1, "magic", ["no Laconic frame"]),
        (scan, 1, "claims", ["sends a frame of 1099511627808 bytes"]), (scan, 1, "nan", ["SCAN: the number of its rows"]),
        (answer, 1, "nan", ["ANSWER: a number of bytes is nan"]), (answer, 5, "checksum", ["damaged"]),
        (answer, 3, "long", ["more than"]), (update, 1, "short", ["sent 5 bytes"]), (update, 4, "magic", ["no Laconic frame"]),
        (update, 3, "nan", ["not finite"]), (update, 5, "long", ["more than"]), (update, 6, "claims", ["announces a frame"]),
        (update, 4, "round", ["client 3 of round 3 answered", "of round 2 was expected"]),
        (update, 4, "client", ["client 4 of", "where client 3 of"]), (answer, 5, "client", ["answered where client"]),
        (report, 1, "nan", ["REPORT: its seconds in gradients is nan"]),
    ]:
        command = [mpirun, "-n", "2", laconic, "train"] + arguments + [":", "-n", "1", hostile, str(message), str(which),
                                                                        fault, " ".join(arguments)]
        done = call(command)
        refused("a rank's message %d, %s" % (message, fault), done, 1, "[rank 2] ", *words)
    os.remove(data)


def bad_options(folder):
    for arguments, words in [
        (["--metod", "gd"], ["method"]), (["--method", "ef2l"], ["ef21"]),
        (["--compressor", "topkk:3"], ["topk"]), (["--compressor", "topk:k=0"], ["topk:k=0"]),
        (["--method", "dcgd", "--compressor", "topk:3"], ["unbiased"]),
        (["--method", "gd", "--compressor", "topk:3"], ["dcgd"]),
        (["--compressor", "topk:5%+naturl"], ["natural"]), (["--compressor", "natural+topk:3"], ["before '+'"]),
        (["--compressor", "qsgd:levels=0"], ["1..32767"]), (["--compressor", "permk", "--clients", "1"], ["2 clients"]),
        (["--compressor", "rankk:k=1", "--wire", "fp16"], ["fp32 or fp64"]),
        (["--wire", "fp8"], ["--wire", "fp64"]), (["--method", "gd", "--wire", "fp32"], ["dcgd"]),
        (["--step", "teory"], ["theory"]), (["--step", "-1"], ["positive"]), (["--step", "0"], ["positive"]),
        (["--rounds", "x"], ["--rounds"]), (["--clients", "0"], ["--clients"]),
        (["--objective", "logistc"], ["logistic"]), (["--regularizer", "l2"], ["l2"]),
        (["--split", "sortd"], ["sorted"]), (["--init", "warm"], ["compressed"]),
        (["--data", "synth:logistc"], ["logistic"]), (["--data", "synth:logistic,dd=3"], ["d"]),
        (["--rounds"], ["--rounds"]), (["--until-loss", "0.1", "--eval-every", "0"], ["--eval-every"]),
        (["--max-seconds", "-5"], ["--max-seconds"]), (["--seed", "18446744073709551615"], ["--seed"]), (["--kernels", "sse9"], ["portable"]),
        (["--config", os.path.join(folder, "none.conf")], ["none.conf"]),
        (["--out", os.path.join(folder, "no", "such", "run.h5")], ["run.h5"]),
    ]:
        status = 3 if "--out" in arguments else 2
        done = run(arguments)
        good = done.returncode in (2, status)
        lines = messages(done)
        ok(good and len(lines) == 1 and all(word in lines[0] for word in words),
           "refused in one line: " + " ".join(arguments).replace(folder, "DIR"), done.stderr + str(done.returncode))
    for ranks in [2, 4]:
        refused("refused once on %d ranks" % ranks, run(["--method", "ef2l"], ranks), 2, "ef21")
    refused("ranks that were started with other options are refused, the option is named",
            run([(1, ["--seed", "1"]), (2, ["--seed", "2"])]), 2, "seed = 2", "seed = 1")
    refused("a rank that cannot read its options stops the others",
            run([(2, ["--seed", "1"]), (1, ["--sed", "1"])]), 2, "seed")
    refused("ranks that disagree on --rounds are refused", run([(1, ["--rounds", "4"]), (2, ["--rounds", "5"])]), 2,
            "rounds = 5")
    for name, text in [("one", "0 1\n2 3\n"), ("two", "2 3\n0 1\n")]:
        os.makedirs(os.path.join(folder, name))
        open(os.path.join(folder, name, "trace.txt"), "w").write(text)
    there = [["-n", "1", "-wdir", os.path.join(folder, name), os.path.abspath(laconic), "train", "--clients", "4", "--method", "fedavg", "--step", "0.1",
              "--rounds", "4", "--participation", "trace:trace.txt"] for name in ("one", "two")]
    refused("ranks that read different traces are refused",
            subprocess.run([mpirun] + there[0] + [":"] + there[1], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120),
            2, "digest of the trace")
    refused("generated data take no --split", run(["--split", "sorted"]), 2, "--split")
    full = subprocess.run([laconic, "list"], stdout=open("/dev/full", "w"), stderr=subprocess.PIPE, text=True)
    refused("standard output that is full is said", full, 3, "standard output")
    refused("one rank under mpirun is refused", run([], 1), 2, "at least two")
    refused("singletons of another launcher are refused", run([], environment={"SLURM_STEP_NUM_TASKS": "4"}), 2,
            "srun --mpi=pmix")


def failures_over_mpi(folder):
    diverges = ["--method", "gd", "--data", "synth:least-squares,d=2000,m=4", "--step", "1e8", "--eval-every", "0",
                "--rounds", "1000000000"]
    for name, more in [("", ["--clients", "8"]), (", frames in pieces", ["--clients", "8", "--chunk", "4096"]),
                       (", ranks without clients", ["--clients", "2"])]:
        refused("a run that diverges stops all ranks%s" % name, run(diverges + more, 5), 1, "finite")
    data = os.path.join(folder, "some.svm")
    open(data, "w").write(rows())
    refused("ranks that disagree on --data-local are refused",
            run([(2, ["--data-local", data, "--clients", "2"]), (1, ["--clients", "2"])]), 2, "data-local")
    done = run([], 3, environment={"SLURM_STEP_NUM_TASKS": "8"})
    refused("a communicator smaller than the Slurm step is refused once", done, 2, "8")
    out = os.path.join(folder, "diverged.h5")
    run(["--method", "gd", "--data", "synth:least-squares", "--step", "1e8", "--rounds", "500", "--out", out])
    s = summary(out)
    ok(s["status"] == "diverged" and s["final"]["loss"] > 0 and s["final"]["round"] > 0,
       "the file of a diverged run keeps its last finite row", s)


def wires(folder):
    """The precision of values: fewer bits, the same model on any ranks; what does not fit is said."""
    bits = {}
    for wire in ["fp64", "fp32", "bf16", "fp16"]:
        found = set()
        for ranks in [0, 3]:
            out = os.path.join(folder, "wire.h5")
            done = run(["--compressor", "topk:10%", "--wire", wire, "--rounds", "20", "--quiet", "--out", out, "--force"],
                       ranks)
            s = summary(out)
            bits[wire] = s["bits"]["up"]["value"]
            found.add((s["final"]["model_digest"], bits[wire], done.returncode))
        ok(len(found) == 1, "--wire %s: one model and one ledger solo and on ranks" % wire, found)
    ok(bits["fp64"] == 2 * bits["fp32"] == 4 * bits["bf16"] == 4 * bits["fp16"] > 0,
       "values take 64, 32, 16 and 16 bits", bits)
    data = os.path.join(folder, "large.svm")
    open(data, "w").write("+1 1:1e6 2:1\n-1 1:-1e6 2:3\n" * 4)
    refused("an entry above the largest number of the wire is named",
            run(["--method", "dcgd", "--compressor", "identity", "--wire", "fp16", "--step", "1e-9", "--data", data,
                 "--clients", "2"]), 1, "fp16", "65504")


def csv(path):
    """The columns of a run by name, as texts, but for times and bytes of MPI."""
    done = subprocess.run([laconic, "show", "--csv", path], stdout=subprocess.PIPE, text=True)
    lines = [line.split(",") for line in done.stdout.splitlines()]
    return {name: [line[i] for line in lines[1:]] for i, name in enumerate(lines[0])
            if name not in ("seconds", "mpi_server", "mpi_workers")}


def columns(folder):
    """--track, --x0: the same on any ranks, also on those without clients; a run goes on from a run file."""
    data, test, best = (os.path.join(folder, name) for name in ("train.svm", "test.svm", "best.h5"))
    open(data, "w").write(rows())
    open(test, "w").write("".join(rows().splitlines(keepends=True)[20:31]))
    out = os.path.join(folder, "columns.h5")
    common = ["--data", data, "--clients", "3", "--regularizer", "l2:0.1", "--quiet", "--force"]
    plain = ["--method", "marina", "--compressor", "randk:k=4", "--rounds", "12", "--eval-every", "5", "--out", out]
    run(common + ["--method", "gd", "--rounds", "400", "--out", best])
    wanted = {"oracle_rows", "oracle_full", "x_norm", "distance_sq", "loss_gap", "grad_client_mean_sq", "test_loss",
              "test_grad_norm_sq", "test_accuracy"}
    tracked = ["--track", ",".join(sorted(wanted)), "--test", test, "--solution", best]
    found, kept = [], []
    for ranks in [0, 3, 5]:
        done = run(common + plain + tracked, ranks)
        found.append(csv(out) if done.returncode == 0 else done.stderr)
        kept.append(summary(out))
    ok(found[0] == found[1] == found[2] and wanted <= set(found[0]) and found[0]["round"] == ["0", "5", "10", "12"],
       "--track: the columns are the same solo, on ranks, and on ranks without clients", found)
    last = kept[0]["final"]["tracked"]
    ok(set(last) == wanted and last["oracle_rows"] == int(found[0]["oracle_rows"][-1]) and 0 < last["distance_sq"]
       and 0 < last["test_accuracy"] < 1, "the summary has the last of them", last)
    run(common + plain)
    usual = summary(out)
    ok(all(usual["final"][key] == kept[1]["final"][key] for key in ("model_digest", "loss", "grad_norm_sq")) and
       all(usual["bits"][key] == kept[1]["bits"][key] for key in ("up", "down", "start", "up_paper", "frames_up")) and
       usual["bits"]["evaluation"]["up"] < kept[1]["bits"]["evaluation"]["up"],
       "without --track the model and the rounds' account are the same, the evaluation's is smaller", usual["bits"])
    ok("tracked" not in usual["final"] and not wanted & set(csv(out)), "and the run file has none of the columns")
    run(["--data", "synth:rare,d=24,m=5,c=0.2", "--clients", "10", "--step", "theory-rf", "--rounds", "1", "--quiet", "--force",
         "--out", out])
    rare = summary(out)
    constants = rare["constants"]
    ok(constants["c"] >= 1 and 1 <= constants["r"] <= 24 and constants["L_rf"] > 0 and constants["L_plus"] > 0
       and constants["omega"] is None and rare["step_formula"] and rare["x0"] == "zero",
       "the summary has the constants of features and the formula of the step", rare)
    page = ["--data", "synth:least-squares,d=12,m=5,noise=1", "--clients", "7", "--method", "page:p=0.5", "--participation",
            "nice:2", "--rounds", "1", "--quiet", "--force", "--out", out]
    steps = []
    for rule in (["theory"], ["vanilla"]):
        run(page + ["--step"] + rule)
        steps.append(summary(out))
    wanted = [(steps[0]["constants"]["L"] + a**0.5 * steps[k]["constants"][name]) ** -1.0
              for k, (a, name) in enumerate(((5.0 / 12.0, "L_pm_w"), (1.0 / 2.0, "L_plus_w")))]
    ok(all(abs(s["step"] / one - 1.0) < 1e-9 for s, one in zip(steps, wanted)),
       "the summary has L_pm_w and L_plus_w, of which page's steps are made", (steps, wanted))
    constants = usual["constants"]
    ok(constants["c"] is None and constants["r"] is None and constants["L_rf"] is None and constants["L_plus"] is None
       and constants["omega"] > 0, "a constant that was not computed is null", constants)
    for ranks in [0, 3]:
        halves = ["--method", "gd", "--rounds", "20", "--out", out]
        run(common + halves)
        part = os.path.join(folder, "half.h5")
        os.replace(out, part)
        done = run(common + halves + ["--x0", part], ranks)
        run(common + ["--method", "gd", "--rounds", "40", "--out", part])
        ok(done.returncode == 0 and summary(out)["final"]["model_digest"] == summary(part)["final"]["model_digest"],
           "--x0 RUN goes on where that run ended: 20 rounds and 20 are 40, %d ranks" % ranks, done.stderr)
    for ranks in [0, 3]:
        refused("--x0: a file of another dimension, %d ranks" % ranks, run(common + ["--x0", test], ranks), 2,
                "test.svm:2:", "no number")
        refused("--test: a file that is missing, %d ranks" % ranks,
                run(common + ["--track", "test_loss", "--test", test + "x"], ranks), 2, "test.svmx")
    refused("--track: an unknown column", run(["--track", "x_norms"]), 2, "x_norm")


def configuration(folder):
    path = os.path.join(folder, "run.conf")
    open(path, "w").write("# a comment\nmethod = dcgd\ncompressor = permk\nrounds = 7\nquiet = yes\n")
    out = os.path.join(folder, "conf.h5")
    done = run(["--config", path, "--rounds", "3", "--out", out], environment={"LACONIC_ROUNDS": "5", "LACONIC_SEED": "9"})
    s = summary(out) if done.returncode == 0 else {}
    ok(s.get("method") == "dcgd" and s.get("rounds") == 3 and s.get("seed") == 9,
       "the command line wins over the file, the file over the environment", done.stderr)
    refused("an existing run file is refused without --force", run(["--config", path, "--out", out]), 2, "--force")
    notes = os.path.join(folder, "notes.txt")
    open(notes, "w").write("mine")
    refused("--force replaces no file that is no run", run(["--rounds", "1", "--out", notes, "--force"]), 2, "notes.txt")
    ok(open(notes).read() == "mine", "and leaves it alone")
    open(path, "a").write("seed = abc # three\n")
    refused("a wrong value in an options file names its line", run(["--config", path]), 2, "run.conf:6:", "abc")
    open(path, "w").write("method = dcgd # as a comment may stand\ncompressor = permk\nrounds = 7\nquiet = yes\n\n\n")
    done = run(["--config", path, "--out", out, "--force"])
    ok(done.returncode == 0 and summary(out)["rounds"] == 7, "--force replaces it", done.stderr)
    done = run(["--data", notes, "--out", out, "--force"])
    said = subprocess.run([laconic, "show", out], stdout=subprocess.PIPE, text=True).stdout
    ok(done.returncode == 2 and summary(out)["rounds"] == 7 and summary(out)["status"] == "finished" and
       "failed, exit status 2: a later start, which came to no round; this file is as it was before" in said,
       "show tells a start that was refused from the run whose file stands", said)
    open(path, "a").write("metod = gd\n")
    refused("an unknown key names its file and line, and the nearest key", run(["--config", path]), 2,
            "run.conf:7:", "method")


def ends(folder):
    out = os.path.join(folder, "end.h5")
    done = run(["--dry-run", "--out", out], 3)
    ok(done.returncode == 0 and "step" in done.stdout and not os.path.exists(out),
       "--dry-run prints the plan and writes nothing", done.stderr)
    done = run(["--rounds", "0", "--out", out, "--quiet"])
    ok(done.returncode == 0 and summary(out)["rounds"] == 0 and summary(out)["final"]["loss"] > 0,
       "--rounds 0 evaluates the first model", done.stderr)
    done = run(["--max-seconds", "3", "--rounds", "100000000", "--out", out, "--force", "--quiet"], 3)
    ok(done.returncode == 0 and summary(out)["rounds"] < 100000000, "--max-seconds ends a run", done.stderr)
    done = run(["--method", "gd", "--step", "1e9", "--data", "synth:least-squares", "--rounds", "500"], 3)
    refused("a diverging run ends with one sentence", done, 1, "finite")
    for method in ["gd", "ef21"]:
        done = run(["--method", method, "--until-loss", "0.69", "--out", out, "--force", "--quiet"])
        s = summary(out)
        rounds = subprocess.run([laconic, "show", "--csv", out], stdout=subprocess.PIPE, text=True).stdout.splitlines()[1:]
        losses = [float(line.split(",")[1]) for line in rounds]
        ok(s["rounds"] == len(rounds) - 1 and losses[-1] <= 0.69 < losses[-2],
           "--until-loss ends %s at the first row that reaches it" % method, losses[-3:])
    done = run(["--help"], 3)
    ok(done.returncode == 0 and done.stdout.count("usage:") == 1, "--help is printed once under mpirun", done.stdout)


with tempfile.TemporaryDirectory() as where:
    same_everywhere(where)
    objectives(where)
    local_data(where)
    bad_input(where)
    worker_faults(where)
    memory()
    hostile_ranks(where)
    bad_options(where)
    failures_over_mpi(where)
    wires(where)
    columns(where)
    configuration(where)
    ends(where)
finish()
