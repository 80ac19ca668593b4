"""filelock_cycle.py DIR CYCLES HELD: as src/main.rs, for Python's filelock."""

import os
import resource
import sys
import time

from filelock import FileLock

WARM_UP = 50


def cycle(lock, cycles):
    times = []
    for _ in range(WARM_UP + cycles):
        begun = time.perf_counter()
        lock.acquire()
        lock.release()
        times.append((time.perf_counter() - begun) * 1e6)
    return " ".join(f"{it:.1f}" for it in times[WARM_UP:])


def main(directory, cycles, held):
    lock = FileLock(os.path.join(directory, "filelock"))
    print("filelock", 0, cycle(lock, cycles), sep="\t")
    # Each lock that is held is an open file.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, held + 1_000), most))
    others = [FileLock(os.path.join(directory, f"other{n}")) for n in range(held)]
    for other in others:
        other.acquire()
    print("filelock", held, cycle(lock, cycles), sep="\t")


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
