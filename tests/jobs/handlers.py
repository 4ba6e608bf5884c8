"""Handlers the job tests register: each shows one way in which work can end."""

from typing import Any

from opsloop.jobs.actions import cancel
from opsloop.jobs.worker import Context, Failed

runs: list[dict[str, Any]] = []


def add(context: Context, *, left: int, right: int) -> dict[str, Any]:
    context.progress(1, 2, "Adding")
    runs.append({"left": left, "right": right})
    return {"sum": left + right, "link": "/data/"}


def refuse(context: Context) -> dict[str, Any]:
    raise Failed("no_rows", "The file holds no rows.")


def crash(context: Context) -> dict[str, Any]:
    raise ZeroDivisionError


def cancelled_meanwhile(context: Context) -> dict[str, Any]:
    cancel(job=context.job, by=None, now=context.now)
    context.progress(1, 1)
    raise AssertionError("progress must have stopped the work")


def tick_well(*, now: object) -> None:
    runs.append({"tick": now})


def tick_badly(*, now: object) -> None:
    raise ZeroDivisionError
