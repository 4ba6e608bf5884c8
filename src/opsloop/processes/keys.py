"""Canonical names of what is measured: a process, or one step of its log."""

from typing import Final, NamedTuple

TOOL: Final = "processes"
RETURN_RATE: Final = "processes.case_return_rate"
STEP_HOURS: Final = "processes.step_duration"
STEP_WAITING: Final = "processes.step_waiting"
CYCLE_HOURS: Final = "processes.cycle_time"


class Dimension(NamedTuple):
    """`12` is process 12, `12/采购部审核` its step of that name in the log."""

    process: int
    step: str = ""

    @property
    def key(self) -> str:
        return f"{self.process}/{self.step}" if self.step else str(self.process)

    @classmethod
    def parse(cls, key: str) -> "Dimension":
        process, _slash, step = key.partition("/")
        return cls(int(process), step)
