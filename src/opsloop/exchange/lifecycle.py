"""Events written twice, once when a step starts and once when it completes, become one row each.

First in, first out: a completion ends the earliest start of the same case and step that is still
open, as in an event log in XES. A completion without a start stands for itself.
"""

from dataclasses import dataclass

import polars as pl

START, COMPLETE = 0, 1
_KEY = ("case_no", "activity_no")


@dataclass(frozen=True)
class Pairing:
    """What each row of the file becomes.

    `start_us` and `seq` are those of the start a completion ended. `is_start` rows are told by
    their completion; `never_completed` starts have none.
    """

    start_us: pl.Series
    seq: pl.Series
    is_start: pl.Series
    never_completed: pl.Series


def paired(case: pl.Series, activity: pl.Series, instant: pl.Series, kind: pl.Series) -> Pairing:
    """Pair starts and completions; `kind` is START, COMPLETE or null for a row that takes no part.

    Rows of the same instant keep the order of the file.
    """
    rows = pl.DataFrame(
        {"case_no": case, "activity_no": activity, "us": instant, "kind": kind}
    ).with_row_index("seq")
    taking = rows.filter(pl.col("kind").is_not_null(), pl.col("us").is_not_null())
    ordered = taking.sort("us", "seq").with_columns(
        is_start=pl.col("kind") == START, is_end=pl.col("kind") == COMPLETE
    )
    balance = (pl.col("is_start").cast(pl.Int64) - pl.col("is_end").cast(pl.Int64)).cum_sum()
    # Below zero for the first time by so much: a completion that nothing had started.
    owed = pl.min_horizontal(balance, 0).cum_min().over(_KEY)
    ordered = ordered.with_columns(owed=owed)
    before = pl.col("owed").shift(1, fill_value=0).over(_KEY)
    ordered = ordered.with_columns(alone=pl.col("is_end") & (pl.col("owed") < before))
    ordered = ordered.with_columns(
        rank=pl.when("is_start").then(pl.col("is_start").cum_sum().over(_KEY))
        .when(pl.col("is_end") & ~pl.col("alone"))
        .then((pl.col("is_end") & ~pl.col("alone")).cum_sum().over(_KEY))
    )  # fmt: skip
    starts = ordered.filter("is_start").select(*_KEY, "rank", start="us", place="seq")
    ends = ordered.filter(pl.col("is_end"), ~pl.col("alone")).select(*_KEY, "rank", "seq")
    joined = ends.join(starts, on=[*_KEY, "rank"], how="inner")
    found = rows.join(joined.select("seq", "start", "place"), on="seq", how="left").sort("seq")
    is_start = rows["kind"] == START
    ended = rows["seq"].is_in(joined["place"].implode())
    return Pairing(
        start_us=found["start"],
        seq=pl.Series("seq", found.select(pl.coalesce("place", "seq")).to_series(), dtype=pl.Int64),
        is_start=is_start.fill_null(value=False),
        never_completed=(is_start & ~ended).fill_null(value=False),
    )
