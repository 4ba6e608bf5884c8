"""`each` says what `for` says, row for row, and refuses a body it cannot say."""

from dataclasses import dataclass

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.utils.safestring import SafeString


@dataclass(frozen=True)
class Row:
    label: str
    mark: SafeString
    number: int


ROWS = [Row("a & <b>", SafeString("<i>x</i>"), 7), Row("100 % \u4e0a\u5347", SafeString(""), 0)]
BODY = '<td class="w-50%">{{ row.label }}</td><td>{{ row.mark }}</td><td>{{ row.number }}</td>'


def shown(source: str, rows: object = ROWS) -> str:
    return Template("{% load quick %}" + source).render(Context({"rows": rows}))


def test_it_writes_what_a_plain_loop_writes() -> None:
    plain = shown("{% for row in rows %}" + BODY + "{% endfor %}")
    assert shown("{% each row in rows %}" + BODY + "{% endeach %}") == plain
    assert "a &amp; &lt;b&gt;" in plain


def test_one_field_is_enough_and_no_rows_are_no_text() -> None:
    assert shown("{% each row in rows %}{{ row.number }};{% endeach %}") == "7;0;"
    assert shown("{% each row in rows %}{{ row.number }};{% endeach %}", []) == ""


@pytest.mark.parametrize(
    "body",
    [
        "",
        "only text",
        "{{ row }}",
        "{{ other.label }}",
        "{{ row.label|upper }}",
        "{% if row.label %}{{ row.label }}{% endif %}",
    ],
)
def test_a_body_of_anything_but_text_and_fields_is_refused(body: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        shown("{% each row in rows %}" + body + "{% endeach %}")


@pytest.mark.parametrize("words", ["row rows", "row of rows", "row in rows reversed"])
def test_its_head_names_a_row_and_the_rows(words: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        shown("{% each " + words + " %}{{ row.label }}{% endeach %}")
