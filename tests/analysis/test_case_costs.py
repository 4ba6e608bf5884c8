"""Work of a case in fen: hours × the rate of who did each step."""

import numpy as np

from opsloop.analysis.event_columns import load
from opsloop.analysis.step_costs import case_costs
from tests.analysis.test_step_studies import ALSO, table
from tests.engines import Frames, engine

__all__ = ["engine"]


def test_a_case_costs_the_hours_of_each_party_at_its_own_rate(engine: Frames):
    """Case 1: 2 h at 50 yuan + 1 h and 3 h at 80; case 3: 4 h at 50 and 1 h nobody has a rate for."""
    columns = load(engine(table()), also=ALSO)
    costs = case_costs(columns, {0: 5_000, 1: 8_000}, None)
    assert costs[:2].tolist() == [42_000.0, 29_000.0]
    assert np.isnan(costs[2])
    assert case_costs(columns, {0: 5_000, 1: 8_000}, 6_000)[2] == 26_000.0
