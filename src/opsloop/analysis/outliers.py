"""Executions that took far too long for their step (P-A21).

Durations are skewed to the right, often over orders of magnitude, so two fences must both be passed:
on the logarithms Kimber's, which looks at the upper half only (Kimber 1990, "Exploratory data
analysis for possibly censored data from skewed distributions": Q3 + 3·(Q3 − median), back on the
hours Q3 · (Q3 / median)³); on the hours themselves Tukey's outer fence (Exploratory Data Analysis,
1977: Q3 + 3·IQR), without which a step that hardly varies would have outliers of a few minutes.
Quartiles ignore the outliers they judge. Steps with fewer than twenty executions longer than zero,
or whose middle half is all alike, are not judged.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from opsloop.analysis.event_columns import HOUR_US, Columns, Floats, case_of_row

FEWEST: Final = 20
REACH: Final = 3.0
MOST_LISTED: Final = 200


@dataclass(frozen=True)
class Outlier:
    case_no: int
    activity_no: int
    hours: float
    times: float  # its hours ÷ the step's median


@dataclass(frozen=True)
class StepOutliers:
    """One step judged; `listed` are its longest executions beyond the fence."""

    activity_no: int
    executions: int
    median: float
    fence: float  # hours
    count: int
    hours: float  # Σ of the executions beyond the fence
    listed: tuple[Outlier, ...]

    @property
    def share(self) -> float:
        return self.count / self.executions


def step_outliers(
    columns: Columns, hours: Floats, *, most: int | None = MOST_LISTED
) -> tuple[StepOutliers, ...]:
    """Every step that can be judged, most outliers first. `hours` are those of each row."""
    case_at = case_of_row(columns)
    found = []
    for step in np.unique(columns.activity).tolist():
        rows = np.flatnonzero((columns.activity == step) & (hours > 0))
        limit = fence(hours[rows])
        if limit is None:
            continue
        beyond = rows[hours[rows] > limit]
        beyond = beyond[np.argsort(-hours[beyond], kind="stable")]
        median = float(np.median(hours[rows]))
        listed = tuple(
            Outlier(int(columns.case_no[case_at[row]]), step, float(hours[row]), float(hours[row]) / median)
            for row in beyond[:most].tolist()
        )  # fmt: skip
        found.append(
            StepOutliers(
                step, len(rows), median, limit, len(beyond), float(hours[beyond].sum()), listed
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.count, one.activity_no)))


def fence(hours: Floats) -> float | None:
    """The longest duration that is still usual; None where it cannot be told."""
    if len(hours) < FEWEST:
        return None
    low, middle, high = np.quantile(hours, [0.25, 0.5, 0.75])
    if not high > low:
        return None
    return float(max(high * (high / middle) ** REACH, high + REACH * (high - low)))


def work_hours(columns: Columns) -> Floats:
    """Per row, hours from start to end."""
    hours: Floats = (columns.end - columns.begin) / HOUR_US
    return hours
