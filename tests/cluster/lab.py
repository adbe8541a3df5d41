"""Simulated hosts, and Slurm on them, for one test program. argv: MPIRUN LACONIC ...

Everything lies in a folder of its own, and ends with the program, whatever ends it.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "mpi"))
from calls import call, finish, laconic, mpirun, ok, run, summary  # noqa: E402, F401

LAUNCHERS = ("mpirun", "srun --mpi=pmix")

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
FAST = ("100mbit", "64kb")
SLOW = ("10mbit", "32kb")
for name in list(os.environ):  # what is said about this machine's network does not hold for that of the hosts
    if name.startswith(("OMPI_MCA_", "LACONIC_", "SLURM_")):
        del os.environ[name]
os.environ.update(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")


def skip(why):
    print("1..0 # SKIP %s" % why)
    sys.exit(0)


def demand(*commands):
    """Skips all where the machine cannot simulate hosts."""
    if os.geteuid() != 0:
        skip("simulated hosts need root")
    for command in ("unshare", "nsenter", "tc", "ip", "mpirun.openmpi") + commands:
        if not shutil.which(command):
            skip("there is no '%s' (run/packages: part slurm)" % command)
    tried = subprocess.run(["unshare", "--net", "--uts", "--mount", "--propagation", "private", "sh", "-c",
                            "ip link add probe0 type veth peer name probe1 && tc qdisc replace dev probe0 root tbf rate 1mbit burst 32kb latency 9ms"],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if tried.returncode:
        skip("no network namespaces with limited links here: %s" % " / ".join(tried.stdout.split("\n"))[:100])


class Hosts:
    """h0 to h(count-1), who share the folder alone."""

    def __init__(self, count, rate=FAST):
        self.count, self.rate = count, rate
        self.folder = tempfile.mkdtemp(prefix="laconic-lab-")
        self.laconic = self.path("laconic")

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
        try:
            shutil.copy(laconic, self.laconic)
            shutil.copytree(os.path.join(TOP, "tests", "lab"), self.path("lab"))
            self.lab("up", str(self.count), *self.rate)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        subprocess.run([self.path("lab", "hosts"), "down", self.folder], timeout=60, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def lab(self, command, *words):
        done = call([self.path("lab", "hosts"), command, self.folder] + list(words), cwd=self.folder)
        if done.returncode:
            raise RuntimeError("hosts %s: %s" % (command, done.stderr))
        return done

    def mpirun_words(self, ranks, words):
        return ["timeout", "-k", "5", "100", self.path("lab", "hosts"), "mpirun", self.folder, ranks, self.laconic] + words

    def mpirun(self, ranks, words, environment=None):
        return call(self.mpirun_words(ranks, words), environment=environment, cwd=self.folder)

    def starts(self, ranks, words):
        """The same, without waiting for its end."""
        return subprocess.Popen(self.mpirun_words(ranks, words), cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


class Slurm(Hosts):
    """The same hosts as the nodes of a cluster."""

    def __init__(self, count, processors=2):
        super().__init__(count, ("1gbit", "256kb"))
        self.processors = processors

    def __enter__(self):
        super().__enter__()
        try:
            done = call([self.path("lab", "slurm"), "up", self.folder, str(self.processors)], cwd=self.folder)
            if done.returncode:
                raise RuntimeError("slurm did not come up: %s" % done.stderr)
        except BaseException:
            self.__exit__()
            raise
        return self

    def run(self, *words, environment=None):
        return call([self.path("lab", "slurm"), "run", self.folder] + list(words), environment=environment, cwd=self.folder)

    def submit(self, words, environment=None):
        """The number of the job. Not at once after another: mpirun may still remove its session folder, into which a new job of the same user is then born (seen to crash MPI_Init)."""
        time.sleep(1)
        done = self.run("sbatch", "--parsable", *words, environment=dict(environment or {}, LACONIC=self.laconic, DIR=self.path("runs")))
        if done.returncode:
            raise RuntimeError("sbatch: %s" % done.stderr)
        return done.stdout.strip()

    def state(self, job):
        words = self.run("scontrol", "show", "job", job, "-o").stdout.split()
        return dict(word.split("=", 1) for word in words if "=" in word)

    def ends(self, job, seconds=90):
        """Waits; states of the job, or of its tasks, in the end."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            lines = self.run("squeue", "-h", "-j", job, "-o", "%T").stdout.split()
            if not lines:
                break
            time.sleep(0.2)
        return [line.split("JobState=")[1].split()[0] for line in self.run("scontrol", "show", "job", job, "-o").stdout.splitlines()
                if "JobState=" in line]

    def output(self, job):
        return "".join(open(self.path(name), errors="replace").read() for name in os.listdir(self.folder)
                       if name.endswith(".out") and job in name)


def until(condition, seconds=30):
    """Whether it came true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


def rounds_of(path):
    """Rows that a run file has by now."""
    done = call([laconic, "show", "--csv", path]) if os.path.exists(path) else None
    return max(0, done.stdout.count("\n") - 1) if done and done.returncode == 0 else 0


def digest(path):
    with contextlib.suppress(ValueError, KeyError):
        return summary(path)["final"]["model_digest"]
    return None


def digest_alone(folder, words):
    """Of the same run in one process, without a launcher."""
    path = os.path.join(folder, "alone.h5")
    done = run(words + ["--out", path, "--force", "--quiet"])
    if done.returncode:
        raise RuntimeError(done.stderr)
    return digest(path)
