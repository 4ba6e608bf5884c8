"""Random intervals in 2024 and 2025 and China's published arrangement of those years."""

import numpy as np

from opsloop.org.published import published_days

_DAYS = [day for year in (2024, 2025) for day in published_days(year)]
HOLIDAYS = np.array([day.date for day in _DAYS if day.is_off], dtype="datetime64[D]")
MAKE_UP = np.array([day.date for day in _DAYS if not day.is_off], dtype="datetime64[D]")


def intervals(count: int) -> tuple[np.ndarray, np.ndarray]:
    """`count` pairs of naive local microseconds, from minutes to about ten days long."""
    random = np.random.default_rng(1)
    zero = np.datetime64("2024-01-01", "us").astype(np.int64)
    start = zero + random.integers(0, 700 * 86_400, count) * 1_000_000
    return start, start + random.lognormal(9.5, 1.5, count).clip(60, 864_000).astype(
        np.int64
    ) * 1_000_000
