"""Where the processes of a job stand that does not end: one line each, the functions from the innermost outwards."""

import os
import re
import shutil
import subprocess

FRAME = re.compile(r"^#\d+\s+(?:0x[0-9a-f]+ in )?([\w.@]+)", re.MULTILINE)


def family(pid):
    """pid and all below it."""
    found = [pid]
    for parent in found:
        for thread in os.listdir("/proc/%d/task" % parent) if os.path.exists("/proc/%d" % parent) else []:
            with open("/proc/%d/task/%s/children" % (parent, thread)) as file:
                found += map(int, file.read().split())
    return found


def standing(pid):
    """Of the first thread; what gdb cannot tell is said by the kernel."""
    with open("/proc/%d/environ" % pid, errors="replace") as file:
        rank = re.search(r"OMPI_COMM_WORLD_RANK=(\d+)", file.read())
    with open("/proc/%d/comm" % pid) as file:
        name = file.read().strip() + (" rank " + rank.group(1) if rank else "")
    done = shutil.which("gdb") and subprocess.run(["gdb", "-p", str(pid), "-batch", "-ex", "bt 24"], timeout=60, text=True,
                                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    frames = [name for name in FRAME.findall(done.stdout) if not name.startswith("0x")] if done else []
    if not frames:
        with open("/proc/%d/wchan" % pid) as file:
            frames = ["kernel: " + file.read()]
    return "%s: %s" % (name, " < ".join(frames))


def of_job(pid):
    lines = []
    for process in family(pid):
        try:
            lines.append(standing(process))
        except (OSError, subprocess.SubprocessError) as error:  # it ended meanwhile
            lines.append("process %d: %s" % (process, error))
    return "\n".join(lines)
