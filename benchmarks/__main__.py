"""`make bench`: every contender on the same input in one run; times, memory, and their ratios.

    python -m benchmarks --size 1m [--only process cost xlsx-in pages …] [--runs 3]

The floor is hand-tuned code for the one question; a peer is what a user would pick instead. The
answers are compared before any time is believed.
"""

import argparse
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks import databases, workbooks
from benchmarks.measure import ContenderFailed, Timing, run

ROOT = Path(__file__).resolve().parent.parent
OURS = str(ROOT / ".venv/bin/python")
PEERS = os.environ.get("OPSLOOP_PEERS", str(ROOT / ".venv-bench/bin/python"))
SIZES = {"100k": 100_000, "1m": 1_000_000, "10m": 10_000_000}


@dataclass(frozen=True)
class Contender:
    """One way to the answer; `role` is floor, ours or peer."""

    name: str
    role: str
    command: list[str]
    compared: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)


def module(python: str, name: str, *arguments: object) -> list[str]:
    return [python, "-m", f"benchmarks.{name}", *(str(argument) for argument in arguments)]


def process(folder: Path, count: int) -> list[Contender]:
    del count
    same = ("edges", "variants")
    return [
        Contender(
            "floor: Polars on sorted integers", "floor", module(OURS, "floor_process", folder), same
        ),
        Contender("OpsLoop on stored facts", "ours", module(OURS, "ours_process", folder), same),
        Contender("OpsLoop from CSV", "ours", module(OURS, "ours_process_csv", folder), same),
        Contender("r4pm", "peer", module(PEERS, "peer_r4pm", folder), same),
        Contender("pandas", "peer", module(PEERS, "peer_pandas", folder), same),
        Contender("PM4Py", "peer", module(PEERS, "peer_pm4py", folder), same),
    ]


def cost(folder: Path, count: int) -> list[Contender]:
    del count
    same = ("lines", "flagged", "variance")
    server = {"BENCH_POSTGRES": databases.address()}
    return [
        Contender("floor: DuckDB SQL", "floor", module(OURS, "floor_cost", folder), same),
        Contender("OpsLoop on stored facts", "ours", module(OURS, "ours_cost", folder), same),
        Contender("pandas", "peer", module(PEERS, "peer_pandas_cost", folder), same),
        Contender("PostgreSQL", "peer", module(PEERS, "peer_postgres_cost", folder), same, server),
        Contender("SQLite", "peer", module(PEERS, "peer_sqlite_cost", folder), same),
    ]


def worktime(folder: Path, count: int) -> list[Contender]:
    del folder
    return [
        Contender(
            "floor: NumPy minute table",
            "floor",
            module(OURS, "floor_worktime", count),
            ("seconds",),
        ),
        Contender("OpsLoop", "ours", module(OURS, "ours_worktime", count), ("seconds",)),
        Contender("PM4Py (extrapolated)", "peer", module(PEERS, "peer_pm4py_worktime", count)),
    ]


def xlsx_in(folder: Path, count: int) -> list[Contender]:
    del count
    book, same = folder.parent / f"ledger{workbooks.ROWS}.xlsx", ("rows", "total")
    peer = [module(PEERS, "peer_xlsx_in", book, name) for name in ("openpyxl", "pandas")]
    return [
        Contender("floor: fastexcel", "floor", module(OURS, "floor_xlsx_in", book), same),
        Contender("OpsLoop, records checked", "ours", module(OURS, "ours_xlsx_in", book), same),
        Contender("OpsLoop, as a form", "ours", module(OURS, "ours_xlsx_form_in", book), same),
        Contender("openpyxl read-only", "peer", peer[0], same),
        Contender("pandas", "peer", peer[1], same),
    ]


def xlsx_out(folder: Path, count: int) -> list[Contender]:
    del count
    rows, same = workbooks.ROWS, ("rows", "total")
    target = folder.parent / "written.xlsx"

    def ours(way: str) -> list[str]:
        return module(OURS, "ours_xlsx_out", target, way, rows)

    def peer(name: str) -> list[str]:
        return module(PEERS, "peer_xlsx_out", target, name, rows)

    return [
        Contender("floor: rustpy-xlsxwriter", "floor", peer("rustpy"), same),
        Contender("OpsLoop, plain rows", "ours", ours("rows"), same),
        Contender("OpsLoop, as a form", "ours", ours("form"), same),
        Contender("XlsxWriter constant memory", "peer", peer("xlsxwriter"), same),
        Contender("pandas + XlsxWriter", "peer", peer("pandas"), same),
        Contender("openpyxl write-only", "peer", peer("openpyxl"), same),
    ]


