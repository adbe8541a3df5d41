"""A switch between simulated hosts whose cables are long: what h<i> sends or is sent comes so many milliseconds later. For kernels without netem.

usage: delay.py FOLDER MS...      a number for each host; its eth0 is made, and "ready" printed
"""

import contextlib
import ctypes
import fcntl
import heapq
import itertools
import os
import select
import struct
import sys
import time

NEW_NETWORK, SET_INTERFACE, TAP_WITHOUT_HEADER = 0x40000000, 0x400454CA, 0x1002
LONGEST = 65536


def enter(path):
    with open(path, "rb") as space:
        if ctypes.CDLL(None, use_errno=True).setns(space.fileno(), NEW_NETWORK):
            raise OSError(ctypes.get_errno(), "setns: %s" % path)


def plug(folder, host):
    """The host's end of a cable, as a file of frames; checksums and pieces are the kernel's, since nobody offers to make them."""
    holder = open(os.path.join(folder, "h%d.pid" % host), encoding="ascii").read().strip()
    enter("/proc/%s/ns/net" % holder)
    cable = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(cable, SET_INTERFACE, struct.pack("16sH22x", b"eth0", TAP_WITHOUT_HEADER))
    return cable


def send_due(waiting):
    while waiting and waiting[0][0] <= time.monotonic():
        _, _, cable, frame = heapq.heappop(waiting)
        with contextlib.suppress(OSError):  # its queue is full, or it is not up: lost, as on a switch
            os.write(cable, frame)


def carry(cables, delays):
    """Each frame to whom its address is known to be of, else to all others; in order, since delays are the same for all of a pair."""
    turn, waiting, known = itertools.count(), [], {}
    while True:
        send_due(waiting)
        rest = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        for cable in select.select(cables, [], [], rest)[0]:
            source = cables.index(cable)
            with contextlib.suppress(BlockingIOError):
                while True:
                    frame = os.read(cable, LONGEST)
                    known[frame[6:12]] = source
                    for target in [known[frame[:6]]] if frame[:6] in known else range(len(cables)):
                        if target != source:
                            heapq.heappush(waiting, (time.monotonic() + delays[source] + delays[target], next(turn), cables[target], frame))


def main():
    delays = [1e-3 * float(word) for word in sys.argv[2:]]
    cables = [plug(sys.argv[1], host) for host in range(len(delays))]
    os.nice(-19)  # what the machine does besides is no part of a cable
    print("ready", flush=True)
    carry(cables, delays)


main()
