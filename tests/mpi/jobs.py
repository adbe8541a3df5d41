"""Jobs of mpirun whose processes are known, so that a test can end or stop one of them."""

import os
import signal
import subprocess
import time

from calls import laconic, mpirun


NOTE = ('echo $$ > "$0/new.$OMPI_COMM_WORLD_RANK"; mv "$0/new.$OMPI_COMM_WORLD_RANK" "$0/pid.$OMPI_COMM_WORLD_RANK"; '
        'exec env ${DIE_AT:+LD_PRELOAD="$DIE_AT"} "$@"')


class Job:
    """laconic train on four ranks, whose processes are known; environment: see die_at.c."""

    def __init__(self, folder, arguments, recovers=False, environment=None):
        self.folder, self.since, self.out = folder, time.monotonic(), os.path.join(folder, "lost.h5")
        for path in [self.path(rank) for rank in range(4)] + [self.out, self.out + ".rows"]:
            if os.path.exists(path):
                os.remove(path)
        words = [mpirun] + (["--enable-recovery"] if recovers else []) + ["-n", "4", "sh", "-c", NOTE, folder, laconic, "train"]
        self.job = subprocess.Popen(words + ["--quiet", "--out", self.out] + arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                    env=dict(os.environ, **(environment or {})))

    def path(self, rank):
        return os.path.join(self.folder, "pid.%d" % rank)

    def process(self, rank):
        wait_for(lambda: os.path.exists(self.path(rank)))
        return int(open(self.path(rank)).read())

    def processes(self):
        return [self.process(rank) for rank in range(4)]

    def send(self, number, rank):
        self.since = time.monotonic()
        os.kill(self.process(rank), number)

    def end(self):
        """Status, standard error, seconds since the last signal, and whether every process is gone."""
        try:
            errors = self.job.communicate(timeout=60)[1]
        except subprocess.TimeoutExpired:
            self.job.kill()
            errors = "mpirun hangs\n" + self.job.communicate()[1]
        seconds = time.monotonic() - self.since
        gone = wait_for(lambda: not any(alive(p) for p in self.processes()), 15)
        for process in self.processes():
            if alive(process):
                os.kill(process, signal.SIGKILL)
        return self.job.returncode, errors, seconds, gone


def alive(process):
    """A zombie has ended, whoever reads its status."""
    try:
        return open("/proc/%d/stat" % process).read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def resident(process):
    try:
        return int(open("/proc/%d/statm" % process).read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    return condition()
