"""Long lists: a loop whose body is only text and fields of its row, made into one form at parsing.

Django visits every node of the body for every row; fifty rows of fourteen cells cost more than the
rest of the page. `{% each line in lines %}<td>{{ line.owner }}</td>{% endeach %}` fills one form per
row instead. Cells are texts already: what needs a filter, a condition or a tag is made with the row.
"""

from html import escape
from operator import attrgetter
from typing import Any, Final

from django import template
from django.template.base import FilterExpression, Node, Parser, TextNode, Token, VariableNode
from django.utils.safestring import SafeString

register = template.Library()
WORDS: Final = 4  # each, the row's name, in, the rows


class EachNode(Node):
    """The rows and the form they are filled into, one place for each of the names."""

    def __init__(self, rows: FilterExpression, form: str, names: list[str]) -> None:
        self.rows, self.form, self.names = rows, form, names

    def render(self, context: template.Context) -> SafeString:
        rows = self.rows.resolve(context)
        if len(self.names) == 1:
            name = self.names[0]
            return SafeString("".join([self.form % _cell(getattr(row, name)) for row in rows]))
        cells = attrgetter(*self.names)
        return SafeString("".join([self.form % tuple(map(_cell, cells(row))) for row in rows]))


def _cell(value: Any) -> str:
    """Escaped, unless it says itself that it is markup."""
    return value if isinstance(value, SafeString) else escape(str(value))


@register.tag
def each(parser: Parser, token: Token) -> EachNode:
    """Raises `TemplateSyntaxError` for a body that holds more than text and fields of the row."""
    words = token.split_contents()
    if len(words) != WORDS or words[2] != "in":
        raise template.TemplateSyntaxError("write {% each row in rows %}")
    body = parser.parse(("endeach",))
    parser.delete_first_token()
    form, names = "", []
    for node in body:
        if isinstance(node, TextNode):
            form += node.s.replace("%", "%%")
        else:
            names.append(_field(node, words[1]))
            form += "%s"
    if not names:
        raise template.TemplateSyntaxError("each shows at least one field of its row")
    return EachNode(parser.compile_filter(words[3]), form, names)


def _field(node: Node, row: str) -> str:
    if isinstance(node, VariableNode) and not node.filter_expression.filters:
        lookups = getattr(node.filter_expression.var, "lookups", None)
        if lookups and len(lookups) > 1 and lookups[0] == row:
            return ".".join(lookups[1:])
    raise template.TemplateSyntaxError(f"each shows only fields of {row}, as they are")
