"""The furniture on a page: drawn in a browser, read by a person who does not see it."""

import pytest
from django.template import Context, Template, TemplateSyntaxError

from opsloop.org import middleware
from tests.ui import sample


@pytest.fixture
def furnished(settings):
    settings.ROOT_URLCONF = sample.__name__
    middleware.access_table.cache_clear()
    [engine] = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [sample.TEMPLATES]}]
    yield
    middleware.access_table.cache_clear()


@pytest.mark.journey
@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_part_is_drawn_and_accessible(furnished, cast, visit, width, theme):
    window = visit(cast.operations_manager, width=width, theme=theme)
    page = window.go("/sample")
    page.wait_for_selector("[data-chart='stacked'] svg")
    page.wait_for_selector("[data-process-map] svg .ol-map-node")
    assert page.locator("[data-chart] svg").count() == 5
    assert page.locator(".ol-map-edge").count() == 7
    # Nothing makes a narrow page scroll sideways.
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    window.axe()
    window.shot(f"sample-{width}-{theme}")


@pytest.mark.journey
def test_a_phone_opens_the_navigation_as_a_drawer_and_escape_closes_it(furnished, cast, visit):
    page = visit(cast.operations_manager, width=390).go("/sample?quiet")
    assert not page.locator("#side").is_visible()
    page.locator(".ol-topbar [data-toggles=side]").click()
    page.wait_for_selector("#side >> visible=true")
    page.keyboard.press("Escape")
    page.wait_for_selector("#side", state="hidden")


@pytest.mark.journey
def test_the_theme_is_kept_from_page_to_page(furnished, cast, visit):
    window = visit(cast.operations_manager)
    page = window.go("/sample?quiet")
    page.locator("[data-theme-switch]").click()
    page = window.go("/sample?quiet")
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"


def rendered(source: str, **context: object) -> str:
    return Template(source).render(Context(context))


def test_a_badge_escapes_its_text():
    assert "&lt;b&gt;" in rendered("{% badge text 'bad' %}", text="<b>")


def test_an_unknown_tone_fails_in_the_template():
    with pytest.raises(TemplateSyntaxError):
        rendered("{% badge 'x' 'purple' %}")


def test_a_verdict_not_yet_given_is_a_dash():
    assert "—" in rendered("{% verdict '' %}")
    assert "ol-good" in rendered("{% verdict 'effective' %}")


def test_a_field_ties_its_label_help_and_errors_to_the_input():
    form = sample.SampleForm({"what": ""})
    html = rendered("{% field form.what %}", form=form)
    assert 'for="id_what"' in html
    assert 'aria-describedby="id_what_helptext id_what_error"' in html
    assert 'aria-invalid="true"' in html
