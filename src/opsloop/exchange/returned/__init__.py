"""Forms that come back: read, compared with what stands, and returned for correction."""

from opsloop.exchange.returned.clipboard import clipboard, pasted
from opsloop.exchange.returned.compare import ChangedCell, ChangedRow, Difference, difference
from opsloop.exchange.returned.correction import write_faulty
from opsloop.exchange.returned.model import Aside, MatchedColumn, ReturnedForm, ReturnedRow
from opsloop.exchange.returned.reading import read

__all__ = [
    "Aside",
    "ChangedCell",
    "ChangedRow",
    "Difference",
    "MatchedColumn",
    "ReturnedForm",
    "ReturnedRow",
    "clipboard",
    "difference",
    "pasted",
    "read",
    "write_faulty",
]
