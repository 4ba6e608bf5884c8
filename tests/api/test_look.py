"""The pages about the API in a real browser."""

import pytest
from django.urls import reverse

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_api_pages_read_well(visit, cast, width, theme):
    window = visit(cast.employee, width=width, theme=theme)
    window.go(reverse("api:reference"))
    window.shot(f"api-reference-{width}-{theme}")
    window.axe()
    page = window.go(reverse("api:tokens"))
    page.fill("[name=name]", "ERP 导出")
    page.click("main form button.btn-primary")
    page.wait_for_selector("#secret")
    window.shot(f"api-tokens-{width}-{theme}")
    window.axe()
