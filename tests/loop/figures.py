"""A small real metric for the loop's tests: return rates kept in a table of counts by month."""

from collections import defaultdict
from decimal import Decimal

from opsloop.analysis.period import Period
from opsloop.analysis.samples import Proportion, Series
from opsloop.metrics.register import Measurement, MeasureRequest, MetricSource
from opsloop.org.permissions import Permission

# dimension → period → (returned, decided)
COUNTS: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)


def record(dimension: str, first: str, *counts: tuple[int, int]) -> None:
    """Fill one month after another, beginning with `first`."""
    period = Period.parse(first)
    for pair in counts:
        COUNTS[dimension][period.key] = pair
        period = period.next()


def _window(request: MeasureRequest) -> list[tuple[Period, tuple[int, int]]]:
    known = COUNTS[request.dimension]
    return [
        (period, known[period.key])
        for period in request.period.through(request.last or request.period)
        if period.key in known
    ]


def measure(request: MeasureRequest) -> Measurement:
    k, n = COUNTS[request.dimension].get(request.period.key, (0, 0))
    if n == 0:
        return Measurement(None)
    return Measurement(Decimal(k) / n, Decimal(k), Decimal(n), n)


def proportion(request: MeasureRequest) -> Proportion:
    pairs = [pair for _, pair in _window(request)]
    return Proportion(sum(k for k, _ in pairs), sum(n for _, n in pairs))


def series(request: MeasureRequest) -> Series:
    return Series(tuple((period, Decimal(k)) for period, (k, _) in _window(request)))


def amount(request: MeasureRequest) -> Measurement:
    window = _window(request)
    return Measurement(Decimal(window[0][1][0]), n=1) if window else Measurement(None)


SOURCES = (
    MetricSource(
        "figures.return_rate", "processes", "退回率", "rate", "lower", "ratio", "proportion",
        measure, proportion,
    ),
    MetricSource(
        "figures.pass_rate", "processes", "一次通过率", "rate", "higher", "ratio", "proportion",
        measure, proportion,
    ),
    MetricSource(
        "figures.amount", "costs", "实际支出", "yuan", "lower", "flow", "series", amount, series,
        view_permission=Permission.COST_VIEW,
    ),
    MetricSource(
        "figures.band", "processes", "库存天数", "days", "band", "average", "series",
        amount, series,
    ),
)  # fmt: skip
