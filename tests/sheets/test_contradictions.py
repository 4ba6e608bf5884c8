"""The example forms, uploaded as files, say the same against themselves as when read by hand."""

import pytest

from opsloop.exchange.returned import read
from opsloop.org.published import published_calendar
from opsloop.sheets.register import forms
from opsloop.sheets.returns import as_filled
from tests.filled_forms import EXAMPLES, example, facts

ROOMS = ("process_review", "task_tracking", "cost_analysis", "service_inspection", "kpi_monitor")


@pytest.mark.parametrize("key", ROOMS)
def test_an_uploaded_example_says_what_the_form_says(key):
    form, calendar = forms()[key], published_calendar()
    filled = as_filled(form.sheet, read(EXAMPLES / f"{key}.csv", form.sheet))
    numbers = {row.id: str(at) for at, row in enumerate(filled.rows, 1)}
    numbers[""] = ""
    found = [
        (code, numbers[row], *rest) for code, row, *rest in facts(form.check(filled, calendar))
    ]
    assert found == facts(form.check(example(form.sheet), calendar))
