"""What a server's worker processes hold, from Linux's own books."""

from pathlib import Path


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
