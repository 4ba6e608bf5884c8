"""What a server's processes hold and have worked, from Linux's own books."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def children(parent: int) -> list[int]:
    """Every process below `parent`."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = status.read_text().splitlines()
        except OSError:  # it ended meanwhile
            continue
        if f"PPid:\t{parent}" in lines:
            pid = int(status.parent.name)
            found += [pid, *children(pid)]
    return found


def share(pid: int) -> float:
    """MiB of a process, each page divided by how many processes hold it."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def a_worker(parent: int) -> float:
    """The mean of the two largest processes below `parent`: its workers, not their helpers."""
    largest = sorted(map(share, children(parent)), reverse=True)[:2]
    return sum(largest) / len(largest) if largest else share(parent)


def worked(parent: int) -> float:
    """CPU milliseconds of a process and of all below it, since they began."""
    ticks = 0
    for pid in (parent, *children(parent)):
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        ticks += int(after_name[11]) + int(after_name[12])
    return ticks * 1000 / TICKS
