"""The throw-away process that parses one file.

Reads one request as JSON from standard input, limits itself before it loads anything heavy,
writes its tables and `result.json` into the folder named, and ends.
"""

import json
import resource
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Parse the file the request names."""
    request: dict[str, Any] = json.load(sys.stdin)
    memory = request["memory_mb"] * 1_000_000
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    cpu = request["cpu_seconds"]
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 5))
    largest = request["unpacked_mb"] * 2_000_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Only now: the readers start threads and reserve memory, and do so within the limits.
    from opsloop.exchange.problems import RefusedFile
    from opsloop.exchange.reader import cells_into, read_into

    folder = Path(request["folder"])
    try:
        read = cells_into if request.get("as_it_stands") else read_into
        result = read(folder, request)
    except RefusedFile as refused:
        result = {"refused": refused.code, "params": refused.params}
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")
