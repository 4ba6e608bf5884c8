"""The metric pages in a real browser: no accessibility violation, no script error."""

import pytest
from django.urls import reverse

from tests.metrics.test_pages import trend  # noqa: F401 - a fixture

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_metric_pages_read_well(visit, cast, trend, width, theme):  # noqa: F811
    window = visit(cast.operations_manager, width=width, theme=theme)
    metric = trend[0].version.metric_id
    for name, pk in [
        ("list", None),
        ("detail", metric),
        ("revise", metric),
        ("point", trend[-1].pk),
    ]:
        window.go(reverse(f"metrics:{name}", args=[pk] if pk else []))
        window.shot(f"metrics-{name}-{width}-{theme}")
        window.axe()
