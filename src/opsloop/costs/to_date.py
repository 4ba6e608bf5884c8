"""Budgets over the year: what rolls into the next month, and how much counts up to a day."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from opsloop.analysis.accumulation import days_of, days_passed
from opsloop.analysis.fen import scaled
from opsloop.analysis.variance import Lines
from opsloop.costs import figures
from opsloop.costs.rules import Rules


def theoretical(
    sources: figures.Sources, months: Sequence[int], rules: Rules, until: date
) -> Lines:
    """The lines of some months (yyyymm) with their budget pro rata by days up to `until` (C-33).

    An averaged item is not divided: its month weighs by the days that have passed (C-34).
    """
    counted = [month for month in months if days_passed(month, until)]
    passed = [days_passed(month, until) for month in counted]
    parts = [
        _part(figures.lines_over(sources, (month,), rules), days, days_of(month), rules)
        for month, days in zip(counted, passed, strict=True)
    ]
    return figures.together(parts, counted, rules, passed)


def _part(lines: Lines, days: int, of: int, rules: Rules) -> Lines:
    if days == of:
        return lines
    pairs = zip(lines.keys[0], lines.keys[1], strict=True)
    whole = np.fromiter((pair in rules.averaged for pair in pairs), bool, len(lines))
    part = scaled(lines.base_fen, np.full(len(lines), days), np.full(len(lines), of))
    return replace(lines, base_fen=np.where(whole, lines.base_fen, part.astype(np.int64)))
