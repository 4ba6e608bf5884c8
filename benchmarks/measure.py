"""Time a whole process: wall clock, CPU seconds and peak resident memory of it and its children."""

import json
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Timing:
    """Seconds and MiB; `answer` is what the contender printed, to compare contenders by."""

    wall_min: float
    wall_median: float
    cpu_min: float
    peak_mib: float
    answer: dict[str, Any]


class ContenderFailed(RuntimeError):
    """A contender ended with an error; its last lines are the message."""


def once(command: list[str], environment: dict[str, str]) -> tuple[float, float, float, str]:
    """Wall seconds, CPU seconds, peak MiB and standard output of one run."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=output, stderr=errors, env={**os.environ, **environment}
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode:
            raise ContenderFailed(" ".join(errors.read().strip().splitlines()[-3:]))
        return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, output.read()


def run(command: list[str], *, runs: int, environment: dict[str, str]) -> Timing:
    """Run `command` several times; each run prints one JSON line last."""
    rows = [once(command, environment) for _ in range(runs)]
    return Timing(
        wall_min=min(row[0] for row in rows),
        wall_median=median(row[0] for row in rows),
        cpu_min=min(row[1] for row in rows),
        peak_mib=max(row[2] for row in rows),
        answer=json.loads(rows[-1][3].strip().splitlines()[-1]),
    )