SUITES = {
    "process": process,
    "cost": cost,
    "worktime": worktime,
    "xlsx-in": xlsx_in,
    "xlsx-out": xlsx_out,
}
# These start a server.
SITES = ("pages", "cost-page", "process-page")
# These measure the same hundred thousand rows at every size.
FIXED = {"xlsx-in", "xlsx-out"}


def disagreements(results: list[tuple[Contender, Timing]]) -> list[str]:
    """Contenders whose answer differs from the floor's in what both claim to compute."""
    truth = results[0][1].answer
    return [
        f"{contender.name}: {key} {timing.answer.get(key)} is not {truth[key]}"
        for contender, timing in results
        for key in contender.compared
        if timing.answer.get(key) != truth[key]
    ]


def seconds(timing: Timing) -> float:
    return float(timing.answer.get("extrapolated_s", timing.wall_min))


def report(title: str, results: list[tuple[Contender, Timing]]) -> None:
    ours = next((row for row in results if row[0].role == "ours"), None)
    print(f"\n{title}")
    heading = ("contender", "min s", "median s", "CPU s", "peak MiB", "× ours", "memory × ours")
    print("{:34} {:>9} {:>9} {:>8} {:>9} {:>8} {:>14}".format(*heading))
    for contender, timing in results:
        ratio = memory = ""
        if ours:
            ratio = f"{seconds(timing) / seconds(ours[1]):.2f}"
            memory = f"{timing.peak_mib / ours[1].peak_mib:.2f}"
        print(
            f"{contender.name:34} {seconds(timing):9.3f} {timing.wall_median:9.3f} "
            f"{timing.cpu_min:8.2f} {timing.peak_mib:9.0f} {ratio:>8} {memory:>14}"
        )


def suite(
    name: str, folder: Path, count: int, runs: int
) -> tuple[list[tuple[Contender, Timing]], list[str]]:
    """Measure one suite; returns the rows and every complaint."""
    results, complaints = [], []
    for contender in SUITES[name](folder, count):
        environment = {"PYTHONPATH": f"{ROOT}/src:{ROOT}", **contender.environment}
        try:
            results.append((contender, run(contender.command, runs=runs, environment=environment)))
        except ContenderFailed as failure:
            complaints.append(f"{contender.name}: {failure}")
    return results, complaints + disagreements(results)


def prepare(name: str, *arguments: object) -> None:
    """Make input in a process of its own: a child's peak memory starts at its parent's."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}/src:{ROOT}"}
    subprocess.run(module(OURS, name, *arguments), check=True, env=environment)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=SIZES, nargs="+", default=["1m"])
    parser.add_argument("--only", choices=[*SUITES, *SITES], nargs="+", default=[*SUITES, *SITES])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=ROOT / "var/bench")
    given = parser.parse_args()
    kept: dict[str, object] = {}
    failed = False
    for size in given.size:
        count, folder = SIZES[size], given.folder / size
        chosen = [name for name in given.only if name in SUITES]
        if size != given.size[0]:
            chosen = [name for name in chosen if name not in FIXED]
        wanted = {
            "process": bool({"process", "process-page"} & {*given.only}),
            "cost": bool({"cost", "cost-page"} & {*given.only}),
        }
        events, lines = (count if wanted[name] else 0 for name in ("process", "cost"))
        prepare("generate", folder, "--events", events, "--lines", lines)
        prepare("stored", folder)
        if FIXED & set(chosen):
            prepare("workbooks", given.folder)
        with databases.server(needed="cost" in chosen) as address:
            os.environ["BENCH_POSTGRES"] = address
            if "cost" in chosen:
                prepare("databases", folder)
            for name in chosen:
                results, complaints = suite(name, folder, count, given.runs)
                report(f"{name}, {'100k' if name in FIXED else size}", results)
                failed = failed or bool(complaints)
                print(*(f"  ! {complaint}" for complaint in complaints), sep="\n")
                kept[f"{name} {size}"] = {row[0].name: asdict(row[1]) for row in results}
        if "cost-page" in given.only:
            from benchmarks import cost_page

            kept[f"cost-page {size}"] = cost_page.measure(given.folder, size)
        if "process-page" in given.only:
            from benchmarks import process_page

            kept[f"process-page {size}"] = process_page.measure(given.folder, size)
    if "pages" in given.only:
        from benchmarks import pages

        kept["pages"] = pages.measure(given.folder)
    (given.folder / "results.json").write_text(json.dumps(kept, indent=1), encoding="utf-8")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
